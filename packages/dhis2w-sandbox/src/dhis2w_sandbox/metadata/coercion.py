"""Reads a JSON body into the properties of a type, as DHIS2's Jackson mapper does.

Unknown keys are dropped; null and the empty string are no value; numbers and booleans may come as texts; a value of a
wrong shape is refused with Jackson's words. References stay as they were sent (`id`, `code`, `name`): who resolves
them is the import.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast

from dhis2w_sandbox.schemas import Property, Schema, Schemas

Json = dict[str, Any]

REDACTED = "[Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); line: {}, column: {}]"
UNKNOWN = "[Source: UNKNOWN; byte offset: #UNKNOWN]"

REFERENCE_KEYS = ("id", "code", "name")
TRANSLATION_KEYS = ("property", "locale", "value")

# Java's implementations of the collection interfaces, as Jackson names them.
COLLECTIONS = {"java.util.Set": "java.util.HashSet", "java.util.List": "java.util.ArrayList"}


class MappingError(Exception):
    """A value that is not of the shape that its property has.

    Args:
        text: Jackson's words.
        path: keys and indexes from the body to the value.
        chain: the same as Jackson prints it: `org.hisp.dhis.dataelement.DataElement["valueType"]`.
    """

    def __init__(self, text: str, path: tuple[str | int, ...], chain: str) -> None:
        super().__init__(text)
        self.text = text
        self.path = path
        self.chain = chain

    def message(self, source: str = UNKNOWN) -> str:
        """Jackson's message; `source` says where in the body the value stands."""
        where = f" (through reference chain: {self.chain})" if self.chain else ""
        return f"{self.text}\n at {source}{where}"


@dataclass(frozen=True)
class Place:
    """Where in a body a value stands."""

    path: tuple[str | int, ...] = ()
    chain: str = ""

    def key(self, klass: str, key: str) -> Place:
        """One step into an object."""
        return Place((*self.path, key), f'{self.chain}->{klass}["{key}"]'.removeprefix("->"))

    def index(self, klass: str, index: int) -> Place:
        """One step into a list."""
        return Place((*self.path, index), f"{self.chain}->{klass}[{index}]".removeprefix("->"))

    def error(self, text: str) -> MappingError:
        """A refusal of the value here."""
        return MappingError(text, self.path, self.chain)


def read_object(schemas: Schemas, schema: Schema, body: Any, place: Place | None = None) -> Json:
    """The properties of an object of a type; raises MappingError."""
    place = place or Place()
    if not isinstance(body, dict):
        raise place.error(
            _wrong_shape(schema.klass, body) if isinstance(body, list) else _no_object(schema.klass, body)
        )
    document: Json = {}
    for key, value in cast(Json, body).items():
        prop = schema.properties.get(key)
        if prop is None or value is None or value == "":
            continue
        if isinstance(value, list) and prop["klass"] == "java.lang.String" and not place.path:
            # DHIS2's reader of texts leaves the parser inside the list, and the end of the list is taken for the end
            # of the object: neither this value nor what follows it is read.
            break
        read = _read(schemas, prop, value, place.key(schema.klass, key))
        if read is not None:
            document[key] = read
    return document


def _read(schemas: Schemas, prop: Property, value: Any, place: Place) -> Any:
    if prop.key == "attributeValues":
        return attribute_values(value)
    if prop.key == "translations":
        return [_picked(item, TRANSLATION_KEYS) for item in value] if isinstance(value, list) else []  # pyright: ignore[reportUnknownVariableType] - JSON
    if prop.key == "sharing":
        return sharing(value, place)
    if not prop.collection:
        return _read_one(schemas, prop, prop.type, value, place)
    if not isinstance(value, list):
        container = COLLECTIONS.get(str(prop["klass"]), str(prop["klass"]))
        raise place.error(_wrong_shape(f"{container}<{prop.value_klass}>", value))
    container = COLLECTIONS.get(str(prop["klass"]), str(prop["klass"]))
    items = cast("list[Any]", value)
    read = (
        _read_one(schemas, prop, prop.value_type, item, place.index(container, index))
        for index, item in enumerate(items)
        if item is not None
    )
    found = [item for item in read if item is not None]
    return _without_doubles(found) if prop["klass"] == "java.util.Set" else found


def _without_doubles(items: list[Any]) -> list[Any]:
    seen: set[str] = set()
    return [item for item in items if (text := repr(item)) not in seen and not seen.add(text)]


# Read as a reference would be refused, but kept whole: an import takes periods from it.
DIMENSION = "org.hisp.dhis.common.DimensionalObject"


def _read_one(schemas: Schemas, prop: Property, kind: str, value: Any, place: Place) -> Any:
    if prop.value_klass == DIMENSION and isinstance(value, dict):
        return without_nulls(value)
    if prop.reference:
        return reference(prop.value_klass, value, place)
    if kind in ("COMPLEX", "REFERENCE", "COLLECTION"):
        schema = schemas.by_klass.get(prop.value_klass)
        if schema and isinstance(value, dict):
            return read_object(schemas, schema, value, place)
        _check_subtype(prop, value, place)
        _check_constants(prop, value, place)
        return without_nulls(value)
    return _SIMPLE.get(kind, _text)(prop, value, place)


# Classes of which a body names a subclass by `type`.
SUBTYPES = {
    "org.hisp.dhis.eventhook.Target": ("console", "jms", "kafka", "webhook"),
    "org.hisp.dhis.common.auth.AuthScheme": (
        "api-headers",
        "api-query-params",
        "api-token",
        "http-basic",
        "oauth2-client-credentials",
    ),
}


# Constants inside of values that the schemas do not describe: the class and the key, and what it may be.
CONSTANTS = {
    ("org.hisp.dhis.dataexchange.aggregate.Target", "type"): (
        "org.hisp.dhis.dataexchange.aggregate.TargetType",
        ("EXTERNAL", "INTERNAL"),
    )
}


def _check_constants(prop: Property, value: Any, place: Place) -> None:
    if not isinstance(value, dict):
        return
    for (klass, key), (constant, names) in CONSTANTS.items():
        given = cast(Json, value).get(key)
        if prop.value_klass == klass and isinstance(given, str) and given not in names:
            raise place.key(klass, key).error(_unknown_constant(constant, given, names))


def _check_subtype(prop: Property, value: Any, place: Place) -> None:
    names = SUBTYPES.get(prop.value_klass)
    if names is None or not isinstance(value, dict):
        return
    given = cast(Json, value).get("type")
    if given not in names:
        error = place.error(
            f"Could not resolve type id '{given}' as a subtype of `{prop.value_klass}`: known type ids = "
            f"[{', '.join(names)}] (for POJO property '{prop.key}')"
        )
        raise MappingError(error.text, (*error.path, "type"), error.chain)


def reference(klass: str, value: Any, place: Place) -> Json:
    """A reference to another object: what identifies it."""
    if isinstance(value, dict):
        return _picked(cast(Json, value), REFERENCE_KEYS)
    raise place.error(_wrong_shape(klass, value) if isinstance(value, list) else _no_object(klass, value))


def _no_object(klass: str, value: Any) -> str:
    """The words for a text or number where an object belongs."""
    kind, shown = ("int/Int", f"Number value ({value})")
    if isinstance(value, str):
        kind, shown = "String", f"String value ('{value}')"
    elif isinstance(value, bool):
        kind, shown = "boolean/Boolean", f"Boolean value ({json.dumps(value)})"
    return (
        f"Cannot construct instance of `{klass}` (although at least one Creator exists): "
        f"no {kind}-argument constructor/factory method to deserialize from {shown}"
    )


def attribute_values(value: Any) -> list[Json]:
    """Attribute values from their list form, or from the map form `{uid: {"value": …}}`."""
    pairs: dict[str, str] = {}
    rows: list[tuple[Any, Any]] = []
    if isinstance(value, dict):
        rows = [(key, row) for key, row in cast(Json, value).items()]
    elif isinstance(value, list):
        rows = [(row.get("attribute"), row) for row in cast("list[Any]", value) if isinstance(row, dict)]  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType] - JSON
    for attribute, row in rows:
        uid = cast(Json, attribute).get("id") if isinstance(attribute, dict) else attribute
        content = cast(Json, row).get("value") if isinstance(row, dict) else row
        if isinstance(uid, str) and content not in (None, ""):
            pairs[uid] = _text(None, content, Place())
    return [{"attribute": {"id": uid}, "value": content} for uid, content in pairs.items()]


def sharing(value: Any, place: Place | None = None) -> Json:
    """A sharing object: owner, public access, and access by user and group."""
    if not isinstance(value, dict):
        raise (place or Place()).error(_wrong_shape("org.hisp.dhis.user.sharing.Sharing", value))
    sent = cast(Json, value)
    read: Json = {key: sent[key] for key in ("owner", "public") if sent.get(key)}
    if sent.get("external") is True:
        read["external"] = True
    for kind in ("users", "userGroups"):
        rows = cast(Json, sent.get(kind) or {})
        read[kind] = {uid: {"id": uid, "access": row.get("access")} for uid, row in rows.items() if row}
    return read


def date(value: Any, place: Place) -> str:
    """A date in any of the forms that DHIS2 takes, as it writes it: `2026-01-31T00:00:00.000`."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise place.error(_wrong_shape("java.util.Date", value))
    if not isinstance(value, str) or (value.isdigit() and len(value) > 12):
        return _stamp(datetime.fromtimestamp(int(value) / 1000, UTC))
    read = _parsed(value.strip())
    if read is None:
        raise place.error(f"Invalid date format '{value}', only ISO format or UNIX Epoch timestamp is supported.")
    return _stamp(read)


def _parsed(text: str) -> datetime | None:
    if re.fullmatch(r"\d{4}(-\d\d)?|\d{8}", text):
        pattern = {4: "%Y", 7: "%Y-%m", 8: "%Y%m%d"}[len(text)]
        try:
            return datetime.strptime(text, pattern).replace(tzinfo=UTC)
        except ValueError:
            return None
    found = re.fullmatch(r"(.*\d\d:\d\d(?:[.]\d+)?)([+-]\d\d)(\d\d)", text)
    try:
        read = datetime.fromisoformat(f"{found[1]}{found[2]}:{found[3]}" if found else text)
    except ValueError:
        return None
    return read if read.tzinfo else read.replace(tzinfo=UTC)


def _stamp(time: datetime) -> str:
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{time.microsecond // 1000:03d}"


def _text(prop: Property | None, value: Any, place: Place) -> str:
    del prop
    if isinstance(value, str):
        return value
    if isinstance(value, dict | list):
        raise place.error(_wrong_shape("java.lang.String", value))
    return json.dumps(value)


def _boolean(prop: Property, value: Any, place: Place) -> bool:
    del prop
    if isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value != 0
    if isinstance(value, str):
        if value.strip() in ("true", "True", "TRUE"):
            return True
        if value.strip() in ("false", "False", "FALSE"):
            return False
        raise place.error(
            f'Cannot deserialize value of type `boolean` from String "{value}": only "true"/"True"/"TRUE" or '
            '"false"/"False"/"FALSE" recognized'
        )
    raise place.error(_wrong_shape("boolean", value))


def _number(prop: Property, value: Any, place: Place) -> int | float:
    klass = prop.value_klass
    if isinstance(value, dict | list):
        raise place.error(_wrong_shape(klass, value))
    try:
        number = float(value)
    except ValueError:
        raise place.error(
            f'Cannot deserialize value of type `{klass}` from String "{value}": not a valid `{klass}` value'
        ) from None
    whole = klass not in ("java.lang.Double", "java.lang.Float", "double", "float")
    return int(number) if whole else number


def _constant(prop: Property, value: Any, place: Place) -> str:
    names = prop.constants or []
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < len(names):
        return names[value]
    if isinstance(value, str):
        if value in names or not names:
            return value
        raise place.error(_unknown_constant(prop.value_klass, value, names))
    raise place.error(_wrong_shape(prop.value_klass, value))


def _unknown_constant(klass: str, value: str, names: Iterable[str]) -> str:
    return (
        f'Cannot deserialize value of type `{klass}` from String "{value}": not one of the values '
        f"accepted for Enum class: [{', '.join(names)}]"
    )


def _date(prop: Property, value: Any, place: Place) -> str:
    del prop
    return date(value, place)


_SIMPLE: dict[str, Callable[[Property, Any, Place], Any]] = {
    "BOOLEAN": _boolean,
    "INTEGER": _number,
    "NUMBER": _number,
    "CONSTANT": _constant,
    "DATE": _date,
}


def _wrong_shape(klass: str, value: Any) -> str:
    kind, token = (
        ("Object", "START_OBJECT")
        if isinstance(value, dict)
        else ("Array", "START_ARRAY")
        if isinstance(value, list)
        else ("Boolean", "VALUE_TRUE" if value else "VALUE_FALSE")
        if isinstance(value, bool)
        else ("String", "VALUE_STRING")
        if isinstance(value, str)
        else ("Integer", "VALUE_NUMBER_INT")
    )
    return f"Cannot deserialize value of type `{klass}` from {kind} value (token `JsonToken.{token}`)"


def _picked(value: Any, keys: tuple[str, ...]) -> Json:
    return {key: value[key] for key in keys if isinstance(value, dict) and value.get(key) not in (None, "")}  # pyright: ignore[reportUnknownMemberType] - JSON


def without_nulls(value: Any) -> Any:
    """A value without the keys that hold null, at any depth."""
    if isinstance(value, dict):
        return {key: without_nulls(item) for key, item in cast(Json, value).items() if item is not None}
    if isinstance(value, list):
        return [without_nulls(item) for item in cast("list[Any]", value) if item is not None]
    return value
