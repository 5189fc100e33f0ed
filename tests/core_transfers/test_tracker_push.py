"""A file of tracker's objects is sent: tables, nested objects, refusals, and what was there already."""

from __future__ import annotations

import csv
import json
from collections.abc import Generator, Mapping
from pathlib import Path
from typing import Any

import pytest

from dhis2w_client import Dhis2Client, ServerError
from dhis2w_client.clock import Clock
from dhis2w_client.tracker import PushOptions
from dhis2w_core.errors import OperationError, StalePlanError
from dhis2w_core.transfers.source_rows import digest_of
from dhis2w_core.transfers.tracker_push import TrackerPush
from dhis2w_core.transfers.tracker_rows import TrackerRows
from dhis2w_sandbox import Sandbox
from dhis2w_sandbox.faults import Fault
from tests.client_metadata.connecting import run

CASES, CASE = "LqGPSqTKu6f", "gdiFSa8OF0R"
AGE, RESULT, SLEPT_ELSEWHERE = "Cc4kuzzxwi6", "xOVzKVeJJN1", "YPVk0GAz4jr"
CARE, FIRST, LATER = "VF6oAQbqxax", "q9C9TL3vqRN", "apQPx52zY3D"
PERSON, GIVEN_NAME, FAMILY_NAME, WEIGHT = "zts3IoXdSuG", "GUBfqIwenQz", "El8aHj8ZeGV", "RnlWGeZQKmM"
MOTHER_OF = "fcRusipaxS6"
UNIT = "neINw0qT1QU"
Report = Mapping[str, Any]


@pytest.fixture(params=[pytest.param(41, marks=pytest.mark.slow), 42, 43, pytest.param(44, marks=pytest.mark.slow)])
def demo(request: pytest.FixtureRequest) -> Generator[Sandbox]:
    with Sandbox(request.param) as sandbox:
        yield sandbox


async def at_once(_: float) -> None:
    """Wait for nothing."""


def plan_of(file: Path, **more: Any) -> TrackerPush:
    options: dict[str, Any] = {"clock": Clock(sleep=at_once), "rows_at_once": 3, **more}
    return TrackerPush(file, digest_of(file), **options)


def table(file: Path, rows: list[dict[str, str]], **more: Any) -> TrackerPush:
    with file.open("w", newline="", encoding="utf-8") as target:
        writer = csv.DictWriter(target, list(dict.fromkeys(name for row in rows for name in row)))
        writer.writeheader()
        writer.writerows(rows)
    return plan_of(file, **more)


def document(file: Path, *, check: bool = True, **lists: list[dict[str, Any]]) -> TrackerPush:
    file.write_text(json.dumps(lists), encoding="utf-8")
    return plan_of(file, check=check)


async def send(client: Dhis2Client, plan: TrackerPush) -> Report:
    report = await plan.apply(client, lambda _: None)
    parts = ("accepted", "unchanged", "refused", "skipped")
    assert report["read"] == sum(int(str(report[part])) for part in parts)
    return report


def cases(count: int, **more: str) -> list[dict[str, str]]:
    """Events as a table has them."""
    own = {"program": CASES, "programStage": CASE, "orgUnit": UNIT, RESULT: "POS", **more}
    return [{**own, "occurredAt": f"2019-03-{day:02}", AGE: str(day)} for day in range(1, count + 1)]


async def stored(client: Dhis2Client) -> list[tuple[str, str, str]]:
    """Day, age and UID of the events of March 2019."""
    rows = client.tracker.events.rows(
        program=CASES, org_units=UNIT, occurred_after="2019-03-01", occurred_before="2019-03-31", fields="*"
    )
    return sorted([(row["occurredAt"][:10], value(row, AGE), row["event"]) async for row in rows])


def value(row: Mapping[str, Any], element: str) -> str:
    return next((each["value"] for each in row["dataValues"] if each["dataElement"] == element), "")


def person(name: str, **more: Any) -> dict[str, Any]:
    """A tracked entity in care, seen once, with a note; only what is given has a UID."""
    visit = {
        "programStage": FIRST,
        "program": CARE,
        "orgUnit": UNIT,
        "occurredAt": "2024-03-02",
        "status": "ACTIVE",
        "dataValues": [{"dataElement": WEIGHT, "value": "61.5"}],
        "notes": [{"value": f"{name} was seen"}],
    }
    care = {
        "program": CARE,
        "orgUnit": UNIT,
        "enrolledAt": "2024-03-01",
        "occurredAt": "2024-03-01",
        "events": [visit],
        "notes": [{"value": f"{name} came"}],
    }
    names = [{"attribute": GIVEN_NAME, "value": name}, {"attribute": FAMILY_NAME, "value": "Bell"}]
    return {"trackedEntityType": PERSON, "orgUnit": UNIT, "attributes": names, "enrollments": [care], **more}


async def people(client: Dhis2Client, name: str) -> list[dict[str, Any]]:
    rows = client.tracker.tracked_entities.rows(
        program=CARE, org_units=UNIT, filters=[f"{GIVEN_NAME}:eq:{name}"], fields="*"
    )
    return [row async for row in rows]


def test_a_table_of_events_is_sent_and_sending_it_again_doubles_nothing(demo: Sandbox, tmp_path: Path) -> None:
    plan = table(tmp_path / "cases.csv", cases(7))

    async def use(client: Dhis2Client) -> None:
        report = await send(client, plan)
        assert (report["read"], report["accepted"], report["rejects"]) == (7, 7, None)
        first = await stored(client)
        assert [(day, age) for day, age, _ in first] == [(f"2019-03-{day:02}", str(day)) for day in range(1, 8)]
        assert (await send(client, plan))["accepted"] == 7
        assert await stored(client) == first

    run(demo, use)


def test_columns_have_names_of_their_own(demo: Sandbox, tmp_path: Path) -> None:
    row = {"PROGRAM": CASES, "Stage": CASE, "facility": UNIT, "OccurredAt": "2019-03-09", "age": "40", "test": "NEG"}
    place = {"longitude": "-11.5", "latitude": "8.25", "assignedUser": "admin", "createdAt": "2001-01-01"}
    columns = {"programStage": "Stage", "orgUnit": "facility", AGE: "age", RESULT: "test"}
    plan = table(tmp_path / "cases.csv", [row | place], columns=columns)

    async def use(client: Dhis2Client) -> None:
        assert (await send(client, plan))["accepted"] == 1
        [(day, age, uid)] = await stored(client)
        assert (day, age) == ("2019-03-09", "40")
        event = await client.tracker.events.get(uid, fields="*")
        assert event.geometry == {"type": "Point", "coordinates": [-11.5, 8.25]}
        assert event.createdAt is not None
        assert event.createdAt.year > 2001

    run(demo, use)


def test_refused_events_become_a_table_that_can_be_repaired_and_sent(demo: Sandbox, tmp_path: Path) -> None:
    rows = cases(7)
    rows[1] = {**rows[1], "orgUnit": "UnknownUni1"}
    rows[3] = {**rows[3], AGE: "many"}
    rows[4] = {**rows[4], "event": "no-uid"}
    rows[5] = {**rows[5], "occurredAt": "2019-33-01"}
    rows[6] = {**rows[6], "longitude": "west"}

    async def use(client: Dhis2Client) -> None:
        report = await send(client, table(tmp_path / "cases.csv", rows, rows_at_once=100))
        assert (report["accepted"], report["refused"]) == (2, 5)
        rejects = list(csv.DictReader((tmp_path / "cases.rejects.csv").read_text(encoding="utf-8").splitlines()))
        assert [int(row["source_line"]) for row in rejects] == [3, 5, 6, 7, 8]
        assert rejects[4]["longitude"] == "west"
        assert all(row["problem"] for row in rejects)
        assert rejects[1][AGE] == "many"
        assert rejects[1]["problem"] == "Age of patient (Cc4kuzzxwi6): 'many' is no INTEGER_ZERO_OR_POSITIVE."
        for row, number in zip(rejects, (1, 3, 4, 5, 6), strict=True):
            row.update(cases(7)[number], event=row["event"].replace("no-uid", ""), longitude="")
        again = await send(client, table(tmp_path / "repaired.csv", rejects))
        assert (again["read"], again["accepted"], again["refused"]) == (5, 5, 0)
        assert [age for _, age, _ in await stored(client)] == [str(day) for day in range(1, 8)]

    run(demo, use)


def test_days_as_excel_keeps_them_are_not_made_moments_of_1970(demo: Sandbox, tmp_path: Path) -> None:
    days = ("45292", "20240131", "1551398400000")  # the last is 1 March 2019 in milliseconds
    rows = [{**row, "occurredAt": day} for row, day in zip(cases(3), days, strict=True)]

    async def use(client: Dhis2Client) -> None:
        report = await send(client, table(tmp_path / "cases.csv", rows))
        assert (report["accepted"], report["refused"]) == (1, 2)
        assert [age for _, age, _ in await stored(client)] == ["3"]
        rejects = list(csv.DictReader((tmp_path / "cases.rejects.csv").read_text(encoding="utf-8").splitlines()))
        assert [row["what_to_do"] for row in rejects] == ["Write the date as 2024-01-31."] * 2

    run(demo, use)


def test_nested_objects_get_uids_that_stay_the_same(demo: Sandbox, tmp_path: Path) -> None:
    plan = document(tmp_path / "people.json", trackedEntities=[person("Ada"), person("Eve")])

    async def use(client: Dhis2Client) -> None:
        for _ in range(2):
            assert (await send(client, plan))["accepted"] == 2
            [ada] = await people(client, "Ada")
            [care] = ada["enrollments"]
            [visit] = care["events"]
            assert value(visit, WEIGHT) == "61.5"
            assert [note["value"] for note in care["notes"] + visit["notes"]] == ["Ada came", "Ada was seen"]

    run(demo, use)


def test_a_refused_part_refuses_its_row_and_repairing_it_doubles_nothing(demo: Sandbox, tmp_path: Path) -> None:
    eve = person("Eve")
    eve["enrollments"][0]["events"][0]["dataValues"][0]["value"] = "heavy"
    plan = document(tmp_path / "people.json", check=False, trackedEntities=[person("Ada"), eve])

    async def use(client: Dhis2Client) -> None:
        report = await send(client, plan)
        assert (report["accepted"], report["refused"]) == (1, 1)
        rejects = tmp_path / "people.rejects.ndjson"
        [row] = [json.loads(line) for line in rejects.read_text(encoding="utf-8").splitlines()]
        assert (row["source_line"], row["code"]) == (2, "E1302")
        assert row["problem"].startswith("event ")
        assert "makes nothing twice" in row["what_to_do"]
        assert len(await people(client, "Eve")) == 1  # the entity is stored, though its event is not
        row["enrollments"][0]["events"][0]["dataValues"][0]["value"] = "58"
        rejects.write_text(json.dumps(row) + "\n", encoding="utf-8")
        assert (await send(client, plan_of(rejects)))["accepted"] == 1
        [stored_eve] = await people(client, "Eve")
        [care] = stored_eve["enrollments"]
        assert [value(visit, WEIGHT) for visit in care["events"]] == ["58"]
        assert len(care["notes"]) == 1

    run(demo, use)


def test_lists_of_one_file_are_sent_in_the_order_in_which_they_hang_on_each_other(
    demo: Sandbox, tmp_path: Path
) -> None:
    mother, child, care, visit = "MotherAaaa1", "ChildAaaaa1", "CareAaaaaa1", "VisitAaaaa1"
    flat = {key: content for key, content in person("Ada").items() if key != "enrollments"}
    enrollment: dict[str, Any] = {"enrollment": care, "trackedEntity": mother, **person("Ada")["enrollments"][0]}
    [event] = enrollment.pop("events")
    ends = {"from": {"trackedEntity": {"trackedEntity": mother}}, "to": {"trackedEntity": {"trackedEntity": child}}}
    plan = document(
        tmp_path / "all.json",
        relationships=[{"relationshipType": MOTHER_OF, **ends}],
        events=[{**event, "event": visit, "enrollment": care}],
        enrollments=[enrollment],
        trackedEntities=[{**flat, "trackedEntity": mother}, {**flat, "trackedEntity": child}],
    )

    async def use(client: Dhis2Client) -> None:
        report = await send(client, TrackerPush(plan.source, plan.source_digest, rows_at_once=1))
        assert (report["read"], report["accepted"], report["rejects"]) == (5, 5, None)
        again = await send(client, plan)
        assert (again["accepted"], again["unchanged"]) == (4, 1)  # DHIS2 never changes a relationship

    run(demo, use)


def test_what_is_deleted_is_said_to_be_unchanged_the_second_time(demo: Sandbox, tmp_path: Path) -> None:
    async def use(client: Dhis2Client) -> None:
        await send(client, table(tmp_path / "cases.csv", cases(4)))
        rows = [{"event": uid} for _, _, uid in await stored(client)]
        delete = PushOptions(partial=True, strategy="DELETE")
        for counts in ((4, 0), (0, 4)):
            report = await send(client, table(tmp_path / "gone.csv", rows, options=delete))
            assert (report["accepted"], report["unchanged"]) == counts
        assert await stored(client) == []
        again = await send(client, table(tmp_path / "cases.csv", cases(4)))
        assert again["refused"] == 4
        text = (tmp_path / "cases.rejects.csv").read_text(encoding="utf-8")
        assert text.count("never takes the UID of a deleted object again") == 4

    run(demo, use)


def test_the_same_event_twice_is_an_update(demo: Sandbox, tmp_path: Path) -> None:
    rows = [{**row, "event": "TheSameOne1"} for row in cases(3)]

    async def use(client: Dhis2Client) -> None:
        report = await send(client, table(tmp_path / "cases.csv", rows, rows_at_once=100))
        assert report["accepted"] == 3
        assert [age for _, age, _ in await stored(client)] == ["3"]

    run(demo, use)


def test_jobs_do_it_as_well(demo: Sandbox, tmp_path: Path) -> None:
    rows = cases(4)
    rows[2] = {**rows[2], AGE: "many"}
    plan = table(tmp_path / "cases.csv", rows, background=True)

    async def use(client: Dhis2Client) -> None:
        report = await send(client, plan)
        assert (report["accepted"], report["refused"]) == (3, 1)

    run(demo, use)


def test_after_a_lost_answer_only_what_is_not_there_is_sent(demo: Sandbox, tmp_path: Path) -> None:
    plan = table(tmp_path / "cases.csv", cases(3))
    demo.faults.add(Fault(504, done=True, path="tracker$", method="POST"))
    second = Fault(500, path="tracker$", method="POST", times=None)

    async def use(client: Dhis2Client) -> None:
        demo.faults.add(second)  # whatever is sent a second time fails
        assert (await send(client, plan))["accepted"] == 3
        assert len(await stored(client)) == 3

    run(demo, use)


def test_entities_that_are_too_large_together_are_sent_one_by_one(demo: Sandbox, tmp_path: Path) -> None:
    rows = [person(name) for name in ("Ada", "Eve", "Ida", "Uma", "Ona")]
    size = len(json.dumps(rows[0]))
    rows[3]["enrollments"][0]["notes"] = [{"value": "long " * size}]
    plan = document(tmp_path / "people.json", trackedEntities=rows)
    demo.faults.add(Fault.too_large(2 * size, path="tracker$"))

    async def use(client: Dhis2Client) -> None:
        report = await send(client, TrackerPush(plan.source, plan.source_digest))
        assert (report["accepted"], report["refused"]) == (4, 1)
        assert "413" in (tmp_path / "people.rejects.ndjson").read_text(encoding="utf-8")

    run(demo, use)


@pytest.mark.parametrize("status", [413, 504])
def test_what_was_answered_for_is_not_sent_again_with_the_rest_of_its_chunk(
    demo: Sandbox, tmp_path: Path, status: int
) -> None:
    """The third event is the first one again, so it is sent behind the others: and fails with what is sent with it."""
    rows = cases(5)
    rows[2] = {**rows[2], "event": "TheSameOne1"}
    rows[0] = {**rows[0], "event": "TheSameOne1"}
    rows[1] = {**rows[1], "orgUnit": "UnknownUni1"}
    create = PushOptions(partial=True, strategy="CREATE")
    plan = table(tmp_path / "cases.csv", rows, options=create, rows_at_once=5, check=False)
    demo.faults.add(Fault(status, path="tracker$", method="POST", skip=1))

    async def use(client: Dhis2Client) -> None:
        report = await send(client, plan)
        assert (report["accepted"], report["refused"]) == (3, 2)
        rejects = csv.DictReader((tmp_path / "cases.rejects.csv").read_text(encoding="utf-8").splitlines())
        assert [(int(row["source_line"]), row["code"]) for row in rejects] == [(3, "E1011"), (4, "E1030")]
        assert [age for _, age, _ in await stored(client)] == ["1", "4", "5"]

    run(demo, use)


def test_what_was_deleted_counts_as_that_though_the_rest_of_its_chunk_was_too_large(
    demo: Sandbox, tmp_path: Path
) -> None:
    async def use(client: Dhis2Client) -> None:
        await send(client, table(tmp_path / "cases.csv", cases(3)))
        uids = [uid for _, _, uid in await stored(client)]
        rows = [{"event": uid} for uid in (*uids, *uids[:2])]
        demo.faults.add(Fault(413, path="tracker$", method="POST", skip=1))
        delete = PushOptions(partial=True, strategy="DELETE")
        report = await send(client, table(tmp_path / "gone.csv", rows, options=delete, rows_at_once=10))
        assert (report["accepted"], report["unchanged"]) == (3, 2)

    run(demo, use)


def test_a_file_that_changed_is_refused(demo: Sandbox, tmp_path: Path) -> None:
    plan = table(tmp_path / "cases.csv", cases(7))

    async def use(client: Dhis2Client) -> None:
        demo.faults.add(Fault(500, path="tracker$", method="POST", skip=1))
        with pytest.raises(ServerError):
            await send(client, plan)
        changed = table(tmp_path / "cases.csv", cases(8))
        with pytest.raises(StalePlanError):
            await send(client, plan)
        with pytest.raises(OperationError, match="has changed since a part of it was sent"):
            await send(client, changed)

    run(demo, use)


def test_what_is_no_file_of_tracker_is_refused(tmp_path: Path) -> None:
    def read(name: str, text: str) -> None:
        file = tmp_path / name
        file.write_text(text, encoding="utf-8")
        with TrackerRows(file, "digest") as rows:
            rows.take(10)

    with pytest.raises(OperationError, match="no list"):
        read("a.json", '{"dataValues": []}')
    with pytest.raises(OperationError, match="line 1"):
        read("a.ndjson", "[1]\n")
    with pytest.raises(OperationError, match="a line for each data value"):
        read("a.csv", "event,dataElement,value\na,b,1\n")
    with pytest.raises(OperationError, match="data values of data sets"):
        read("a.csv", "dataElement,period,orgUnit,value\na,202401,b,1\n")


def test_a_column_that_the_table_does_not_have_is_a_slip(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text("facility,occurredAt,age\na,2024-03-01,\n", encoding="utf-8")
    with (
        TrackerRows(file, "digest", {"orgUnit": "facility", AGE: "Age"}) as slip,
        pytest.raises(OperationError, match="no column Age") as refused,
    ):
        slip.take(1)
    assert refused.value.next_step == "It has facility, occurredAt, age."
    with TrackerRows(file, "digest", {"orgUnit": "facility", AGE: "age"}) as rows:
        assert [row["orgUnit"] for row in rows.take(1).values] == ["a"]
    file.write_text(f"orgUnit,occurredAt,{AGE}\na,2024-03-01,\n", encoding="utf-8")  # as what was refused is written
    with TrackerRows(file, "digest", {"orgUnit": "facility", AGE: "age"}) as rows:
        assert [row["orgUnit"] for row in rows.take(1).values] == ["a"]
