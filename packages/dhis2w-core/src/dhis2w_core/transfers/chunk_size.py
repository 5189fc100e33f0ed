"""How many rows are sent at once: fewer after a server that could not take them, more again while all is well."""

from __future__ import annotations

from dataclasses import dataclass, replace

SMALLEST = 100
"""Rows of a table below which a chunk is not cut again."""
GROWS_AFTER = 4
"""Chunks that have to go well before the next is larger."""


@dataclass(frozen=True, slots=True)
class ChunkSize:
    """How many rows are sent at once, and how many chunks went well since that was decided."""

    rows: int
    largest: int
    """What it began with: larger bodies are not asked of a server, nor of this machine's memory."""
    smallest: int = SMALLEST
    """Rows below which it is not cut again."""
    went_well: int = 0

    def after_success(self) -> ChunkSize:
        """The size after a chunk that went well."""
        if self.went_well + 1 < GROWS_AFTER or self.rows == self.largest:
            return replace(self, went_well=self.went_well + 1)
        return replace(self, rows=min(self.largest, self.rows * 2), went_well=0)

    def after_failure(self, rows: int) -> ChunkSize | None:
        """The size after a chunk of so many rows that was too much; None where there is no smaller one.

        A chunk that is larger than what holds now (others were too much while it was under way, or it is of an earlier
        run) says nothing of smaller ones.
        """
        if rows > self.rows:
            return replace(self, went_well=0)
        if rows <= self.smallest:
            return None
        return replace(self, rows=max(self.smallest, rows // 2), went_well=0)
