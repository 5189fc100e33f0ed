"""Patterns of generated attribute values: `ORG_UNIT_CODE(...) + "-" + SEQUENTIAL(###)`.

Source: `TextPatternParser`, `TextPatternMethod` and `TextPatternValidationUtils` of dhis2-core.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_TEXT = r'"[^"\\]*(?:\\.[^"\\]*)*"'
_METHOD = r"(?P<name>[A-Z_]+?)\(.*?\)"
_PART = re.compile(rf"\s*(?:(?P<method>{_TEXT}|{_METHOD})|\s*(?P<join>\+)\s*)\s*")

_METHODS = {
    "TEXT": re.compile(r'"([^"\\]*(?:\\.[^"\\]*)*)"'),
    "RANDOM": re.compile(r"RANDOM\(([#Xx*]{1,12})\)"),
    "SEQUENTIAL": re.compile(r"SEQUENTIAL\((#{1,12})\)"),
    "ORG_UNIT_CODE": re.compile(r"ORG_UNIT_CODE\((|\^?\.+?\$?)\)"),
    "CURRENT_DATE": re.compile(r"CURRENT_DATE\((.+?)\)"),
}
GENERATED = frozenset({"RANDOM", "SEQUENTIAL"})


class Segment(NamedTuple):
    """One part of a pattern."""

    method: str
    parameter: str


class PatternError(ValueError):
    """A text that is no pattern; its words are DHIS2's."""

    def __init__(self, text: str, position: int | None = None) -> None:
        place = f" at position {position + 1}" if position is not None else ""
        super().__init__(f"Could not parse expression: {text}{place}")


def parse(pattern: str | None) -> list[Segment]:
    """The parts of a pattern.

    Raises:
        PatternError: it cannot be read.
    """
    if not pattern:
        raise PatternError("Supplied expression was null or empty.")
    segments: list[Segment] = []
    after_segment = found_any = False
    for found in _PART.finditer(pattern):
        found_any = True
        if found["method"] is not None:
            segments.append(_segment(found))
            after_segment = True
        elif not after_segment:
            raise PatternError("Unexpected '+'", found.start("join"))
        else:
            after_segment = False
    if not found_any:
        raise PatternError("The expression is invalid")
    if not after_segment:
        raise PatternError("Unexpected '+' at the end of the expression")
    return segments


def _segment(found: re.Match[str]) -> Segment:
    name = found["name"] or "TEXT"
    whole = _METHODS[name].fullmatch(found["method"]) if name in _METHODS else None
    if whole is None:
        raise PatternError(f"Failed to parse the following method: '{found['method']}'", found.start("method"))
    return Segment(name, whole[1])


def fits(segments: list[Segment], value_type: str | None) -> bool:
    """Whether the values of a pattern are of a type: texts always, numbers where every part is digits."""
    if value_type == "NUMBER":
        return all(_is_numeric(segment) for segment in segments)
    return value_type == "TEXT"


def _is_numeric(segment: Segment) -> bool:
    match segment.method:
        case "SEQUENTIAL":
            return True
        case "RANDOM":
            return set(segment.parameter) == {"#"}
        case "TEXT":
            return re.fullmatch(r"[0-9]*", segment.parameter) is not None
        case _:
            return False
