"""Tracker: registering, enrolling, events, repeats, changes, deletions, refusals, pages, owners.

Evidence: recordings `tracker/nested-import`, `tracker/update-merge`, `tracker/delete`, `tracker/modes-and-refusals`,
`tracker/validation-events`, `tracker/export-entities`, `tracker/export-events`, `tracker/access`.
"""

from __future__ import annotations

import warnings
from datetime import date
from typing import Any

import pytest

from dhis2w_client import ConflictError, InvalidRequestError, ObjectNotFoundError
from dhis2w_client.metadata import NotInVersionError, new_uid
from dhis2w_client.sync import Dhis2Client
from dhis2w_client.tracker import PushOptions, TrackerReport
from tests.contract.ground import Ground

DAY = date(2024, 1, 2)


def register(worker: Dhis2Client, ground: Ground, name: str = "Ada", **more: Any) -> TrackerReport:
    """Somebody of that name, enrolled on the day."""
    return worker.tracker.register(
        ground.person,
        ground.here,
        {ground.name: name},
        program=ground.program,
        enrolled_at=DAY,
        occurred_at=DAY,
        **more,
    )


def ids(report: TrackerReport) -> tuple[str, str]:
    """The UIDs of the entity and its enrollment."""
    return report.uids["trackedEntities"][0], report.uids["enrollments"][0]


def test_a_person_is_registered_and_seen(worker: Dhis2Client, ground: Ground) -> None:
    report = register(worker, ground)
    assert (report.counts.created, report.refused, report.left_out) == (2, False, 0)
    entity, enrollment = ids(report)
    visit = worker.tracker.add_event(
        ground.program, ground.stage, ground.here, {ground.weight: 61.5}, enrollment=enrollment, occurred_at=DAY
    )
    assert visit.counts.created == 1
    found = worker.tracker.tracked_entities.get(entity, program=ground.program, fields="*")
    assert found.trackedEntityType == ground.person
    assert [(each.attribute, each.value) for each in found.attributes or []] == [(ground.name, "Ada")]
    (enrolled,) = found.enrollments or []
    assert (enrolled.enrollment, enrolled.program, enrolled.status) == (enrollment, ground.program, "ACTIVE")
    (event,) = enrolled.events or []
    assert [(each.dataElement, each.value) for each in event.dataValues or []] == [(ground.weight, "61.5")]


def test_a_repeat_is_harmless(worker: Dhis2Client, ground: Ground) -> None:
    first = register(worker, ground)
    entity, enrollment = ids(first)
    again = worker.tracker.push(first.sent)
    assert (again.counts.created, again.counts.updated, again.refused) == (0, 2, False)
    uid = new_uid()
    for _ in range(2):
        worker.tracker.add_event(
            ground.program, ground.stage, ground.here, enrollment=enrollment, occurred_at=DAY, uid=uid
        )
    found = worker.tracker.tracked_entities.get(entity, program=ground.program, fields="*")
    (enrolled,) = found.enrollments or []
    assert [event.event for event in enrolled.events or []] == [uid]
    with pytest.raises(ConflictError) as refused:
        worker.tracker.enrol(entity, ground.program, ground.here, enrolled_at=DAY, occurred_at=DAY)
    assert {row.code for row in refused.value.rows} == {"E1015"}


def test_a_change_keeps_what_it_does_not_name(worker: Dhis2Client, ground: Ground) -> None:
    _, enrollment = ids(register(worker, ground))
    tracker, uid = worker.tracker, new_uid()
    tracker.add_event(
        ground.program,
        ground.stage,
        ground.here,
        {ground.weight: 60},
        enrollment=enrollment,
        occurred_at=DAY,
        scheduled_at=date(2024, 1, 1),
        uid=uid,
    )
    tracker.events.patch(uid, {"status": "COMPLETED"})
    event = tracker.events.get(uid, fields="*")
    assert event.status == "COMPLETED"
    assert [each.value for each in event.dataValues or []] == ["60"]
    assert (str(event.occurredAt)[:10], str(event.scheduledAt)[:10]) == ("2024-01-02", "2024-01-01")


def test_planned_events_are_outstanding_until_they_happen(worker: Dhis2Client, ground: Ground) -> None:
    _, enrollment = ids(register(worker, ground))
    tracker, uid, due = worker.tracker, new_uid(), date(2024, 3, 1)
    tracker.add_event(ground.program, ground.stage, ground.here, enrollment=enrollment, scheduled_at=due, uid=uid)

    def outstanding(until: date) -> bool:
        return uid in {event.event for event in tracker.outstanding(ground.program, ground.root, until=until)}

    assert (outstanding(date(2024, 2, 28)), outstanding(due)) == (False, True)
    tracker.events.patch(uid, {"status": "ACTIVE", "occurredAt": "2024-03-01"})
    assert not outstanding(due)


def test_what_was_deleted_is_gone_and_stays_so(worker: Dhis2Client, ground: Ground) -> None:
    sent = register(worker, ground)
    entity, enrollment = ids(sent)
    gone = worker.tracker.push({"trackedEntities": [{"trackedEntity": entity}]}, PushOptions(strategy="DELETE"))
    assert gone.counts.deleted == 1
    for reads, uid in ((worker.tracker.tracked_entities, entity), (worker.tracker.enrollments, enrollment)):
        with pytest.raises(ObjectNotFoundError):
            reads.get(uid)
    with pytest.raises(ConflictError) as twice:
        worker.tracker.push({"trackedEntities": [{"trackedEntity": entity}]}, PushOptions(strategy="DELETE"))
    with pytest.raises(ConflictError) as again:
        worker.tracker.push(sent.sent)
    assert "E1114" in {row.code for row in twice.value.rows} & {row.code for row in again.value.rows}


def test_refusals_say_what_and_why(worker: Dhis2Client, ground: Ground) -> None:
    good, bad = new_uid(), new_uid()
    person: dict[str, Any] = {"trackedEntityType": ground.person, "attributes": []}
    payload = {
        "trackedEntities": [
            {"trackedEntity": good, "orgUnit": ground.here, **person},
            {"trackedEntity": bad, "orgUnit": "nOtKnown001", **person},
        ]
    }
    dry = worker.tracker.push(payload, PushOptions(dry_run=True))
    assert [(row.code, row.uid, row.klass) for row in dry.errors] == [("E1049", bad, "TRACKED_ENTITY")]
    with pytest.raises(ConflictError) as refused:
        worker.tracker.push(payload)
    assert [(row.code, row.uid) for row in refused.value.rows] == [("E1049", bad)]
    with pytest.raises(ObjectNotFoundError):
        worker.tracker.tracked_entities.get(good)
    partly = worker.tracker.push(payload, PushOptions(partial=True))
    assert (partly.counts.created, partly.counts.ignored) == (1, 1)
    assert worker.tracker.tracked_entities.get(good).trackedEntityType == ground.person
    with pytest.raises(InvalidRequestError):
        worker.tracker.push({"trackedEntities": [{"trackedEntity": "short"}]})


def test_a_value_of_the_wrong_type_is_refused(worker: Dhis2Client, ground: Ground) -> None:
    with pytest.raises(ConflictError) as refused:
        worker.tracker.add_event(ground.visits, ground.visit, ground.here, {ground.weight: "heavy"}, occurred_at=DAY)
    assert {row.code for row in refused.value.rows} == {"E1302"}


def test_all_pages_are_read_oldest_first(worker: Dhis2Client, ground: Ground) -> None:
    made = [ids(register(worker, ground, f"Page {number}"))[0] for number in range(5)]
    entities = worker.tracker.tracked_entities
    where: dict[str, Any] = {"program": ground.program, "org_units": ground.root, "org_unit_mode": "DESCENDANTS"}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for size in (2, 100):
            found = [str(each.trackedEntity) for each in entities.iterate(page_size=size, **where)]
            assert [uid for uid in found if uid in made] == made, size
    assert len(found) == len(set(found)) == entities.count(**where)
    page = entities.page(1, page_size=2, **where)
    assert [each.trackedEntity for each in page] == found[:2]
    named = entities.rows(filters=[f"{ground.name}:eq:Page 3"], fields="trackedEntity", **where)
    assert [row["trackedEntity"] for row in named] == [made[3]]


def test_events_without_registration(worker: Dhis2Client, ground: Ground) -> None:
    uid = new_uid()
    made = worker.tracker.add_event(
        ground.visits, ground.visit, ground.there, {ground.weight: 3}, occurred_at=DAY, uid=uid
    )
    assert made.counts.created == 1
    rows = worker.tracker.events.rows(program=ground.visits, org_units=ground.there, fields="event,dataValues[value]")
    assert {row["event"]: row["dataValues"] for row in rows}[uid] == [{"value": "3"}]
    with worker.tracker.events.stream(format="csv", program=ground.visits, org_units=ground.there) as pieces:
        assert uid in b"".join(pieces).decode()
    if worker.dialect.tells_events_apart:
        single = worker.tracker.single_events.rows(program=ground.visits, fields="event")
        assert uid in {row["event"] for row in single}
    else:
        with pytest.raises(NotInVersionError):
            _ = worker.tracker.single_events


def test_another_unit_becomes_the_owner(worker: Dhis2Client, ground: Ground) -> None:
    entity, _ = ids(register(worker, ground))
    with pytest.raises(ObjectNotFoundError):
        worker.tracker.transfer(entity, ground.program, "nOtKnown001")
    worker.tracker.transfer(entity, ground.program, ground.there)
    found = worker.tracker.tracked_entities.get(entity, program=ground.program, fields="programOwners,orgUnit")
    assert [(owner.program, owner.orgUnit) for owner in found.programOwners or []] == [(ground.program, ground.there)]
    assert found.orgUnit == ground.here


def test_notes_are_added_where_the_version_can(worker: Dhis2Client, ground: Ground) -> None:
    _, enrollment = ids(register(worker, ground))
    if not worker.dialect.adds_notes:
        with pytest.raises(NotInVersionError):
            worker.tracker.add_note("enrollments", enrollment, "called")
        return
    worker.tracker.add_note("enrollments", enrollment, "called")
    read = worker.tracker.enrollments.get(enrollment, fields="notes")
    assert [note.value for note in read.notes or []] == ["called"]
