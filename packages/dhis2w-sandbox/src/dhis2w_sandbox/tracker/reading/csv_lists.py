"""Tracker's lists as files: CSV with one row for each value, JSON, both also packed.

Source: `CsvEventService` (43: `TrackerEventCsvWriter`, `SingleEventCsvWriter` too), `CsvTrackedEntityService`,
`CompressionUtil` of dhis2-core. Jackson, which writes the CSV
there, puts cells in quotes that are long or hold one of the characters up to the comma.
"""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any, cast

from dhis2w_sandbox.call import Call, Reply
from dhis2w_sandbox.errors import Dhis2Refusal, HtmlRefusal
from dhis2w_sandbox.negotiation import SUFFIXES

Json = dict[str, Any]
CsvRow = dict[str, str | None]

EVENT_COLUMNS = (
    "event",
    "status",
    "program",
    "programStage",
    "enrollment",
    "orgUnit",
    "occurredAt",
    "scheduledAt",
    "geometry",
    "latitude",
    "longitude",
    "followUp",
    "deleted",
    "createdAt",
    "createdAtClient",
    "updatedAt",
    "updatedAtClient",
    "completedBy",
    "completedAt",
    "updatedBy",
    "attributeOptionCombo",
    "attributeCategoryOptions",
    "assignedUser",
    "dataElement",
    "value",
    "storedBy",
    "providedElsewhere",
    "storedByDataValue",
    "updatedAtDataValue",
    "createdAtDataValue",
)
_SPLIT_COLUMNS = (*EVENT_COLUMNS[:-2], "createdAtDataValue", "updatedAtDataValue")
_OF_ENROLLMENTS = frozenset({"programStage", "enrollment", "scheduledAt", "followUp"})
COLUMNS = {
    "events": EVENT_COLUMNS,
    "trackerEvents": _SPLIT_COLUMNS,
    "singleEvents": tuple(name for name in _SPLIT_COLUMNS if name not in _OF_ENROLLMENTS),
}
"""The columns of events by the name of their list."""
# What the copy of a row that each data value makes leaves out.
_ONCE = frozenset({"createdAtClient", "updatedAtClient", "assignedUser"})
ENTITY_COLUMNS = (
    "trackedEntity",
    "trackedEntityType",
    "createdAt",
    "createdAtClient",
    "updatedAt",
    "updatedAtClient",
    "orgUnit",
    "inactive",
    "deleted",
    "potentialDuplicate",
    "attribute",
    "displayName",
    "attrCreatedAt",
    "attrUpdatedAt",
    "valueType",
    "value",
    "geometry",
    "longitude",
    "latitude",
    "storedBy",
    "createdBy",
    "updatedBy",
)
SUFFIXES_OF_ENTITIES = ("csv", "csv.gz", "csv.zip")
SUFFIXES_OF_EVENTS = (*SUFFIXES_OF_ENTITIES, "json.gz", "json.zip")
_TIMES = frozenset(
    name for name in (*EVENT_COLUMNS, *ENTITY_COLUMNS) if name.endswith(("At", "AtClient", "AtDataValue"))
)
_LONG = 24


def is_file(call: Call) -> bool:
    """Whether a request wants something other than plain JSON."""
    return call.suffix not in {None, "json"}


def event_rows(events: Iterable[Json]) -> list[CsvRow]:
    """The rows of events: one for each data value, or one without any."""
    rows: list[CsvRow] = []
    for event in events:
        row = _common(event, EVENT_COLUMNS)
        values: list[Json] = event.get("dataValues") or []
        copied = {key: cell for key, cell in row.items() if key not in _ONCE}
        rows += [copied | _event_value(value) for value in values] or [row]
    return rows


def entity_rows(entities: Iterable[Json]) -> list[CsvRow]:
    """The rows of tracked entities: one for each attribute, or one without any."""
    rows: list[CsvRow] = []
    for entity in entities:
        row = _common(entity, ENTITY_COLUMNS)
        values: list[Json] = entity.get("attributes") or []
        rows += [row | _attribute(value) for value in values] or [row]
    return rows


def _event_value(value: Json) -> CsvRow:
    storer: CsvRow = {"storedBy": value["storedBy"]} if value.get("storedBy") is not None else {}
    return storer | {
        "dataElement": value["dataElement"],
        "value": value["value"],
        "providedElsewhere": _text(value["providedElsewhere"]),
        "createdAtDataValue": value["createdAt"],
        "updatedAtDataValue": value["updatedAt"],
    }


def _attribute(value: Json) -> CsvRow:
    return {
        "attribute": value["attribute"],
        "displayName": value["displayName"],
        "attrCreatedAt": value["createdAt"],
        "attrUpdatedAt": value["updatedAt"],
        "valueType": value["valueType"],
        "value": value.get("value"),
    }


def _common(record: Json, columns: Iterable[str]) -> CsvRow:
    row: CsvRow = {key: _text(record[key]) for key in columns if key != "geometry" and record.get(key) is not None}
    geometry: Json | None = record.get("geometry")
    if geometry is not None:
        row["geometry"] = _well_known_text(geometry)
        if geometry["type"] == "Point":
            row["longitude"], row["latitude"] = (str(float(number)) for number in geometry["coordinates"][:2])
    return row


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return cast("Json", value)["username"] if isinstance(value, dict) else str(value)


def _well_known_text(geometry: Json) -> str:
    """A geometry as well-known text: `POINT (12.5 41.9)`."""
    coordinates = geometry["coordinates"]
    if geometry["type"] == "MultiPoint":
        coordinates = [[point] for point in coordinates]
    return f"{geometry['type'].upper()} {_numbers(coordinates)}"


def _numbers(coordinates: Any) -> str:
    if not isinstance(coordinates[0], list):
        return f"({_point(coordinates)})"
    if not isinstance(coordinates[0][0], list):
        return f"({', '.join(map(_point, coordinates))})"
    return f"({', '.join(map(_numbers, coordinates))})"


def _point(coordinates: Iterable[float]) -> str:
    return " ".join(format(Decimal(repr(float(number))).normalize(), "f") for number in coordinates)


def as_file(
    call: Call, name: str, columns: tuple[str, ...], make: Callable[[], tuple[list[Json], list[CsvRow]]]
) -> Reply:
    """The answer with a list as a file; an error is the container's page, 500.

    Args:
        call: the request, whose suffix says which file.
        name: the name of the list.
        columns: those of the CSV.
        make: makes the list, and the rows of its CSV.
    """
    try:
        views, rows = make()
    except Dhis2Refusal as refused:
        raise HtmlRefusal(500, refused.message) from refused
    suffix = call.suffix or "csv"
    kind, _, packing = suffix.partition(".")
    if kind == "csv":
        content = _csv(columns, rows, header=not call.flag("skipHeader")).encode()
    else:
        content = json.dumps({name: views}, ensure_ascii=False).encode()
    headers = {"Content-Disposition": f"attachment; filename={name}.{suffix}"}
    if packing:
        headers["Content-Transfer-Encoding"] = "binary"
    return Reply(200, _packed(content, packing, f"{name}.{kind}"), SUFFIXES[suffix], headers)


def _csv(columns: tuple[str, ...], rows: list[CsvRow], *, header: bool) -> str:
    lines = [",".join(columns)] if header else []
    lines += [",".join(_cell(column, row.get(column)) for column in columns) for row in rows]
    return "".join(f"{line}\n" for line in lines)


def _cell(column: str, value: str | None) -> str:
    if value is None:
        return ""
    if column in _TIMES:
        day, _, fraction = value.partition(".")
        value = f"{day}.{fraction}Z" if int(fraction or 0) else f"{day}Z"
    if len(value) > _LONG or any(char <= "," for char in value):
        return '"' + value.replace('"', '""') + '"'
    return value


def _packed(content: bytes, packing: str, name: str) -> bytes:
    if packing == "gz":
        return gzip.compress(content, mtime=0)
    if packing == "zip":
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(name, content)
        return out.getvalue()
    return content
