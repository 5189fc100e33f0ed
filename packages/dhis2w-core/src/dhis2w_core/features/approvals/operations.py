"""Data approval: how far data is approved, and approving it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from dhis2w_core.errors import OperationError
from dhis2w_core.operation import operation
from dhis2w_core.plan import Action
from dhis2w_core.planned_changes import found_id, found_ids

if TYPE_CHECKING:
    from dhis2w_client.client import Dhis2Client
    from dhis2w_client.data_values.approvals import Approvable, ApprovalStatus, Verb


@operation("data approvals status", effect="read")
async def status(
    client: Dhis2Client,
    period: Sequence[str],
    *,
    org_unit: Sequence[str],
    workflow: str | None = None,
    data_set: str | None = None,
) -> list[dict[str, Any]]:
    """Show how far data is approved, and what you may do about it.

    Source: "Data approval" in DHIS2's developer guide; `DataApprovalController`.

    Args:
        period: The period, of the workflow's type: `202401`.
        org_unit: Name, code or UID of an organisation unit.
        workflow: Name, code or UID of the approval workflow.
        data_set: Name, code or UID of a data set, in the place of its workflow.
    """
    pieces = await _pieces(client, period, org_unit, workflow, data_set)
    found = await client.data_values.approvals.look(pieces)
    return [{"period": now.what.period, "orgUnit": now.what.org_unit, **_told(now)} for now in found]


def _told(status: ApprovalStatus) -> dict[str, Any]:
    return {key: value for key, value in asdict(status).items() if key not in ("what", "level")}


@operation("data approvals approve", effect="write")
async def approve(
    client: Dhis2Client,
    period: Sequence[str],
    *,
    org_unit: Sequence[str],
    workflow: str | None = None,
    data_set: str | None = None,
) -> Action:
    """Approve data, which nobody changes any more until that is taken back; what is approved is left alone.

    Args:
        period: The period, of the workflow's type: `202401`.
        org_unit: Name, code or UID of an organisation unit.
        workflow: Name, code or UID of the approval workflow.
        data_set: Name, code or UID of a data set, in the place of its workflow.
    """
    return await _planned(client, "approve", await _pieces(client, period, org_unit, workflow, data_set))


@operation("data approvals unapprove", effect="write")
async def unapprove(
    client: Dhis2Client,
    period: Sequence[str],
    *,
    org_unit: Sequence[str],
    workflow: str | None = None,
    data_set: str | None = None,
) -> Action:
    """Take approvals back; what is not approved is left alone.

    Args:
        period: The period, of the workflow's type: `202401`.
        org_unit: Name, code or UID of an organisation unit.
        workflow: Name, code or UID of the approval workflow.
        data_set: Name, code or UID of a data set, in the place of its workflow.
    """
    return await _planned(client, "unapprove", await _pieces(client, period, org_unit, workflow, data_set))


@operation("data approvals accept", effect="write")
async def accept(
    client: Dhis2Client,
    period: Sequence[str],
    *,
    org_unit: Sequence[str],
    workflow: str | None = None,
    data_set: str | None = None,
) -> Action:
    """Accept what was approved one level below yours, where the instance asks for that.

    Args:
        period: The period, of the workflow's type: `202401`.
        org_unit: Name, code or UID of an organisation unit.
        workflow: Name, code or UID of the approval workflow.
        data_set: Name, code or UID of a data set, in the place of its workflow.
    """
    return await _planned(client, "accept", await _pieces(client, period, org_unit, workflow, data_set))


@operation("data approvals unaccept", effect="write")
async def unaccept(
    client: Dhis2Client,
    period: Sequence[str],
    *,
    org_unit: Sequence[str],
    workflow: str | None = None,
    data_set: str | None = None,
) -> Action:
    """Take acceptances back; what is not accepted is left alone.

    Args:
        period: The period, of the workflow's type: `202401`.
        org_unit: Name, code or UID of an organisation unit.
        workflow: Name, code or UID of the approval workflow.
        data_set: Name, code or UID of a data set, in the place of its workflow.
    """
    return await _planned(client, "unaccept", await _pieces(client, period, org_unit, workflow, data_set))


async def _pieces(
    client: Dhis2Client, periods: Sequence[str], org_units: Sequence[str], workflow: str | None, data_set: str | None
) -> list[Approvable]:
    from dhis2w_client.data_values.approvals import Approvable

    if not org_units or (workflow is None) == (data_set is None):
        raise OperationError("Say for which --org-unit, and either which --workflow or which --data-set.")
    flow = await found_id(client, "dataApprovalWorkflows", workflow) if workflow else None
    form = await found_id(client, "dataSets", data_set) if data_set else None
    units = await found_ids(client, "organisationUnits", org_units)
    return [Approvable(period, unit, workflow=flow, data_set=form) for period in periods for unit in units]


async def _planned(client: Dhis2Client, verb: Verb, pieces: Sequence[Approvable]) -> Action:
    from dhis2w_client.data_values.approvals import needing

    known = await client.data_values.approvals.look(pieces)
    to_do = needing(verb, known)

    async def perform(client: Dhis2Client) -> dict[str, Any]:
        return {"verb": verb, "asked": len(pieces), "done": await client.data_values.approvals.move(verb, pieces)}

    states = Counter(now.state for now in known)
    facts = {"pieces of data": len(pieces), "that need it": len(to_do), "as they are": dict(states)}
    return Action(f"{verb.capitalize()} {len(to_do)} pieces of data", perform, facts)
