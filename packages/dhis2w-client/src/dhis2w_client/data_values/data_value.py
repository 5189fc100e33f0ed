"""One data value: its keys on the wire, what makes it one of its kind, and what no server would take of it."""

from __future__ import annotations

from collections.abc import Container, Mapping
from datetime import date, time
from decimal import Decimal
from functools import lru_cache
from math import isfinite
from numbers import Real
from typing import TYPE_CHECKING, Any, NamedTuple, Required, TypedDict

from dhis2w_client.periods import InvalidPeriodError, calendar_named, parse_period

if TYPE_CHECKING:
    from dhis2w_client.versions import Dhis2, Dialect


class DataValue(TypedDict, total=False):
    """A data value as DHIS2 writes it; the identifiers are UIDs, or of the scheme that was asked for."""

    dataElement: Required[str]
    period: Required[str]
    orgUnit: Required[str]
    categoryOptionCombo: str
    """Absent: the default combo, whatever combos the element has."""
    attributeOptionCombo: str
    value: str
    comment: str
    followup: bool
    deleted: bool
    storedBy: str
    created: str
    lastUpdated: str


class ValueKey(NamedTuple):
    """What makes a value one of its kind; an empty combo is the default one."""

    data_element: str
    period: str
    org_unit: str
    category_option_combo: str
    attribute_option_combo: str


SENT = (
    "dataElement",
    "period",
    "orgUnit",
    "categoryOptionCombo",
    "attributeOptionCombo",
    "value",
    "comment",
)
PLACE = SENT[:3]
"""What every value has to say."""
IDENTIFIERS = SENT[:5]
"""What makes the key of a value."""
MARKS = ("deleted", "followup", "followUp")
"""What is true or not; the follow-up has two names."""
TRUTHS = {"true": True, "1": True, "1.0": True, "false": False, "0": False, "0.0": False, "": False}
"""How JSON, tables and databases write truths, in lower case."""
BOOLEANS = ("bool", "bool_")
"""Python's booleans, and those of numpy, which are none of Python's."""
WRITTEN = (*BOOLEANS, "datetime64", "Period")
"""Names of further types whose text is what they mean: of numpy, of pandas, and our own."""
KNOWN: frozenset[str] = DataValue.__required_keys__ | DataValue.__optional_keys__ | {"followUp"}
"""What a value may say; everything else DHIS2 passes over without a word."""


def key_of(value: Mapping[str, Any], head: Mapping[str, str] | None = None) -> ValueKey:
    """The key of a value.

    Args:
        value: The value.
        head: What stands once for all values.
    """
    given, common = value.get, (head or {}).get
    return ValueKey(
        str(given("dataElement") or ""),
        str(given("period") or common("period", "")),
        str(given("orgUnit") or common("orgUnit", "")),
        str(given("categoryOptionCombo") or ""),
        str(given("attributeOptionCombo") or common("attributeOptionCombo", "")),
    )


def sent_form(value: Mapping[str, Any], dialect: Dialect) -> dict[str, Any]:
    """A value as this version reads it: texts where 2.43 fails on numbers, `followup` by its name there."""
    sent = {key: value[key] for key in SENT if value.get(key) is not None}
    for name in ("value", "comment"):
        if name in sent:
            sent[name] = text_of(sent[name])
    for name, key in sent_marks(value, dialect):
        if value[key] is not None:
            sent[name] = is_true(value[key])  # 2.43 fails as a whole on a text
    return sent


def sent_marks(keys: Container[str], dialect: Dialect) -> list[tuple[str, str]]:
    """What the marks of a value are called when it is sent, and in the value itself."""
    follow_up = "followUp" if dialect.reads_camel_case_follow_up else "followup"
    given = next((key for key in ("followup", "followUp") if key in keys), None)
    return [*([("deleted", "deleted")] if "deleted" in keys else []), *([(follow_up, given)] if given else [])]


def is_true(mark: object) -> bool:
    """Whether a mark is set: a table has it as a text, a database as a number."""
    return TRUTHS.get(str(mark).lower(), False)


def is_mark(mark: object) -> bool:
    """Whether something says that a mark is set or not, or nothing."""
    return mark is None or str(mark).lower() in TRUTHS


def is_missing(value: object) -> bool:
    """Whether a value says that there is none: None, or what frames have in its place (NaN, NaT, NA)."""
    if value is None or isinstance(value, str):
        return value is None
    try:
        return bool(value != value)  # noqa: PLR0124 - NaN and NaT are not themselves
    except (TypeError, ValueError, ArithmeticError):
        return type(value).__name__ == "NAType"


def text_of(value: object) -> str:
    """A value as text: 2.43 fails as a whole on a JSON number or boolean.

    Numbers are written as DHIS2 reads them: no exponent, and no `.0`, which a frame puts behind whole numbers.
    """
    if isinstance(value, str):
        return value
    if type(value).__name__ in BOOLEANS:
        return str(value).lower()
    if isinstance(value, Real | Decimal):
        text = str(value)
        return (format(Decimal(text), "f") if "e" in text.lower() else text).removesuffix(".0")
    return value.isoformat() if isinstance(value, date | time) else str(value)


def type_problem(value: object) -> str | None:
    """Why a value cannot be written as a text that means it; None where it can."""
    if isinstance(value, Real | Decimal):
        return None if _is_finite(value) else f"{value} is no number"
    if isinstance(value, str | date | time) or type(value).__name__ in WRITTEN:
        return None
    return f"{type(value).__name__} is no text, number or truth"


def _is_finite(number: Real | Decimal) -> bool:
    """Whether a number is one, also where no float is so large, or the number is one that signals."""
    if isinstance(number, int):
        return True
    return number.is_finite() if isinstance(number, Decimal) else isfinite(number)


def cleaned(value: Mapping[str, Any]) -> dict[str, Any]:
    """A value without what is missing, and identifiers as text; what cannot be is left for `problem_of`."""
    row = {key: content for key, content in value.items() if not is_missing(content)}
    for key in IDENTIFIERS:
        given = row.get(key, "")
        if not isinstance(given, str | date) and type_problem(given) is None:
            row[key] = text_of(given)
    return row


def problem_of(value: Mapping[str, Any], key: ValueKey, dialect: Dialect) -> str | None:
    """What no server would take of a value, or would take for something else; None where that is nothing."""
    if not (key.data_element and key.period and key.org_unit):
        return next(f"{name} is missing" for name, given in zip(PLACE, key, strict=False) if not given)
    wrong_type = _wrong_type(value)
    if wrong_type:
        return wrong_type
    wrong_period = period_problem(key.period, dialect.version, dialect.calendar)
    if wrong_period:
        return wrong_period
    deletes = is_true(value.get("deleted"))
    if not deletes and value.get("value") in (None, "") and not value.get("comment"):
        return "the value is missing; `deleted` removes one"
    return None


def _wrong_type(value: Mapping[str, Any]) -> str | None:
    """What of a value is of a type that DHIS2 has no text for, or another one than is meant."""
    for name in (*IDENTIFIERS, "value", "comment"):
        given = value.get(name)
        if not (given is None or isinstance(given, str)) and (problem := type_problem(given)):
            return f"wrong {name}: {problem}"
    if isinstance(value.get("period"), date):
        return "the period is a date, which does not say of which type; write it as 20240131, 202401 or 2024Q1"
    for name in MARKS:
        if not is_mark(value.get(name)):
            return f"{name} is {str(value[name])[:40]!r}, neither true nor false"
    return None


@lru_cache(maxsize=4096)
def period_problem(text: str, version: Dhis2, calendar: str = "iso8601") -> str | None:
    """What is wrong with a period; None where it is one."""
    try:
        parse_period(text, version, calendar_named(calendar))
    except InvalidPeriodError as error:
        return error.message.rstrip(".")
    return None
