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
