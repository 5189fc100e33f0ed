"""How 41 and 42 read a set of data values: JSON by Jackson, CSV by position, XML, ADX with codes.

Source: `JacksonDataValueSetReader`, `CsvDataValueSetReader`, `XmlDataValueSetReader` and `DefaultAdxDataService` of
dhis2-core; recordings `data/import-formats`.
"""

from __future__ import annotations

import csv
import io
import json
from typing import Any, cast
from xml.etree import ElementTree

from dhis2w_sandbox.data import adx
from dhis2w_sandbox.data.combos import combo_by_names
from dhis2w_sandbox.data.entry_rules import EntryRules
from dhis2w_sandbox.data.identifiers import CODE, Identifiers, IdScheme, read_scheme
from dhis2w_sandbox.data.import_options import SCHEMES, ImportOptions
from dhis2w_sandbox.data.payload import RawGroup, RawValue, Unreadable, UnreadableGroup
from dhis2w_sandbox.documents import linked

Json = dict[str, Any]

NOTHING_READ = "Post-condition was null"
NAMESPACE = "http://dhis2.org/schema/dxf/2.0"


def read_json(body: bytes) -> RawGroup:
    """A JSON object; any scalar is a text."""
    try:
        payload: Any = json.loads(body)
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise Unreadable(NOTHING_READ) from error
    if not isinstance(payload, dict):
        raise Unreadable(NOTHING_READ)
    row = cast("Json", payload)
    return RawGroup(
        values=[_json_value(value) for value in row.get("dataValues") or ()],
        data_set=_text(row.get("dataSet")),
        complete_date=_text(row.get("completeDate")),
        period=_text(row.get("period")),
        unit=_text(row.get("orgUnit")),
        attribute=_text(row.get("attributeOptionCombo")),
        dry_run=row.get("dryRun"),
        schemes=schemes_in(row),
    )


def read_csv(body: bytes, options: ImportOptions) -> RawGroup:
    """Rows of up to eleven columns, whatever their names."""
    rows = list(csv.reader(io.StringIO(body.decode("utf-8-sig"))))
    if options.flag("firstRowIsHeader"):
        rows = rows[1:]
    return RawGroup([_csv_value(row) for row in rows if row], data_set=options.data_set)


def read_xml(body: bytes) -> RawGroup:
    """A `dataValueSet` element."""
    root = _root(body)
    if root.tag.rpartition("}")[2] != "dataValueSet":
        raise Unreadable(NOTHING_READ)
    return xml_group(root)


def xml_group(root: ElementTree.Element) -> RawGroup:
    """What is in a `dataValueSet` element."""
    head = root.attrib
    return RawGroup(
        values=[_xml_value(element.attrib) for element in root if element.tag.rpartition("}")[2] == "dataValue"],
        data_set=head.get("dataSet"),
        complete_date=head.get("completeDate"),
        period=head.get("period"),
        unit=head.get("orgUnit"),
        attribute=head.get("attributeOptionCombo"),
        dry_run=head["dryRun"].lower() == "true" if "dryRun" in head else None,
        schemes=schemes_in(dict(head)),
    )


def read_adx(body: bytes, rules: EntryRules, options: ImportOptions) -> RawGroup:
    """The groups of an `adx` element, one after the other; objects are named by code unless it says otherwise."""
    identifiers = Identifiers(rules.store)
    scheme = options.schemes.get("dataSetIdScheme") or options.schemes.get("idScheme") or CODE
    values: list[RawValue] = []
    count, root = 0, _root(body)
    try:
        for group in adx.groups(root):
            data_set = _data_set(identifiers, scheme, group.attributes.get("dataSet", ""))
            values += [_adx_value(group, row, data_set, rules, options) for row in group.values]
            count += 1
    except Unreadable as error:
        raise UnreadableGroup(str(error), count) from error
    return RawGroup(values, schemes=adx_schemes(options))


def _data_set(identifiers: Identifiers, scheme: IdScheme, name: str) -> str:
    uid = identifiers.uid("dataSet", scheme, name)
    if uid is None:
        raise Unreadable(f"No data set matching {scheme.kind.lower()} '{name}'")
    return uid


def adx_schemes(options: ImportOptions) -> dict[str, IdScheme]:
    """By what ADX names objects: by code, where the options do not say."""
    return {"idScheme": options.schemes.get("idScheme") or CODE}


def schemes_in(row: Json) -> dict[str, IdScheme]:
    """The schemes that a payload names in its head."""
    found = {name: read_scheme(str(row[name])) for name in SCHEMES if row.get(name)}
    return {name: scheme for name, scheme in found.items() if scheme}


def _root(body: bytes) -> ElementTree.Element:
    try:
        return ElementTree.fromstring(body)  # noqa: S314 - expat refuses no external entity, and reads none
    except ElementTree.ParseError as error:
        raise Unreadable("Failed to move to start element") from error


def _json_value(value: Any) -> RawValue:
    row = cast("Json", value) if isinstance(value, dict) else Json()
    return RawValue(
        _text(row.get("dataElement")),
        _text(row.get("period")),
        _text(row.get("orgUnit")),
        _text(row.get("categoryOptionCombo")),
        _text(row.get("attributeOptionCombo")),
        _text(row.get("value")),
        _text(row.get("comment")),
        _text(row.get("storedBy")),
        _flag(row.get("followup")),
        _flag(row.get("deleted")),
    )


def _csv_value(row: list[str]) -> RawValue:
    cells: list[str | None] = [cell if cell not in {"", "null"} else None for cell in row]
    cells += [None] * (11 - len(cells))
    element, period, unit, combo, attribute, value, stored_by, _, comment, follow_up, deleted = cells[:11]
    return RawValue(
        element, period, unit, combo, attribute, value, comment, stored_by, _flag(follow_up), _flag(deleted)
    )


def _xml_value(row: dict[str, str]) -> RawValue:
    return RawValue(
        row.get("dataElement"),
        row.get("period"),
        row.get("orgUnit"),
        row.get("categoryOptionCombo"),
        row.get("attributeOptionCombo"),
        row.get("value"),
        row.get("comment"),
        row.get("storedBy"),
        _flag(row.get("followUp")),
        _flag(row.get("deleted")),
    )


def _adx_value(
    group: adx.AdxGroup, row: dict[str, str], data_set: str, rules: EntryRules, options: ImportOptions
) -> RawValue:
    scheme = options.schemes.get("idScheme") or CODE
    named = {**options.schemes, "idScheme": scheme}
    identifiers = Identifiers(rules.store)
    element = identifiers.uid("dataElement", named.get("dataElementIdScheme", scheme), row.get("dataElement"))
    document = rules.store.get("dataSet", data_set) or {}
    combo = row.get("categoryOptionCombo")
    if combo is None and element is not None:
        category_combo = rules.combo_category(document, element) or ""
        uid = combo_by_names(rules, category_combo, dict(row), scheme, scheme)
        combo = identifiers.name("categoryOptionCombo", scheme, uid) if uid and uid != rules.default_combo else None
    attribute = group.attributes.get("attributeOptionCombo")
    if attribute is None:
        category_combo = linked(document, "categoryCombo") or ""
        uid = combo_by_names(rules, category_combo, dict(group.attributes), scheme, scheme)
        attribute = identifiers.name("categoryOptionCombo", scheme, uid) if uid and uid != rules.default_combo else None
    return RawValue(
        row.get("dataElement"),
        group.period.iso,
        group.attributes.get("orgUnit"),
        combo,
        attribute,
        row.get("value"),
        row.get("comment"),
    )


def _text(value: Any) -> str | None:
    """A scalar as Jackson reads it into a text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, str | int | float) else None


def _flag(value: Any) -> bool | None:
    if value is None or isinstance(value, bool):
        return value
    return str(value).lower() == "true"
