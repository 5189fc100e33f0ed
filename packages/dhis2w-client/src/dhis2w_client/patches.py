"""JSON Patch: the smallest one that makes one object of another, in the operations that DHIS2 has.

DHIS2 knows `add`, `remove`, `replace` and, of its own, `remove-by-id`; it has no `move`, `copy` and `test`.
Positions in lists are never used: DHIS2 keeps many of them as sets, which come in another order next time.
Source: `JsonPatch` and the operations beside it; `JsonPatchManager`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal, NotRequired, TypedDict, cast


class Operation(TypedDict):
    """One operation of a patch."""

    op: Literal["add", "remove", "replace", "remove-by-id"]
    path: str
    """Where, as a JSON pointer: `/name`, `/style/color`; `/dataElements/-` appends to a list."""
    value: NotRequired[Any]
    """What is put there, for `add` and `replace`."""
    id: NotRequired[str]
    """UID of the member to take out, for `remove-by-id`."""


def diff(before: dict[str, Any], after: dict[str, Any]) -> list[Operation]:
    """The operations that make `after` of `before`; none where they are equal.

    Of a list whose members have ids only the members that went and came are named, where that gives the same list;
    any other list that differs is replaced.
    """
    return list(_objects(before, after, ""))


def _objects(before: dict[str, Any], after: dict[str, Any], path: str) -> Iterator[Operation]:
    for key in before:
        if key not in after:
            yield {"op": "remove", "path": f"{path}/{_escaped(key)}"}
    for key, value in after.items():
        place = f"{path}/{_escaped(key)}"
        if key not in before:
            yield {"op": "add", "path": place, "value": value}
        else:
            yield from _values(before[key], value, place)


def _values(before: Any, after: Any, path: str) -> Iterator[Operation]:
    if _same(before, after):
        return
    if isinstance(before, dict) and isinstance(after, dict):
        yield from _objects(cast("dict[str, Any]", before), cast("dict[str, Any]", after), path)
        return
    members = None
    if isinstance(before, list) and isinstance(after, list):
        members = _members(cast("list[Any]", before), cast("list[Any]", after), path)
    yield from members or [{"op": "replace", "path": path, "value": after}]


def _members(before: list[Any], after: list[Any], path: str) -> list[Operation] | None:
    """The members that went and came, each by its id; None where that is not the whole difference."""
    old, new = _by_id(before), _by_id(after)
    if old is None or new is None:
        return None
    kept = [member for uid, member in old.items() if uid in new]
    added = [member for uid, member in new.items() if uid not in old]
    if not _same([*kept, *added], after) or not kept:
        return None
    gone = [uid for uid in old if uid not in new]
    return [
        *({"op": "remove-by-id", "path": path, "id": uid} for uid in gone),
        *({"op": "add", "path": f"{path}/-", "value": member} for member in added),
    ]


def _by_id(members: list[Any]) -> dict[str, Any] | None:
    """Members by id; None where one has no id, or two have the same."""
    found: dict[str, Any] = {}
    for member in members:
        uid = cast("dict[str, Any]", member).get("id") if isinstance(member, dict) else None
        if not isinstance(uid, str) or uid in found:
            return None
        found[uid] = member
    return found


def _same(one: Any, other: Any) -> bool:
    """Equal as JSON; in Python `True == 1`, in JSON not."""
    if isinstance(one, dict) and isinstance(other, dict):
        mine, theirs = cast("dict[str, Any]", one), cast("dict[str, Any]", other)
        return mine.keys() == theirs.keys() and all(_same(value, theirs[key]) for key, value in mine.items())
    if isinstance(one, list) and isinstance(other, list):
        ours, others = cast("list[Any]", one), cast("list[Any]", other)
        return len(ours) == len(others) and all(map(_same, ours, others))
    return isinstance(one, bool) == isinstance(other, bool) and one == other


def _escaped(key: str) -> str:
    """A key in a JSON pointer (RFC 6901)."""
    return key.replace("~", "~0").replace("/", "~1")


def without_nulls(value: Any) -> Any:
    """A value without the properties that are null: DHIS2 leaves them out, and reads null as `not there`."""
    if isinstance(value, dict):
        items = cast("dict[str, Any]", value).items()
        return {key: without_nulls(item) for key, item in items if item is not None}
    return [without_nulls(item) for item in cast("list[Any]", value)] if isinstance(value, list) else value
