"""The refused rows of a source under DHIS2's keys, with what is wrong: the file can be repaired and sent."""

from __future__ import annotations

import csv
import io
import json
import tempfile
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from dhis2w_client.data_values.data_value import text_of
from dhis2w_client.whole_file import written_whole
from dhis2w_core.errors import OperationError
from dhis2w_core.transfers.chunk import RefusedRow
from dhis2w_core.transfers.source_rows import ROWS

if TYPE_CHECKING:
    from dhis2w_core.transfers.object_names import ObjectNames
    from dhis2w_core.transfers.push_run import RowSource

Row = dict[str, Any]
NOTES = ("source_line", "code", "problem", "what_to_do")
"""Columns behind those of the row; a push of the file leaves them out."""


async def write_rejects(
    names: ObjectNames,
    rows: RowSource,
    refused: Iterator[RefusedRow],
    target: Path,
    *,
    cells: Callable[[Row], Row] | None,
    advice: Callable[[str | None, str], str] = lambda _code, _problem: "",
) -> Path:
    """Write the refused rows: as a whole or not at all, readable to the user alone, in bounded memory.

    Args:
        names: The names of what the problems speak of.
        rows: The source, from its beginning.
        refused: The rows, in their order.
        target: Where to write.
        cells: Makes the cells of a table of a row. None: the rows are nested, and written as NDJSON.
        advice: What to do about a code and a problem, where the refusal does not say it.

    Returns:
        The file.

    Raises:
        OperationError: It cannot be written there.
    """
    try:
        with tempfile.TemporaryFile(dir=target.parent) as spool:
            keys: dict[str, None] = {}
            found = _matched(rows, refused)
            while some := list(islice(found, ROWS)):
                await names.learn((why.problem, row) for why, row in some)
                for why, row in some:
                    line = cells(row) if cells else row
                    keys |= dict.fromkeys(line)
                    notes = _notes(why, names.told(why.problem, row.get("dataElement")), advice)
                    spool.write(json.dumps(line | notes, ensure_ascii=False).encode() + b"\n")
            spool.seek(0)
            with written_whole(target) as file:
                _as_table(spool, file, [*keys, *NOTES]) if cells else file.writelines(spool)
    except OSError as error:
        raise OperationError(
            f"Everything was sent, but the refused rows cannot be written to {target}: {error.strerror}.",
            next_step="The same command with another --rejects writes them; it sends nothing again.",
        ) from None
    return target


def _matched(rows: RowSource, refused: Iterator[RefusedRow]) -> Iterator[tuple[RefusedRow, Row]]:
    """Each refused row with its refusal; both come in the order of the source."""
    why = next(refused, None)
    while why and (chunk := rows.take(ROWS)):
        while why and why.row < chunk.last:
            yield why, chunk.values[why.row - chunk.first]
            why = next(refused, None)


def _notes(why: RefusedRow, problem: str, advice: Callable[[str | None, str], str]) -> Row:
    cells = (why.line, why.code, problem, why.what_to_do or advice(why.code, why.problem))
    return dict(zip(NOTES, cells, strict=True))


def texts_of(row: Mapping[str, Any]) -> Row:
    """The values of a row as the cells of a table."""
    return {
        key: text_of(value) if not isinstance(value, (dict, list)) else json.dumps(value)
        for key, value in row.items()
        if value is not None
    }


def _as_table(spool: IO[bytes], file: IO[bytes], names: list[str]) -> None:
    with io.TextIOWrapper(file, "utf-8", newline="") as text:
        table = csv.DictWriter(text, names, lineterminator="\n")
        table.writeheader()
        table.writerows(map(json.loads, spool))
