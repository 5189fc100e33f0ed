"""Fixed periods in the ISO calendar: their types, how they are written, when they start and end.

A week year is counted from the type's own first weekday and holds at least four days of week 1; weeks are written
without a leading zero. Source: `PeriodType` and its subclasses, `DateUnitPeriodTypeParser` (41, 42) and
`Period.Input` (43) of dhis2-api; recordings `data/import-periods`.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

DAY = timedelta(days=1)
WEEK = timedelta(weeks=1)

MONTHS_SHORT = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True)
class PeriodType:
    """One type of period."""

    name: str
    """As data sets name it: `Monthly`."""
    pattern: re.Pattern[str]
    """How it is written: the year, then the number of the period in the year, where there are several."""
    iso_format: str
    duration: str
    """ISO 8601: `P1M`."""
    frequency: int
    """About how many days it has (DHIS2's `frequencyOrder`)."""
    start: Callable[[int, int], date | None]
    """The first day of a period by year and number; None where that year has no such period."""
    contains: Callable[[date], tuple[int, int]]
    """Year and number of the period in which a day lies."""
    text: Callable[[int, int], str]
    """The canonical spelling by year and number."""
    following: Callable[[date], date]
    """The first day of the next period, by that of this one."""


@dataclass(frozen=True)
class Period:
    """A period, in its canonical spelling; both days belong to it."""

    type: PeriodType
    iso: str
    start: date
    end: date

    def next(self) -> Period:
        """The period after it, of the same type."""
        return containing(self.type, self.end + DAY)

    def previous(self) -> Period:
        """The period before it, of the same type."""
        return containing(self.type, self.start - DAY)

    def shifted(self, count: int) -> Period:
        """The period so many later; earlier where the count is negative."""
        period = self
        for _ in range(abs(count)):
            period = period.next() if count > 0 else period.previous()
        return period


def parse(text: str, types: Collection[str]) -> Period | None:
    """A period as a client writes it; None where no period of these types is written so."""
    for type in TYPES.values():
        if type.name not in types or not (found := type.pattern.fullmatch(text)):
            continue
        year, number = int(found[1]), int("".join(found.groups()[1:]) or 1)
        start = type.start(year, number)
        return _period(type, start) if start is not None else None
    return None


def containing(type: PeriodType, day: date) -> Period:
    """The period of a type in which a day lies."""
    return _period(type, type.start(*type.contains(day)) or day)


def between(type: PeriodType, first: date, last: date) -> Iterator[Period]:
    """The periods of a type that lie between two days, both included; none that reaches beyond."""
    period = containing(type, first)
    if period.start < first:
        period = period.next()
    while period.end <= last:
        yield period
        period = period.next()


@cache
def _period(type: PeriodType, start: date) -> Period:
    return Period(type, type.text(*type.contains(start)), start, _last_day(type, start))


def _last_day(type: PeriodType, start: date) -> date:
    """The last day of a period; the last of the calendar where the next period lies beyond it."""
    try:
        return type.following(start) - DAY
    except (ValueError, OverflowError):
        return date.max


def _add_months(day: date, months: int) -> date:
    count = day.year * 12 + day.month - 1 + months
    return date(count // 12, count % 12 + 1, 1)


def _valid_date(year: int, month: int, day: int) -> date | None:
    return date(year, month, day) if 1 <= month <= 12 and 1 <= day <= monthrange(year, month)[1] and year else None


def _daily() -> PeriodType:
    return PeriodType(
        "Daily",
        re.compile(r"(\d{4})-?(\d\d)-?(\d\d)"),
        "yyyyMMdd",
        "P1D",
        1,
        lambda year, number: _valid_date(year, number // 100, number % 100),
        lambda day: (day.year, day.month * 100 + day.day),
        lambda year, number: f"{year:04}{number:04}",
        lambda start: start + DAY,
    )


def _week_one(year: int, first_weekday: int) -> date:
    """The first day of the week that holds 4 January; Monday is 0."""
    fourth = date(year, 1, 4)
    return fourth - DAY * ((fourth.weekday() - first_weekday) % 7)


def _weeks(name: str, infix: str, first_weekday: int, length: int = 1) -> PeriodType:
    def start(year: int, number: int) -> date | None:
        day = _week_one(year, first_weekday) + WEEK * length * (number - 1)
        return day if number >= 1 and day < _week_one(year + 1, first_weekday) else None

    def contains(day: date) -> tuple[int, int]:
        year = next(year for year in (day.year + 1, day.year, day.year - 1) if _week_one(year, first_weekday) <= day)
        return year, (day - _week_one(year, first_weekday)).days // (7 * length) + 1

    return PeriodType(
        name,
        re.compile(rf"(\d{{4}}){infix}(\d\d?)"),
        f"yyyy{infix}n",
        f"P{7 * length}D",
        7 * length,
        start,
        contains,
        lambda year, number: f"{year:04}{infix}{number}",
        lambda first: first + WEEK * length,
    )


def _months(name: str, infix: str, length: int, first_month: int, frequency: int) -> PeriodType:
    """Parts of a year that begins in a month; one that begins late (November) bears the next year's number."""
    offset = 12 if first_month == 11 else 0

    def start(year: int, number: int) -> date | None:
        if not year or not 1 <= number <= 12 // length:
            return None
        return _add_months(date(year, first_month, 1), (number - 1) * length - offset)

    def contains(day: date) -> tuple[int, int]:
        months = day.year * 12 + day.month - first_month + offset
        return months // 12, months % 12 // length + 1

    whole_year = length == 12
    return PeriodType(
        name,
        re.compile(rf"(\d{{4}}){infix}" if whole_year else rf"(\d{{4}}){infix}(\d)"),
        f"yyyy{infix}" if whole_year else f"yyyy{infix}n",
        "P1Y" if whole_year else f"P{length}M",
        frequency,
        start,
        contains,
        lambda year, number: f"{year:04}{infix}" if whole_year else f"{year:04}{infix}{number}",
        lambda first: _add_months(first, length),
    )


def _numbered_months(name: str, suffix: str, separator: str, length: int, frequency: int) -> PeriodType:
    return PeriodType(
        name,
        re.compile(rf"(\d{{4}}){separator}(\d\d){suffix}"),
        f"yyyyMM{suffix}",
        f"P{length}M",
        frequency,
        lambda year, number: date(year, (number - 1) * length + 1, 1) if year and 1 <= number <= 12 // length else None,
        lambda day: (day.year, (day.month - 1) // length + 1),
        lambda year, number: f"{year:04}{number:02}{suffix}",
        lambda first: _add_months(first, length),
    )


TYPES: dict[str, PeriodType] = {
    type.name: type
    for type in (
        _daily(),
        _weeks("Weekly", "W", 0),
        _weeks("WeeklyWednesday", "WedW", 2),
        _weeks("WeeklyThursday", "ThuW", 3),
        _weeks("WeeklyFriday", "FriW", 4),
        _weeks("WeeklySaturday", "SatW", 5),
        _weeks("WeeklySunday", "SunW", 6),
        _weeks("BiWeekly", "BiW", 0, 2),
        _numbered_months("Monthly", "", "-?", 1, 30),
        _numbered_months("BiMonthly", "B", "", 2, 61),
        _months("Quarterly", "Q", 3, 1, 91),
        _months("QuarterlyNov", "NovQ", 3, 11, 91),
        _months("SixMonthly", "S", 6, 1, 182),
        _months("SixMonthlyApril", "AprilS", 6, 4, 182),
        _months("SixMonthlyNov", "NovS", 6, 11, 182),
        _months("Yearly", "", 12, 1, 365),
        _months("FinancialFeb", "Feb", 12, 2, 365),
        _months("FinancialApril", "April", 12, 4, 365),
        _months("FinancialJuly", "July", 12, 7, 365),
        _months("FinancialAug", "Aug", 12, 8, 365),
        _months("FinancialSep", "Sep", 12, 9, 365),
        _months("FinancialOct", "Oct", 12, 10, 365),
        _months("FinancialNov", "Nov", 12, 11, 365),
    )
}
"""Every type that has an ISO form, by name, in the order of the calendar."""
