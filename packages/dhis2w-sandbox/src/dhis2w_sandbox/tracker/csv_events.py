"""Events as CSV, one row for each data value: the body of an import, plain, gzip or zip.

Source: `CsvEventService` and `CsvEventDataValue` of dhis2-core.
"""

from __future__ import annotations

import csv
import io
import re
from typing import Any

from dhis2w_sandbox.bodies import unpacked
from dhis2w_sandbox.call import Call
from dhis2w_sandbox.data.import_options import boolean
from dhis2w_sandbox.errors import Dhis2Refusal
from dhis2w_sandbox.tracker.payload import Payload
from dhis2w_sandbox.tracker.payload_reader import PayloadReader, Schemes
from dhis2w_sandbox.tracker.reading.csv_lists import EVENT_COLUMNS

Json = dict[str, Any]

_OF_EVENT = (
    "event",
    "status",
    "program",
    "programStage",
    "orgUnit",
    "enrollment",
    "occurredAt",
    "scheduledAt",
    "createdAtClient",
    "updatedAtClient",
    "completedAt",
    "storedBy",
    "attributeOptionCombo",
    "attributeCategoryOptions",
)
_OF_VALUE = (
    "dataElement",
    "value",
    "providedElsewhere",
    "createdAtDataValue",
    "updatedAtDataValue",
    "storedByDataValue",
)


def read_csv(call: Call, schemes: Schemes) -> Payload:
    """The events in a CSV body; its first row names the columns, unless `skipFirst=false`.

    Rows that follow each other with one identifier are one event; for 2.41 no identifier is one too, and events
    without a column for it are none.
    """
    has_header = boolean(call, "skipFirst", default=True)
    text = unpacked(call.path, call.body).decode("utf-8-sig", errors="replace")
    rows = csv.DictReader(io.StringIO(text), fieldnames=None if has_header else EVENT_COLUMNS)
    by_text = not call.server.behaviour.reads_tracker_uids_strictly
    events: list[Json] = []
    last: str | None = None
    for row in rows:
        present = {key: value for key, value in row.items() if key and value}
        uid = row.get("event") if by_text else present.get("event")
        if uid != last or (uid is None and not by_text):
            events.append(_event(present))
            last = uid
        if events and any(key in present for key in _OF_VALUE):
            value = {key: present[key] for key in ("dataElement", "value", "providedElsewhere") if key in present}
            events[-1]["dataValues"].append(value)
    return PayloadReader(call.server, schemes).read({"events": events})


def _event(row: Json) -> Json:
    event: Json = {key: row[key] for key in _OF_EVENT if key in row}
    if "assignedUser" in row:
        event["assignedUser"] = {"username": row["assignedUser"]}
    if "geometry" in row:
        event["geometry"] = _point(row["geometry"])
    elif "longitude" in row and "latitude" in row:
        event["geometry"] = {"type": "Point", "coordinates": [float(row["longitude"]), float(row["latitude"])]}
    return {**event, "dataValues": []}


def _point(wkt: str) -> Json:
    """A geometry in well-known text: points, and polygons without holes."""
    kind, _, rest = wkt.strip("'\" ").partition("(")
    pairs = re.findall(r"(-?\d+(?:\.\d+)?)\s+(-?\d+(?:\.\d+)?)", rest)
    points = [[float(x), float(y)] for x, y in pairs]
    if kind.strip().upper() == "POINT" and len(points) == 1:
        return {"type": "Point", "coordinates": points[0]}
    if kind.strip().upper() == "POLYGON" and points:
        return {"type": "Polygon", "coordinates": [points]}
    raise Dhis2Refusal(409, f"Unknown geometry type: {wkt}")
