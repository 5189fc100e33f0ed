"""The order of the rows of an aggregate query: that of the hash maps in which DHIS2 gathers them, kind by kind.

Source: `DataHandler`, `DefaultQueryPlanner` and `JdbcAnalyticsManager` of dhis2-core; recordings `data/analytics-query`
of 2.41. DHIS2 cuts a query into several, each of which fills a map of its own; these are put into one, whose size
follows from the first of them.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from typing import TypeVar

from dhis2w_sandbox.data.analytics.query import TEXTS, DataItem, Query
from dhis2w_sandbox.data.entry_rules import EntryRules
from dhis2w_sandbox.metadata.java_order import hash_order, merged_order, text_hash
from dhis2w_sandbox.metadata.units import lineage

T = TypeVar("T")

Cell = tuple[str, ...]
"""The items of a row in the order of the columns, without the data item."""

PROCESSORS = 2
"""Of the server: into how many queries it cuts one, if it can."""

METRICS = ("REPORTING_RATE", "REPORTING_RATE_ON_TIME", "ACTUAL_REPORTS", "ACTUAL_REPORTS_ON_TIME", "EXPECTED_REPORTS")


@dataclass(frozen=True)
class Result:
    """One row."""

    data: str
    cell: Cell
    value: float | str
    indicator: tuple[float, float, float] | None = None
    """Numerator, denominator and factor."""


class RowOrder:
    """The order of the rows of one query."""

    def __init__(self, rules: EntryRules, query: Query) -> None:
        self._rules = rules
        self._query = query
        self._items = {item.id: item for item in query.data}

    def of(self, kind: str, rows: list[Result]) -> list[Result]:
        """The rows of one kind of data item."""
        if kind == "dataElement":
            return self._of_data_elements(rows)
        if kind == "operand":
            return _one_after_the_other(rows, self._totals, self._in_one_map)
        if kind == "rate":
            return _one_after_the_other(rows, self._metric, self._in_one_map)
        return rows

    def _of_data_elements(self, rows: list[Result]) -> list[Result]:
        queries = _grouped(rows, self._query_group)
        if len(queries) < PROCESSORS:
            queries = self._cut(queries, "dx")
        if len(queries) < PROCESSORS:
            queries = self._cut(queries, "ou")
        return merged_order(queries, self._hash)

    def _query_group(self, row: Result) -> tuple[Hashable, ...]:
        """What the rows of one query share: level of the unit, type of the period, and how values are aggregated."""
        element = self._items[row.data].document
        unit, period = self._at(row, "ou"), self._at(row, "pe")
        aggregation = self._query.aggregation or element.get("aggregationType") or "SUM"
        return (
            unit and len(lineage(self._rules.store, self._rules.document("organisationUnit", unit) or {"id": unit})),
            next((known.type.name for known in self._query.periods if known.iso == period), None),
            element["valueType"] in TEXTS,
            aggregation,
        )

    def _cut(self, queries: list[list[Result]], dimension: str) -> list[list[Result]]:
        """Queries with fewer items of a dimension each."""
        pages = PROCESSORS // max(len(queries), 1)
        return [part for query in queries for part in self._paged(query, dimension, pages)]

    def _paged(self, query: list[Result], dimension: str, pages: int) -> list[list[Result]]:
        asked = self._query.of(dimension)
        if asked is None or asked.is_filter or pages < 2:
            return [query]
        items = list(
            dict.fromkeys(item for item in asked.items if any(self._at(row, dimension) == item for row in query))
        )
        most = -(-len(items) // pages)
        return _grouped(query, lambda row: items.index(self._at(row, dimension) or "") // most)

    def _at(self, row: Result, dimension: str) -> str | None:
        """The item of a dimension that a row is about."""
        if dimension == "dx":
            return row.data
        cells = (column.id for column in self._query.columns if column.id != "dx")
        return dict(zip(cells, row.cell, strict=True)).get(dimension)

    def _in_one_map(self, rows: list[Result]) -> list[Result]:
        return hash_order(rows, self._hash)

    def _hash(self, row: Result) -> int:
        """The hash of the text that a row is kept under; a rate is kept under its data set."""
        item = self._items[row.data]
        data = row.data.partition(".")[0] if item.kind == "rate" else row.data
        cells = iter(row.cell)
        return text_hash("-".join(data if column.id == "dx" else next(cells) for column in self._query.columns))

    def _totals(self, row: Result) -> int:
        """Operands come by which option combos they name: that of values, that of attributes, both."""
        item: DataItem = self._items[row.data]
        return {(True, False): 0, (False, True): 1, (True, True): 2}.get((bool(item.combo), bool(item.attribute)), 3)

    def _metric(self, row: Result) -> int:
        return METRICS.index(self._items[row.data].rate or METRICS[0])


def _grouped(rows: Iterable[T], key: Callable[[T], Hashable]) -> list[list[T]]:
    groups: dict[Hashable, list[T]] = {}
    for row in rows:
        groups.setdefault(key(row), []).append(row)
    return list(groups.values())


def _one_after_the_other(
    rows: list[Result], key: Callable[[Result], int], ordered: Callable[[list[Result]], list[Result]]
) -> list[Result]:
    return [row for group in _grouped(sorted(rows, key=key), key) for row in ordered(group)]
