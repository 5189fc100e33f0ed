"""How far a number is from the others: the two measures by which DHIS2 finds outliers.

Source: `ZscoreSqlStatementProcessor`, `AnalyticsZScoreSqlStatementProcessor` and the join of outliers in
`JdbcAnalyticsTableManager` of dhis2-core.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

SCALE = 0.6745
"""The 0.75 quartile of the normal distribution, by which the median deviation is made like the standard deviation."""


@dataclass(frozen=True)
class Spread:
    """The middle of some numbers and how far they are from it."""

    middle: float
    """Mean, or median."""
    deviation: float
    """Standard deviation of the whole population, or the median of the distances from the median."""
    scale: float
    """What a distance in deviations is multiplied by to be a score."""

    def distance(self, number: float) -> float:
        """How far a number is from the middle."""
        return abs(number - self.middle)

    def score(self, number: float) -> float:
        """How many deviations a number is from the middle; 0 where there is no deviation."""
        return self.scale * self.distance(number) / self.deviation if self.deviation else 0.0

    def bounds(self, threshold: float) -> tuple[float, float]:
        """Between which numbers the score is smaller than a threshold."""
        width = self.deviation * threshold / self.scale
        return self.middle - width, self.middle + width


def by_mean(numbers: Sequence[float]) -> Spread:
    """Mean and standard deviation."""
    return Spread(statistics.fmean(numbers), statistics.pstdev(numbers), 1)


def by_median(numbers: Sequence[float]) -> Spread:
    """Median and median deviation."""
    middle = statistics.median(numbers)
    return Spread(middle, statistics.median(abs(number - middle) for number in numbers), SCALE)
