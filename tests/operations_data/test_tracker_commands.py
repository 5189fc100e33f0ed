"""`d2w tracker` on every version: a person is registered, enrolled, seen, found, given away and deleted."""

from __future__ import annotations

from tests.client_tracker.conftest import ANNA, OTHER_UNIT, PROGRAM, STAGE, UNIT, WEIGHT
from tests.operations.conftest import Desk

NAMES = [word for uid, value in ANNA.items() for word in ("--attribute", f"{uid}={value}")]
DAYS = ("--enrolled", "2024-03-01", "--occurred", "2024-03-01")


def type_of_program(desk: Desk) -> str:
    program = desk.json("metadata", "get", "programs", PROGRAM, "--fields", "trackedEntityType[id]")
    return program["trackedEntityType"]["id"]


def made(rows: list[dict[str, str]]) -> dict[str, str]:
    return {row["type"]: row["id"] for row in rows}


def registered(desk: Desk) -> dict[str, str]:
    words = ["tracker", "register", type_of_program(desk), UNIT, *NAMES, "--program", PROGRAM, *DAYS]
    return made(desk.json(*words))


def test_a_person_from_registration_to_deletion(desk: Desk) -> None:
    uids = registered(desk)
    entity, enrollment = uids["trackedEntities"], uids["enrollments"]
    event = made(
        desk.json(
            "tracker",
            "add-event",
            PROGRAM,
            STAGE,
            UNIT,
            "--enrollment",
            enrollment,
            "--occurred",
            "2024-03-02",
            "--value",
            f"{WEIGHT}=61",
        )
    )["events"]
    rows = desk.json("tracker", "list", "events", "--program", PROGRAM, "--ou", UNIT, "--limit", "0")
    row = next(row for row in rows if row["event"] == event)
    keys = list(row)
    assert keys[keys.index("program") + 1] == "programName"  # a name stands beside its UID
    assert row["programName"] == "Antenatal follow-up"
    shown = desk.json("tracker", "get", "trackedEntities", entity)
    assert shown["trackedEntity"] == entity
    desk.json("tracker", "transfer", entity, PROGRAM, OTHER_UNIT)
    owners = desk.json("tracker", "get", "trackedEntities", entity, "--program", PROGRAM)["programOwners"]
    assert [owner["orgUnit"] for owner in owners] == [OTHER_UNIT]
    assert desk.json("tracker", "delete", "trackedEntities", entity) == [{"deleted": "trackedEntities", "id": entity}]
    code, _, err = desk.ended("tracker", "get", "trackedEntities", entity)
    assert code != 0
    assert entity in err


def test_planned_events_are_outstanding(desk: Desk) -> None:
    enrollment = registered(desk)["enrollments"]
    words = ["tracker", "add-event", PROGRAM, STAGE, UNIT, "--enrollment", enrollment, "--scheduled", "2024-03-01"]
    event = made(desk.json(*words))["events"]
    due = desk.json("tracker", "outstanding", PROGRAM, UNIT, "2024-03-01", "--limit", "0")
    assert event in [row["event"] for row in due]
    assert event not in [row["event"] for row in desk.json("tracker", "outstanding", PROGRAM, UNIT, "2024-02-28")]


def test_an_enrolment_alone(desk: Desk) -> None:
    entity = made(desk.json("tracker", "register", type_of_program(desk), UNIT, *NAMES))["trackedEntities"]
    words = ["tracker", "enrol", entity, PROGRAM, UNIT, "2024-03-01", "--occurred", "2024-03-01"]
    enrollment = made(desk.json(*words))["enrollments"]
    assert desk.json("tracker", "get", "enrollments", enrollment)["trackedEntity"] == entity
    code, _, err = desk.ended(*words, "--yes")  # a second enrolment
    assert code != 0
    assert "E1015" in err


def test_nothing_is_sent_for_what_is_no_value_and_in_a_dry_run(desk: Desk) -> None:
    code, _, err = desk.ended("tracker", "register", type_of_program(desk), UNIT, "--attribute", "Anna", "--yes")
    assert code != 0
    assert "UID=value" in err
    words = ["tracker", "register", type_of_program(desk), OTHER_UNIT, *NAMES, "--dry-run"]
    before = desk.json("tracker", "list", "trackedEntities", "--type", type_of_program(desk), "--ou", OTHER_UNIT)
    assert desk.ended(*words)[0] == 0
    assert before == desk.json(
        "tracker", "list", "trackedEntities", "--type", type_of_program(desk), "--ou", OTHER_UNIT
    )


def test_pairs_are_listed(desk: Desk) -> None:
    first, second = registered(desk)["trackedEntities"], registered(desk)["trackedEntities"]
    desk.json("api", "post", "potentialDuplicates", "--body", f'{{"original": "{first}", "duplicate": "{second}"}}')
    assert [pair["duplicate"] for pair in desk.json("tracker", "duplicates", "--entity", first)] == [second]
