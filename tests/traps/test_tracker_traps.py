"""Where tracker data are lost: first as DHIS2 has it, by plain requests, then through the guard of the client.

The number in a test's name is that of the entry in `docs/dhis2-quirks.md`.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from dhis2w_client import ApiError, BasicAuth, ConflictError, Dhis2Client, HiddenRowsWarning
from dhis2w_client.metadata import new_uid
from dhis2w_client.tracker import PushOptions, TruncatedWarning
from dhis2w_sandbox import Sandbox
from dhis2w_sandbox.country.people import PASSWORD
from tests.client_metadata.connecting import run
from tests.client_tracker.conftest import ANNA, PROGRAM, STAGE, UNIT, WEIGHT
from tests.traps.servers import ALL, of

DAY = date(2024, 3, 1)
PLAIN = [{"attribute": uid, "value": value} for uid, value in ANNA.items()]
NURSE = BasicAuth("nurse_kemba", PASSWORD)
"""Somebody of one district."""
POINT = {"type": "Point", "coordinates": [10.5, 4.25]}


async def person_type(client: Dhis2Client) -> str:
    """The tracked entity type of the demo country's persons."""
    return (await client.get(f"programs/{PROGRAM}", params={"fields": "trackedEntityType"}))["trackedEntityType"]["id"]


async def registered(client: Dhis2Client, unit: str = UNIT) -> tuple[str, str]:
    """A new person who is enrolled; the UIDs of person and enrollment."""
    kind = await person_type(client)
    report = await client.tracker.register(kind, unit, ANNA, program=PROGRAM, enrolled_at=DAY, occurred_at=DAY)
    return report.uids["trackedEntities"][0], report.uids["enrollments"][0]


@of(*ALL)
def test_q07_a_push_by_object_is_ok_for_what_it_left_out(version: int) -> None:
    async def use(client: Dhis2Client) -> None:
        kind, good, bad = await person_type(client), new_uid(), new_uid()
        person: dict[str, Any] = {"trackedEntityType": kind, "attributes": PLAIN}
        payload = {
            "trackedEntities": [
                {"trackedEntity": good, "orgUnit": UNIT, **person},
                {"trackedEntity": bad, "orgUnit": "nOtKnown001", **person},
            ]
        }
        answer = await client.post("tracker", payload, params={"async": False, "atomicMode": "OBJECT"})
        assert answer["status"] == "OK"
        assert answer["stats"]["ignored"] == 1
        with pytest.raises(ConflictError, match="E1049"):
            await client.tracker.push(payload)
        report = await client.tracker.push(payload, PushOptions(partial=True))
        assert report.refused
        assert [row.uid for row in report.errors] == [bad]

    with Sandbox(version) as sandbox:
        run(sandbox, use)


@of(*ALL)
def test_q07_warnings_are_hidden_where_only_errors_are_asked_for(version: int) -> None:
    async def use(client: Dhis2Client) -> None:
        (kind,) = [row.id async for row in client.relationship_types.iterate(fields="id")]
        (first, _), (second, _) = await registered(client), await registered(client)
        link = {
            "relationship": new_uid(),
            "relationshipType": kind,
            "from": {"trackedEntity": {"trackedEntity": first}},
            "to": {"trackedEntity": {"trackedEntity": second}},
        }
        await client.tracker.push({"relationships": [link]})
        answer = await client.post("tracker", {"relationships": [link]}, params={"async": False})
        assert (answer["status"], answer["validationReport"]["warningReports"]) == ("OK", [])
        report = await client.tracker.push({"relationships": [link]}, PushOptions(partial=True))
        assert [row.code for row in report.warnings] == ["E4015"]

    with Sandbox(version) as sandbox:
        run(sandbox, use)


@of(*ALL)
def test_q08_an_update_empties_what_it_leaves_out(version: int) -> None:
    async def use(client: Dhis2Client) -> None:
        tracker = client.tracker
        entity, enrollment = await registered(client)
        point = [{"op": "add", "path": "/featureType", "value": "POINT"}]
        await client.patch(f"programStages/{STAGE}", point)
        added = await tracker.add_event(
            PROGRAM, STAGE, UNIT, {WEIGHT: 61.5}, enrollment=enrollment, occurred_at=DAY, scheduled_at=DAY
        )
        event = added.uids["events"][0]
        await tracker.events.patch(event, {"geometry": POINT})
        await tracker.enrollments.patch(enrollment, {"followUp": True})
        needed = {"program": PROGRAM, "orgUnit": UNIT}
        bare_event = {"event": event, "programStage": STAGE, "enrollment": enrollment, "occurredAt": "2024-03-02"}
        bare_enrollment = {"enrollment": enrollment, "trackedEntity": entity, "enrolledAt": "2024-03-01"}
        bare_enrollment |= {"occurredAt": "2024-03-01"}

        async def kept() -> tuple[bool, bool]:
            shown = await client.get(f"tracker/events/{event}", params={"fields": "*"})
            again = await client.get(f"tracker/enrollments/{enrollment}", params={"fields": "*"})
            return shown.get("geometry") is not None, bool(again["followUp"])

        assert await kept() == (True, True)
        await tracker.events.patch(event, {"occurredAt": "2024-03-02"})
        await tracker.enrollments.patch(enrollment, {"status": "COMPLETED"})
        assert await kept() == (True, True)
        payload = {"events": [bare_event | needed], "enrollments": [bare_enrollment | needed]}
        answer = await client.post("tracker", payload, params={"async": False})
        assert answer["status"] == "OK"
        assert await kept() == (False, False)

    with Sandbox(version) as sandbox:
        run(sandbox, use)


@of(*ALL)
def test_q11_pages_drift_when_somebody_adds_meanwhile(version: int) -> None:
    async def use(client: Dhis2Client) -> None:
        kind = await person_type(client)
        before = {row["trackedEntity"] async for row in persons(client, kind)}
        for number in range(5):
            await client.tracker.register(kind, UNIT, ANNA, uid=f"person{number:05}")
        path, params = "tracker/trackedEntities", {"trackedEntityType": kind, UNITS[version]: UNIT, "pageSize": 3}
        seen: list[str] = []
        for number in (1, 2):
            answer = await client.get(path, params={**params, "page": number})
            seen += [row["trackedEntity"] for row in answer.get("trackedEntities", answer.get("instances"))]
            await client.tracker.register(kind, UNIT, ANNA, uid=f"latecome{number:03}")
        assert len(seen) != len(set(seen))  # who was pushed on to the next page came twice

        found: list[str] = []
        async for row in persons(client, kind, page_size=3):
            if not found:
                await client.tracker.register(kind, UNIT, ANNA, uid="latecome003")
            found.append(row["trackedEntity"])
        added = {f"person{number:05}" for number in range(5)} | {f"latecome{number:03}" for number in (1, 2, 3)}
        assert len(found) == len(set(found))
        assert set(found) == before | added

    with Sandbox(version) as sandbox:
        run(sandbox, use)


UNITS = {41: "orgUnits", 42: "orgUnits", 43: "orgUnits", 44: "orgUnits"}


def persons(client: Dhis2Client, kind: str, page_size: int = 500) -> Any:
    """The persons of the unit, as rows."""
    return client.tracker.tracked_entities.rows(tracked_entity_type=kind, org_units=UNIT, page_size=page_size)


@of(*ALL)
def test_q12_a_list_without_pages_is_cut(version: int) -> None:
    async def use(client: Dhis2Client) -> None:
        kind = await person_type(client)
        for number in range(5):
            await client.tracker.register(kind, UNIT, ANNA, uid=f"person{number:05}")
        await client.post("systemSettings/KeyTrackedEntityMaxLimit", "3", content_type="text/plain")
        params = {"trackedEntityType": kind, UNITS[version]: UNIT, "paging": False}
        answer = await client.get("tracker/trackedEntities", params=params)
        assert len(answer.get("trackedEntities", answer.get("instances"))) == 3  # and not a word of the others
        assert len([row async for row in persons(client, kind, page_size=3)]) >= 5
        with pytest.warns(TruncatedWarning, match="page by page"):
            async with client.tracker.tracked_entities.stream(tracked_entity_type=kind, org_units=UNIT):
                pass

    with Sandbox(version) as sandbox:
        run(sandbox, use)


@of(*ALL)
def test_q09_a_user_of_one_district_gets_fewer_rows_and_no_error(version: int) -> None:
    async def everybody(client: Dhis2Client) -> int:
        return await client.tracker.tracked_entities.count(program=PROGRAM, org_unit_mode="ALL")

    async def nurse(client: Dhis2Client, there: int) -> None:
        answer = await client.get("tracker/trackedEntities", params={"program": PROGRAM, "paging": False})
        rows = answer.get("trackedEntities", answer.get("instances"))
        assert 0 < len(rows) < there
        entities = client.tracker.tracked_entities
        with pytest.raises(ApiError, match="not authorized to query across all"):
            await entities.count(program=PROGRAM, org_unit_mode="ALL")  # who wants all has to say so
        nobody = {"program": PROGRAM, "filters": [f"{next(iter(ANNA))}:eq:nobody of this name"]}
        with pytest.warns(HiddenRowsWarning, match="no proof"):
            assert await entities.count(**nobody) == 0  # pyright: ignore[reportArgumentType] # a plain dictionary
        with pytest.warns(HiddenRowsWarning):
            assert [row async for row in entities.rows(**nobody)] == []  # pyright: ignore[reportArgumentType] # the same

    with Sandbox(version) as sandbox:
        there = run(sandbox, everybody)
        run(sandbox, lambda client: nurse(client, there), auth=NURSE)
