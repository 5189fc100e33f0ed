"""Filters by the values of attributes and data elements: `uid:ge:3:lt:9,uid2:like:a`.

Two parsers: that of 2.41, which knows no operator without a value, and the newer one. Commas and colons in a value
stand behind a slash.
Source: `FilterParser`, `QueryOperator` and `JdbcPredicate` (43: `FilterJdbcPredicate`) of dhis2-core, and
`RequestParamsValidator` of 2.41.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from dhis2w_sandbox.data.value_types import INTEGERS, NUMERIC
from dhis2w_sandbox.errors import Dhis2Refusal, bad_request
from dhis2w_sandbox.server import Server
from dhis2w_sandbox.tracker.instants import instant
from dhis2w_sandbox.tracker.reading.parameters import UID, Parameters, no_uid

Json = dict[str, Any]

UNARY = frozenset({"NULL", "NNULL"})
_WITHOUT_CASE = {"IEQ": "EQ", "NIEQ": "NEQ", "ILIKE": "LIKE", "NILIKE": "NLIKE"}
_COMPARED: dict[str, Callable[[Any, Any], bool]] = {
    "EQ": lambda value, other: value == other,
    "NEQ": lambda value, other: value != other,
    "GT": lambda value, other: value > other,
    "GE": lambda value, other: value >= other,
    "LT": lambda value, other: value < other,
    "LE": lambda value, other: value <= other,
}
_SEARCHED: dict[str, Callable[[str, str], bool]] = {
    "IEQ": lambda value, other: value == other,
    "NIEQ": lambda value, other: value != other,
    "LIKE": lambda value, other: other in value,
    "ILIKE": lambda value, other: other in value,
    "NLIKE": lambda value, other: other not in value,
    "NILIKE": lambda value, other: other not in value,
    "SW": lambda value, other: value.startswith(other),
    "EW": lambda value, other: value.endswith(other),
}
_OPERATORS = UNARY | _COMPARED.keys() | _SEARCHED.keys() | {"IN"}


@dataclass(frozen=True)
class Condition:
    """One operator, and what it compares with."""

    operator: str
    """The name of DHIS2's `QueryOperator`."""
    value: str = ""


Filters = Mapping[str, list[Condition]]
"""Conditions by attribute or data element; none means that there must be a value."""


def read_filters(parameters: Parameters, name: str) -> Filters:
    """The filters in a parameter, which may be repeated; 400 where they cannot be read."""
    text = ",".join(parameters.texts(name))
    if parameters.server.behaviour.reads_tracker_filters_pairwise:
        return _read_pairs(text)
    return parse_filters(name, text)


def parse_filters(name: str, text: str) -> Filters:
    """The filters in a text, which a parameter of that name held; 400 where they cannot be read."""
    try:
        return _read(text)
    except ValueError as error:
        raise bad_request(f"{name}={text} is invalid. {error}") from error


def _split(text: str, separator: str) -> list[str]:
    """The parts of a text between separators that do not stand behind a slash."""
    return re.findall(rf"((?:/[/,:]|[^{separator}])*)(?:{separator}|$)", text)[:-1] or [""]


def _unescaped(text: str) -> str:
    return text.replace("//", "/").replace("/,", ",").replace("/:", ":")


def _operator(text: str) -> str | None:
    """The name of the operator that a text spells; None where it spells none."""
    name = text.strip().upper()
    name = f"N{name[1:]}" if name.startswith("!") else name
    name = "NEQ" if name == "NE" else name
    return name if name in _OPERATORS else None


def _read(text: str) -> dict[str, list[Condition]]:
    found: dict[str, list[Condition]] = {}
    for item in _split(text, ","):
        uid, *rest = _split(item, ":")
        if not item:
            continue
        if not UID.fullmatch(uid):
            raise ValueError(no_uid(uid))
        conditions = found.setdefault(uid, [])
        conditions += _conditions(uid, rest)
        if len(conditions) > 3:
            raise ValueError("A maximum of three operators can be used in a filter.")
    return found


def _conditions(uid: str, words: list[str]) -> list[Condition]:
    """The conditions in the words behind an identifier."""
    found: list[Condition] = []
    while words:
        word = words.pop(0)
        if not word.strip():
            raise ValueError(f"UID '{uid}' is missing an operator (or has too many ':').")
        operator = _operator(word)
        if operator is None:
            raise ValueError(f"'{word}' is not a valid operator.")
        if operator in UNARY:
            if words and _operator(words[0]) is None:
                raise ValueError(f"Unary operator '{word}' cannot have a value.")
            found.append(Condition(operator))
            continue
        if not words or not words[0]:
            raise ValueError(f"Binary operator '{word}' must have a value.")
        found.append(Condition(operator, _unescaped(words.pop(0))))
    return found


def _read_pairs(text: str) -> dict[str, list[Condition]]:
    """As 2.41 reads it: operators and values in turn."""
    found: dict[str, list[Condition]] = {}
    for item in _split(text, ","):
        if not item:
            continue
        uid, *words = _split(item, ":")
        operators = [_operator(word) for word in words[::2]]
        if len(words) % 2 or any(operator is None or operator in UNARY for operator in operators):
            raise bad_request(f"Query item or filter is invalid: {item}")
        pairs = zip(operators, words[1::2], strict=True)
        found.setdefault(uid, []).extend(Condition(name or "", _unescaped(value)) for name, value in pairs)
    return found


def check_types(filters: Filters, of: str, value_type: Callable[[str], str], *, strict: bool) -> None:
    """400 where a filter compares with what the type of the values does not take.

    Args:
        filters: the filters.
        of: what they are about, as messages name it: `attribute`, `data element`.
        value_type: the value type of an identifier.
        strict: whether the version checks it at all.
    """
    for uid, conditions in filters.items() if strict else ():
        for condition in conditions:
            for value in _operands(condition) if condition.operator in {*_COMPARED, "IN"} else ():
                if _typed(value, value_type(uid)) is None:
                    raise Dhis2Refusal(
                        400,
                        f"Filter for {of} {uid} is invalid. The {of} value type is {value_type(uid)} but the value"
                        f" `{value}` is not.",
                    )


def check_search_limits(server: Server, attribute: str, conditions: list[Condition]) -> None:
    """400 where an attribute blocks an operator, or wants longer values to be searched by (43 and newer)."""
    document = server.store.get("trackedEntityAttribute", attribute) or {}
    if not server.behaviour.limits_attribute_searches:
        return
    operators = [_WITHOUT_CASE.get(condition.operator, condition.operator) for condition in conditions]
    blocked = [name for name in dict.fromkeys(operators) if name in (document.get("blockedSearchOperators") or ())]
    if blocked:
        raise bad_request(f"Operators [{', '.join(blocked)}] are blocked for attribute '{attribute}'.")
    fewest = int(document.get("minCharactersToSearch") or 0)
    if any(condition.operator not in UNARY and len(condition.value) < fewest for condition in conditions):
        raise bad_request(
            f"At least {fewest} character(s) should be present in the filter to start a search, but the filter for the"
            f" tracked entity attribute {attribute} doesn't contain enough."
        )


def _operands(condition: Condition) -> list[str]:
    value = condition.value.lower()
    return value.split(";") if condition.operator == "IN" else [value]


def _typed(text: str, type: str) -> Any:
    """A value as the database compares it; None where the type does not take it."""
    if type in NUMERIC:
        try:
            return int(text) if type in INTEGERS else float(text)
        except ValueError:
            return None
    if type in {"DATE", "DATETIME", "AGE"}:
        return instant(text.upper())
    return text.lower()


def holds(value: str | None, conditions: list[Condition], type: str) -> bool:
    """Whether a value, or that there is none, fulfils conditions; with none, whether there is one."""
    if not conditions:
        return value is not None
    return all(_holds(value, condition, type) for condition in conditions)


def _holds(value: str | None, condition: Condition, type: str) -> bool:
    operator = condition.operator
    if operator in UNARY:
        return (value is None) == (operator == "NULL")
    if value is None:
        return False
    if operator in _SEARCHED:
        return _SEARCHED[operator](value.lower(), condition.value.lower())
    mine, others = _typed(value, type), [_typed(other, type) for other in _operands(condition)]
    if mine is None or None in others:
        return False
    return mine in others if operator == "IN" else _COMPARED[operator](mine, others[0])
