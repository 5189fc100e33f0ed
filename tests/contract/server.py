"""The server that the scenarios run against, whichever it is, and how many objects it holds."""

from __future__ import annotations

import warnings
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field

from dhis2w_client import AuthProvider, BasicAuth, InsecureTransportWarning
from dhis2w_client.clock import SYSTEM_CLOCK, Clock
from dhis2w_client.collection import numbers_in
from dhis2w_client.models.collection_table import COLLECTIONS
from dhis2w_client.sync import Dhis2Client


@dataclass(frozen=True)
class Server:
    """A DHIS2 that answers, and the superuser as whom the scenarios work."""

    url: str
    username: str
    password: str = field(repr=False)
    left: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]], repr=False)
    """Plural and UID of what has to stay there."""

    @contextmanager
    def connect(self, auth: AuthProvider | None = None, *, clock: Clock = SYSTEM_CLOCK) -> Generator[Dhis2Client]:
        """A connected client: of the superuser, or of whoever else is named."""
        client = Dhis2Client(self.url, auth or BasicAuth(self.username, self.password), clock=clock)
        with warnings.catch_warnings():
            # whoever names a live server has chosen its address
            warnings.simplefilter("ignore", InsecureTransportWarning)
            client.connect()
        try:
            yield client
        finally:
            client.close()


STAYS = "jobConfigurations"
"""A job that ran once stays among them, and cannot be deleted; the server forgets it some hours later."""


def counts(client: Dhis2Client) -> dict[str, int]:
    """How many objects of each type of metadata there are, by plural."""
    number = client.version.number
    plurals = [row.plural for row in COLLECTIONS if number in numbers_in(row.metadata) and row.plural != STAYS]
    return {plural: client.collection(plural).count() for plural in plurals}
