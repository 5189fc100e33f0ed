"""Periods as DHIS2 writes them: read, written, compared, counted on, and relative ones resolved for a day.

Pure and offline; the ISO calendar. A server with another calendar (`keyCalendar`) writes its periods in that one.
"""

from __future__ import annotations

from dhis2w_client.periods.period import Period, parse_period, period_of, periods_between, periods_in_year
from dhis2w_client.periods.period_type import PERIOD_TYPES, InvalidPeriodError, PeriodType, period_types_of
from dhis2w_client.periods.relative import RELATIVE_PERIODS, relative_periods

__all__ = [
    "PERIOD_TYPES",
    "RELATIVE_PERIODS",
    "InvalidPeriodError",
    "Period",
    "PeriodType",
    "parse_period",
    "period_of",
    "period_types_of",
    "periods_between",
    "periods_in_year",
    "relative_periods",
]
