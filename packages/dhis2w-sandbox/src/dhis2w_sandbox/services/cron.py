"""When a job runs by its cron expression: second, minute, hour, day of month, month, day of week.

`L`, `W` and `#` are not read: such a job never runs here. Source: Spring's `CronExpression`.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from itertools import product

_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_RANGES = ((0, 59), (0, 59), (0, 23), (1, 31), (1, 12), (0, 7))
_FARTHEST = 366 * 4
"""How many days are looked at: the 29th of February comes within four years."""
_PART = re.compile(r"(?:\*|(\d+)(?:-(\d+))?)(?:/(\d+))?")


def next_run(expression: str, after: datetime) -> datetime | None:
    """The first time later than another at which the expression holds; None where it never does or cannot be read."""
    fields = expression.upper().split()
    if len(fields) != len(_RANGES):
        return None
    parsed = [_values(text, *bounds) for text, bounds in zip(fields, _RANGES, strict=True)]
    if any(values is None for values in parsed):
        return None
    seconds, minutes, hours, days, months, weekdays = (values or set[int]() for values in parsed)
    for count in range(_FARTHEST):
        day = (after + timedelta(days=count)).replace(hour=0, minute=0, second=0, microsecond=0)
        if day.day not in days or day.month not in months or day.isoweekday() % 7 not in {one % 7 for one in weekdays}:
            continue
        for hour, minute, second in product(sorted(hours), sorted(minutes), sorted(seconds)):
            time = day.replace(hour=hour, minute=minute, second=second)
            if time > after:
                return time
    return None


def _values(text: str, first: int, last: int) -> set[int] | None:
    """The numbers that a field stands for; None where it cannot be read."""
    for index, name in [*enumerate(_MONTHS, 1), *enumerate(_DAYS)]:
        text = text.replace(name, str(index))
    found: set[int] = set()
    for part in text.replace("?", "*").split(","):
        match = _PART.fullmatch(part)
        if match is None:
            return None
        start = int(match[1]) if match[1] else first
        end = int(match[2]) if match[2] else start if match[1] and not match[3] else last
        found |= set(range(start, min(end, last) + 1, int(match[3] or 1)))
    return found
