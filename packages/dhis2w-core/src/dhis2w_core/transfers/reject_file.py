"""The refused rows of a source under DHIS2's keys, with what is wrong: the file can be repaired and sent."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dhis2w_client.data_values.data_value import text_of
from dhis2w_client.whole_file import written_whole
from dhis2w_core.errors import OperationError
from dhis2w_core.transfers.chunk import RefusedRow
from dhis2w_core.transfers.object_names import in_names, names_in
from dhis2w_core.transfers.source_rows import ROWS
from dhis2w_core.transfers.what_to_do import what_to_do

if TYPE_CHECKING:
    from dhis2w_client.client import Dhis2Client
    from dhis2w_core.transfers.push_run import RowSource

NOTES = ("source_line", "code", "problem", "what_to_do")
"""Columns behind those of the row; a push of the file leaves them out."""


async def write_rejects(client: Dhis2Client, rows: RowSource, refused: Sequence[RefusedRow], target: Path) -> Path:
    """Write the refused rows: as a whole or not at all, readable to the user alone.

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
    wanted = {each.row: each for each in refused}
    found = [(wanted[number], row) for number, row in _numbered(rows) if number in wanted]
    names = await names_in(client, ((why.problem, row) for why, row in found))
    keys = list(dict.fromkeys(key for _, row in found for key in row))
    lines = ([*(_cell(row.get(key)) for key in keys), *_notes(why, row, names)] for why, row in found)
    try:
        with written_whole(target) as file, io.TextIOWrapper(file, "utf-8", newline="") as text:
            csv.writer(text, lineterminator="\n").writerows([[*keys, *NOTES], *lines])
    except OSError as error:
        raise OperationError(
            f"Everything was sent, but the refused rows cannot be written to {target}: {error.strerror}.",
            next_step="The same command with another --rejects writes them; it sends nothing again.",
        ) from None
    return target


def _notes(why: RefusedRow, row: Mapping[str, Any], names: Mapping[str, str]) -> tuple[object, ...]:
    """What stands behind a row: the cells of `NOTES`."""
    problem = in_names(why.problem, names, row.get("dataElement"))
    return why.line, why.code or "", problem, why.what_to_do or what_to_do(why.code, why.problem)


def _numbered(rows: RowSource) -> Iterator[tuple[int, dict[str, Any]]]:
    while chunk := rows.take(ROWS):
        yield from enumerate(chunk.values, chunk.first)


def _cell(value: object) -> str:
    return "" if value is None else text_of(value) if not isinstance(value, (dict, list)) else json.dumps(value)
