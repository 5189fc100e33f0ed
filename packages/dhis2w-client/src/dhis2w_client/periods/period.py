"""`Period`: one period of time, and the ways to it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from dhis2w_client.periods.period_type import PERIOD_TYPES, InvalidPeriodError, PeriodType
from dhis2w_client.versions import Dhis2

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Period:
    """One period; `str` writes it as DHIS2 does."""

    type: PeriodType
    year: int
    """The year in its name."""
    number: int
    """Which period of that year, from 1; of a day month and day (`131`)."""
    start: date
    """Its first day."""

    @property
    def end(self) -> date:
        """Its last day."""
        try:
            return self.type.following(self.start) - _DAY
        except (ValueError, OverflowError):
            return date.max

    def __str__(self) -> str:
        return self.type.shape.format(year=self.year, number=self.number)

    def next(self) -> Period:
        """The period after it, of the same type.

        Raises:
            InvalidPeriodError: The calendar ends before.
        """
        return self._at(self.end + _DAY if self.end < date.max else None)

    def previous(self) -> Period:
        """The period before it, of the same type.

        Raises:
            InvalidPeriodError: The calendar begins after.
        """
        return self._at(self.start - _DAY if self.start > date.min else None)

    def shifted(self, count: int) -> Period:
        """The period so many later, or earlier where the count is negative."""
        period = self
        for _ in range(abs(count)):
            period = period.next() if count > 0 else period.previous()
        return period

    def _at(self, day: date | None) -> Period:
        if day is None:
            raise InvalidPeriodError(f"There is no {self.type.name} period beyond {self}: the calendar ends.")
        return period_of(self.type, day)


def parse_period(text: str, version: Dhis2 | None = None) -> Period:
    """Read a period, in its canonical spelling or another that DHIS2 takes (`2024-01`, `2024W05`).

    Args:
        text: `202401`, `2024W5`, `2024Q1`, `2024NovS1` …
        version: The version that is to take it. Default: any.

    Raises:
        InvalidPeriodError: It is none, or of a type that the version does not have.
    """
    found = _found(text)
    if found is None:
        raise InvalidPeriodError(
            f"{text[:40]!r} is no period.", next_step="Write 20240131, 2024W5, 202401, 202401B, 2024Q1, 2024S1 or 2024."
        )
    if version and found.type.since.number > version.number:
        raise InvalidPeriodError(f"{text} is of the type {found.type.name}, which 2.{version.number} does not have.")
    return found


@lru_cache(maxsize=4096)
def _found(text: str) -> Period | None:
    for type in PERIOD_TYPES.values():
        match = type.pattern.fullmatch(text)
        if match is None:
            continue
        number = int("".join(part for part in match.groups()[1:] if part.isdigit()) or 1)
        start = type.start(int(match[1]), number)
        # the 27th two weeks of a long year overlap the next year's first; DHIS2 takes them all the same
        return Period(type, int(match[1]), number, start) if start is not None else None
    return None


def period_of(type: PeriodType | str, day: date) -> Period:
    """The period of a type in which a day lies.

    Args:
        type: The type, or its name (`Monthly`).
        day: The day.

    Raises:
        InvalidPeriodError: There is no such type, or the period begins before the calendar does.
    """
    chosen = _type(type)
    year, number = chosen.place(day)
    if chosen.family == "weeks" and number > chosen.count:
        year, number = year + 1, 1
    start = chosen.start(year, number)
    if start is None:
        raise InvalidPeriodError(f"The {chosen.name} period of {day} is not in the calendar.")
    return Period(chosen, year, number, start)


def periods_between(type: PeriodType | str, first: date, last: date) -> Iterator[Period]:
    """The periods of a type that lie wholly between two days, both included.

    Args:
        type: The type, or its name.
        first: The first day.
        last: The last day.
    """
    period = period_of(type, first)
    if period.start < first:
        period = period.next()
    while period.end <= last:
        yield period
        if period.end == date.max:
            return
        period = period.next()


def periods_in_year(type: PeriodType | str, year: int) -> tuple[Period, ...]:
    """All periods with a year in their name, first to last."""
    chosen = _type(type)
    numbers = range(1, chosen.count + 1)
    found = ((number, chosen.start(year, number)) for number in numbers)
    return tuple(Period(chosen, year, number, start) for number, start in found if start is not None)


def _type(type: PeriodType | str) -> PeriodType:
    if isinstance(type, PeriodType):
        return type
    if type not in PERIOD_TYPES:
        raise InvalidPeriodError(f"There is no period type {type!r}.", next_step=f"Types: {', '.join(PERIOD_TYPES)}.")
    return PERIOD_TYPES[type]
