"""Lock exceptions: units that may enter data of a closed period after all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from dhis2w_core.operation import operation
from dhis2w_core.plan import Action
from dhis2w_core.planned_changes import found_id, found_ids

if TYPE_CHECKING:
    from dhis2w_client.client import Dhis2Client


@operation("data lock-exceptions list", effect="read")
async def list_exceptions(
    client: Dhis2Client, *, data_set: str | None = None, period: str | None = None
) -> list[dict[str, Any]]:
    """List which units may enter data of which closed periods.

    Source: `LockExceptionController`.

    Args:
        data_set: Only of a data set: its name, code or UID.
        period: Only of a period: `202401`.
    """
    form = await found_id(client, "dataSets", data_set) if data_set else None
    return [asdict(row) for row in await client.data_values.lock_exceptions.list(form, period)]


@operation("data lock-exceptions create", effect="write")
async def create(client: Dhis2Client, data_set: str, period: str, org_unit: Sequence[str]) -> Action:
    """Let units enter data of a data set for a closed period; they may until that is taken back.

    Args:
        data_set: Its name, code or UID.
        period: The period: `202401`.
        org_unit: Name, code or UID of an organisation unit that the data set is assigned to.
    """
    form = await found_id(client, "dataSets", data_set)
    units = await found_ids(client, "organisationUnits", org_unit)
    there = {row.org_unit for row in await client.data_values.lock_exceptions.list(form, period)}

    async def perform(client: Dhis2Client) -> dict[str, Any]:
        await client.data_values.lock_exceptions.create(form, period, units)
        return {"dataSet": form, "period": period, "opened for": units}

    facts = {"units": ", ".join(units), "open already": ", ".join(unit for unit in units if unit in there)}
    return Action(f"Open {period} of {data_set} for {len(units)} units", perform, facts)


@operation("data lock-exceptions delete", effect="write")
async def delete(client: Dhis2Client, data_set: str, period: str, *, org_unit: str | None = None) -> Action:
    """Close a period again, for one unit or for all.

    Args:
        data_set: Its name, code or UID.
        period: The period: `202401`.
        org_unit: Name, code or UID of an organisation unit; without it, for all units.
    """
    form = await found_id(client, "dataSets", data_set)
    unit = await found_id(client, "organisationUnits", org_unit) if org_unit else None
    there = await client.data_values.lock_exceptions.list(form, period)
    units = [row.org_unit for row in there if unit in (None, row.org_unit)]

    async def perform(client: Dhis2Client) -> dict[str, Any]:
        await client.data_values.lock_exceptions.delete(form, period, unit)
        return {"dataSet": form, "period": period, "closed for": units}

    shown = ", ".join(str(each) for each in units) or "none; nothing would change"
    return Action(f"Close {period} of {data_set} again", perform, {"units": shown})
