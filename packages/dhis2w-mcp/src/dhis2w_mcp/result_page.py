"""Results in pages: a limit and a cursor on everything long, and no result larger than an agent can read."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import asdict, dataclass, is_dataclass
from typing import Any, cast

from pydantic import BaseModel

from dhis2w_mcp.errors import ArgumentsError

LARGEST_PAGE = 200
LARGEST_BYTES = 40_000
"""Of the JSON of a page; a page ends before the row that would not fit."""
SHOWN = ((50, 2_000), (10, 2_000), (3, 500), (1, 200), (0, 100))
"""Members of a list inside of a row, and characters of a text; the fewer, the more is in the row."""
KEYS_SHOWN = 100
"""Properties of an object."""


@dataclass(frozen=True, slots=True)
class ResultPage:
    """A part of a result."""

    rows: list[Any]
    next_cursor: str | None
    """What the next page is asked for with; `None` after the last."""


def start_of(cursor: str | None) -> int:
    """Where a page begins.

    Raises:
        ArgumentsError: The cursor is none of ours.
    """
    if cursor is None:
        return 0
    if not cursor.isdecimal() or len(cursor) > 9:
        raise ArgumentsError(
            f"{cursor[:40]!r} is no cursor.", next_step="Give next_cursor of the page before, or none for the first."
        )
    return int(cursor)


async def rows_of(result: object, most: int) -> list[Any] | None:
    """The first rows of a result that is a list, or `None` where it is one thing."""
    if isinstance(result, AsyncIterator):
        rows: list[Any] = []
        async for row in cast("AsyncIterator[Any]", result):
            rows.append(row)
            if len(rows) >= most:
                break
        return rows
    rows_inside = getattr(result, "rows", None)
    if isinstance(rows_inside, list):
        return cast("list[Any]", rows_inside)
    return cast("list[Any]", result) if isinstance(result, list) else None


def plain(value: Any) -> Any:
    """A result as JSON values."""
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", by_alias=True, exclude_unset=True)
    if is_dataclass(value) and not isinstance(value, type):
        return plain(asdict(value))
    if isinstance(value, Mapping):
        return {str(key): plain(each) for key, each in cast("Mapping[Any, Any]", value).items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(each) for each in cast("list[Any]", value)]
    return value if value is None or isinstance(value, str | int | float | bool) else str(value)


def compact(value: Any) -> Any:
    """A value with long lists and texts inside of it cut, as far as it takes; which is said where it was done."""
    small = value
    for members, characters in SHOWN:
        small = _cut(value, members, characters)
        if _size(small) <= LARGEST_BYTES:
            break
    return small


def _cut(value: Any, members: int, characters: int) -> Any:
    if isinstance(value, str):
        more = len(value) - characters
        return value if more <= 0 else f"{value[:characters]}… (and {more:,} characters more)"
    if isinstance(value, list):
        shown = [_cut(each, members, characters) for each in cast("list[Any]", value)[:members]]
        more = len(cast("list[Any]", value)) - members
        return shown if more <= 0 else [*shown, f"(and {more:,} more)"]
    if isinstance(value, dict):
        row = list(cast("dict[str, Any]", value).items())
        kept = {key: _cut(each, members, characters) for key, each in row[:KEYS_SHOWN]}
        return kept if len(row) <= KEYS_SHOWN else kept | {f"(and {len(row) - KEYS_SHOWN:,} more)": None}
    return value


def _size(value: Any) -> int:
    return len(json.dumps(value, ensure_ascii=False, default=str))


def page_of(rows: list[Any], start: int, limit: int) -> ResultPage:
    """The rows of one page, of rows that begin with the first of all."""
    taken: list[Any] = []
    size = 0
    for row in rows[start : start + limit]:
        small = compact(row)
        size += _size(small)
        if taken and size > LARGEST_BYTES:
            break
        taken.append(small)
    following = start + len(taken)
    return ResultPage(taken, str(following) if following < len(rows) else None)
