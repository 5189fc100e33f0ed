"""Metadata as CSV: which column of a row is which property of an object.

Source: `DefaultCsvImportService` and `CsvImportClass` of dhis2-core.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from typing import Any, NamedTuple

from dhis2w_sandbox.server import Server

Json = dict[str, Any]


class Column(NamedTuple):
    """One property of a row."""

    key: str
    limit: int | None = None
    """How many characters are read."""
    default: Any = None
    """What an empty column means; `NAME` stands for the object's name."""
    reference: bool = False


NAME = "{name}"
_SKIPPED = Column("_skipped")
_HEAD = (Column("name", 230), Column("id", 11), Column("code", 50))
_SHORT = Column("shortName", 50, NAME)
_DISAGGREGATION = Column("dataDimensionType", 50, "DISAGGREGATION")

COLUMNS: dict[str, tuple[str, tuple[Column, ...]]] = {
    "DATA_ELEMENT": (
        "dataElements",
        (
            *_HEAD,
            _SHORT,
            Column("description"),
            Column("formName", 230),
            Column("domainType", 16, "AGGREGATE"),
            Column("valueType", 50, "INTEGER"),
            Column("aggregationType", 50, "SUM"),
            Column("categoryCombo", 11, reference=True),
            Column("url", 255),
            Column("zeroIsSignificant", default="false"),
            Column("optionSet", 11, reference=True),
            Column("commentOptionSet", 11, reference=True),
        ),
    ),
    "DATA_ELEMENT_GROUP": ("dataElementGroups", (*_HEAD, _SHORT)),
    "CATEGORY_OPTION": ("categoryOptions", (*_HEAD, _SHORT)),
    "CATEGORY": (
        "categories",
        (*_HEAD, Column("description", 255), _DISAGGREGATION, Column("dataDimension", 40, "false")),
    ),
    "CATEGORY_COMBO": ("categoryCombos", (*_HEAD, _DISAGGREGATION, Column("skipTotal", 40, "false"))),
    "CATEGORY_OPTION_GROUP": ("categoryOptionGroups", (*_HEAD, _SHORT, _DISAGGREGATION)),
    "INDICATOR": (
        "indicators",
        (
            *_HEAD,
            Column("description", 255),
            _SHORT,
            Column("denominator"),
            Column("denominatorDescription", 255),
            Column("numerator"),
            Column("numeratorDescription", 255),
            Column("annualized", 40, "false"),
            Column("decimals", default=0),
            Column("indicatorType", reference=True),
        ),
    ),
    "ORGANISATION_UNIT": (
        "organisationUnits",
        (
            *_HEAD,
            Column("parent", 230, reference=True),
            _SHORT,
            Column("description"),
            Column("openingDate", default="1970-01-01"),
            Column("closedDate"),
            Column("comment"),
            Column("_featureType", 50),
            Column("_coordinates"),
            Column("url", 255),
            Column("contactPerson", 255),
            Column("address", 255),
            Column("email", 150),
            Column("phoneNumber", 150),
        ),
    ),
    "ORGANISATION_UNIT_GROUP": ("organisationUnitGroups", (*_HEAD, _SHORT)),
}
"""The plural of the type and its columns, by import class."""

_VALIDATION_RULE = (
    *_HEAD,
    Column("description", 255),
    Column("instruction", 255),
    Column("importance", 255, "MEDIUM"),
    _SKIPPED,
    Column("operator", 255, "equal_to"),
    Column("periodType", 255, "Monthly"),
)
_SIDE = (
    Column("expression", 255),
    Column("description", 255),
    Column("missingValueStrategy", 50, "NEVER_SKIP"),
)
_OPTION_GROUP = (
    *_HEAD,
    Column("shortName", 50),
    Column("optionSet", 11),
    Column("option", 11),
    Column("optionCode", 50),
)
_OPTION_GROUP_SET = (
    *_HEAD,
    Column("dataDimension", 40, "false"),
    Column("description"),
    Column("optionSet", 11),
    Column("optionSetCode", 50),
)

MEMBERSHIPS = {
    "DATA_ELEMENT_GROUP_MEMBERSHIP": ("dataElementGroups", "dataElements", ("id", "name")),
    "INDICATOR_GROUP_MEMBERSHIP": ("indicatorGroups", "indicators", ("id", "name")),
    "ORGANISATION_UNIT_GROUP_MEMBERSHIP": (
        "organisationUnitGroups",
        "organisationUnits",
        ("id", "name", "shortName"),
    ),
    "OPTION_GROUP_SET_MEMBERSHIP": ("optionGroupSets", "optionGroups", ("id", "name")),
}
"""Rows of group and member: the plural of the group's type, the list of members, and what else of the group is kept.

DHIS2 keeps no more: the import replaces the group, or refuses it where more is required.
"""

IMPORT_CLASSES = (
    "DATA_ELEMENT",
    "DATA_ELEMENT_GROUP",
    "DATA_ELEMENT_GROUP_MEMBERSHIP",
    "INDICATOR_GROUP_MEMBERSHIP",
    "CATEGORY_OPTION",
    "CATEGORY",
    "CATEGORY_COMBO",
    "CATEGORY_OPTION_GROUP",
    "ORGANISATION_UNIT",
    "ORGANISATION_UNIT_GROUP",
    "ORGANISATION_UNIT_GROUP_MEMBERSHIP",
    "VALIDATION_RULE",
    "OPTION_SET",
    "OPTION_GROUP",
    "OPTION_GROUP_SET",
    "OPTION_GROUP_SET_MEMBERSHIP",
    "INDICATOR",
)


def read_bundle(server: Server, import_class: str, text: str, *, has_header: bool) -> Json:
    """The objects of a CSV file as a payload of `/api/metadata`; `import_class` is one of `IMPORT_CLASSES`."""
    rows = [row for row in csv.reader(io.StringIO(text)) if row][1 if has_header else 0 :]
    if import_class in COLUMNS:
        plural, columns = COLUMNS[import_class]
        return {plural: [_object(columns, row) for row in rows]}
    if import_class in MEMBERSHIPS:
        return _groups(server, import_class, rows)
    return _READERS[import_class](server, rows)


def _values(columns: tuple[Column, ...], row: list[str]) -> Json:
    """What the columns of a row say; those that say nothing are left out."""
    found: Json = {}
    for column, value in zip(columns, [*row, *[""] * len(columns)], strict=False):
        default = row[0].strip() if column.default == NAME else column.default
        content = value.strip() or default
        if content is not None:
            found[column.key] = content[: column.limit] if isinstance(content, str) else content
    return found


def _object(columns: tuple[Column, ...], row: list[str]) -> Json:
    document = _values(columns, row)
    document |= {column.key: {"id": document[column.key]} for column in columns if _is_link(column, document)}
    document.pop(_SKIPPED.key, None)
    kind, coordinates = document.pop("_featureType", None), document.pop("_coordinates", None)
    if kind not in (None, "NONE") and coordinates:
        shape = "".join(word.capitalize() for word in str(kind).split("_")).replace("polygon", "Polygon")
        document["geometry"] = {"type": shape, "coordinates": coordinates}
    return document


def _is_link(column: Column, document: Json) -> bool:
    return column.reference and column.key in document


def _groups(server: Server, import_class: str, rows: list[list[str]]) -> Json:
    """The stored groups that the rows name, with the members of the rows instead of their own."""
    plural, key, kept = MEMBERSHIPS[import_class]
    type = server.schemas.by_plural[plural].singular
    groups: dict[str, Json] = {}
    for group, member, *_ in rows:
        stored = server.store.get(type, group.strip())
        if stored:
            named = {name: stored[name] for name in kept if name in stored}
            changed = groups.setdefault(stored["id"], {**named, key: []})
            if {"id": member.strip()} not in changed[key]:
                changed[key].append({"id": member.strip()})
    return {plural: list(groups.values())}


def _option_sets(server: Server, rows: list[list[str]]) -> Json:
    sets: dict[str, Json] = {}
    options: list[Json] = []
    for row in rows:
        option_set, option = _object(_HEAD, row[:3]), _object(_HEAD, row[3:6])
        if not option_set.get("name") or not option.get("code"):
            continue
        option.setdefault("id", server.new_uid())
        options.append(option)
        found = sets.setdefault(option_set["name"], {**option_set, "valueType": "TEXT", "options": []})
        found["options"].append({"id": option["id"]})
    return {"options": options, "optionSets": list(sets.values())}


def _option_groups(server: Server, rows: list[list[str]]) -> Json:
    """Groups of the options that a stored set has; other rows count for nothing."""
    groups: dict[str, Json] = {}
    for row in rows:
        values = _values(_OPTION_GROUP, row)
        option_set = server.store.get("optionSet", values.pop("optionSet", ""))
        uid, code = values.pop("option", None), values.pop("optionCode", None)
        option = _option_of(server, option_set, uid, code) if option_set else None
        if option_set is None or option is None or not values.get("name") or not values.get("shortName"):
            continue
        group = groups.setdefault(values["name"], {**values, "optionSet": {"id": option_set["id"]}, "options": []})
        group["options"].append({"id": option})
    return {"optionGroups": list(groups.values())}


def _option_of(server: Server, option_set: Json, uid: str | None, code: str | None) -> str | None:
    for row in option_set.get("options", ()):
        option = server.store.get("option", row["id"]) or {}
        if (uid is not None and uid == row["id"]) or (uid is None and code is not None and code == option.get("code")):
            return row["id"]
    return None


def _option_group_sets(server: Server, rows: list[list[str]]) -> Json:
    """Group sets of a stored option set, which is named by identifier or code."""
    found: list[Json] = []
    for row in rows:
        values = _values(_OPTION_GROUP_SET, row)
        uid, code = values.pop("optionSet", None), values.pop("optionSetCode", None)
        stored = server.store.all("optionSet")
        named = (doc for doc in stored if (doc["id"] == uid if uid else code is not None and doc.get("code") == code))
        option_set = next(named, None)
        if option_set:
            found.append({**values, "optionSet": {"id": option_set["id"]}})
    return {"optionGroupSets": found}


def _validation_rules(server: Server, rows: list[list[str]]) -> Json:
    del server
    return {
        "validationRules": [
            {
                **_object(_VALIDATION_RULE, row),
                "leftSide": _values(_SIDE, row[9:12]),
                "rightSide": _values(_SIDE, row[12:15]),
            }
            for row in rows
        ]
    }


_READERS: dict[str, Callable[[Server, list[list[str]]], Json]] = {
    "OPTION_GROUP": _option_groups,
    "OPTION_GROUP_SET": _option_group_sets,
    "OPTION_SET": _option_sets,
    "VALIDATION_RULE": _validation_rules,
}
