"""`/api/tracker/enrollments`: lists of enrollments, and single ones.

Source: `EnrollmentsExportController`, `EnrollmentRequestParamsMapper`, `EnrollmentOperationParamsMapper` and
`HibernateEnrollmentStore` (43: `JdbcEnrollmentStore`) of dhis2-core; recordings `tracker/export-events`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from dhis2w_sandbox.call import RECORDED, Call, Reply
from dhis2w_sandbox.errors import bad_request, forbidden, not_found
from dhis2w_sandbox.routing import Endpoints
from dhis2w_sandbox.tracker.reading.choices import Choice
from dhis2w_sandbox.tracker.reading.naming import Naming
from dhis2w_sandbox.tracker.reading.paging import page_json, read_paging
from dhis2w_sandbox.tracker.reading.parameters import Order, Parameters, check_order, path_uid
from dhis2w_sandbox.tracker.reading.reach import Reach, read_mode
from dhis2w_sandbox.tracker.reading.sorting import in_order
from dhis2w_sandbox.tracker.reading.tracked_entities import between
from dhis2w_sandbox.tracker.reading.views import Views
from dhis2w_sandbox.tracker.records import ENROLLMENT, Enrollment, RelationshipEnd

endpoints = Endpoints()

DEFAULT_FIELDS = "*,!relationships,!events,!attributes"

_ORDERS: dict[str, Callable[[Enrollment], Any]] = {
    "completedAt": lambda enrollment: enrollment.completed_at,
    "createdAt": lambda enrollment: enrollment.created_at,
    "createdAtClient": lambda enrollment: enrollment.created_at_client,
    "enrolledAt": lambda enrollment: enrollment.enrolled_at,
    "updatedAt": lambda enrollment: enrollment.updated_at,
    "updatedAtClient": lambda enrollment: enrollment.updated_at_client,
}


@dataclass(frozen=True)
class EnrollmentQuery:
    """What a list of enrollments asks for, as its parameters say it."""

    program: str | None
    type: str | None
    entity: str | None
    enrollments: list[str]
    units: list[str]
    mode: str
    status: str | None
    follow_up: bool | None
    updated_after: str | None
    enrolled: tuple[str | None, str | None]
    option_combo: str | None
    deleted: bool
    order: list[Order]


def read_query(parameters: Parameters) -> EnrollmentQuery:
    """The query of a request; 400 where a parameter cannot be read, or does not go with another."""
    order, program, type = parameters.order(), parameters.uid("program"), parameters.uid("trackedEntityType")
    units = parameters.uids("orgUnits", "orgUnit")
    enrolled = (parameters.after("enrolledAfter"), parameters.before("enrolledBefore"))
    updated_after, follow_up = parameters.after("updatedAfter"), parameters.flag("followUp")
    mode = read_mode(parameters, units)
    status = parameters.enrollment_status("status")
    check_order(order, _ORDERS)
    _check(parameters, program, type)
    within = parameters.within("updatedWithin", "`updatedWithin` is not valid: ")
    return EnrollmentQuery(
        program=program,
        type=None if parameters.server.behaviour.wants_tracker_program else type,
        entity=parameters.uid("trackedEntity"),
        enrollments=parameters.uids("enrollments", "enrollment"),
        units=units,
        mode=mode,
        status=status,
        follow_up=follow_up,
        updated_after=within or updated_after,
        enrolled=enrolled,
        option_combo=parameters.uid("attributeOptionCombo") if _has_combos(parameters) else None,
        deleted=parameters.flag("includeDeleted") or False,
        order=order,
    )


def _has_combos(parameters: Parameters) -> bool:
    return parameters.server.behaviour.enrolls_with_option_combo


def _check(parameters: Parameters, program: str | None, type: str | None) -> None:
    behaviour = parameters.server.behaviour
    if behaviour.wants_tracker_program and program is None:
        raise bad_request("Program is mandatory")
    if program and type and not behaviour.wants_tracker_program:
        first, second = (
            ("Program", "tracked entity")
            if behaviour.takes_old_tracker_parameters
            else ("`program`", "`trackedEntityType`")
        )
        raise bad_request(f"{first} and {second} cannot be specified simultaneously")
    if program is None:
        _check_without_program(parameters)
    if parameters.text("updatedWithin") and parameters.text("updatedAfter"):
        raise bad_request("`updatedAfter` and `updatedWithin` cannot be specified simultaneously")


def _check_without_program(parameters: Parameters) -> None:
    behaviour = parameters.server.behaviour
    subject = "Program" if behaviour.takes_old_tracker_parameters else "`program`"
    needing = {
        "programStatus": "`programStatus` is defined",
        "status": "`status` is defined" if behaviour.has_enrollment_status_parameter else "",
        "followUp": "`followUp` status is defined",
        "enrolledAfter": "`enrolledAfter` is specified",
        "enrolledBefore": "`enrolledBefore` is specified",
    }
    for name, what in needing.items():
        if what and parameters.text(name):
            raise bad_request(f"{subject} must be defined when {what}")


class EnrollmentSearch:
    """Finds the enrollments that a query asks for.

    Args:
        call: the request.
        query: its query.
    """

    def __init__(self, call: Call, query: EnrollmentQuery) -> None:
        self._query = query
        self._reach = Reach(call, query.mode, query.units)
        self._records = self._reach.records
        program = self._reach.tracker_program(query.program)
        self._reach.entity_type(query.type)
        if not call.server.behaviour.splits_events:
            self._reach.check_entity(query.entity, deleted=query.deleted)
        self._reach.check_units()
        self._reach.check_mode(program)
        if query.option_combo and call.server.store.get("categoryOptionCombo", query.option_combo) is None:
            raise bad_request(f"Attribute option combo does not exist: {query.option_combo}")

    def run(self, most: int | None = None) -> list[Enrollment]:
        """The enrollments in order, as many as are wanted at least."""
        where, args = self._where()
        rows = (row for row in self._records.enrollments.each(where, args, "number DESC") if self._wants(row))
        return in_order(rows, self._query.order, lambda row, field: _ORDERS[field](row), most)

    def _where(self) -> tuple[str, list[Any]]:
        query = self._query
        pairs = {
            "program = ?": query.program,
            "tracked_entity = ?": query.entity,
            "status = ?": query.status,
            "updated_at >= ?": query.updated_after,
            "json_extract(document, '$.attribute_option_combo') = ?": query.option_combo,
            "tracked_entity IN (SELECT uid FROM tracked_entity WHERE type = ?)": query.type,
        }
        conditions = [text for text, value in pairs.items() if value is not None]
        args: list[Any] = [value for value in pairs.values() if value is not None]
        if query.enrollments:
            conditions.append(f"uid IN ({', '.join('?' * len(query.enrollments))})")
            args += query.enrollments
        if not query.deleted:
            conditions.append("NOT deleted")
        return " AND ".join(["1", *conditions]), args

    def _wants(self, enrollment: Enrollment) -> bool:
        query = self._query
        return (
            query.follow_up in {None, enrollment.follow_up}
            and between(enrollment.enrolled_at, query.enrolled)
            and self._is_reached(enrollment)
        )

    def _is_reached(self, enrollment: Enrollment) -> bool:
        program = self._reach.store.get("program", enrollment.program) or {}
        owner = self._reach.scope.owner_unit(enrollment.tracked_entity, enrollment.program) or enrollment.unit
        return self._reach.owns(enrollment.tracked_entity, program, owner) and self._reach.scope.reads_end(
            RelationshipEnd(ENROLLMENT, enrollment.uid)
        )


@endpoints.add("GET", "/api/tracker/enrollments", RECORDED)
def enrollments(call: Call) -> Reply:
    """List enrollments."""
    parameters = Parameters(call)
    paging = read_paging(parameters)
    query, naming = read_query(parameters), Naming.read(parameters)
    found = EnrollmentSearch(call, query).run(paging.needed)
    views = Views(call.server, call.user, Reach(call).records, naming, deleted=query.deleted)
    choice = Choice.of(call, DEFAULT_FIELDS)
    rows = [views.enrollment(enrollment, choice) for enrollment in paging.cut(found)]
    naming.check()
    return Reply.json(page_json(call, "enrollments", rows, paging, len(found)))


@endpoints.add("GET", "/api/tracker/enrollments/{uid}", RECORDED)
def enrollment(call: Call) -> Reply:
    """Show an enrollment."""
    uid, reach = path_uid(call), Reach(call)
    naming = Naming.read(Parameters(call))
    found = reach.records.enrollments.get(uid)
    if found is None or found.deleted:
        raise not_found("Enrollment", uid)
    if not reach.scope.reads_end(RelationshipEnd(ENROLLMENT, uid)):
        if call.server.behaviour.tells_tracker_denials:
            raise forbidden("[OWNERSHIP_ACCESS_DENIED]")
        raise not_found("Enrollment", uid)
    row = Views(call.server, call.user, reach.records, naming).enrollment(found, Choice.of(call, DEFAULT_FIELDS))
    naming.check()
    return Reply.json(row)
