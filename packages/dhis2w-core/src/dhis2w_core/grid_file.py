"""An analytics grid as a file: CSV, NDJSON, JSON or Parquet, by its name; whole or not at all."""

from __future__ import annotations

import csv
import importlib
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from dhis2w_client.whole_file import written_whole
from dhis2w_core.errors import OperationError

if TYPE_CHECKING:
    from dhis2w_client.analytics import Grid


def write_grid(grid: Grid, path: Path) -> dict[str, Any]:
    """Write a grid into a file; what is there is replaced when all of it is written.

    Args:
        grid: The grid.
        path: The file; its ending says the format.

    Raises:
        OperationError: The ending is none of those that are known.
        MissingExtraError: Parquet needs pyarrow (`dhis2w-client[arrow]`).
    """
    check_format(path)
    with written_whole(path) as file:
        _WRITERS[path.suffix.lower()](grid, file)
    return {"file": str(path), "rows": len(grid), "bytes": path.stat().st_size}


def check_format(path: Path) -> None:
    """Refuse a file whose name says no format that can be written, before anything is asked of the server.

    Raises:
        OperationError: As said.
    """
    if path.suffix.lower() not in _WRITERS:
        raise OperationError(
            f"The name {path.name} says no format.", next_step=f"It ends with one of {', '.join(_WRITERS)}."
        )


def _csv(grid: Grid, file: IO[bytes]) -> None:
    with io.TextIOWrapper(file, "utf-8", newline="") as text:
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(grid.names)
        writer.writerows(zip(*grid.columns().values(), strict=True))


def _ndjson(grid: Grid, file: IO[bytes]) -> None:
    for row in grid.rows():
        file.write(json.dumps(row, ensure_ascii=False, default=str).encode() + b"\n")


def _json(grid: Grid, file: IO[bytes]) -> None:
    file.write(json.dumps(list(grid.rows()), ensure_ascii=False, indent=2, default=str).encode() + b"\n")


def _parquet(grid: Grid, file: IO[bytes]) -> None:
    table = grid.to_arrow()
    importlib.import_module("pyarrow.parquet").write_table(table, file)


_WRITERS: dict[str, Callable[[Grid, IO[bytes]], None]] = {
    ".csv": _csv,
    ".ndjson": _ndjson,
    ".json": _json,
    ".parquet": _parquet,
}
