"""`/api/analytics/events` and `/api/analytics/enrollments`: lists over tracker's tables.

Source: `EventQueryAnalyticsController`, `EventQueryService`, `EnrollmentQueryAnalyticsController` and
`EnrollmentQueryService` of dhis2-core; recordings `data/analytics-events`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from dhis2w_sandbox.call import RECORDED, SOURCE, Call, Reply
from dhis2w_sandbox.data.analytics import tables
from dhis2w_sandbox.data.analytics.aggregation import as_number
from dhis2w_sandbox.data.analytics.coordinates import extent
from dhis2w_sandbox.data.analytics.event_grid import (
    Column,
    Row,
    cells,
    enrollment_columns,
    event_columns,
    grid_json,
)
from dhis2w_sandbox.data.analytics.event_metadata import EventMetadata
from dhis2w_sandbox.data.analytics.event_query import EventQuery, Item, read_event_query, read_item
from dhis2w_sandbox.data.analytics.event_rows import enrollments_of, events_of
from dhis2w_sandbox.data.analytics.grid_files import SUFFIXES, as_page, grid_file, is_file
from dhis2w_sandbox.data.analytics.query import checked_refusal
from dhis2w_sandbox.data.analytics.scheme_names import renamed
from dhis2w_sandbox.data.entry_rules import EntryRules
from dhis2w_sandbox.errors import Dhis2Refusal, NotInSandbox, message
from dhis2w_sandbox.routing import Endpoints
from dhis2w_sandbox.tracker.reading.parameters import Parameters

Json = dict[str, Any]

endpoints = Endpoints()

PAGE_SIZE = 50
ELSEWHERE = ("includeMetadataDetails", "timeField", "orgUnitField", "rowContext", "enhancedConditions")
"""Parameters that would change the answer, and do nothing here."""
_OUTPUT_TYPES = ("EVENT", "ENROLLMENT")
"""Of what lists may be, which makes no difference."""


@endpoints.add("GET", "/api/analytics/events/query/{program}", RECORDED, suffixes=SUFFIXES)
def query_events(call: Call) -> Reply:
    """List events, with the values that are asked for."""
    rules = EntryRules(call.server, call.user)
    query = read_event_query(call, rules)
    columns = event_columns(query, rules, call.server.behaviour)
    return _listed(call, query, columns, "events", lambda: events_of(call, rules, query))


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
    found = [place for row in events_of(call, rules, query) if (place := query.coordinates.geometry(row, rules))]
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
    return _listed(call, query, columns, "enrollments", lambda: enrollments_of(call, rules, query))


@endpoints.add("GET", "/api/analytics/enrollments/query/{program:uid}.html", SOURCE, suffixes="*")
@endpoints.add("GET", "/api/analytics/enrollments/query/{program:uid}.html+css", SOURCE, suffixes="*")
def page_of_enrollments(call: Call) -> Reply:
    """List enrollments as a page."""
    return query_enrollments(as_page(call))


def _listed(call: Call, query: EventQuery, columns: list[Column], name: str, find: Callable[[], list[Row]]) -> Reply:
    rules = EntryRules(call.server, call.user)
    check_known(call)
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
    pager: Json = {"pager": pager_of(call, len(found), counted=counted)} if paged else {}
    return Reply.json(grid_json(headers, rows, pager | metadata), headers=dict(tables.CACHED))


def check_known(call: Call, elsewhere: Iterable[str] = ELSEWHERE, types: Iterable[str] = _OUTPUT_TYPES) -> None:
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


def pager_of(call: Call, total: int, *, counted: bool) -> Json:
    """The page that is asked for, with the number of all rows or whether it is the last."""
    page, size = page_of(call)
    if not counted:
        return {"page": page, "pageSize": size, "isLastPage": page * size >= total}
    return {"page": page, "total": total, "pageSize": size, "pageCount": -(-total // size)}
