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
_MACROS = {
    "@yearly": "0 0 0 1 1 *",
    "@annually": "0 0 0 1 1 *",
    "@monthly": "0 0 0 1 * *",
    "@weekly": "0 0 0 * * 0",
    "@daily": "0 0 0 * * *",
    "@midnight": "0 0 0 * * *",
    "@hourly": "0 0 * * * *",
}
_SUNDAY = 7
_DAY_OF_MONTH, _MONTH, _DAY_OF_WEEK = 3, 4, 5
_FIELDS = (
    ("SecondOfMinute", 0, 59, "0 - 59"),
    ("MinuteOfHour", 0, 59, "0 - 59"),
    ("HourOfDay", 0, 23, "0 - 23"),
    ("DayOfMonth", 1, 31, "1 - 28/31"),
    ("MonthOfYear", 1, 12, "1 - 12"),
    ("DayOfWeek", 0, 7, "1 - 7"),
)
"""Java's name of each field, its smallest and largest value, and how Java writes its range."""
_QUARTZ = re.compile(r"L(?:-\d+)?W?|\d+W|[0-7]?L|[0-7]#[1-5]")


def refusal_of(expression: str | None, empty: str) -> str | None:
    """What Spring says of an expression that is none; None of one that it takes.

    Args:
        expression: the text.
        empty: what it says where there is no text.
    """
    if not expression:
        return empty
    text = _MACROS.get(expression.lower(), expression)
    fields = text.split()
    if len(fields) != len(_FIELDS):
        return f'Cron expression must consist of {len(_FIELDS)} fields (found {len(fields)} in "{text}")'
    for index, field in enumerate(fields):
        if found := _field_refusal(index, field):
            return f'{found} in cron expression "{text}"'
    return None


def _field_refusal(index: int, field: str) -> str | None:
    """What is wrong with the text of a field."""
    if index in (_DAY_OF_MONTH, _DAY_OF_WEEK) and field == "?":
        return None
    names = {_MONTH: enumerate(_MONTHS, 1), _DAY_OF_WEEK: enumerate(_DAYS)}.get(index, ())
    text = field.upper() if index in (_MONTH, _DAY_OF_WEEK) else field
    for number, name in names:
        text = text.replace(name, str(number))
    for part in text.split(","):
        if index in (_DAY_OF_MONTH, _DAY_OF_WEEK) and _QUARTZ.fullmatch(part):
            continue
        if found := _part_refusal(index, part):
            return f"{found} '{text}'"
    return None


def _part_refusal(index: int, part: str) -> str | None:
    """What is wrong with one of the values, ranges or steps of a field."""
    span, slash, step = part.partition("/")
    if span != "*":
        begin, hyphen, end = span.partition("-")
        numbers = [begin, end] if hyphen else [begin]
        if found := next((text for number in numbers if (text := _number_refusal(index, number))), None):
            return found
        if hyphen and int(end) < int(begin) and not (index == _DAY_OF_WEEK and int(begin) == _SUNDAY):
            return "Minimum value must be less than maximum value"
    if slash and not re.fullmatch(r"[+-]?\d+", step):
        return f'For input string: "{step}"'
    return "Incrementer delta must be 1 or higher" if slash and int(step) <= 0 else None


def _number_refusal(index: int, text: str) -> str | None:
    """What is wrong with a number of a field."""
    if not re.fullmatch(r"[+-]?\d+", text):
        return f'For input string: "{text}"'
    name, smallest, largest, shown = _FIELDS[index]
    in_range = smallest <= int(text) <= largest
    return None if in_range else f"Invalid value for {name} (valid values {shown}): {int(text)}"


def next_run(expression: str, after: datetime) -> datetime | None:
    """The first time later than another at which the expression holds; None where it never does or cannot be read."""
    fields = _MACROS.get(expression.lower(), expression).upper().split()
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
