"""`d2w analytics` on every version: tables are built, asked, and what comes is shown or written into files."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from dhis2w_cli.exit_codes import ExitCode
from tests.client_analytics.conftest import METADATA, NORTH, PERIODS, ROOT, SOUTH, VALUES, VISITS, WEIGHT
from tests.operations.conftest import Desk


def filled(desk: Desk) -> None:
    """Twelve values, and the tables built."""
    desk.json("api", "post", "metadata", "--body", json.dumps(METADATA))
    me = desk.json("api", "get", "me?fields=id")["id"]
    units: list[Any] = [
        {"op": "add", "path": f"/{key}", "value": [{"id": ROOT}]}
        for key in ("organisationUnits", "dataViewOrganisationUnits")
    ]
    desk.json("api", "patch", f"users/{me}", "--body", json.dumps(units))
    values = {"dataSet": "gridDataSet", "dataValues": VALUES}
    desk.json("api", "post", "dataValueSets", "--body", json.dumps(values))
    if desk.json("api", "get", "system/info")["version"] >= "2.43":
        names = [{"name": "Monthly"}, {"name": "Yearly"}]
        desk.json("api", "post", "configuration/dataOutputPeriodTypes", "--body", json.dumps(names))
    assert desk.json("analytics", "refresh", "--seconds", "60")["built"] == "analytics tables"


QUERY = ("analytics", "query", "--dx", VISITS, "--pe", "202401", "--pe", "202402", "--ou", NORTH)


def test_a_query_is_shown_with_names_and_written_into_files(desk: Desk, tmp_path: Path) -> None:
    filled(desk)
    rows = desk.json(*QUERY)
    assert sorted((row["dx_name"], row["ou_name"], row["pe"], row["value"]) for row in rows) == [
        ("Visits", "North", "202401", 11.0),
        ("Visits", "North", "202402", 12.0),
    ]
    assert "dx_name" not in desk.json(*QUERY, "--ids-only")[0]
    for ending in ("csv", "ndjson", "json", "parquet"):
        told = desk.json(*QUERY, "--to", str(tmp_path / f"visits.{ending}"))
        assert told["rows"] == 2
    with (tmp_path / "visits.csv").open(encoding="utf-8") as file:
        assert sorted(row["value"] for row in csv.DictReader(file)) == ["11.0", "12.0"]
    assert json.loads((tmp_path / "visits.json").read_text("utf-8")) == rows
    assert pl.read_parquet(tmp_path / "visits.parquet").to_dicts() == rows
    assert [json.loads(line) for line in (tmp_path / "visits.ndjson").read_text("utf-8").splitlines()] == rows


def test_a_result_is_drawn_in_the_terminal_and_as_a_picture(desk: Desk, tmp_path: Path) -> None:
    filled(desk)
    code, out, err = desk.ended(*QUERY, "--plot", "-")
    assert code == 0, err
    assert [line.split()[0] for line in out.splitlines()] == ["Visits,", "January", "February"]
    file = tmp_path / "visits.png"
    assert desk.json(*QUERY, "--plot", str(file))["series"] == 1
    assert file.read_bytes().startswith(b"\x89PNG")
    for words in (["--plot", "visits.svg"], ["--plot", "-", "--to", "visits.csv"]):
        assert desk.ended(*QUERY, *words)[0] == ExitCode.USAGE


def test_a_file_stays_as_it_is_when_the_server_refuses(desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "visits.csv"
    file.write_text("as it was", encoding="utf-8")
    code, _, err = desk.ended(*QUERY, "--to", str(file))  # there is no such data element yet, and no table
    assert code != 0
    assert "E7" in err
    assert file.read_text("utf-8") == "as it was"
    code, _, err = desk.ended(*QUERY, "--to", str(tmp_path / "visits.doc"))
    assert code != 0
    assert ".parquet" in err
    assert [each.name for each in tmp_path.glob("*visits*")] == ["visits.csv"]


def test_a_query_is_split_where_that_is_allowed(desk: Desk) -> None:
    filled(desk)
    desk.json("api", "post", "systemSettings/keyAnalyticsMaxLimit?value=2")
    periods = [word for period in PERIODS for word in ("--pe", period)]
    words = ["analytics", "query", "--ou", NORTH, "--ou", SOUTH, *periods]
    code, _, err = desk.ended(*words, "--dx", VISITS)
    assert code != 0
    assert "E7128" in err
    assert len(desk.json(*words, "--dx", VISITS, "--split")) == 6
    code, _, err = desk.ended(*words, "--dx", WEIGHT, "--split")
    assert code != 0
    assert "AVERAGE" in err


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("query", "--dx", "a", "--start", "soon", "--end", "2024-01-31"), "2024-01-31"),
        (("query", "--dx", "a"), "E7146"),
        (("events", "p", "--ou", "u"), "which time"),
        (("outliers", "--dx", "a"), "E7146"),
    ],
)
def test_what_would_be_refused_is_not_sent(desk: Desk, words: tuple[str, ...], says: str) -> None:
    code, _, err = desk.ended("analytics", *words)
    assert code != 0
    assert says in err
