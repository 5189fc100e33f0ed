"""`Period`: one period of time, and the ways to it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from dhis2w_client.periods.calendars import ISO, Calendar
from dhis2w_client.periods.period_type import PERIOD_TYPES, InvalidPeriodError, PeriodType
from dhis2w_client.versions import Dhis2

MOST_DAYS_BETWEEN = 7
"""Most days that are between two periods: the odd week of a long year, and Pagume's five or six."""


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
    calendar: Calendar = ISO
    """The calendar that its name is of."""

    @property
    def end(self) -> date:
        """Its last day; `date.max` where the calendar ends before."""
        try:
            return self.type.last(self.year, self.number, self.start, self.calendar)
        except (ValueError, OverflowError):
            return date.max

    def __str__(self) -> str:
        return self.type.shape.format(year=self.year, number=self.number)

    def next(self) -> Period:
        """The period after it, of the same type.

        Raises:
            InvalidPeriodError: The calendar ends before.
        """
        return self._beside(self.end, 1)

    def previous(self) -> Period:
        """The period before it, of the same type.

        Raises:
            InvalidPeriodError: The calendar begins after.
        """
        return self._beside(self.start, -1)

    def shifted(self, count: int) -> Period:
        """The period so many later, or earlier where the count is negative."""
        period = self
        for _ in range(abs(count)):
            period = period.next() if count > 0 else period.previous()
        return period

    def _beside(self, edge: date, step: int) -> Period:
        """The period of the nearest day beyond an edge that is in another period than this."""
        for days in range(1, MOST_DAYS_BETWEEN + 2):
            try:
                found = period_of(self.type, edge + timedelta(days=days * step), self.calendar)
            except (InvalidPeriodError, OverflowError):
                continue
            if found != self:
                return found
        raise InvalidPeriodError(f"There is no {self.type.name} period beyond {self}: the calendar ends.")


def parse_period(text: str, version: Dhis2 | None = None, calendar: Calendar = ISO) -> Period:
    """Read a period, in its canonical spelling or another that DHIS2 takes (`2024-01`, `2024W05`).

    Args:
        text: `202401`, `2024W5`, `2024Q1`, `2024NovS1` …
        version: The version that is to take it. Default: any.
        calendar: The server's calendar (`calendar_named`). Default: ISO.

    Raises:
        InvalidPeriodError: It is none, or of a type that the version does not have.
        MissingCalendarError: The library of the calendar is not installed.
    """
    if not isinstance(text, str):  # pyright: ignore[reportUnnecessaryIsInstance] # a clear error for who has no types
        raise InvalidPeriodError(f"A period is a text, not {text!r:.40}.", next_step="str() writes a `Period`.")
    found = _found(text, calendar)
    if found is None:
        raise InvalidPeriodError(
            f"{text[:40]!r} is no period{_of(calendar)}.",
            next_step="Write 20240131, 2024W5, 202401, 202401B, 2024Q1, 2024S1 or 2024.",
        )
    if version and found.type.since.number > version.number:
        raise InvalidPeriodError(f"{text} is of the type {found.type.name}, which 2.{version.number} does not have.")
    return found


def period_type_of(text: str) -> PeriodType:
    """The type of a period by its spelling, whatever the calendar.

    Raises:
        InvalidPeriodError: No period is written so.
    """
    spelling = _spelling(text)
    if spelling is None:
        raise InvalidPeriodError(f"{text[:40]!r} is no period.")
    return spelling[0]


def _spelling(text: str) -> tuple[PeriodType, re.Match[str]] | None:
    matches = ((type, type.pattern.fullmatch(text)) for type in PERIOD_TYPES.values())
    return next(((type, match) for type, match in matches if match), None)


@lru_cache(maxsize=4096)
def _found(text: str, calendar: Calendar) -> Period | None:
    spelling = _spelling(text)
    if spelling is None:
        return None
    type, match = spelling
    _check_counts(type, calendar)
    number = int("".join(part for part in match.groups()[1:] if part.isdigit()) or 1)
    start = type.start(int(match[1]), number, calendar)
    # the 27th two weeks of a long year overlap the next year's first; DHIS2 takes them all the same
    return Period(type, int(match[1]), number, start, calendar) if start is not None else None


def period_of(type: PeriodType | str, day: date, calendar: Calendar = ISO) -> Period:
    """The period of a type in which a day lies.

    Args:
        type: The type, or its name (`Monthly`).
        day: The day, an ISO day in every calendar.
        calendar: The server's calendar. Default: ISO.

    Raises:
        InvalidPeriodError: There is no such type, the day is in no month of the calendar (Pagume), or the period begins
            before the calendar does.
    """
    chosen = _type(type)
    _check_counts(chosen, calendar)
    try:
        year, number = chosen.place(day, calendar)
    except ValueError as error:
        raise InvalidPeriodError(f"No {chosen.name} period{_of(calendar)}: {error}.") from error
    if chosen.family == "weeks" and number > chosen.count:
        year, number = year + 1, 1
    start = chosen.start(year, number, calendar)
    if start is None:
        raise InvalidPeriodError(f"The {chosen.name} period of {day} is not in the calendar.")
    return Period(chosen, year, number, start, calendar)


def periods_between(type: PeriodType | str, first: date, last: date, calendar: Calendar = ISO) -> Iterator[Period]:
    """The periods of a type that lie wholly between two days, both included.

    Args:
        type: The type, or its name.
        first: The first day.
        last: The last day.
        calendar: The server's calendar. Default: ISO.
    """
    period = period_of(type, first, calendar)
    if period.start < first:
        period = period.next()
    while period.end <= last:
        yield period
        if period.end == date.max:
            return
        period = period.next()


def periods_in_year(type: PeriodType | str, year: int, calendar: Calendar = ISO) -> tuple[Period, ...]:
    """All periods with a year in their name, first to last."""
    chosen = _type(type)
    _check_counts(chosen, calendar)
    numbers = range(1, chosen.count + 1)
    found = ((number, chosen.start(year, number, calendar)) for number in numbers)
    return tuple(Period(chosen, year, number, start, calendar) for number, start in found if start is not None)


def _check_counts(type: PeriodType, calendar: Calendar) -> None:
    if type.family == "weeks" and not calendar.counts_weeks:
        raise InvalidPeriodError(
            f"There are no {type.name} periods{_of(calendar)}: DHIS2 cannot read what it writes of them."
        )


def _of(calendar: Calendar) -> str:
    return "" if calendar is ISO else f" of the {calendar.name} calendar"


def _type(type: PeriodType | str) -> PeriodType:
    if isinstance(type, PeriodType):
        return type
    if type not in PERIOD_TYPES:
        raise InvalidPeriodError(f"There is no period type {type!r}.", next_step=f"Types: {', '.join(PERIOD_TYPES)}.")
    return PERIOD_TYPES[type]
