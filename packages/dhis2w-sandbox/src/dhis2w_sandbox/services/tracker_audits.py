"""`/api/audits/trackedEntityDataValue` and its siblings of 2.41: what became of values of events and of persons.

A row of an event's value holds what was there before, except for a new one; a row of a person's what is there then.
Who looked at which person is not kept.
Source: `ChangeLogController`, `EventPersister`, `AbstractTrackerPersister` and the stores of change logs of dhis2-core.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

from dhis2w_sandbox.call import SOURCE, Call, Reply
from dhis2w_sandbox.data.approvals import paged
from dhis2w_sandbox.data.entry_rules import EntryRules
from dhis2w_sandbox.data.parameters import day, listed
from dhis2w_sandbox.errors import Dhis2Refusal, bad_request, message
from dhis2w_sandbox.routing import Endpoints
from dhis2w_sandbox.selection import selected
from dhis2w_sandbox.tracker.record_store import RecordStore
from dhis2w_sandbox.tracker.records import Change, UserInfo

Json = dict[str, Any]

endpoints = Endpoints()

_V41 = ["v41"]


@endpoints.add("GET", "/api/audits/trackedEntityDataValue", SOURCE, versions=_V41)
def value_audits(call: Call) -> Reply:
    """List what became of the values of events, latest first."""
    rules, store = EntryRules(call.server, call.user), RecordStore(call.server)
    elements = _known(call, "de", "dataElement", "DataElement")
    units = _known(call, "ou", "organisationUnit", "OrganisationUnit")
    stages = _known(call, "ps", "programStage", "ProgramStage")
    uids = _records(call, "psi", "events", "Event", lambda uid: store.events.get(uid) is not None)
    if (call.param("ouMode") or "").upper() == "DESCENDANTS":
        units = [below for unit in units for below in rules.below(unit)]
    start, end = day(call, "startDate"), day(call, "endDate")

    def is_meant(change: Change) -> bool:
        event, time = store.events.get(change.object), datetime.fromisoformat(change.created_at)
        return (
            event is not None
            and (not elements or change.field in elements)
            and (not units or event.unit in units)
            and (not stages or event.stage in stages)
            and (not uids or change.object in uids)
            and (start is None or time >= start)
            and (end is None or time <= end)
        )

    rows = [_value_row(change) for change in _changes(call, "dataElement") if is_meant(change)]
    return _listed(call, "trackedEntityDataValueAudits", rows)


@endpoints.add("GET", "/api/audits/trackedEntityAttributeValue", SOURCE, versions=_V41)
def attribute_audits(call: Call) -> Reply:
    """List what became of the attributes of persons, latest first, as far as the user may read the attributes."""
    rules, store = EntryRules(call.server, call.user), RecordStore(call.server)
    attributes = _known(call, "tea", "trackedEntityAttribute", "TrackedEntityAttribute")
    people = store.tracked_entities
    uids = _records(call, "tei", "trackedEntities", "TrackedEntity", lambda uid: people.get(uid) is not None)

    def is_meant(change: Change) -> bool:
        attribute = rules.document("trackedEntityAttribute", change.field)
        return (
            attribute is not None
            and rules.can_read("trackedEntityAttribute", attribute)
            and (not attributes or change.field in attributes)
            and (not uids or change.object in uids)
        )

    rows = [_attribute_row(change) for change in _changes(call, "attribute") if is_meant(change)]
    return _listed(call, "trackedEntityAttributeValueAudits", rows)


@endpoints.add("GET", "/api/audits/trackedEntityInstance", SOURCE, versions=_V41)
def entity_audits(call: Call) -> Reply:
    """List who looked at which person; this server has none. The pager comes where paging is off, as in DHIS2."""
    _records(call, "tei", "trackedEntities", "TrackedEntity", lambda _: True)
    nothing: Json = {"trackedEntityInstanceAudits": []}
    if not call.flag("skipPaging") and call.flag("paging", True):
        return Reply.json(nothing)
    pager = {"page": 1, "pageCount": 1, "total": 0, "pageSize": 50}
    return Reply.json({"pager": pager, **nothing})


def _known(call: Call, name: str, type: str, klass: str) -> list[str]:
    """The identifiers of a parameter; 409 where one is of nothing."""
    uids = listed(call, name)
    return _checked(call, uids, klass, lambda uid: call.server.store.get(type, uid) is not None)


def _records(call: Call, old: str, new: str, klass: str, exists: Callable[[str], bool]) -> list[str]:
    """The records that either of two parameters names; 400 where both are there, 409 where one is of nothing."""
    former = [part for value in listed(call, old) for part in value.split(";")]
    latter = listed(call, new)
    if former and latter:
        raise bad_request(
            f"Only one parameter of '{old}' (deprecated; semicolon separated UIDs) and '{new}' (comma separated UIDs)"
            f" must be specified. Prefer '{new}' as '{old}' will be removed."
        )
    return _checked(call, former or latter, klass, exists)


def _checked(call: Call, uids: list[str], klass: str, exists: Callable[[str], bool]) -> list[str]:
    unknown = [uid for uid in uids if not exists(uid)]
    if unknown:
        raise Dhis2Refusal(409, message(call.server.version, "E1112", klass, unknown), "E1112")
    return uids


def _changes(call: Call, kind: str) -> list[Change]:
    """The changes of a kind and of the types that are asked for, latest first."""
    types = [type.upper() for type in listed(call, "auditType")]
    rows = call.server.store.sql.execute(
        "SELECT object, kind, field, type, previous, current, created_at, created_by FROM tracker_change"
        " WHERE kind = ? ORDER BY created_at DESC, number DESC",
        (kind,),
    )
    changes = [Change(*row, created_by=UserInfo(**json.loads(user))) for *row, user in rows]
    return [change for change in changes if not types or change.type in types]


def _value_row(change: Change) -> Json:
    value = change.current if change.type == "CREATE" else change.previous
    objects: Json = {"event": {"id": change.object}, "dataElement": {"id": change.field}, "providedElsewhere": False}
    return {**_row(change, value), **objects}


def _attribute_row(change: Change) -> Json:
    value = change.previous if change.type == "DELETE" else change.current
    objects: Json = {"trackedEntityAttribute": {"id": change.field}, "trackedEntityInstance": {"id": change.object}}
    return {**_row(change, value), **objects}


def _row(change: Change, value: str | None) -> Json:
    row: Json = {
        "created": change.created_at,
        "modifiedBy": change.created_by.username,
        "auditType": change.type,
        "value": value,
    }
    return {key: value for key, value in row.items() if value is not None}


def _listed(call: Call, key: str, rows: list[Json]) -> Reply:
    page = paged(call, key, rows)
    if fields := call.param("fields"):
        page[key] = [selected(call.server, row, fields) for row in page[key]]
    return Reply.json(page)
