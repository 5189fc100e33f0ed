"""CSV is read in blocks, plain ones at once: the rows are those that Python's `csv` gives, whatever stands in them."""

from __future__ import annotations

import csv
import io
from collections.abc import Generator
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dhis2w_core.errors import OperationError
from dhis2w_core.transfers import csv_rows
from dhis2w_core.transfers.csv_rows import CsvRows
from dhis2w_core.transfers.row_block import RowBlock

KEYS = ["a", "b", "note", "c"]
CELL = st.text(st.sampled_from('xyé1 ,"\n\r\u2028'), max_size=4)
PLAIN_CELL = st.text(st.sampled_from("xyé1 \u2028"), max_size=4)
ROW = st.lists(CELL, max_size=4) | st.lists(PLAIN_CELL, min_size=4, max_size=4)
PLAIN_TABLE = st.lists(st.lists(PLAIN_CELL, min_size=4, max_size=4))


def key_of(name: str) -> str | None:
    return None if name == "note" else name


def blocks_of(content: bytes, block: int) -> list[RowBlock]:
    with patch.object(csv_rows, "BLOCK", block):
        return list(CsvRows(io.BytesIO(content), "t.csv", key_of).blocks())


def as_csv(rows: list[list[str]], end: str) -> str:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator=end).writerows([KEYS, *rows])
    return text.getvalue()


def expected(text: str) -> list[tuple[int, dict[str, str]]]:
    """What the standard reader makes of it, in one piece."""
    table = csv.reader(io.StringIO(text, newline=""))
    next(table)
    return [
        (table.line_num, {key: cell for key, cell in zip(KEYS, cells, strict=False) if cell and key != "note"})
        for cells in table
        if cells
    ]


@given(st.lists(ROW) | PLAIN_TABLE, st.sampled_from(["\n", "\r\n"]), st.sampled_from([1, 5, 40, 4000]), st.booleans())
@example([["x", "", "n", "1"], ["", "", "", ""]], "\n", 4000, False)
@example([["x", "y", "n", "1"], ["x\n", "y", "n", "1"], ["x", "y", "n", "1"]], "\r\n", 5, True)
def test_rows_lines_and_columns_are_those_of_the_standard_reader(
    rows: list[list[str]], end: str, block: int, cut_last_end: bool
) -> None:
    """Also where a block ends inside of quotes, between CR and LF, or without a line's end."""
    text = as_csv(rows, end)
    text = text.removesuffix(end) if cut_last_end and rows else text
    blocks = blocks_of(text.encode(), block)
    found = [row for each in blocks for row in zip(each.lines, each.values, strict=True)]
    assert found == expected(text)
    for each in blocks:
        for name, column in each.columns.items():
            assert column == [value.get(name, "") for value in each.values]
        assert each.columns.keys() >= set[str]().union(*each.values)


@given(st.lists(st.lists(PLAIN_CELL.filter(bool), min_size=4, max_size=4), min_size=1), st.integers(1, 9))
def test_blocks_are_cut_and_put_together_without_a_loss(rows: list[list[str]], count: int) -> None:
    (block,) = blocks_of(as_csv(rows, "\n").encode(), 10_000)
    whole = RowBlock(list(block.values), list(block.lines), {key: list(each) for key, each in block.columns.items()})
    again = RowBlock()
    while block:
        part = block.cut(count)
        assert 0 < len(part) <= count
        again.append(part)
    assert again == whole


def test_columns_that_only_some_blocks_have_are_filled() -> None:
    rows = RowBlock.of([{"a": "1"}], [1])
    rows.append(RowBlock.of([{"b": "2"}, {"a": "3"}], [2, 3]))
    rows.append(RowBlock.of([{"b": "4"}], [4]))
    assert rows.columns == {"a": ["1", "", "3", ""], "b": ["", "2", "", "4"]}


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"a,b\n1,2\n1,2,3\n", "t.csv, line 3: there are more cells"),
        (b'a,b\n1,2\n1,"2\n', None),
        (b"a,b\n1,2\n1,\xff\n", "this is no CSV in UTF-8"),
        (b'a,b\n1,2\n1,"2\n1,2\n1,2\n', "line 3: a cell that begins in this row has no end"),
        (b'a,b\n1,2\n1,"' + b"x,2\n" * 500, "line 3: a cell that begins in this row has no end"),
    ],
)
def test_what_is_no_table_is_refused_with_its_line(content: bytes, problem: str | None) -> None:
    def read() -> list[dict[str, Any]]:
        return [row for block in blocks_of(content, 8) for row in block.values]

    if problem is None:  # the standard reader takes quotes that are not closed, to the end of the file
        assert read() == [{"a": "1", "b": "2"}, {"a": "1", "b": "2\n"}]
    else:
        csv.field_size_limit(1000)
        with pytest.raises(OperationError, match=problem):
            read()


@pytest.fixture(autouse=True)
def limit() -> Generator[None]:
    """The limit of cells as it was."""
    before = csv.field_size_limit()
    assert before >= csv_rows.LONGEST_CELL
    yield
    csv.field_size_limit(before)


def test_a_cell_may_be_as_long_as_a_shape_on_a_map() -> None:
    content = b'a,b\n1,"' + b"[1,2]," * 100_000 + b'"\n'
    assert [row["b"] for block in blocks_of(content, 4000) for row in block.values] == ["[1,2]," * 100_000]


def test_the_same_text_is_one_object() -> None:
    (block,) = blocks_of(b"a,b\nlong text,1\nlong text,2\n", 1000)
    first, second = block.columns["a"]
    assert first is second
    assert block.values[0]["a"] is first
