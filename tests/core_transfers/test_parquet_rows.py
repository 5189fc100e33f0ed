"""Parquet is read as DHIS2 writes values, some rows at a time."""

from __future__ import annotations

import sys
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from dhis2w_client.analytics.errors import MissingExtraError
from dhis2w_core.errors import OperationError
from dhis2w_core.transfers.parquet_rows import parquet_rows
from dhis2w_core.transfers.source_rows import SourceRows

arrow = pytest.importorskip("pyarrow")
parquet = pytest.importorskip("pyarrow.parquet")


def written(file: Path, columns: dict[str, list[Any]]) -> Path:
    parquet.write_table(arrow.table(columns), file)
    return file


def test_a_column_that_is_not_there_is_a_slip(tmp_path: Path) -> None:
    """It is told before the first row is read, as of CSV."""
    file = written(tmp_path / "a.parquet", {"facility": ["U1"], "dataElement": ["E1"], "value": ["5"]})
    with (
        SourceRows(file, {"orgUnit": "Facility"}) as rows,
        pytest.raises(OperationError, match=r"a\.parquet has no column Facility") as slip,
    ):
        rows.take(1)
    assert slip.value.next_step == "It has facility, dataElement, value."
    needed = ("dataElement", "period", "orgUnit")
    with (
        SourceRows(file, {"orgUnit": "facility"}, None, needed) as rows,
        pytest.raises(OperationError, match="has no column period"),
    ):
        rows.take(1)
    with SourceRows(file, {"orgUnit": "facility"}, {"period": "202401"}, needed) as rows:
        assert rows.take(1).values[0]["orgUnit"] == "U1"


def test_values_are_written_as_dhis2_writes_them(tmp_path: Path) -> None:
    columns: dict[str, list[Any]] = {
        "whole": [1, -2, None],
        "number": [1.0, 0.25, float("nan")],
        "large": [1e15, 1e-7, 3.0],
        "decimal": [Decimal("1.50"), Decimal("2.00"), None],
        "truth": [True, False, None],
        "day": [date(2024, 1, 31), None, None],
        "moment": [datetime(2024, 1, 31), datetime(2024, 1, 31, 12, 30), None],
        "time": [time(7, 5), None, None],
        "text": ["a", "", None],
    }
    with written(tmp_path / "a.parquet", columns).open("rb") as file:
        first, second, third = (row for rows in parquet_rows(file, "a", 2) for row in rows)
    assert first == {
        "whole": "1", "number": "1", "large": "1000000000000000", "decimal": "1.50", "truth": "true",
        "day": "2024-01-31", "moment": "2024-01-31", "time": "07:05", "text": "a",
    }  # fmt: skip
    assert second == {
        "whole": "-2", "number": "0.25", "large": "0.0000001", "decimal": "2", "truth": "false",
        "moment": "2024-01-31T12:30",
    }  # fmt: skip
    assert third == {"large": "3"}


def test_rows_are_numbered_and_columns_named(tmp_path: Path) -> None:
    file = written(tmp_path / "a.parquet", {"facility": [f"U{n}" for n in range(5000)], "value": list(range(5000))})
    with SourceRows(file, {"orgUnit": "facility"}, {"period": "202401"}) as rows:
        chunk = rows.take(4500)
        assert (len(chunk), chunk.lines[-1]) == (4500, 4500)
        assert chunk.values[4499] == {"period": "202401", "orgUnit": "U4499", "value": "4499"}
        assert 0 < rows.share <= 1
        assert len(rows.take(4500)) == 500


def test_what_is_no_parquet_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "a.parquet"
    file.write_bytes(b"dataelement,period\n")
    with SourceRows(file) as rows, pytest.raises(OperationError, match=r"a\.parquet is no Parquet"):
        rows.take(1)


def test_without_pyarrow_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = written(tmp_path / "a.parquet", {"value": [1]})
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with SourceRows(file) as rows, pytest.raises(MissingExtraError, match="not installed"):
        rows.take(1)
