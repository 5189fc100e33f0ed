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

NAMESPACE = "urn:ihe:qrph:adx:2015"

# Which type of period begins in which month, by duration; where none is named, whatever the month.
_BY_MONTH = {
    ("P1Y", 2): "FinancialFeb",
    ("P1Y", 4): "FinancialApril",
    ("P1Y", 7): "FinancialJuly",
    ("P1Y", 8): "FinancialAug",
    ("P1Y", 9): "FinancialSep",
    ("P1Y", 10): "FinancialOct",
    ("P1Y", 11): "FinancialNov",
    ("P6M", 4): "SixMonthlyApril",
    ("P6M", 10): "SixMonthlyApril",
    ("P6M", 11): "SixMonthlyNov",
    ("P6M", 5): "SixMonthlyNov",
    ("P3M", 11): "QuarterlyNov",
    ("P3M", 2): "QuarterlyNov",
    ("P3M", 5): "QuarterlyNov",
    ("P3M", 8): "QuarterlyNov",
}
_USUAL = {
    "P1D": "Daily",
    "P1M": "Monthly",
    "P2M": "BiMonthly",
    "P3M": "Quarterly",
    "P6M": "SixMonthly",
    "P1Y": "Yearly",
}
_WEEKS = ("Weekly", None, "WeeklyWednesday", "WeeklyThursday", "WeeklyFriday", "WeeklySaturday", "WeeklySunday")


@dataclass(frozen=True)
class AdxGroup:
    """One group: its attributes, and those of each of its values."""

    attributes: dict[str, str]
    period: Period
    values: list[dict[str, str]]


def period_text(period: Period) -> str:
    """`2024-02-01/P1M`."""
    return f"{period.start.isoformat()}/{period.type.duration}"


def read_period(text: str) -> Period:
    """A period from its first day and duration; Unreadable where it is written otherwise."""
    found = re.fullmatch(r"(\d{4}-\d\d-\d\d)/(\w+)", text)
    if not found:
        raise Unreadable(f"{text} not in valid <date>/<duration> format")
    start, duration = date.fromisoformat(found[1]), found[2]
    if duration == "P7D":
        name = _WEEKS[start.weekday()]
    elif duration == "P14D":
        name = "BiWeekly"
    else:
        name = _BY_MONTH.get((duration, start.month)) or _USUAL.get(duration)
    if name is None:
        raise Unreadable(f"{found[2]} is not a supported duration type")
    return containing(TYPES[name], start)


def groups(root: Element) -> Iterator[AdxGroup]:
    """The groups of an `adx` element; a value's annotation stands for its text."""
    for group in root.iter(f"{{{NAMESPACE}}}group"):
        values = [_value(element) for element in group.iter(f"{{{NAMESPACE}}}dataValue")]
        yield AdxGroup(dict(group.attrib), read_period(group.attrib.get("period", "")), values)


def _value(element: Element) -> dict[str, str]:
    annotation = element.find(f"{{{NAMESPACE}}}annotation")
    text = {"value": annotation.text or ""} if annotation is not None else {}
    return {**element.attrib, **text}
