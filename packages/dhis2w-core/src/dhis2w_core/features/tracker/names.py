"""Names beside the UIDs of tracker's objects."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import TYPE_CHECKING

from dhis2w_client.filters import where

if TYPE_CHECKING:
    from dhis2w_client.client import Dhis2Client
    from dhis2w_core.object_home import Row

NAMED = {
    "orgUnit": "organisationUnits",
    "program": "programs",
    "programStage": "programStages",
    "trackedEntityType": "trackedEntityTypes",
    "relationshipType": "relationshipTypes",
}
"""Properties that are UIDs, and the types of what they refer to."""
ROWS_AT_ONCE = 100
"""Rows whose names are asked for together."""


async def named(client: Dhis2Client, rows: Sequence[Row]) -> list[Row]:
    """The same rows with `orgUnitName`, `programName` and so on behind the UIDs; one request for each type.

    Args:
        client: Asks for the names.
        rows: The rows.
    """
    names = {
        key: await _names(client, plural, {str(row[key]) for row in rows if row.get(key)})
        for key, plural in NAMED.items()
    }
    return [_with_names(row, names) for row in rows]


def _with_names(row: Row, names: dict[str, dict[str, str]]) -> Row:
    shown: Row = {}
    for key, value in row.items():
        shown[key] = value
        if key in names and value in names[key]:
            shown[f"{key}Name"] = names[key][value]
    return shown


async def _names(client: Dhis2Client, plural: str, ids: set[str]) -> dict[str, str]:
    if not ids:
        return {}
    rows = client.collection(plural).rows(fields="id,displayName", filters=where("id").is_in(sorted(ids)))
    return {row["id"]: row["displayName"] async for row in rows}


async def with_names(client: Dhis2Client, rows: AsyncIterator[Row], limit: int) -> AsyncIterator[Row]:
    """The first rows, with names, a hundred at a time.

    Args:
        client: Asks for the names.
        rows: The rows.
        limit: At most so many; 0 is all.
    """
    waiting: list[Row] = []
    count = 0
    async for row in rows:
        waiting.append(row)
        count += 1
        if len(waiting) == ROWS_AT_ONCE or count == limit:
            for shown in await named(client, waiting):
                yield shown
            waiting = []
        if count == limit:
            return
    for shown in await named(client, waiting):
        yield shown
