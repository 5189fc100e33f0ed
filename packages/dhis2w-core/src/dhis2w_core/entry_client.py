"""`open_entry`: from a profile of the catalogue to a connected client."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, cast

from dhis2w_client.errors import Dhis2Error
from dhis2w_core.client_context import open_client
from dhis2w_core.profiles import profile_of
from dhis2w_core.version_cache import VersionCache

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator
    from contextlib import AbstractAsyncContextManager

    from dhis2w_client.client import Dhis2Client
    from dhis2w_core.catalogue import CatalogueEntry


def open_entry(entry: CatalogueEntry, *, only_reads: bool = False) -> AbstractAsyncContextManager[Dhis2Client]:
    """A client for a profile of the catalogue, as an async context manager; its secrets are fetched at the call.

    Args:
        entry: The profile.
        only_reads: Whether nothing is written with it. Then a version that the server told within a day is believed,
            which saves a request; whatever goes wrong with it is a reason to ask the next time.

    Raises:
        ProfileFileError: The profile is not valid.
        UntrustedProfileError: Its file is not trusted with what it asks for.
        SecretUnavailableError: A secret is not where it says.
        LoginRequiredError: On entering, or later: it logs in with OAuth2, and there is no login, or it is over.
        Dhis2Error: On entering, or later: the server cannot be reached, refuses the credentials, or is no DHIS2.
    """
    client = open_client(profile_of(entry), scope=entry.scope, profile_name=entry.name)
    return _connected(cast("Dhis2Client", client), VersionCache(), believes=only_reads)


@asynccontextmanager
async def _connected(client: Dhis2Client, cache: VersionCache, *, believes: bool) -> AsyncGenerator[Dhis2Client]:
    url = client.base_url
    known = cache.find(url)
    believed = known if believes else None
    await client.connect(known_version=believed)
    try:
        if client.base_url == url and client.raw_version != known:
            cache.remember(url, client.raw_version)
        yield client
    except Dhis2Error:
        if believed:
            cache.forget(url)
        raise
    finally:
        await client.close()
