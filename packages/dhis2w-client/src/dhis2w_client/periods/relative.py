"""Relative periods: which fixed ones they stand for on a day.

`LAST_…` ends before the running period, `THIS_…` and `…_THIS_YEAR` include it. Source: `RelativePeriodEnum`,
`RelativePeriods` of dhis2-api.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Literal

from dhis2w_client.periods.calendars import ISO, Calendar
from dhis2w_client.periods.period import Period, period_of, periods_in_year
from dhis2w_client.periods.period_type import InvalidPeriodError

_TYPES = {
    "DAY": "Daily",
    "BIWEEK": "BiWeekly",
    "MONTH": "Monthly",
    "BIMONTH": "BiMonthly",
    "QUARTER": "Quarterly",
    "SIX_MONTH": "SixMonthly",
    "SIXMONTH": "SixMonthly",
    "YEAR": "Yearly",
}

RELATIVE_PERIODS: tuple[str, ...] = (
    *("TODAY", "YESTERDAY"),
    *(f"LAST_{days}_DAYS" for days in (3, 7, 14, 30, 60, 90, 180)),
    *("THIS_WEEK", "LAST_WEEK", "THIS_BIWEEK", "LAST_BIWEEK"),
    *("LAST_4_WEEKS", "LAST_4_BIWEEKS", "LAST_12_WEEKS", "LAST_52_WEEKS", "WEEKS_THIS_YEAR"),
    *("THIS_MONTH", "LAST_MONTH", "LAST_3_MONTHS", "LAST_6_MONTHS", "LAST_12_MONTHS"),
    *("MONTHS_THIS_YEAR", "MONTHS_LAST_YEAR"),
    *("THIS_BIMONTH", "LAST_BIMONTH", "LAST_6_BIMONTHS", "BIMONTHS_THIS_YEAR"),
    *("THIS_QUARTER", "LAST_QUARTER", "LAST_4_QUARTERS", "QUARTERS_THIS_YEAR", "QUARTERS_LAST_YEAR"),
    *("THIS_SIX_MONTH", "LAST_SIX_MONTH", "LAST_2_SIXMONTHS"),
    *("THIS_YEAR", "LAST_YEAR", "LAST_5_YEARS", "LAST_10_YEARS"),
    *("THIS_FINANCIAL_YEAR", "LAST_FINANCIAL_YEAR", "LAST_5_FINANCIAL_YEARS", "LAST_10_FINANCIAL_YEARS"),
)
"""The names, in DHIS2's order. Data value calls take none of them."""

FinancialYear = Literal[
    "FinancialFeb",
    "FinancialApril",
    "FinancialJuly",
    "FinancialAug",
    "FinancialSep",
    "FinancialOct",
    "FinancialNov",
]
Weeks = Literal["Weekly", "WeeklyWednesday", "WeeklyThursday", "WeeklyFriday", "WeeklySaturday", "WeeklySunday"]


def relative_periods(
    name: str,
    day: date,
    *,
    weeks: Weeks = "Weekly",
    financial_year: FinancialYear = "FinancialOct",
    calendar: Calendar = ISO,
) -> tuple[Period, ...]:
    """The periods that a relative one stands for on a day, first to last.

    Args:
        name: `LAST_3_MONTHS`, `THIS_YEAR` …
        day: The day.
        weeks: The type of weeks, by the server's setting `analyticsWeeklyStart`.
        financial_year: The type of financial years, by its setting `analyticsFinancialYearStart`.
        calendar: The server's calendar. Default: ISO.

    Raises:
        InvalidPeriodError: There is no such relative period.
    """
    if name not in RELATIVE_PERIODS:
        raise InvalidPeriodError(f"There is no relative period {name!r}.", next_step="RELATIVE_PERIODS lists them.")
    types = {**_TYPES, "WEEK": weeks, "FINANCIAL_YEAR": financial_year}
    if name in ("TODAY", "YESTERDAY"):
        name = "THIS_DAY" if name == "TODAY" else "LAST_DAY"
    of_year = re.fullmatch(r"(\w+)S_(THIS|LAST)_YEAR", name)
    if of_year:
        return periods_in_year(
            types[of_year[1]], period_of("Yearly", day, calendar).year - (of_year[2] == "LAST"), calendar
        )
    several = re.fullmatch(r"LAST_(\d+)_(\w+)S", name)
    if several:
        return _before(period_of(types[several[2]], day, calendar), int(several[1]))
    which, _, unit = name.partition("_")
    period = period_of(types[unit], day, calendar)
    return (period,) if which == "THIS" else _before(period, 1)


def _before(period: Period, count: int) -> tuple[Period, ...]:
    found: list[Period] = []
    for _ in range(count):
        period = period.previous()
        found.append(period)
    return tuple(reversed(found))
