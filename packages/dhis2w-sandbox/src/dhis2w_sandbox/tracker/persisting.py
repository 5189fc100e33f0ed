"""Stores what a tracker import brings: values are merged into what is there, fields of an object are overwritten.

Source: `TrackerObjectsMapper` and the persisters of dhis2-core; recordings `tracker/update-merge`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any, cast

from dhis2w_sandbox.boot import DEFAULT_OPTION_COMBO
from dhis2w_sandbox.errors import Dhis2Refusal
from dhis2w_sandbox.tracker.bundle import UPDATE, Bundle
from dhis2w_sandbox.tracker.import_report import TypeReport
from dhis2w_sandbox.tracker.payload import (
    Sent,
    SentEnd,
    SentEnrollment,
    SentEntity,
    SentEvent,
    SentNote,
    SentRelationship,
    SentValue,
)
from dhis2w_sandbox.tracker.records import (
    ENROLLMENT,
    EVENT,
    RELATIONSHIP,
    TRACKED_ENTITY,
    AttributeValue,
    Change,
    Enrollment,
    Event,
    EventValue,
    Note,
    Owner,
    Relationship,
    RelationshipEnd,
    TrackedEntity,
)

Json = dict[str, Any]


Stored = Enrollment | Event

_FILES_OF = {"trackedEntityAttribute": {"FILE_RESOURCE"}, "dataElement": {"FILE_RESOURCE", "IMAGE"}}


class Persister:
    """Writes the objects of a bundle that passed its checks."""

    def __init__(self, bundle: Bundle) -> None:
        self._bundle = bundle
        self._records = bundle.records
        self._me = bundle.user_info
        self._touched: set[str] = set()

    def persist(self) -> list[TypeReport]:
        """Store everything, and say what became of it."""
        payload = self._bundle.payload
        if self._bundle.behaviour.splits_events:
            self._refuse_repeated()
        reports = {kind: TypeReport(kind) for kind in (TRACKED_ENTITY, ENROLLMENT, EVENT, RELATIONSHIP)}
        for entity in payload.entities:
            self._put_entity(entity)
            self._count(reports[TRACKED_ENTITY], entity)
        for enrollment in payload.enrollments:
            self._put_enrollment(enrollment)
            self._count(reports[ENROLLMENT], enrollment)
        for event in payload.events:
            self._put_event(event)
            self._count(reports[EVENT], event)
        for relationship in payload.relationships:
            if self._bundle.is_new(relationship):
                self._put_relationship(relationship)
                self._count(reports[RELATIONSHIP], relationship)
            else:
                reports[RELATIONSHIP].ignored += 1
        for uid in self._touched:
            self.touch(uid)
        return list(reports.values())

    def touch(self, tracked_entity: str) -> None:
        """Note that something about an entity was written."""
        entity = self._records.tracked_entities.get(tracked_entity)
        if entity is not None:
            self._records.tracked_entities.put(replace(entity, updated_at=self._now(), updated_by=self._me))

    def _now(self) -> str:
        return self._bundle.server.now()

    def _refuse_repeated(self) -> None:
        """End in the failure that two new objects with one identifier make (43 and newer)."""
        payload = self._bundle.payload
        tables: tuple[tuple[str, Sequence[Sent]], ...] = (
            ("trackedentityinstance", payload.entities),
            ("programinstance", payload.enrollments),
            ("trackerevent", [event for event in payload.events if not event.single]),
            ("singleevent", [event for event in payload.events if event.single]),
        )
        for table, items in tables:
            new = [item.uid for item in items if self._bundle.is_new(item)]
            if len(set(new)) < len(new):
                key = "trackedentityid" if table == "trackedentityinstance" else "eventid"
                raise Dhis2Refusal(
                    500,
                    f'ERROR: duplicate key value violates unique constraint "{table}_pkey"\n'
                    f"  Detail: Key ({key})=({len(items)}) already exists.",
                )

    def _count(self, report: TypeReport, item: Sent) -> None:
        """Count what was written; 41 looks at what it wrote before, so that a repeated object is an update."""
        repeated = item.uid in report.uids and self._bundle.behaviour.counts_repetitions_as_updates
        if self._bundle.is_new(item) and not repeated:
            report.created += 1
        else:
            report.updated += 1
        report.uids.append(item.uid)

    def _stored_by(self, sent: str | None) -> str | None:
        return sent if self._bundle.behaviour.keeps_sent_stored_by else self._bundle.user.username

    def _still_stored_by(self, record: Stored, stored: Stored | None) -> str | None:
        """`storedBy` of a record that is written: before 43 an update loses it."""
        is_lost = stored is not None and self._bundle.behaviour.updates_lose_stored_by
        return None if is_lost else record.stored_by

    def _entity_stored_by(self, stored: TrackedEntity | None) -> str | None:
        """`storedBy` of a tracked entity: nobody (42), who wrote it last (41), or first."""
        behaviour = self._bundle.behaviour
        if behaviour.forgets_stored_by_of_entities:
            return None
        if stored is not None and not behaviour.updates_lose_stored_by:
            return stored.stored_by
        return self._bundle.user.username

    def _put_entity(self, entity: SentEntity) -> None:
        stored = self._records.tracked_entities.get(entity.uid)
        now = self._now()
        type = self._bundle.find("trackedEntityType", entity.type) or {}
        unit = self._bundle.unit(entity) or {}
        record = stored or TrackedEntity(
            uid=entity.uid,
            type=type["id"],
            unit=unit["id"],
            created_at=now,
            updated_at=now,
            created_by=self._me,
        )
        record = replace(
            record,
            type=type["id"],
            unit=unit["id"],
            updated_at=now,
            updated_by=self._me,
            created_at_client=entity.created_at_client,
            updated_at_client=entity.updated_at_client,
            potential_duplicate=entity.potential_duplicate,
            inactive=entity.inactive,
            geometry=entity.geometry,
            stored_by=self._entity_stored_by(stored),
        )
        self._records.tracked_entities.put(self._with_attributes(record, entity.attributes))
        self._touched.add(entity.uid)

    def _put_enrollment(self, enrollment: SentEnrollment) -> None:
        stored = self._records.enrollments.get(enrollment.uid)
        now = self._now()
        program = (self._bundle.program(enrollment) or {})["id"]
        unit = (self._bundle.unit(enrollment) or {})["id"]
        parent = enrollment.tracked_entity or ""
        if stored is None and self._records.owner(parent, program) is None:
            self._records.put_owner(Owner(parent, program, unit, now, self._bundle.user.username))
        record = stored or Enrollment(
            uid=enrollment.uid,
            tracked_entity=parent,
            program=program,
            unit=unit,
            status="",
            enrolled_at=now,
            created_at=now,
            updated_at=now,
            created_by=self._me,
            stored_by=self._stored_by(enrollment.stored_by),
        )
        record = replace(
            record,
            unit=unit,
            enrolled_at=enrollment.enrolled_at or now,
            occurred_at=enrollment.occurred_at or enrollment.enrolled_at,
            updated_at=now,
            updated_by=self._me,
            created_at_client=enrollment.created_at_client,
            updated_at_client=enrollment.updated_at_client,
            follow_up=enrollment.follow_up,
            geometry=enrollment.geometry,
            notes=record.notes + self._notes(enrollment.notes),
            attribute_option_combo=self._enrollment_combo(enrollment),
            stored_by=self._still_stored_by(record, stored),
        )
        self._records.enrollments.put(self._with_status(record, enrollment))
        entity = self._records.tracked_entities.get(parent)
        if entity is not None and enrollment.attributes:
            self._records.tracked_entities.put(self._with_attributes(entity, enrollment.attributes))
        self._touched.add(parent)

    def _with_status(self, record: Enrollment, sent: SentEnrollment) -> Enrollment:
        """The enrollment with the status that was sent; a change of it says when it was completed, and by whom."""
        if record.status == sent.status:
            return record
        sent_at = sent.completed_at if self._bundle.behaviour.ties_completion_to_status else None
        return replace(
            record,
            status=sent.status,
            completed_at=None if sent.status == "ACTIVE" else sent_at or self._now(),
            completed_by=self._bundle.user.username if sent.status == "COMPLETED" else None,
        )

    def _enrollment_combo(self, enrollment: SentEnrollment) -> str | None:
        if not self._bundle.behaviour.enrolls_with_option_combo:
            return None
        combo = self._bundle.option_combo(enrollment)
        return combo["id"] if combo else DEFAULT_OPTION_COMBO

    def _put_event(self, event: SentEvent) -> None:
        bundle = self._bundle
        stored = bundle.stored_event(event)
        now = self._now()
        combo = bundle.option_combo(event)
        stage = bundle.stage(event) or {}
        unit = (bundle.unit(event) or {})["id"]
        record = stored or Event(
            uid=event.uid,
            program=(bundle.program(event) or {})["id"],
            stage=stage["id"],
            unit=unit,
            enrollment=None if event.single else event.enrollment,
            status="",
            attribute_option_combo=DEFAULT_OPTION_COMBO,
            created_at=now,
            updated_at=now,
            created_by=self._me,
            stored_by=self._stored_by(event.stored_by),
        )
        keeps_schedule = not (event.single and bundle.behaviour.splits_events)
        updated = replace(
            record,
            unit=unit,
            updated_at=now,
            updated_by=self._me,
            created_at_client=event.created_at_client,
            updated_at_client=event.updated_at_client,
            occurred_at=event.occurred_at,
            scheduled_at=event.scheduled_at if keeps_schedule else None,
            geometry=event.geometry,
            attribute_option_combo=combo["id"] if combo else DEFAULT_OPTION_COMBO,
            assigned_user=self._assigned(event, stage),
            stored_by=self._still_stored_by(record, stored),
            notes=record.notes + self._notes(event.notes),
        )
        updated = self._completed(updated, event)
        self._log_fields(record if stored else None, updated)
        self._records.events.put(self._with_values(updated, event.values))
        parent = bundle.entity_of(event) if not event.single else None
        if parent:
            self._touched.add(parent)

    def _completed(self, record: Event, sent: SentEvent) -> Event:
        if sent.status != "COMPLETED":
            return replace(record, status=sent.status, completed_at=None, completed_by=None)
        if record.status == "COMPLETED":
            return record
        completed_at = sent.completed_at or self._now()
        return replace(record, status=sent.status, completed_at=completed_at, completed_by=self._bundle.user.username)

    def _assigned(self, event: SentEvent, stage: Json) -> str | None:
        user = event.assigned_user
        if user is None or not user.username or not stage.get("enableUserAssignment"):
            return None
        found = self._bundle.server.user_named(user.username)
        return found.uid if found else None

    def _put_relationship(self, relationship: SentRelationship) -> None:
        now = self._now()
        record = Relationship(
            uid=relationship.uid,
            type=(self._bundle.find("relationshipType", relationship.type) or {})["id"],
            source=_end(relationship.source),
            target=_end(relationship.target),
            created_at=now,
            updated_at=now,
            created_at_client=relationship.created_at_client,
            updated_by=self._me,
        )
        self._records.relationships.put(record)
        self._touched.update(self._origins(record))

    def _origins(self, relationship: Relationship) -> Iterable[str]:
        """The tracked entities that a relationship is written for: on both sides where it goes both ways."""
        both = self._bundle.get("relationshipType", relationship.type).get("bidirectional")
        ends = (relationship.source, relationship.target) if both else (relationship.source,)
        return self._records.entities_at(ends)

    def _notes(self, notes: list[SentNote]) -> tuple[Note, ...]:
        now = self._now()
        return tuple(Note(note.uid, note.value or "", now, self._stored_by(note.stored_by), self._me) for note in notes)

    def _with_attributes(self, entity: TrackedEntity, sent: list[SentValue]) -> TrackedEntity:
        """The entity with the values that were sent: those without a text are removed, the others stay.

        Before 43 a value without a text that was not there before is stored as it came.
        """
        keeps_empty = self._bundle.behaviour.keeps_empty_attributes
        values = {row.attribute: row for row in entity.attributes}
        fresh: set[str] = set()
        changes: list[Change] = []
        now = self._now()
        for row in sent:
            attribute = (self._bundle.find("trackedEntityAttribute", row.field) or {})["id"]
            stored = values.get(attribute)
            if not row.value and (stored is not None or not keeps_empty):
                if stored is not None:
                    del values[attribute]
                    changes.append(self._change(entity.uid, "attribute", attribute, stored.value, None))
                    self._mark_file(attribute, "trackedEntityAttribute", stored.value, entity.uid, assigned=False)
            elif stored is None or stored.value != row.value:
                if attribute in fresh and self._bundle.behaviour.repeated_attribute_failure:
                    raise Dhis2Refusal(500, self._bundle.behaviour.repeated_attribute_failure)
                fresh |= {attribute} - values.keys()
                created = stored.created_at if stored else now
                values[attribute] = AttributeValue(attribute, row.value, created, now, self._stored_by(row.stored_by))
                previous = stored.value if stored else None
                changes.append(self._change(entity.uid, "attribute", attribute, previous, row.value))
                self._mark_file(attribute, "trackedEntityAttribute", row.value, entity.uid, assigned=True)
        if _logs(self._bundle.get("trackedEntityType", entity.type), self._bundle.behaviour.entity_change_log_flag):
            self._records.log(changes)
        return replace(entity, attributes=tuple(values.values()))

    def _with_values(self, event: Event, sent: list[SentValue]) -> Event:
        """The event with the values that were sent: those without a text are removed, the others stay."""
        values = {row.element: row for row in event.values}
        changes: list[Change] = []
        now = self._now()
        for row in sent:
            element = (self._bundle.find("dataElement", row.field) or {})["id"]
            stored = values.get(element)
            elsewhere = row.provided_elsewhere and self._bundle.behaviour.keeps_provided_elsewhere
            if not row.value or not row.value.strip():
                if stored is not None:
                    del values[element]
                    changes.append(self._change(event.uid, "dataElement", element, stored.value, None))
                    self._mark_file(element, "dataElement", stored.value, event.uid, assigned=False)
                continue
            if stored is None:
                values[element] = EventValue(
                    element,
                    row.value,
                    now,
                    now,
                    self._bundle.user.username,
                    elsewhere,
                    self._me,
                    self._me,
                )
            elif stored.value != row.value:
                values[element] = replace(
                    stored,
                    value=row.value,
                    updated_at=now,
                    updated_by=self._me,
                    provided_elsewhere=elsewhere,
                )
            else:
                continue
            previous = stored.value if stored else None
            changes.append(self._change(event.uid, "dataElement", element, previous, row.value))
            if previous is not None and self._bundle.behaviour.releases_replaced_files:
                self._mark_file(element, "dataElement", previous, event.uid, assigned=False)
            self._mark_file(element, "dataElement", row.value, event.uid, assigned=True)
        if _logs(self._bundle.get("program", event.program), self._bundle.behaviour.event_change_log_flag):
            self._records.log(changes)
        return replace(event, values=tuple(values.values()))

    def _mark_file(self, field: str, type: str, value: str | None, owner: str, *, assigned: bool) -> None:
        """Note that a file belongs to an object now, or no longer; images of attributes are never noted."""
        if self._bundle.get(type, field).get("valueType") not in _FILES_OF[type]:
            return
        file = self._bundle.store.get("fileResource", value or "")
        if file is not None:
            self._bundle.store.put(
                "fileResource", file["id"], {**file, "assigned": assigned, "fileResourceOwner": owner}
            )

    def _log_fields(self, before: Event | None, after: Event) -> None:
        if not _logs(self._bundle.get("program", after.program), self._bundle.behaviour.event_change_log_flag):
            return
        changes: list[Change] = []
        for field, previous, current in (
            ("scheduledAt", _date(before.scheduled_at if before else None), _date(after.scheduled_at)),
            ("occurredAt", _date(before.occurred_at if before else None), _date(after.occurred_at)),
            ("geometry", _points(before.geometry if before else None), _points(after.geometry)),
        ):
            if previous != current:
                changes.append(self._change(after.uid, "field", field, previous, current))
        self._records.log(changes)

    def _change(self, uid: str, kind: str, field: str, previous: str | None, current: str | None) -> Change:
        type = "CREATE" if previous is None else "DELETE" if current is None else UPDATE
        return Change(uid, kind, field, type, previous, current, self._now(), self._me)


def _logs(owner: Json, flag: str | None) -> bool:
    """Whether changes are logged: where the type of entity or the program says so, or always."""
    return flag is None or bool(owner.get(flag))


def _end(end: SentEnd | None) -> RelationshipEnd:
    kind, uid = end.named[0] if end else ("", "")
    return RelationshipEnd(kind, uid)


def _date(text: str | None) -> str | None:
    """A time as change logs show it."""
    return text.replace("T", " ") if text else None


def _points(geometry: Json | None) -> str | None:
    """A geometry as change logs show it: its points."""
    if geometry is None:
        return None
    return ", ".join(f"({x:f}, {y:f})" for x, y in _coordinates(geometry.get("coordinates")))


def _coordinates(value: Any) -> Iterator[tuple[float, float]]:
    """The points in nested lists of coordinates."""
    rows = cast("list[Any]", value if isinstance(value, list) else [])
    if rows and isinstance(rows[0], (int, float)):
        yield float(rows[0]), float(rows[1])
    else:
        for row in rows:
            yield from _coordinates(row)
