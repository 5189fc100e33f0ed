"""Connections: one client for each profile, opened when it is first needed, and used by all calls after that."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dhis2w_client.clock import SYSTEM_CLOCK, Clock
from dhis2w_core.agent_rules import STRICTEST, AgentRules
from dhis2w_core.catalogue import CatalogueEntry, read_catalogue
from dhis2w_mcp.errors import ProfileNotAllowedError

if TYPE_CHECKING:
    from dhis2w_client.client import Dhis2Client
    from dhis2w_client.profile import Profile

ENVIRONMENT = "environment"
"""What the profile of raw environment variables is called, which has no name."""
VERSION_AGE = 60.0
"""Seconds for which a server is taken to be of the version that it said last: it may be upgraded while we run."""
SHORTEST_SECRET = 6
"""Characters of a secret that is looked for in results."""
SHORTEST_WORD = 12
"""The same for a secret that is nothing but letters: a shorter one may be a word that stands in many names."""


@dataclass(frozen=True, slots=True)
class Connection:
    """A connected client, with what its profile says of agents."""

    profile: str
    client: Dhis2Client
    rules: AgentRules
    secrets: tuple[str, ...]
    """The profile's secrets, which no result may have."""


class Connections:
    """The connections of a server to the profiles it was started with.

    Args:
        names: The profiles that may be used, the first of them when none is named. Default: the one that is used when
            none is named.
        clock: Time, for tests.
    """

    def __init__(self, names: Sequence[str] = (), *, clock: Clock = SYSTEM_CLOCK) -> None:
        self._names = tuple(names)
        self._clock = clock
        self._open: dict[str, Connection] = {}
        self._stack = AsyncExitStack()
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    def entries(self) -> dict[str, CatalogueEntry]:
        """The profiles that may be used, by name, the default first.

        Raises:
            NoProfileError: No name was given, and nothing says which profile to use.
            UnknownProfileError: There is no profile of a name.
        """
        catalogue = read_catalogue()
        if self._names:
            return {name: catalogue.choose(name).entry for name in self._names}
        entry = catalogue.choose().entry
        return {entry.name or ENVIRONMENT: entry}

    def chosen(self, name: str | None) -> str:
        """The profile of a call.

        Raises:
            ProfileNotAllowedError: The server was not started with it.
        """
        names = self._names or tuple(self.entries())
        if name is None:
            return names[0]
        if name in names:
            return name
        raise ProfileNotAllowedError(
            f"This server was not started with a profile {name[:64]!r}.",
            next_step=f"Use {' or '.join(names)}; more by --profiles when the server is started.",
        )

    async def connected(self, name: str | None = None) -> Connection:
        """The connection of a profile; it is opened at the first call, and again when the server was upgraded.

        Raises:
            ProfileNotAllowedError: The server was not started with it.
            Dhis2Error: The profile cannot be used, or the server not be reached.
        """
        chosen = self.chosen(name)
        async with self._locks[chosen]:
            known = self._open.get(chosen)
            if known is None or await _says_another_version(known.client):
                # the client before stays open until all are closed: other calls may still use it
                self._open[chosen] = await self._opened(chosen)
            return self._open[chosen]

    @property
    def secrets(self) -> tuple[str, ...]:
        """The secrets of all profiles that are connected."""
        return tuple(secret for connection in self._open.values() for secret in connection.secrets)

    async def close(self) -> None:
        """Close all."""
        self._open.clear()
        await self._stack.aclose()

    async def _opened(self, name: str) -> Connection:
        from dhis2w_core.client_context import open_client
        from dhis2w_core.profiles import profile_of

        entry = self.entries()[name]
        profile = profile_of(entry)
        opened = open_client(
            profile,
            scope=entry.scope,
            profile_name=entry.name,
            system_cache_ttl=VERSION_AGE,
            clock=self._clock,
        )
        client = await self._stack.enter_async_context(opened)
        return Connection(name, client, entry.stored.agents if entry.stored else STRICTEST, secrets_of(profile))


async def _says_another_version(client: Dhis2Client) -> bool:
    """Whether the server is not of the version any more that the client speaks; it is asked when it may be."""
    return (await client.system.info()).version != client.raw_version


def secrets_of(profile: Profile) -> tuple[str, ...]:
    """The secrets of a profile in clear, so that they can be looked for."""
    from dhis2w_client.profile import SECRET_FIELDS

    values = [getattr(profile, name) for name in sorted(SECRET_FIELDS)]
    if profile.proxy and "@" in profile.proxy:
        values.append(profile.proxy)
    return tuple(value for value in values if isinstance(value, str) and _can_be_looked_for(value))


def _can_be_looked_for(secret: str) -> bool:
    return len(secret) >= (SHORTEST_WORD if secret.isalpha() else SHORTEST_SECRET)
