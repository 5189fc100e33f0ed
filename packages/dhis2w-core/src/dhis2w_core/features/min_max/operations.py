"""Limits within which data values are expected."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from dhis2w_core.operation import operation
from dhis2w_core.plan import Action
from dhis2w_core.planned_changes import found_id, found_ids

if TYPE_CHECKING:
    from dhis2w_client.client import Dhis2Client


@operation("data min-max list", effect="read")
async def list_limits(
    client: Dhis2Client, *, data_element: Sequence[str] = (), org_unit: Sequence[str] = ()
) -> AsyncIterator[dict[str, Any]]:
    """List the limits within which values are expected.

    Source: `MinMaxDataElementController`.

    Args:
        data_element: Only of a data element: its name, code or UID.
        org_unit: Only of an organisation unit, without those below: its name, code or UID.
    """
    elements = await found_ids(client, "dataElements", data_element)
    units = await found_ids(client, "organisationUnits", org_unit)
    return (asdict(row) async for row in client.data_values.min_max.rows(data_elements=elements, org_units=units))


@operation("data min-max set", effect="write")
async def set_limits(
    client: Dhis2Client,
    data_element: str,
    org_unit: str,
    minimum: int,
    maximum: int,
    *,
    category_option_combo: str | None = None,
) -> Action:
    """Set the limits within which values of one place are expected.

    Args:
        data_element: Its name, code or UID.
        org_unit: Name, code or UID of the organisation unit.
        minimum: The lowest expected value.
        maximum: The highest expected value, above the lowest.
        category_option_combo: UID of the combo; without it, the default combo.
    """
    from dhis2w_client.data_values.min_max import Limits

    element = await found_id(client, "dataElements", data_element)
    unit = await found_id(client, "organisationUnits", org_unit)
    limits = Limits(element, unit, minimum, maximum, category_option_combo)
    before = await client.data_values.min_max.get(element, unit, category_option_combo)

    async def perform(client: Dhis2Client) -> dict[str, Any]:
        await client.data_values.min_max.set(limits)
        return {"dataElement": element, "orgUnit": unit, "minimum": minimum, "maximum": maximum}

    facts = {"before": f"{before.minimum} to {before.maximum}" if before else None, "after": f"{minimum} to {maximum}"}
    return Action(f"Set the limits of {data_element} in {org_unit}", perform, facts)


@operation("data min-max delete", effect="destroy")
async def delete(
    client: Dhis2Client, data_element: str, org_unit: str, *, category_option_combo: str | None = None
) -> Action:
    """Remove the limits of one place.

    Args:
        data_element: Its name, code or UID.
        org_unit: Name, code or UID of the organisation unit.
        category_option_combo: UID of the combo; without it, the default combo.
    """
    from dhis2w_client.data_values.min_max import LimitsKey

    element = await found_id(client, "dataElements", data_element)
    unit = await found_id(client, "organisationUnits", org_unit)
    before = await client.data_values.min_max.get(element, unit, category_option_combo)
    shown = f"{before.minimum} to {before.maximum}" if before else None

    async def perform(client: Dhis2Client) -> dict[str, Any]:
        await client.data_values.min_max.delete(LimitsKey(element, unit, category_option_combo))
        return {"dataElement": element, "orgUnit": unit, "removed": shown}

    return Action(f"Remove the limits of {data_element} in {org_unit}", perform, {"before": shown}, "destroy")


@operation("data min-max generate", effect="destroy")
async def generate(client: Dhis2Client, org_unit: str, *, data_set: Sequence[str]) -> Action:
    """Have limits of one unit worked out from its values; those that are there go first, of all units below too.

    Source: `MinMaxValueGenerationController`.

    Args:
        org_unit: Name, code or UID of the organisation unit.
        data_set: Name, code or UID of a data set whose elements are meant.
    """
    unit, forms, facts = await _place(client, org_unit, data_set)

    async def perform(client: Dhis2Client) -> dict[str, Any]:
        await client.data_values.min_max.generate(forms, unit)
        return await _outcome(client, unit)

    return Action(f"Work the limits of {org_unit} out", perform, facts, "destroy")


@operation("data min-max remove", effect="destroy")
async def remove(client: Dhis2Client, org_unit: str, *, data_set: Sequence[str]) -> Action:
    """Remove all limits of data sets in a unit and in all units below.

    Args:
        org_unit: Name, code or UID of the organisation unit.
        data_set: Name, code or UID of a data set whose elements are meant.
    """
    unit, forms, facts = await _place(client, org_unit, data_set)

    async def perform(client: Dhis2Client) -> dict[str, Any]:
        await client.data_values.min_max.remove(forms, unit)
        return await _outcome(client, unit)

    return Action(f"Remove the limits of {org_unit} and all below", perform, facts, "destroy")


async def _place(
    client: Dhis2Client, org_unit: str, data_sets: Sequence[str]
) -> tuple[str, list[str], dict[str, object]]:
    """The unit, the data sets, and what of the unit's limits is told beforehand."""
    unit = await found_id(client, "organisationUnits", org_unit)
    forms = await found_ids(client, "dataSets", data_sets)
    return unit, forms, {**await _outcome(client, unit), "limits of units below": "would be removed"}


async def _outcome(client: Dhis2Client, unit: str) -> dict[str, Any]:
    rows = [row async for row in client.data_values.min_max.rows(org_units=[unit])]
    return {"orgUnit": unit, "limits of the unit now": len(rows)}
