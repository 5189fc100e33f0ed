"""`/api/tracker/…/{uid}/changeLogs`: what was changed in a tracked entity or an event, latest first.

Source: `EventsExportController`, `TrackedEntitiesExportController`, `ChangeLogRequestParams`,
`HibernateEventChangeLogStore` and `HibernateTrackedEntityChangeLogStore` of dhis2-core.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dhis2w_sandbox.call import SOURCE, Call, Reply
from dhis2w_sandbox.documents import linked
from dhis2w_sandbox.errors import bad_request, not_found
from dhis2w_sandbox.routing import Endpoints
from dhis2w_sandbox.tracker.reading.choices import Choice
from dhis2w_sandbox.tracker.reading.events import SPLIT, found_event, wants_single
from dhis2w_sandbox.tracker.reading.paging import page_json, read_paging
from dhis2w_sandbox.tracker.reading.parameters import UID, Parameters, check_order, path_uid
from dhis2w_sandbox.tracker.reading.sorting import in_order
from dhis2w_sandbox.tracker.reading.tracked_entities import found_entity
from dhis2w_sandbox.tracker.reading.views import user_json
from dhis2w_sandbox.tracker.record_store import RecordStore
from dhis2w_sandbox.tracker.records import Change, TrackedEntity

Json = dict[str, Any]

endpoints = Endpoints()

DEFAULT_FIELDS = "change,createdAt,createdBy,type"

# What a kind of change is called in answers, and in the parameters `order` and `filter`.
_NAMES = {"attribute": "attributeValue", "dataElement": "dataValue", "field": "eventField"}
_SORTED: dict[str, Callable[[Change], Any]] = {
    "createdAt": lambda change: change.created_at,
    "username": lambda change: change.created_by.username,
}


@endpoints.add("GET", "/api/tracker/trackedEntities/{uid}/changeLogs", SOURCE)
def entity_changes(call: Call) -> Reply:
    """List the changes of a tracked entity's attributes."""
    uid = path_uid(call)
    program = Parameters(call).uid("program")
    attributes = _attributes(call, found_entity(call, uid, program), program)
    return _listed(call, uid, ("attribute",), lambda change: change.field in attributes)


def _attributes(call: Call, entity: TrackedEntity, program: str | None) -> set[str]:
    """The attributes of a program, or else of the type; in 41, 404 where the type has none."""
    owner, key = (
        ("program", "programTrackedEntityAttributes")
        if program
        else (
            "trackedEntityType",
            "trackedEntityTypeAttributes",
        )
    )
    document = call.server.store.get(owner, program or entity.type) or {}
    found = {str(linked(row, "trackedEntityAttribute")) for row in document.get(key) or ()}
    if not found and not program and call.server.behaviour.logs_values_only:
        raise not_found("TrackedEntity", entity.uid)
    return found


@endpoints.add("GET", "/api/tracker/events/{uid}/changeLogs", SOURCE)
@endpoints.add("GET", "/api/tracker/trackerEvents/{uid}/changeLogs", SOURCE, versions=SPLIT)
@endpoints.add("GET", "/api/tracker/singleEvents/{uid}/changeLogs", SOURCE, versions=SPLIT)
def event_changes(call: Call) -> Reply:
    """List the changes of an event's data values, dates and place."""
    uid = path_uid(call)
    found_event(call, uid, single=wants_single(call))
    values_only = call.server.behaviour.logs_values_only
    return _listed(call, uid, ("dataElement",) if values_only else ("dataElement", "field"))


def _listed(call: Call, uid: str, kinds: tuple[str, ...], is_meant: Callable[[Change], bool] = lambda _: True) -> Reply:
    parameters = Parameters(call)
    paging, order = read_paging(parameters), parameters.order()
    values_only = call.server.behaviour.logs_values_only
    check_order(order, ["createdAt"] if values_only else [*_SORTED, *kinds])
    wanted = is_meant if values_only else _filter(parameters, kinds)
    changes = [change for change in RecordStore(call.server).changes_of(uid) if change.kind in kinds]
    found = in_order([change for change in changes if is_meant(change) and wanted(change)], order, _sort_value)
    choice = Choice.of(call, DEFAULT_FIELDS)
    rows = [choice.picked(_shown(change)) for change in paging.cut(found)]
    return Reply.json(page_json(call, "changeLogs", rows, paging, len(found)))


def _sort_value(change: Change, field: str) -> Any:
    read = _SORTED.get(field)
    return read(change) if read else change.field if change.kind == field else None


def _filter(parameters: Parameters, kinds: tuple[str, ...]) -> Callable[[Change], bool]:
    """What `filter` lets through: `username:eq:ann`; 400 where it is malformed."""
    text, fields = parameters.text("filter"), ("username", *kinds)
    if text is None:
        return lambda _: True
    words, known = text.split(":"), ", ".join(fields)
    if len(words) != 3:
        raise bad_request(
            f"Invalid filter => {text}. Expected format is [field]:eq:[value]. Supported fields are '{known}'. Only"
            " one of them can be specified at a time"
        )
    field, operator, value = words
    if field not in fields:
        raise bad_request(
            f"Invalid filter field. Supported fields are '{known}'. Only one of them can be specified at a time"
        )
    if operator.lower() != "eq":
        raise bad_request("Invalid filter operator. The only supported operator is 'eq'.")
    if field in {"attribute", "dataElement"} and not UID.fullmatch(value):
        raise bad_request(
            f"Incorrect filter value provided as UID: {value}. UID must be an alphanumeric string of 11 characters"
            " starting with a letter."
        )
    if field == "username":
        return lambda change: change.created_by.username == value
    return lambda change: change.kind == field and change.field == value


def _shown(change: Change) -> Json:
    values = {"previousValue": change.previous, "currentValue": change.current}
    inner: Json = {change.kind: change.field, **{key: value for key, value in values.items() if value is not None}}
    return {
        "createdBy": user_json(change.created_by),
        "createdAt": change.created_at,
        "type": change.type,
        "change": {_NAMES[change.kind]: inner},
    }
