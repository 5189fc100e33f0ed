"""How many rows are sent at once: fewer after a server that could not take them, more while all is well."""

from __future__ import annotations

from dataclasses import dataclass, replace

SMALLEST = 100
LARGEST = 50_000
GROWS_AFTER = 4
"""Chunks that have to go well before the next is larger."""


@dataclass(frozen=True, slots=True)
class ChunkSize:
    """How many rows are sent at once, and how many chunks went well since that was decided."""

    rows: int = 10_000
    went_well: int = 0

    def after_success(self) -> ChunkSize:
        """The size after a chunk that went well."""
        if self.went_well + 1 < GROWS_AFTER:
            return replace(self, went_well=self.went_well + 1)
        return ChunkSize(min(LARGEST, self.rows * 2))

    def after_failure(self) -> ChunkSize | None:
        """The size after a chunk that was too much; None where there is no smaller one."""
        return ChunkSize(max(SMALLEST, self.rows // 2)) if self.rows > SMALLEST else None
