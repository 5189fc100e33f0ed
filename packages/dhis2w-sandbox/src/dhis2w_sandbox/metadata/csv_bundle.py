"""Metadata as CSV: which column of a row is which property of an object.

Source: `DefaultCsvImportService` and `CsvImportClass` of dhis2-core.
"""

from __future__ import annotations

import csv
import io
from typing import Any, NamedTuple

from dhis2w_sandbox.errors import NotInSandbox
from dhis2w_sandbox.server import Server

Json = dict[str, Any]


class Column(NamedTuple):
    """One property of a row."""

    key: str
    default: Any = None
    """What an empty column means; `NAME` stands for the object's name."""
    reference: bool = False


NAME = "{name}"
_HEAD = (Column("name"), Column("id"), Column("code"))
_SHORT = Column("shortName", NAME)

COLUMNS: dict[str, tuple[str, tuple[Column, ...]]] = {
    "DATA_ELEMENT": (
        "dataElements",
        (
            *_HEAD,
            _SHORT,
            Column("description"),
            Column("formName"),
            Column("domainType", "AGGREGATE"),
            Column("valueType", "INTEGER"),
            Column("aggregationType", "SUM"),
            Column("categoryCombo", reference=True),
            Column("url"),
            Column("zeroIsSignificant", "false"),
            Column("optionSet", reference=True),
            Column("commentOptionSet", reference=True),
        ),
    ),
    "DATA_ELEMENT_GROUP": ("dataElementGroups", (*_HEAD, _SHORT)),
    "CATEGORY_OPTION": ("categoryOptions", (*_HEAD, _SHORT)),
    "CATEGORY": (
        "categories",
        (
            *_HEAD,
            Column("description"),
            Column("dataDimensionType", "DISAGGREGATION"),
            Column("dataDimension", "false"),
        ),
    ),
    "CATEGORY_COMBO": (
        "categoryCombos",
        (*_HEAD, Column("dataDimensionType", "DISAGGREGATION"), Column("skipTotal", "false")),
    ),
    "CATEGORY_OPTION_GROUP": (
        "categoryOptionGroups",
        (*_HEAD, _SHORT, Column("dataDimensionType", "DISAGGREGATION")),
    ),
    "INDICATOR": (
        "indicators",
        (
            *_HEAD,
            Column("description"),
            _SHORT,
            Column("denominator"),
            Column("denominatorDescription"),
            Column("numerator"),
            Column("numeratorDescription"),
            Column("annualized", "false"),
            Column("decimals", 0),
            Column("indicatorType", reference=True),
        ),
    ),
    "ORGANISATION_UNIT": (
        "organisationUnits",
        (
            *_HEAD,
            Column("parent", reference=True),
            _SHORT,
            Column("description"),
            Column("openingDate", "1970-01-01"),
            Column("closedDate"),
            Column("comment"),
            Column("_featureType"),
            Column("_coordinates"),
            Column("url"),
            Column("contactPerson"),
            Column("address"),
            Column("email"),
            Column("phoneNumber"),
        ),
    ),
    "ORGANISATION_UNIT_GROUP": ("organisationUnitGroups", (*_HEAD, _SHORT)),
}
"""The plural of the type and its columns, by import class."""

MEMBERSHIPS = {
    "DATA_ELEMENT_GROUP_MEMBERSHIP": ("dataElementGroups", "dataElements"),
    "INDICATOR_GROUP_MEMBERSHIP": ("indicatorGroups", "indicators"),
    "ORGANISATION_UNIT_GROUP_MEMBERSHIP": ("organisationUnitGroups", "organisationUnits"),
    "OPTION_GROUP_SET_MEMBERSHIP": ("optionGroupSets", "optionGroups"),
}
"""Rows of group and member: the plural of the group's type, and the list that the members go to."""

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
    """The objects of a CSV file as a payload of `/api/metadata`.

    Raises:
        NotInSandbox: for an import class that the sandbox cannot read.
    """
    rows = [row for row in csv.reader(io.StringIO(text)) if row][1 if has_header else 0 :]
    if import_class in COLUMNS:
        plural, columns = COLUMNS[import_class]
        return {plural: [_object(columns, row) for row in rows]}
    if import_class in MEMBERSHIPS:
        return _groups(server, *MEMBERSHIPS[import_class], rows)
    if import_class == "OPTION_SET":
        return _option_sets(server, rows)
    raise NotInSandbox(f"CSV import of {import_class}")


def _object(columns: tuple[Column, ...], row: list[str]) -> Json:
    document: Json = {}
    for column, value in zip(columns, [*row, *[""] * len(columns)], strict=False):
        content = value.strip() or (row[0][:50] if column.default == NAME else column.default)
        if content is not None:
            document[column.key] = {"id": content} if column.reference else content
    kind, coordinates = document.pop("_featureType", None), document.pop("_coordinates", None)
    if kind not in (None, "NONE") and coordinates:
        shape = "".join(word.capitalize() for word in str(kind).split("_")).replace("polygon", "Polygon")
        document["geometry"] = {"type": shape, "coordinates": coordinates}
    return document


def _groups(server: Server, plural: str, key: str, rows: list[list[str]]) -> Json:
    """Groups as they are stored, with the members that the rows add to them: nothing else of them changes."""
    type = server.schemas.by_plural[plural].singular
    groups: dict[str, Json] = {}
    for group, member, *_ in rows:
        stored = server.store.get(type, group)
        if stored:
            changed = groups.setdefault(group, {**stored, key: list(stored.get(key, ()))})
            if {"id": member} not in changed[key]:
                changed[key].append({"id": member})
    return {plural: list(groups.values())}


def _option_sets(server: Server, rows: list[list[str]]) -> Json:
    sets: dict[str, Json] = {}
    options: list[Json] = []
    columns = (Column("name"), Column("id"), Column("code"))
    for row in rows:
        option_set = _object(columns, row[:3])
        option = _object(columns, row[3:6])
        if not option_set.get("name") or not option.get("code"):
            continue
        option.setdefault("id", server.new_uid())
        options.append(option)
        found = sets.setdefault(option_set["name"], {**option_set, "valueType": "TEXT", "options": []})
        found["options"].append({"id": option["id"]})
    return {"options": options, "optionSets": list(sets.values())}
