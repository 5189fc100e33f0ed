"""Rows become a file as a whole or not at all, whatever columns they have."""

from __future__ import annotations

import asyncio
import csv
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from dhis2w_core.errors import OperationError
from dhis2w_core.row_file import write_rows

ROWS: list[dict[str, Any]] = [{"id": "a", "name": "é,\n"}, {"id": "b", "code": None}]


async def given(*, breaks: bool = False) -> AsyncIterator[dict[str, Any]]:
    """The rows, one after another."""
    for row in ROWS:
        yield row
    if breaks:
        raise ConnectionError


def write(path: Path, *, breaks: bool = False) -> dict[str, Any]:
    return asyncio.run(write_rows(given(breaks=breaks), path, list_name="things"))


def test_each_kind_of_file_has_all_rows(tmp_path: Path) -> None:
    told = write(tmp_path / "rows.csv")
    assert (told["rows"], told["bytes"]) == (2, (tmp_path / "rows.csv").stat().st_size)
    with (tmp_path / "rows.csv").open(encoding="utf-8", newline="") as file:
        assert list(csv.DictReader(file)) == [
            {"id": "a", "name": "é,\n", "code": ""},
            {"id": "b", "name": "", "code": ""},
        ]
    write(tmp_path / "rows.ndjson")
    assert [json.loads(line) for line in (tmp_path / "rows.ndjson").read_text("utf-8").splitlines()] == ROWS
    write(tmp_path / "rows.json")
    assert json.loads((tmp_path / "rows.json").read_text("utf-8")) == {"things": ROWS}


def test_parquet_has_texts(tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    write(tmp_path / "rows.parquet")
    assert parquet.read_table(tmp_path / "rows.parquet").to_pylist() == [
        {"id": "a", "name": "é,\n", "code": None},
        {"id": "b", "name": None, "code": None},
    ]


def test_what_breaks_leaves_what_was_there(tmp_path: Path) -> None:
    target = tmp_path / "rows.csv"
    target.write_text("as it was", encoding="utf-8")
    with pytest.raises(ConnectionError):
        write(target, breaks=True)
    assert target.read_text(encoding="utf-8") == "as it was"
    assert [path for path in tmp_path.iterdir() if path.is_file()] == [target]


def test_a_name_that_says_no_format_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OperationError, match="says no format"):
        write(tmp_path / "rows.xlsx")
