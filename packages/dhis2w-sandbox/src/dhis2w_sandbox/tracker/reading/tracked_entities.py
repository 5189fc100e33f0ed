"""`/api/tracker/trackedEntities`: lists of tracked entities, and single ones.

Source: `TrackedEntitiesExportController`, `TrackedEntityRequestParamsMapper`, `TrackedEntityOperationParamsMapper`
and `HibernateTrackedEntityStore` (43: `JdbcTrackedEntityStore`) of dhis2-core; recordings `tracker/export-entities`
and `tracker/export-scope`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from dhis2w_sandbox.call import RECORDED, Call, Reply
from dhis2w_sandbox.documents import linked
from dhis2w_sandbox.errors import Dhis2Refusal, bad_request, forbidden, message, not_found
from dhis2w_sandbox.metadata.units import UNIT, children_of
from dhis2w_sandbox.routing import Endpoints
from dhis2w_sandbox.tracker.reading.choices import Choice
from dhis2w_sandbox.tracker.reading.csv_lists import (
    ENTITY_COLUMNS,
    SUFFIXES_OF_ENTITIES,
    CsvRow,
    as_file,
    entity_rows,
    is_file,
)
from dhis2w_sandbox.tracker.reading.naming import Naming
from dhis2w_sandbox.tracker.reading.paging import page_json, read_paging
from dhis2w_sandbox.tracker.reading.parameters import Order, Parameters, check_order, path_uid
from dhis2w_sandbox.tracker.reading.reach import Reach, read_mode
from dhis2w_sandbox.tracker.reading.sorting import in_order
from dhis2w_sandbox.tracker.reading.value_filters import (
    Filters,
    check_search_limits,
    check_types,
    holds,
    read_filters,
)
from dhis2w_sandbox.tracker.reading.views import Views
from dhis2w_sandbox.tracker.records import Enrollment, Event, TrackedEntity

Json = dict[str, Any]

endpoints = Endpoints()

DEFAULT_FIELDS = "*,!relationships,!enrollments,!events,!programOwners"
EVENT_STATUSES = ("ACTIVE", "COMPLETED", "VISITED", "SCHEDULE", "OVERDUE", "SKIPPED")
USER_MODES = ("CURRENT", "PROVIDED", "NONE", "ANY")

_MOST = 50_000
_ORDERS: dict[str, Callable[[TrackedEntity], Any]] = {
    "trackedEntity": lambda entity: entity.uid,
    "createdAt": lambda entity: entity.created_at,
    "createdAtClient": lambda entity: entity.created_at_client,
    "updatedAt": lambda entity: entity.updated_at,
    "updatedAtClient": lambda entity: entity.updated_at_client,
    "inactive": lambda entity: entity.inactive,
}


@dataclass(frozen=True)
class EntityQuery:
    """What a list of tracked entities asks for, as its parameters say it."""

    program: str | None
    type: str | None
    entities: list[str]
    units: list[str]
    mode: str
    stage: str | None
    status: str | None
    follow_up: bool | None
    updated: tuple[str | None, str | None]
    enrolled: tuple[str | None, str | None]
    occurred: tuple[str | None, str | None]
    event_status: str | None
    event_occurred: tuple[str | None, str | None]
    user_mode: str | None
    users: list[str]
    deleted: bool
    potential_duplicate: bool | None
    filters: Filters
    order: list[Order]

    @property
    def asks_for_events(self) -> bool:
        """Whether there must be an event of a kind."""
        return bool(self.event_status or self.stage or self.user_mode or self.users)


def read_query(parameters: Parameters) -> EntityQuery:
    """The query of a request; 400 where a parameter cannot be read, or does not go with another."""
    order, program = parameters.order(), parameters.uid("program")
    entities = parameters.uids("trackedEntities", "trackedEntity")
    units = parameters.uids("orgUnits", "orgUnit")
    status = parameters.enrollment_status()
    updated = (parameters.after("updatedAfter"), parameters.before("updatedBefore"))
    mode = read_mode(parameters, units, entities)
    check_order(order, [*_ORDERS, "enrolledAt"], "attribute")
    _check(parameters, program, entities, order)
    within = parameters.within("updatedWithin", "`updatedWithin` is not valid: ")
    return EntityQuery(
        program=program,
        type=parameters.uid("trackedEntityType"),
        entities=entities,
        units=units,
        mode=mode,
        stage=parameters.uid("programStage"),
        status=status,
        follow_up=parameters.flag("followUp"),
        updated=(within or updated[0], updated[1]),
        enrolled=(parameters.after("enrollmentEnrolledAfter"), parameters.before("enrollmentEnrolledBefore")),
        occurred=(parameters.after("enrollmentOccurredAfter"), parameters.before("enrollmentOccurredBefore")),
        event_status=parameters.one_of("eventStatus", EVENT_STATUSES),
        event_occurred=(parameters.after("eventOccurredAfter"), parameters.before("eventOccurredBefore")),
        user_mode=parameters.one_of("assignedUserMode", USER_MODES),
        users=parameters.uids("assignedUsers", "assignedUser"),
        deleted=parameters.flag("includeDeleted") or False,
        potential_duplicate=parameters.flag("potentialDuplicate"),
        filters=read_filters(parameters, "filter"),
        order=order,
    )


_NEEDS_PROGRAM = (
    ("programStatus", "defined"),
    ("enrollmentStatus", "defined"),
    ("followUp", "defined"),
    ("enrollmentEnrolledAfter", "specified"),
    ("enrollmentEnrolledBefore", "specified"),
    ("enrollmentOccurredAfter", "specified"),
    ("enrollmentOccurredBefore", "specified"),
)


def _check(parameters: Parameters, program: str | None, entities: list[str], order: list[Order]) -> None:
    if parameters.server.behaviour.takes_old_tracker_parameters:
        _check_removed(parameters)
    if program and parameters.uid("trackedEntityType"):
        raise bad_request("`program` and `trackedEntityType` cannot be specified simultaneously")
    if program is None:
        _check_without_program(parameters, entities, order)
    events = [parameters.text(name) for name in ("eventStatus", "eventOccurredAfter", "eventOccurredBefore")]
    if any(events) and not all(events):
        raise bad_request("`eventOccurredAfter`, `eventOccurredBefore` and `eventStatus` must be specified together")
    if parameters.text("updatedWithin") and (parameters.text("updatedAfter") or parameters.text("updatedBefore")):
        raise bad_request("`updatedAfter` or `updatedBefore` and `updatedWithin` cannot be specified simultaneously")


def _check_removed(parameters: Parameters) -> None:
    for name, hint in (("query", " Use `filter` instead."), ("attribute", " Use `filter` instead.")):
        if parameters.text(name):
            raise bad_request(f"`{name}` parameter was removed in v41.{hint}")
    if parameters.text("includeAllAttributes"):
        raise bad_request("`includeAllAttributes` parameter was removed in v41.")


def _check_without_program(parameters: Parameters, entities: list[str], order: list[Order]) -> None:
    if not entities and not parameters.uid("trackedEntityType"):
        raise bad_request("Either `program`, `trackedEntityType` or `trackedEntities` should be specified")
    known = parameters.server.behaviour.has_enrollment_status_parameter
    for name, verb in _NEEDS_PROGRAM:
        if parameters.text(name) and (known or name != "enrollmentStatus"):
            raise bad_request(f"`program` must be defined when `{name}` is {verb}")
    if any(key.field == "enrolledAt" for key in order):
        raise bad_request("`program` must be defined when `order=enrolledAt` is used")


class EntitySearch:
    """Finds the tracked entities that a query asks for.

    Args:
        call: the request.
        query: its query.
    """

    def __init__(self, call: Call, query: EntityQuery) -> None:
        self._query = query
        self._reach = Reach(call, query.mode, query.units)
        self._server = call.server
        self._records = self._reach.records
        self._program = self._reach.tracker_program(query.program)
        self._check_stage()
        self._type = self._reach.entity_type(query.type)
        self._check_types_readable()
        self._reach.check_units()
        self._reach.check_mode(self._program)
        self._check_attributes()
        self._check_children()
        self._outside = not self._in_capture_scope()
        if self._outside:
            self._check_search()

    def run(self, most: int | None = None) -> list[TrackedEntity]:
        """The entities in order, as many as are wanted at least; 409 where a search finds more than it may."""
        query = self._query
        if self._server.behaviour.ambiguous_entity_order and any(key.field == "trackedEntity" for key in query.order):
            raise Dhis2Refusal(
                409,
                f"{message(self._server.version, 'E7145')} (SqlState: 42702)",
                "E7145",
                dev_message='ERROR: column reference "uid" is ambiguous\n  Position: 28',
            )
        where, args = self._where()
        rows = (row for row in self._records.tracked_entities.each(where, args, "number DESC") if self._wants(row))
        found = in_order(rows, query.order, self._sort_value, None if self._outside else most)
        limit = (self._program or self._type or {}).get("maxTeiCountToReturn") or 0
        if self._outside and 0 < limit < len(found):
            raise Dhis2Refusal(409, "maxteicountreached")
        return found

    def _where(self) -> tuple[str, list[Any]]:
        query = self._query
        conditions, args = ["1"], list[Any]()
        type = query.type or (linked(self._program, "trackedEntityType") if self._program else None)
        if type:
            conditions.append("type = ?")
            args.append(type)
        if query.entities:
            conditions.append(f"uid IN ({', '.join('?' * len(query.entities))})")
            args += query.entities
        if not query.deleted:
            conditions.append("NOT deleted")
        if query.updated[0]:
            conditions.append("updated_at >= ?")
            args.append(query.updated[0])
        if query.updated[1]:
            conditions.append("updated_at <= ?")
            args.append(query.updated[1])
        return " AND ".join(conditions), args

    def _wants(self, entity: TrackedEntity) -> bool:
        query = self._query
        if query.potential_duplicate not in {None, entity.potential_duplicate}:
            return False
        values = {value.attribute: value.value for value in entity.attributes}
        matches = all(
            holds(values.get(uid), conditions, self._value_type(uid)) for uid, conditions in query.filters.items()
        )
        return matches and self._is_reached(entity) and (query.program is None or any(self._enrollments(entity)))

    def _is_reached(self, entity: TrackedEntity) -> bool:
        if self._program is not None:
            return self._reach.owns_in(entity, self._program)
        return self._reach.owns_somewhere(entity)

    def _enrollments(self, entity: TrackedEntity) -> Iterator[Enrollment]:
        query = self._query
        where = "tracked_entity = ? AND program = ?" + ("" if query.deleted else " AND NOT deleted")
        for enrollment in self._records.enrollments.select(where, [entity.uid, query.program]):
            if (
                query.status in {None, enrollment.status}
                and query.follow_up in {None, enrollment.follow_up}
                and between(enrollment.enrolled_at, query.enrolled)
                and between(enrollment.occurred_at, query.occurred)
                and (not query.asks_for_events or any(map(self._wants_event, self._events(enrollment))))
            ):
                yield enrollment

    def _events(self, enrollment: Enrollment) -> Sequence[Event]:
        where = "enrollment = ?" + ("" if self._query.deleted else " AND NOT deleted")
        return self._records.events.select(where, [enrollment.uid])

    def _wants_event(self, event: Event) -> bool:
        query = self._query
        return (
            query.stage in {None, event.stage}
            and assigned_as(event, query.user_mode, query.users, self._reach.user.uid)
            and (query.event_status is None or self._has_status(event, query.event_status))
        )

    def _has_status(self, event: Event, status: str) -> bool:
        if status in {"COMPLETED", "ACTIVE", "VISITED"}:
            wanted = "COMPLETED" if status == "COMPLETED" else "ACTIVE"
            return event.status == wanted and between(event.occurred_at, self._query.event_occurred)
        if not between(event.scheduled_at, self._query.event_occurred):
            return False
        if status == "SKIPPED":
            return event.status == "SKIPPED"
        due = (event.scheduled_at or "")[:10] >= self._server.now()[:10]
        return event.status != "SKIPPED" and event.occurred_at is None and due == (status == "SCHEDULE")

    def _sort_value(self, entity: TrackedEntity, field: str) -> Any:
        if field in _ORDERS:
            return _ORDERS[field](entity)
        if field == "enrolledAt":
            return min((enrollment.enrolled_at for enrollment in self._enrollments(entity)), default=None)
        return next((value.value for value in entity.attributes if value.attribute == field), None)

    def _attribute(self, uid: str) -> Json:
        return self._server.store.get("trackedEntityAttribute", uid) or {}

    def _value_type(self, uid: str) -> str:
        return self._attribute(uid).get("valueType", "TEXT")

    def _check_stage(self) -> None:
        stage = self._query.stage
        stages = {row["id"] for row in (self._program or {}).get("programStages") or ()}
        document = self._server.store.get("programStage", stage or "") or {}
        if stage and stage not in stages and linked(document, "program") != self._query.program:
            raise bad_request(f"Program does not contain the specified programStage: {stage}")

    def _check_types_readable(self) -> None:
        types = self._server.store.all("trackedEntityType")
        if self._program is None and not any(
            self._reach.scope.may("read", "trackedEntityType", type["id"]) for type in types
        ):
            raise forbidden("User has no access to any Tracked Entity Type")

    def _check_attributes(self) -> None:
        query = self._query
        for uid in query.filters:
            if not self._attribute(uid):
                raise bad_request(f"attribute filters are invalid. Tracked entity attribute '{uid}' does not exist.")
            check_search_limits(self._server, uid, query.filters[uid])
        strict = not self._server.behaviour.reads_tracker_filters_pairwise
        check_types(query.filters, "attribute", self._value_type, strict=strict)
        for key in query.order:
            if key.field not in {*_ORDERS, "enrolledAt"} and not self._attribute(key.field):
                raise bad_request(
                    f"Cannot order by '{key.field}' as its not a tracked entity attribute. Tracked entities can be"
                    " ordered by fields and tracked entity attributes."
                )
        if not query.program and not query.type and not query.units and not self._all_unique(query.filters):
            raise Dhis2Refusal(409, "Either a program or tracked entity type must be specified")

    def _all_unique(self, uids: Filters) -> bool:
        attributes = [self._attribute(uid) for uid in uids]
        return all(row.get("unique") and not row.get("orgunitScope") for row in attributes)

    def _check_children(self) -> None:
        """Newer versions fail where they look for the parent of a unit whose children are wanted."""
        if self._query.mode != "CHILDREN" or not self._server.behaviour.fails_on_units_below:
            return
        for uid in self._query.units:
            parent = linked(self._server.store.get(UNIT, uid) or {}, "parent")
            if parent:
                number = self._server.store.sql.execute("SELECT number FROM object WHERE uid = ?", (parent,)).fetchone()
                unit = f"org.hisp.dhis.organisationunit.OrganisationUnit#{number[0]}"
                raise Dhis2Refusal(409, f"could not initialize proxy [{unit}] - no Session")

    def _in_capture_scope(self) -> bool:
        """Whether nothing is searched beyond the units that the user enters data for."""
        store, mode, units = self._server.store, self._query.mode, self._query.units
        if mode == "CAPTURE":
            return True
        if mode == "SELECTED":
            searched = list(units)
        elif mode in {"CHILDREN", "DESCENDANTS"}:
            searched = [child for unit in units for child in children_of(store, unit)]
        elif mode == "ALL":
            searched = [unit["id"] for unit in store.all(UNIT) if not linked(unit, "parent")]
        else:
            searched = [row["id"] for row in self._reach.user.document.get("teiSearchOrganisationUnits") or ()]
        return all(map(self._reach.scope.captures, searched))

    def _check_search(self) -> None:
        """409 for a search out of one's own units with attributes that are not searchable, or with too few."""
        searchable = self._searchable()
        violating = [uid for uid in self._query.filters if uid not in searchable]
        if violating:
            raise Dhis2Refusal(
                409, f"Non-searchable attribute(s) can not be used during global search:  [{', '.join(violating)}]"
            )
        place = self._type or self._program
        if self._query.entities or place is None or self._has_unique_filter():
            return
        fewest = place.get("minAttributesRequiredToSearch", 1)
        if len(self._query.filters) < fewest:
            raise Dhis2Refusal(409, f"At least {fewest} attributes should be mentioned in the search criteria.")

    def _searchable(self) -> set[str]:
        program = (self._program or {}).get("programTrackedEntityAttributes") or ()
        type = (self._type or {}).get("trackedEntityTypeAttributes") or ()
        found = {linked(row, "trackedEntityAttribute") or "": row for row in (*program, *type)}
        if self._program is None and self._type is None:
            return {row["id"] for row in self._server.store.all("trackedEntityAttribute") if row.get("unique")}
        return {uid for uid, row in found.items() if row.get("searchable") or self._attribute(uid).get("unique")}

    def _has_unique_filter(self) -> bool:
        return any(
            self._attribute(uid).get("unique") and any(condition.operator == "EQ" for condition in conditions)
            for uid, conditions in self._query.filters.items()
        )


def between(value: str | None, bounds: tuple[str | None, str | None]) -> bool:
    """Whether a time is within bounds, both of which count and may be missing."""
    first, last = bounds
    if first is None and last is None:
        return True
    return value is not None and (first is None or value >= first) and (last is None or value <= last)


def assigned_as(event: Event, mode: str | None, users: Sequence[str], me: str) -> bool:
    """Whether an event is assigned as `assignedUserMode` and `assignedUsers` ask."""
    if mode == "NONE":
        return event.assigned_user is None
    if mode == "ANY":
        return event.assigned_user is not None
    wanted = [me] if mode == "CURRENT" else users
    return not wanted or event.assigned_user in wanted


def found_entity(call: Call, uid: str, program: str | None) -> TrackedEntity:
    """A tracked entity that the user may read, in a program where one is named.

    Raises:
        Dhis2Refusal: 404 where there is none, or it is out of reach; in older versions 403 for the latter.
    """
    reach = Reach(call)
    entity = reach.records.tracked_entities.get(uid)
    if entity is None or entity.deleted:
        raise not_found("TrackedEntity", uid)
    document = _program_of_entity(reach, program)
    if call.server.behaviour.tells_tracker_denials:
        if document is not None and not reach.scope.owns(uid, document):
            raise forbidden("OWNERSHIP_ACCESS_DENIED")
        if document is None and not reach.scope.reads_entity(entity):
            raise forbidden(f"User has no access to TrackedEntity:{uid}")
    elif not (reach.owns_in(entity, document) if document is not None else reach.owns_somewhere(entity)):
        raise not_found("TrackedEntity", uid)
    return entity


def _program_of_entity(reach: Reach, uid: str | None) -> Json | None:
    try:
        return reach.program(uid)
    except Dhis2Refusal as refusal:
        if refusal.status == 400 and uid and not reach.server.behaviour.tells_tracker_denials:
            raise not_found("Program", uid) from refusal
        raise


@endpoints.add("GET", "/api/tracker/trackedEntities", RECORDED, suffixes=SUFFIXES_OF_ENTITIES)
def entities(call: Call) -> Reply:
    """List tracked entities: of a program, of a type, or by their identifiers; as CSV whatever the page."""
    most = int(call.server.setting("trackedEntityMaxLimit", _MOST))
    if is_file(call):
        return as_file(call, "trackedEntities", ENTITY_COLUMNS, lambda: _for_file(call, most))
    parameters = Parameters(call)
    paging = read_paging(parameters, most)
    query, naming = read_query(parameters), Naming.read(parameters)
    found = EntitySearch(call, query).run(paging.needed)
    choice = Choice.of(call, DEFAULT_FIELDS)
    page = paging.cut(found if paging.on or most <= 0 else found[:most])
    rows = _shown(call, query, naming, page, choice)
    return Reply.json(page_json(call, "trackedEntities", rows, paging, len(found)))


def _for_file(call: Call, most: int) -> tuple[list[Json], list[CsvRow]]:
    parameters = Parameters(call)
    query, naming = read_query(parameters), Naming.read(parameters)
    found = EntitySearch(call, query).run(None)
    rows = _shown(call, query, naming, found[:most] if most > 0 else found, Choice())
    return rows, entity_rows(rows)


def _shown(
    call: Call, query: EntityQuery, naming: Naming, entities: Sequence[TrackedEntity], choice: Choice
) -> list[Json]:
    records = Reach(call).records
    views = Views(call.server, call.user, records, naming, deleted=query.deleted, listed=len(entities))
    rows = [views.entity(entity, choice, query.program) for entity in entities]
    views.check_names()
    return rows


@endpoints.add("GET", "/api/tracker/trackedEntities/{uid}", RECORDED, suffixes=["csv"])
def entity(call: Call) -> Reply:
    """Show a tracked entity, with what belongs to a program where one is named; as CSV in one row for each value."""
    if is_file(call):
        return as_file(call, "trackedEntity", ENTITY_COLUMNS, lambda: _one_for_file(call))
    uid, parameters = path_uid(call), Parameters(call)
    program, naming = parameters.uid("program"), Naming.read(parameters)
    found = found_entity(call, uid, program)
    views = Views(call.server, call.user, Reach(call).records, naming)
    row = views.entity(found, Choice.of(call, DEFAULT_FIELDS), program)
    naming.check()
    return Reply.json(row)


def _one_for_file(call: Call) -> tuple[list[Json], list[CsvRow]]:
    program, naming = Parameters(call).uid("program"), Naming.read(Parameters(call))
    found = found_entity(call, path_uid(call), program)
    views = Views(call.server, call.user, Reach(call).records, naming)
    rows = [views.entity(found, Choice(), program)]
    naming.check()
    return rows, entity_rows(rows)
