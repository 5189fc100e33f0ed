"""Data is approved, accepted and both taken back, on servers of every version."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from dhis2w_client import ConflictError, Dhis2Client, InvalidRequestError
from dhis2w_client.data_values import Approvable, ApprovalRefusedError
from dhis2w_client.metadata import Bundle
from dhis2w_client.periods import InvalidPeriodError
from dhis2w_sandbox import Sandbox
from tests import approval_flow
from tests.approval_flow import WORKFLOW
from tests.client_data.small_country import FIRST_SET, OTHER, ROOT, SECOND_SET, UNIT, run

DEFAULT = "HllvX50cXC0"


def place(unit: str = UNIT, period: str = "202401") -> Approvable:
    return Approvable(period, unit, workflow=WORKFLOW)


def approving(sandbox: Sandbox, use: Callable[[Dhis2Client], Awaitable[None]], *, acceptance: bool = False) -> None:
    """Use a client of a server where the second data set is approved at two levels."""

    async def connected(client: Dhis2Client) -> None:
        await client.metadata.import_bundle(Bundle(approval_flow.METADATA))
        await client.patch(f"dataSets/{SECOND_SET}", approval_flow.PATCH)
        if acceptance:
            await client.post("systemSettings/keyAcceptanceRequiredForApproval", params={"value": "true"})
        await use(client)

    run(sandbox, connected)


def test_one_piece_is_approved_and_taken_back_and_both_may_be_repeated(empty: Sandbox) -> None:
    async def use(client: Dhis2Client) -> None:
        approvals = client.data_values.approvals
        before = await approvals.status(Approvable("202401", UNIT, data_set=SECOND_SET))
        assert (before.state, before.may_approve, before.approved_by) == ("UNAPPROVED_READY", True, None)
        assert [await approvals.approve(place()) for _ in range(2)] == [1, 0]
        after = await approvals.status(place())
        assert (after.state, after.may_unapprove, bool(after.approved_by)) == ("APPROVED_HERE", True, True)
        assert [await approvals.unapprove(place()) for _ in range(2)] == [1, 0]

    approving(empty, use)


def test_many_are_approved_at_once_and_only_those_that_are_not(empty: Sandbox) -> None:
    async def use(client: Dhis2Client) -> None:
        approvals = client.data_values.approvals
        assert await approvals.approve(place()) == 1
        pieces = [place(), place(OTHER), Approvable("202402", UNIT, data_set=SECOND_SET)]
        assert [await approvals.approve(pieces) for _ in range(2)] == [2, 0]
        rows = await approvals.statuses(WORKFLOW, ["202401", "202402"], [UNIT, OTHER])
        states = {(row.what.period, row.what.org_unit): row.state for row in rows}
        assert states == {
            ("202401", UNIT): "APPROVED_HERE",
            ("202401", OTHER): "APPROVED_HERE",
            ("202402", UNIT): "APPROVED_HERE",
            ("202402", OTHER): "UNAPPROVED_READY",
        }
        assert {row.what.attribute_option_combo for row in rows} == {DEFAULT}
        named = [
            Approvable("202401", unit, workflow=WORKFLOW, attribute_option_combo=DEFAULT) for unit in (UNIT, OTHER)
        ]
        assert [await approvals.unapprove([*named, place(OTHER, "202402")]) for _ in range(2)] == [2, 0]

    approving(empty, use)


def test_pieces_are_looked_at_in_their_order(empty: Sandbox) -> None:
    async def use(client: Dhis2Client) -> None:
        approvals = client.data_values.approvals
        await approvals.approve(place(OTHER))
        pieces = [place(OTHER), Approvable("2024-01", UNIT, data_set=SECOND_SET), place(UNIT, "2024"), place(OTHER)]
        found = await approvals.look(pieces)
        assert [(row.what.org_unit, row.state) for row in found] == [
            (OTHER, "APPROVED_HERE"),
            (UNIT, "UNAPPROVED_READY"),
            (UNIT, "UNAPPROVED_READY"),
            (OTHER, "APPROVED_HERE"),
        ]
        assert (found[1].what.workflow, found[1].what.period) == (WORKFLOW, "202401")
        with pytest.raises(InvalidRequestError, match="no approval workflow"):
            await approvals.look([place(), Approvable("202401", UNIT, data_set=FIRST_SET)])

    approving(empty, use)


def test_what_is_accepted_stays_so_until_it_is_taken_back(empty: Sandbox) -> None:
    async def use(client: Dhis2Client) -> None:
        approvals = client.data_values.approvals
        assert await approvals.unaccept(place()) == 0, "DHIS2 itself fails on it"
        assert await approvals.approve([place(), place(OTHER)]) == 2
        assert [await approvals.accept(place()) for _ in range(2)] == [1, 0]
        assert [await approvals.accept([place(), place(OTHER)]) for _ in range(2)] == [1, 0]
        assert (await approvals.status(place(ROOT))).state == "UNAPPROVED_READY"
        assert [await approvals.unaccept([place(), place(OTHER)]) for _ in range(2)] == [2, 0]
        assert (await approvals.status(place())).state == "APPROVED_HERE"

    approving(empty, use, acceptance=True)


def test_what_stands_in_the_way_is_told_and_nothing_is_sent(empty: Sandbox) -> None:
    async def use(client: Dhis2Client) -> None:
        approvals = client.data_values.approvals
        with pytest.raises(ApprovalRefusedError, match="waits until all below is approved") as refused:
            await approvals.approve([place(), place(ROOT)])
        assert [row.what.org_unit for row in refused.value.refused] == [ROOT]
        assert (await approvals.status(place())).state == "UNAPPROVED_READY"
        await approvals.approve(place())
        with pytest.raises(ApprovalRefusedError, match="keyAcceptanceRequiredForApproval"):
            await approvals.accept(place())

    approving(empty, use)


def test_bad_input_is_refused_before_it_is_sent(empty: Sandbox) -> None:
    async def use(client: Dhis2Client) -> None:
        approvals = client.data_values.approvals
        with pytest.raises(InvalidPeriodError):
            await approvals.approve(place(period="2024-13"))
        with pytest.raises(InvalidRequestError, match="which workflow"):
            await approvals.approve([Approvable("202401", UNIT)])
        with pytest.raises(InvalidRequestError, match="Say which periods"):
            await approvals.statuses(WORKFLOW, [], [UNIT])
        with pytest.raises(ConflictError, match="does not exist"):
            await approvals.status(Approvable("202401", UNIT, workflow="nOtKnown001"))

    approving(empty, use)
