"""What tracker stores: tracked entities, enrollments, events and relationships, as frozen values.

Identifiers are uids, times are texts as DHIS2 writes them (`2026-01-31T12:00:00.000`, UTC), geometries are GeoJSON.
Source: `TrackedEntity`, `Enrollment`, `Event` (43: `TrackerEvent`, `SingleEvent`) and `Relationship` of dhis2-api.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]

TRACKED_ENTITY, ENROLLMENT, EVENT, RELATIONSHIP = "TRACKED_ENTITY", "ENROLLMENT", "EVENT", "RELATIONSHIP"
"""DHIS2's `TrackerType`s."""


@dataclass(frozen=True)
class UserInfo:
    """A user as it was when something was written: `createdBy`, `updatedBy`."""

    uid: str
    username: str
    first_name: str | None = None
    surname: str | None = None


@dataclass(frozen=True)
class AttributeValue:
    """The value of an attribute of a tracked entity."""

    attribute: str
    value: str | None
    created_at: str
    updated_at: str
    stored_by: str | None = None


@dataclass(frozen=True)
class EventValue:
    """The value of a data element in an event."""

    element: str
    value: str
    created_at: str
    updated_at: str
    stored_by: str | None = None
    provided_elsewhere: bool = False
    created_by: UserInfo | None = None
    updated_by: UserInfo | None = None


@dataclass(frozen=True)
class Note:
    """A note of an enrollment or an event."""

    uid: str
    value: str
    stored_at: str
    stored_by: str | None = None
    created_by: UserInfo | None = None


@dataclass(frozen=True, kw_only=True)
class Written:
    """When and by whom a record was written."""

    created_at: str
    updated_at: str
    created_at_client: str | None = None
    updated_at_client: str | None = None
    created_by: UserInfo | None = None
    updated_by: UserInfo | None = None
    stored_by: str | None = None
    deleted: bool = False
    """Whether it was deleted: the row stays, and so does its uid."""


@dataclass(frozen=True, kw_only=True)
class TrackedEntity(Written):
    """A person or thing that is followed."""

    uid: str
    type: str
    """The tracked entity type."""
    unit: str
    inactive: bool = False
    potential_duplicate: bool = False
    geometry: Json | None = None
    attributes: tuple[AttributeValue, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Enrollment(Written):
    """A tracked entity in a program."""

    uid: str
    tracked_entity: str
    program: str
    unit: str
    status: str
    """ACTIVE, COMPLETED or CANCELLED."""
    enrolled_at: str
    occurred_at: str | None = None
    completed_at: str | None = None
    completed_by: str | None = None
    """A login name."""
    follow_up: bool = False
    geometry: Json | None = None
    attribute_option_combo: str | None = None
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Event(Written):
    """What happened at one stage: within an enrollment, or single."""

    uid: str
    program: str
    stage: str
    unit: str
    enrollment: str | None
    """None for single events (programs without registration)."""
    status: str
    """ACTIVE, COMPLETED, SCHEDULE, OVERDUE, SKIPPED or VISITED."""
    attribute_option_combo: str
    occurred_at: str | None = None
    scheduled_at: str | None = None
    completed_at: str | None = None
    completed_by: str | None = None
    """A login name."""
    assigned_user: str | None = None
    follow_up: bool = False
    geometry: Json | None = None
    values: tuple[EventValue, ...] = ()
    notes: tuple[Note, ...] = ()

    @property
    def is_single(self) -> bool:
        """Whether it belongs to no enrollment."""
        return self.enrollment is None


@dataclass(frozen=True)
class RelationshipEnd:
    """One side of a relationship."""

    kind: str
    """TRACKED_ENTITY, ENROLLMENT or EVENT."""
    uid: str


@dataclass(frozen=True, kw_only=True)
class Relationship(Written):
    """A link between two tracked entities, enrollments or events."""

    uid: str
    type: str
    """The relationship type."""
    source: RelationshipEnd
    """`from`."""
    target: RelationshipEnd
    """`to`."""


@dataclass(frozen=True)
class Owner:
    """Which organisation unit owns a tracked entity in a program."""

    tracked_entity: str
    program: str
    unit: str
    created_at: str
    created_by: str
    """A login name."""


@dataclass(frozen=True)
class Change:
    """One row of a change log."""

    object: str
    """The tracked entity or event."""
    kind: str
    """`attribute`, `dataElement` or `field`."""
    field: str
    """The uid of the attribute or data element, or the name of the field (`occurredAt`, `scheduledAt`, `geometry`)."""
    type: str
    """CREATE, UPDATE or DELETE."""
    previous: str | None
    current: str | None
    created_at: str
    created_by: UserInfo
