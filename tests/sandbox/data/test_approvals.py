"""Data is approved, accepted, and both taken back, one piece or many, in every version."""

from __future__ import annotations

import base64

import pytest
from entering import DATA_SET, OTHER, ROOT, UNIT, Clerk
from tests import approval_flow
from tests.approval_flow import WORKFLOW

from dhis2w_sandbox.call import Reply

PERIOD = "202401"


@pytest.fixture
def approver(clerk: Clerk) -> Clerk:
    """Somebody above two units, whose data set is approved at two levels."""
    assert clerk.send("POST", "/api/metadata", approval_flow.METADATA).status == 200
    target = f"/api/dataSets/{DATA_SET}"
    assert clerk.send("PATCH", target, approval_flow.PATCH, "application/json-patch+json").status == 200
    return clerk


class Officer:
    """Somebody who approves the data of one unit."""

    def __init__(self, approver: Clerk, sees: str = UNIT) -> None:
        self.app = approver.sandbox.app
        role = {"id": "RoleApprove", "name": "Approver", "authorities": ["F_APPROVE_DATA"]}
        assert approver.send("POST", "/api/userRoles", role).status == 201
        user = {"username": "officer", "password": "Quiet-Harbour-7", "firstName": "Ada", "surname": "Bo"}
        units = {"organisationUnits": [{"id": UNIT}], "dataViewOrganisationUnits": [{"id": sees}]}
        body = {**user, **units, "userRoles": [{"id": role["id"]}]}
        assert approver.send("POST", "/api/users", body).status == 201
        secret = base64.b64encode(b"officer:Quiet-Harbour-7").decode()
        self.headers = [("Host", "sandbox"), ("Authorization", f"Basic {secret}")]

    def send(self, method: str, target: str) -> Reply:
        """The answer to a request without a body."""
        path, _, query = target.partition("?")
        return self.app.answer(method, path, query, self.headers, b"")


def place(unit: str, period: str = PERIOD) -> str:
    return f"wf={WORKFLOW}&pe={period}&ou={unit}"


def acceptances(clerk: Clerk) -> str:
    return "/api/dataAcceptances" if clerk.sandbox.server.version == "v41" else "/api/dataApprovals/dataAcceptances"


def demand_acceptance(clerk: Clerk) -> None:
    clerk.sandbox.server.configuration.write("setting acceptanceRequiredForApproval", True)


def state(clerk: Clerk, unit: str) -> str:
    return clerk.send("GET", f"/api/dataApprovals?{place(unit)}").parsed()["state"]


def bulk(clerk: Clerk, path: str, *units: str) -> int:
    body = {"wf": [WORKFLOW], "pe": [PERIOD], "approvals": [{"ou": unit} for unit in units]}
    return clerk.send("POST", path, body).status


def test_data_is_ready_above_when_all_below_is_approved(approver: Clerk) -> None:
    assert (state(approver, ROOT), state(approver, UNIT)) == ("UNAPPROVED_WAITING", "UNAPPROVED_READY")
    assert approver.send("POST", f"/api/dataApprovals?{place(ROOT)}").status == 409
    assert bulk(approver, "/api/dataApprovals/approvals", UNIT, OTHER) == 204
    assert state(approver, ROOT) == "UNAPPROVED_READY"
    assert [approver.send("POST", f"/api/dataApprovals?{place(ROOT)}").status for _ in range(2)] == [204, 204]
    assert (state(approver, ROOT), state(approver, UNIT)) == ("APPROVED_HERE", "APPROVED_ABOVE")
    assert approver.send("DELETE", f"/api/dataApprovals?{place(UNIT)}").status == 409
    assert [approver.send("DELETE", f"/api/dataApprovals?{place(ROOT)}").status for _ in range(2)] == [204, 409]


def test_many_are_approved_or_none(approver: Clerk) -> None:
    assert bulk(approver, "/api/dataApprovals/approvals", UNIT, ROOT) == 409
    assert state(approver, UNIT) == "UNAPPROVED_READY"


def test_what_is_approved_is_approved_again_alone_but_not_among_others(approver: Clerk) -> None:
    for status in (204, 409):
        assert bulk(approver, "/api/dataApprovals/approvals", UNIT) == status
    assert approver.send("POST", f"/api/dataApprovals?{place(UNIT)}").status == 204


def test_a_unit_below_without_data_of_the_workflow_is_not_waited_for(approver: Clerk) -> None:
    patch = [{"op": "replace", "path": "/organisationUnits", "value": [{"id": UNIT}]}]
    target = f"/api/dataSets/{DATA_SET}"
    assert approver.send("PATCH", target, patch, "application/json-patch+json").status == 200
    assert approver.send("POST", f"/api/dataApprovals?{place(UNIT)}").status == 204
    assert state(approver, ROOT) == "UNAPPROVED_READY"


def test_who_is_of_a_unit_approves_there_and_sees_what_was_approved_above(approver: Clerk) -> None:
    clerk = Officer(approver)
    own = f"/api/dataApprovals?{place(UNIT)}"
    assert clerk.send("GET", f"/api/dataApprovals?{place(ROOT)}").parsed()["state"] == "UNAPPROVABLE"
    assert clerk.send("POST", f"{acceptances(approver)}?{place(UNIT)}").status == 403
    assert clerk.send("POST", own).status == 204
    seen = clerk.send("GET", own).parsed()
    assert (seen["state"], seen["mayApprove"], seen["mayUnapprove"]) == ("APPROVED_HERE", False, True)
    assert bulk(approver, "/api/dataApprovals/approvals", OTHER) == 204
    assert approver.send("POST", f"/api/dataApprovals?{place(ROOT)}").status == 204
    seen = clerk.send("GET", own).parsed()
    assert (seen["state"], seen["mayUnapprove"]) == ("APPROVED_ABOVE", False)
    assert clerk.send("DELETE", own).status == 409


def test_what_is_above_ones_own_level_is_hidden(approver: Clerk) -> None:
    demand_acceptance(approver)
    clerk = Officer(approver, sees=ROOT)
    assert bulk(approver, "/api/dataApprovals/approvals", UNIT, OTHER) == 204
    assert bulk(approver, f"{acceptances(approver)}/acceptances", UNIT, OTHER) == 204
    assert approver.send("POST", f"/api/dataApprovals?{place(ROOT)}").status == 204
    assert (state(approver, ROOT), state(approver, UNIT)) == ("APPROVED_HERE", "APPROVED_ABOVE")
    states = [clerk.send("GET", f"/api/dataApprovals?{place(unit)}").parsed()["state"] for unit in (ROOT, UNIT)]
    assert states == ["UNAPPROVED_READY", "ACCEPTED_HERE"]


def test_a_unit_without_data_of_the_workflow_cannot_be_approved(approver: Clerk) -> None:
    root = {"id": "UnitElse001", "name": "Else", "shortName": "Else", "openingDate": "2000-01-01"}
    assert approver.send("POST", "/api/metadata", {"organisationUnits": [root]}).status == 200
    user = approver.sandbox.server.store.get("user", "M5zQapPyTZI") or {}
    units = [{"id": ROOT}, {"id": root["id"]}]
    approver.sandbox.server.store.put("user", "M5zQapPyTZI", {**user, "organisationUnits": units})
    assert state(approver, "UnitElse001") == "UNAPPROVABLE"
    assert bulk(approver, "/api/dataApprovals/unapprovals", "UnitElse001") == 500


def test_what_must_be_accepted_is_accepted_once_and_taken_back(approver: Clerk) -> None:
    demand_acceptance(approver)
    path = acceptances(approver)
    assert approver.send("POST", f"{path}?{place(UNIT)}").status == 409
    assert approver.send("DELETE", f"{path}?{place(UNIT)}").status == 500
    assert bulk(approver, "/api/dataApprovals/approvals", UNIT, OTHER) == 204
    assert (state(approver, UNIT), state(approver, ROOT)) == ("APPROVED_HERE", "UNAPPROVED_WAITING")
    assert [approver.send("POST", f"{path}?{place(UNIT)}").status for _ in range(2)] == [204, 204]
    assert bulk(approver, f"{path}/acceptances", UNIT, OTHER) == 204
    assert (state(approver, UNIT), state(approver, ROOT)) == ("ACCEPTED_HERE", "UNAPPROVED_READY")
    assert [approver.send("DELETE", f"{path}?{place(UNIT)}").status for _ in range(2)] == [204, 204]
    assert bulk(approver, f"{path}/unacceptances", OTHER) == 204
    assert (state(approver, OTHER), state(approver, ROOT)) == ("APPROVED_HERE", "UNAPPROVED_WAITING")


def test_nothing_is_to_be_accepted_unless_a_setting_asks_for_it(approver: Clerk) -> None:
    assert approver.send("POST", f"/api/dataApprovals?{place(UNIT)}").status == 204
    assert approver.send("POST", f"{acceptances(approver)}?{place(UNIT)}").status == 409
    assert approver.send("DELETE", f"{acceptances(approver)}?{place(UNIT)}").status == 204
    assert state(approver, UNIT) == "APPROVED_HERE"


def test_a_period_of_another_type_is_not_approved(approver: Clerk) -> None:
    assert approver.send("POST", f"/api/dataApprovals?{place(UNIT, '2024')}").status == 409
    body = {"wf": [WORKFLOW], "pe": ["nonsense"], "approvals": [{"ou": UNIT}]}
    refused = approver.send("POST", "/api/dataApprovals/approvals", body)
    assert (refused.status, refused.parsed()["message"]) == (409, "Approvals must have periods")
