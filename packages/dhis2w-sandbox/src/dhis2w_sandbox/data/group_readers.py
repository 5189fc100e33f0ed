"""How 43 and newer read a set of data values: strict JSON, CSV by header name, XML and ADX by their root.

Source: `DataEntryInput` of dhis2-core; recordings `data/import-formats`.
"""

from __future__ import annotations

import csv
import io
import json
import re
from typing import Any, cast
from xml.etree import ElementTree

from dhis2w_sandbox.data import adx
from dhis2w_sandbox.data.import_options import ImportOptions
from dhis2w_sandbox.data.payload import RawGroup, RawValue, Unreadable
from dhis2w_sandbox.data.row_readers import schemes_in, xml_group
from dhis2w_sandbox.errors import Dhis2Refusal
from dhis2w_sandbox.server import Server

Json = dict[str, Any]

# The columns that a CSV body may have, in lower case; any other names a category.
_COLUMNS = {
    "dataelement": "element",
    "period": "period",
    "orgunit": "unit",
    "categoryoptioncombo": "combo",
    "attributeoptioncombo": "attribute",
    "value": "value",
    "comment": "comment",
    "followup": "follow_up",
    "deleted": "deleted",
}
# What the export writes beside them.
_NEVER_READ = frozenset({"storedby", "lastupdated"})
_ADX_GROUP = ("orgUnit", "period", "dataSet")
_ADX_VALUE = ("dataElement", "value", "comment", "followup")


def read_json(server: Server, body: bytes) -> list[RawGroup]:
    """A JSON object; any other value that is JSON, or begins like none, has no values. 400 where there is nothing."""
    text = body.decode("utf-8", "replace")
    if not text.strip():
        raise Dhis2Refusal(400, "Unexpected character at position 0,\n\n^ expected a JSON value but found EOI")
    if not text.lstrip().startswith("{"):
        return [RawGroup()]
    if unquoted := re.match(r"\s*\{\s*(?=[^\s\"}])", text):
        at = unquoted.end()
        raise Dhis2Refusal(400, f'Unexpected character at position {at},\n{text}\n{" " * at}^ expected `"`')
    try:
        row = cast("Json", json.loads(text))
    except json.JSONDecodeError as error:
        length = len(text)
        raise Dhis2Refusal(500, f"Index {length} out of bounds for length {length}") from error
    attribute = row.get("attributeOptionCombo")
    return [
        RawGroup(
            values=[_json_value(server, value) for value in row.get("dataValues") or ()],
            data_set=row.get("dataSet"),
            complete_date=row.get("completeDate"),
            period=row.get("period"),
            unit=row.get("orgUnit"),
            attribute=attribute if isinstance(attribute, str) else None,
            attribute_options=cast("dict[str, str | None]", attribute) if isinstance(attribute, dict) else None,
            dry_run=row.get("dryRun"),
            schemes=schemes_in(row),
            deletion=row.get("deletion"),
        )
    ]


def read_csv(body: bytes, options: ImportOptions) -> list[RawGroup]:
    """Rows below a header; 500 where there shall be none."""
    if not options.flag("firstRowIsHeader"):
        raise Dhis2Refusal(500, "CSV without header row is no longer supported.")
    rows = [row for row in csv.reader(io.StringIO(body.decode("utf-8-sig"))) if row]
    header = rows[0] if rows else []
    return [RawGroup([_csv_value(header, row) for row in rows[1:]], data_set=options.data_set)]


def read_xml(server: Server, body: bytes) -> list[RawGroup]:
    """A `dataValueSet` or `adx` element; 400 E8007 where it is another, 500 where it is no XML."""
    try:
        root = ElementTree.fromstring(body)  # noqa: S314 - expat refuses no external entity, and reads none
    except ElementTree.ParseError as error:
        lines = body.decode("utf-8", "replace").split("\n")
        text = "Unexpected end of input block; expected an identifier\n at [row,col {unknown-source}]"
        raise Dhis2Refusal(500, f"{text}: [{len(lines)},{len(lines[-1])}]") from error
    name = root.tag.rpartition("}")[2]
    if name == "dataValueSet":
        return [xml_group(root)]
    if name == "adx":
        return _adx_groups(server, root)
    text = f"Neither <dataValueSet> nor <adx> root tag found but: `<{name}>`"
    raise Dhis2Refusal(400, f"XML file error : {text}", "E8007")


def _adx_groups(server: Server, root: ElementTree.Element) -> list[RawGroup]:
    try:
        return [_adx_group(group) for group in adx.groups(root, server.behaviour)]
    except Unreadable as error:
        raise Dhis2Refusal(400, str(error)) from error


def _adx_group(group: adx.AdxGroup) -> RawGroup:
    head = group.attributes
    others: dict[str, str | None] = {key: value for key, value in head.items() if key not in _ADX_GROUP}
    return RawGroup(
        values=[_adx_value(group, row) for row in group.values],
        data_set=head.get("dataSet"),
        complete_date=head.get("completeDate"),
        period=group.period.iso,
        unit=head.get("orgUnit"),
        attribute=head.get("attributeOptionCombo"),
        attribute_options=None if "attributeOptionCombo" in head else others or None,
    )


def _adx_value(group: adx.AdxGroup, row: dict[str, str]) -> RawValue:
    options: dict[str, str | None] = {key: value for key, value in row.items() if key not in _ADX_VALUE}
    return RawValue(
        row.get("dataElement"),
        group.period.iso,
        group.attributes.get("orgUnit"),
        row.get("categoryOptionCombo"),
        None,
        row.get("value"),
        row.get("comment"),
        follow_up=_flag(row.get("followup")),
        deleted=_flag(row.get("deleted")),
        options=None if "categoryOptionCombo" in row else options,
    )


def _json_value(server: Server, row: Json) -> RawValue:
    combo = row.get("categoryOptionCombo")
    read_text = _any_text if server.behaviour.reads_numbers_as_values else _text
    return RawValue(
        _text(row, "dataElement"),
        _text(row, "period"),
        _text(row, "orgUnit"),
        combo if isinstance(combo, str) else None,
        _text(row, "attributeOptionCombo"),
        read_text(row, "value"),
        _text(row, "comment"),
        follow_up=_boolean(row, "followUp"),
        deleted=_boolean(row, "deleted"),
        options=cast("dict[str, str | None]", combo) if isinstance(combo, dict) else None,
    )


def _csv_value(header: list[str], row: list[str]) -> RawValue:
    cells = {name: cell or None for name, cell in zip(header, row, strict=False)}
    known = {_COLUMNS[name.lower()]: cell for name, cell in cells.items() if name.lower() in _COLUMNS}
    others = {name: cell for name, cell in cells.items() if name.lower() not in _COLUMNS | dict.fromkeys(_NEVER_READ)}
    return RawValue(
        known.get("element"),
        known.get("period"),
        known.get("unit"),
        known.get("combo"),
        known.get("attribute"),
        known.get("value"),
        known.get("comment"),
        follow_up=_flag(known.get("follow_up")),
        deleted=_flag(known.get("deleted")),
        options=others if others and "combo" not in known else None,
    )


def _text(row: Json, key: str) -> str | None:
    value = row.get(key)
    if value is not None and not isinstance(value, str):
        raise _wrong_type(row, key, "STRING")
    return value


def _any_text(row: Json, key: str) -> str | None:
    value = row.get(key)
    return json.dumps(value) if isinstance(value, bool | int | float) else _text(row, key)


def _boolean(row: Json, key: str) -> bool | None:
    value = row.get(key)
    if value is not None and not isinstance(value, bool):
        raise _wrong_type(row, key, "BOOLEAN")
    return value


def _wrong_type(row: Json, key: str, wanted: str) -> Dhis2Refusal:
    value = row[key]
    kinds = {bool: "BOOLEAN", int: "NUMBER", float: "NUMBER", str: "STRING", list: "ARRAY", dict: "OBJECT"}
    shown = json.dumps(value, ensure_ascii=False)
    return Dhis2Refusal(500, f"Path `$.{key}` does not contain an {wanted} but a(n) {kinds[type(value)]}: {shown}")


def _flag(text: str | None) -> bool | None:
    return None if text is None else text.lower() == "true"
