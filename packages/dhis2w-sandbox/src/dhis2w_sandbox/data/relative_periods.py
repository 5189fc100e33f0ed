"""Relative periods: which fixed ones they stand for on a day.

`LAST_n` ends before the running period; `THIS_` and `…_THIS_YEAR` include it. Source: `RelativePeriods` and
`RelativePeriodEnum` of dhis2-api; section 6 of the wire facts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

from dhis2w_sandbox.data.periods import TYPES, Period, between, containing
from dhis2w_sandbox.metadata.periods import RELATIVE_PERIOD_FLAGS
from dhis2w_sandbox.server import Server

RELATIVE = tuple(RELATIVE_PERIOD_FLAGS.values())
"""The names, in DHIS2's order."""

_FINANCIAL = {
    "FINANCIAL_YEAR_FEBRUARY": "FinancialFeb",
    "FINANCIAL_YEAR_APRIL": "FinancialApril",
    "FINANCIAL_YEAR_JULY": "FinancialJuly",
    "FINANCIAL_YEAR_AUGUST": "FinancialAug",
    "FINANCIAL_YEAR_SEPTEMBER": "FinancialSep",
    "FINANCIAL_YEAR_OCTOBER": "FinancialOct",
    "FINANCIAL_YEAR_NOVEMBER": "FinancialNov",
}
_WEEKS = {
    "WEEKLY": "Weekly",
    "WEEKLY_WEDNESDAY": "WeeklyWednesday",
    "WEEKLY_THURSDAY": "WeeklyThursday",
    "WEEKLY_FRIDAY": "WeeklyFriday",
    "WEEKLY_SATURDAY": "WeeklySaturday",
    "WEEKLY_SUNDAY": "WeeklySunday",
}
# The type of period by the word that a name ends in.
_UNITS = {
    "DAY": "Daily",
    "BIWEEK": "BiWeekly",
    "MONTH": "Monthly",
    "BIMONTH": "BiMonthly",
    "QUARTER": "Quarterly",
    "SIX_MONTH": "SixMonthly",
    "SIXMONTH": "SixMonthly",
    "YEAR": "Yearly",
}


@dataclass(frozen=True)
class RelativeSettings:
    """What the system settings say of weeks and financial years: names of period types."""

    week: str = "Weekly"
    financial_year: str = "FinancialOct"


def settings_of(server: Server) -> RelativeSettings:
    """The settings of a server."""
    week = server.setting("analyticsWeeklyStart", "WEEKLY")
    year = server.setting("analyticsFinancialYearStart", "FINANCIAL_YEAR_OCTOBER")
    return RelativeSettings(_WEEKS.get(week, "Weekly"), _FINANCIAL.get(year, "FinancialOct"))


def periods_of(name: str, day: date, settings: RelativeSettings) -> list[Period]:
    """The periods that a name stands for on a day, oldest first."""
    if name in {"TODAY", "YESTERDAY"}:
        return [containing(TYPES["Daily"], day if name == "TODAY" else day - timedelta(days=1))]
    if found := re.fullmatch(r"(\w+?)S_(THIS|LAST)_YEAR", name):
        year = date(day.year - (found[2] == "LAST"), 1, 1)
        return list(_in_year(_type(found[1], settings), year.year))
    if name.startswith("THIS_"):
        return [containing(TYPES[_type(name[5:], settings)], day)]
    if found := re.fullmatch(r"LAST_(\d+)_(\w+)S", name):
        return _before(_type(found[2], settings), day, int(found[1]))
    return _before(_type(name.removeprefix("LAST_"), settings), day, 1)


def _type(unit: str, settings: RelativeSettings) -> str:
    if unit == "WEEK":
        return settings.week
    return settings.financial_year if unit == "FINANCIAL_YEAR" else _UNITS[unit]


def _in_year(type: str, year: int) -> list[Period]:
    if TYPES[type].duration.endswith("D"):
        first = containing(TYPES[type], date(year, 1, 4))
        found = [first]
        while (following := found[-1].next()).iso.startswith(str(year)):
            found.append(following)
        return found
    return list(between(TYPES[type], date(year, 1, 1), date(year, 12, 31)))


def _before(type: str, day: date, count: int) -> list[Period]:
    """The periods before the running one."""
    period = containing(TYPES[type], day)
    found: list[Period] = []
    for _ in range(count):
        period = period.previous()
        found.append(period)
    return found[::-1]
