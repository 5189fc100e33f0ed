"""Times as tracker reads them: many spellings, one canonical text.

Source: `DateUtils` and `ParseInstantStdDeserializer` of dhis2-core. The server's zone is UTC.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from dhis2w_sandbox.server import stamp

_DATE = re.compile(r"(\d{4})(?:-?(\d\d)(?:-?(\d\d))?)?", re.ASCII)
_TIME = re.compile(r"(\d\d)(?::(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?)?(Z|[+-]\d\d:?\d\d)?", re.ASCII)


def instant(text: str) -> str | None:
    """A time in canonical form (`2026-01-31T12:00:00.000`), from a date with or without a time, or from milliseconds.

    None where it is neither.
    """
    day, _, time = text.replace(" ", "T", 1).partition("T")
    try:
        if found := _DATE.fullmatch(day):
            return _combined(found, _TIME.fullmatch(time or "00"))
        return stamp(datetime.fromtimestamp(int(text) / 1000, UTC)) if text.isdecimal() else None
    except (ValueError, OverflowError):
        return None


def _combined(date: re.Match[str], time: re.Match[str] | None) -> str | None:
    if time is None:
        return None
    hour, minute, second, fraction, zone = time.groups()
    moment = datetime(
        int(date[1]),
        int(date[2] or 1),
        int(date[3] or 1),
        int(hour),
        int(minute or 0),
        int(second or 0),
        int((fraction or "")[:6].ljust(6, "0")),
        UTC,
    )
    if zone and zone != "Z":
        digits = zone[1:].replace(":", "")
        offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
        moment -= offset if zone[0] == "+" else -offset
    return stamp(moment)


def moment(text: str) -> datetime:
    """A canonical text as a time."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def java_instant(date: str) -> str:
    """A canonical text as Java's `Instant` prints it: without a fraction that is none."""
    return date.removesuffix(".000") + "Z"
