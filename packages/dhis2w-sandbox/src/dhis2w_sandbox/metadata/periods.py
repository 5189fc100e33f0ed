"""Relative periods: the flags of favorites and the names that the flags stand for.

Source: `RelativePeriods` and `RelativePeriodEnum` of dhis2-api.
"""

from __future__ import annotations

import re

RELATIVE_PERIOD_FLAGS = {
    "thisDay": "TODAY",
    "yesterday": "YESTERDAY",
    "last3Days": "LAST_3_DAYS",
    "last7Days": "LAST_7_DAYS",
    "last14Days": "LAST_14_DAYS",
    "last30Days": "LAST_30_DAYS",
    "last60Days": "LAST_60_DAYS",
    "last90Days": "LAST_90_DAYS",
    "last180Days": "LAST_180_DAYS",
    "thisMonth": "THIS_MONTH",
    "lastMonth": "LAST_MONTH",
    "thisBimonth": "THIS_BIMONTH",
    "lastBimonth": "LAST_BIMONTH",
    "thisQuarter": "THIS_QUARTER",
    "lastQuarter": "LAST_QUARTER",
    "thisSixMonth": "THIS_SIX_MONTH",
    "lastSixMonth": "LAST_SIX_MONTH",
    "weeksThisYear": "WEEKS_THIS_YEAR",
    "monthsThisYear": "MONTHS_THIS_YEAR",
    "biMonthsThisYear": "BIMONTHS_THIS_YEAR",
    "quartersThisYear": "QUARTERS_THIS_YEAR",
    "thisYear": "THIS_YEAR",
    "monthsLastYear": "MONTHS_LAST_YEAR",
    "quartersLastYear": "QUARTERS_LAST_YEAR",
    "lastYear": "LAST_YEAR",
    "last5Years": "LAST_5_YEARS",
    "last10Years": "LAST_10_YEARS",
    "last12Months": "LAST_12_MONTHS",
    "last6Months": "LAST_6_MONTHS",
    "last3Months": "LAST_3_MONTHS",
    "last6BiMonths": "LAST_6_BIMONTHS",
    "last4Quarters": "LAST_4_QUARTERS",
    "last2SixMonths": "LAST_2_SIXMONTHS",
    "thisFinancialYear": "THIS_FINANCIAL_YEAR",
    "lastFinancialYear": "LAST_FINANCIAL_YEAR",
    "last5FinancialYears": "LAST_5_FINANCIAL_YEARS",
    "last10FinancialYears": "LAST_10_FINANCIAL_YEARS",
    "thisWeek": "THIS_WEEK",
    "lastWeek": "LAST_WEEK",
    "thisBiWeek": "THIS_BIWEEK",
    "lastBiWeek": "LAST_BIWEEK",
    "last4Weeks": "LAST_4_WEEKS",
    "last4BiWeeks": "LAST_4_BIWEEKS",
    "last12Weeks": "LAST_12_WEEKS",
    "last52Weeks": "LAST_52_WEEKS",
}
"""Names of relative periods by the flag of a favorite."""

RELATIVE_PERIODS = frozenset(RELATIVE_PERIOD_FLAGS.values())

MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


def period_name(period: str) -> str:
    """A fixed period in words (`202301` is January 2023); its own identifier where it is not of a common kind."""
    if found := re.fullmatch(r"(\d{4})(0[1-9]|1[0-2])", period):
        return f"{MONTHS[int(found[2]) - 1]} {found[1]}"
    if found := re.fullmatch(r"(\d{4})([QS])([1-4])", period):
        length = 3 if found[2] == "Q" else 6
        last = int(found[3]) * length
        return f"{MONTHS[(last - length) % 12]} - {MONTHS[(last - 1) % 12]} {found[1]}"
    return period


_FIXED = re.compile(
    r"\d{4}"
    r"|\d{4}(0[1-9]|1[0-2])(\d\d|B)?"
    r"|\d{4}-\d\d-\d\d"
    r"|\d{4}(Wed|Thu|Sat|Sun)?W\d{1,2}"
    r"|\d{4}BiW\d{1,2}"
    r"|\d{4}(Nov)?Q[1-4]"
    r"|\d{4}(April|Nov)?S[12]"
    r"|\d{4}(Feb|April|July|Aug|Sep|Oct|Nov)"
)


def is_fixed(period: str) -> bool:
    """Whether a text is a period of its own rather than a relative one, by its form."""
    return _FIXED.fullmatch(period) is not None
