"""Raw analytics data: each value of the tables in a row of its own.

Source: `JdbcRawAnalyticsManager`, `DataHandler.prepareForRawDataQuery` of dhis2-core: the periods of a query become two
days, its column of periods the last one, and its filters are not looked at.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from dhis2w_sandbox.call import Call
from dhis2w_sandbox.data.analytics.aggregation import as_number
from dhis2w_sandbox.data.analytics.grid import header, metadata, sized
from dhis2w_sandbox.data.analytics.query import Dimension, Query
from dhis2w_sandbox.data.analytics.tables import Fact, facts
from dhis2w_sandbox.data.entry_rules import EntryRules
from dhis2w_sandbox.data.identifiers import UID, name_in, read_scheme
from dhis2w_sandbox.errors import NotInSandbox

Json = dict[str, Any]

_KNOWN = frozenset({"dx", "ou", "co", "ao", "pe"})


def raw_grid(call: Call, rules: EntryRules, query: Query) -> Json:
    """The whole answer."""
    columns = [column for column in query.columns if column.id != "pe"]
    if any(column.id not in _KNOWN for column in columns) or call.flag("showHierarchy"):
        raise NotInSandbox("raw analytics data by further dimensions")
    periods = {key: value for key, value in header("pe", "").items() if key != "column"}
    headers = [
        *(header(column.id, column.title) for column in columns),
        periods,
        _day_header("pestartdate", "Period start date"),
        _day_header("peenddate", "Period end date"),
        header("value", "Value", number=True),
    ]
    answer = sized([], []) if call.flag("skipData") else sized(headers, _found(call, rules, query, columns))
    filters = [row for row in query.dimensions if row.is_filter and row.id != "pe"]
    asked = replace(query, periods=[], dimensions=[*columns, Dimension("pe", "", "pe", [], is_filter=False), *filters])
    return {**answer, "metaData": {} if call.flag("skipMeta") else metadata(call, rules, asked)}


def _day_header(name: str, title: str) -> Json:
    return {**header(name, title), "valueType": "DATETIME", "type": "java.time.LocalDateTime", "meta": False}


def _found(call: Call, rules: EntryRules, query: Query, columns: list[Dimension]) -> list[list[str]]:
    first, last = _span(query)
    elements = {item.id for item in query.data if item.kind == "dataElement"}
    rows: list[list[str]] = []
    for fact in facts(call.server, elements):
        within = first <= fact.first_day and fact.last_day <= last
        if within and all(_is_asked(rules, column, fact) for column in columns):
            cells = [_cell(call, rules, column, fact) for column in columns]
            number = float(as_number(fact.value) or 0)
            rows.append([*cells, fact.period, fact.first_day, fact.last_day, str(number)])
    return rows


def _span(query: Query) -> tuple[str, str]:
    """The first and the last day of the periods, or the dates."""
    starts = [period.start for period in query.periods] or [query.start]
    ends = [period.end for period in query.periods] or [query.end]
    first = min(day for day in starts if day is not None)
    return first.isoformat(), max(day for day in ends if day is not None).isoformat()


def _is_asked(rules: EntryRules, column: Dimension, fact: Fact) -> bool:
    if column.id == "ou":
        return rules.is_below(fact.unit, set(column.items))
    return not column.items or _item(column, fact) in column.items


def _item(column: Dimension, fact: Fact) -> str:
    return {"dx": fact.element, "ou": fact.unit, "co": fact.combo, "ao": fact.attribute}[column.id]


def _cell(call: Call, rules: EntryRules, column: Dimension, fact: Fact) -> str:
    """The item; units by the scheme that is asked for."""
    item = _item(column, fact)
    scheme = read_scheme(call.param("outputIdScheme") or "UID") or UID
    if column.id != "ou" or scheme == UID:
        return item
    return name_in(scheme, rules.document("organisationUnit", item) or {}) or ""
