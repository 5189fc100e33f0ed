"""Grids as Arrow tables, and as frames of polars and pandas. These libraries are imported when they are used."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, cast

from dhis2w_client.analytics.cell_types import typed_column
from dhis2w_client.analytics.errors import MissingExtraError
from dhis2w_client.analytics.grid_body import has_line_breaks, rows_as_csv

if TYPE_CHECKING:
    import polars as pl

    from dhis2w_client.analytics.cell_types import CellType
    from dhis2w_client.analytics.grid import Grid

BLOCK = 1 << 22
"""Bytes of CSV that Arrow reads at once."""


def arrow_table(grid: Grid) -> Any:
    """A grid as an Arrow table."""
    arrow = _library("pyarrow", "arrow")
    texts = _text_columns(grid, arrow)
    columns = [
        _typed(arrow, texts[at], header.cell_type) if texts else arrow.array([], _arrow_type(arrow, header.cell_type))
        for at, header in enumerate(grid.headers)
    ]
    return arrow.Table.from_arrays(columns, names=list(_unique(grid.names)))


def polars_frame(grid: Grid) -> pl.DataFrame:
    """A grid as a frame of polars."""
    polars = _library("polars", "polars")
    return polars.from_arrow(arrow_table(grid), rechunk=False)


def pandas_frame(grid: Grid) -> Any:
    """A grid as a frame of pandas; whole numbers and booleans of a column with gaps keep their type."""
    pandas = _library("pandas", "pandas")
    nullable = {"int64": pandas.Int64Dtype(), "bool": pandas.BooleanDtype()}

    def kept(type: Any) -> Any:
        return nullable.get(str(type))

    return arrow_table(grid).to_pandas(types_mapper=kept)


def _library(name: str, extra: str) -> Any:
    """An optional library; loose, because it may not be there to be typed."""
    try:
        return importlib.import_module(name)
    except ImportError:
        pass
    raise MissingExtraError(
        f"{name} is not installed.", next_step=f"Install it with the client: pip install 'dhis2w-client[{extra}]'."
    )


def _unique(names: tuple[str, ...]) -> list[str]:
    """The names of columns, those that come again with a number behind: frames want them different."""
    return [f"{name}_{names[:at].count(name)}" if name in names[:at] else name for at, name in enumerate(names)]


def _text_columns(grid: Grid, arrow: Any) -> list[Any]:
    """The columns as text; none where there are no rows."""
    if grid.packed_rows is not None:
        table = _read_csv(grid, grid.packed_rows, arrow)
        if table is not None:
            return list(table.columns)
    width = len(grid.headers)
    padded = [[*row, *[None] * (width - len(row))][:width] for row in grid.cells]
    return [list(column) for column in zip(*padded, strict=True)]


def _read_csv(grid: Grid, packed: bytes, arrow: Any) -> Any:
    """The rows as Arrow reads them; None where they are not as wide as the headers."""
    csv = importlib.import_module("pyarrow.csv")
    names = [str(at) for at in range(len(grid.headers))]
    try:
        return csv.read_csv(
            arrow.BufferReader(rows_as_csv(packed)),
            read_options=csv.ReadOptions(column_names=names, block_size=max(BLOCK, len(packed) // 8)),
            parse_options=csv.ParseOptions(ignore_empty_lines=False, newlines_in_values=has_line_breaks(packed)),
            convert_options=csv.ConvertOptions(
                column_types=dict.fromkeys(names, arrow.string()), null_values=[""], strings_can_be_null=True
            ),
        )
    except arrow.ArrowInvalid:
        return None


def _typed(arrow: Any, column: Any, type: CellType) -> Any:
    """A column as what its cells are; as text where one of them is something else."""
    if not isinstance(column, list):
        if type == "text":
            return column
        if type in ("number", "integer"):
            try:
                return _numbers(arrow, column, type)
            except arrow.ArrowInvalid:
                return column
    cells: list[Any] = cast("list[Any]", column) if isinstance(column, list) else column.to_pylist()
    typed = typed_column(cells, type)
    if type == "text" or any(isinstance(cell, str) for cell in typed):
        return arrow.array([None if cell is None else str(cell) for cell in typed], arrow.string())
    return arrow.array(typed, _arrow_type(arrow, type))


def _numbers(arrow: Any, column: Any, type: CellType) -> Any:
    if type == "number":
        return column.cast(arrow.float64())
    try:
        return column.cast(arrow.int64())
    except arrow.ArrowInvalid:
        return column.cast(arrow.float64()).cast(arrow.int64())  # `10.0`; refuses what is not whole


def _arrow_type(arrow: Any, type: CellType) -> Any:
    return {
        "text": arrow.string,
        "integer": arrow.int64,
        "number": arrow.float64,
        "boolean": arrow.bool_,
        "date": arrow.date32,
        "datetime": lambda: arrow.timestamp("us"),
    }[type]()
