"""`/api/analytics`: aggregate queries over the tables.

Source: `AnalyticsController` of dhis2-core; recordings `data/analytics-query`, `data/analytics-errors`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from dhis2w_sandbox.call import RECORDED, SOURCE, Call, Reply
from dhis2w_sandbox.data.analytics import grid, layout, raw, tables
from dhis2w_sandbox.data.analytics.aggregation import Aggregation, fits
from dhis2w_sandbox.data.analytics.grid_files import SUFFIXES, as_page, grid_file, xml_attributes
from dhis2w_sandbox.data.analytics.query import Query, checked_refusal, measure_criteria, read_query
from dhis2w_sandbox.data.analytics.row_order import Result
from dhis2w_sandbox.data.entry_rules import EntryRules
from dhis2w_sandbox.data.writers import NAMESPACE
from dhis2w_sandbox.errors import Dhis2Refusal, HtmlRefusal, message_patterns
from dhis2w_sandbox.routing import Endpoints

Json = dict[str, Any]

endpoints = Endpoints()

MOST_ROWS = 100_000
AGGREGATED = "[aggregated]"
"""The comment of a data value that was made of others."""
_ATTACHED = ("csv", "xls", "xlsx")
"""The formats that have a file name; the others are shown as they are."""
_VALUE_COLUMNS = (
    "data_element",
    "period",
    "organisation_unit",
    "category_option_combo",
    "attribute_option_combo",
    "value",
    "stored_by",
    "created",
    "last_updated",
    "comment",
    "follow_up",
)


@endpoints.add("GET", "/api/analytics", RECORDED, suffixes=SUFFIXES)
def query_analytics(call: Call) -> Reply:
    """Answer an aggregate query; an error in any format but JSON is a text with status 200."""
    if call.suffix is None or call.suffix == "json":
        return Reply.json(_answer(call), headers=dict(tables.CACHED))
    named = call.path.endswith(call.suffix) or call.raw_path.endswith(f".{call.suffix}")
    if not named or (call.suffix == "xlsx" and not call.server.behaviour.offers_analytics_xlsx):
        raise HtmlRefusal(406, call.server.behaviour.not_acceptable)
    try:
        answer = _answer(call)
    except Dhis2Refusal as refused:
        return _as_text(call, refused)
    name = "data" if call.suffix in _ATTACHED else None
    return grid_file(call, answer["headers"], answer["rows"], name=name, title=answer.get("title"))


def _as_text(call: Call, refused: Dhis2Refusal) -> Reply:
    if refused.code == "E7144":
        named = dict(tables.CACHED)
        if call.suffix in _ATTACHED:
            named["Content-Disposition"] = f'attachment; filename="data.{call.suffix}"'
        raise HtmlRefusal(500, f"Request processing failed: {refused.message}", headers=named) from refused
    pattern = message_patterns(call.server.version).get(refused.code or "", refused.message or "")
    headers = {"Content-Disposition": 'inline; filename="error.html"', **tables.CACHED}
    return Reply(200, f"{refused.code}: {pattern}".encode(), None, headers)


def _answer(call: Call) -> Json:
    rules = EntryRules(call.server, call.user)
    query = read_query(call, rules)
    found = [] if call.flag("skipData") else results(call, rules, query)
    if call.flag("tableLayout"):
        return layout.table(call, rules, query, found)
    return grid.grid(call, rules, query, found)


def results(call: Call, rules: EntryRules, query: Query) -> list[Result]:
    """The rows of a query; 409 where there are no tables, or too many rows."""
    after = measure_criteria(call, "measureCriteria")
    before = measure_criteria(call, "preAggregationMeasureCriteria")
    tables.require(call.server, tables.position_in_query(_sql_columns(rules, query)))
    if not tables.has_periods(call.server, {period.type.name for period in query.periods}):
        return []
    rows = Aggregation(call.server, rules, query, before).results()
    rows = [row for row in rows if isinstance(row.value, str) or fits(row.value, after)]
    most = int(call.server.setting("analyticsMaxLimit", MOST_ROWS))
    if len(rows) > most and not call.flag("ignoreLimit"):
        raise checked_refusal(call, "E7128", most)
    if order := call.param("order"):
        rows.sort(key=lambda row: (isinstance(row.value, str), row.value), reverse=order.upper() == "DESC")
    return rows


def _sql_columns(rules: EntryRules, query: Query) -> Iterator[str]:
    """The columns of the tables that the dimensions of a query are, periods and units by their first type and level."""
    for column in query.columns:
        if column.type == "pe" and query.periods:
            yield query.periods[0].type.name.lower()
        elif column.type == "ou" and query.units:
            yield f"uidlevel{min(len(rules.path(unit)) for unit in query.units)}"
        else:
            yield column.id


@endpoints.add("GET", "/api/analytics.html", SOURCE, suffixes="*")
@endpoints.add("GET", "/api/analytics.html+css", SOURCE, suffixes="*")
def query_as_page(call: Call) -> Reply:
    """Answer an aggregate query as a page; its errors are recorded."""
    return query_analytics(as_page(call))


@endpoints.add("GET", "/api/analytics/dataValueSet", SOURCE, suffixes=["csv", "xml"])
def data_value_set(call: Call) -> Reply:
    """Answer an aggregate query as a set of data values, for another server; only its refusals are recorded."""
    rules = EntryRules(call.server, call.user)
    query = read_query_for_values(call, rules)
    rows = [_data_value(query, row) for row in results(call, rules, query)]
    if call.suffix == "csv":
        headers = [{"column": name} for name in _VALUE_COLUMNS]
        attached = {"Content-Disposition": 'attachment; filename="data.csv"', **tables.CACHED}
        cells = [[*(text or "" for text in row), "", "", "", AGGREGATED, "false"] for row in rows]
        return Reply(200, grid.as_csv(headers, cells), "application/csv", attached)
    today = call.server.now()[:10]
    values = [
        {**row._asdict(), "created": today, "lastUpdated": today, "comment": AGGREGATED, "followup": False}
        for row in rows
    ]
    if call.suffix == "xml":
        inside = "".join(f"<dataValue{xml_attributes(row)}/>" for row in values)
        text = f'<dataValueSet xmlns="{NAMESPACE}">{inside}</dataValueSet>'
        empty = f'<dataValueSet xmlns="{NAMESPACE}"/>'
        return Reply(200, (text if inside else empty).encode(), "application/xml", dict(tables.CACHED))
    return Reply.json({"dataValues": values}, headers=dict(tables.CACHED))


class AggregatedValue(NamedTuple):
    """One row as a data value, by the names of its JSON."""

    dataElement: str  # noqa: N815 - the name in JSON
    period: str
    orgUnit: str  # noqa: N815 - the name in JSON
    categoryOptionCombo: str | None  # noqa: N815 - the name in JSON
    attributeOptionCombo: str | None  # noqa: N815 - the name in JSON
    value: str


def _data_value(query: Query, row: Result) -> AggregatedValue:
    """A row as a data value: numbers as in the grid, and whole where the data item has no others."""
    at = dict(zip((column.id for column in query.columns if column.id != "dx"), row.cell, strict=True))
    item = next(item for item in query.data if item.id == row.data)
    is_whole = item.kind in {"dataElement", "operand"} and item.document["valueType"].startswith("INTEGER")
    is_whole = is_whole or (item.kind == "indicator" and item.document.get("decimals") == 0)
    is_double = row.indicator is not None or item.kind == "programDataElement"
    text = grid.number_text(row.value, is_indicator=is_double, rounded=True)
    whole = str(int(float(text))) if is_whole else text
    element, combo = (item.document["id"], item.combo) if item.kind == "operand" else (row.data, None)
    return AggregatedValue(element, at["pe"], at["ou"], combo or at.get("co"), at.get("ao"), whole)


def read_query_for_values(call: Call, rules: EntryRules) -> Query:
    """A query that has data, periods and units as dimensions; 400 where one is missing."""
    query = _lenient(call, rules)
    columns = {column.id for column in query.columns}
    for id, text in (
        ("dx", "Data dimension index must be greater than or equal to zero"),
        ("pe", "Period header does not exist"),
        ("ou", "Org unit header does not exist"),
    ):
        if id not in columns:
            raise Dhis2Refusal(400, text, headers=dict(tables.CACHED))
    return query


def _lenient(call: Call, rules: EntryRules) -> Query:
    """The query; an empty one where it has no data, which is refused in other words here."""
    try:
        return read_query(call, rules)
    except Dhis2Refusal as refused:
        if refused.code == "E7102":
            return Query([], [], [], [], None, None, None)
        raise


@endpoints.add("GET", "/api/analytics/rawData", SOURCE, suffixes=["csv"])
def raw_data(call: Call) -> Reply:
    """List the values behind a query, one by one, with the days of their periods; filters leave nothing out."""
    rules = EntryRules(call.server, call.user)
    query = read_query(call, rules)
    tables.require(call.server)
    answer = raw.raw_grid(call, rules, query)
    if call.suffix == "csv":
        return Reply(200, grid.as_csv(answer["headers"], answer["rows"]), "application/csv", dict(tables.CACHED))
    return Reply.json(answer, headers=dict(tables.CACHED))
