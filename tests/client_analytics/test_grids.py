"""Grids: every recorded one is read, and becomes frames whose columns are what their headers say."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any, cast

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dhis2w_client import InvalidRequestError, UnexpectedShapeError
from dhis2w_client.analytics import Grid, MissingExtraError, NotSplittableError
from dhis2w_client.analytics.cell_types import typed_column
from dhis2w_client.analytics.grid import grid_of, read_grid
from dhis2w_client.analytics.grid_body import cut_rows
from dhis2w_client.analytics.split import whole
from dhis2w_client.reply import Reply
from tests.recorded_files import recorded

TYPES = {
    "text": ("string", pl.String(), ("str", "object")),
    "number": ("double", pl.Float64(), ("float64",)),
    "integer": ("int64", pl.Int64(), ("Int64",)),
    "boolean": ("bool", pl.Boolean(), ("boolean",)),
    "date": ("date32[day]", pl.Date(), ("object",)),
    "datetime": ("timestamp[us]", pl.Datetime("us"), ("datetime64[us]",)),
}
"""What a column is in Arrow, polars and pandas (text is `object` before its version 3)."""
MEANINGS = {
    "java.lang.String": "text",
    "java.lang.Double": "number",
    "java.lang.Integer": "integer",
    "java.lang.Long": "integer",
    "java.lang.Boolean": "boolean",
    "java.time.LocalDate": "date",
    "java.util.Date": "date",
    "java.time.LocalDateTime": "datetime",
    "org.hisp.dhis.organisationunit.OrganisationUnit": "text",
    "org.opengis.geometry.primitive.Point": "text",
    None: "text",
    "TEXT": "text",
    "NUMBER": "number",
    "INTEGER": "integer",
    "BOOLEAN": "boolean",
    "DATE": "date",
    "COORDINATE": "text",
}
"""What the Java class of a header says of its column; where there is none, the value type."""
CELLS = {
    "number": r"-?\d+(\.\d+)?(E-?\d+)?",
    "integer": r"-?\d+(\.0)?",
    "boolean": r"0|1|true|false",
    "date": r"\d{4}-\d\d-\d\d([ T]00:00(:00(\.0+)?)?)?",
    "datetime": r"\d{4}-\d\d-\d\d([ T]\d\d:\d\d(:\d\d(\.\d+)?)?)?",
}
"""How a cell is written that is what its header says."""
NO_GRIDS = {"count.json", "rawData.json"}
"""Two files without headers: a count, and metadata alone."""


def reply_of(answer: object, **options: Any) -> Reply:
    body = json.dumps(answer, **options).encode()
    return Reply("GET", "/api/analytics", 200, {"content-type": "application/json"}, body)


def recorded_grids(shared: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every recorded grid, with the name of its file; one file may hold several."""
    for file in recorded(shared, "analytics-grid"):
        content = file.json
        bodies = cast("list[Any]", content) if isinstance(content, list) else [content]
        yield from ((file.name, body) for body in bodies)


def expected_type(body: dict[str, Any], at: int) -> str:
    """What a column should be, by its header and by every cell in it."""
    header = body["headers"][at]
    meaning = MEANINGS[header["type"] if "type" in header else header.get("valueType")]
    cells = [str(row[at]) for row in body.get("rows", []) if at < len(row) and row[at] not in ("", None)]
    return meaning if all(re.fullmatch(CELLS.get(meaning, ".*"), cell, re.DOTALL) for cell in cells) else "text"


@pytest.mark.shared
def test_every_recorded_grid_becomes_frames(shared: Path) -> None:
    seen, rows = Counter[str](), 0
    for file, body in recorded_grids(shared):
        if "headers" not in body:
            assert Path(file).name in NO_GRIDS
            continue
        grid = grid_of(reply_of(body, separators=(",", ":")))
        assert list(map(list, grid.cells)) == body.get("rows", []), file
        table, frame, pandas = grid.to_arrow(), grid.to_polars(), grid.to_pandas()
        shape = (len(body.get("rows", [])), len(body["headers"]))
        assert (table.num_rows, table.num_columns) == frame.shape == pandas.shape == shape, file
        for at in range(shape[1]):
            type = expected_type(body, at)
            arrow, polars, names = TYPES[type]
            where = (file, body["headers"][at])
            assert str(table.schema.types[at]) == arrow, where
            assert frame.dtypes[at] == polars, where
            assert str(pandas.dtypes.iloc[at]) in names, where
            seen[type] += 1
        rows += shape[0]
    assert set(seen) == set(TYPES)
    assert rows > 5000


def test_a_grid_has_numbers_gaps_dates_and_truths() -> None:
    headers = [("dx", "TEXT"), ("n", "NUMBER"), ("i", "INTEGER"), ("b", "BOOLEAN"), ("d", "DATE"), ("t", "DATETIME")]
    rows = [["a", "1.50", "10.0", "1", "2024-01-31", "2024-01-31 10:00:00.0"], ["b", "", "", "", "", ""]]
    grid = grid_of(reply_of({"headers": [{"name": n, "valueType": v} for n, v in headers], "rows": rows}))
    assert list(grid.rows()) == [
        {"dx": "a", "n": 1.5, "i": 10, "b": True, "d": date(2024, 1, 31), "t": datetime(2024, 1, 31, 10)},
        {"dx": "b", "n": None, "i": None, "b": None, "d": None, "t": None},
    ]
    schema = [pl.String, pl.Float64, pl.Int64, pl.Boolean, pl.Date, pl.Datetime("us")]
    assert list(grid.to_polars().schema.values()) == schema
    assert list(map(str, grid.to_pandas().dtypes))[2:4] == ["Int64", "boolean"]
    assert grid.to_arrow().to_pylist() == list(grid.rows())


@pytest.mark.parametrize("type", ["number", "integer", "boolean", "date", "datetime"])
def test_a_column_that_is_not_what_its_header_says_stays_text(type: Any) -> None:
    assert typed_column(["OU_559", "", "5"], type) == ["OU_559", None, "5"]
    headers = [{"name": "x", "valueType": {"datetime": "DATETIME"}.get(type, type.upper())}]
    table = grid_of(reply_of({"headers": headers, "rows": [["OU_559"], [""], ["5"]]}, separators=(",", ":"))).to_arrow()
    assert table.column(0).to_pylist() == ["OU_559", None, "5"]


ROWS = st.integers(1, 4).flatmap(
    lambda width: st.lists(st.lists(st.text(max_size=8), min_size=width, max_size=width), min_size=1, max_size=5)
)


@given(ROWS, st.booleans(), st.booleans())
def test_rows_taken_out_of_the_text_are_the_rows(rows: list[list[str]], compact: bool, ascii_only: bool) -> None:
    names = [f"c{at}" for at in range(len(rows[0]))]
    answer = {"headers": [{"name": name, "valueType": "TEXT"} for name in names], "metaData": {"rows": 1}, "rows": rows}
    reply = reply_of(answer, separators=(",", ":") if compact else None, ensure_ascii=ascii_only)
    grid = grid_of(reply)
    assert list(map(list, grid.cells)) == rows
    assert len(grid) == len(rows)
    expected = [[cell or None for cell in row] for row in rows]
    assert [list(row.values()) for row in grid.to_arrow().to_pylist()] == expected


def test_the_fast_way_is_taken_where_it_can_be() -> None:
    body = b'{"headers":[{"name":"a"},{"name":"b"}],"rows":[["1","x],[y"],["2",""]],"width":2}'
    head, rows = cut_rows(body)
    assert rows == b'"1","x],[y"\n"2",""'
    assert json.loads(head)["rows"] == []
    assert cut_rows(b'{"rows":[["1",2],["3","4"]]}')[1] is None
    assert cut_rows(b'{"rows": [["a"]]}')[1] is None
    assert cut_rows(b'{"rows":[["a\\u0001"]]}')[1] is None
    assert cut_rows(b'{"rows":[["a\x01"]]}')[1] is None


@pytest.mark.parametrize(
    "cell", ['a "b"', '"', "\\", '\\"', '\\\\"', "one\ntwo\r\n\tthree", '"],["', '"]]', '","', '\\","']
)
def test_the_fast_way_is_taken_whatever_a_cell_says(cell: str) -> None:
    answer = {"headers": [{"name": "a"}, {"name": "b"}], "rows": [[cell, "1"], ["", cell]], "metaData": {"n": cell}}
    body = json.dumps(answer, separators=(",", ":")).encode()
    head, rows = cut_rows(body)
    assert rows is not None
    assert json.loads(head) == answer | {"rows": []}
    grid = grid_of(reply_of(answer, separators=(",", ":")))
    assert list(map(list, grid.cells)) == answer["rows"]
    assert len(grid) == 2
    assert grid.to_arrow().to_pylist() == [{"a": cell, "b": "1"}, {"a": None, "b": cell}]


def test_rows_of_another_width_are_filled_up() -> None:
    grid = read_grid({"headers": [{"name": "a"}, {"name": "b"}], "rows": [["1"], ["2", "3"]]})
    assert grid.columns() == {"a": ["1", "2"], "b": [None, "3"]}
    assert grid.to_arrow().to_pylist() == [{"a": "1", "b": None}, {"a": "2", "b": "3"}]


def test_what_is_no_grid_is_said() -> None:
    with pytest.raises(UnexpectedShapeError, match="not a grid"):
        grid_of(reply_of({"count": 3}))
    with pytest.raises(InvalidRequestError, match="no column 'x'"):
        read_grid({"headers": [{"name": "a"}], "rows": []}).column("x")


def test_a_library_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(name: str) -> Any:
        raise ImportError(name)

    monkeypatch.setattr("importlib.import_module", refuse)
    with pytest.raises(MissingExtraError, match=r"dhis2w-client\[arrow\]"):
        read_grid({"headers": []}).to_arrow()


def part(units: list[str], rows: list[list[str]]) -> tuple[list[str], Grid]:
    headers = [{"name": "ou", "meta": True}, {"name": "value", "valueType": "NUMBER"}]
    return units, read_grid({"headers": headers, "rows": rows, "metaData": {"dimensions": {"ou": units}}})


OUTLINE = part(["a", "b", "c"], [])[1]


@pytest.mark.parametrize(
    ("parts", "says"),
    [
        ([part(["a", "b"], [["a", "1"]])], "missing or double"),
        ([part(["a", "b"], []), part(["b", "c"], [])], "missing or double"),
        ([part(["a", "b"], [["c", "1"]]), part(["c"], [])], "belongs to another part"),
        ([part(["a", "b"], [["a", "1"], ["a", "2"]]), part(["c"], [])], "same items"),
    ],
)
def test_parts_that_are_not_the_whole_are_refused(parts: list[tuple[list[str], Grid]], says: str) -> None:
    with pytest.raises(NotSplittableError, match=says):
        whole(OUTLINE, "ou", parts)


def test_parts_that_are_the_whole_are_put_together() -> None:
    grid = whole(OUTLINE, "ou", [part(["a", "b"], [["a", "1"]]), part(["c"], [["c", "3"]])])
    assert grid.columns() == {"ou": ["a", "c"], "value": [1.0, 3.0]}
