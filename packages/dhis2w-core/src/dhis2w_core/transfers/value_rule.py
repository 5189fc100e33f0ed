"""What is surely no value of a value type: what DHIS2 would refuse is known before it is sent.

Only what every server of the version refuses counts; of types whose rule is not written here (addresses, telephone
numbers, moments, coordinates) the server is the judge. Source: `ValidationUtils`, `MathUtils`, `DateUtils` of
dhis2-core; `DefaultDataEntryService.normalizeValue` for what 2.43 takes beside.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dhis2w_client.metadata.uids import is_uid

if TYPE_CHECKING:
    from dhis2w_client.versions import Dialect

LONGEST = 50_000
"""Characters that a value may have."""
LONGEST_NUMBER = 249
INTEGERS = range(-(2**31), 2**31)

_NUMBER = re.compile(r"(?:-?0|-?[1-9][0-9]*)(?:\.[0-9]+)?")
_INTEGER = re.compile(r"0|-?[1-9][0-9]*")
_DATE = re.compile(r"([0-9]{4})-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[0-2]).*", re.DOTALL)
_TIME = re.compile(r"(?:[0-9]|0[0-9]|1[0-9]|2[0-3]):[0-5][0-9]")

Test = Callable[[str], bool]
"""Whether a text is a value."""


@dataclass(frozen=True, eq=False)
class ValueRule:
    """What the values of a data element are; one object for all elements with the same rule."""

    type: str
    is_value: Test | None
    """None where the server is the judge."""
    lines: re.Pattern[str] | None = None
    """Matches lines that surely are values; None where each is to be looked at."""
    options: frozenset[str] = frozenset()
    """Codes of the options; empty where there is no option set, or it is not known."""

    def takes_all(self, texts: Collection[str]) -> bool:
        """Whether all texts surely are values, asked at once; False where each is to be looked at."""
        if self.lines is None or self.options:
            return False
        joined = "\n".join(texts)
        return joined.count("\n") == len(texts) - 1 and self.lines.fullmatch(joined + "\n") is not None

    def is_wrong(self, text: str) -> bool:
        """Whether DHIS2 refuses the text because of the type."""
        if self.is_value is not None and not self.is_value(text):
            return not text.isspace()
        return len(text) > LONGEST

    def is_no_option(self, text: str) -> bool:
        """Whether DHIS2 refuses the text because it is none of the options."""
        if not self.options or text in self.options:
            return False
        several = text.rstrip(",")  # Java's split leaves out what is empty at the end
        return self.type != "MULTI_TEXT" or (several != "" and not self.options.issuperset(several.split(",")))


def rule_of(type: str, options: frozenset[str], dialect: Dialect, *, iso_calendar: bool = True) -> ValueRule:
    """The rule of data elements of a type.

    Args:
        type: The value type: `INTEGER_POSITIVE`.
        options: Codes of the options of its option set.
        dialect: What the version takes for a value.
        iso_calendar: Whether the server counts days as ISO 8601 does; otherwise any day up to 32 may be one.
    """
    if type in _WHOLE:
        test = _WHOLE[type]
        return ValueRule(type, _without_zeros(test) if dialect.reads_lenient_values else test, _LINES[type])
    if type in ("BOOLEAN", "TRUE_ONLY"):
        return ValueRule(type, _truth(type, more=dialect.reads_lenient_values))
    if type in ("DATE", "AGE"):
        return ValueRule(type, _is_date if iso_calendar else _looks_like_date, options=options)
    return ValueRule(type, _TESTS.get(type), _LINES.get(type), options)


def _is_number(text: str) -> bool:
    return _NUMBER.fullmatch(text) is not None and len(text) <= LONGEST_NUMBER


def _is_integer(text: str) -> bool:
    return _INTEGER.fullmatch(text) is not None and len(text) < 12 and int(text) in INTEGERS


def _without_zeros(test: Test) -> Test:
    return lambda text: test(text[:-2] if text.endswith(".0") else text)


def _truth(type: str, *, more: bool) -> Test:
    words = {"true", "t", "1"} if type == "TRUE_ONLY" else {"true", "t", "1", "false", "f", "0"}
    lenient = {"yes", "y"} if type == "TRUE_ONLY" else {"yes", "y", "no", "n"}
    taken = words | lenient if more else words
    return lambda text: text.lower() in taken


def _looks_like_date(text: str) -> bool:
    return _DATE.fullmatch(text) is not None


def _is_date(text: str) -> bool:
    found = _DATE.fullmatch(text)
    if found is None:
        return False
    year, month, day = map(int, found.groups())
    return year == 0 or day <= monthrange(year, month)[1]


_WHOLE: dict[str, Test] = {
    "INTEGER": _is_integer,
    "INTEGER_POSITIVE": lambda text: _is_integer(text) and int(text) > 0,
    "INTEGER_NEGATIVE": lambda text: _is_integer(text) and int(text) < 0,
    "INTEGER_ZERO_OR_POSITIVE": lambda text: _is_integer(text) and int(text) >= 0,
}
_LINES = {
    type: re.compile(rf"(?:(?:{value})\n)*+")
    for type, value in {
        "NUMBER": r"-?+(?:0|[1-9][0-9]{0,99}+)(?:\.[0-9]{1,99}+)?+",
        "INTEGER": r"0|-?+[1-9][0-9]{0,8}+",
        "INTEGER_POSITIVE": r"[1-9][0-9]{0,8}+",
        "INTEGER_NEGATIVE": r"-[1-9][0-9]{0,8}+",
        "INTEGER_ZERO_OR_POSITIVE": r"0|[1-9][0-9]{0,8}+",
    }.items()
}
"""Many values at once: short numbers, as nearly all are; nothing is tried twice."""
_TESTS: dict[str, Test] = {
    "NUMBER": _is_number,
    "UNIT_INTERVAL": lambda text: _is_number(text) and 0 <= float(text) <= 1,
    "PERCENTAGE": lambda text: _is_number(text) and 0 <= float(text) <= 100,
    "TIME": lambda text: _TIME.fullmatch(text) is not None,
    "LETTER": lambda text: len(text) == 1 and text.isalpha(),
    "FILE_RESOURCE": is_uid,
    "IMAGE": is_uid,
    "ORGANISATION_UNIT": is_uid,
}
