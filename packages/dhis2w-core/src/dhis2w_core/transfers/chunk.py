"""Rows of a source that are sent together, and what became of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from dhis2w_client.data_values.value_batch import columns_of


@dataclass(frozen=True)
class Chunk:
    """Rows that stand behind one another in the source."""

    first: int
    """Number of the first row in the source, from 0."""
    values: Sequence[dict[str, Any]]
    """The rows with DHIS2's keys."""
    lines: Sequence[int]
    """Where each row is: line of the file, from 1; in JSON the number of the value."""
    columns_read: dict[str, list[Any]] | None = None
    """The columns, where whoever read the rows made them."""

    def __len__(self) -> int:
        return len(self.values)

    @cached_property
    def columns(self) -> dict[str, list[Any]]:
        """What stands under each key, an empty text where there is nothing."""
        return columns_of(self.values) if self.columns_read is None else self.columns_read

    @property
    def last(self) -> int:
        """Number of the row behind the last one."""
        return self.first + len(self.values)

    def part(self, begin: int, end: int) -> Chunk:
        """Some of the rows, by their positions in the chunk."""
        return Chunk(self.first + begin, self.values[begin:end], self.lines[begin:end])

    def refused(self, position: int, code: str | None, problem: str, what_to_do: str | None = None) -> RefusedRow:
        """The refusal of one of the rows, by its position in the chunk."""
        return RefusedRow(self.first + position, self.lines[position], code, problem, what_to_do)


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """One row that was refused."""

    row: int
    """Its number in the source, from 0."""
    line: int
    code: str | None
    """DHIS2's code; None where the row was not sent, or DHIS2 has none."""
    problem: str
    what_to_do: str | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of the rows of a chunk."""

    accepted: int = 0
    unchanged: int = 0
    skipped: int = 0
    refused: tuple[RefusedRow, ...] = ()
