"""JSON values as PostgreSQL's `jsonb` keeps, compares and changes them: the data stores of DHIS2 hold such values.

Source: `HibernateDatastoreStore` of dhis2-core, and what PostgreSQL documents of `jsonb`, `jsonb_set` and
`jsonb_extract_path`.
"""

from __future__ import annotations

import re
from enum import Enum
from typing import Any, Final, cast

Json = dict[str, Any]


class Missing(Enum):
    """The type of `MISSING`."""

    MISSING = "MISSING"


MISSING: Final = Missing.MISSING
"""What is at a path that a value does not have; `None` is JSON's null."""


def stored(value: Any) -> Any:
    """A value with the keys of its objects in the database's order: shorter ones first."""
    if isinstance(value, list):
        return [stored(item) for item in cast("list[Any]", value)]
    if not isinstance(value, dict):
        return value
    members = cast("Json", value)
    return {key: stored(members[key]) for key in sorted(members, key=lambda key: (len(key.encode()), key.encode()))}


def path_of(text: str) -> list[str]:
    """The segments of a path: `a.b[0]`, also written `a.b.[0]`."""
    return re.sub(r"\[(\d+)]", r".\1", text).replace("..", ".").split(".")


def extracted(value: Any, path: list[str]) -> Any:
    """What is at a path, or `MISSING`."""
    for segment in path:
        value = _member(value, segment)
    return value


def replaced(value: Any, path: list[str], new: Any, *, create: bool = False) -> Any:
    """The value with another at a path; unchanged where it has no such path.

    Args:
        value: the whole.
        path: the place of the part, at least one segment.
        new: the part.
        create: whether a last segment that is missing is added to its object.
    """
    segment, *rest = path
    old = _member(value, segment)
    if old is MISSING and (rest or not create or not isinstance(value, dict)):
        return value
    part = replaced(old, rest, new, create=create) if rest else new
    if isinstance(value, dict):
        return stored({**cast("Json", value), segment: part})
    items = list(cast("list[Any]", value))
    items[int(segment)] = part
    return items


def rolled(value: Any, path: list[str], new: Any, size: int) -> Any:
    """The value with one more item in the list at a path, of which the first goes where there are enough.

    Args:
        value: the whole.
        path: the place of the list; empty for the whole.
        new: the item.
        size: how many items there may be; below 0 the first one always goes.
    """
    old = extracted(value, path)
    if isinstance(old, list):
        items = cast("list[Any]", old)
        part: Any = [*(items[1:] if size < 0 or len(items) >= size else items), new]
    else:
        part = [new] if old is None or old is MISSING else new
    return replaced(value, path, part, create=True) if path else part


def type_of(value: Any) -> str | None:
    """What `jsonb_typeof` says; None for `MISSING`."""
    if value is MISSING:
        return None
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    names = {str: "string", int: "number", float: "number", list: "array", dict: "object"}
    return names[cast("type[Any]", type(value))]


def sort_key(value: Any) -> tuple[Any, ...]:
    """A key that sorts values as the database does: null, texts, numbers, booleans, lists, objects."""
    kind = type_of(value)
    if kind == "array":
        return (4, len(value), [sort_key(item) for item in value])
    if kind == "object":
        return (5, len(value), [(key, sort_key(item)) for key, item in value.items()])
    return ({"null": 0, "string": 1, "number": 2, "boolean": 3}[kind or "null"], 0 if value is None else value)


def _member(value: Any, segment: str) -> Any:
    if isinstance(value, dict):
        return cast("Json", value).get(segment, MISSING)
    if isinstance(value, list) and re.fullmatch(r"-?\d+", segment):
        items = cast("list[Any]", value)
        return items[int(segment)] if -len(items) <= int(segment) < len(items) else MISSING
    return MISSING
