"""The refused rows of a tracker file with what is wrong: NDJSON, or CSV of a table; it can be repaired and sent."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from dhis2w_client.whole_file import written_whole
from dhis2w_core.errors import OperationError
from dhis2w_core.transfers.event_cells import cells_of
from dhis2w_core.transfers.object_names import in_names, names_in
from dhis2w_core.transfers.reject_file import NOTES
from dhis2w_core.transfers.source_rows import ROWS

if TYPE_CHECKING:
    from dhis2w_client.client import Dhis2Client
    from dhis2w_core.transfers.chunk import RefusedRow
    from dhis2w_core.transfers.tracker_rows import TrackerRows

Row = dict[str, Any]
NAMED = (
    "programs",
    "programStages",
    "dataElements",
    "trackedEntityAttributes",
    "organisationUnits",
    "optionSets",
    "trackedEntityTypes",
    "relationshipTypes",
)
"""The types of what problems speak of."""


async def write_tracker_rejects(
    client: Dhis2Client, rows: TrackerRows, refused: Sequence[RefusedRow], target: Path
) -> Path:
    """Write the refused rows, each with its UIDs: as a whole or not at all, readable to the user alone.

    With the UIDs that they were sent with, the parts of a row that were stored all the same are not made twice.

    Args:
        client: Asked for the names of what the problems speak of.
        rows: The source, from its beginning.
        refused: The rows, in their order.
        target: Where to write.

    Returns:
        The file.

    Raises:
        OperationError: It cannot be written there.
    """
    found = list(_chosen(rows, {each.row for each in refused}))
    names = await names_in(client, ((why.problem, {}) for why in refused), NAMED)
    notes = [(why.line, why.code, in_names(why.problem, names, None), why.what_to_do) for why in refused]
    lines = [
        (cells_of(row) if rows.is_flat else row) | dict(zip(NOTES, note, strict=True))
        for row, note in zip(found, notes, strict=True)
    ]
    try:
        with written_whole(target) as file:
            (_csv if rows.is_flat else _ndjson)(file, lines)
    except OSError as error:
        raise OperationError(
            f"Everything was sent, but the refused rows cannot be written to {target}: {error.strerror}.",
            next_step="The same command with another --rejects writes them; it sends nothing again.",
        ) from None
    return target


def _chosen(rows: TrackerRows, numbers: set[int]) -> Iterator[Row]:
    """The rows with these numbers."""
    while chunk := rows.take(ROWS):
        yield from (row for number, row in enumerate(chunk.values, chunk.first) if number in numbers)


def _ndjson(file: IO[bytes], rows: Sequence[Row]) -> None:
    for row in rows:
        file.write(json.dumps(row, ensure_ascii=False).encode() + b"\n")


def _csv(file: IO[bytes], rows: Sequence[Row]) -> None:
    names = list(dict.fromkeys(name for row in rows for name in row if name not in NOTES))
    with io.TextIOWrapper(file, "utf-8", newline="") as text:
        writer = csv.DictWriter(text, [*names, *NOTES], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
