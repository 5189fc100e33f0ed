"""Where events are on the map: by which of several geometries.

Source: `DefaultEventDataQueryService.getCoordinateFields`, `DefaultEventCoordinateService`, `JdbcEventAnalyticsManager`
of dhis2-core.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dhis2w_sandbox.call import Call
from dhis2w_sandbox.data.analytics.query import refusal
from dhis2w_sandbox.data.entry_rules import EntryRules
from dhis2w_sandbox.metadata.units import UNIT

if TYPE_CHECKING:
    from dhis2w_sandbox.data.analytics.event_grid import Row

Json = dict[str, Any]
Box = tuple[float, float, float, float]
"""Smallest longitude and latitude, then the largest."""

EVENT, ENROLLMENT, ENTITY, PLACE = "eventgeometry", "enrollmentgeometry", "tegeometry", "ougeometry"
_FIELDS = (EVENT, ENROLLMENT, ENTITY, PLACE)
_NAMED = {
    **{field: field for field in _FIELDS},
    "EVENT": EVENT,
    "ENROLLMENT": ENROLLMENT,
    "TRACKER": ENTITY,
}
_FORMERLY = {"psigeometry": EVENT, "pigeometry": ENROLLMENT, "teigeometry": ENTITY}
_SOURCES = {field: name for name, field in _FORMERLY.items()}
"""What the answer calls a geometry, as older versions did."""
_TYPES = ("COORDINATE", "ORGANISATION_UNIT")


@dataclass(frozen=True)
class Coordinates:
    """Which geometries of a row count, the first that is there."""

    fields: tuple[str, ...] = ()
    """Of the above, or a data element or attribute; none for that of the event."""
    has_fallback: bool = False
    """Whether another one counts where the first is missing."""

    def found(self, row: Row, rules: EntryRules) -> tuple[str, Json] | None:
        """The field that is there, with its geometry."""
        for field in self.fields or (EVENT,):
            geometry = _geometry(row, field, rules)
            if geometry is not None:
                return field, geometry
        return None

    def geometry(self, row: Row, rules: EntryRules) -> Json | None:
        """The geometry."""
        found = self.found(row, rules)
        return found[1] if found else None

    def source(self, row: Row, rules: EntryRules) -> str | None:
        """What the geometry is of."""
        found = self.found(row, rules)
        return _SOURCES.get(found[0], found[0]) if found else None


def read_coordinates(call: Call, rules: EntryRules, program: Json) -> Coordinates:
    """The geometries that a request names; 409 where there is no such."""
    fields: list[str] = []
    name, other = call.param("coordinateField"), call.param("fallbackCoordinateField")
    if name is not None:
        fields.append(_field(call, rules, program, name))
    registers = program.get("programType") == "WITH_REGISTRATION"
    by_default = call.flag("defaultCoordinateFallback")
    if other is not None:
        fields.append(_fallback(call, rules, _current(other), registers=registers))
    elif by_default:
        fields += _FIELDS
    return Coordinates(tuple(dict.fromkeys(fields)), other is not None or by_default)


def extent(geometries: Iterable[Json]) -> str | None:
    """The box around geometries as the database writes it; None where there is none."""
    rows = list(geometries)
    if not rows:
        return None
    left, bottom, right, top = (f"{number:.15g}" for number in _around(rows))
    return f"BOX({left} {bottom},{right} {top})"


def _current(name: str) -> str:
    """The field that a name stands for, or formerly did."""
    return _FORMERLY.get(name.lower(), name)


def _field(call: Call, rules: EntryRules, program: Json, name: str) -> str:
    field = _NAMED.get(_current(name))
    if field is not None:
        if field == ENTITY and program.get("programType") != "WITH_REGISTRATION":
            raise refusal(call, "E7221", field)
        return field
    for type, code in (("dataElement", "E7219"), ("trackedEntityAttribute", "E7220")):
        document = rules.document(type, name)
        if document is not None:
            if document["valueType"] not in _TYPES:
                raise refusal(call, code, name)
            return name
    raise refusal(call, "E7221", name)


def _fallback(call: Call, rules: EntryRules, field: str, *, registers: bool) -> str:
    known = any(rules.document(type, field) for type in ("dataElement", "trackedEntityAttribute"))
    if (field in _FIELDS and (registers or field != ENTITY)) or known:
        return field
    raise refusal(call, "E7232", field)


def _geometry(row: Row, field: str, rules: EntryRules) -> Json | None:
    owners = {EVENT: row.event, ENROLLMENT: row.enrollment, ENTITY: row.entity}
    if field in owners:
        owner = owners[field]
        return owner.geometry if owner else None
    if field == PLACE:
        return row.unit.get("geometry")
    text = row.value_of(field) or ""
    if text.startswith("["):
        return {"type": "Point", "coordinates": json.loads(text)}
    return (rules.document(UNIT, text) or {}).get("geometry")


def _around(geometries: Iterable[Json]) -> Box:
    points = [point for geometry in geometries for point in _points(geometry["coordinates"])]
    across, up = [point[0] for point in points], [point[1] for point in points]
    return min(across), min(up), max(across), max(up)


def _points(coordinates: list[Any]) -> list[list[float]]:
    """The points of a geometry of any kind."""
    if not isinstance(coordinates[0], list):
        return [coordinates]
    return [point for part in coordinates for point in _points(part)]
