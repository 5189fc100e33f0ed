"""Pushing to tracker, on every version: repeats, refusals, jobs, and what an update would set back."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from dhis2w_client import ConflictError, Dhis2Client, InvalidRequestError, ObjectNotFoundError
from dhis2w_client.metadata import NotInVersionError, new_uid
from dhis2w_client.tracker import AttributeValue, LeftOutWarning, PushOptions, TrackedEntity, TrackerPayload
from dhis2w_sandbox import Sandbox
from tests.client_metadata.connecting import run
from tests.client_tracker.conftest import ANNA, HEIGHT, OTHER_UNIT, PROGRAM, STAGE, UNIT, WEIGHT

DAY = date(2024, 3, 1)
NAMED = [AttributeValue(attribute=uid, value=value) for uid, value in ANNA.items()]
WEIGHED = [{"dataElement": WEIGHT, "value": "61.5"}]
PLAIN = [value.to_dict() for value in NAMED]


async def type_of_program(client: Dhis2Client) -> str:
    program = await client.get(f"programs/{PROGRAM}", params={"fields": "trackedEntityType"})
    return program["trackedEntityType"]["id"]


async def register(client: Dhis2Client, **more: Any) -> tuple[str, str]:
    """An entity with an enrollment; their UIDs."""
    kind = await type_of_program(client)
    more = {"occurred_at": DAY, **more}
    report = await client.tracker.register(kind, UNIT, ANNA, program=PROGRAM, enrolled_at=DAY, **more)
    assert (report.counts.created, report.counts.ignored, report.left_out) == (2, 0, 0)
    return report.uids["trackedEntities"][0], report.uids["enrollments"][0]


def test_a_person_is_registered_seen_and_due(sandbox: Sandbox) -> None:
    async def use(client: Dhis2Client) -> None:
        tracker = client.tracker
        entity, enrollment = await register(client)
        values = {WEIGHT: 61.5, HEIGHT: None}
        seen = await tracker.add_event(PROGRAM, STAGE, UNIT, values, enrollment=enrollment, occurred_at=DAY)
        event = await tracker.events.get(seen.uids["events"][0], fields="*")
        assert [(value.dataElement, value.value) for value in event.dataValues or []] == [(WEIGHT, "61.5")]
        assert event.occurredAt is not None
        assert event.occurredAt.date() == DAY
        found = await tracker.tracked_entities.get(entity, fields="*", program=PROGRAM)
        assert found.to_dict()["trackedEntity"] == entity

    run(sandbox, use)


def test_planned_events_are_outstanding_until_they_are_done(sandbox: Sandbox) -> None:
    async def use(client: Dhis2Client) -> None:
        tracker = client.tracker
        _, enrollment = await register(client)
        plan = await tracker.add_event(PROGRAM, STAGE, UNIT, enrollment=enrollment, scheduled_at=DAY)
        uid = plan.uids["events"][0]

        async def due(until: date) -> list[str | None]:
            return [event.event async for event in tracker.outstanding(PROGRAM, UNIT, until=until)]

        assert await due(DAY) == [uid]
        assert await due(date(2024, 2, 28)) == []
        await tracker.events.patch(uid, {"status": "ACTIVE", "occurredAt": "2024-03-01", "dataValues": WEIGHED})
        assert await due(DAY) == []

    run(sandbox, use)


def test_pushing_twice_makes_nothing_twice(sandbox: Sandbox) -> None:
    async def use(client: Dhis2Client) -> None:
        kind = await type_of_program(client)
        person = TrackedEntity(trackedEntityType=kind, orgUnit=UNIT, attributes=NAMED)
        count = client.tracker.tracked_entities.count
        selection = {"tracked_entity_type": kind, "org_units": UNIT}
        before = await count(**selection)  # pyright: ignore[reportArgumentType] # a plain dictionary
        first = await client.tracker.push(TrackerPayload(trackedEntities=[person]))
        again = await client.tracker.push(first.sent)
        assert (first.counts.created, again.counts.created, again.counts.updated) == (1, 0, 1)
        assert await count(**selection) == before + 1  # pyright: ignore[reportArgumentType] # a plain dictionary
        bare = {"trackedEntities": [{"trackedEntityType": kind, "orgUnit": UNIT, "attributes": PLAIN}]}
        for _ in range(2):  # what a client that leaves the UIDs to the server does
            await client.post("tracker", bare, params={"async": False})
        assert await count(**selection) == before + 3  # pyright: ignore[reportArgumentType] # a plain dictionary

    run(sandbox, use)


def test_a_refusal_is_an_error_and_a_partial_push_says_what_is_missing(sandbox: Sandbox) -> None:
    async def use(client: Dhis2Client) -> None:
        kind = await type_of_program(client)
        good, bad = new_uid(), new_uid()
        person: dict[str, Any] = {"trackedEntityType": kind, "attributes": PLAIN}
        payload = {
            "trackedEntities": [
                {"trackedEntity": good, "orgUnit": UNIT, **person},
                {"trackedEntity": bad, "orgUnit": "nOtKnown001", **person},
            ]
        }
        with pytest.raises(ConflictError, match="E1049") as caught:
            await client.tracker.push(payload)
        assert [(row.code, row.uid, row.klass) for row in caught.value.rows] == [("E1049", bad, "TRACKED_ENTITY")]
        answer = await client.post("tracker", payload, params={"async": False, "atomicMode": "OBJECT"})
        assert answer["status"] == "OK"  # DHIS2's own word for a push that lost one of two
        report = await client.tracker.push(payload, PushOptions(partial=True))
        assert report.refused
        assert (report.counts.ignored, [row.uid for row in report.errors]) == (1, [bad])
        dry = await client.tracker.push(payload, PushOptions(dry_run=True))
        assert dry.refused
        assert dry.left_out == 0

    run(sandbox, use)


def test_what_hangs_on_a_refused_object_is_counted(sandbox: Sandbox) -> None:
    async def use(client: Dhis2Client) -> None:
        kind = await type_of_program(client)
        event = {"programStage": STAGE, "program": PROGRAM, "orgUnit": UNIT, "occurredAt": "2024-03-01"}
        enrollment = {"program": PROGRAM, "orgUnit": UNIT, "enrolledAt": "2024-03-01", "events": [event]}
        entity = {"trackedEntityType": kind, "orgUnit": "nOtKnown001", "enrollments": [enrollment]}
        report = await client.tracker.push({"trackedEntities": [entity]}, PushOptions(partial=True))
        assert report.counts.total + report.left_out == 3

    run(sandbox, use)


def test_a_push_runs_as_a_job(sandbox: Sandbox) -> None:
    async def use(client: Dhis2Client) -> None:
        kind = await type_of_program(client)
        person: dict[str, Any] = {"trackedEntityType": kind, "orgUnit": UNIT, "attributes": PLAIN}
        report = await client.tracker.push({"trackedEntities": [person]}, background=True, within=60)
        assert (report.status, report.counts.created) == ("OK", 1)
        lost = {"trackedEntities": [{**person, "orgUnit": "nOtKnown001"}]}
        with pytest.raises(ConflictError, match="E1049"):
            await client.tracker.push(lost, background=True, within=60)

    run(sandbox, use)


def test_an_update_keeps_what_it_does_not_name(sandbox: Sandbox) -> None:
    async def use(client: Dhis2Client) -> None:
        tracker = client.tracker
        _, enrollment = await register(client)
        await tracker.enrollments.patch(enrollment, {"followUp": True})
        await tracker.enrollments.patch(enrollment, {"status": "COMPLETED"})
        after = await tracker.enrollments.get(enrollment, fields="*")
        assert (after.followUp, str(after.status)) == (True, "COMPLETED")
        needed = ("enrollment", "trackedEntity", "program", "orgUnit", "enrolledAt", "occurredAt")
        bare = {key: after.to_dict()[key] for key in needed}
        await tracker.push({"enrollments": [bare]})  # an update that leaves things out sets them back
        reset = await tracker.enrollments.get(enrollment, fields="*")
        assert reset.followUp is False

    run(sandbox, use)


def test_rules_and_checks_see_the_values_that_are_stored(sandbox: Sandbox) -> None:
    async def use(client: Dhis2Client) -> None:
        tracker = client.tracker
        _, enrollment = await register(client)
        values = {WEIGHT: 61.5, HEIGHT: 160}
        added = await tracker.add_event(PROGRAM, STAGE, UNIT, values, enrollment=enrollment, occurred_at=DAY)
        uid = added.uids["events"][0]
        await tracker.events.patch(uid, {"dataValues": [{"dataElement": HEIGHT, "value": "165"}]})
        event = await tracker.events.get(uid)
        found = {value.dataElement: value.value for value in event.dataValues or []}
        assert (found[WEIGHT], found[HEIGHT]) == ("61.5", "165")
        assert len(found) == 3  # and the body mass index, which a rule works out of both

    run(sandbox, use)


def test_a_deleted_object_cannot_be_deleted_again(sandbox: Sandbox) -> None:
    async def use(client: Dhis2Client) -> None:
        entity, _ = await register(client)
        report = await client.tracker.tracked_entities.delete(entity)
        assert report.counts.deleted == 1
        with pytest.raises(ConflictError, match="E1114"):
            await client.tracker.tracked_entities.delete(entity)
        with pytest.raises(ObjectNotFoundError):
            await client.tracker.tracked_entities.get(entity)

    run(sandbox, use)


@pytest.mark.parametrize(
    ("payload", "says"),
    [
        ({}, "at least one of"),
        ({"trackedEntities": []}, "at least one of"),
        ({"events": [{"event": "short"}]}, "no UID"),
        ({"events": ["text"]}, "in place of an object"),
        ({"enrollments": [{"notes": [{"note": "1"}]}]}, "no UID"),
    ],
)
def test_what_is_no_payload_is_not_sent(sandbox: Sandbox, payload: Any, says: str) -> None:
    async def use(client: Dhis2Client) -> None:
        with pytest.raises(InvalidRequestError, match=says):
            await client.tracker.push(payload)

    run(sandbox, use)


def test_relationships_are_not_changed(sandbox: Sandbox) -> None:
    async def use(client: Dhis2Client) -> None:
        with pytest.raises(InvalidRequestError, match="never changes"):
            await client.tracker.relationships.patch(new_uid(), {})

    run(sandbox, use)


def test_notes_are_added_where_the_version_can(sandbox: Sandbox) -> None:
    async def use(client: Dhis2Client) -> None:
        _, enrollment = await register(client)
        if not client.dialect.adds_notes:
            with pytest.raises(NotInVersionError):
                await client.tracker.add_note("enrollments", enrollment, "Moved away")
            return
        note = await client.tracker.add_note("enrollments", enrollment, "Moved away")
        assert note.value == "Moved away"

    run(sandbox, use)


def test_an_entity_changes_its_owner_and_never_to_nobody(sandbox: Sandbox) -> None:
    async def use(client: Dhis2Client) -> None:
        entity, _ = await register(client)
        with pytest.raises(ObjectNotFoundError):
            await client.tracker.transfer(entity, PROGRAM, "nOtKnown001")
        await client.tracker.transfer(entity, PROGRAM, OTHER_UNIT)
        found = await client.tracker.tracked_entities.get(entity, program=PROGRAM, fields="programOwners,orgUnit")
        assert [owner.orgUnit for owner in found.programOwners or []] == [OTHER_UNIT]
        assert found.orgUnit == UNIT

    run(sandbox, use)


def test_a_pair_may_be_one(sandbox: Sandbox) -> None:
    async def use(client: Dhis2Client) -> None:
        first, _ = await register(client)
        second, _ = await register(client)
        pairs = client.tracker.duplicates
        with pytest.raises(InvalidRequestError, match="no duplicate of itself"):
            await pairs.flag(first, first)
        pair = await pairs.flag(first, second)
        assert [each.id for each in await pairs.list(tracked_entities=[first])] == [pair.id]
        await pairs.dismiss(str(pair.id))
        assert await pairs.list(tracked_entities=[first]) == []

    run(sandbox, use)


def test_twins_in_one_payload_are_told(sandbox: Sandbox) -> None:
    async def use(client: Dhis2Client) -> None:
        (kind,) = [row.id async for row in client.relationship_types.iterate(fields="id")]
        first, _ = await register(client)
        second, _ = await register(client)
        link = {
            "relationshipType": kind,
            "from": {"trackedEntity": {"trackedEntity": first}},
            "to": {"trackedEntity": {"trackedEntity": second}},
        }
        with pytest.warns(LeftOutWarning, match="1 of the objects"):
            report = await client.tracker.push({"relationships": [link, dict(link)]})
        assert report.counts.created == 1

    run(sandbox, use)
