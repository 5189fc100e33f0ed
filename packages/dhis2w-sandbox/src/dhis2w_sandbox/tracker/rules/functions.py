"""The functions of program rules that need nothing but their arguments.

Source: DHIS2's documentation ("Program rules", functions to use in program rule expressions).
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

from dhis2w_sandbox.tracker.rules.expression import ExpressionError, Value, number, text


def _day(value: Value) -> date:
    try:
        return date.fromisoformat(text(value)[:10])
    except ValueError:
        raise ExpressionError(f"Date cannot be parsed: {text(value)}") from None


def _days_between(start: Value, end: Value) -> float:
    return float((_day(end) - _day(start)).days)


def _months_between(start: Value, end: Value) -> float:
    first, last = _day(start), _day(end)
    months = (last.year - first.year) * 12 + last.month - first.month
    if months > 0 and last.day < first.day:
        months -= 1
    elif months < 0 and last.day > first.day:
        months += 1
    return float(months)


def _add_days(start: Value, days: Value) -> str:
    return (_day(start) + timedelta(days=int(number(days)))).isoformat()


def _round(value: Value, decimals: Value = 0.0) -> float:
    places = Decimal(1).scaleb(-int(number(decimals)))
    return float(Decimal(repr(number(value))).quantize(places, ROUND_HALF_UP))


def _split(value: Value, separator: Value, index: Value) -> str:
    parts = text(value).split(text(separator)) if text(separator) else [text(value)]
    at = int(number(index))
    return parts[at] if 0 <= at < len(parts) else ""


def _substring(value: Value, start: Value, end: Value) -> str:
    return text(value)[max(0, int(number(start))) : max(0, int(number(end)))]


def _right(value: Value, count: Value) -> str:
    length = int(number(count))
    return text(value)[-length:] if length > 0 else ""


def _concatenate(*values: Value) -> str:
    return "".join(text(value) for value in values)


def _of_one(function: Callable[[Value], Value]) -> Callable[..., Value]:
    return function


def _of_two(function: Callable[[Value, Value], Value]) -> Callable[..., Value]:
    return function


PLAIN: dict[str, Callable[..., Value]] = {
    "ceil": _of_one(lambda value: float(math.ceil(number(value)))),
    "floor": _of_one(lambda value: float(math.floor(number(value)))),
    "round": _round,
    "modulus": _of_two(lambda left, right: math.fmod(number(left), number(right))),
    "zing": _of_one(lambda value: max(0.0, number(value))),
    "oizp": _of_one(lambda value: 1.0 if number(value) >= 0 else 0.0),
    "concatenate": _concatenate,
    "daysBetween": _days_between,
    "weeksBetween": _of_two(lambda start, end: float(math.trunc(_days_between(start, end) / 7))),
    "monthsBetween": _months_between,
    "yearsBetween": _of_two(lambda start, end: float(math.trunc(_months_between(start, end) / 12))),
    "addDays": _add_days,
    "validatePattern": _of_two(lambda value, pattern: re.fullmatch(text(pattern), text(value)) is not None),
    "left": _of_two(lambda value, count: text(value)[: max(0, int(number(count)))]),
    "right": _right,
    "substring": _substring,
    "split": _split,
    "length": _of_one(lambda value: float(len(text(value)))),
}
"""By name, without `d2:`; each takes the values of its arguments."""
