"""Which objects of tracker to read, and what each version calls that.

Source: `TrackedEntityRequestParams`, `EnrollmentRequestParams`, `EventRequestParams`, `RelationshipRequestParams` of
2.41 to 2.43; recordings `tracker/export-*`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Literal, TypeAlias, TypedDict, cast

from dhis2w_client.errors import InvalidRequestError
from dhis2w_client.tracker.kind import ENROLLMENTS, ENTITIES, EVENTS, RELATIONSHIPS, SINGLE_EVENTS, TRACKER_EVENTS
from dhis2w_client.tracker.payload import moment_text

if TYPE_CHECKING:
    from dhis2w_client.call import ParamValue
    from dhis2w_client.tracker.kind import TrackerKind
    from dhis2w_client.versions import Dialect

Uids: TypeAlias = "str | Sequence[str]"
Moment: TypeAlias = "date | str"
OrgUnitMode: TypeAlias = Literal["SELECTED", "CHILDREN", "DESCENDANTS", "ACCESSIBLE", "CAPTURE", "ALL"]


class TrackerSelection(TypedDict, total=False):
    """Which objects; keyword arguments of the reads of `TrackerList`. Not every kind of objects has all of them."""

    program: str
    """UID of the program. From 2.43 on enrollments and events need one."""
    tracked_entity_type: str
    """UID of the type; entities need this, a program, or their own UIDs."""
    program_stage: str
    """UID of the stage."""
    org_units: Uids
    """UIDs of organisation units; events take one alone."""
    org_unit_mode: OrgUnitMode
    """Which units are meant with these. Default: `SELECTED` with units, else `ACCESSIBLE`: what the user may see, and
    nothing tells what that leaves out."""
    tracked_entities: Uids
    """UIDs of entities; of events, enrollments and relationships: of the one that they are of."""
    enrollments: Uids
    """UIDs of enrollments; of relationships: of the one that they are of."""
    events: Uids
    """UIDs of events; of relationships: of the one that they are of."""
    status: str
    """Of events `ACTIVE`, `COMPLETED`, `SCHEDULE`, `OVERDUE`, `SKIPPED`; of enrollments `ACTIVE`, `COMPLETED`,
    `CANCELLED`."""
    enrollment_status: str
    """Status of the enrollment, when entities or events are read."""
    follow_up: bool
    """Whether the enrollment is marked for follow-up."""
    updated_after: Moment
    """Changed at this time or later; the server's own clock counts (`serverDate` of `client.system.info()`)."""
    updated_before: Moment
    """Changed at this time or before."""
    updated_within: str
    """Changed within this time: `3d`, `24h`."""
    occurred_after: Moment
    """Of events: happened on this day or later."""
    occurred_before: Moment
    """Of events: happened on this day or before."""
    scheduled_after: Moment
    """Of events: planned for this day or later."""
    scheduled_before: Moment
    """Of events: planned for this day or before."""
    enrolled_after: Moment
    """Enrolled on this day or later."""
    enrolled_before: Moment
    """Enrolled on this day or before."""
    assigned_users: Uids
    """UIDs of users that events are assigned to."""
    filters: Sequence[str]
    """Conditions on attributes (of events: on data elements): `w75KJ2mc4zz:like:ma`."""
    attribute_filters: Sequence[str]
    """Of events: conditions on attributes."""
    include_deleted: bool
    """Give what is marked as deleted too. Default: with `updated_after` and `updated_within`, where a deletion is a
    change too."""
    order: Sequence[str]
    """What to sort by: `occurredAt:desc`. Default: by creation, so that what is added meanwhile comes last."""
    fields: str
    """Which properties, in DHIS2's own language."""
    params: Mapping[str, ParamValue]
    """Further parameters as DHIS2 has them. DHIS2 ignores one that it does not know."""


_COMMON = {
    "program": "program",
    "org_unit_mode": "orgUnitMode",
    "updated_after": "updatedAfter",
    "updated_before": "updatedBefore",
    "updated_within": "updatedWithin",
    "include_deleted": "includeDeleted",
    "order": "order",
    "fields": "fields",
}
_EVENTS = {
    **_COMMON,
    "program_stage": "programStage",
    "org_units": "orgUnit",
    "tracked_entities": "trackedEntity",
    "enrollments": "enrollments",
    "events": "events",
    "status": "status",
    "enrollment_status": "enrollmentStatus",
    "follow_up": "followUp",
    "occurred_after": "occurredAfter",
    "occurred_before": "occurredBefore",
    "scheduled_after": "scheduledAfter",
    "scheduled_before": "scheduledBefore",
    "enrolled_after": "enrollmentEnrolledAfter",
    "enrolled_before": "enrollmentEnrolledBefore",
    "assigned_users": "assignedUsers",
    "filters": "filter",
    "attribute_filters": "filterAttributes",
}
NAMES: Mapping[str, Mapping[str, str]] = {
    ENTITIES.key: {
        **_COMMON,
        "tracked_entity_type": "trackedEntityType",
        "program_stage": "programStage",
        "org_units": "orgUnits",
        "tracked_entities": "trackedEntities",
        "status": "eventStatus",
        "enrollment_status": "enrollmentStatus",
        "follow_up": "followUp",
        "occurred_after": "eventOccurredAfter",
        "occurred_before": "eventOccurredBefore",
        "enrolled_after": "enrollmentEnrolledAfter",
        "enrolled_before": "enrollmentEnrolledBefore",
        "assigned_users": "assignedUsers",
        "filters": "filter",
    },
    ENROLLMENTS.key: {
        **{part: name for part, name in _COMMON.items() if part != "updated_before"},
        "org_units": "orgUnits",
        "tracked_entities": "trackedEntity",
        "enrollments": "enrollments",
        "status": "status",
        "follow_up": "followUp",
        "enrolled_after": "enrolledAfter",
        "enrolled_before": "enrolledBefore",
    },
    EVENTS.key: _EVENTS,
    TRACKER_EVENTS.key: _EVENTS,
    SINGLE_EVENTS.key: _EVENTS,
    RELATIONSHIPS.key: {
        "tracked_entities": "trackedEntity",
        "enrollments": "enrollment",
        "events": "event",
        "include_deleted": "includeDeleted",
        "order": "order",
        "fields": "fields",
    },
}
"""What DHIS2 calls the parts of a selection, for each kind of objects."""
_ONE_ALONE = {"orgUnit", "trackedEntity", "enrollment", "event", "program", "programStage", "trackedEntityType"}
"""Parameters that take one UID; DHIS2 refuses more, or ignores them."""


def selection_params(kind: TrackerKind, selection: TrackerSelection, dialect: Dialect) -> dict[str, ParamValue]:
    """The query parameters of a selection.

    Raises:
        InvalidRequestError: The version would refuse it, ignore a part of it, or fail on it.
    """
    names = NAMES[kind.key]
    params: dict[str, ParamValue] = {}
    for part, value in selection.items():
        if part == "params" or value is None:
            continue
        if part not in names:
            raise InvalidRequestError(f"{kind.key} cannot be selected by {part}; DHIS2 would ignore it.")
        params[dialect.tracker_parameters.get((kind.key, part), names[part])] = _text(part, names[part], value)
    if "updated_after" in selection or "updated_within" in selection:
        params.setdefault("includeDeleted", True)
    params |= selection.get("params", {})
    _check_units(kind, params, dialect)
    _check_needs(kind, selection, dialect)
    return params


def _text(part: str, name: str, value: object) -> ParamValue:
    if isinstance(value, (str, bool)):
        return value
    if isinstance(value, date):
        return moment_text(value)
    texts = [str(each) for each in cast("Sequence[object]", value)] if isinstance(value, Sequence) else []
    if not texts or (name in _ONE_ALONE and len(texts) > 1):
        raise InvalidRequestError(f"{part} takes {'one UID alone' if texts else 'at least one'} here.")
    return ",".join(texts)


def _check_units(kind: TrackerKind, params: Mapping[str, object], dialect: Dialect) -> None:
    mode, has_unit = params.get("orgUnitMode"), any(params.get(key) for key in ("orgUnits", "orgUnit"))
    if mode in ("SELECTED", "CHILDREN", "DESCENDANTS") and not has_unit:
        raise InvalidRequestError(f"org_unit_mode {mode} needs org_units.")
    if mode in ("ACCESSIBLE", "CAPTURE", "ALL") and has_unit:
        raise InvalidRequestError(f"org_unit_mode {mode} takes no org_units.")
    if mode == "CHILDREN" and kind is ENTITIES and not dialect.lists_entities_of_children:
        raise InvalidRequestError(
            f"DHIS2 2.{dialect.version.number} fails on entities of CHILDREN.",
            next_step="Give the children themselves as org_units, or DESCENDANTS.",
        )


def _check_needs(kind: TrackerKind, selection: TrackerSelection, dialect: Dialect) -> None:
    """Refuse a selection without what DHIS2 needs: it answers HTML, or an error that does not say what is missing."""
    if kind is ENTITIES:
        ways = [part for part in ("program", "tracked_entity_type") if selection.get(part)]
        if len(ways) > 1 or not (ways or selection.get("tracked_entities")):
            raise InvalidRequestError("Entities need program, or tracked_entity_type, or tracked_entities.")
    elif kind is RELATIONSHIPS:
        of = [part for part in ("tracked_entities", "enrollments", "events") if selection.get(part)]
        if len(of) != 1:
            raise InvalidRequestError("Relationships are those of one of tracked_entities, enrollments, events.")
    elif dialect.needs_program_of_lists and not selection.get("program"):
        raise InvalidRequestError(f"From 2.43 on {kind.key} are read for one program; give it.")
