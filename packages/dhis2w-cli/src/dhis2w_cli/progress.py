"""How far something is, as a line: a bar where the end is known, how fast it goes, and how long it will take."""

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
    """How many there are, where that is known."""
    share: float | None = None
    """How much of the whole is done, from 0 to 1, where only that is known."""

    def line(self, seconds: int, first: Progress | None = None) -> str:
        """The line that shows it.

        Args:
            seconds: How long it has taken.
            first: How far it was to begin with: what an earlier run did is not counted for its speed.
        """
        rate = (self.done - (first.done if first else 0)) / seconds if seconds else 0
        speed = f"{rate:,.0f}/s, " if rate >= 1 else ""
        share = self.part
        if share is None:
            return f"{self.what}: {self.done:,}, {speed}{seconds} s"
        bar = ("#" * round(BAR * share)).ljust(BAR, ".")
        count = f"{self.done:,} of {self.total:,}" if self.total else f"{self.done:,}"
        grown = share - ((first.part or 0) if first else 0)
        left = f", {_time((1 - share) / grown * seconds)} left" if grown > 0 and share < 1 else ""
        return f"{self.what}: [{bar}] {share:4.0%} ({count}), {speed}{seconds} s{left}"

    @property
    def part(self) -> float | None:
        """How much of the whole is done, from 0 to 1; None where that is not known."""
        return min(1.0, self.done / self.total) if self.total else self.share


def _time(seconds: float) -> str:
    """About how long: seconds, minutes or hours."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
