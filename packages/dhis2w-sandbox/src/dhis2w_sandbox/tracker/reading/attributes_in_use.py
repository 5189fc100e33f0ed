"""Which attributes the types of tracked entities have and which the programs, as an answer may know them.

Source: `TrackedEntityAggregate` (2.41 and newer), `DefaultCacheProvider` (2.41) of dhis2-core.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from dhis2w_sandbox.documents import linked
from dhis2w_sandbox.server import Server
from dhis2w_sandbox.store import Store

_KEPT_FOR = timedelta(minutes=10)
_NAME = "attributes in use"


@dataclass(frozen=True)
class AttributesInUse:
    """The attributes of every type and every program, by the identifier of these."""

    of_types: dict[str, set[str]]
    of_programs: dict[str, set[str]]

    @classmethod
    def now(cls, store: Store) -> AttributesInUse:
        """As they are."""
        return cls(
            _by_owner(store, "trackedEntityType", "trackedEntityTypeAttributes"),
            _by_owner(store, "program", "programTrackedEntityAttributes"),
        )

    @classmethod
    def kept(cls, server: Server) -> AttributesInUse:
        """As they were when somebody last asked for what is kept: 2.41 does that for its lists, for ten minutes."""
        since, found = server.kept.get(_NAME) or (server.clock(), None)
        if found is None or server.clock() - since >= _KEPT_FOR:
            found = cls.now(server.store)
            server.kept[_NAME] = server.clock(), found
        return found

    def shown(self, programs: Iterable[str], type: str | None = None) -> set[str]:
        """The attributes of some programs and of one type, or of any."""
        types = self.of_types.values() if type is None else [self.of_types.get(type, set())]
        return set[str]().union(*types, *(self.of_programs.get(program, set()) for program in programs))


def _by_owner(store: Store, type: str, key: str) -> dict[str, set[str]]:
    return {document["id"]: _named(document.get(key) or ()) for document in store.all(type)}


def _named(rows: Iterable[dict[str, Any]]) -> set[str]:
    return {uid for row in rows if (uid := linked(row, "trackedEntityAttribute"))}
