"""Data values and analytics by the command line, on every version."""

from __future__ import annotations

import json
from pathlib import Path

from dhis2w_cli.exit_codes import ExitCode
from tests.client_analytics.conftest import METADATA, NORTH, VISITS
from tests.operations.conftest import Desk

DATA_SET = "gridDataSet"


def test_values_are_pushed_pulled_and_deleted(desk: Desk, tmp_path: Path) -> None:
    desk.json("api", "post", "metadata", "--body", json.dumps(METADATA))
    me = desk.json("system", "me")["username"]
    desk.json("user", "units", "set", me, "--unit", NORTH, "--view", NORTH)
    file = tmp_path / "visits.csv"
    file.write_text(f"dataElement,period,orgUnit,value\n{VISITS},202401,{NORTH},11\n{VISITS},202402,{NORTH},12\n")
    report = desk.json("data", "push", str(file), "--data-set", DATA_SET)
    assert (report["read"], report["refused"]) == (2, 0)
    pull = ("data", "pull", "--data-set", DATA_SET, "--org-unit", NORTH, "--start", "2024-01-01", "--end", "2024-12-31")
    assert sorted((row["period"], row["value"]) for row in desk.json(*pull)) == [("202401", "11"), ("202402", "12")]
    desk.json("data", "delete", VISITS, "202401", NORTH, "--data-set", DATA_SET)
    assert [row["period"] for row in desk.json(*pull)] == ["202402"]


def test_what_analytics_cannot_read_is_refused_with_a_next_step(desk: Desk) -> None:
    outliers = desk.ended("analytics", "outliers", "--dx", VISITS, "--ou", NORTH, "--pe", "202401")
    events = desk.ended("analytics", "events", "aaaaaaaaaaa", "--ou", NORTH, "--pe", "202401")
    for code, _, err in (outliers, events):
        assert code in (ExitCode.REFUSED, ExitCode.NOT_FOUND)
        assert "\nnext: " in err
