"""Approvals, limits, audits and lock exceptions by the command line."""

from __future__ import annotations

import json

import pytest

from dhis2w_cli.exit_codes import ExitCode
from tests import approval_flow
from tests.client_analytics.conftest import METADATA, NORTH, SOUTH, VISITS
from tests.operations.conftest import Desk

DATA_SET = "gridDataSet"


@pytest.fixture
def office(desk: Desk) -> Desk:
    """A desk whose user enters and approves data of a data set in two units."""
    desk.json("api", "post", "metadata", "--body", json.dumps({**METADATA, **approval_flow.METADATA}))
    desk.json("api", "patch", f"dataSets/{DATA_SET}", "--body", json.dumps(approval_flow.PATCH))
    me = desk.json("system", "me")["username"]
    desk.json("user", "units", "set", me, "--unit", NORTH, "--unit", SOUTH, "--view", NORTH, "--view", SOUTH)
    return desk


def test_data_is_approved_and_taken_back(office: Desk) -> None:
    both = ("--org-unit", NORTH, "--org-unit", SOUTH, "--workflow", "Flow")
    assert office.json("data", "approvals", "approve", "202401", *both)["done"] == 2
    assert office.json("data", "approvals", "approve", "202401", "202402", *both)["done"] == 2
    rows = office.json("data", "approvals", "status", "202401", "--org-unit", NORTH, "--data-set", "Monthly")
    assert [(row["state"], row["may_unapprove"]) for row in rows] == [("APPROVED_HERE", True)]
    assert office.json("data", "approvals", "unapprove", "202401", *both)["done"] == 2
    assert office.json("data", "approvals", "unaccept", "202401", *both)["done"] == 0
    code, _, err = office.ended("data", "approvals", "accept", "202402", *both, "--yes")
    assert (code, "keyAcceptanceRequiredForApproval" in err) == (ExitCode.REFUSED, True), err
    assert office.ended("data", "approvals", "status", "202401", "--org-unit", NORTH)[0] == ExitCode.USAGE


def test_limits_are_set_worked_out_and_removed(office: Desk) -> None:
    assert office.json("data", "min-max", "set", "Visits", NORTH, "1", "9")["maximum"] == 9
    (row,) = office.json("data", "min-max", "list", "--data-element", VISITS)
    assert (row["data_element"], row["org_unit"], row["minimum"], row["maximum"]) == (VISITS, NORTH, 1, 9)
    shown = office.ended("data", "min-max", "set", VISITS, NORTH, "2", "8", "--dry-run")
    assert "1 to 9" in shown[1] + shown[2]
    assert office.json("data", "min-max", "delete", VISITS, NORTH)["removed"] == "1 to 9"
    for period, value in (("202401", "2"), ("202402", "4")):
        office.json("data", "set", VISITS, period, NORTH, value, "--data-set", DATA_SET)
    place = ("North", "--data-set", DATA_SET)
    assert office.json("data", "min-max", "generate", *place)["limits of the unit now"] == 1
    assert office.json("data", "min-max", "remove", *place)["limits of the unit now"] == 0


def test_what_became_of_values_is_told(office: Desk) -> None:
    for value in ("2", "3"):
        office.json("data", "set", VISITS, "202401", NORTH, value, "--data-set", DATA_SET)
    office.json("data", "delete", VISITS, "202401", NORTH, "--data-set", DATA_SET)
    rows = office.json("data", "audits", "--data-element", "Visits", "--type", "DELETE", "--type", "UPDATE")
    assert [(row["type"], row["period"], row["org_unit"]) for row in rows] == [
        ("DELETE", "202401", NORTH),
        ("UPDATE", "202401", NORTH),
    ]
    assert len(office.json("data", "audits", "--org-unit", NORTH, "--limit", "1")) == 1


def test_closed_periods_are_opened_and_closed_again(office: Desk) -> None:
    office.json("data", "lock-exceptions", "create", "Monthly", "202401", NORTH, SOUTH)
    assert len(office.json("data", "lock-exceptions", "list", "--data-set", DATA_SET, "--period", "202401")) == 2
    closed = office.json("data", "lock-exceptions", "delete", DATA_SET, "202401", "--org-unit", "North")
    assert closed["closed for"] == [NORTH]
    assert [row["org_unit"] for row in office.json("data", "lock-exceptions", "list")] == [SOUTH]
    office.json("data", "lock-exceptions", "delete", DATA_SET, "202401")
    assert office.json("data", "lock-exceptions", "list") == []
    assert office.ended("data", "lock-exceptions", "create", "Monthly", "2024-13", NORTH, "--yes")[0] == ExitCode.USAGE
