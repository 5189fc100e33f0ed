"""`/api/analytics/events` and `/api/analytics/enrollments`: lists and sums over tracker's tables.

Source: `EventQueryAnalyticsController`, `EventAggregateAnalyticsController`, `EnrollmentQueryAnalyticsController`,
`EnrollmentAggregateAnalyticsController` of dhis2-core; recordings `data/analytics-events`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from itertools import product
from typing import Any

from dhis2w_sandbox.call import RECORDED, SOURCE, Call, Reply
from dhis2w_sandbox.data.analytics import event_tables, tables
from dhis2w_sandbox.data.analytics.aggregation import aggregated, as_number
from dhis2w_sandbox.data.analytics.coordinates import extent
from dhis2w_sandbox.data.analytics.event_grid import (
    Column,
    Row,
    cells,
    enrollment_columns,
    event_columns,
    grid_json,
    hierarchy,
    item_column,
    number_cell,
    table_text,
)
from dhis2w_sandbox.data.analytics.event_metadata import EventMetadata
from dhis2w_sandbox.data.analytics.event_query import EventQuery, Item, read_event_query, read_item
from dhis2w_sandbox.data.analytics.grid import header
from dhis2w_sandbox.data.analytics.grid_files import SUFFIXES, as_page, grid_file, is_file
from dhis2w_sandbox.data.analytics.outlier_parameters import constant
from dhis2w_sandbox.data.analytics.query import Dimension, checked_refusal, refusal
from dhis2w_sandbox.data.analytics.scheme_names import renamed
from dhis2w_sandbox.data.entry_rules import EntryRules
from dhis2w_sandbox.errors import Dhis2Refusal, NotInSandbox, message
from dhis2w_sandbox.metadata.units import UNIT
from dhis2w_sandbox.routing import Endpoints
from dhis2w_sandbox.tracker.reading.parameters import Parameters
from dhis2w_sandbox.tracker.record_store import RecordStore
from dhis2w_sandbox.tracker.records import Enrollment, Event
from dhis2w_sandbox.versions import Behaviour

Json = dict[str, Any]

endpoints = Endpoints()

PAGE_SIZE = 50
_ELSEWHERE = ("ouMode", "includeMetadataDetails", "timeField", "orgUnitField", "rowContext", "enhancedConditions")
"""Parameters that would change the answer, and do nothing here."""
_SUMMED_ELSEWHERE = (*_ELSEWHERE, "columns", "rows", "collapseDataDimensions", "aggregateData")
"""The same of sums over events."""
_OUTPUT_TYPES = ("EVENT", "ENROLLMENT")
"""Of what lists may be, which makes no difference."""


@endpoints.add("GET", "/api/analytics/events/query/{program}", RECORDED, suffixes=SUFFIXES)
def query_events(call: Call) -> Reply:
    """List events, with the values that are asked for."""
    rules = EntryRules(call.server, call.user)
    query = read_event_query(call, rules)
    columns = event_columns(query, rules, call.server.behaviour)
    return _listed(call, query, columns, "events", lambda: _events(call, rules, query))


@endpoints.add("GET", "/api/analytics/events/query/{program:uid}.html", SOURCE, suffixes="*")
@endpoints.add("GET", "/api/analytics/events/query/{program:uid}.html+css", SOURCE, suffixes="*")
def page_of_events(call: Call) -> Reply:
    """List events as a page."""
    return query_events(as_page(call))


@endpoints.add("GET", "/api/analytics/events/count/{program}", RECORDED)
def count_events(call: Call) -> Reply:
    """Count the events that have a place on the map, with the box around them."""
    rules = EntryRules(call.server, call.user)
    query = read_event_query(call, rules)
    tables.require(call.server)
    found = [place for row in _events(call, rules, query) if (place := query.coordinates.geometry(row, rules))]
    box = {"extent": extent(found)} if found else {}
    return Reply.json({"count": len(found), **box}, headers=dict(tables.CACHED))


@endpoints.add("GET", "/api/analytics/enrollments/query/{program}", RECORDED, suffixes=SUFFIXES)
def query_enrollments(call: Call) -> Reply:
    """List enrollments, with the values that are asked for; programs without registration have no table."""
    rules = EntryRules(call.server, call.user)
    query = read_event_query(call, rules)
    tables.require(call.server)
    if query.program.get("programType") == "WITHOUT_REGISTRATION":
        raise Dhis2Refusal(
            409,
            f"{message(call.server.version, 'E7145')} (SqlState: 42703)",
            "E7145",
            dev_message=call.server.behaviour.unknown_enrollment_column,
            headers=dict(tables.CACHED),
        )
    columns = enrollment_columns(query, call.server.behaviour)
    return _listed(call, query, columns, "enrollments", lambda: _enrollments(call, rules, query))


@endpoints.add("GET", "/api/analytics/enrollments/query/{program:uid}.html", SOURCE, suffixes="*")
@endpoints.add("GET", "/api/analytics/enrollments/query/{program:uid}.html+css", SOURCE, suffixes="*")
def page_of_enrollments(call: Call) -> Reply:
    """List enrollments as a page."""
    return query_enrollments(as_page(call))


@endpoints.add("GET", "/api/analytics/events/aggregate/{program}", RECORDED, suffixes=SUFFIXES)
def aggregate_events(call: Call) -> Reply:
    """Count events, or sum up a value of theirs, by the dimensions that are asked for."""
    rules = EntryRules(call.server, call.user)
    query = read_event_query(call, rules)
    value = _value(call, rules, query)
    _check_known(call, _SUMMED_ELSEWHERE, ["EVENT"])
    tables.require(call.server)
    without_metadata = call.flag("skipMeta")
    if without_metadata and call.server.behaviour.fails_without_event_metadata:
        raise Dhis2Refusal(500, "org.hisp.dhis.common.Pager", headers=dict(tables.CACHED))
    columns: list[Dimension | Item] = [*query.columns]
    columns += [row for row in query.units.dimensions if not row.is_filter]
    headers = [_aggregate_header(call, query, column) for column in columns]
    groups = _grouped(rules, query, columns, _events(call, rules, query))
    rows = [[*cell, text] for cell, found in groups.items() if (text := _aggregate(call, value, found)) is not None]
    rows = _sorted(call, rows)
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
    _check_known(call)
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
    groups = _grouped(rules, query, columns, _enrollments(call, rules, query))
    rows = [[str(len(found)), *cell] for cell, found in sorted(groups.items())]
    if behaviour.limits_sums_of_enrollments:
        rows = _largest(call, rows)
    rows = renamed(call, rules, query, headers, rows)
    if is_file(call):
        return grid_file(call, headers, rows, name="enrollments")
    metadata: Json = (
        {} if call.flag("skipMeta") else EventMetadata(call, rules, query, names_periods="pe" in shown).as_json()
    )
    pager: Json = {} if call.param("paging") == "false" else {"pager": _pager(call, 0, counted=call.flag("totalPages"))}
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


def _sorted(call: Call, rows: list[list[str]]) -> list[list[str]]:
    """As many rows as are wanted, the largest or smallest if they are sorted, and these by their first column."""
    limit, order = Parameters(call).integer("limit"), constant(call, "sortOrder", ("ASC", "DESC"))
    backwards = order == "DESC"
    if order:
        rows.sort(key=lambda row: float(row[-1]), reverse=backwards)
    rows = rows[: limit or None]
    if order:
        rows.sort(key=lambda row: sortable(row[0]) if len(row) == 1 else (0, 0, row[0]), reverse=backwards)
    return rows


def _largest(call: Call, rows: list[list[str]]) -> list[list[str]]:
    """The counts of enrollments sorted by size and cut, as far as it is asked for."""
    limit, order = Parameters(call).integer("limit"), constant(call, "sortOrder", ("ASC", "DESC"))
    if order:
        rows.sort(key=lambda row: int(row[0]), reverse=order == "DESC")
    return rows[: limit or None]


def _grouped(
    rules: EntryRules, query: EventQuery, columns: Sequence[Dimension | Item], rows: Iterable[Row]
) -> dict[tuple[str, ...], list[Row]]:
    """The rows by the items of the columns that they count for."""
    groups: dict[tuple[str, ...], list[Row]] = {}
    for row in rows:
        for cell in product(*(_matches(rules, query, column, row) for column in columns)):
            groups.setdefault(cell, []).append(row)
    return groups


def _listed(call: Call, query: EventQuery, columns: list[Column], name: str, find: Callable[[], list[Row]]) -> Reply:
    rules = EntryRules(call.server, call.user)
    _check_known(call)
    shown = _picked(call, columns)
    order = _order(call, rules, query, columns)
    page, size = page_of(call)
    tables.require(call.server)
    found = [] if call.flag("skipData") else find()
    for read, descending in reversed(order):
        found.sort(key=lambda row, read=read: sortable(read(row)), reverse=descending)
    counted = call.flag("totalPages", default=name == "events")
    paged = call.param("paging") != "false" and call.param("skipPaging") != "true"
    headers = [column.file_header if is_file(call) else column.header for column in shown]
    listed = found[(page - 1) * size : page * size] if paged else found
    rows = [cells(shown, row) for row in listed]
    rows = renamed(call, rules, query, headers, rows)
    if is_file(call):
        return grid_file(call, headers, rows, name=name)
    metadata: Json = {} if call.flag("skipMeta") else EventMetadata(call, rules, query, listed).as_json()
    pager: Json = {"pager": _pager(call, len(found), counted=counted)} if paged else {}
    return Reply.json(grid_json(headers, rows, pager | metadata), headers=dict(tables.CACHED))


def _check_known(call: Call, elsewhere: Iterable[str] = _ELSEWHERE, types: Iterable[str] = _OUTPUT_TYPES) -> None:
    """501 for what would change the answer, and is not here."""
    unknown = next((name for name in elsewhere if call.param(name) not in {None, "", "false"}), None)
    if unknown is not None or (call.param("outputType") or "EVENT") not in types:
        raise NotInSandbox(f"{unknown or 'outputType'} of event analytics")


def _order(
    call: Call, rules: EntryRules, query: EventQuery, columns: list[Column]
) -> list[tuple[Callable[[Row], str | None], bool]]:
    """What to sort by, and whether backwards: columns, or whatever else belongs to the program."""
    reads = {column.name: column.read for column in columns}
    names = [(name, False) for name in call.params("asc")] + [(name, True) for name in call.params("desc")]
    for name, _ in names:
        if name not in reads:
            reads[name] = partial(_value_of, read_item(call, rules, query.program, name, is_filter=False))
    return [(reads[name], descending) for name, descending in names]


def sortable(text: str | None) -> tuple[int, float, str]:
    """A cell as it is sorted: numbers by size, before texts, and what there is not last."""
    if text is None:
        return 2, 0, ""
    number = as_number(text)
    return (1, 0, text) if number is None else (0, number, "")


def _value_of(item: Item, row: Row) -> str | None:
    return row.value(item)


def _picked(call: Call, columns: list[Column]) -> list[Column]:
    """The columns that `headers` names, in its order."""
    names = [part for value in call.params("headers") for part in value.split(",") if part]
    by_name = {column.name: column for column in columns}
    unknown = next((name for name in names if name not in by_name), None)
    if unknown is not None:
        raise checked_refusal(call, "E7230", unknown)
    return [by_name[name] for name in names] or columns


def page_of(call: Call) -> tuple[int, int]:
    """Which page is asked for, and how many rows it has; 409 where there is no such page."""
    page, size = Parameters(call).integer("page"), Parameters(call).integer("pageSize")
    if page is not None and page < 1:
        raise checked_refusal(call, "E7207", page)
    return page or 1, size or PAGE_SIZE


def _pager(call: Call, total: int, *, counted: bool) -> Json:
    page, size = page_of(call)
    if not counted:
        return {"page": page, "pageSize": size, "isLastPage": page * size >= total}
    return {"page": page, "total": total, "pageSize": size, "pageCount": -(-total // size)}


def _events(call: Call, rules: EntryRules, query: EventQuery) -> list[Row]:
    """The events of a query, oldest first."""
    where, args = "program = ?", [query.program["id"]]
    if query.stage:
        where, args = f"{where} AND stage = ?", [*args, query.stage["id"]]
    enrollments = event_tables.enrollment_table(call.server)
    found: list[Row] = []
    for event in event_tables.event_table(call.server).select(where, args):
        enrollment = enrollments.get(event.enrollment) if event.enrollment else None
        row = _row(call, rules, event, enrollment)
        if (
            query.covers(event.occurred_at)
            and _wanted(call, rules, query, row)
            and (not query.status or event.status in query.status)
        ):
            found.append(row)
    return found


def _enrollments(call: Call, rules: EntryRules, query: EventQuery) -> list[Row]:
    """The enrollments of a query, oldest first; values of events are those of the latest one of their stage."""
    events = event_tables.event_table(call.server)
    found: list[Row] = []
    for enrollment in event_tables.enrollment_table(call.server).select("program = ?", [query.program["id"]]):
        of_stage: dict[str, list[Event]] = {}
        for event in events.select("enrollment = ? AND status != 'SCHEDULE'", [enrollment.uid], "occurred_at"):
            of_stage.setdefault(event.stage, []).append(event)
        row = replace(_row(call, rules, None, enrollment), events=of_stage)
        if query.covers(enrollment.enrolled_at) and _wanted(call, rules, query, row):
            found.append(row)
    return found


def _row(call: Call, rules: EntryRules, event: Event | None, enrollment: Enrollment | None) -> Row:
    """A row of an event with its enrollment, or of an enrollment alone."""
    place = event.unit if event else enrollment.unit if enrollment else ""
    unit = rules.document(UNIT, place) or {"id": place}
    entities = RecordStore(call.server).tracked_entities
    entity = entities.get(enrollment.tracked_entity) if enrollment else None
    return Row(event, enrollment, entity, unit, hierarchy(rules, unit))


def _wanted(call: Call, rules: EntryRules, query: EventQuery, row: Row) -> bool:
    tops = set(query.units.units)
    return (
        (not tops or rules.is_below(row.unit["id"], tops))
        and all(query.has_date(name, date) for name, date in _times(row).items())
        and (not call.flag("completedOnly") or row.record.completed_at is not None)
        and _is_placed(call, rules, query, row)
        and (not query.enrollment_status or (row.enrollment is not None and _has_status(query, row.enrollment)))
        and all(item.accepts(row.value(item)) for item in query.items)
    )


def _is_placed(call: Call, rules: EntryRules, query: EventQuery, row: Row) -> bool:
    """Whether a row has a place, if one is asked for; an enrollment's must be a point."""
    if not call.flag("coordinatesOnly"):
        return True
    if row.event is None:
        return (row.record.geometry or {}).get("type") == "Point"
    return query.coordinates.geometry(row, rules) is not None


def _times(row: Row) -> dict[str, str | None]:
    """The times of a row, by the parameters that ask for them."""
    times: dict[str, str | None] = {"lastUpdated": row.record.updated_at}
    if row.event is not None:
        times |= {"eventDate": row.event.occurred_at, "scheduledDate": row.event.scheduled_at}
    times["occurredDate"] = row.event.occurred_at if row.event else row.record.occurred_at
    enrollment = row.enrollment
    times["enrollmentDate"] = enrollment.enrolled_at if enrollment else None
    times["incidentDate"] = enrollment.occurred_at if enrollment else None
    return times


def _has_status(query: EventQuery, enrollment: Enrollment) -> bool:
    return enrollment.status in query.enrollment_status


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
