"""Approval: a workflow of the scenario's own, from the lowest level up, and down again.

Approval levels count for the whole server, so none is added where there are some: then the scenario builds its units so
deep that the server's own levels are theirs. Where there are none nobody else approves anything; the scenario's own two
go again, and only there the setting that asks for acceptance is changed for a moment.
DHIS2 keeps who approved what, and deletes neither user nor workflow before that is pruned with the unit.
Evidence: recording `data/approval`; `DefaultDataApprovalLevelService`, `DefaultMaintenanceService.pruneData`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise

import pytest

from dhis2w_client import BasicAuth, ConflictError
from dhis2w_client.data_values import Approvable, ApprovalRefusedError
from dhis2w_client.metadata import Bundle, new_uid
from dhis2w_client.periods import InvalidPeriodError
from dhis2w_client.sync import Dhis2Client
from tests.contract.ground import PASSWORD
from tests.contract.place import Place, Row
from tests.contract.server import Server

SETTING = "systemSettings/keyAcceptanceRequiredForApproval"
PERIOD = "202401"


@dataclass(frozen=True, kw_only=True)
class Office:
    """Two units of one level below one of a higher level, whose data is approved at both; all are UIDs."""

    above: str
    below: tuple[str, str]
    element: str
    data_set: str
    workflow: str
    is_only: bool
    """Whether nobody else approves anything on the server."""
    client: Dhis2Client
    """Of who enters and approves."""

    def piece(self, unit: str) -> Approvable:
        """The data of a unit."""
        return Approvable(PERIOD, unit, workflow=self.workflow)


@pytest.fixture
def office(server: Server, client: Dhis2Client, place: Place) -> Generator[Office]:
    """An office that is gone afterwards, with what it approved."""
    there = list(client.data_approval_levels.rows(fields="id,orgUnitLevel,categoryOptionGroupSet"))
    levels = usable(there) if there else own_levels(place)
    if len(levels) < 2:
        pytest.skip(
            "all levels of this server but one are for groups of category options, and none is added beside them"
        )
    upper, lower = levels[-2:]
    units = chain(place, int(str(lower["orgUnitLevel"])))
    uids = [str(unit["id"]) for unit in units]
    element = place.create_element("approved", valueType="INTEGER")
    flow = workflow_of(place, [upper, lower])
    data_set = approved_set(place, flow["id"], element, uids[-2:])
    made = {"organisationUnits": units, "dataApprovalWorkflows": [flow], "dataSets": [data_set]}
    client.metadata.import_bundle(Bundle(made if there else made | {"dataApprovalLevels": levels}))
    try:
        with server.connect(approver(client, place, uids[0])) as officer:
            yield Office(
                above=uids[int(str(upper["orgUnitLevel"])) - 1],
                below=(uids[-2], uids[-1]),
                element=element,
                data_set=str(data_set["id"]),
                workflow=str(flow["id"]),
                is_only=not there,
                client=officer,
            )
    finally:
        for uid in uids:
            client.maintenance.prune_data("organisationUnits", uid)
        client.maintenance.prune_data("dataElements", element)
        # DHIS2 deletes no workflow that has levels
        client.data_approval_workflows.patch(
            str(flow["id"]), [{"op": "replace", "path": "/dataApprovalLevels", "value": []}]
        )


def usable(levels: list[Row]) -> list[Row]:
    """The levels that are alone at theirs, the highest first."""
    at = Counter(level["orgUnitLevel"] for level in levels)
    alone = [level for level in levels if at[level["orgUnitLevel"]] == 1 and not level.get("categoryOptionGroupSet")]
    return sorted(alone, key=lambda level: int(str(level["orgUnitLevel"])))


def own_levels(place: Place) -> list[Row]:
    return [
        {"id": new_uid(), "name": place.name(f"level{number}"), "orgUnitLevel": number, "level": number}
        for number in (1, 2)
    ]


def chain(place: Place, depth: int) -> list[Row]:
    """Units one below the other, and another one beside the lowest."""
    units = [place.unit(f"depth{number}") for number in range(1, depth + 1)]
    for above, unit in pairwise(units):
        unit["parent"] = {"id": above["id"]}
    return [*units, place.unit("beside") | {"parent": units[-1]["parent"]}]


def workflow_of(place: Place, levels: list[Row]) -> Row:
    return {
        "id": new_uid(),
        "name": place.name("flow"),
        "periodType": "Monthly",
        "dataApprovalLevels": [{"id": level["id"]} for level in levels],
    }


def approved_set(place: Place, workflow: object, element: str, units: list[str]) -> Row:
    """A data set that the workflow is for."""
    return {
        "id": new_uid(),
        "name": place.name("approved"),
        "shortName": place.name("approved"),
        "periodType": "Monthly",
        "workflow": {"id": workflow},
        "sharing": {"public": "rwrw----"},
        "dataSetElements": [{"dataElement": {"id": element}}],
        "organisationUnits": [{"id": unit} for unit in units],
    }


def approver(client: Dhis2Client, place: Place, unit: str) -> BasicAuth:
    """A superuser of the highest of the units: who approves must have them below."""
    role = str(client.user_roles.create({"name": place.name("approver"), "authorities": ["ALL"]}).id)
    username = place.name("approver")
    client.metadata.accounts.create(username, PASSWORD, first_name="Ada", surname=username, roles=[role], units=[unit])
    return BasicAuth(username, PASSWORD)


@contextmanager
def acceptance_asked_for(client: Dhis2Client) -> Generator[None]:
    """Have the server ask for acceptance, for a moment."""
    client.post(SETTING, params={"value": "true"})
    try:
        yield
    finally:
        client.delete(SETTING)


def test_data_is_approved_from_below_and_taken_back_from_above(office: Office) -> None:
    approvals, (here, there) = office.client.data_values.approvals, office.below

    def states() -> list[str]:
        return [approvals.status(office.piece(unit)).state for unit in (office.above, here, there)]

    assert states() == ["UNAPPROVED_WAITING", "UNAPPROVED_READY", "UNAPPROVED_READY"]
    with pytest.raises(ApprovalRefusedError, match="UNAPPROVED_WAITING"):
        approvals.approve(office.piece(office.above))
    assert [approvals.approve(office.piece(here)) for _ in range(2)] == [1, 0]
    assert states() == ["UNAPPROVED_WAITING", "APPROVED_HERE", "UNAPPROVED_READY"]
    pieces = [office.piece(here), Approvable(PERIOD, there, data_set=office.data_set)]
    assert [approvals.approve(pieces) for _ in range(2)] == [1, 0]
    assert states() == ["UNAPPROVED_READY", "APPROVED_HERE", "APPROVED_HERE"]
    told = {row.what.org_unit: row.state for row in approvals.statuses(office.workflow, [PERIOD], [here, there])}
    assert told == {here: "APPROVED_HERE", there: "APPROVED_HERE"}
    assert approvals.approve(office.piece(office.above)) == 1
    assert states() == ["APPROVED_HERE", "APPROVED_ABOVE", "APPROVED_ABOVE"]
    with pytest.raises(ApprovalRefusedError, match="APPROVED_ABOVE"):
        approvals.unapprove(office.piece(here))
    assert [approvals.unapprove(office.piece(office.above)) for _ in range(2)] == [1, 0]
    assert [approvals.unapprove(pieces) for _ in range(2)] == [2, 0]
    assert states() == ["UNAPPROVED_WAITING", "UNAPPROVED_READY", "UNAPPROVED_READY"]


def test_approved_data_is_not_changed(office: Office) -> None:
    values, (here, there) = office.client.data_values, office.below

    def push(content: str) -> list[int | None]:
        rows = [
            {"dataElement": office.element, "period": PERIOD, "orgUnit": unit, "value": content}
            for unit in (here, there)
        ]
        report = values.push(rows, data_set=office.data_set)
        return [refusal.index for refusal in report.refusals if not refusal.collateral]

    assert push("1") == []
    assert values.approvals.approve(office.piece(here)) == 1
    seen = values.approvals.status(office.piece(here))
    assert (seen.may_unapprove, seen.approved_by is not None) == (True, True)
    assert push("2") == [0]
    # from 2.43 on what is approved refuses the whole group
    other = "1" if office.client.dialect.groups_data_values_by_data_set else "2"
    assert [values.get(office.element, PERIOD, unit) for unit in (here, there)] == ["1", other]
    assert values.approvals.unapprove(office.piece(here)) == 1
    assert push("3") == []


def test_data_is_accepted_where_the_server_asks_for_it(client: Dhis2Client, office: Office) -> None:
    approvals, (here, there) = office.client.data_values.approvals, office.below
    approvals.approve(office.piece(here))
    if approvals.status(office.piece(here)).may_accept:
        assert approvals.accept(office.piece(here)) == 1
    else:
        with pytest.raises(ApprovalRefusedError, match="APPROVED_HERE"):
            approvals.accept(office.piece(here))
    if not office.is_only:
        return
    with acceptance_asked_for(client):
        piece = office.piece(there)
        assert approvals.approve(piece) == 1
        assert [approvals.accept(piece) for _ in range(2)] == [1, 0]
        assert approvals.status(piece).state == "ACCEPTED_HERE"
        assert [approvals.unaccept(piece) for _ in range(2)] == [1, 0]
        assert approvals.status(piece).state == "APPROVED_HERE"


def test_what_cannot_be_approved_is_told(office: Office) -> None:
    approvals = office.client.data_values.approvals
    for wrong in (
        Approvable(PERIOD, office.below[0], workflow="nOtKnown001"),
        Approvable(PERIOD, "nOtKnown001", workflow=office.workflow),
    ):
        with pytest.raises(ConflictError):
            approvals.status(wrong)
    with pytest.raises(InvalidPeriodError):
        approvals.approve(Approvable("2024-99", office.below[0], workflow=office.workflow))
