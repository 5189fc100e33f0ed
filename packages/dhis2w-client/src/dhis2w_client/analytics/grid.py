"""`Grid`: what analytics answers, as rows, columns and frames, with numbers as numbers.

Source: `Grid`, `ListGrid`, `JacksonRowDataSerializer`: every cell is sent as text, and what is not there as empty text.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from dhis2w_client.analytics.cell_types import CellType, cell_type, typed_column
from dhis2w_client.analytics.grid_body import cut_rows, rows_as_json
from dhis2w_client.analytics.labels import Label, labelled
from dhis2w_client.errors import InvalidRequestError, UnexpectedShapeError
from dhis2w_client.json_value import as_array, as_object, as_text
from dhis2w_client.pages import object_of

if TYPE_CHECKING:
    import polars as pl

    from dhis2w_client.reply import Reply

Cell: TypeAlias = "Any"
"""Text, a number, a boolean, a date, or None: what the header's type says."""


@dataclass(frozen=True, slots=True)
class GridHeader:
    """One column of a grid."""

    name: str
    """DHIS2's name of it: a dimension (`dx`, `pe`, `ou`, a UID), or `value`, `numerator`, `eventdate`, …"""
    column: str = ""
    """What a person calls it."""
    value_type: str | None = None
    """DHIS2's value type, such as `NUMBER`."""
    type: str | None = None
    """The Java class, such as `java.lang.Double`."""
    hidden: bool = False
    """Whether it is not meant to be shown."""
    meta: bool = False
    """Whether its cells are identifiers of `meta_data`."""

    @property
    def cell_type(self) -> CellType:
        """What its cells are, when they are what the header says."""
        return cell_type(self.value_type, self.type)


@dataclass(frozen=True)
class Grid:
    """The result of an analytics query.

    ```python
    for row in grid.rows():
        print(row["dx"], row["pe"], row["value"])
    frame = grid.with_labels("name").to_polars()
    ```

    A column has the type that its header says, where all its cells are such; otherwise it is text as it came.
    Combinations without data have no row; they are not 0.
    """

    headers: tuple[GridHeader, ...]
    """The columns, in order."""
    meta_data: Mapping[str, Any] = field(default_factory=dict[str, Any], repr=False)
    """`items` (names and more, by identifier), `dimensions` (which items each dimension has), and more."""
    text_rows: tuple[Sequence[Cell], ...] | None = field(default=None, repr=False)
    """The rows as they came, where they are JSON already; see `cells`."""
    packed_rows: bytes | None = field(default=None, repr=False)
    """The rows as they were cut out of the answer (`grid_body.cut_rows`), where they are not."""

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the columns."""
        return tuple(header.name for header in self.headers)

    @cached_property
    def cells(self) -> tuple[Sequence[Cell], ...]:
        """The cells as they came, row by row; nearly all of them text."""
        if self.packed_rows is None:
            return self.text_rows or ()
        from pydantic_core import from_json

        return tuple(cast("list[Sequence[Cell]]", from_json(rows_as_json(self.packed_rows))))

    def __len__(self) -> int:
        return len(self.text_rows or ()) if self.packed_rows is None else self.packed_rows.count(b'"\n"') + 1

    def column(self, name: str) -> list[Cell]:
        """The cells of one column: numbers as numbers, what is not there as None.

        Args:
            name: Name of the column.

        Raises:
            InvalidRequestError: There is no such column.
        """
        if name not in self.names:
            raise InvalidRequestError(f"The grid has no column {name!r}.", next_step=f"It has {', '.join(self.names)}.")
        at = self.names.index(name)
        raw = [row[at] if at < len(row) else None for row in self.cells]
        return typed_column(raw, self.headers[at].cell_type)

    def columns(self) -> dict[str, list[Cell]]:
        """All columns by name."""
        return {name: self.column(name) for name in self.names}

    def rows(self) -> Iterator[dict[str, Cell]]:
        """The rows one by one, each as a dictionary by the names of the columns."""
        names = self.names
        for cells in zip(*self.columns().values(), strict=True):
            yield dict(zip(names, cells, strict=True))

    def with_labels(self, *labels: Label) -> Grid:
        """The same grid with columns beside those of identifiers: `dx_name`, `dx_code`, `ou_hierarchy`.

        Args:
            labels: `name`, `code` (asks for `details` in the query), `hierarchy` (asks for `hierarchy` there).

        Raises:
            InvalidRequestError: The result does not hold what is asked for, because the query did not.
        """
        return labelled(self, labels)

    def to_arrow(self) -> Any:
        """As a `pyarrow.Table` (which has no types of its own).

        Raises:
            MissingExtraError: pyarrow is not installed (`dhis2w-client[arrow]`).
        """
        from dhis2w_client.analytics.frames import arrow_table

        return arrow_table(self)

    def to_polars(self) -> pl.DataFrame:
        """As a `polars.DataFrame`.

        Raises:
            MissingExtraError: polars is not installed (`dhis2w-client[polars]`).
        """
        from dhis2w_client.analytics.frames import polars_frame

        return polars_frame(self)

    def to_pandas(self) -> Any:
        """As a `pandas.DataFrame` (which has no types of its own).

        Raises:
            MissingExtraError: pandas is not installed (`dhis2w-client[pandas]`).
        """
        from dhis2w_client.analytics.frames import pandas_frame

        return pandas_frame(self)


def grid_of(reply: Reply) -> Grid:
    """The grid in an answer.

    Raises:
        ApiError: The server refused.
        AnswerError: The answer is no grid.
    """
    head, rows = cut_rows(reply.body)
    answer = object_of(reply if rows is None else replace(reply, body=head))
    if not isinstance(answer.get("headers"), list):
        raise UnexpectedShapeError(
            f"{reply.asked} got JSON that is not a grid.", method=reply.method, path=reply.path, status=reply.status
        )
    return read_grid(answer, rows)


def read_grid(answer: Mapping[str, Any], packed_rows: bytes | None = None) -> Grid:
    """A grid from JSON that was read already.

    Args:
        answer: The JSON object.
        packed_rows: Its rows, where they were taken out (`cut_rows`).
    """
    return Grid(
        headers=tuple(map(_header, as_array(answer.get("headers")))),
        meta_data=as_object(answer.get("metaData")),
        text_rows=tuple(cast("list[Sequence[Cell]]", as_array(answer.get("rows")))) if packed_rows is None else None,
        packed_rows=packed_rows,
    )


def _header(value: object) -> GridHeader:
    header = as_object(value)
    return GridHeader(
        name=as_text(header.get("name")) or "",
        column=as_text(header.get("column")) or "",
        value_type=as_text(header.get("valueType")),
        type=as_text(header.get("type")),
        hidden=header.get("hidden") is True,
        meta=header.get("meta") is True,
    )
