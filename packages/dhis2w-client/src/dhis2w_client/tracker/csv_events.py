"""Events as CSV, one line for each data value: what `client.tracker.events.stream(format="csv")` gives, read again.

Source: `CsvEventService` and `CsvEventDataValue` of dhis2-core.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping
from typing import Any

from dhis2w_client.errors import InvalidRequestError
from dhis2w_client.tracker.objects import TrackerPayload

COLUMNS = (
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
"""The columns in DHIS2's order."""
OLD_NAMES = {"eventDate": "occurredAt", "dueDate": "scheduledAt", "completedDate": "completedAt"}
"""What the events API called them that 2.42 took away."""
_OF_EVENT = (
    *("event", "status", "program", "programStage", "enrollment", "orgUnit", "occurredAt", "scheduledAt"),
    *("createdAtClient", "updatedAtClient", "completedAt", "attributeOptionCombo", "attributeCategoryOptions"),
)
_POINT = re.compile(r"'?\s*POINT\s*\((-?[\d.]+) (-?[\d.]+)\)\s*'?", re.IGNORECASE)


def events_in_csv(content: bytes, *, header: bool = True) -> TrackerPayload:
    """Read events; lines that follow each other with one `event` are its values.

    Args:
        content: The CSV, in UTF-8.
        header: Whether the first line names the columns. Otherwise they are those that DHIS2 writes, in its order.

    Returns:
        A payload of events, for `client.tracker.push`. What DHIS2 works out itself (who stored it, and when) is left
        out.

    Raises:
        InvalidRequestError: There is no column `program`, or a geometry is no point.
    """
    lines = csv.DictReader(io.StringIO(content.decode("utf-8-sig")), fieldnames=None if header else COLUMNS)
    if "program" not in (lines.fieldnames or ()):
        raise InvalidRequestError("The CSV has no column `program`: its first line names no columns of events.")
    events: list[dict[str, Any]] = []
    for line in lines:
        row = {OLD_NAMES.get(name, name): cell for name, cell in line.items() if cell and name}
        if not events or row.get("event") is None or row["event"] != events[-1].get("event"):
            events.append(_event(row))
        if "dataElement" in row:
            events[-1].setdefault("dataValues", []).append(_value(row))
    return TrackerPayload.trust({"events": events})


def _event(row: Mapping[str, str]) -> dict[str, Any]:
    event: dict[str, Any] = {name: row[name] for name in _OF_EVENT if name in row}
    if "assignedUser" in row:
        event["assignedUser"] = {"username": row["assignedUser"]}
    point = _point(row)
    return event | ({"geometry": point} if point else {})


def _value(row: Mapping[str, str]) -> dict[str, Any]:
    elsewhere = {"providedElsewhere": row["providedElsewhere"] == "true"} if "providedElsewhere" in row else {}
    return {"dataElement": row["dataElement"], "value": row.get("value"), **elsewhere}


def _point(row: Mapping[str, str]) -> dict[str, Any] | None:
    if "geometry" in row:
        found = _POINT.fullmatch(row["geometry"])
        if found is None:
            raise InvalidRequestError(
                f"The geometry {row['geometry'][:40]!r} is no point.", next_step="Push other geometries as JSON."
            )
        return {"type": "Point", "coordinates": [float(found[1]), float(found[2])]}
    if "longitude" in row and "latitude" in row:
        return {"type": "Point", "coordinates": [float(row["longitude"]), float(row["latitude"])]}
    return None
