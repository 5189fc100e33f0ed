"""The refused rows of a tracker file with what is wrong: NDJSON, or CSV of a table; it can be repaired and sent."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from dhis2w_client.tracker.kind import EVENTS
from dhis2w_client.whole_file import written_whole
from dhis2w_core.transfers.chunk import RefusedRow
from dhis2w_core.transfers.source_rows import ROWS, SourceRows
from dhis2w_core.transfers.tracker_rows import TrackerRows

Row = dict[str, Any]


def write_tracker_rejects(
    source: Path, digest: str, columns: Mapping[str, str], refused: Sequence[RefusedRow], target: Path | None = None
) -> Path | None:
    """Write the refused rows as they were, each with its UIDs; nothing where there is none.

    With the UIDs that they were sent with, the parts of a row that were stored all the same are not made twice.

    Args:
        source: The file that they come from.
        digest: Its SHA-256.
        columns: Its columns by DHIS2's key.
        refused: The rows, in their order.
        target: Where to write. Default: beside the source, `NAME.rejects.csv` or `NAME.rejects.ndjson`.

    Returns:
        The file.
    """
    if not refused:
        return None
    with TrackerRows(source, digest, columns) as rows:
        is_flat = rows.is_flat
        ending = "csv" if is_flat else "ndjson"
        target = target or source.with_name(f"{source.stem}.rejects.{ending}")
        numbers = {each.row for each in refused}
        found = list(_chosen(rows, numbers))
    if is_flat:
        uids = [{EVENTS.uid: row[EVENTS.uid]} for row in found if EVENTS.uid in row]
        with SourceRows(source, columns) as table:
            cells = list(_chosen(table, numbers))
        found = [uid | line for uid, line in zip(uids, cells, strict=True)]
    with written_whole(target) as file:
        (_csv if is_flat else _ndjson)(file, [row | _note(why) for row, why in zip(found, refused, strict=True)])
    return target


def _chosen(rows: TrackerRows | SourceRows, numbers: set[int]) -> Iterator[Row]:
    """The rows with these numbers."""
    while chunk := rows.take(ROWS):
        yield from (row for number, row in enumerate(chunk.values, chunk.first) if number in numbers)


def _note(why: RefusedRow) -> Row:
    return {"source_line": why.line, "code": why.code, "problem": why.problem, "what_to_do": why.what_to_do}


def _ndjson(file: IO[bytes], rows: Sequence[Row]) -> None:
    for row in rows:
        file.write(json.dumps(row, ensure_ascii=False).encode() + b"\n")


def _csv(file: IO[bytes], rows: Sequence[Row]) -> None:
    names = list(dict.fromkeys(name for row in rows for name in row))
    with io.TextIOWrapper(file, "utf-8", newline="") as text:
        writer = csv.DictWriter(text, names, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
