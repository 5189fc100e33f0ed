"""From stored values to the rows of an analytics answer.

A value counts for a period that holds its own, and for a unit that it lies below. Source: `JdbcAnalyticsManager`,
`DataHandler`, `AnalyticsUtils` of dhis2-core; recordings `data/analytics-query`.
"""

from __future__ import annotations

import ast
import math
import operator
import re
import statistics
from collections.abc import Callable, Iterable
from datetime import date, timedelta
from itertools import product
from typing import Any

from dhis2w_sandbox.data.analytics.query import TEXTS, DataItem, Dimension, Query
from dhis2w_sandbox.data.analytics.row_order import Cell, Result, RowOrder
from dhis2w_sandbox.data.analytics.tables import Fact, facts, reports
from dhis2w_sandbox.data.entry_rules import EntryRules
from dhis2w_sandbox.data.periods import TYPES, Period, between
from dhis2w_sandbox.documents import linked
from dhis2w_sandbox.server import Server

Json = dict[str, Any]

_ITEM = re.compile(r"#\{(\w{11})(?:\.(\w{11}|\*))?(?:\.(\w{11}))?\}")
_CONSTANT = re.compile(r"C\{(\w{11})\}")
_COMPARE: dict[str, Callable[[float, float], bool]] = {
    "EQ": operator.eq,
    "GT": operator.gt,
    "GE": operator.ge,
    "LT": operator.lt,
    "LE": operator.le,
}
_ARITHMETIC: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: lambda left, right: left / right,
    ast.Mod: operator.mod,
    ast.Pow: lambda left, right: float(left**right),
}


class Aggregation:
    """The rows of one query."""

    def __init__(self, server: Server, rules: EntryRules, query: Query, before: list[tuple[str, float]]) -> None:
        self.server = server
        self.rules = rules
        self.query = query
        self.before = before
        self.columns = [row for row in query.columns if row.id != "dx"]
        self._by_element: dict[str, list[Fact]] = {}
        for fact in facts(server, self._elements()):
            self._by_element.setdefault(fact.element, []).append(fact)

    def results(self) -> list[Result]:
        """The rows, kind by kind."""
        order = RowOrder(self.rules, self.query)
        found: list[Result] = []
        for kind in ("indicator", "dataElement", "operand", "rate", "programDataElement"):
            found += order.of(kind, [row for item in self.query.data if item.kind == kind for row in self._rows(item)])
        return found

    def _rows(self, item: DataItem) -> Iterable[Result]:
        if item.kind == "indicator":
            return self._indicator(item)
        if item.kind == "rate":
            return self._rate(item)
        if item.kind == "programDataElement":
            document = {**item.document, "id": item.id}
            return [Result(item.id, cell, value) for cell, value in self._values(document, None, None).items()]
        values = self._values(item.document, item.combo, item.attribute)
        return [Result(item.id, cell, value) for cell, value in values.items()]

    def _elements(self) -> set[str]:
        found = {item.document["id"] for item in self.query.data if item.kind in {"dataElement", "operand"}}
        found |= {item.id for item in self.query.data if item.kind == "programDataElement"}
        for item in self.query.data:
            if item.kind == "indicator":
                text = f"{item.document.get('numerator')} {item.document.get('denominator')}"
                found |= {match[1] for match in _ITEM.finditer(text)}
        return found

    # Data elements.

    def _values(self, element: Json, combo: str | None, attribute: str | None) -> dict[Cell, float | str]:
        by_cell: dict[Cell, list[Fact]] = {}
        for fact in self._by_element.get(element["id"], ()):
            if combo not in (None, fact.combo) or attribute not in (None, fact.attribute):
                continue
            if not self._counts_before(fact):
                continue
            for cell in self._cells(fact):
                by_cell.setdefault(cell, []).append(fact)
        kind = self.query.aggregation or element.get("aggregationType") or "SUM"
        found = {cell: self._aggregated(rows, element["valueType"], kind, cell) for cell, rows in by_cell.items()}
        return {cell: value for cell, value in found.items() if value is not None}

    def _counts_before(self, fact: Fact) -> bool:
        """Whether a value passes the criteria that apply before aggregation."""
        value = as_number(fact.value)
        return not self.before or (value is not None and fits(value, self.before))

    def _cells(self, fact: Fact) -> Iterable[Cell]:
        """The rows that a value counts for."""
        if not self._is_within_dates(fact):
            return []
        if not all(
            self._matches(dimension, fact)
            for dimension in self.query.dimensions
            if dimension.is_filter and dimension.id != "dx"
        ):
            return []
        return product(*(self._matches(dimension, fact) for dimension in self.columns))

    def _is_within_dates(self, fact: Fact) -> bool:
        """Whether a value lies between the dates that are asked for instead of periods."""
        start, end = self.query.start, self.query.end
        if start is None or end is None or self.query.periods:
            return True
        return start.isoformat() <= fact.first_day and fact.last_day <= end.isoformat()

    def _matches(self, dimension: Dimension, fact: Fact) -> list[str]:
        """The items of a dimension that a value belongs to."""
        if dimension.type == "pe":
            periods = (period for period in self.query.periods if period.iso in dimension.items)
            return [
                period.iso
                for period in periods
                if period.start.isoformat() <= fact.first_day and fact.last_day <= period.end.isoformat()
            ]
        if dimension.type == "ou":
            path = self.rules.path(fact.unit)
            return [unit for unit in dimension.items if unit in path]
        if dimension.type in {"co", "ao"}:
            combo = fact.combo if dimension.type == "co" else fact.attribute
            return [combo] if not dimension.items or combo in dimension.items else []
        return self._dynamic_matches(dimension, fact)

    def _dynamic_matches(self, dimension: Dimension, fact: Fact) -> list[str]:
        if dimension.type == "category":
            combos = (fact.combo, fact.attribute)
            options = {option["id"] for combo in combos for option in self.rules.category_options(combo)}
            return [item for item in dimension.items if item in options]
        type, key, member = {
            "organisationUnitGroupSet": ("organisationUnitGroup", "organisationUnits", fact.unit),
            "dataElementGroupSet": ("dataElementGroup", "dataElements", fact.element),
            "categoryOptionGroupSet": ("categoryOptionGroup", "categoryOptions", ""),
        }[dimension.type]
        members = {option["id"] for option in self.rules.category_options(fact.combo)} if not member else {member}
        return [
            item
            for item in dimension.items
            if members & {row["id"] for row in (self.rules.document(type, item) or {}).get(key) or ()}
        ]

    def _aggregated(self, rows: list[Fact], value_type: str, kind: str, cell: Cell) -> float | str | None:
        if value_type in TEXTS:
            return rows[0].value
        if kind.startswith(("LAST", "FIRST")):
            return self._at_an_end(rows, kind)
        if kind == "AVERAGE_SUM_ORG_UNIT":
            return self._average_in_time(rows, cell)
        values = [value for row in rows if (value := as_number(row.value)) is not None]
        return aggregated(values, kind) if values else None

    def _at_an_end(self, rows: list[Fact], kind: str) -> float | None:
        """The latest, or first, value of each unit and combo, then added up or averaged."""
        choose = max if kind.startswith("LAST") else min
        by_place: dict[tuple[str, str, str], list[Fact]] = {}
        for row in rows:
            by_place.setdefault((row.unit, row.combo, row.attribute), []).append(row)
        chosen = [choose(group, key=lambda row: row.last_day) for group in by_place.values()]
        values = [value for row in chosen if (value := as_number(row.value)) is not None]
        if not values:
            return None
        return statistics.fmean(values) if kind.endswith("AVERAGE_ORG_UNIT") else math.fsum(values)

    def _average_in_time(self, rows: list[Fact], cell: Cell) -> float | None:
        """The sum over units of what was there on an average day of the period."""
        del cell
        start = min(row.first_day for row in rows)
        end = max(row.last_day for row in rows)
        total = _days(start, end)
        weighted = [(as_number(row.value) or 0) * _days(row.first_day, row.last_day) for row in rows]
        return math.fsum(weighted) / total if total else None

    # Indicators.

    def _indicator(self, item: DataItem) -> list[Result]:
        type = self.rules.document("indicatorType", linked(item.document, "indicatorType")) or {}
        factor = float(type.get("factor") or 1)
        numerators = self._expression(item.document.get("numerator") or "0")
        denominators = self._expression(item.document.get("denominator") or "1")
        found: list[Result] = []
        for cell in self._in_asked_order({**numerators, **denominators}):
            top = self._at(numerators, cell, item.document.get("numerator"))
            bottom = self._at(denominators, cell, item.document.get("denominator"))
            if top is None or not bottom:
                continue
            found.append(Result(item.id, cell, top / bottom * factor, (top, bottom, factor)))
        return found

    def _in_asked_order(self, cells: Iterable[Cell]) -> list[Cell]:
        """Cells in the order of the items of their columns."""
        places = [{item: place for place, item in enumerate(column.items)} for column in self.columns]
        return sorted(cells, key=lambda cell: [at.get(item, 0) for at, item in zip(places, cell, strict=True)])

    def _at(self, values: dict[Cell, float], cell: Cell, expression: str | None) -> float | None:
        """The value of an expression at a cell; one without data elements is the same everywhere."""
        if cell in values:
            return values[cell]
        return None if _ITEM.search(expression or "") else calculated(self._with_constants(expression or "0"))

    def _expression(self, text: str) -> dict[Cell, float]:
        """The value of an expression for each cell in which at least one of its items has one."""
        parts: dict[str, dict[Cell, float | str]] = {}
        for match in _ITEM.finditer(text):
            element = self.rules.document("dataElement", match[1])
            if element is not None:
                combo = None if match[2] in {None, "*"} else match[2]
                parts[match[0]] = self._values(element, combo, match[3])
        cells = {cell for values in parts.values() for cell in values}
        found: dict[Cell, float] = {}
        for cell in sorted(cells):
            filled = _ITEM.sub(lambda match: str(parts.get(match[0], {}).get(cell, 0)), text)  # noqa: B023 - used at once
            value = calculated(self._with_constants(filled))
            if value is not None:
                found[cell] = value
        return found

    def _with_constants(self, text: str) -> str:
        return _CONSTANT.sub(lambda match: str((self.rules.document("constant", match[1]) or {}).get("value", 0)), text)

    # Reporting rates.

    def _rate(self, item: DataItem) -> list[Result]:
        """Reports by period and unit: how many came, how many should have, and the percentage."""
        found: list[Result] = []
        rows = reports(self.server, item.document["id"])
        days = int(item.document.get("timelyDays") or 0)
        for cell in product(*(dimension.items for dimension in self.columns)):
            at = dict(zip((dimension.id for dimension in self.columns), cell, strict=True))
            periods = [period for period in self.query.periods if at.get("pe", period.iso) == period.iso]
            units = [unit for unit in self.query.units if at.get("ou", unit) == unit]
            on_time = (item.rate or "").endswith("ON_TIME")
            actual = sum(
                1
                for unit, date, first, last in rows
                if set(units) & self.rules.path(unit)
                and any(period.start.isoformat() <= first and last <= period.end.isoformat() for period in periods)
                and (not on_time or date[:10] <= _later(last, days))
            )
            expected = self._expected(item.document, periods, set(units))
            value = _rate_value(item.rate or "", actual, expected)
            if value is not None:
                found.append(Result(item.id, cell, value))
        return found

    def _expected(self, data_set: Json, periods: list[Period], units: set[str]) -> int:
        type = TYPES.get(data_set["periodType"])
        if type is None:
            return 0
        below = [unit for unit in self.rules.units_of(data_set) if units & self.rules.path(unit)]
        own = [part for period in periods for part in between(type, period.start, period.end)]
        return sum(1 for unit in below for period in own if self._is_open(unit, period))

    def _is_open(self, unit: str, period: Period) -> bool:
        opens, closes = self.rules.open_span(self.rules.document("organisationUnit", unit) or {})
        return (opens is None or opens <= period.end) and (closes is None or closes >= period.start)


def _rate_value(rate: str, actual: int, expected: int) -> float | None:
    if rate == "EXPECTED_REPORTS":
        return expected or None
    if rate.startswith("ACTUAL"):
        return actual or None
    return actual / expected * 100 if expected and actual else None


def aggregated(values: list[float], kind: str) -> float:
    """Numbers as one, by an aggregation type that looks at nothing else."""
    if kind == "AVERAGE":
        return statistics.fmean(values)
    if kind == "COUNT":
        return len(values)
    if kind in {"STDDEV", "VARIANCE"}:
        return statistics.stdev(values) if kind == "STDDEV" else statistics.variance(values)
    if kind.startswith(("MIN", "MAX")):
        return min(values) if kind.startswith("MIN") else max(values)
    return math.fsum(values)


def as_number(text: str) -> float | None:
    """A value as a number; true is 1, and what is none is None."""
    if text in {"true", "false"}:
        return 1.0 if text == "true" else 0.0
    try:
        return float(text)
    except ValueError:
        return None


def fits(value: float, criteria: list[tuple[str, float]]) -> bool:
    """Whether a number passes all criteria."""
    return all(_COMPARE[name](value, limit) for name, limit in criteria)


def calculated(text: str) -> float | None:
    """The value of an arithmetic expression; None where it has none (a division by zero) or is something else."""
    try:
        return _evaluated(ast.parse(text.strip().replace("^", "**"), mode="eval").body)
    except (SyntaxError, ValueError, ZeroDivisionError):
        return None


def _evaluated(node: ast.expr) -> float:
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        return float(node.value)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return -_evaluated(node.operand)
    if isinstance(node, ast.BinOp) and type(node.op) in _ARITHMETIC:
        return _ARITHMETIC[type(node.op)](_evaluated(node.left), _evaluated(node.right))
    raise ValueError(ast.dump(node))


def _days(first: str, last: str) -> int:
    return (date.fromisoformat(last) - date.fromisoformat(first)).days + 1


def _later(day: str, days: int) -> str:
    return (date.fromisoformat(day) + timedelta(days=days)).isoformat()
