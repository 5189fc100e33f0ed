"""`d2w tracker` on every version: a person is registered, enrolled, seen, found, given away and deleted."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

from dhis2w_cli.exit_codes import ExitCode
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


def test_a_file_is_sent_and_what_is_refused_is_repaired_and_sent(desk: Desk, tmp_path: Path) -> None:
    cases = tmp_path / "cases.csv"
    head = "facility,occurredAt,program,programStage,result,Cc4kuzzxwi6\n"
    rest = "LqGPSqTKu6f,gdiFSa8OF0R,POS"
    cases.write_text(f"{head}{UNIT},2018-02-01,{rest},31\n{UNIT},2018-02-02,{rest},old\n", encoding="utf-8")
    columns = ("--column", "orgUnit=facility", "--column", "xOVzKVeJJN1=result")
    report = desk.json("tracker", "push", str(cases), *columns, "--no-check", exit=ExitCode.PARTLY_DONE)
    assert (report["read"], report["accepted"], report["refused"]) == (2, 1, 1)
    rejects = Path(report["rejects"])
    rejects.write_text(rejects.read_text(encoding="utf-8").replace("old", "32"), encoding="utf-8")
    assert desk.json("tracker", "push", str(rejects))["accepted"] == 1
    code, _, err = desk.ended("tracker", "push", str(cases), "--column", "facility")
    assert code != 0
    assert "KEY=COLUMN" in err


def test_what_is_piped_in_is_sent(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    event = {
        "occurredAt": "2018-04-01",
        "orgUnit": UNIT,
        "dataValues": [{"dataElement": "xOVzKVeJJN1", "value": "NEG"}],
    }
    row = {**event, "program": "LqGPSqTKu6f", "programStage": "gdiFSa8OF0R"}
    words = ("tracker", "push", "-")
    monkeypatch.chdir(tmp_path)
    wrong = {**row, "orgUnit": "NoUnit00001"}
    both = f"{json.dumps(row)}\n{json.dumps(wrong)}\n"
    for content, exit in ((json.dumps({"events": [row]}), ExitCode.DONE), (both, ExitCode.PARTLY_DONE)):
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(content.encode())))
        report = desk.json(*words, exit=exit)
        assert report["accepted"] == 1
    assert (report["refused"], report["rejects"]) == (1, "piped.rejects.ndjson")
    table = f"facility,occurredAt,xOVzKVeJJN1\n{UNIT},2018-04-02,POS\n"
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(table.encode())))
    constants = ("--constant", "program=LqGPSqTKu6f", "--constant", "programStage=gdiFSa8OF0R")
    assert desk.json(*words, "--column", "orgUnit=facility", *constants)["accepted"] == 1


def test_what_is_pulled_into_a_table_can_be_pushed(desk: Desk, tmp_path: Path) -> None:
    table, lines, packed = (tmp_path / f"cases.{ending}" for ending in ("csv", "ndjson", "parquet"))
    words = ("tracker", "pull", "events", "--program", "LqGPSqTKu6f", "--ou", "gk7LZCuZa5N", "--below")
    told = desk.json(*words, "--to", str(table))
    before = desk.json(*words)
    assert told["rows"] == len(before) > 0
    assert "Cc4kuzzxwi6" in table.read_text(encoding="utf-8").splitlines()[0]
    report = desk.json("tracker", "push", str(table))
    assert (report["read"], report["accepted"]) == (len(before), len(before))
    after = desk.json(*words)
    assert [without_times(row) for row in after] == [without_times(row) for row in before]
    assert desk.json(*words, "--to", str(packed))["rows"] == len(before)
    assert desk.json("tracker", "push", str(packed))["accepted"] == len(before)
    changed = desk.json(*words, "--since", told["next_since"], "--to", str(lines))
    assert changed["rows"] == len(before)
    assert json.loads(lines.read_text(encoding="utf-8").splitlines()[0])["event"] == before[0]["event"]


def test_the_next_pull_reads_what_changed_since_the_last(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)
    cases = ("tracker", "pull", "events", "--program", "LqGPSqTKu6f", "--ou", "gk7LZCuZa5N", "--below")
    select = (*cases, "--since", "last")
    everything = desk.json(*cases)
    first = desk.json(*select, "--to", "changes.csv")
    assert first["rows"] == len(everything) > 0
    (remembered,) = (tmp_path / "state" / "dhis2" / "pulls").iterdir()
    assert remembered.read_text(encoding="utf-8") == first["next_since"]
    remembered.write_text("2999-01-01T00:00:00", encoding="utf-8")  # as if the last pull had been much later
    assert desk.json(*select, "--to", "changes.csv")["rows"] == 0
    assert remembered.read_text(encoding="utf-8") < "2999"
    assert desk.json(*select, "--filter", "Cc4kuzzxwi6:gt:0", "--to", "changes.csv")["rows"] > 0  # it is another one
    begun = remembered.read_text(encoding="utf-8")
    desk.json(*cases, "--since", "2999-01-01", "--to", "changes.csv")  # a moment of its own: not remembered
    assert remembered.read_text(encoding="utf-8") == begun
    gone = everything[0]["event"]
    desk.json("tracker", "delete", "events", gone)
    desk.json(*select, "--to", "changes.ndjson")
    lines = [json.loads(line) for line in (tmp_path / "changes.ndjson").read_text(encoding="utf-8").splitlines()]
    assert [row["deleted"] for row in lines if row["event"] == gone] == [True]  # a deletion is a change
    code, _, err = desk.ended(*select)
    assert code == ExitCode.USAGE
    assert "--to" in err
    for target in ("nowhere/changes.csv", "folder.csv"):
        (tmp_path / "folder.csv").mkdir(exist_ok=True)
        code, _, err = desk.ended(*select, "--to", target)
        assert code == ExitCode.USAGE
        assert f"{target} cannot be written" in err


def without_times(row: dict[str, Any]) -> dict[str, Any]:
    """An event without when it was changed, and by whom; 2.41 forgets who stored it."""
    kept = {name: each for name, each in row.items() if not name.startswith(("updated", "storedBy"))}
    return kept | {"dataValues": {each["dataElement"]: each["value"] for each in row["dataValues"]}}


def test_entities_are_pulled_with_all_that_is_nested(desk: Desk, tmp_path: Path) -> None:
    people, table = tmp_path / "people.json", tmp_path / "people.csv"
    words = ("tracker", "pull", "trackedEntities", "--program", PROGRAM, "--ou", UNIT)
    told = desk.json(*words, "--fields", "*", "--to", str(people))
    rows = json.loads(people.read_text(encoding="utf-8"))["trackedEntities"]
    assert told["rows"] == len(rows) > 0
    assert rows[0]["enrollments"]
    assert desk.json("tracker", "push", str(people))["accepted"] == len(rows)
    assert desk.json(*words, "--to", str(table))["rows"] == len(rows)
    assert next(iter(ANNA)) in table.read_text(encoding="utf-8").splitlines()[0]
    code, _, err = desk.ended(*words, "--to", str(tmp_path / "people.xlsx"))
    assert code != 0
    assert "says no format" in err
