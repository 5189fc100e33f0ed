"""Asking a query that is too large in parts, and the proof that the parts are the whole.

Only sums and counts are asked so. Of those a row depends on nothing but its own items, so the rows of disjoint parts
of a dimension are the rows of the whole. For averages, last values, indicators and rates DHIS2 looks at the periods and
units of the query together, and promises no such thing.
Source: `QueryPlanner`, `JdbcAnalyticsManager` (first and last values), E7128.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from dhis2w_client.analytics.errors import NotSplittableError
from dhis2w_client.analytics.query import items_of
from dhis2w_client.json_value import as_array, as_object, as_text

if TYPE_CHECKING:
    from dhis2w_client.analytics.grid import Grid
    from dhis2w_client.analytics.query import AnalyticsQuery

ADDITIVE = frozenset({"SUM", "COUNT"})
"""Aggregation types whose rows depend on their own items alone."""


def check_splittable(query: AnalyticsQuery, outline: Grid) -> None:
    """Refuse to split what may not add up.

    Args:
        query: The query.
        outline: Its answer without data, with the details of each item.

    Raises:
        NotSplittableError: The aggregation does not allow it, or rows could not be told apart.
    """
    if query.skip_meta or query.output_scheme:
        raise NotSplittableError("A query is split by the UIDs of its items, which it must give (no output_scheme).")
    if query.order:
        raise NotSplittableError("Parts of a query come each in its own order; sort the rows of the whole instead.")
    items = as_object(outline.meta_data.get("items"))
    data = [*_members(outline, "dx"), *items_of(query.filters.get("dx"))]
    for uid in data:
        why = _why_not(as_object(items.get(uid)), query.aggregation_type)
        if why:
            raise NotSplittableError(
                f"{uid} cannot be asked for in parts: {why}.", next_step="Ask for less, or with ignore_limit=True."
            )


def _why_not(item: Mapping[str, object], aggregation_type: str | None) -> str | None:
    kind = as_text(item.get("dimensionItemType")) or ""
    if kind not in ("DATA_ELEMENT", "DATA_ELEMENT_OPERAND"):
        return (
            f"it is a {kind.lower().replace('_', ' ') or 'kind of data that DHIS2 does not name'}, not a data element"
        )
    type = aggregation_type or as_text(item.get("aggregationType")) or "unknown"
    if type not in ADDITIVE:
        return f"its values are aggregated by {type}, and only sums and counts are the same in parts"
    return None


def _members(grid: Grid, name: str) -> list[str]:
    return [str(item) for item in as_array(as_object(grid.meta_data.get("dimensions")).get(name))]


def widest_dimension(query: AnalyticsQuery, outline: Grid) -> tuple[str, list[str]]:
    """The dimension with the most items, and these.

    Raises:
        NotSplittableError: No dimension has more than one item.
    """
    name, items = max(((name, _members(outline, name)) for name in query.asked()), key=lambda each: len(each[1]))
    if len(items) < 2:
        raise NotSplittableError("No dimension of the query has more than one item, so it has no parts.")
    return name, items


def part_of(query: AnalyticsQuery, name: str, items: Iterable[str]) -> AnalyticsQuery:
    """The query for some items of a dimension."""
    chosen = tuple(items)
    if name in ("dx", "pe", "ou"):
        return replace(query, **{name: chosen})
    return replace(query, dimensions={**query.dimensions, name: chosen})


def halves(items: Sequence[str]) -> tuple[Sequence[str], Sequence[str]]:
    """Two parts of the items."""
    middle = len(items) // 2
    return items[:middle], items[middle:]


def whole(outline: Grid, name: str, parts: Sequence[tuple[Sequence[str], Grid]]) -> Grid:
    """The parts as one grid, after the proof that they are all of it, once.

    Args:
        outline: The answer to the whole query without data.
        name: The dimension that was split.
        parts: For each part its items and its grid.

    Raises:
        NotSplittableError: The proof fails: an item in no part or in two, a row in the wrong part, or one row twice.
    """
    counted = Counter(item for items, _ in parts for item in items)
    if set(counted) != set(_members(outline, name)) or max(counted.values()) > 1:
        raise NotSplittableError(f"The parts of {name} are not the whole: an item is missing or double.")
    filled = [grid for _, grid in parts if grid.headers] or [outline]
    headers = filled[0].headers
    for items, grid in parts:
        _check_part(name, items, grid, filled[0])
    rows = [row for _, grid in parts for row in grid.cells]
    keys = [at for at, header in enumerate(headers) if header.meta]
    if len({tuple(row[at] for at in keys) for row in rows}) != len(rows):
        raise NotSplittableError("Two parts have a row for the same items.")
    return replace(filled[0], headers=headers, meta_data=outline.meta_data, text_rows=tuple(rows), packed_rows=None)


def _check_part(name: str, items: Sequence[str], grid: Grid, first: Grid) -> None:
    if not grid.cells:
        return
    if grid.names != first.names or name not in grid.names:
        raise NotSplittableError("Two parts have different columns.")
    at = grid.names.index(name)
    strange: Any = next((row[at] for row in grid.cells if row[at] not in items), None)
    if strange is not None:
        raise NotSplittableError(f"A part has a row for {strange}, which belongs to another part.")
