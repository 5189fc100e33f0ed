"""Rows as they were read at once, by rows and by columns.

What looks at all rows looks at columns, without a Python step for each row. They are made block by block, while the
rows are still in the processor's cache.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Self

from dhis2w_client.data_values.value_batch import columns_of


@dataclass(slots=True)
class RowBlock:
    """Some rows that stand behind one another."""

    values: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    """Without what is missing."""
    lines: list[int] = field(default_factory=list[int])
    """Where each row is: line of the file, from 1; in JSON the number of the value."""
    columns: dict[str, list[Any]] = field(default_factory=dict[str, list[Any]])
    """What stands under each key that some row has; an empty text where there is nothing."""

    @classmethod
    def of(cls, values: list[dict[str, Any]], lines: list[int]) -> Self:
        """Rows that have no columns yet."""
        return cls(values, lines, columns_of(values))

    def __len__(self) -> int:
        return len(self.values)

    def append(self, other: RowBlock) -> None:
        """Put more rows behind."""
        for name in self.columns.keys() | other.columns.keys():
            column = self.columns.setdefault(name, [""] * len(self))
            column += other.columns.get(name) or [""] * len(other)
        self.values += other.values
        self.lines += other.lines

    def cut(self, count: int) -> RowBlock:
        """Take the first rows out, as many as there are up to `count`; what is cut off is copied, the rest is not."""
        kept = RowBlock(self.values, self.lines, self.columns)
        self.values, self.lines = kept.values[count:], kept.lines[count:]
        self.columns = {name: column[count:] for name, column in kept.columns.items()} if self.values else {}
        if self.values:
            del kept.values[count:], kept.lines[count:]
            for column in kept.columns.values():
                del column[count:]
        return kept
