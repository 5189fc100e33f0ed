"""How many rows are sent at once: fewer after a server that could not take them, more again while all is well."""

from __future__ import annotations

from dataclasses import dataclass, replace

SMALLEST = 100
"""Rows below which a chunk is not cut again."""
GROWS_AFTER = 4
"""Chunks that have to go well before the next is larger."""


@dataclass(frozen=True, slots=True)
class ChunkSize:
    """How many rows are sent at once, and how many chunks went well since that was decided."""

    rows: int
    largest: int
    """What it began with: larger bodies are not asked of a server, nor of this machine's memory."""
    went_well: int = 0

    @classmethod
    def of(cls, rows: int) -> ChunkSize:
        """The size to begin with."""
        return cls(rows, rows)

    def after_success(self) -> ChunkSize:
        """The size after a chunk that went well."""
        if self.went_well + 1 < GROWS_AFTER or self.rows == self.largest:
            return replace(self, went_well=self.went_well + 1)
        return ChunkSize(min(self.largest, self.rows * 2), self.largest)

    def after_failure(self) -> ChunkSize | None:
        """The size after a chunk that was too much; None where there is no smaller one."""
        return ChunkSize(max(SMALLEST, self.rows // 2), self.largest) if self.rows > SMALLEST else None
