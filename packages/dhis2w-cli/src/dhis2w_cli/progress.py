"""How far something is, as a line."""

from __future__ import annotations

from dataclasses import dataclass

BAR = 30
"""Characters of a bar."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far something is."""

    what: str
    done: int
    total: int | None = None
    """How much there is, where that is known."""

    def line(self, seconds: int) -> str:
        """The line that shows it: a bar where the end is known."""
        if not self.total:
            return f"{self.what}: {self.done:,}, {seconds} s"
        share = min(1.0, self.done / self.total)
        bar = ("#" * round(BAR * share)).ljust(BAR, ".")
        return f"{self.what}: [{bar}] {share:4.0%} ({self.done:,} of {self.total:,}), {seconds} s"
