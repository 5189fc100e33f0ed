"""The objects of a tracker import as they were sent: flattened, with an identifier each.

They are changed while the import goes on: preprocessors fill in programs and combos, rules assign values.
Source: `Body`, `BodyConverter` and the `view` and `imports.domain` classes of dhis2-core.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from dhis2w_sandbox.data.identifiers import IdScheme
from dhis2w_sandbox.tracker.records import ENROLLMENT, EVENT, RELATIONSHIP, TRACKED_ENTITY
from dhis2w_sandbox.tracker.reporter import Argument

Json = dict[str, Any]


@dataclass(frozen=True)
class Identifier:
    """What names a metadata object: a text in an identifier scheme."""

    scheme: IdScheme
    text: str | None

    @property
    def is_blank(self) -> bool:
        """Whether it names nothing."""
        return not self.text or not self.text.strip()

    @property
    def argument(self) -> Argument:
        """The identifier as messages and `args` show it."""
        attribute = self.scheme.attribute
        name, value = (attribute, self.text) if attribute else (self.text, None)
        java = (
            f"MetadataIdentifier(idScheme={self.scheme.kind}, identifier={name or 'null'},"
            f" attributeValue={value or 'null'})"
        )
        return Argument(self.text or "null", java)


@dataclass
class SentValue:
    """An attribute of a tracked entity or an enrollment, or a data value of an event."""

    field: Identifier
    """The attribute or data element."""
    value: str | None
    stored_by: str | None = None
    provided_elsewhere: bool = False


@dataclass
class SentNote:
    """A note of an enrollment or an event."""

    uid: str
    value: str | None
    stored_by: str | None = None


@dataclass
class SentUser:
    """The user to whom an event is assigned."""

    uid: str | None
    username: str | None

    @property
    def is_empty(self) -> bool:
        """Whether it names nobody."""
        return not self.uid and not self.username

    def printed(self, keys: tuple[str, ...]) -> str:
        """The user as Java prints one with these fields."""
        known = {"uid": self.uid, "username": self.username}
        fields = (f"{key}={known.get(key) or 'null'}" for key in keys)
        return f"User({', '.join(fields)})"


@dataclass
class SentEntity:
    """A tracked entity."""

    uid: str
    type: Identifier
    unit: Identifier
    inactive: bool = False
    potential_duplicate: bool = False
    geometry: Json | None = None
    stored_by: str | None = None
    created_at_client: str | None = None
    updated_at_client: str | None = None
    attributes: list[SentValue] = field(default_factory=list[SentValue])

    kind = TRACKED_ENTITY


@dataclass
class SentEnrollment:
    """An enrollment."""

    uid: str
    tracked_entity: str | None
    program: Identifier
    unit: Identifier
    attribute_option_combo: Identifier
    status: str = "ACTIVE"
    enrolled_at: str | None = None
    occurred_at: str | None = None
    completed_at: str | None = None
    follow_up: bool = False
    geometry: Json | None = None
    stored_by: str | None = None
    created_at_client: str | None = None
    updated_at_client: str | None = None
    attributes: list[SentValue] = field(default_factory=list[SentValue])
    notes: list[SentNote] = field(default_factory=list[SentNote])

    kind = ENROLLMENT


@dataclass
class SentEvent:
    """An event."""

    uid: str
    enrollment: str | None
    program: Identifier
    stage: Identifier
    unit: Identifier
    attribute_option_combo: Identifier
    category_options: list[Identifier]
    status: str = "ACTIVE"
    occurred_at: str | None = None
    scheduled_at: str | None = None
    completed_at: str | None = None
    assigned_user: SentUser | None = None
    geometry: Json | None = None
    stored_by: str | None = None
    created_at_client: str | None = None
    updated_at_client: str | None = None
    values: list[SentValue] = field(default_factory=list[SentValue])
    notes: list[SentNote] = field(default_factory=list[SentNote])
    single: bool = False
    """Whether it is taken for one without an enrollment."""

    kind = EVENT


@dataclass(frozen=True)
class SentEnd:
    """One side of a relationship: what it names, which should be one thing."""

    tracked_entity: str | None = None
    enrollment: str | None = None
    event: str | None = None

    @property
    def named(self) -> list[tuple[str, str]]:
        """The things that it names, with their kind."""
        rows = ((TRACKED_ENTITY, self.tracked_entity), (ENROLLMENT, self.enrollment), (EVENT, self.event))
        return [(kind, uid) for kind, uid in rows if uid]


@dataclass
class SentRelationship:
    """A relationship."""

    uid: str
    type: Identifier
    source: SentEnd | None
    target: SentEnd | None
    created_at_client: str | None = None

    kind = RELATIONSHIP


Sent = SentEntity | SentEnrollment | SentEvent | SentRelationship


SentOne = TypeVar("SentOne", SentEntity, SentEnrollment, SentEvent)


@dataclass
class Index(Generic[SentOne]):
    """Where objects are in a list, by identifier; made again when there is another list, or more in it."""

    rows: list[SentOne] = field(default_factory=list[SentOne])
    length: int = 0
    by_uid: dict[str, SentOne] = field(default_factory=dict[str, SentOne])


def _first(index: Index[SentOne], rows: list[SentOne], uid: str | None) -> SentOne | None:
    """The first object with an identifier."""
    if index.rows is not rows or index.length != len(rows):
        index.rows, index.length = rows, len(rows)
        index.by_uid = {row.uid: row for row in reversed(rows)}
    return index.by_uid.get(uid or "")


@dataclass
class Payload:
    """Everything that was sent, flat."""

    entities: list[SentEntity] = field(default_factory=list[SentEntity])
    enrollments: list[SentEnrollment] = field(default_factory=list[SentEnrollment])
    events: list[SentEvent] = field(default_factory=list[SentEvent])
    relationships: list[SentRelationship] = field(default_factory=list[SentRelationship])
    _entities: Index[SentEntity] = field(default_factory=Index[SentEntity])
    _enrollments: Index[SentEnrollment] = field(default_factory=Index[SentEnrollment])
    _events: Index[SentEvent] = field(default_factory=Index[SentEvent])

    def sizes(self) -> dict[str, int]:
        """How many objects there are of each kind."""
        return {
            RELATIONSHIP: len(self.relationships),
            TRACKED_ENTITY: len(self.entities),
            ENROLLMENT: len(self.enrollments),
            EVENT: len(self.events),
        }

    def entity(self, uid: str | None) -> SentEntity | None:
        """The tracked entity that was sent under an identifier."""
        return _first(self._entities, self.entities, uid)

    def enrollment(self, uid: str | None) -> SentEnrollment | None:
        """The enrollment that was sent under an identifier."""
        return _first(self._enrollments, self.enrollments, uid)

    def event(self, uid: str | None) -> SentEvent | None:
        """The event that was sent under an identifier."""
        return _first(self._events, self.events, uid)
