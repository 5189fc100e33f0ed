"""Whether a text is a value of a DHIS2 value type, and how values are spelled alike.

Source: `ValidationUtils.valueIsValid` and `MathUtils` of dhis2-core; recordings `data/import-conflicts`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime

MOST_CHARACTERS = 50_000
MOST_DIGITS = 250

INTEGERS = frozenset({"INTEGER", "INTEGER_POSITIVE", "INTEGER_NEGATIVE", "INTEGER_ZERO_OR_POSITIVE"})
NUMERIC = INTEGERS | {"NUMBER", "UNIT_INTERVAL", "PERCENTAGE"}
BOOLEANS = frozenset({"BOOLEAN", "TRUE_ONLY"})
FILES = frozenset({"FILE_RESOURCE", "IMAGE"})

_NUMBER = re.compile(r"(-?0|-?[1-9]\d*)(\.\d+)?", re.ASCII)
_COORDINATE = re.compile(r"\[(-?\d+(?:\.\d+)?),(-?\d+(?:\.\d+)?)\]", re.ASCII)
_USERNAME = re.compile(r"(?=.{4,255}$)(?![-_.@])(?!.*[-_.@]{2})[-_.@a-zA-Z0-9]+(?<![-_.@])")


def _matches(pattern: str) -> Callable[[str], bool]:
    compiled = re.compile(pattern, re.ASCII)
    return lambda text: compiled.fullmatch(text) is not None


def _integer(pattern: str) -> Callable[[str], bool]:
    matches = _matches(pattern)
    return lambda text: matches(text) and -(2**31) <= int(text) < 2**31


def _number(text: str) -> bool:
    return len(text) < MOST_DIGITS and _NUMBER.fullmatch(text) is not None


def _number_within(most: float) -> Callable[[str], bool]:
    return lambda text: _number(text) and 0 <= float(text) <= most


def _is_date(text: str) -> bool:
    # What stands behind the day may be anything that ends in a letter or a digit.
    if not re.fullmatch(r"\d{4}-\d\d-\d\d(.*\b)", text, re.ASCII):
        return False
    try:
        datetime.fromisoformat(text[:10])
    except ValueError:
        return False
    return True


def _is_date_time(text: str) -> bool:
    day, _, time = text.partition("T")
    return _is_date(day) and re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d+)?)?Z?", time, re.ASCII) is not None


def _is_coordinate(text: str) -> bool:
    found = _COORDINATE.fullmatch(re.sub(r"\s+", "", text))
    return found is not None and abs(float(found[1])) <= 180 and abs(float(found[2])) <= 90


_UID = _matches(r"[a-zA-Z][a-zA-Z0-9]{10}")

# What a text must be, and the word for it when it is not.
_CHECKS: dict[str, tuple[Callable[[str], bool], str]] = {
    "LETTER": (lambda text: len(text) == 1 and text.isalpha(), "value_not_valid_letter"),
    "NUMBER": (_number, "value_not_numeric"),
    "UNIT_INTERVAL": (_number_within(1), "value_not_unit_interval"),
    "PERCENTAGE": (_number_within(100), "value_not_percentage"),
    "INTEGER": (_integer(r"0|-?[1-9]\d*"), "value_not_integer"),
    "INTEGER_POSITIVE": (_integer(r"[1-9]\d*"), "value_not_positive_integer"),
    "INTEGER_NEGATIVE": (_integer(r"-[1-9]\d*"), "value_not_negative_integer"),
    "INTEGER_ZERO_OR_POSITIVE": (_integer(r"0|[1-9]\d*"), "value_not_zero_or_positive_integer"),
    "PHONE_NUMBER": (_matches(r"[0-9+()#.\s/ext-]{6,50}"), "value_not_phone_number"),
    "EMAIL": (_matches(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+"), "value_not_valid_email"),
    "BOOLEAN": (lambda text: text.lower() in {"true", "false"}, "value_not_bool"),
    "TRUE_ONLY": (lambda text: text.lower() == "true", "value_not_true_only"),
    "DATE": (_is_date, "value_not_valid_date"),
    "DATETIME": (_is_date_time, "value_not_valid_datetime"),
    "COORDINATE": (_is_coordinate, "value_not_coordinate"),
    "URL": (_matches(r"(https?|ftp)://[^\s/.]+(\.[^\s/.]+)+\S*"), "value_not_url"),
    "FILE_RESOURCE": (_UID, "value_not_valid_file_resource_uid"),
    "IMAGE": (_UID, "value_not_valid_file_resource_uid"),
    "TIME": (_matches(r"([0-9]|0[0-9]|1[0-9]|2[0-3]):[0-5][0-9]"), "value_not_valid_time"),
    "USERNAME": (lambda text: _USERNAME.fullmatch(text) is not None, "value_not_valid_username"),
    "ORGANISATION_UNIT": (_UID, "value_not_valid_org_unit_uid"),
    "AGE": (_is_date, "value_not_valid_age"),
}

MESSAGES = {
    "value_length_greater_than_max_length": "Data value is greater than max length",
    "value_not_numeric": "Data value is not numeric",
    "value_not_unit_interval": "Data value is not a unit interval",
    "value_not_percentage": "Data value is not a percentage",
    "value_not_integer": "Data value is not an integer",
    "value_not_positive_integer": "Data value is not a positive integer",
    "value_not_negative_integer": "Data value is not a negative integer",
    "value_not_bool": "Data value is not a boolean",
    "value_not_true_only": "Data value is not true",
    "value_not_valid_date": "Data value is not a valid date",
    "value_not_valid_letter": "Data value is not a valid letter",
    "comment_length_greater_than_max_length": "Comment is greater than max length",
    "stored_by_length_greater_than_max_length": "Stored by is greater than max length",
}
"""What a word says in English; the others have no translation and stand for themselves."""


def problem(value: str | None, type: str) -> str | None:
    """The word for what is wrong with a value; None where nothing is, or there is nothing in it."""
    if value is None or not value.strip():
        return None
    if len(value) > MOST_CHARACTERS:
        return "value_length_greater_than_max_length"
    check = _CHECKS.get(type)
    return None if check is None or check[0](value) else check[1]


def spelled_boolean(value: str | None, type: str) -> str | None:
    """A value in the spelling that 41 and 42 store: `true` and `false` for what they take for these."""
    if value is None or type not in BOOLEANS:
        return value
    if type == "BOOLEAN" and value in {"false", "False", "FALSE", "f", "F", "0"}:
        return "false"
    return "true" if value in {"true", "True", "TRUE", "t", "T", "1"} else value


def spelled(value: str | None, type: str) -> str | None:
    """A value in the spelling that 43 and newer store: integers without `.0`, booleans in words."""
    if value is None:
        return None
    if type in INTEGERS:
        return value.removesuffix(".0")
    if type not in BOOLEANS:
        return value
    if value.lower() in {"f", "n", "0", "no", "false"}:
        return "false"
    return "true" if value.lower() in {"t", "y", "1", "yes", "true"} else value


def is_zero(value: str | None) -> bool:
    """Whether a value is a plain zero: `0`, `0.`, `0.00`."""
    return value is not None and re.fullmatch(r"0(\.0*)?", value) is not None
