"""The types of periods: how each is written, and where its periods begin.

Three families cover all of them: days, runs of weeks, and runs of months. Source: `PeriodType` and its subclasses,
`DateUnitType` (2.41, 2.42) and `Period.Input` (2.43) of dhis2-api; recordings `data/import-periods`, `data/periods`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Literal

from dhis2w_client.errors import Dhis2Error
from dhis2w_client.periods.calendars import ISO
from dhis2w_client.versions import Dhis2

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dhis2w_client.periods.calendars import Calendar

Family = Literal["days", "weeks", "months"]


class InvalidPeriodError(Dhis2Error, ValueError):
    """A text that is no period, or a period that the version does not have."""


@dataclass(frozen=True, slots=True)
class PeriodType:
    """One type of period."""

    name: str
    """As data sets name it: `Monthly`."""
    family: Family
    length: int
    """Days, weeks or months in a period."""
    pattern: re.Pattern[str]
    """How it is written: the year, then the number within the year where there are several."""
    shape: str
    """How it is written canonically, as a format of `year` and `number`."""
    first: int = 1
    """The month with which its year begins, or the weekday (Monday is 0) of its weeks."""
    year_shift: int = 0
    """How many years before the one in its name its year begins."""
    since: Dhis2 = Dhis2.V41
    """The first version that has it."""

    @property
    def count(self) -> int:
        """Periods in a year: at most, for days and weeks; the odd week of a long year makes no two weeks."""
        return {"days": 1231, "weeks": 53 // self.length, "months": 12 // self.length}[self.family]

    def start(self, year: int, number: int, calendar: Calendar = ISO) -> date | None:
        """The first day of a period; None where its year has no such period, or the calendar no such year."""
        try:
            if self.family == "days":
                return calendar.day(year, number // 100, number % 100)
            if self.family == "weeks":
                return self._week_start(year, number)
            return calendar.day(*self._month(year, number, 0), 1)
        except (ValueError, OverflowError):
            return None

    def last(self, year: int, number: int, start: date, calendar: Calendar = ISO) -> date:
        """The last day of a period, by its first.

        Raises:
            ValueError: The calendar ends before.
        """
        if self.family == "months":
            last = self._month(year, number, self.length - 1)
            return calendar.day(*last, calendar.month_length(*last))
        return start + timedelta(days=self.length * 7 - 1 if self.family == "weeks" else 0)

    def _month(self, year: int, number: int, further: int) -> tuple[int, int]:
        """Year and month with which a period begins, or of its months the one so many further."""
        months = (year - self.year_shift) * 12 + self.first - 1 + (number - 1) * self.length + further
        return months // 12, months % 12 + 1

    def _week_start(self, year: int, number: int) -> date | None:
        day = first_week(year, self.first) + timedelta(weeks=self.length * (number - 1))
        return day if day < first_week(year + 1, self.first) else None

    def place(self, day: date, calendar: Calendar = ISO) -> tuple[int, int]:
        """Year and number of the period in which a day lies.

        Raises:
            ValueError: It lies in none of the calendar's.
        """
        if self.family == "weeks":
            year = day.year + 1
            while first_week(year, self.first) > day:
                year -= 1
            return year, (day - first_week(year, self.first)).days // (7 * self.length) + 1
        year, month, of_month = calendar.place(day)
        if self.family == "days":
            return year, month * 100 + of_month
        months = (year + self.year_shift) * 12 + month - self.first
        return months // 12, months % 12 // self.length + 1


def first_week(year: int, weekday: int) -> date:
    """The first day of week 1, which holds 4 January."""
    fourth = date(year, 1, 4)
    return fourth - timedelta(days=(fourth.weekday() - weekday) % 7)


def _weekly(name: str, infix: str, weekday: int, length: int = 1, since: Dhis2 = Dhis2.V41) -> PeriodType:
    pattern = re.compile(rf"([0-9]{{4}}){infix}(0?[1-9]|[1-5][0-9])")
    return PeriodType(name, "weeks", length, pattern, f"{{year:04}}{infix}{{number}}", weekday, since=since)


def _part(name: str, infix: str, length: int, month: int, shift: int = 0) -> PeriodType:
    pattern = re.compile(rf"([0-9]{{4}}){infix}([1-{12 // length}])")
    return PeriodType(name, "months", length, pattern, f"{{year:04}}{infix}{{number}}", month, shift)


def _year(name: str, suffix: str, month: int, shift: int = 0, since: Dhis2 = Dhis2.V41) -> PeriodType:
    pattern = re.compile(rf"([0-9]{{4}}){suffix}")
    return PeriodType(name, "months", 12, pattern, f"{{year:04}}{suffix}", month, shift, since)


PERIOD_TYPES: Mapping[str, PeriodType] = {
    type.name: type
    for type in (
        PeriodType("Daily", "days", 1, re.compile(r"([0-9]{4})(-?)([0-9]{2})\2([0-9]{2})"), "{year:04}{number:04}"),
        _weekly("Weekly", "W", 0),
        _weekly("WeeklyWednesday", "WedW", 2),
        _weekly("WeeklyThursday", "ThuW", 3),
        _weekly("WeeklyFriday", "FriW", 4, since=Dhis2.V43),
        _weekly("WeeklySaturday", "SatW", 5),
        _weekly("WeeklySunday", "SunW", 6),
        _weekly("BiWeekly", "BiW", 0, 2),
        PeriodType("Monthly", "months", 1, re.compile(r"([0-9]{4})-?(0[1-9]|1[0-2])"), "{year:04}{number:02}"),
        PeriodType("BiMonthly", "months", 2, re.compile(r"([0-9]{4})(0[1-6])B"), "{year:04}{number:02}B"),
        _part("Quarterly", "Q", 3, 1),
        _part("QuarterlyNov", "NovQ", 3, 11, 1),
        _part("SixMonthly", "S", 6, 1),
        _part("SixMonthlyApril", "AprilS", 6, 4),
        _part("SixMonthlyNov", "NovS", 6, 11, 1),
        _year("Yearly", "", 1),
        _year("FinancialFeb", "Feb", 2, since=Dhis2.V43),
        _year("FinancialApril", "April", 4),
        _year("FinancialJuly", "July", 7),
        _year("FinancialAug", "Aug", 8, since=Dhis2.V43),
        _year("FinancialSep", "Sep", 9, since=Dhis2.V42),
        _year("FinancialOct", "Oct", 10),
        _year("FinancialNov", "Nov", 11, 1),
    )
}
"""Every type that can be written, by name. `TwoYearly` cannot."""


def period_types_of(version: Dhis2) -> tuple[PeriodType, ...]:
    """The types that a version has."""
    return tuple(type for type in PERIOD_TYPES.values() if type.since.number <= version.number)
