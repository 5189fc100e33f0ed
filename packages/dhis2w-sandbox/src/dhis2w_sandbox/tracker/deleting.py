"""Deletes tracker's objects: they stay as rows that are marked, and take what hangs on them along.

Source: `DefaultTrackerObjectsDeletionService` of dhis2-core; recordings `tracker/delete`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from dhis2w_sandbox.tracker.bundle import Bundle
from dhis2w_sandbox.tracker.import_report import TypeReport
from dhis2w_sandbox.tracker.record_store import RecordStore
from dhis2w_sandbox.tracker.records import ENROLLMENT, EVENT, RELATIONSHIP, TRACKED_ENTITY, RelationshipEnd, UserInfo


class Deleter:
    """Marks records as deleted.

    Args:
        records: the tracker data.
        now: the time.
        user: who deletes.
    """

    def __init__(self, records: RecordStore, now: str, user: UserInfo) -> None:
        self._records = records
        self._now = now
        self._user = user

    def tracked_entity(self, uid: str) -> None:
        """Delete an entity with its enrollments, relationships and values."""
        entity = self._records.tracked_entities.get(uid)
        if entity is None:
            return
        for enrollment in self._records.enrollments_of(uid):
            self.enrollment(enrollment.uid)
        self._relationships_of(RelationshipEnd(TRACKED_ENTITY, uid))
        self._records.forget_changes(uid)
        gone = replace(entity, deleted=True, attributes=(), updated_at=self._now, updated_by=self._user)
        self._records.tracked_entities.put(gone)

    def enrollment(self, uid: str) -> None:
        """Delete an enrollment with its events and relationships."""
        enrollment = self._records.enrollments.get(uid)
        if enrollment is None:
            return
        for event in self._records.events_of(uid):
            self.event(event.uid, single=False)
        self._relationships_of(RelationshipEnd(ENROLLMENT, uid))
        self._records.enrollments.put(
            replace(enrollment, deleted=True, status="CANCELLED", updated_at=self._now, updated_by=self._user)
        )
        self._touch_entities([RelationshipEnd(ENROLLMENT, uid)])

    def event(self, uid: str, *, single: bool | None = None) -> None:
        """Delete an event with its relationships."""
        event = self._records.events.get(uid, single=single)
        if event is None:
            return
        self._relationships_of(RelationshipEnd(EVENT, uid))
        self._records.forget_changes(uid)
        self._records.events.put(replace(event, deleted=True, updated_at=self._now, updated_by=self._user))
        enrollment = self._records.enrollments.get(event.enrollment) if event.enrollment else None
        if enrollment is not None:
            self._records.enrollments.put(replace(enrollment, updated_at=self._now, updated_by=self._user))
            self._touch_entities([RelationshipEnd(TRACKED_ENTITY, enrollment.tracked_entity)])

    def relationship(self, uid: str) -> None:
        """Delete a relationship."""
        relationship = self._records.relationships.get(uid)
        if relationship is None:
            return
        self._records.relationships.put(replace(relationship, deleted=True, updated_at=self._now))
        self._touch_entities([relationship.source])

    def _relationships_of(self, end: RelationshipEnd) -> None:
        for relationship in self._records.relationships_of(end):
            self.relationship(relationship.uid)

    def _touch_entities(self, ends: Iterable[RelationshipEnd]) -> None:
        for uid in self._records.entities_at(ends):
            entity = self._records.tracked_entities.get(uid)
            if entity is not None:
                self._records.tracked_entities.put(replace(entity, updated_at=self._now, updated_by=self._user))


def delete(bundle: Bundle) -> list[TypeReport]:
    """Delete the objects of a bundle that passed its checks, and say what became of them: only what was sent counts."""
    deleter = Deleter(bundle.records, bundle.server.now(), bundle.user_info)
    payload = bundle.payload
    for relationship in payload.relationships:
        deleter.relationship(relationship.uid)
    for event in payload.events:
        single = event.single if bundle.behaviour.splits_events else None
        deleter.event(event.uid, single=single)
    for enrollment in payload.enrollments:
        deleter.enrollment(enrollment.uid)
    for entity in payload.entities:
        deleter.tracked_entity(entity.uid)
    sent = {
        RELATIONSHIP: payload.relationships,
        EVENT: payload.events,
        ENROLLMENT: payload.enrollments,
        TRACKED_ENTITY: payload.entities,
    }
    return [TypeReport(kind, deleted=len(rows), uids=[row.uid for row in rows]) for kind, rows in sent.items()]
