"""What is checked of attribute values: the value by the attribute's type, uniqueness, presence.

Source: `MandatoryAttributesCheck`, `UniqueAttributesCheck`, `MetadataAttributeCheck`, `GeoJsonAttributesCheck` and
`DefaultAttributeValidator` of dhis2-core.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import date, datetime
from typing import Any, cast

from dhis2w_sandbox.errors import ErrorReport
from dhis2w_sandbox.metadata.bundle import Bundle, Item

Json = dict[str, Any]

ATTRIBUTE = "org.hisp.dhis.attribute.Attribute"
VALUES = "org.hisp.dhis.attribute.AttributeValues"

_INTEGER = re.compile(r"0|-?[1-9]\d*")
_NUMBER = re.compile(r"-?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
_PHONE = re.compile(r"[0-9+()#.\s/ext-]{6,50}")
_EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")


def _in_range(low: float, high: float) -> Callable[[str], bool]:
    return lambda text: bool(_NUMBER.fullmatch(text)) and low <= float(text) <= high


def _whole(low: float, high: float) -> Callable[[str], bool]:
    return lambda text: bool(_INTEGER.fullmatch(text)) and low <= int(text) <= high


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _is_datetime(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return "T" in text


_ANY = float("inf")

# The test of a value by the attribute's value type, and the code of its refusal.
TESTS: dict[str, tuple[Callable[[str], bool], str]] = {
    "INTEGER": (_whole(-_ANY, _ANY), "E6006"),
    "INTEGER_POSITIVE": (_whole(1, _ANY), "E6007"),
    "INTEGER_NEGATIVE": (_whole(-_ANY, -1), "E6013"),
    "INTEGER_ZERO_OR_POSITIVE": (_whole(0, _ANY), "E6009"),
    "NUMBER": (_in_range(-_ANY, _ANY), "E6008"),
    "PERCENTAGE": (_in_range(0, 100), "E6010"),
    "UNIT_INTERVAL": (_in_range(0, 1), "E6011"),
    "PHONE_NUMBER": (lambda text: bool(_PHONE.fullmatch(text)), "E6021"),
    "DATE": (_is_date, "E6014"),
    "DATETIME": (_is_datetime, "E6015"),
    "BOOLEAN": (lambda text: text in ("true", "false"), "E6016"),
    "TRUE_ONLY": (lambda text: text == "true", "E6017"),
    "EMAIL": (lambda text: bool(_EMAIL.fullmatch(text)), "E6018"),
}

# Value types whose value names an object.
OBJECTS = {"ORGANISATION_UNIT": "organisationUnit", "FILE_RESOURCE": "fileResource"}


def _pairs(item: Item) -> list[tuple[str, str]]:
    return [(row["attribute"]["id"], row["value"]) for row in item.new.get("attributeValues", ())]


def check_mandatory(bundle: Bundle, item: Item) -> list[ErrorReport]:
    """E4011: attributes that every object of the type must have, and this one has not."""
    if not has_values(item):
        return []
    given = {uid for uid, value in _pairs(item) if value}
    lacking = [
        uid
        for uid, attribute in bundle.attributes_of(item.schema).items()
        if attribute.get("mandatory") and uid not in given
    ]
    return [ErrorReport("E4011", (uid,), ATTRIBUTE, uid, property="value") for uid in lacking]


def has_values(item: Item) -> bool:
    """Whether objects of the type have attribute values at all: those of any other are dropped."""
    prop = item.schema.properties.get("attributeValues")
    return prop is not None and prop.persisted


def check_unique(bundle: Bundle, item: Item) -> list[ErrorReport]:
    """E4009: values of unique attributes that another object has."""
    if not has_values(item):
        return []
    errors: list[ErrorReport] = []
    attributes = bundle.attributes_of(item.schema) if item.new.get("attributeValues") else {}
    for uid, value in _pairs(item):
        attribute = attributes.get(uid)
        if attribute is None or not attribute.get("unique"):
            continue
        holder = bundle.attribute_holders(item.schema, uid).setdefault(value, item.uid)
        if holder != item.uid:
            args = (attribute.get("name") or uid, value)
            errors.append(ErrorReport("E4009", args, ATTRIBUTE, uid, property="value"))
    return errors


def check_values(bundle: Bundle, item: Item) -> list[ErrorReport]:
    """E6012: an attribute that is not for the type; E6006 to E6021: a value that is not of the attribute's type."""
    if not has_values(item):
        return []
    errors: list[ErrorReport] = []
    attributes = bundle.attributes_of(item.schema) if item.new.get("attributeValues") else {}
    for uid, value in _pairs(item):
        attribute = attributes.get(uid)
        if attribute is None:
            errors.append(ErrorReport("E6012", (uid, item.schema.short_klass), ATTRIBUTE))
        elif error := _value_error(bundle, str(attribute.get("valueType")), value):
            errors.append(error)
    return errors


def _value_error(bundle: Bundle, kind: str, value: str) -> ErrorReport | None:
    if kind in TESTS:
        test, code = TESTS[kind]
        return None if test(value) else ErrorReport(code, (value,), VALUES)
    if kind in OBJECTS:
        type = OBJECTS[kind]
        known = bundle.find(type, value) is not None
        return None if known else ErrorReport("E6019", (value, type[0].upper() + type[1:]), VALUES)
    if kind == "USERNAME" and bundle.server.user_named(value) is None:
        return ErrorReport("E6020", (value,), VALUES)
    return None


def check_geometries(bundle: Bundle, item: Item) -> list[ErrorReport]:
    """E6004, E6005: values of GeoJSON attributes that are no geometry."""
    if not has_values(item):
        return []
    errors: list[ErrorReport] = []
    attributes = bundle.attributes_of(item.schema) if item.new.get("attributeValues") else {}
    for uid, value in _pairs(item):
        if attributes.get(uid, {}).get("valueType") != "GEOJSON":
            continue
        code = _geometry_error(value)
        if code:
            subject = value if code == "E6004" and not _is_json(value) else uid
            errors.append(ErrorReport(code, (subject,), ATTRIBUTE, subject, property="value"))
    return errors


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def _geometry_error(text: str) -> str | None:
    if not _is_json(text):
        return "E6004"
    value = json.loads(text)
    kind = cast(Json, value).get("type") if isinstance(value, dict) else None
    if kind in ("GeometryCollection", "FeatureCollection", "Feature"):
        return "E6005"
    simple = kind in ("Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon")
    return None if simple and cast(Json, value).get("coordinates") else "E6004"
