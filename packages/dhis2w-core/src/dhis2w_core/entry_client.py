"""`open_entry`: from a profile of the catalogue to a connected client."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dhis2w_core.client_context import open_client
from dhis2w_core.profiles import profile_of

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager

    from dhis2w_client.client import Dhis2Client
    from dhis2w_core.catalogue import CatalogueEntry


def open_entry(entry: CatalogueEntry) -> AbstractAsyncContextManager[Dhis2Client]:
    """A client for a profile of the catalogue, as an async context manager; its secrets are fetched at the call.

    Raises:
        ProfileFileError: The profile is not valid.
        UntrustedProfileError: Its file is not trusted with what it asks for.
        SecretUnavailableError: A secret is not where it says.
        LoginRequiredError: On entering, or later: it logs in with OAuth2, and there is no login, or it is over.
        Dhis2Error: On entering: the server cannot be reached, refuses the credentials, or is no DHIS2.
    """
    return open_client(profile_of(entry), scope=entry.scope, profile_name=entry.name)
