"""Tracker's records as answers show them.

Source: the `view` classes and mappers (`TrackedEntityMapper` …) of the export controllers of dhis2-core.
"""

from __future__ import annotations

import hashlib
import string
from collections.abc import Iterable
from functools import cached_property
from typing import Any

from dhis2w_sandbox.metadata.java_order import WORD, hash_order, item_hash, text_hash
from dhis2w_sandbox.server import Server
from dhis2w_sandbox.tracker.ownership import Scope
from dhis2w_sandbox.tracker.reading.attributes_in_use import AttributesInUse
from dhis2w_sandbox.tracker.reading.choices import Choice
from dhis2w_sandbox.tracker.reading.naming import Naming
from dhis2w_sandbox.tracker.record_store import RecordStore
from dhis2w_sandbox.tracker.records import (
    ENROLLMENT,
    EVENT,
    TRACKED_ENTITY,
    AttributeValue,
    Enrollment,
    Event,
    EventValue,
    Note,
    Owner,
    Relationship,
    RelationshipEnd,
    TrackedEntity,
    UserInfo,
    Written,
)
from dhis2w_sandbox.user import User

Json = dict[str, Any]


class Views:
    """Makes JSON of records.

    Args:
        server: where the metadata is.
        user: who looks: what they may not read is left out of an object.
        records: the tracker data.
        naming: how metadata is named.
        deleted: whether deleted records are shown too.
        listed: how many tracked entities the list holds that is shown; 0 for one object by itself.
    """

    def __init__(
        self,
        server: Server,
        user: User,
        records: RecordStore,
        naming: Naming | None = None,
        *,
        deleted: bool = False,
        listed: int = 0,
    ) -> None:
        self._server = server
        self._store = server.store
        self._records = records
        self._scope = Scope(server, user, records)
        self._name = naming or Naming(server)
        self._deleted = deleted
        self._listed = listed

    def check_names(self) -> None:
        """422 where something that was shown has no name in the scheme that is asked for."""
        self._name.check()

    def entity(
        self, entity: TrackedEntity, choice: Choice, program: str | None = None, *, listed: int | None = None
    ) -> Json:
        """A tracked entity; with a program, what belongs to that.

        Args:
            entity: which.
            choice: what to show of it.
            program: the program asked for.
            listed: how many entities it is listed with, where that differs from the answer as a whole.
        """
        listed = self._listed if listed is None else listed
        row: Json = {
            "trackedEntity": entity.uid,
            "trackedEntityType": self._name("trackedEntityType", entity.type),
            **_times(entity),
            "orgUnit": self._name("organisationUnit", entity.unit),
            "inactive": entity.inactive,
            "deleted": entity.deleted,
            "potentialDuplicate": entity.potential_duplicate,
            "geometry": entity.geometry,
            "storedBy": entity.stored_by if self._server.behaviour.shows_storer_of_entities else None,
            **_people(entity),
        }
        if choice.has("relationships"):
            row["relationships"] = self._links(RelationshipEnd(TRACKED_ENTITY, entity.uid), choice)
        if choice.has("attributes"):
            shown = self._attributes_of(entity, program, choice) if listed else self._attributes_of_one(entity, program)
            row["attributes"] = self._attributes(entity, shown, listed)
        if choice.has("enrollments"):
            inner = choice.within("enrollments")
            row["enrollments"] = [self.enrollment(found, inner) for found in self._enrollments(entity.uid, program)]
        if choice.has("programOwners"):
            row["programOwners"] = self._owners(entity.uid, program, choice.within("programOwners"))
        return choice.picked(row)

    def enrollment(self, enrollment: Enrollment, choice: Choice) -> Json:
        """An enrollment."""
        row: Json = {
            "enrollment": enrollment.uid,
            **_times(enrollment),
            "trackedEntity": enrollment.tracked_entity,
            "program": self._name("program", enrollment.program),
            "status": enrollment.status,
            "orgUnit": self._name("organisationUnit", enrollment.unit),
            "enrolledAt": enrollment.enrolled_at,
            "occurredAt": enrollment.occurred_at,
            "followUp": enrollment.follow_up,
            "completedBy": enrollment.completed_by,
            "completedAt": enrollment.completed_at,
            "deleted": enrollment.deleted,
            "storedBy": enrollment.stored_by,
            **_people(enrollment),
            "geometry": enrollment.geometry,
        }
        if self._server.behaviour.splits_events:
            row["attributeOptionCombo"] = self._name("categoryOptionCombo", enrollment.attribute_option_combo)
        if choice.has("events"):
            inner = choice.within("events")
            row["events"] = [self.event(event, inner) for event in self._events(enrollment.uid)]
        if choice.has("relationships"):
            row["relationships"] = self._links(RelationshipEnd(ENROLLMENT, enrollment.uid), choice)
        if choice.has("attributes"):
            entity = self._records.tracked_entities.get(enrollment.tracked_entity)
            shown = self._in_use.of_programs.get(enrollment.program, set())
            row["attributes"] = self._attributes(entity, shown, self._listed) if entity else []
        row["notes"] = [_note(note) for note in enrollment.notes]
        return choice.picked(row)

    def event(self, event: Event, choice: Choice, *, single: bool | None = None) -> Json:
        """An event.

        Args:
            event: the event.
            choice: what is wanted of it.
            single: whether to leave out what only events of an enrollment have; None for the older view of both
                kinds, which alone has category options.
        """
        enrollment = self._records.enrollments.get(event.enrollment) if event.enrollment else None
        row: Json = {
            "event": event.uid,
            "status": event.status,
            "program": self._name("program", event.program),
            "programStage": None if single else self._name("programStage", event.stage),
            "enrollment": event.enrollment or self._placeholder(event.program),
            "trackedEntity": enrollment.tracked_entity if enrollment else None,
            "orgUnit": self._name("organisationUnit", event.unit),
            "occurredAt": event.occurred_at,
            "scheduledAt": event.scheduled_at,
            "storedBy": event.stored_by if self._server.behaviour.shows_storer_of_events else None,
            "followUp": None if single else event.follow_up,
            "deleted": event.deleted,
            **_times(event),
            "attributeOptionCombo": self._name("categoryOptionCombo", event.attribute_option_combo),
            "attributeCategoryOptions": (
                self._category_options(event.attribute_option_combo) if single is None else None
            ),
            "completedBy": event.completed_by,
            "completedAt": event.completed_at,
            "geometry": event.geometry,
            "assignedUser": self._assigned(event.assigned_user),
            **_people(event),
            "notes": [_note(note) for note in event.notes],
        }
        if choice.has("relationships"):
            row["relationships"] = self._links(RelationshipEnd(EVENT, event.uid), choice)
        if choice.has("dataValues"):
            values = hash_order(event.values, lambda value: 31 + text_hash(value.element) & WORD)
            row["dataValues"] = [self._value(value) for value in values]
        if not self._server.behaviour.names_users_of_event_values:
            row["followup"] = event.follow_up
        return choice.picked(row)

    def relationship(
        self, relationship: Relationship, choice: Choice, shown_with: RelationshipEnd | None = None
    ) -> Json:
        """A relationship, by itself or with an object that it belongs to."""
        type = self._store.get("relationshipType", relationship.type) or {}
        row: Json = {
            "relationship": relationship.uid,
            "relationshipName": type.get("name"),
            "relationshipType": self._name("relationshipType", relationship.type),
            "createdAt": relationship.created_at,
            "createdAtClient": relationship.created_at_client,
            "updatedAt": relationship.updated_at,
            "bidirectional": type.get("bidirectional", False),
        }
        for key, end in (("from", relationship.source), ("to", relationship.target)):
            if choice.has(key):
                row[key] = self._end(end, choice.within(key), None if end == shown_with else 0)
        return choice.picked(row)

    def _end(self, end: RelationshipEnd, choice: Choice, listed: int | None) -> Json | None:
        if end.kind == TRACKED_ENTITY:
            entity = self._records.tracked_entities.get(end.uid)
            inner = choice.within("trackedEntity")
            return {"trackedEntity": self.entity(entity, _without_links(inner), listed=listed)} if entity else None
        if end.kind == ENROLLMENT:
            enrollment = self._records.enrollments.get(end.uid)
            inner = choice.within("enrollment")
            return {"enrollment": self.enrollment(enrollment, _without_links(inner))} if enrollment else None
        event = self._records.events.get(end.uid)
        return {"event": self.event(event, _without_links(choice.within("event")))} if event else None

    def _links(self, end: RelationshipEnd, choice: Choice) -> list[Json]:
        """The relationships of an object: those from it, and those to it that hold in both directions."""
        inner = choice.within("relationships")
        return [
            self.relationship(found, inner, end)
            for found in self.relationships(end)
            if found.source == end or self._is_bidirectional(found.type)
        ]

    def relationships(self, end: RelationshipEnd) -> list[Relationship]:
        """The relationships from or to an object that the user may read; latest first."""
        key = f"{end.kind} {end.uid}"
        where = "(source = ? OR target = ?)" + ("" if self._deleted else " AND NOT deleted")
        return [
            row
            for row in self._records.relationships.select(where, [key, key], "number DESC")
            if self._scope.reads_relationship(row)
        ]

    def _is_bidirectional(self, type: str) -> bool:
        return bool((self._store.get("relationshipType", type) or {}).get("bidirectional"))

    def _enrollments(self, entity: str, program: str | None) -> Iterable[Enrollment]:
        where = "tracked_entity = ?" + ("" if self._deleted else " AND NOT deleted")
        for enrollment in self._records.enrollments.select(where, [entity]):
            if program in {None, enrollment.program} and self._scope.reads_end(
                RelationshipEnd(ENROLLMENT, enrollment.uid)
            ):
                yield enrollment

    def _events(self, enrollment: str) -> Iterable[Event]:
        where = "enrollment = ?" + ("" if self._deleted else " AND NOT deleted")
        for event in self._records.events.select(where, [enrollment]):
            if self._scope.may("read", "programStage", event.stage):
                yield event

    def _owners(self, entity: str, program: str | None, choice: Choice) -> list[Json]:
        return [
            choice.picked({"orgUnit": owner.unit, "trackedEntity": owner.tracked_entity, "program": owner.program})
            for owner in self._records.owners_of(entity)
            if program in {None, owner.program}
        ]

    @cached_property
    def _in_use(self) -> AttributesInUse:
        return AttributesInUse.now(self._store)

    def _attributes_of_one(self, entity: TrackedEntity, program: str | None) -> set[str]:
        """Which attributes an entity by itself shows: in 2.41 those of its type, later those of any."""
        only = entity.type if self._server.behaviour.lists_attributes_by_enrollment else None
        return self._in_use.shown([program] if program else [], only)

    def _attributes_of(self, entity: TrackedEntity, program: str | None, choice: Choice) -> set[str]:
        """Which attributes an entity shows in a list: those of any type, and those of programs.

        A superuser of 2.41 sees those of any program, others those of the program asked for, or, where enrollments are
        shown, of each program that has the entity within their reach.
        """
        if not self._server.behaviour.lists_attributes_by_enrollment:
            return self._attributes_of_one(entity, program)
        in_use, programs = AttributesInUse.kept(self._server), [program] if program else []
        if self._scope.user.is_super:
            programs = list(in_use.of_programs)
        elif not program and choice.has("enrollments"):
            programs = [owner.program for owner in self._records.owners_of(entity.uid) if self._reaches(owner)]
        return in_use.shown(programs)

    def _reaches(self, owner: Owner) -> bool:
        """Whether the unit that owns an entity is one that the user searches, or enters data for, by its program."""
        level = (self._store.get("program", owner.program) or {}).get("accessLevel") or "OPEN"
        captures = self._scope.captures(owner.unit)
        return captures or (level in {"OPEN", "AUDITED"} and self._scope.searches(owner.unit))

    def _attributes(self, entity: TrackedEntity, shown: set[str], listed: int) -> list[Json]:
        values = [value for value in entity.attributes if value.attribute in shown]
        if self._server.behaviour.keeps_attributes_in_sets:
            values = self._as_set(values) if not listed else values[::-1] if listed > 1 else values
        return [self._attribute(value) for value in values]

    def _as_set(self, values: list[AttributeValue]) -> list[AttributeValue]:
        """The order of a Java set of attribute values."""

        def hash_of(value: AttributeValue) -> int:
            attribute = self._store.get("trackedEntityAttribute", value.attribute) or {"id": value.attribute}
            return ((59 + item_hash(attribute)) * 59 + (43 if value.value is None else text_hash(value.value))) & WORD

        return hash_order(values, hash_of)

    def _attribute(self, value: AttributeValue) -> Json:
        document = self._store.get("trackedEntityAttribute", value.attribute) or {}
        return _present(
            attribute=self._name("trackedEntityAttribute", value.attribute),
            code=document.get("code"),
            displayName=document.get("name"),
            createdAt=value.created_at,
            updatedAt=value.updated_at,
            storedBy=value.stored_by,
            valueType=document.get("valueType"),
            value=value.value,
        )

    def _value(self, value: EventValue) -> Json:
        users = self._server.behaviour.names_users_of_event_values
        return _present(
            createdAt=value.created_at,
            updatedAt=value.updated_at,
            storedBy=value.stored_by,
            providedElsewhere=value.provided_elsewhere,
            dataElement=self._name("dataElement", value.element),
            value=value.value,
            createdBy=user_json(value.created_by) if users else None,
            updatedBy=user_json(value.updated_by) if users else None,
        )

    def _category_options(self, combo: str) -> str | None:
        document = self._store.get("categoryOptionCombo", combo) or {}
        names = [self._name("categoryOption", option["id"]) for option in document.get("categoryOptions") or ()]
        return ",".join(name for name in names if name) or None

    def _assigned(self, uid: str | None) -> Json | None:
        user = self._server.user(uid) if uid else None
        if user is None:
            return None
        first, last = user.document.get("firstName"), user.document.get("surname")
        return user_json(UserInfo(user.uid, user.username, first, last))

    def _placeholder(self, program: str) -> str | None:
        """The enrollment that older versions give to all single events of a program."""
        if self._server.behaviour.splits_events:
            return None
        digest = hashlib.sha256(program.encode()).digest()
        return "".join(string.ascii_letters[byte % 52] for byte in digest[:11])


def user_json(user: UserInfo | None) -> Json | None:
    """A user as answers show who wrote something."""
    if user is None:
        return None
    return _present(uid=user.uid, username=user.username, firstName=user.first_name, surname=user.surname)


def _without_links(choice: Choice) -> Choice:
    """What is wanted of an end of a relationship, which has no relationships of its own."""
    return choice.without("relationships")


def _note(note: Note) -> Json:
    return _present(
        note=note.uid,
        storedAt=note.stored_at,
        value=note.value,
        createdBy=user_json(note.created_by),
        storedBy=note.stored_by,
    )


def _times(record: Written) -> Json:
    return {
        "createdAt": record.created_at,
        "createdAtClient": record.created_at_client,
        "updatedAt": record.updated_at,
        "updatedAtClient": record.updated_at_client,
    }


def _people(record: Written) -> Json:
    return {"createdBy": user_json(record.created_by), "updatedBy": user_json(record.updated_by)}


def _present(**fields: Any) -> Json:
    return {key: value for key, value in fields.items() if value is not None}
