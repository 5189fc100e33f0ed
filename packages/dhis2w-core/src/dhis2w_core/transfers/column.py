"""What the rows of a chunk say under one key."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
L = TypeVar("L", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Column(Generic[K]):
    """The cells under one key, in the order of the rows, and what is in them, each once."""

    cells: Sequence[K]
    distinct: set[K]

    @staticmethod
    def of(cells: Sequence[L]) -> Column[L]:
        """The column of some cells."""
        return Column(cells, set(cells))

    def pairs(self, other: Column[L]) -> set[tuple[K, L]]:
        """What stands in this column and in another one of the same rows, each pair once."""
        if len(self.distinct) == 1 or len(other.distinct) == 1:  # often a chunk is of one unit, and of one combo
            return set(product(self.distinct, other.distinct))
        return set(zip(self.cells, other.cells, strict=True))
