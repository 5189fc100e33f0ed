"""Periods as DHIS2 writes them: read, written, compared, counted on, and relative ones resolved for a day.

Pure and offline. A server with another calendar than ISO (`keyCalendar`) names its periods in that one: give it as
`calendar=calendar_named("ethiopian")`.
"""

from __future__ import annotations

from dhis2w_client.periods.calendars import CALENDARS, ISO, Calendar, MissingCalendarError, calendar_named
from dhis2w_client.periods.period import (
    Period,
    parse_period,
    period_of,
    period_type_of,
    periods_between,
    periods_in_year,
)
from dhis2w_client.periods.period_type import PERIOD_TYPES, InvalidPeriodError, PeriodType, period_types_of
from dhis2w_client.periods.relative import RELATIVE_PERIODS, relative_periods

__all__ = [
    "CALENDARS",
    "ISO",
    "PERIOD_TYPES",
    "RELATIVE_PERIODS",
    "Calendar",
    "InvalidPeriodError",
    "MissingCalendarError",
    "Period",
    "PeriodType",
    "calendar_named",
    "parse_period",
    "period_of",
    "period_type_of",
    "period_types_of",
    "periods_between",
    "periods_in_year",
    "relative_periods",
]
