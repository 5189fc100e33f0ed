"""Audits of data values: what became of them, and who did it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Literal

from dhis2w_core.operation import operation
from dhis2w_core.planned_changes import found_ids

if TYPE_CHECKING:
    from dhis2w_client.client import Dhis2Client
    from dhis2w_client.data_values.audits import DataValueAudit


@operation("data audits", effect="read")
async def audits(
    client: Dhis2Client,
    *,
    data_set: Sequence[str] = (),
    data_element: Sequence[str] = (),
    period: Sequence[str] = (),
    org_unit: Sequence[str] = (),
    type: Sequence[Literal["CREATE", "UPDATE", "DELETE"]] = (),
    limit: int = 0,
) -> AsyncIterator[dict[str, Any]]:
    """Tell what became of data values and who did it, the latest first.

    Source: `AuditController`; up to 2.42 DHIS2 notes no new value, only changes and deletions.

    Args:
        data_set: Only of a data set: its name, code or UID.
        data_element: Only of a data element: its name, code or UID.
        period: Only of a period: `202401`.
        org_unit: Only of an organisation unit: its name, code or UID.
        type: Only what was done so.
        limit: At most so many; 0 tells all.
    """
    rows = client.data_values.audits.rows(
        data_sets=await found_ids(client, "dataSets", data_set),
        data_elements=await found_ids(client, "dataElements", data_element),
        periods=period,
        org_units=await found_ids(client, "organisationUnits", org_unit),
        types=type,
    )
    return _first(rows, limit)


async def _first(rows: AsyncIterator[DataValueAudit], limit: int) -> AsyncIterator[dict[str, Any]]:
    count = 0
    async for row in rows:
        yield asdict(row)
        count += 1
        if count == limit:
            return
