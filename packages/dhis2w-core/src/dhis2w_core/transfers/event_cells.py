"""Events and entities as a table has them: DHIS2's columns, and one for each data element or attribute."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, cast

from pydantic_core import from_json

from dhis2w_client.json_value import as_array, as_object, as_text
from dhis2w_core.errors import OperationError

Row = dict[str, Any]
COLUMNS = {
    name.lower(): name
    for name in (
        "event",
        "status",
        "program",
        "programStage",
        "enrollment",
        "enrollmentStatus",
        "trackedEntity",
        "orgUnit",
        "occurredAt",
        "scheduledAt",
        "followUp",
        "deleted",
        "createdAt",
        "createdAtClient",
        "updatedAt",
        "updatedAtClient",
        "attributeOptionCombo",
        "attributeCategoryOptions",
        "completedBy",
        "completedAt",
        "storedBy",
        "createdBy",
        "updatedBy",
        "assignedUser",
        "geometry",
        "longitude",
        "latitude",
    )
}
"""The columns of an event, by their names in lower case; every other one is a data element."""
LEFT_TO_SERVER = frozenset({"enrollmentStatus", "createdAt", "updatedAt", "createdBy", "updatedBy", "deleted"})
"""Columns of an export that an import does not read."""

VALUES = {"dataValues": "dataElement", "attributes": "attribute"}
"""Lists of values, and what each value is of."""
USERS = frozenset({"assignedUser", "createdBy", "updatedBy"})


def event_of(cells: Mapping[str, Any]) -> Row:
    """An event as tracker takes it.

    Args:
        cells: A line by column. `longitude` and `latitude` are a point, `geometry` is GeoJSON, `assignedUser` a user
            name.

    Raises:
        OperationError: It is a line of DHIS2's own CSV, which has one for each value, or a value of a data set.
    """
    if "dataElement" in cells and "period" in cells:
        raise OperationError(
            "The table has data values of data sets, not events.", next_step="`d2w data push` sends them."
        )
    if "dataElement" in cells:
        raise OperationError(
            "The table has a line for each data value, as DHIS2's own CSV; here it has one for each event.",
            next_step="Give each data element a column of its own, as `d2w tracker pull events` does.",
        )
    row: Row = {}
    values: list[Row] = []
    for name, cell in cells.items():
        column = COLUMNS.get(name.lower())
        if column is None:
            values.append({"dataElement": name, "value": cell})
        elif column not in LEFT_TO_SERVER:
            row[column] = cell
    if values:
        row["dataValues"] = values
    if isinstance(user := row.get("assignedUser"), str):
        row["assignedUser"] = {"username": user}
    return _with_place(row)


def cells_of(row: Mapping[str, Any]) -> dict[str, str | None]:
    """An event or entity as a line of a table; `event_of` makes the event again.

    Users become their names, a point its longitude and latitude; lists of other objects are left out.

    Args:
        row: As tracker gives it.
    """
    cells: dict[str, str | None] = {}
    values: dict[str, str | None] = {}
    for key, content in row.items():
        name = COLUMNS.get(key.lower(), key)  # events of 2.41 have `followUp` and `followup`
        parts = as_object(content)
        if name in VALUES:
            values |= {each[VALUES[name]]: _text(each.get("value")) for each in content or ()}
        elif name in USERS:
            cells[name] = as_text(parts.get("username"))
        elif parts.get("type") == "Point":
            cells["longitude"], cells["latitude"] = map(_text, as_array(parts.get("coordinates"))[:2])
        elif not isinstance(content, list):
            cells[name] = _text(cast("object", content))
    return cells | values


def _text(value: object) -> str | None:
    return value if value is None or isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _with_place(row: Row) -> Row:
    """The event with its geometry as GeoJSON; what is none stays for DHIS2 to refuse."""
    point = [row.pop(name, None) for name in ("longitude", "latitude")]
    if isinstance(text := row.get("geometry"), str):
        with suppress(ValueError):
            row["geometry"] = from_json(text)
    elif point != [None, None]:
        row["geometry"] = {"type": "Point", "coordinates": [_number(each) for each in point]}
    return row


def _number(cell: object) -> object:
    try:
        return float(str(cell))
    except ValueError:
        return cell
