"""`/api/tracker/relationships`: the relationships of one object, and single ones.

Source: `RelationshipsExportController`, `RelationshipRequestParamsMapper` and `DefaultRelationshipService` of
dhis2-core; recordings `tracker/relationships`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dhis2w_sandbox.call import RECORDED, Call, Reply
from dhis2w_sandbox.errors import bad_request, forbidden, not_found
from dhis2w_sandbox.routing import Endpoints
from dhis2w_sandbox.tracker.reading.choices import Choice
from dhis2w_sandbox.tracker.reading.paging import page_json, read_paging
from dhis2w_sandbox.tracker.reading.parameters import Parameters, check_order, path_uid
from dhis2w_sandbox.tracker.reading.reach import Reach
from dhis2w_sandbox.tracker.reading.sorting import in_order
from dhis2w_sandbox.tracker.reading.views import Views
from dhis2w_sandbox.tracker.records import ENROLLMENT, EVENT, TRACKED_ENTITY, Relationship, RelationshipEnd

endpoints = Endpoints()

DEFAULT_FIELDS = (
    "relationship,relationshipType,createdAtClient,from[trackedEntity[trackedEntity],enrollment[enrollment],"
    "event[event]],to[trackedEntity[trackedEntity],enrollment[enrollment],event[event]]"
)
_ORDERS: dict[str, Callable[[Relationship], Any]] = {
    "createdAt": lambda relationship: relationship.created_at,
    "createdAtClient": lambda relationship: relationship.created_at_client,
}
_KINDS = {"trackedEntity": TRACKED_ENTITY, "enrollment": ENROLLMENT, "event": EVENT}
_CLASSES = {TRACKED_ENTITY: "TrackedEntity", ENROLLMENT: "Enrollment", EVENT: "Event"}


@endpoints.add("GET", "/api/tracker/relationships", RECORDED)
def relationships(call: Call) -> Reply:
    """List the relationships of a tracked entity, an enrollment or an event."""
    parameters, reach = Parameters(call), Reach(call)
    paging, end, order = read_paging(parameters), _end(parameters), parameters.order()
    check_order(order, _ORDERS)
    deleted = parameters.flag("includeDeleted") or False
    _check_end(reach, end, deleted=deleted)
    views = Views(call.server, call.user, reach.records, deleted=deleted)
    found = in_order(views.relationships(end), order, lambda row, field: _ORDERS[field](row))
    choice = Choice.of(call, DEFAULT_FIELDS)
    rows = [views.relationship(relationship, choice) for relationship in paging.cut(found)]
    return Reply.json(page_json(call, "relationships", rows, paging, len(found)))


@endpoints.add("GET", "/api/tracker/relationships/{uid}", RECORDED)
def relationship(call: Call) -> Reply:
    """Show a relationship."""
    uid, reach = path_uid(call), Reach(call)
    found = reach.records.relationships.get(uid)
    if found is None or found.deleted:
        raise not_found("Relationship", uid)
    if not reach.scope.reads_relationship(found):
        if call.server.behaviour.tells_tracker_denials:
            raise forbidden(f"User has no access to Relationship:{uid}")
        raise not_found("Relationship", uid)
    views = Views(call.server, call.user, reach.records)
    return Reply.json(views.relationship(found, Choice.of(call, DEFAULT_FIELDS)))


def _end(parameters: Parameters) -> RelationshipEnd:
    """What the request names; 400 where that is not one thing."""
    named = [(kind, uid) for name, kind in _KINDS.items() if (uid := parameters.uid(name))]
    former = parameters.uid("tei") if parameters.server.behaviour.takes_old_tracker_parameters else None
    if former is not None:
        if parameters.text("trackedEntity"):
            raise bad_request(
                "Only one parameter of 'tei' and 'trackedEntity' must be specified. Prefer 'trackedEntity' as 'tei'"
                " will be removed."
            )
        named.append((TRACKED_ENTITY, former))
    if len(named) > 1:
        raise bad_request("Only one of parameters 'trackedEntity', 'enrollment' or 'event' is allowed.")
    if not named:
        raise bad_request("Missing required parameter 'trackedEntity', 'enrollment' or 'event'.")
    return RelationshipEnd(*named[0])


def _check_end(reach: Reach, end: RelationshipEnd, *, deleted: bool) -> None:
    """404 where there is no such object, 403 where the user may not read it."""
    records = reach.records
    tables = {TRACKED_ENTITY: records.tracked_entities, ENROLLMENT: records.enrollments, EVENT: records.events}
    found = tables[end.kind].get(end.uid)
    if found is None or (found.deleted and not deleted):
        raise not_found(_CLASSES[end.kind], end.uid)
    if not reach.scope.reads_end(end):
        raise forbidden(f"User has no access to {_CLASSES[end.kind]}:{end.uid}")
