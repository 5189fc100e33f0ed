"""The `filter` language: `name:like:fever`, `dataElements.id:in:[a,b]`, `lastUpdated:gt:2024`.

A filter on a persisted property of the type itself is a database query in DHIS2, any other one is tried on objects in
memory; the two treat missing values differently, so this does too.
Source: `DefaultQueryParser`, `QueryUtils`, `org.hisp.dhis.query.operators` and `DefaultQueryPlanner` of dhis2-core.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast

from dhis2w_sandbox.metadata.plans import SIMPLE_TYPES
from dhis2w_sandbox.schemas import Property, Schema, Schemas
from dhis2w_sandbox.versions import Behaviour

Json = dict[str, Any]
Values = Callable[[Schema, Property, Json], Any]
"""Gives the value of a property of a document: what is stored, or what the server computes."""
Test = Callable[[Any], bool]

UID = re.compile(r"[A-Za-z][A-Za-z0-9]{10}")
NO_VALUE = frozenset({"null", "!null", "empty", "!empty"})
EQUALITY = frozenset({"eq", "!eq", "neq", "ne"})
NEGATED = frozenset({"!eq", "neq", "ne"})
SIZES: dict[str, Callable[[Any, Any], bool]] = {
    "gt": lambda value, limit: value > limit,
    "ge": lambda value, limit: value >= limit,
    "gte": lambda value, limit: value >= limit,
    "lt": lambda value, limit: value < limit,
    "le": lambda value, limit: value <= limit,
    "lte": lambda value, limit: value <= limit,
}
LIKES: dict[str, tuple[bool, str, bool]] = {
    # operator: negated, what `%` stands around, whether case counts
    "ieq": (False, "{}", False),
    "like": (False, "%{}%", True),
    "!like": (True, "%{}%", True),
    "$like": (False, "{}%", True),
    "!$like": (True, "{}%", True),
    "like$": (False, "%{}", True),
    "!like$": (True, "%{}", True),
    "ilike": (False, "%{}%", False),
    "!ilike": (True, "%{}%", False),
    "startsWith": (False, "{}%", False),
    "$ilike": (False, "{}%", False),
    "!$ilike": (True, "{}%", False),
    "endsWith": (False, "%{}", False),
    "ilike$": (False, "%{}", False),
    "!ilike$": (True, "%{}", False),
}
TOKENS = frozenset({"token", "!token"})
MEMBERSHIP = frozenset({"in", "!in"})


class FilterError(ValueError):
    """A filter that DHIS2 refuses: 400 on lists, with this text, and E1003 unless the database refuses it."""

    def __init__(self, text: str, code: str | None = "E1003") -> None:
        super().__init__(text)
        self.code = code


class FilterCrash(Exception):
    """A filter on which DHIS2 fails with a 500 that has no message."""


@dataclass(frozen=True)
class Filter:
    """One condition, ready to be tried on documents."""

    path: str
    properties: tuple[Property, ...]
    """The properties that the path goes through; empty for `identifiable` and for an attribute's uid."""
    test: Test
    """Tried on the value at the end of the path."""
    token: str | None = None
    """The value of a `token` filter, which is not looked for in identifiers when it is short."""

    @property
    def in_database(self) -> bool:
        """Whether DHIS2 leaves the condition to the database."""
        return self.path == "identifiable" or (len(self.properties) == 1 and self.properties[0].persisted)


def split_joined(filters: list[str]) -> list[str]:
    """What 2.42 and later make of repeated `filter` parameters: joined by commas, and split again by a pattern."""
    joined = ",".join(filters)
    if "," not in joined:
        return [joined] if joined else []
    pattern = r"[a-zA-Z0-9.]+:[!$a-zA-Z]{2,10}(?::(?:\[[^]]*\]|[^,\n\r]+))?"
    return re.findall(pattern, joined)


def parse_filter(schemas: Schemas, schema: Schema, text: str, behaviour: Behaviour) -> Filter:
    """One filter for a type.

    Args:
        schemas: the types of the version.
        schema: the type that is listed.
        text: `property:operator[:value]`.
        behaviour: how the version reads filters.

    Raises:
        FilterError: as DHIS2 says it.
        FilterCrash: where DHIS2 fails without a word.
    """
    prefix = "attributeValues.attribute.id:eq:"
    parts = (text[len(prefix) :] + ":!null" if text.startswith(prefix) else text).split(":")
    while parts and parts[-1] == "":  # as Java's split drops them
        parts.pop()
    if len(parts) < 2:
        raise FilterError(f"Invalid filter => {text}")
    path, operator = parts[0], parts[1]
    argument = ":".join(parts[2:]) if len(parts) > 2 else None
    properties = _properties(schemas, schema, path)
    if not properties and path != "identifiable" and not UID.fullmatch(path[path.find(".") + 1 :]):
        raise FilterError(f"Unknown path property: {path}")
    in_database = path == "identifiable" or (len(properties) == 1 and properties[0].persisted)
    last = properties[-1] if properties else None
    if operator in ("empty", "!empty"):
        _check_empty(last, operator, behaviour, in_database=in_database)
    test = _test(last, operator, argument, in_database=in_database)
    return Filter(path, properties, test, argument if operator == "token" else None)


def matches(schemas: Schemas, schema: Schema, values: Values, condition: Filter, document: Json) -> bool:
    """Whether a document of a type meets a condition."""
    if condition.properties:
        found = _at_end(schemas, schema, values, condition.properties, document)
        return any(condition.test(value) for _, value in found)
    if condition.path == "identifiable":
        keys = ["id", "code", "name", "shortName"]
        if condition.token is not None and len(condition.token) < 4:
            keys.remove("id")
        persisted = [key for key in keys if key in schema.properties and schema.properties[key].persisted]
        return any(condition.test(document.get(key)) for key in persisted)
    rows: Iterable[Json] = document.get("attributeValues") or ()
    value = next((row.get("value") for row in rows if row["attribute"]["id"] == condition.path), None)
    return condition.test(value)


def values_at(
    schemas: Schemas, schema: Schema, values: Values, path: str, document: Json
) -> Iterator[tuple[Schema, Any]]:
    """The single values at the end of a dotted path, each with its type; nothing where it leads nowhere."""
    properties = _properties(schemas, schema, path)
    target = schemas.of(properties[-1]) if properties else None
    if target is not None:
        for _, value in _at_end(schemas, schema, values, properties, document):
            for item in cast("list[Any]", value) if isinstance(value, list) else [value]:
                yield target, item


def _at_end(
    schemas: Schemas, schema: Schema, values: Values, path: tuple[Property, ...], document: Json
) -> Iterator[tuple[Property, Any]]:
    """The values at the end of a path, through every item of the lists on the way."""
    prop, *rest = path
    value = values(schema, prop, document)
    target = schemas.of(prop)
    if not rest:
        yield prop, value
    elif target is not None:
        for item in cast("list[Any]", value if isinstance(value, list) else [value]):
            if isinstance(item, dict):
                yield from _at_end(schemas, target, values, tuple(rest), cast("Json", item))


def _properties(schemas: Schemas, schema: Schema, path: str) -> tuple[Property, ...]:
    """The properties along a path; none where it leads nowhere."""
    found: list[Property] = []
    current: Schema | None = schema
    keys = path.split(".")
    for index, key in enumerate(keys):
        prop = current.properties.get(key) if current else None
        if prop is None:
            return ()
        if prop.type in SIMPLE_TYPES and index < len(keys) - 1:
            raise FilterError(
                "Simple type was found before finished parsing path expression, please check your path string."
            )
        found.append(prop)
        current = schemas.of(prop)
    return tuple(found)


def _check_empty(prop: Property | None, operator: str, behaviour: Behaviour, *, in_database: bool) -> None:
    if operator == "!empty" and not behaviour.has_not_empty_filter:
        raise FilterError("`!empty` is not a valid operator.")
    if behaviour.empty_needs_collection and in_database and not (prop and prop.collection):
        path = "org.hibernate.query.criteria.internal.path.SingularAttributePath"
        raise FilterError(f"unknown collection expression type [{path}]", None)


def _test(prop: Property | None, operator: str, argument: str | None, *, in_database: bool) -> Test:
    if operator in NO_VALUE:
        return _presence(prop, operator, in_database=in_database)
    if operator in MEMBERSHIP:
        return _membership(prop, operator, argument, in_database=in_database)
    if operator in EQUALITY:
        return _equality(prop, operator, argument, in_database=in_database)
    if operator in SIZES:
        return _order(prop, operator, argument)
    if operator in LIKES:
        return _likeness(prop, operator, argument, in_database=in_database)
    if operator in TOKENS:
        return _tokens(prop, operator, argument, in_database=in_database)
    raise FilterError(f"`{operator}` is not a valid operator.")


def _presence(prop: Property | None, operator: str, *, in_database: bool) -> Test:
    if operator in ("null", "!null"):
        return (lambda value: value is None) if operator == "null" else (lambda value: value is not None)
    relation = prop is not None and prop.collection
    if in_database and not relation:

        def is_empty(value: Any) -> bool:
            return value in (None, "", [], {})
    else:

        def is_empty(value: Any) -> bool:
            return value in ("", [], {})

    if operator == "empty":
        return is_empty
    return lambda value: value is not None and not is_empty(value)


def _equality(prop: Property | None, operator: str, argument: str | None, *, in_database: bool) -> Test:
    wanted = _parsed(prop, argument, "String", "Boolean", "Integer", "Double", "Date", "Enum")

    def same(value: Any) -> bool:
        return value is not None and _comparable(value, wanted) == wanted

    if operator not in NEGATED:
        return same
    if in_database:
        return lambda value: value is not None and not same(value)
    return lambda value: not same(value)


def _order(prop: Property | None, operator: str, argument: str | None) -> Test:
    wanted = _parsed(prop, argument, "String", "Boolean", "Integer", "Double", "Date")
    compare = SIZES[operator]

    def test(value: Any) -> bool:
        comparable = _comparable(value, wanted)
        return comparable is not None and compare(comparable, wanted)

    return test


def _likeness(prop: Property | None, operator: str, argument: str | None, *, in_database: bool) -> Test:
    negated, shape, with_case = LIKES[operator]
    wanted: str = _parsed(prop, argument, "String")
    before, after = (".*" if part == "%" else "" for part in shape.split("{}"))
    if in_database and "%" in shape:
        core = sql_like(wanted.replace("%", ""))
    else:
        core = re.escape(wanted.replace("%", "") if in_database else wanted)
    pattern = re.compile(before + core + after, re.DOTALL if with_case else re.DOTALL | re.IGNORECASE)

    def test(value: Any) -> bool:
        return isinstance(value, str) and (pattern.fullmatch(value) is not None) != negated

    return test


def sql_like(text: str) -> str:
    """A regular expression for what SQL's `like` finds: `_` is any character, `%` any text."""
    return re.escape(text).replace("_", ".").replace("%", ".*")


def _tokens(prop: Property | None, operator: str, argument: str | None, *, in_database: bool) -> Test:
    wanted = _words(_parsed(prop, argument, "String").lower())

    def has_all(value: Any) -> bool:
        if not isinstance(value, str):
            return False
        text = value.lower()
        if in_database:
            return all(word in text for word in wanted)
        return all(any(part.startswith(word) for part in _words(text)) for word in wanted)

    if operator == "token":
        return has_all
    if in_database:
        return lambda value: value is not None and not has_all(value)
    return lambda value: not has_all(value)


def _words(text: str) -> list[str]:
    return re.sub(r"[\W_]", " ", text).split() or [""]


def _membership(prop: Property | None, operator: str, argument: str | None, *, in_database: bool) -> Test:
    if prop is None or argument is None:
        raise FilterCrash
    wanted = _list_of(prop, argument)

    def is_in(value: Any) -> bool:
        items = cast("list[Any]", value if isinstance(value, list) else [value])
        return any(_comparable(item, want) == want for item in items if item is not None for want in wanted)

    if operator == "in":
        return is_in
    if in_database:
        return lambda value: value is not None and not is_in(value)
    return lambda value: not is_in(value)


def _list_of(prop: Property, argument: str) -> list[Any]:
    if not (argument.startswith("[") and argument.endswith("]")):
        _size(argument)
        raise FilterCrash
    return [_converted(prop.value_klass, prop.constants, item) for item in argument[1:-1].split(",")]


def _parsed(prop: Property | None, argument: str | None, *kinds: str) -> Any:
    """The argument as the property's class takes it; `kinds` are the classes that the operator takes."""
    if argument is None:
        raise FilterCrash
    if prop is None:
        return argument
    value = _size(argument) if prop.collection else _converted(prop.raw["klass"], prop.constants, argument)
    kind = _kind(prop, value)
    if kind not in kinds:
        raise FilterError(f"Value `{argument}` of type `{_klass_name(prop, kind)}` is not supported by this operator.")
    return value


def _kind(prop: Property, value: Any) -> str:
    if isinstance(value, bool):
        return "Boolean"
    if isinstance(value, int):
        return "Integer"
    if isinstance(value, float):
        return "Double"
    if prop.type == "DATE":
        return "Date"
    return "Enum" if prop.type == "CONSTANT" else "String"


def _klass_name(prop: Property, kind: str) -> str:
    return prop.raw["klass"].rsplit(".", 1)[-1] if kind == "Enum" else kind


def _size(argument: str) -> int:
    if not re.fullmatch(r"[+-]?\d+", argument):
        raise FilterError(f"Collection size must be integer `{argument}`")
    return int(argument)


def _converted(klass: str, constants: list[str] | None, argument: str) -> Any:
    short = klass.rsplit(".", 1)[-1]
    match short:
        case "String":
            return argument
        case "Boolean":
            return argument.lower() == "true"
        case "Integer" | "Float" | "Double":
            return _number(short, argument)
        case "Date":
            date = date_text(argument)
            if date is None:
                raise FilterError(f"Unable to parse `{argument}` as `Date`.")
            return date
        case _ if constants is not None:
            if argument in constants:
                return argument
            raise FilterError(
                f"Unable to parse `{argument}` as `class {klass}`, available values are: [{', '.join(constants)}]"
            )
        case _:
            raise FilterError(f"Unable to parse `{argument}` to `{short}`.")


def _number(short: str, argument: str) -> int | float:
    try:
        return int(argument) if short == "Integer" else float(argument)
    except ValueError:
        raise FilterError(f"Unable to parse `{argument}` as `{short}`.") from None


def _comparable(value: Any, wanted: Any) -> Any:
    """A value in the form in which it compares with a parsed argument; None where it cannot be compared."""
    if isinstance(wanted, bool) or isinstance(value, bool):
        return value if isinstance(value, bool) and isinstance(wanted, bool) else None
    if isinstance(wanted, int | float):
        if isinstance(value, list | dict):
            return len(cast("list[Any]", value))
        return value if isinstance(value, int | float) else None
    return value if isinstance(value, str) else None


DATE_FORMATS = (
    "%Y%m%d",
    "%Y-%m-%d",
    "%Y-%m",
    "%Y",
    "%Y-%m-%dT%H:%M:%S.%f%z",
    "%Y-%m-%dT%H:%M:%S.%f",
    "%Y-%m-%dT%H:%M:%S%z",
    "%Y-%m-%dT%H:%M:%S",
    "%Y-%m-%dT%H:%M%z",
    "%Y-%m-%dT%H:%M",
    "%Y-%m-%dT%H%z",
    "%Y-%m-%dT%H",
    "%Y-%m-%d %H:%M:%S%z",
)


def date_text(text: str) -> str | None:
    """A date in any form that DHIS2 takes, as `2024-01-31T00:00:00.000`; None where it is none."""
    for form in DATE_FORMATS:
        try:
            date = datetime.strptime(text, form)
        except ValueError:
            continue
        if form == "%Y%m%d" and len(text) != 8:
            continue
        if date.tzinfo is not None:
            date = date.astimezone(UTC)
        return date.replace(tzinfo=None).isoformat(timespec="milliseconds")
    return None
