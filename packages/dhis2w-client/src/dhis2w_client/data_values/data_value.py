"""One data value: its keys on the wire, what makes it one of its kind, and what no server would take of it."""

from __future__ import annotations

from collections.abc import Container, Mapping
from functools import lru_cache
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


HEAD_KEYS = ("period", "orgUnit", "attributeOptionCombo")
"""What may stand once for all values."""
SENT = (
    "dataElement",
    "period",
    "orgUnit",
    "categoryOptionCombo",
    "attributeOptionCombo",
    "value",
    "comment",
)
MARKS = ("deleted", "followup", "followUp")
"""What is true or not; the follow-up has two names."""


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
    if "value" in sent:
        sent["value"] = text_of(sent["value"])
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
    """Whether a mark is set: a table has it as a text."""
    return str(mark).lower() == "true"


def text_of(value: object) -> str:
    """A value as text: 2.43 fails as a whole on a JSON number or boolean."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def problem_of(value: Mapping[str, Any], key: ValueKey, dialect: Dialect) -> str | None:
    """What no server would take of a value, or would take for something else; None where that is nothing."""
    if not (key.data_element and key.period and key.org_unit):
        names = ("dataElement", "period", "orgUnit")
        return next(f"{name} is missing" for name, given in zip(names, key, strict=False) if not given)
    wrong_period = period_problem(key.period, dialect.version, dialect.calendar)
    if wrong_period:
        return wrong_period
    content = value.get("value")
    if isinstance(content, (dict, list)):
        return "the value is an object or a list"
    deletes = is_true(value.get("deleted"))
    if not deletes and content in (None, "") and not value.get("comment"):
        return "the value is missing; `deleted` removes one"
    return None


@lru_cache(maxsize=4096)
def period_problem(text: str, version: Dhis2, calendar: str = "iso8601") -> str | None:
    """What is wrong with a period; None where it is one."""
    try:
        parse_period(text, version, calendar_named(calendar))
    except InvalidPeriodError as error:
        return error.message.rstrip(".")
    return None
