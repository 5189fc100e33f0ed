"""The table layout of an analytics answer: dimensions as rows and columns of a table, values where they cross.

Source: `DefaultAnalyticsService.getAggregatedDataValuesTableLayout` and `ReportTable` of dhis2-core; recordings
`data/analytics-query`.
"""

from __future__ import annotations

from itertools import product
from typing import Any

from dhis2w_sandbox.call import Call
from dhis2w_sandbox.data.analytics.grid import header, metadata, number_text
from dhis2w_sandbox.data.analytics.query import Dimension, Query
from dhis2w_sandbox.data.analytics.row_order import Result
from dhis2w_sandbox.data.entry_rules import EntryRules

Json = dict[str, Any]

_ROW_PARTS = (("ID", "id", True), ("", "name", False), ("code", "code", True), ("description", "description", True))


def table(call: Call, rules: EntryRules, query: Query, results: list[Result]) -> Json:
    """The answer as a table; a cell is filled only where rows and columns name every dimension."""
    columns, rows = (_dimensions(query, call.param(name)) for name in ("columns", "rows"))
    meta = metadata(call, rules, query)
    names: dict[str, Json] = meta["items"]
    across = list(product(*(dimension.items for dimension in columns)))
    headers = [part for dimension in rows for part in _row_headers(dimension)]
    for cell in across:
        title = " ".join(names[item]["name"] for item in cell)
        headers.append(header(title.lower(), title, number=True))
    values = _values(query, [*rows, *columns], results)
    lines: list[list[str]] = []
    for cell in product(*(dimension.items for dimension in rows)):
        found = [values.get(frozenset((*cell, *other)), "") for other in across]
        if any(found) or not call.flag("hideEmptyRows"):
            lines.append([*(text for item in cell for text in _row_texts(rules, names, item)), *found])
    filtered = ", ".join(names[item]["name"] for item in _filtered(query))
    return {
        **({"title": filtered} if filtered else {}),
        "headers": headers,
        "metaData": {} if call.flag("skipMeta") else meta,
        "rowContext": {},
        "rows": lines,
        "width": len(headers) if lines else 0,
        "height": len(lines),
        "headerWidth": len(headers),
    }


def _dimensions(query: Query, text: str | None) -> list[Dimension]:
    found = (query.of(id) for id in (text or "").split(";") if id)
    return [dimension for dimension in found if dimension is not None]


def _filtered(query: Query) -> list[str]:
    """The items of the filters that were asked for, after which the table is called."""
    return [
        item for dimension in query.dimensions if dimension.is_filter and dimension.title for item in dimension.items
    ]


def _row_headers(dimension: Dimension) -> list[Json]:
    plain = dimension.title.lower().replace(" ", "")
    return [
        header(f"{dimension.title} {part}".strip(), f"{plain}{key}", hidden=hidden) for part, key, hidden in _ROW_PARTS
    ]


def _row_texts(rules: EntryRules, names: dict[str, Json], item: str) -> list[str]:
    found = rules.store.find(item)
    document = found[1] if found else {}
    return [item, names[item]["name"], document.get("code") or "", document.get("description") or ""]


def _values(query: Query, dimensions: list[Dimension], results: list[Result]) -> dict[frozenset[str], str]:
    """The cells by their items; none where a dimension of the query is neither a row nor a column."""
    if {dimension.id for dimension in query.columns} != {dimension.id for dimension in dimensions}:
        return {}
    return {
        frozenset((row.data, *row.cell)): number_text(row.value, is_indicator=row.indicator is not None, rounded=True)
        for row in results
    }
