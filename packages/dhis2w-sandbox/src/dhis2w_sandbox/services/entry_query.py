"""Queries over the entries of a data store's namespace: `fields`, `filter`, `order` and paging.

Source: `DatastoreQuery`, `DatastoreQueryValidator` and `DatastoreQueryBuilder` of dhis2-core; recordings
`services/datastore-query`.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from dhis2w_sandbox.call import Call
from dhis2w_sandbox.errors import Dhis2Refusal, message
from dhis2w_sandbox.metadata.java_order import hash_order, text_hash
from dhis2w_sandbox.metadata.querying import int_param
from dhis2w_sandbox.services.jsonb import MISSING, extracted, sort_key, type_of

Json = dict[str, Any]
Entry = tuple[str, Any]
"""A key and its value; `MISSING` where the value is encrypted."""

KEY, VALUE = "_", "."
LARGEST_PAGE = 1000

_PATH = re.compile(r"[-_a-zA-Z0-9]{1,32}(?:\.[-_a-zA-Z0-9]{1,32}){0,5}")
_SEPARATOR = re.compile(r"::|:|~|@")
_BETWEEN_FILTERS = re.compile(r",(?![^\[\]]*\]|[^\(\)]*\))")

# Every spelling of an operator, each row one operator, in the order of DHIS2's enum.
_OPERATORS = (
    ("null",),
    ("!null",),
    ("empty",),
    ("!empty",),
    ("in",),
    ("!in",),
    ("eq",),
    ("!eq", "neq", "ne"),
    ("lt",),
    ("lte", "le"),
    ("gt",),
    ("gte", "ge"),
    ("like",),
    ("!like",),
    ("$like",),
    ("!$like",),
    ("like$",),
    ("!like$",),
    ("ieq",),
    ("ilike",),
    ("!ilike",),
    ("$ilike", "startswith"),
    ("!$ilike", "!startswith"),
    ("ilike$", "endswith"),
    ("!ilike$", "!endswith"),
)
_NAMES = {spelling: row[0] for row in _OPERATORS for spelling in row}
_UNARY = {"null", "!null", "empty", "!empty"}
_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "eq": operator.eq,
    "ieq": operator.eq,
    "!eq": operator.ne,
    "lt": operator.lt,
    "lte": operator.le,
    "gt": operator.gt,
    "gte": operator.ge,
}


class QueryFailure(Exception):
    """A query that the database refuses while it runs; the text is what it says."""


@dataclass(frozen=True)
class Filter:
    """One condition on an entry."""

    path: str
    operator: str
    value: str

    def __str__(self) -> str:
        return f"{self.path}:{self.operator}" + (f":{self.value}" if self.value else "")


@dataclass(frozen=True)
class EntryQuery:
    """What a request asks of a namespace."""

    fields: list[tuple[str, str]]
    """Path and name of each value that is shown."""
    filters: list[Filter]
    any_filter: bool
    order: tuple[str, str]
    """Path and direction: `asc`, `desc`, or with `n` before it, numeric."""
    paging: bool
    page: int
    page_size: int
    headless: bool
    include_all: bool


def entry_query(call: Call) -> EntryQuery:
    """What a request asks.

    Raises:
        Dhis2Refusal: it cannot be read: 409 of fields and filters, 400 of orders.
    """
    version = call.server.version
    filters = ",".join(call.params("filter"))
    conditions = [_filter(version, text) for text in _BETWEEN_FILTERS.split(filters) if text] if filters else []
    query = EntryQuery(
        fields=_fields(version, call.param("fields") or ""),
        order=_order(version, ",".join(call.params("order")) or KEY),
        filters=conditions,
        any_filter=(call.param("rootJunction") or "").upper() == "OR",
        paging=call.flag("paging", default=True),
        page=max(1, int_param(call, "page", 1)),
        page_size=max(1, min(LARGEST_PAGE, int_param(call, "pageSize", 50))),
        headless=call.flag("headless"),
        include_all=call.flag("includeAll"),
    )
    for condition in conditions:
        _check(version, condition)
    return query


def answer(query: EntryQuery, entries: Iterable[Entry]) -> Any:
    """The rows that fit, inside an object with the page unless the query wants none.

    Raises:
        QueryFailure: the values do not allow it.
    """
    found = [entry for entry in entries if _is_wanted(query, entry)]
    _sort(query, found)
    if query.paging:
        first = (query.page - 1) * query.page_size
        found = found[first : first + query.page_size]
    rows = [_row(query, entry) for entry in found]
    if query.headless:
        return rows
    return {"pager": {"page": query.page, "pageSize": query.page_size}, "entries": rows}


def _row(query: EntryQuery, entry: Entry) -> Json:
    row: Json = {"key": entry[0]}
    for path, name in query.fields:
        *parents, last = name.split(".")
        place = row
        for parent in parents:
            place = place.setdefault(parent, {})
        value = _at(entry, path)
        place[last] = None if value is MISSING else value
    return row


def _at(entry: Entry, path: str) -> Any:
    key, value = entry
    if path == KEY:
        return key
    return value if path == VALUE else extracted(value, path.split("."))


def _is_wanted(query: EntryQuery, entry: Entry) -> bool:
    shown = query.include_all or not query.fields or any(_at(entry, path) is not MISSING for path, _ in query.fields)
    results = [_fits(condition, entry) for condition in query.filters]
    return shown and (not results or (any(results) if query.any_filter else all(results)))


def _sort(query: EntryQuery, entries: list[Entry]) -> None:
    path, direction = query.order
    falling = direction.endswith("desc")
    missing = [entry for entry in entries if _at(entry, path) is MISSING]
    present = [entry for entry in entries if _at(entry, path) is not MISSING]
    if direction.startswith("n"):
        present.sort(key=lambda entry: _number(query, _at(entry, path)), reverse=falling)
    else:
        present.sort(key=lambda entry: sort_key(_at(entry, path)), reverse=falling)
    # The database takes what is missing for the largest; DHIS2 asks for it last, but not in numeric orders.
    entries[:] = [*missing, *present] if direction == "ndesc" else [*present, *missing]


def _number(query: EntryQuery, value: Any) -> float:
    if type_of(value) == "number":
        return float(value)
    path, direction = query.order
    raise QueryFailure(
        f"Cannot use numeric sort order on property `{path}` as the property contains non-numeric values for matching"
        f" entries. Use {direction[1:].upper()} instead or apply a filter that only matches entries with numeric values"
        f" for {path}."
    )


def _fits(condition: Filter, entry: Entry) -> bool:
    value = _at(entry, condition.path)
    if condition.operator in {"in", "!in"}:
        return _is_one_of(condition, value)
    if condition.operator in {"null", "!null"} or condition.value == "null":
        kind = type_of(value)
        return kind is not None and (kind == "null") == (condition.operator not in {"!null", "!eq"})
    if condition.operator in {"empty", "!empty"}:
        return value is not MISSING and value is not None and _is_empty(condition, value)
    return _compares(condition, value)


def _is_empty(condition: Filter, value: Any) -> bool:
    return type_of(value) in {"string", "array", "object"} and (not value) == (condition.operator == "empty")


def _is_one_of(condition: Filter, value: Any) -> bool:
    kind = _argument_type(condition)
    if kind in {"number", "boolean"}:
        shown = str(float(condition.value)) if kind == "number" else condition.value
        text = f"Parameter value [{shown}] did not match expected type [java.lang.String (n/a)]"
        raise QueryFailure(f"Unknown error when running the query: {text}")
    allowed = condition.value[1:-1].split(",") if kind == "array" else [_unquoted(condition.value)]
    return type_of(value) == "string" and (value in allowed) == (condition.operator == "in")


def _compares(condition: Filter, value: Any) -> bool:
    kind = "string" if condition.path == KEY else _argument_type(condition)
    if type_of(value) != kind:
        return False
    if kind == "string":
        return _compares_text(condition, value)
    compare = _COMPARISONS.get(condition.operator, operator.eq)
    if kind == "number":
        return compare(value, float(condition.value))
    if kind == "boolean":
        return compare(value, condition.value == "true")
    return condition.operator == "!eq"


def _compares_text(condition: Filter, value: str) -> bool:
    name, wanted = condition.operator, _unquoted(condition.value)
    if name.lstrip("!$").startswith("i"):
        value, wanted = value.lower(), wanted.lower()
    if "like" not in name:
        return _COMPARISONS[name](value, wanted)
    bare = name.removeprefix("!")
    begin = "" if bare.startswith("$") else ".*"
    end = "" if bare.endswith("$") else ".*"
    middle = ".*".join(re.escape(piece) for piece in re.split(r"[*%]", wanted))
    return bool(re.fullmatch(begin + middle + end, value, re.DOTALL)) != name.startswith("!")


def _argument_type(condition: Filter) -> str:
    value = condition.value
    if value in {"true", "false"}:
        return "boolean"
    if value.startswith("{") and value.endswith("}"):
        return "object"
    if value.startswith("[") and value.endswith("]"):
        return "array"
    return "number" if re.fullmatch(r"[0-9]+(\.[0-9]*)?", value) else "string"


def _unquoted(value: str) -> str:
    return value[1:-1] if len(value) > 1 and value.startswith("'") and value.endswith("'") else value


def _filter(version: str, text: str) -> Filter:
    parts = _SEPARATOR.split(text)
    if len(parts) < 2:
        shape = "expected expression of pattern: <property>:<operator>[:<value>]"
        raise Dhis2Refusal(409, message(version, "E7652", text, shape), "E7652")
    name = _NAMES.get(parts[1].lower())
    path = _path(version, parts[0])
    if name is None:
        known = ", ".join(hash_order([spelling for row in _OPERATORS for spelling in row], text_hash))
        raise Dhis2Refusal(409, f"Unknown operator: `{parts[1].upper()}` Use one of [{known}]")
    return Filter(path, name, ":".join(parts[2:]))


def _check(version: str, condition: Filter) -> None:
    unary, name = condition.operator in _UNARY, condition.operator
    wrong = None
    if condition.path == KEY and unary:
        wrong = "key filters cannot be used with unary operators"
    elif not unary and not condition.value.strip():
        wrong = f"the operator `{name}` requires a value"
    elif unary and condition.value.strip():
        wrong = f"the operator `{name}` is unary and does not require a value"
    if wrong:
        raise Dhis2Refusal(409, message(version, "E7653", str(condition), wrong), "E7653")


def _order(version: str, text: str) -> tuple[str, str]:
    parts = _SEPARATOR.split(text)
    if len(parts) == 1:
        return _path(version, text), "asc"
    if len(parts) > 2:
        raise Dhis2Refusal(400, f"Not a valid order expression: {text}")
    direction = parts[1].lower()
    if direction not in {"asc", "desc", "nasc", "ndesc"}:
        raise Dhis2Refusal(400, f"No enum constant org.hisp.dhis.datastore.DatastoreQuery.Direction.{parts[1].upper()}")
    return _path(version, parts[0]), direction


def _fields(version: str, text: str) -> list[tuple[str, str]]:
    """The paths of a `fields` expression with the names of their values: `a,b[c,d],e.f~hoist(g)`."""
    found: list[tuple[str, str]] = []
    parent, start = "", 0
    while start < len(text):
        end = _name_end(text, start)
        name, start = text[start:end], end + 1
        after = text[end : end + 1]
        if after in {"[", "("}:
            parent += f"{name}."
            continue
        if after not in {"", ",", "]", ")"}:
            raise Dhis2Refusal(409, message(version, "E7651", end, after), "E7651")
        if name:
            found.append(_field(version, parent, name))
        if after in {"]", ")"}:
            parent = parent[: parent.rstrip(".").rfind(".") + 1]
    return found


def _field(version: str, parent: str, text: str) -> tuple[str, str]:
    name, _, alias = text.partition("~hoist(")
    path = parent + name
    return _path(version, path), alias[:-1] or ("value" if path == VALUE else path)


def _name_end(text: str, start: int) -> int:
    end = start
    while end < len(text) and (text[end].isalnum() or text[end] == "."):
        end += 1
    return text.find(")", end) + 1 if text[end : end + 1] == "~" else end


def _path(version: str, text: str) -> str:
    path = re.sub(r"\[(\d+)]", r".\1", text)
    if path != VALUE and not _PATH.fullmatch(path):
        raise Dhis2Refusal(409, message(version, "E7650", text), "E7650")
    return path
