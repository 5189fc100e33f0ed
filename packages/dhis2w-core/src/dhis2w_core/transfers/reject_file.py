"""The refused rows of a source, as they were, with what is wrong: the file can be repaired and sent."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from dhis2w_client.data_values.data_value import text_of
from dhis2w_core.transfers.chunk import RefusedRow
from dhis2w_core.transfers.source_rows import source_rows


def write_rejects(source: Path, refused: Sequence[RefusedRow], target: Path | None = None) -> Path | None:
    """Write the refused rows; nothing where there is none.

    Args:
        source: The file that they come from.
        refused: The rows, in their order.
        target: Where to write. Default: beside the source, `NAME.rejects.csv`.

    Returns:
        The file.
    """
    if not refused:
        return None
    target = target or source.with_name(f"{source.stem}.rejects.csv")
    wanted = {each.row: each for each in refused}
    with closing(source_rows(source)) as rows:
        found = [(wanted[number], row) for number, row in enumerate(rows) if number in wanted]
    names = list(dict.fromkeys(name for _, row in found for name in row.value))
    unfinished = target.with_name(target.name + ".part")
    with unfinished.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow([*names, "source_line", "code", "problem"])
        for why, row in found:
            cells = [_cell(row.value.get(name)) for name in names]
            writer.writerow([*cells, why.line, why.code or "", why.problem])
    unfinished.replace(target)
    return target


def _cell(value: object) -> str:
    return "" if value is None else text_of(value) if not isinstance(value, (dict, list)) else json.dumps(value)
