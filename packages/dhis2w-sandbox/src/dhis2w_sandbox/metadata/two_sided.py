"""Links that both sides own: an option set has its options, and an option its set.

In DHIS2's database such a link is one column, which either side writes; here both documents are kept in agreement.
Source: the Hibernate mappings of dhis2-core, `OptionSetObjectBundleHook`, `ProgramObjectBundleHook`,
`ProgramStageObjectBundleHook`.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from dhis2w_sandbox.documents import linked
from dhis2w_sandbox.metadata.hooks import Hook, register
from dhis2w_sandbox.server import Server
from dhis2w_sandbox.user import User

Json = dict[str, Any]


class TwoSided(NamedTuple):
    """One link: the parent's list of children, and the child's reference to its parent."""

    parent: str
    list_key: str
    child: str
    back_key: str
    place_key: str | None = None
    """Where a child keeps its place in the list."""


LINKS = (
    TwoSided("optionSet", "options", "option", "optionSet", "sortOrder"),
    TwoSided("program", "programStages", "programStage", "program"),
    TwoSided("program", "programSections", "programSection", "program"),
    TwoSided("programStage", "programStageSections", "programStageSection", "programStage"),
    TwoSided("programRule", "programRuleActions", "programRuleAction", "programRule"),
)


def _children(document: Json, link: TwoSided) -> list[str]:
    return [row["id"] for row in document.get(link.list_key, ())]


def _parent_stored(server: Server, link: TwoSided, new: Json, old: Json | None) -> None:
    """Point the listed children to their parent, and those that are listed no more to nothing."""
    listed = _children(new, link)
    for uid in set(_children(old or {}, link)) - set(listed):
        child = server.store.get(link.child, uid)
        if child and linked(child, link.back_key) == new["id"]:
            server.store.put(link.child, uid, {key: value for key, value in child.items() if key != link.back_key})
    for place, uid in enumerate(listed):
        child = server.store.get(link.child, uid)
        if child is None:
            continue
        changed = {**child, link.back_key: {"id": new["id"]}}
        if link.place_key:
            changed[link.place_key] = place
        if changed != child:
            server.store.put(link.child, uid, changed)


def _child_stored(server: Server, link: TwoSided, new: Json, old: Json | None) -> None:
    """List the child with its parent, at its place, and with no other."""
    now, before = linked(new, link.back_key), linked(old or {}, link.back_key)
    if before and before != now:
        _unlist(server, link, before, new["id"])
    parent = server.store.get(link.parent, now) if now else None
    if parent is None:
        return
    rows: list[Json] = list(parent.get(link.list_key, ()))
    if {"id": new["id"]} not in rows:
        rows.append({"id": new["id"]})
    if link.place_key:
        rows.sort(key=lambda row: _place(server, link, row["id"]))
    if rows != parent.get(link.list_key):
        server.store.put(link.parent, parent["id"], {**parent, link.list_key: rows})


def _place(server: Server, link: TwoSided, child: str) -> int:
    return (server.store.get(link.child, child) or {}).get(link.place_key or "") or 0


def _unlist(server: Server, link: TwoSided, parent: str, child: str) -> None:
    document = server.store.get(link.parent, parent)
    if document:
        rows = [row for row in document.get(link.list_key, ()) if row["id"] != child]
        server.store.put(link.parent, parent, {**document, link.list_key: rows})


def _register(link: TwoSided) -> None:
    def after_parent(server: Server, user: User, new: Json, old: Json | None) -> None:
        del user
        _parent_stored(server, link, new, old)

    def after_child(server: Server, user: User, new: Json, old: Json | None) -> None:
        del user
        _child_stored(server, link, new, old)

    register(link.parent, Hook(after=after_parent))
    register(link.child, Hook(after=after_child))


for _link in LINKS:
    _register(_link)
