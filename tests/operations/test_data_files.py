"""Files of data values by the command line: every kind, mapped, piped in, several at once; and pulled into files."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

from dhis2w_cli.exit_codes import ExitCode
from dhis2w_sandbox.faults import Fault
from tests.client_analytics.conftest import METADATA, NORTH, VISITS
from tests.operations.conftest import Desk

DATA_SET = "gridDataSet"
HEADER = "dataElement,period,orgUnit,value\n"
PULL = ("data", "pull", "--data-set", DATA_SET, "--org-unit", NORTH, "--start", "2024-01-01", "--end", "2024-12-31")


@pytest.fixture
def ground(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A data set that the user may write, and a folder to work in."""
    desk.json("api", "post", "metadata", "--body", json.dumps(METADATA))
    desk.json("user", "units", "set", desk.json("system", "me")["username"], "--unit", NORTH, "--view", NORTH)
    monkeypatch.chdir(tmp_path)
    return desk


def stored(desk: Desk) -> list[tuple[str, str]]:
    return sorted((row["period"], row["value"]) for row in desk.json(*PULL))


def counts(report: dict[str, Any]) -> tuple[int, ...]:
    total = tuple(report[part] for part in ("read", "accepted", "unchanged", "refused", "skipped"))
    assert total[0] == sum(total[1:])
    return total


def test_a_mapping_says_what_the_columns_are(ground: Desk, tmp_path: Path) -> None:
    (tmp_path / "visits.csv").write_text(f"facility,month,n\n{NORTH},202401,11\n{NORTH},202402,many\n")
    (tmp_path / "visits.toml").write_text(
        f'data_set = "{DATA_SET}"\n[columns]\norgUnit = "facility"\nperiod = "month"\nvalue = "n"\n'
        f'[constants]\ndataElement = "{VISITS}"\n[id_schemes]\nall = "UID"\n'
    )
    report = ground.json("data", "push", "visits.csv", "--mapping", "visits.toml", exit=ExitCode.PARTLY_DONE)
    assert counts(report) == (2, 1, 0, 1, 0)
    rejects = Path(report["rejects"])
    rejects.write_text(rejects.read_text(encoding="utf-8").replace("many", "12"), encoding="utf-8")
    again = ground.json("data", "push", str(rejects))
    assert counts(again)[0] == 1
    assert stored(ground) == [("202401", "11"), ("202402", "12")]


def test_several_files_have_one_report(ground: Desk, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(f"{HEADER}{VISITS},202401,{NORTH},11\n")
    (tmp_path / "b.ndjson").write_text(
        json.dumps({"dataElement": VISITS, "period": "202402", "orgUnit": NORTH, "value": 12}) + "\n"
        + json.dumps({"dataElement": VISITS, "period": "202403", "orgUnit": "Nowhere0001", "value": 13}) + "\n"
    )  # fmt: skip
    report = ground.json("data", "push", "a.csv", "b.ndjson", exit=ExitCode.PARTLY_DONE)
    assert counts(report)[::3] == (3, 1)
    assert [each["file"] for each in report["files"]] == ["a.csv", "b.ndjson"]
    assert report["rejects"] == ["b.rejects.csv"]
    code, _, err = ground.ended("data", "push", "a.csv", "b.ndjson", "--rejects", "c.csv", "--yes")
    assert code == ExitCode.USAGE
    assert "--rejects is for one file" in err


def test_what_is_piped_in_is_told_from_how_it_begins(
    ground: Desk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    row = {"dataElement": VISITS, "period": "202401", "orgUnit": NORTH, "value": "11"}
    wrong = row | {"period": "202402", "value": "many"}
    names = HEADER.strip().split(",")
    contents = (
        HEADER + "".join(",".join(each[name] for name in names) + "\n" for each in (row, wrong)),
        json.dumps({"dataValues": [row, wrong]}, indent=1),
        f"{json.dumps(row)}\n{json.dumps(wrong)}\n",
    )
    for content in contents:
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(content.encode())))
        report = ground.json("data", "push", "-", exit=ExitCode.PARTLY_DONE)
        assert counts(report)[0::3] == (2, 1)
        assert report["rejects"] == "piped.rejects.csv"
        assert stored(ground) == [("202401", "11")]
    assert not list((tmp_path / "state" / "dhis2" / "transfers" / "piped").iterdir())


def test_what_is_piped_in_again_goes_on(ground: Desk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    content = HEADER + "".join(f"{VISITS},2024{month:02},{NORTH},{month}\n" for month in (1, 2, 3))
    words = ("data", "push", "-", "--rows-at-once", "1", "--no-check", "--data-set", DATA_SET)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(content.encode())))
    ground.sandbox.faults.add(Fault(403, path="dataValueSets", method="POST", skip=1))
    assert ground.ended(*words, "--yes")[0] != 0
    assert len(list((tmp_path / "state" / "dhis2" / "transfers").glob("*.sqlite"))) == 1
    ground.sandbox.faults.clear()
    ground.json("data", "set", VISITS, "202401", NORTH, "77", "--data-set", DATA_SET)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(content.encode())))
    assert counts(ground.json(*words))[:2] == (3, 3)
    assert stored(ground)[0] == ("202401", "77")  # it was sent before, and is not sent again


def test_a_trial_and_a_background_job(ground: Desk, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(f"{HEADER}{VISITS},202401,{NORTH},11\n")
    assert counts(ground.json("data", "push", "a.csv", "--trial"))[:2] == (1, 1)
    assert stored(ground) == []
    assert counts(ground.json("data", "push", "a.csv", "--background", "--no-check"))[:2] == (1, 1)
    assert stored(ground) == [("202401", "11")]


def test_a_json_file_may_say_itself_what_it_is(ground: Desk, tmp_path: Path) -> None:
    values = [{"dataElement": VISITS, "value": "11"}]
    said = {"orgUnitIdScheme": "NAME", "orgUnit": "North", "period": "202401", "dataSet": DATA_SET}
    file = tmp_path / "a.json"
    file.write_text(json.dumps({"dryRun": True, "dataValues": values, **said}))
    assert counts(ground.json("data", "push", "a.json"))[:2] == (1, 1)
    assert stored(ground) == []
    file.write_text(json.dumps({"dataValues": values, **said}))
    assert counts(ground.json("data", "push", "a.json"))[:2] == (1, 1)
    assert stored(ground) == [("202401", "11")]


def test_a_file_of_the_other_kind_is_told_where_it_belongs(ground: Desk, tmp_path: Path) -> None:
    """Before the plan is shown."""
    (tmp_path / "cases.json").write_text(json.dumps({"events": [{"program": "p", "orgUnit": NORTH}]}))
    (tmp_path / "values.json").write_text(json.dumps({"dataValues": [{"dataElement": VISITS, "value": "1"}]}))
    for words, told in (
        (("data", "push", "cases.json"), "d2w tracker push"),
        (("tracker", "push", "values.json"), "d2w data push"),
    ):
        code, _, err = ground.ended(*words, "--dry-run")
        assert code == ExitCode.USAGE
        assert told in err


def test_what_is_pulled_into_a_file_can_be_pushed(ground: Desk, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(f"{HEADER}{VISITS},202401,{NORTH},11\n{VISITS},202402,{NORTH},12\n")
    ground.json("data", "push", "a.csv")
    for ending in ("csv", "ndjson", "json", "parquet"):
        report = ground.json(*PULL, "--to", f"pulled.{ending}")
        assert report["rows"] == 2
        ground.json("data", "delete", VISITS, "202401", NORTH, "--data-set", DATA_SET)
        assert counts(ground.json("data", "push", f"pulled.{ending}"))[0] == 2
        assert stored(ground) == [("202401", "11"), ("202402", "12")]
    ground.json(*PULL, "--org-unit-id-scheme", "NAME", "--to", "named.csv")
    assert (tmp_path / "named.csv").read_text(encoding="utf-8").count("North") == 2
    assert counts(ground.json("data", "push", "named.csv", "--org-unit-id-scheme", "NAME"))[3] == 0
    assert len(ground.json(*PULL, "--since", report["next_since"])) == 2  # a watermark overlaps by some minutes


def test_the_next_pull_reads_what_changed_since_the_last(
    ground: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    select = ("data", "pull", "--data-set", DATA_SET, "--org-unit", NORTH, "--since", "last")
    (tmp_path / "a.csv").write_text(f"{HEADER}{VISITS},202401,{NORTH},11\n")
    ground.json("data", "push", "a.csv")
    first = ground.json(*select, "--to", "changes.csv")
    assert first["rows"] == 1
    (remembered,) = (tmp_path / "state" / "dhis2" / "pulls").iterdir()
    assert remembered.read_text() == first["next_since"]
    remembered.write_text("2999-01-01T00:00:00")  # as if the last pull had been much later
    assert ground.json(*select, "--to", "changes.csv")["rows"] == 0
    assert remembered.read_text() < "2999"
    assert ground.json(*select, "--to", "others.csv")["rows"] == 1
    assert ground.ended(*select)[0] == ExitCode.USAGE
