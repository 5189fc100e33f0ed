"""ADX, the exchange format of aggregate data: its periods, and its groups of values.

Source: `AdxPeriod` of dhis2-core, `DataEntryInput.fromAdxXml`; recordings `data/import-formats`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from xml.etree.ElementTree import Element

from dhis2w_sandbox.data.payload import Unreadable
from dhis2w_sandbox.data.periods import TYPES, Period, containing
from dhis2w_sandbox.versions import Behaviour

NAMESPACE = "urn:ihe:qrph:adx:2015"

# The types of periods by duration; of some there are several, told apart by the month or weekday of the first day.
_BY_DURATION = {"P1D": "Daily", "P14D": "BiWeekly", "P1M": "Monthly", "P2M": "BiMonthly", "P3M": "Quarterly"}
_WEEKS = ("Weekly", None, "WeeklyWednesday", "WeeklyThursday", None, "WeeklySaturday", "WeeklySunday")
_HALF_YEARS = {
    **dict.fromkeys((1, 7), "SixMonthly"),
    **dict.fromkeys((4, 10), "SixMonthlyApril"),
    **dict.fromkeys((5, 11), "SixMonthlyNov"),
}
_YEARS = {1: "Yearly", 4: "FinancialApril", 7: "FinancialJuly", 10: "FinancialOct", 11: "FinancialNov"}
# Those that 43 knows beside them.
_NEWER_WEEKS = {4: "WeeklyFriday"}
_NEWER_YEARS = {2: "FinancialFeb", 8: "FinancialAug", 9: "FinancialSep"}


@dataclass(frozen=True)
class AdxGroup:
    """One group: its attributes, and those of each of its values."""

    attributes: dict[str, str]
    period: Period
    values: list[dict[str, str]]


def period_text(period: Period) -> str:
    """`2024-02-01/P1M`."""
    return f"{period.start.isoformat()}/{period.type.duration}"


def read_period(text: str, behaviour: Behaviour) -> Period:
    """A period from its first day and duration; Unreadable where it is written otherwise."""
    found = re.fullmatch(r"(\d{4}-\d\d-\d\d)/(\w+)", text)
    if not found:
        raise Unreadable(f"{text} not in valid <date>/<duration> format")
    start, duration = date.fromisoformat(found[1]), found[2]
    newer = behaviour.enters_data_in_groups
    of_several = {
        "P7D": ("weekly", _WEEKS[start.weekday()] or (_NEWER_WEEKS.get(start.weekday()) if newer else None)),
        "P6M": ("sixmonthly", _HALF_YEARS.get(start.month)),
        "P1Y": ("yearly", _YEARS.get(start.month) or (_NEWER_YEARS.get(start.month) if newer else None)),
    }
    kind, name = of_several.get(duration, (None, _BY_DURATION.get(duration)))
    if name is None:
        wrong_kind = kind is not None and behaviour.reports_adx_groups
        raise Unreadable(
            f"{text} is invalid {kind} type" if wrong_kind else f"{duration} is not a supported duration type"
        )
    return containing(TYPES[name], start)


def groups(root: Element, behaviour: Behaviour) -> Iterator[AdxGroup]:
    """The groups of an `adx` element; a value's annotation stands for its text."""
    for group in root.iter(f"{{{NAMESPACE}}}group"):
        values = [_value(element) for element in group.iter(f"{{{NAMESPACE}}}dataValue")]
        yield AdxGroup(dict(group.attrib), read_period(group.attrib.get("period", ""), behaviour), values)


def _value(element: Element) -> dict[str, str]:
    annotation = element.find(f"{{{NAMESPACE}}}annotation")
    text = {"value": annotation.text or ""} if annotation is not None else {}
    return {**element.attrib, **text}
