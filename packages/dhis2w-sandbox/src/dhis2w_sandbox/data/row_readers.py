"""How 41 and 42 read a set of data values: JSON by Jackson, CSV by position, XML.

Source: `JsonDataValueSetReader`, `CsvDataValueSetReader` and `XmlDataValueSetReader` of dhis2-core; recordings
`data/import-formats`.
"""

from __future__ import annotations

import csv
import io
import re
from typing import Any, cast
from xml.etree import ElementTree

from dhis2w_sandbox.data import jackson_rows
from dhis2w_sandbox.data.identifiers import IdScheme, read_scheme
from dhis2w_sandbox.data.import_options import SCHEMES, ImportOptions
from dhis2w_sandbox.data.payload import RawGroup, RawValue, Unreadable, UnreadableHead

Json = dict[str, Any]

NAMESPACE = "http://dhis2.org/schema/dxf/2.0"


def read_json(body: bytes) -> RawGroup:
    """A JSON object; any scalar is a text."""
    row = jackson_rows.read_object(body.decode("utf-8", "replace"))
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
    root = read_root(body)
    if root.tag.rpartition("}")[2] != "dataValueSet":
        raise UnreadableHead("Current event not START_ELEMENT")
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


def schemes_in(row: Json) -> dict[str, IdScheme]:
    """The schemes that a payload names in its head."""
    found = {name: read_scheme(str(row[name])) for name in SCHEMES if row.get(name)}
    return {name: scheme for name, scheme in found.items() if scheme}


def read_root(body: bytes) -> ElementTree.Element:
    """The root element; UnreadableHead where there is none, Unreadable where it does not end."""
    try:
        return ElementTree.fromstring(body)  # noqa: S314 - expat refuses no external entity, and reads none
    except ElementTree.ParseError as error:
        raise (Unreadable if _begins(body) else UnreadableHead)("Failed to move to start element") from error


def _begins(body: bytes) -> bool:
    """Whether there is a start tag at least."""
    return re.search(rb"<[\w:][^<>]*>", body) is not None


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


def _text(value: Any) -> str | None:
    """A scalar as Jackson reads it into a text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, str | int | float) else None


def _flag(value: Any) -> bool | None:
    if value is None or isinstance(value, bool):
        return value
    return str(value).lower() == "true"
