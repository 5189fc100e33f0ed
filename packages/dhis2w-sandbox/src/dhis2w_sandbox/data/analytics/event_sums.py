"""`/api/analytics/events/aggregate` and `/api/analytics/enrollments/aggregate`: sums over tracker's tables.

Source: `EventAggregateAnalyticsController`, `EventAggregateService`, `EnrollmentAggregateAnalyticsController` and
`EnrollmentAggregateService` of dhis2-core; recordings `data/analytics-events`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import product
from typing import Any

from dhis2w_sandbox.call import RECORDED, SOURCE, Call, Reply
from dhis2w_sandbox.data.analytics import tables
from dhis2w_sandbox.data.analytics.aggregation import aggregated
from dhis2w_sandbox.data.analytics.event_endpoints import ELSEWHERE, check_known, pager_of, sortable
from dhis2w_sandbox.data.analytics.event_grid import Column, Row, grid_json, item_column, number_cell, table_text
from dhis2w_sandbox.data.analytics.event_metadata import EventMetadata
from dhis2w_sandbox.data.analytics.event_query import EventQuery, Item, read_event_query, read_item
from dhis2w_sandbox.data.analytics.event_rows import enrollments_of, events_of
from dhis2w_sandbox.data.analytics.grid import header
from dhis2w_sandbox.data.analytics.grid_files import SUFFIXES, as_page, grid_file, is_file
from dhis2w_sandbox.data.analytics.outlier_parameters import constant
from dhis2w_sandbox.data.analytics.query import Dimension, checked_refusal, refusal
from dhis2w_sandbox.data.analytics.scheme_names import renamed
from dhis2w_sandbox.data.entry_rules import EntryRules
from dhis2w_sandbox.errors import Dhis2Refusal, NotInSandbox
from dhis2w_sandbox.routing import Endpoints
from dhis2w_sandbox.tracker.reading.parameters import Parameters
from dhis2w_sandbox.versions import Behaviour

Json = dict[str, Any]

endpoints = Endpoints()

_ELSEWHERE = (*ELSEWHERE, "columns", "rows", "collapseDataDimensions", "aggregateData")
"""Parameters that would change a sum over events, and do nothing here."""


@endpoints.add("GET", "/api/analytics/events/aggregate/{program}", RECORDED, suffixes=SUFFIXES)
def aggregate_events(call: Call) -> Reply:
    """Count events, or sum up a value of theirs, by the dimensions that are asked for."""
    rules = EntryRules(call.server, call.user)
    query = read_event_query(call, rules)
    value = _value(call, rules, query)
    check_known(call, _ELSEWHERE, ["EVENT"])
    tables.require(call.server)
    without_metadata = call.flag("skipMeta")
    if without_metadata and call.server.behaviour.fails_without_event_metadata:
        raise Dhis2Refusal(500, "org.hisp.dhis.common.Pager", headers=dict(tables.CACHED))
    columns: list[Dimension | Item] = [*query.columns]
    columns += [row for row in query.units.dimensions if not row.is_filter]
    headers = [_aggregate_header(call, query, column) for column in columns]
    groups = _grouped(rules, query, columns, events_of(call, rules, query))
    rows = [[*cell, text] for cell, found in groups.items() if (text := _aggregate(call, value, found)) is not None]
    rows = _by_first_column(call, _largest(call, rows, -1))
    named = bool(query.units.of("pe"))
    headers.append(header("value", "Value", number=True))
    rows = renamed(call, rules, query, headers, rows)
    if is_file(call):
        return grid_file(call, headers, rows, name="events", attached=())
    metadata: Json = (
        {} if without_metadata else EventMetadata(call, rules, query, value=value, names_periods=named).as_json()
    )
    answer = grid_json(headers, rows, metadata)
    return Reply.json(answer, headers=dict(tables.CACHED))


@endpoints.add("GET", "/api/analytics/events/aggregate/{program:uid}.html", SOURCE, suffixes="*")
@endpoints.add("GET", "/api/analytics/events/aggregate/{program:uid}.html+css", SOURCE, suffixes="*")
def page_of_grouped_events(call: Call) -> Reply:
    """Count events, or sum up a value of theirs, as a page."""
    return aggregate_events(as_page(call))


@endpoints.add("GET", "/api/analytics/enrollments/aggregate/{program}", SOURCE, suffixes=SUFFIXES)
def aggregate_enrollments(call: Call) -> Reply:
    """Count enrollments by unit, period of enrollment and what else is asked for; without a unit it is not here."""
    rules = EntryRules(call.server, call.user)
    query = read_event_query(call, rules)
    check_known(call)
    tables.require(call.server)
    shown = {row.id: row for row in query.units.dimensions if not row.is_filter}
    registers = query.program.get("programType") != "WITHOUT_REGISTRATION"
    if "ou" not in shown or not registers:
        raise NotInSandbox("enrollments counted in this way")
    columns: list[Dimension | Item] = [shown[id] for id in ("ou", "pe") if id in shown]
    columns += query.columns
    behaviour = call.server.behaviour
    headers = [
        header("value", "Value", number=True),
        *(_aggregate_header(call, query, column) for column in columns if isinstance(column, Dimension)),
        *(column.file_header if is_file(call) else column.header for column in _item_columns(query, behaviour)),
    ]
    groups = _grouped(rules, query, columns, enrollments_of(call, rules, query))
    rows = [[str(len(found)), *cell] for cell, found in sorted(groups.items())]
    if behaviour.limits_sums_of_enrollments:
        rows = _largest(call, rows, 0)
    rows = renamed(call, rules, query, headers, rows)
    if is_file(call):
        return grid_file(call, headers, rows, name="enrollments")
    metadata: Json = (
        {} if call.flag("skipMeta") else EventMetadata(call, rules, query, names_periods="pe" in shown).as_json()
    )
    paged = call.param("paging") != "false"
    pager: Json = {"pager": pager_of(call, 0, counted=call.flag("totalPages"))} if paged else {}
    return Reply.json(grid_json(headers, rows, pager | metadata), headers=dict(tables.CACHED))


@endpoints.add("GET", "/api/analytics/enrollments/aggregate/{program:uid}.html", SOURCE, suffixes="*")
@endpoints.add("GET", "/api/analytics/enrollments/aggregate/{program:uid}.html+css", SOURCE, suffixes="*")
def page_of_grouped_enrollments(call: Call) -> Reply:
    """Count enrollments as a page."""
    return aggregate_enrollments(as_page(call))


def _item_columns(query: EventQuery, behaviour: Behaviour) -> list[Column]:
    return [item_column(query, item, behaviour) for item in query.columns]


def _aggregate_header(call: Call, query: EventQuery, column: Dimension | Item) -> Json:
    """The header of a dimension, or of an item, which older versions name without its stage."""
    if isinstance(column, Dimension):
        return header(column.id, column.title)
    found = item_column(query, replace(column, offset=None), call.server.behaviour).header
    return {**found, "name": column.place if call.server.behaviour.names_stages_of_sums else column.uid}


def _largest(call: Call, rows: list[list[str]], place: int) -> list[list[str]]:
    """As many rows as are wanted, the largest or smallest of them if they are sorted."""
    limit, order = Parameters(call).integer("limit"), _sort_order(call)
    if order:
        rows.sort(key=lambda row: float(row[place]), reverse=order == "DESC")
    return rows[: limit or None]


def _by_first_column(call: Call, rows: list[list[str]]) -> list[list[str]]:
    """The rows as DHIS2 sorts them once more, where they are sorted at all."""
    order = _sort_order(call)
    if order:
        rows.sort(key=lambda row: sortable(row[0]) if len(row) == 1 else (0, 0, row[0]), reverse=order == "DESC")
    return rows


def _sort_order(call: Call) -> str | None:
    return constant(call, "sortOrder", ("ASC", "DESC"))


def _grouped(
    rules: EntryRules, query: EventQuery, columns: Sequence[Dimension | Item], rows: Iterable[Row]
) -> dict[tuple[str, ...], list[Row]]:
    """The rows by the items of the columns that they count for."""
    groups: dict[tuple[str, ...], list[Row]] = {}
    for row in rows:
        for cell in product(*(_matches(rules, query, column, row) for column in columns)):
            groups.setdefault(cell, []).append(row)
    return groups


def _matches(rules: EntryRules, query: EventQuery, column: Dimension | Item, row: Row) -> Sequence[str]:
    """The items of a dimension that an event counts for."""
    if isinstance(column, Item):
        return [table_text(column, row.value(column)) or ""]
    if column.id == "ou":
        return [unit for unit in column.items if rules.is_below(row.unit["id"], {unit})]
    date = (row.date or "")[:10]
    wanted = [period for period in query.units.periods if period.iso in column.items]
    return [period.iso for period in wanted if period.start.isoformat() <= date <= period.end.isoformat()]


def _value(call: Call, rules: EntryRules, query: EventQuery) -> Item | None:
    """What is summed up; None for the number of events. 409 where it is no number."""
    uid = call.param("value")
    if not uid:
        return None
    try:
        item = read_item(call, rules, query.program, uid, is_filter=False)
    except Dhis2Refusal as refused:
        raise refusal(call, "E7223", uid) from refused
    if not item.is_numeric:
        raise refusal(call, "E7223", uid)
    return item


def _aggregate(call: Call, value: Item | None, rows: Iterable[Row]) -> str | None:
    if value is None:
        return str(len(list(rows)))
    numbers = [float(text) for row in rows if (text := row.value(value)) is not None]
    if not numbers:
        return None
    kind = call.param("aggregationType") or value.document.get("aggregationType") or "SUM"
    if kind not in {"SUM", "AVERAGE", "COUNT", "MIN", "MAX", "STDDEV", "VARIANCE"}:
        raise checked_refusal(call, "E7216", value.uid)
    return number_cell(aggregated(numbers, kind), call.server.behaviour)
