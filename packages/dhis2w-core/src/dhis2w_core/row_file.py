"""Rows of any length as a file: CSV, NDJSON, JSON or Parquet, by its name; in bounded memory, whole or not at all."""

from __future__ import annotations

import csv
import importlib
import io
import json
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from typing import IO, Any

from pydantic_core import from_json

from dhis2w_client.analytics.errors import MissingExtraError
from dhis2w_client.whole_file import written_whole
from dhis2w_core.errors import OperationError

Row = dict[str, Any]
TABLES = (".csv", ".parquet")
"""The endings of files that have columns, and no rows within rows."""
AT_ONCE = 10_000
"""Rows that Parquet keeps together."""


async def write_rows(rows: AsyncIterator[Row], path: Path, *, list_name: str) -> dict[str, Any]:
    """Write rows into a file; what is there is replaced when all of it is written.

    Args:
        rows: The rows; of a table (`TABLES`) each value is text, or None.
        path: The file; its ending says the format.
        list_name: The name of the list in JSON: `{"events": […]}`.

    Raises:
        OperationError: The ending is none of those that are known.
        MissingExtraError: Parquet needs pyarrow (`dhis2w-client[arrow]`).
    """
    check_row_format(path)
    with tempfile.TemporaryFile(dir=path.parent) as spool:
        names: dict[str, None] = {}
        count = 0
        async for row in rows:
            names |= dict.fromkeys(row)
            count += 1
            spool.write(json.dumps(row, ensure_ascii=False).encode() + b"\n")
        return {"file": str(path), "rows": count, "bytes": _written(spool, path, list(names), list_name)}


def _written(spool: IO[bytes], path: Path, names: Sequence[str], list_name: str) -> int:
    """Make the file of what was put down line by line; returns its bytes."""
    spool.seek(0)
    with written_whole(path) as file:
        _WRITERS[path.suffix.lower()](spool, file, names, list_name)
    return path.stat().st_size


def check_row_format(path: Path) -> None:
    """Refuse a file whose name says no format that can be written, before anything is asked of the server.

    Raises:
        OperationError: As said.
        MissingExtraError: Parquet needs pyarrow (`dhis2w-client[arrow]`).
    """
    if path.suffix.lower() not in _WRITERS:
        raise OperationError(
            f"The name {path.name} says no format.", next_step=f"It ends with one of {', '.join(_WRITERS)}."
        )
    if path.suffix.lower() == ".parquet" and find_spec("pyarrow") is None:
        raise MissingExtraError(
            "pyarrow is not installed.", next_step="Install it with the client: pip install 'dhis2w-client[arrow]'."
        )


def _csv(spool: IO[bytes], file: IO[bytes], names: Sequence[str], _: str) -> None:
    with io.TextIOWrapper(file, "utf-8", newline="") as text:
        writer = csv.DictWriter(text, names, lineterminator="\n")
        writer.writeheader()
        writer.writerows(map(from_json, spool))


def _ndjson(spool: IO[bytes], file: IO[bytes], *_: object) -> None:
    file.writelines(spool)


def _json(spool: IO[bytes], file: IO[bytes], _: Sequence[str], list_name: str) -> None:
    file.write(b"{" + json.dumps(list_name).encode() + b": [")
    for number, line in enumerate(spool):
        file.write((b",\n" if number else b"\n") + line.rstrip())
    file.write(b"\n]}\n")


def _parquet(spool: IO[bytes], file: IO[bytes], names: Sequence[str], _: str) -> None:
    arrow, parquet = importlib.import_module("pyarrow"), importlib.import_module("pyarrow.parquet")
    schema = arrow.schema([(name, arrow.string()) for name in names])
    with parquet.ParquetWriter(file, schema) as writer:
        lines: Iterator[bytes] = iter(spool)
        while some := [from_json(line) for line in islice(lines, AT_ONCE)]:
            writer.write_table(arrow.Table.from_pylist(some, schema))


_WRITERS: dict[str, Callable[[IO[bytes], IO[bytes], Sequence[str], str], None]] = {
    ".csv": _csv,
    ".ndjson": _ndjson,
    ".json": _json,
    ".parquet": _parquet,
}
