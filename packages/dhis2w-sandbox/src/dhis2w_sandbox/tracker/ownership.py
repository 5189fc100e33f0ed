"""Where a user may work: the units they enter data for and search in, and the entities that their units own.

Source: `UserDetails`, `DefaultTrackerOwnershipManager` and `DefaultTrackerAccessManager` of dhis2-core.
"""

from __future__ import annotations

from typing import Any

from dhis2w_sandbox.documents import linked
from dhis2w_sandbox.metadata import access
from dhis2w_sandbox.metadata.units import UNIT, lineage
from dhis2w_sandbox.server import Server
from dhis2w_sandbox.tracker.record_store import RecordStore
from dhis2w_sandbox.tracker.records import (
    ENROLLMENT,
    EVENT,
    Enrollment,
    Event,
    Relationship,
    RelationshipEnd,
    TrackedEntity,
)
from dhis2w_sandbox.user import User

Json = dict[str, Any]


class Scope:
    """What one user may reach.

    Args:
        server: where.
        user: who.
        records: the tracker data.
    """

    def __init__(self, server: Server, user: User, records: RecordStore) -> None:
        self._server = server
        self._store = server.store
        self.user = user
        self._records = records
        self._capture = self._units("organisationUnits")
        self._named = self._units("teiSearchOrganisationUnits") or self._capture
        self._search = self._named | self._capture if server.behaviour.searches_own_units else self._named

    def captures(self, unit: str) -> bool:
        """Whether the user enters data for a unit; a superuser has to be assigned to it too."""
        return not self._capture.isdisjoint(self._path(unit))

    def searches(self, unit: str) -> bool:
        """Whether the user may search in a unit: by their search units, in newer versions by those for entry too."""
        return not self._search.isdisjoint(self._path(unit))

    def is_search_unit(self, unit: str) -> bool:
        """Whether a unit is below a search unit of the user, or, where they have none, below one for entry."""
        return not self._named.isdisjoint(self._path(unit))

    def may(self, verb: str, type: str, uid: str | None) -> bool:
        """Whether sharing lets the user `read` or `write` data of a metadata object; of none at all: no."""
        document = self._store.get(type, uid or "")
        if document is None:
            return self.user.is_super
        schema = self._server.schemas.by_singular[type]
        can = access.can_data_read if verb == "read" else access.can_data_write
        return can(self.user, schema, document)

    def owner_unit(self, tracked_entity: str, program: str) -> str | None:
        """The unit that owns an entity in a program: the one noted, otherwise its own."""
        owner = self._records.owner(tracked_entity, program)
        if owner is not None:
            return owner.unit
        entity = self._records.tracked_entities.get(tracked_entity)
        return entity.unit if entity else None

    def has_ownership(self, tracked_entity: str, program: Json, owner: str | None) -> bool:
        """Whether the user may work with an entity that a unit owns in a program; its access level decides."""
        if self.user.is_super or program.get("programType") == "WITHOUT_REGISTRATION" or owner is None:
            return True
        level = program.get("accessLevel") or "OPEN"
        if level in {"OPEN", "AUDITED"}:
            return self.searches(owner)
        if self.captures(owner):
            return True
        now = self._server.now()
        granted = self._records.is_temporary_owner(tracked_entity, program["id"], self.user.uid, now)
        return level == "PROTECTED" and granted

    def owns(self, tracked_entity: str, program: Json) -> bool:
        """As `has_ownership`, by whoever owns the entity."""
        return self.has_ownership(tracked_entity, program, self.owner_unit(tracked_entity, program["id"]))

    def programs_of(self, tracked_entity_type: str) -> list[Json]:
        """The programs with registration for a type of entity."""
        return [
            program
            for program in self._store.all("program")
            if program.get("programType") != "WITHOUT_REGISTRATION"
            and linked(program, "trackedEntityType") == tracked_entity_type
        ]

    def reads_entity(self, entity: TrackedEntity) -> bool:
        """Whether the user may read a tracked entity, through at least one program."""
        if self.user.is_super:
            return True
        programs = [program for program in self.programs_of(entity.type) if self.may("read", "program", program["id"])]
        return self.may("read", "trackedEntityType", entity.type) and any(
            self.owns(entity.uid, program) for program in programs
        )

    def writes_entity(self, entity: TrackedEntity) -> bool:
        """Whether the user may change a tracked entity, through at least one program."""
        if self.user.is_super:
            return True
        return self.may("write", "trackedEntityType", entity.type) and any(
            self.may("write", "program", program["id"]) and self.owns(entity.uid, program)
            for program in self.programs_of(entity.type)
        )

    def reads_relationship(self, relationship: Relationship) -> bool:
        """Whether the user may read a relationship: data of its type, and both of its sides."""
        return (
            self.may("read", "relationshipType", relationship.type)
            and self.reads_end(relationship.source)
            and self.reads_end(relationship.target)
        )

    def reads_end(self, end: RelationshipEnd) -> bool:
        """Whether the user may read one side of a relationship."""
        return self._reaches_end(end, "read")

    def writes_end(self, end: RelationshipEnd) -> bool:
        """Whether the user may change one side of a relationship."""
        return self._reaches_end(end, "write")

    def _reaches_end(self, end: RelationshipEnd, verb: str) -> bool:
        if self.user.is_super:
            return True
        if end.kind == ENROLLMENT:
            enrollment = self._records.enrollments.get(end.uid)
            return enrollment is None or self._reaches_enrollment(enrollment, verb)
        if end.kind == EVENT:
            event = self._records.events.get(end.uid)
            return event is None or self._reaches_event(event, verb)
        entity = self._records.tracked_entities.get(end.uid)
        reach = self.reads_entity if verb == "read" else self.writes_entity
        return entity is None or reach(entity)

    def _reaches_enrollment(self, enrollment: Enrollment, verb: str) -> bool:
        program = self._store.get("program", enrollment.program) or {}
        return (
            self.may(verb, "program", enrollment.program)
            and self.may("read", "trackedEntityType", linked(program, "trackedEntityType"))
            and self.owns(enrollment.tracked_entity, program)
        )

    def _reaches_event(self, event: Event, verb: str) -> bool:
        program = self._store.get("program", event.program) or {}
        enrollment = self._records.enrollments.get(event.enrollment) if event.enrollment else None
        if verb == "read" and not self._reads_options(event.attribute_option_combo):
            return False
        if enrollment is None:
            return self.may(verb, "program", event.program) and (
                verb == "write" or self._sees_unit(program, event.unit)
            )
        return (
            self.may(verb, "programStage", event.stage)
            and self._reaches_enrollment(enrollment, "read")
            and (verb == "read" or self.searches(event.unit))
        )

    def _reads_options(self, combo: str) -> bool:
        """Whether the user reads data of every option of an attribute option combo."""
        options = (self._store.get("categoryOptionCombo", combo) or {}).get("categoryOptions") or ()
        return all(self.may("read", "categoryOption", row["id"]) for row in options)

    def _sees_unit(self, program: Json, unit: str) -> bool:
        closed = program.get("accessLevel") in {"CLOSED", "PROTECTED"}
        return self.captures(unit) if closed else self.searches(unit)

    def _units(self, key: str) -> set[str]:
        return {row["id"] for row in self.user.document.get(key) or ()}

    def _path(self, unit: str) -> list[str]:
        document = self._store.get(UNIT, unit)
        return lineage(self._store, document) if document else []
