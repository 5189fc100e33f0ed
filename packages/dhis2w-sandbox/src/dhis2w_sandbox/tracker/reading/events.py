"""`/api/tracker/events`, and in newer versions `/trackerEvents` and `/singleEvents`: lists of events, and single ones.

Source: `EventsExportController`, `EventRequestParamsMapper` (43: `TrackerEventRequestParamsMapper`,
`SingleEventRequestParamsMapper`), `EventOperationParamsMapper` and `JdbcEventStore` of dhis2-core; recordings
`tracker/export-events`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from dhis2w_sandbox.call import RECORDED, Call, Reply
from dhis2w_sandbox.documents import linked
from dhis2w_sandbox.errors import Dhis2Refusal, bad_request, forbidden, message, not_found
from dhis2w_sandbox.routing import Endpoints
from dhis2w_sandbox.tracker.reading.choices import Choice
from dhis2w_sandbox.tracker.reading.csv_lists import (
    COLUMNS,
    SUFFIXES_OF_EVENTS,
    CsvRow,
    as_file,
    event_rows,
    is_file,
)
from dhis2w_sandbox.tracker.reading.naming import Naming
from dhis2w_sandbox.tracker.reading.paging import page_json, read_paging
from dhis2w_sandbox.tracker.reading.parameters import Order, Parameters, check_order, path_uid
from dhis2w_sandbox.tracker.reading.reach import Reach, read_mode
from dhis2w_sandbox.tracker.reading.sorting import in_order
from dhis2w_sandbox.tracker.reading.tracked_entities import (
    EVENT_STATUSES,
    USER_MODES,
    assigned_as,
    between,
)
from dhis2w_sandbox.tracker.reading.value_filters import (
    Filters,
    check_search_limits,
    check_types,
    holds,
    read_filters,
)
from dhis2w_sandbox.tracker.reading.views import Views
from dhis2w_sandbox.tracker.records import EVENT, Enrollment, Event, RelationshipEnd, TrackedEntity, UserInfo

Json = dict[str, Any]

endpoints = Endpoints()

DEFAULT_FIELDS = "*,!relationships"
SPLIT = ("v43", "v44")

_ORDERS: dict[str, Callable[[Event], Any]] = {
    "assignedUser": lambda event: event.assigned_user,
    "attributeOptionCombo": lambda event: event.attribute_option_combo,
    "completedAt": lambda event: event.completed_at,
    "completedBy": lambda event: event.completed_by,
    "createdAt": lambda event: event.created_at,
    "createdAtClient": lambda event: event.created_at_client,
    "createdBy": lambda event: _username(event.created_by),
    "deleted": lambda event: event.deleted,
    "enrollment": lambda event: event.enrollment,
    "event": lambda event: event.uid,
    "occurredAt": lambda event: event.occurred_at,
    "orgUnit": lambda event: event.unit,
    "program": lambda event: event.program,
    "programStage": lambda event: event.stage,
    "scheduledAt": lambda event: event.scheduled_at,
    "status": lambda event: event.status,
    "updatedAt": lambda event: event.updated_at,
    "updatedAtClient": lambda event: event.updated_at_client,
    "updatedBy": lambda event: _username(event.updated_by),
}
_SPLIT_ORDERS = {
    "trackerEvents": ("completedAt", "createdAt", "occurredAt", "scheduledAt", "updatedAt"),
    "singleEvents": ("completedAt", "createdAt", "occurredAt", "updatedAt"),
}
_STORER: dict[str, Callable[[Event], Any]] = {"storedBy": lambda event: event.stored_by}
_ENROLLMENT_ORDERS: dict[str, Callable[[Enrollment], Any]] = {
    "enrolledAt": lambda enrollment: enrollment.enrolled_at,
    "enrollmentStatus": lambda enrollment: enrollment.status,
    "followUp": lambda enrollment: enrollment.follow_up,
    "followup": lambda enrollment: enrollment.follow_up,
    "trackedEntity": lambda enrollment: enrollment.tracked_entity,
}


def _username(user: UserInfo | None) -> str | None:
    return user.username if user else None


@dataclass(frozen=True)
class EventQuery:
    """What a list of events asks for, as its parameters say it."""

    program: str | None
    stage: str | None
    unit: str | None
    mode: str
    entity: str | None
    status: str | None
    enrollment_status: str | None
    follow_up: bool | None
    occurred: tuple[str | None, str | None]
    scheduled: tuple[str | None, str | None]
    updated: tuple[str | None, str | None]
    enrolled: tuple[str | None, str | None]
    enrollment_occurred: tuple[str | None, str | None]
    user_mode: str | None
    users: list[str]
    category_combo: str | None
    category_options: list[str]
    events: list[str]
    enrollments: list[str]
    deleted: bool
    filters: Filters
    attribute_filters: Filters
    order: list[Order]
    order_fields: list[str]
    """What can be ordered by, beside data elements and attributes."""


def read_query(parameters: Parameters, key: str = "events", *, single: bool = False) -> EventQuery:
    """The query of a request; 400 where a parameter cannot be read, or does not go with another.

    Args:
        parameters: the request's.
        key: the list that it is about: `events`, `trackerEvents`, `singleEvents`.
        single: whether it is about single events where these are apart.
    """
    order, unit, events = parameters.order(), parameters.uid("orgUnit"), parameters.uids("events", "event")
    occurred = (parameters.after("occurredAfter"), parameters.before("occurredBefore"))
    scheduled = (parameters.after("scheduledAfter"), parameters.before("scheduledBefore"))
    updated = (parameters.after("updatedAfter"), parameters.before("updatedBefore"))
    status = parameters.one_of("status", EVENT_STATUSES)
    mode = read_mode(parameters, [unit] if unit else [])
    if events and parameters.text("filter"):
        raise bad_request("Event UIDs and filters can not be specified at the same time")
    filters, attribute_filters = read_filters(parameters, "filter"), read_filters(parameters, "filterAttributes")
    within = _within(parameters)
    order_fields = _order_fields(parameters, key)
    check_order(order, order_fields, "data element" if single else "data element and attribute")
    query = EventQuery(
        program=parameters.uid("program"),
        stage=parameters.uid("programStage"),
        unit=unit,
        mode=mode,
        entity=parameters.uid("trackedEntity"),
        status=status,
        enrollment_status=parameters.enrollment_status(),
        follow_up=parameters.flag("followUp"),
        occurred=occurred,
        scheduled=scheduled,
        updated=(within or updated[0], updated[1]),
        enrolled=(parameters.after("enrollmentEnrolledAfter"), parameters.before("enrollmentEnrolledBefore")),
        enrollment_occurred=(
            parameters.after("enrollmentOccurredAfter"),
            parameters.before("enrollmentOccurredBefore"),
        ),
        user_mode=parameters.one_of("assignedUserMode", USER_MODES),
        users=parameters.uids("assignedUsers", "assignedUser"),
        category_combo=_category_combo(parameters),
        category_options=parameters.uids("attributeCategoryOptions", "attributeCos") if key == "events" else [],
        events=events,
        enrollments=parameters.uids("enrollments"),
        deleted=parameters.flag("includeDeleted") or False,
        filters=filters,
        attribute_filters=attribute_filters,
        order=order,
        order_fields=order_fields,
    )
    return _of_single_events(query) if single else query


def _of_single_events(query: EventQuery) -> EventQuery:
    """The query of single events, where these are apart: what is about enrollments is not looked at."""
    nothing = (None, None)
    return replace(
        query,
        stage=None,
        entity=None,
        enrollment_status=None,
        follow_up=None,
        scheduled=nothing,
        enrolled=nothing,
        enrollment_occurred=nothing,
        enrollments=[],
        attribute_filters={},
    )


def _category_combo(parameters: Parameters) -> str | None:
    if not parameters.server.behaviour.takes_old_tracker_parameters:
        return parameters.uid("attributeCategoryCombo")
    former, uid = parameters.uid("attributeCc"), parameters.uid("attributeCategoryCombo")
    if former is not None and uid is not None:
        raise bad_request(
            "Only one parameter of 'attributeCc' and 'attributeCategoryCombo' must be specified. Prefer"
            " 'attributeCategoryCombo' as 'attributeCc' will be removed."
        )
    return uid or former


def _within(parameters: Parameters) -> str | None:
    if parameters.text("updatedWithin") and (parameters.text("updatedAfter") or parameters.text("updatedBefore")):
        raise bad_request("Last updated from and/or to and last updated duration cannot be specified simultaneously")
    return parameters.within("updatedWithin", "Duration is not valid: ")


def _order_fields(parameters: Parameters, key: str) -> list[str]:
    if key in _SPLIT_ORDERS:
        return list(_SPLIT_ORDERS[key])
    behaviour = parameters.server.behaviour
    fields = [*_ORDERS, *_ENROLLMENT_ORDERS, "assignedUserDisplayName"]
    if behaviour.names_users_of_event_values:
        fields.remove("followup")
    return fields + (list(_STORER) if behaviour.shows_storer_of_events else [])


class EventSearch:
    """Finds the events that a query asks for.

    Args:
        call: the request.
        query: its query.
        single: only single events, only those of an enrollment, or (None) both.
    """

    def __init__(self, call: Call, query: EventQuery, *, single: bool | None = None) -> None:
        self._query = query
        self._single = single
        self._server = call.server
        self._is_apart = bool(single) and call.server.behaviour.splits_events
        self._reach = Reach(call, query.mode, [query.unit] if query.unit else [])
        self._records = self._reach.records
        checks = {None: self._reach.program, True: self._reach.event_program, False: self._reach.tracker_program}
        program = checks[single](query.program)
        self._check_stage()
        self._reach.check_entity(query.entity, deleted=query.deleted)
        self._reach.check_event_unit()
        self._reach.check_mode(program)
        self._combo = self._option_combo()
        self._check_fields()

    def run(self, most: int | None = None) -> list[Event]:
        """The events in order, as many as are wanted at least."""
        where, args = self._where()
        rows = (row for row in self._records.events.each(where, args, "number DESC") if self._wants(row))
        return in_order(rows, self._query.order, self._sort_value, most)

    def _where(self) -> tuple[str, list[Any]]:
        query = self._query
        pairs = {
            "program = ?": query.program,
            "stage = ?": query.stage,
            "status = ?": query.status,
            "occurred_at >= ?": query.occurred[0],
            "occurred_at <= ?": query.occurred[1],
            "updated_at >= ?": query.updated[0],
            "updated_at <= ?": query.updated[1],
            "enrollment IN (SELECT uid FROM enrollment WHERE tracked_entity = ?)": query.entity,
            "single = ?": None if self._single is None else int(self._single),
        }
        conditions = [text for text, value in pairs.items() if value is not None]
        args: list[Any] = [value for value in pairs.values() if value is not None]
        for column, uids in (("uid", query.events), ("enrollment", query.enrollments)):
            if uids:
                conditions.append(f"{column} IN ({', '.join('?' * len(uids))})")
                args += uids
        if not query.deleted:
            conditions.append("NOT deleted")
        return " AND ".join(["1", *conditions]), args

    def _wants(self, event: Event) -> bool:
        query = self._query
        return (
            between(event.scheduled_at, query.scheduled)
            and assigned_as(event, query.user_mode, query.users, self._reach.user.uid)
            and self._combo in {None, event.attribute_option_combo}
            and self._has_values(event)
            and self._wants_enrollment(event)
            and self._is_reached(event)
        )

    def _option_combo(self) -> str | None:
        """The attribute option combo that is asked for by its combo and options; 409 where it is none."""
        store, query, options = self._server.store, self._query, self._query.category_options
        if (query.category_combo is None) != (not options):
            raise self._conflict("E2040")
        if query.category_combo is None:
            return None
        if store.get("categoryCombo", query.category_combo) is None:
            raise self._conflict("E1110", query.category_combo)
        for option in options:
            if store.get("categoryOption", option) is None:
                raise self._conflict("E1111", option)
        for combo in store.all("categoryOptionCombo"):
            own = {row["id"] for row in combo.get("categoryOptions") or ()}
            if linked(combo, "categoryCombo") == query.category_combo and own == set(options):
                return combo["id"]
        raise self._conflict("E2041")

    def _conflict(self, code: str, *args: str) -> Dhis2Refusal:
        return Dhis2Refusal(409, message(self._server.version, code, *args), code)

    def _has_values(self, event: Event) -> bool:
        values = {value.element: value.value for value in event.values}
        return all(
            holds(values.get(uid), conditions, self._value_type("dataElement", uid))
            for uid, conditions in self._query.filters.items()
        )

    def _wants_enrollment(self, event: Event) -> bool:
        query, enrollment = self._query, self._enrollment(event)
        asked = (query.enrollment_status, query.follow_up, *query.enrolled, *query.enrollment_occurred)
        if enrollment is None:
            return not query.attribute_filters and not any(value is not None for value in asked)
        return (
            query.enrollment_status in {None, enrollment.status}
            and query.follow_up in {None, enrollment.follow_up}
            and between(enrollment.enrolled_at, query.enrolled)
            and between(enrollment.occurred_at, query.enrollment_occurred)
            and self._has_attributes(enrollment)
        )

    def _has_attributes(self, enrollment: Enrollment) -> bool:
        filters = self._query.attribute_filters
        values = _attribute_values(self._records.tracked_entities.get(enrollment.tracked_entity)) if filters else {}
        return all(
            holds(values.get(uid), conditions, self._value_type("trackedEntityAttribute", uid))
            for uid, conditions in filters.items()
        )

    def _is_reached(self, event: Event) -> bool:
        program = self._server.store.get("program", event.program) or {}
        enrollment = self._enrollment(event)
        if enrollment is None:
            covered = self._reach.covers(event.unit)
        else:
            owner = self._reach.scope.owner_unit(enrollment.tracked_entity, event.program) or event.unit
            covered = self._reach.owns(enrollment.tracked_entity, program, owner)
        return covered and self._reach.scope.reads_end(RelationshipEnd(EVENT, event.uid))

    def _enrollment(self, event: Event) -> Enrollment | None:
        return self._records.enrollments.get(event.enrollment) if event.enrollment else None

    def _sort_value(self, event: Event, field: str) -> Any:
        read = _ORDERS.get(field) or _STORER.get(field)
        if read is not None:
            return read(event)
        enrollment = self._enrollment(event)
        if field in _ENROLLMENT_ORDERS:
            return _ENROLLMENT_ORDERS[field](enrollment) if enrollment else None
        if field == "assignedUserDisplayName":
            user = self._server.user(event.assigned_user) if event.assigned_user else None
            return f"{user.document.get('firstName')} {user.document.get('surname')}" if user else None
        if self._server.store.get("dataElement", field):
            return next((value.value for value in event.values if value.element == field), None)
        entity = self._records.tracked_entities.get(enrollment.tracked_entity) if enrollment else None
        return _attribute_values(entity).get(field)

    def _value_type(self, type: str, uid: str) -> str:
        return (self._server.store.get(type, uid) or {}).get("valueType", "TEXT")

    def _check_stage(self) -> None:
        stage = self._query.stage
        if stage is None:
            return
        if self._server.store.get("programStage", stage) is None:
            raise bad_request(f"Program stage is specified but does not exist: {stage}")
        if not self._reach.scope.may("read", "programStage", stage):
            raise forbidden(f"User has no access to program stage: {stage}")

    def _check_fields(self) -> None:
        query, store = self._query, self._server.store
        for uid in query.filters:
            if store.get("dataElement", uid) is None:
                raise bad_request(f"filter is invalid. Data element '{uid}' does not exist.")
        for uid in query.attribute_filters:
            if store.get("trackedEntityAttribute", uid) is None:
                raise bad_request(f"attribute filters are invalid. Tracked entity attribute '{uid}' does not exist.")
            check_search_limits(self._server, uid, query.attribute_filters[uid])
        strict = not self._server.behaviour.reads_tracker_filters_pairwise
        check_types(query.filters, "data element", lambda uid: self._value_type("dataElement", uid), strict=strict)
        check_types(
            query.attribute_filters,
            "attribute",
            lambda uid: self._value_type("trackedEntityAttribute", uid),
            strict=strict,
        )
        fields = query.order_fields
        for key in query.order:
            known = store.get("dataElement", key.field)
            if self._is_apart and key.field not in fields and not known:
                raise bad_request(
                    f"Cannot order by '{key.field}' as it's not a data element. Program events can be ordered by event"
                    " fields and data elements."
                )
            known = known or store.get("trackedEntityAttribute", key.field)
            if key.field not in fields and not known:
                raise bad_request(
                    f"Cannot order by '{key.field}' as its neither a data element nor a tracked entity attribute."
                    " Events can be ordered by event fields, data elements and tracked entity attributes."
                )


def _attribute_values(entity: TrackedEntity | None) -> dict[str, str]:
    rows = entity.attributes if entity else ()
    return {row.attribute: row.value for row in rows if row.value is not None}


def wants_single(call: Call) -> bool | None:
    """Whether the path is about single events, or those of enrollments; None where it is about both."""
    return {"singleEvents": True, "trackerEvents": False}.get(call.path.split("/")[3])


def found_event(call: Call, uid: str, *, single: bool | None = None) -> Event:
    """An event that the user may read.

    Args:
        call: the request.
        uid: its identifier.
        single: whether it has to be a single event, or must not be one.

    Raises:
        Dhis2Refusal: 404 where there is none, or it is out of reach; in older versions 403 for the latter.
    """
    reach = Reach(call)
    found = reach.records.events.get(uid, single=single)
    if found is None or found.deleted:
        raise not_found("Event", uid)
    if not reach.scope.reads_end(RelationshipEnd(EVENT, uid)):
        if call.server.behaviour.tells_tracker_denials:
            raise forbidden("[OWNERSHIP_ACCESS_DENIED]")
        raise not_found("Event", uid)
    return found


def _list(call: Call, key: str, *, single: bool | None = None) -> Reply:
    if is_file(call):
        return as_file(call, key, COLUMNS[key], lambda: _for_file(call, key, single=single))
    parameters = Parameters(call)
    paging = read_paging(parameters)
    found, views = _found(call, parameters, key, single=single, most=paging.needed)
    choice = Choice.of(call, DEFAULT_FIELDS)
    rows = [views.event(event, choice, single=single) for event in paging.cut(found)]
    views.check_names()
    return Reply.json(page_json(call, key, rows, paging, len(found)))


def _found(
    call: Call, parameters: Parameters, key: str, *, single: bool | None, most: int | None = None
) -> tuple[list[Event], Views]:
    if key == "events" and call.server.behaviour.splits_events:
        program = call.server.store.get("program", parameters.uid("program") or "")
        single = None if program is None else program.get("programType") == "WITHOUT_REGISTRATION"
    query, naming = read_query(parameters, key, single=bool(single)), Naming.read(parameters)
    found = EventSearch(call, query, single=single).run(most)
    return found, Views(call.server, call.user, Reach(call).records, naming, deleted=query.deleted)


def _for_file(call: Call, key: str, *, single: bool | None) -> tuple[list[Json], list[CsvRow]]:
    found, views = _found(call, Parameters(call), key, single=single)
    choice = Choice.of(call, DEFAULT_FIELDS)
    rows = [views.event(event, choice, single=single) for event in found]
    views.check_names()
    return rows, event_rows(rows)


def _one(call: Call, *, single: bool | None = None) -> Reply:
    naming = Naming.read(Parameters(call))
    found = found_event(call, path_uid(call), single=single)
    views = Views(call.server, call.user, Reach(call).records, naming)
    row = views.event(found, Choice.of(call, DEFAULT_FIELDS), single=single)
    naming.check()
    return Reply.json(row)


@endpoints.add("GET", "/api/tracker/events", RECORDED, suffixes=SUFFIXES_OF_EVENTS)
def events(call: Call) -> Reply:
    """List events, of both kinds."""
    if call.server.behaviour.wants_tracker_program:
        call.required("program", "UID")
    return _list(call, "events")


@endpoints.add("GET", "/api/tracker/trackerEvents", RECORDED, versions=SPLIT, suffixes=SUFFIXES_OF_EVENTS)
def tracker_events(call: Call) -> Reply:
    """List events that belong to enrollments."""
    _check_program(call)
    return _list(call, "trackerEvents", single=False)


@endpoints.add("GET", "/api/tracker/singleEvents", RECORDED, versions=SPLIT, suffixes=SUFFIXES_OF_EVENTS)
def single_events(call: Call) -> Reply:
    """List events that belong to no enrollment."""
    _check_program(call)
    return _list(call, "singleEvents", single=True)


@endpoints.add("GET", "/api/tracker/events/{uid}", RECORDED)
def event(call: Call) -> Reply:
    """Show an event of either kind."""
    return _one(call)


@endpoints.add("GET", "/api/tracker/trackerEvents/{uid}", RECORDED, versions=SPLIT)
def tracker_event(call: Call) -> Reply:
    """Show an event that belongs to an enrollment."""
    return _one(call, single=False)


@endpoints.add("GET", "/api/tracker/singleEvents/{uid}", RECORDED, versions=SPLIT)
def single_event(call: Call) -> Reply:
    """Show an event that belongs to no enrollment."""
    return _one(call, single=True)


def _check_program(call: Call) -> None:
    if not call.param("program"):
        raise bad_request("Program is mandatory")
