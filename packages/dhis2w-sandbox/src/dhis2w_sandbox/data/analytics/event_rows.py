"""The rows behind event and enrollment analytics: the records of the tables that a query asks for.

Source: `JdbcEventAnalyticsManager` and `JdbcEnrollmentAnalyticsManager` of dhis2-core; recordings
`data/analytics-events`.
"""

from __future__ import annotations

from dataclasses import replace

from dhis2w_sandbox.call import Call
from dhis2w_sandbox.data.analytics import event_tables
from dhis2w_sandbox.data.analytics.event_grid import Row, hierarchy
from dhis2w_sandbox.data.analytics.event_query import EventQuery
from dhis2w_sandbox.data.entry_rules import EntryRules
from dhis2w_sandbox.documents import linked
from dhis2w_sandbox.metadata.units import UNIT
from dhis2w_sandbox.tracker.record_store import RecordStore
from dhis2w_sandbox.tracker.records import Enrollment, Event


def events_of(call: Call, rules: EntryRules, query: EventQuery) -> list[Row]:
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


def enrollments_of(call: Call, rules: EntryRules, query: EventQuery) -> list[Row]:
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
    return (
        _is_in_units(rules, query, row)
        and all(query.has_date(name, date) for name, date in _times(row).items())
        and (not call.flag("completedOnly") or row.record.completed_at is not None)
        and _is_placed(call, rules, query, row)
        and (not query.enrollment_status or (row.enrollment is not None and _has_status(query, row.enrollment)))
        and all(item.accepts(row.value(item)) for item in query.items)
    )


def _is_in_units(rules: EntryRules, query: EventQuery, row: Row) -> bool:
    """Whether a row is in one of the units, right below one, or anywhere at or below one."""
    tops = set(query.units.units)
    if query.unit_mode == "SELECTED":
        return row.unit["id"] in tops
    if query.unit_mode == "CHILDREN":
        return linked(row.unit, "parent") in tops
    return rules.is_below(row.unit["id"], tops)


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
