# ruff: noqa: N815, RUF012 - attributes have the API's names; SPANS is a ClassVar of the base
"""The objects of tracker, under the API's names. What DHIS2 sends beyond them is kept.

Source: `webapi/controller/tracker/view` and `…/imports/domain` of 2.41 to 2.43.
"""

from typing import Any

from pydantic import Field

from dhis2w_client.models.generated.enrollment_status import EnrollmentStatus
from dhis2w_client.models.generated.event_status import EventStatus
from dhis2w_client.models.server_model import ServerModel
from dhis2w_client.models.timestamp import DateTime


class TrackerUser(ServerModel):
    """Who did something."""

    uid: str | None = None
    username: str | None = None
    displayName: str | None = None
    firstName: str | None = None
    surname: str | None = None


class Note(ServerModel):
    """A note on an enrollment or event; only one with a UID of its own can be sent twice without becoming two."""

    note: str | None = None
    value: str | None = None
    storedAt: DateTime | None = None
    storedBy: str | None = None
    createdBy: TrackerUser | None = None


class AttributeValue(ServerModel):
    """The value of an attribute of a tracked entity; a `value` of None deletes it on the server."""

    attribute: str | None = None
    code: str | None = None
    displayName: str | None = None
    valueType: str | None = None
    value: str | None = None
    createdAt: DateTime | None = None
    updatedAt: DateTime | None = None
    storedBy: str | None = None


class EventDataValue(ServerModel):
    """The value of a data element in an event; a `value` of None deletes it on the server."""

    dataElement: str | None = None
    value: str | None = None
    providedElsewhere: bool | None = None
    createdAt: DateTime | None = None
    updatedAt: DateTime | None = None
    storedBy: str | None = None
    createdBy: TrackerUser | None = None
    updatedBy: TrackerUser | None = None


class ProgramOwner(ServerModel):
    """The unit that owns a tracked entity in a program."""

    orgUnit: str | None = None
    trackedEntity: str | None = None
    program: str | None = None


class RelationshipItem(ServerModel):
    """One side of a relationship: one of the three is set, to an object with its UID under the same key.

    `{"trackedEntity": {"trackedEntity": "F8yKM85NbxW"}}`; DHIS2 sends attributes and more along.
    """

    trackedEntity: dict[str, Any] | None = None
    enrollment: dict[str, Any] | None = None
    event: dict[str, Any] | None = None


class Relationship(ServerModel):
    """A link between two objects of tracker (`/api/tracker/relationships`)."""

    relationship: str | None = None
    relationshipName: str | None = None
    relationshipType: str | None = None
    createdAt: DateTime | None = None
    createdAtClient: DateTime | None = None
    updatedAt: DateTime | None = None
    bidirectional: bool | None = None
    deleted: bool | None = None
    from_: RelationshipItem | None = Field(default=None, alias="from")
    to: RelationshipItem | None = None


class Event(ServerModel):
    """Something that happened, or is to happen (`/api/tracker/events`)."""

    SPANS = {"storedBy": "41-43"}

    event: str | None = None
    status: EventStatus | None = None
    program: str | None = None
    programStage: str | None = None
    enrollment: str | None = None
    enrollmentStatus: EnrollmentStatus | None = None
    trackedEntity: str | None = None
    orgUnit: str | None = None
    occurredAt: DateTime | None = None
    scheduledAt: DateTime | None = None
    followUp: bool | None = None
    deleted: bool | None = None
    createdAt: DateTime | None = None
    createdAtClient: DateTime | None = None
    updatedAt: DateTime | None = None
    updatedAtClient: DateTime | None = None
    attributeOptionCombo: str | None = None
    attributeCategoryOptions: str | None = None
    completedBy: str | None = None
    completedAt: DateTime | None = None
    storedBy: str | None = None
    createdBy: TrackerUser | None = None
    updatedBy: TrackerUser | None = None
    assignedUser: TrackerUser | None = None
    geometry: dict[str, Any] | None = None
    dataValues: list[EventDataValue] | None = None
    notes: list[Note] | None = None
    relationships: list[Relationship] | None = None


class Enrollment(ServerModel):
    """A tracked entity in a program (`/api/tracker/enrollments`)."""

    SPANS = {"attributeOptionCombo": "43-44"}

    enrollment: str | None = None
    trackedEntity: str | None = None
    program: str | None = None
    status: EnrollmentStatus | None = None
    orgUnit: str | None = None
    enrolledAt: DateTime | None = None
    occurredAt: DateTime | None = None
    followUp: bool | None = None
    deleted: bool | None = None
    createdAt: DateTime | None = None
    createdAtClient: DateTime | None = None
    updatedAt: DateTime | None = None
    updatedAtClient: DateTime | None = None
    attributeOptionCombo: str | None = None
    completedBy: str | None = None
    completedAt: DateTime | None = None
    storedBy: str | None = None
    createdBy: TrackerUser | None = None
    updatedBy: TrackerUser | None = None
    geometry: dict[str, Any] | None = None
    events: list[Event] | None = None
    attributes: list[AttributeValue] | None = None
    notes: list[Note] | None = None
    relationships: list[Relationship] | None = None


class TrackedEntity(ServerModel):
    """A person, a thing, a place that is followed (`/api/tracker/trackedEntities`)."""

    trackedEntity: str | None = None
    trackedEntityType: str | None = None
    orgUnit: str | None = None
    inactive: bool | None = None
    deleted: bool | None = None
    potentialDuplicate: bool | None = None
    createdAt: DateTime | None = None
    createdAtClient: DateTime | None = None
    updatedAt: DateTime | None = None
    updatedAtClient: DateTime | None = None
    storedBy: str | None = None
    createdBy: TrackerUser | None = None
    updatedBy: TrackerUser | None = None
    geometry: dict[str, Any] | None = None
    attributes: list[AttributeValue] | None = None
    enrollments: list[Enrollment] | None = None
    relationships: list[Relationship] | None = None
    programOwners: list[ProgramOwner] | None = None


class TrackerPayload(ServerModel):
    """What is sent to tracker in one request: objects side by side, or nested in each other."""

    trackedEntities: list[TrackedEntity] | None = None
    enrollments: list[Enrollment] | None = None
    events: list[Event] | None = None
    relationships: list[Relationship] | None = None
