"""The rows of a file of data values, read as a stream: CSV, NDJSON or JSON."""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Generator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from dhis2w_client.data_values.value_reader import CSV_NAMES, JsonValueReader
from dhis2w_core.errors import OperationError

BLOCK = 256 * 1024
"""Bytes that are read at once."""
NOTES = frozenset({"source_line", "problem", "code", "what_to_do"})
"""Columns of a reject file that are not part of its rows."""


KNOWN = frozenset({*CSV_NAMES.values(), "followUp"})
"""DHIS2's own keys of a value."""


@dataclass(slots=True)
class SourceRow:
    """One row, and where it is."""

    line: int
    """Line of the file, from 1; in JSON the number of the value."""
    value: dict[str, Any]
    """The row with DHIS2's keys."""


def digest_of(file: Path) -> str:
    """SHA-256 of a file.

    Raises:
        OperationError: It cannot be read.
    """
    try:
        with file.open("rb") as content:
            return hashlib.file_digest(content, "sha256").hexdigest()
    except OSError as error:
        raise OperationError(f"{file} cannot be read: {error.strerror}.") from None


def source_rows(file: Path, columns: Mapping[str, str] | None = None) -> Generator[SourceRow]:
    """The rows of a file, by the end of its name: `.csv`, `.ndjson` or `.jsonl`, `.json`.

    Args:
        file: The file.
        columns: Columns of the file by DHIS2's key: `{"orgUnit": "facility"}`. Default: DHIS2's keys, in any case.

    Raises:
        OperationError: The file has another kind, a line that is no row, or not the columns that are needed.
    """
    readers = {".csv": _csv, ".ndjson": _ndjson, ".jsonl": _ndjson, ".json": _json}
    if file.suffix.lower() not in readers:
        raise OperationError(
            f"{file.name} is neither CSV nor JSON by its name.", next_step="End it in .csv, .ndjson or .json."
        )
    names = {source: key for key, source in (columns or {}).items()}
    with closing(readers[file.suffix.lower()](file)) as rows:
        for row in rows:
            yield SourceRow(row.line, _renamed(row.value, names))


def _renamed(value: dict[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    if not names and value.keys() <= KNOWN:
        return value
    return {
        names.get(key, CSV_NAMES.get(key.lower(), key)): content
        for key, content in value.items()
        if key not in NOTES and content is not None
    }


def _csv(file: Path) -> Generator[SourceRow]:
    with file.open(newline="", encoding="utf-8-sig") as lines:
        reader = csv.DictReader(lines)
        for cells in reader:
            filled = {key: cell for key, cell in cells.items() if key and isinstance(cell, str) and cell != ""}
            yield SourceRow(reader.line_num, filled)


def _ndjson(file: Path) -> Generator[SourceRow]:
    with file.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                value = json.loads(line)
            except ValueError:
                value = None
            if not isinstance(value, dict):
                raise OperationError(f"{file.name}, line {number}: this is no JSON object.")
            yield SourceRow(number, cast("dict[str, Any]", value))


def _json(file: Path) -> Generator[SourceRow]:
    reader = JsonValueReader()
    number = 0
    with file.open("rb") as content:
        while piece := content.read(BLOCK):
            for value in reader.feed(piece):
                number += 1
                yield SourceRow(number, value)
    for value in reader.end():
        number += 1
        yield SourceRow(number, value)
