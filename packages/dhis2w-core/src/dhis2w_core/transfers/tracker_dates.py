"""Dates of tracker's objects: what surely is none, and what surely is in the future.

Source: `ParseInstantStdDeserializer` and `DateUtils` of dhis2-core, whose parsers take many spellings; what they might
take is the server's to judge.
"""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date, timedelta

_IN_DATES = re.compile(r"[0-9TtZz:.+\-\s]*", re.ASCII)
_DAY = re.compile(r"(?!0000)([0-9]{4})-([0-9]{2})-([0-9]{2})(?![0-9])")
DAYS_OF_EXCEL = 100_000_000
"""DHIS2 reads whole numbers as milliseconds: those below are of 1 January 1970 and the next day. What is meant is the
number by which Excel keeps a day (45292), or a day without hyphens (20240131)."""
DOUBT = timedelta(days=2)
"""What time zones and the length of a push may make of a day."""


def is_missing(value: object) -> bool:
    """Whether DHIS2 reads a date as none."""
    return value is None or (isinstance(value, str) and not value.strip())


def is_no_date(value: object) -> bool:
    """Whether DHIS2 refuses all that is sent with a date."""
    if not isinstance(value, str) or is_missing(value) or value.isdecimal():
        return False  # it may be milliseconds
    return _IN_DATES.fullmatch(value) is None or (_DAY.match(value) is not None and _day(value) is None)


def is_number_of_day(value: object) -> bool:
    """Whether a date is a number that DHIS2 would take for a moment of 1970, which nobody means."""
    return str(value).isdecimal() and 0 < int(str(value)) < DAYS_OF_EXCEL


def is_after(value: object, today: date) -> bool:
    """Whether a date is in the future for sure."""
    day = _day(value) if isinstance(value, str) else None
    return day is not None and day > today + DOUBT


def _day(text: str) -> date | None:
    """The day that a text begins with."""
    found = _DAY.match(text)
    if found is None:
        return None
    year, month, day = map(int, found.groups())
    exists = 1 <= month <= 12 and 1 <= day <= monthrange(year, month)[1]
    return date(year, month, day) if exists else None
