"""Where an organisation unit stands in the hierarchy, worked out from its `parent`s.

Source: `OrganisationUnit` of dhis2-api.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from dhis2w_sandbox.metadata.sides import linked
from dhis2w_sandbox.schemas import Schema
from dhis2w_sandbox.store import Store

if TYPE_CHECKING:
    from dhis2w_sandbox.metadata.rendering import Rendering

Json = dict[str, Any]

UNIT = "organisationUnit"


def lineage(store: Store, unit: Json) -> list[str]:
    """The identifiers from the root down to the unit itself; a circle is cut where it closes."""
    found = [unit["id"]]
    while (parent := linked(unit, "parent")) and parent not in found:
        found.append(parent)
        unit = store.get(UNIT, parent) or {}
    return found[::-1]


def children_of(store: Store, uid: str) -> list[str]:
    """The identifiers of the units right below."""
    return [row.uid for row in store.referrers(UNIT, uid) if row.type == UNIT and row.path == "parent"]


def descendants(store: Store, uid: str) -> Iterator[str]:
    """The identifiers of a unit and of all below it, from the top down; a circle is cut where it closes."""
    level, seen = [uid], {uid}
    while level:
        yield from level
        below = [child for parent in level for child in children_of(store, parent) if child not in seen]
        level = list(dict.fromkeys(below))
        seen.update(level)


def path(rendering: Rendering, schema: Schema, document: Json) -> str:
    """`/root/district/unit`."""
    del schema
    return "".join(f"/{uid}" for uid in lineage(rendering.server.store, document))


def level(rendering: Rendering, schema: Schema, document: Json) -> int:
    """1 for a root, one more for each level below."""
    del schema
    return len(lineage(rendering.server.store, document))


def is_leaf(rendering: Rendering, schema: Schema, document: Json) -> bool:
    """Whether there is no unit below."""
    del schema
    return not children_of(rendering.server.store, document["id"])


def ancestors(rendering: Rendering, schema: Schema, document: Json) -> list[Json]:
    """The units above, the root first."""
    del schema
    return [{"id": uid} for uid in lineage(rendering.server.store, document)[:-1]]
