"""Checks of organisation units: their names, dates, places and points.

Source: the SQL of the files `data-integrity-checks/orgunits/*.yaml` of dhis2-core.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from itertools import pairwise
from typing import Any

from dhis2w_sandbox.documents import linked
from dhis2w_sandbox.metadata.units import lineage
from dhis2w_sandbox.server import Server
from dhis2w_sandbox.services.integrity_findings import (
    RULES,
    Findings,
    Rule,
    by_name,
    issue,
    pointed_at,
    rule,
    those,
)

Polygon = list[list[list[float]]]
"""Rings of longitude and latitude; the first is the outline."""


Json = dict[str, Any]


@rule("orgunits_no_coordinates")
def _units_without_coordinates(server: Server) -> Findings:
    units = server.store.all("organisationUnit")
    bare = (row for row in by_name(units) if not row.get("geometry"))
    return Findings([issue(row, str(len(lineage(server.store, row)))) for row in bare], len(units))


def _roots(server: Server) -> list[Json]:
    return [row for row in server.store.all("organisationUnit") if linked(row, "parent") is None]


@rule("orgunits_multiple_roots")
def _several_roots(server: Server) -> Findings:
    roots = _roots(server)
    names = " ; ".join(row["name"] for row in roots)
    issues = [issue(row, names) for row in roots] if len(roots) > 1 else []
    return Findings(issues, len(server.store.all("organisationUnit")))


@rule("orgunits_orphaned")
def _orphans(server: Server) -> Findings:
    parents = pointed_at(server.store, "organisationUnit", "parent")
    issues = [issue(row) for row in _roots(server) if row["id"] not in parents]
    return Findings(issues, len(server.store.all("organisationUnit")))


def _badly_spaced(pattern: str) -> Rule:
    def look(server: Server) -> Findings:
        units = server.store.all("organisationUnit")
        names = ("name", "shortName")
        bad = (row for row in by_name(units) if any(re.search(pattern, row.get(key) or "") for key in names))
        return Findings([issue(row, row.get("shortName")) for row in bad], len(units))

    return look


RULES["orgunits_multiple_spaces"] = _badly_spaced(r"\s{2,}")
RULES["orgunits_trailing_spaces"] = _badly_spaced(r"\s+$")


@rule("orgunits_openingdate_gt_closeddate")
def _closed_before_open(server: Server) -> Findings:
    def broken(unit: Json) -> bool:
        opened, closed = unit.get("openingDate"), unit.get("closedDate")
        return bool(opened and closed and opened[:10] > closed[:10])

    return those(server.store, "organisationUnit", broken)


@rule("orgunits_same_name_and_parent")
def _namesakes(server: Server) -> Findings:
    units = server.store.all("organisationUnit")
    places = [(linked(row, "parent"), re.sub(r"\s", "", row["name"].lower())) for row in units]
    counts = Counter(places)
    issues = [
        issue(row, (server.store.get("organisationUnit", place[0]) or {}).get("name"))
        for row, place in zip(units, places, strict=True)
        if place[0] and counts[place] > 1
    ]
    return Findings(issues, len(units))


_EARTH_RADIUS = 6371.0087714150598
"""In kilometres, as PostGIS has it."""


@rule("orgunits_null_island")
def _near_null_island(server: Server) -> Findings:
    units = server.store.all("organisationUnit")
    near = ((row, _point(row)) for row in by_name(units))
    issues = [
        issue(row, f"POINT({point[0]:g} {point[1]:g})") for row, point in near if point and _from_origin(point) < 100
    ]
    return Findings(issues, len(units))


def _point(unit: Json) -> tuple[float, float] | None:
    """Longitude and latitude of a unit that is a point."""
    geometry: Json = unit.get("geometry") or {}
    return (geometry["coordinates"][0], geometry["coordinates"][1]) if geometry.get("type") == "Point" else None


def _from_origin(point: tuple[float, float]) -> float:
    """How many kilometres a point is away from where both coordinates are 0."""
    longitude, latitude = (math.radians(value) for value in point)
    half = math.sin(latitude / 2) ** 2 + math.cos(latitude) * math.sin(longitude / 2) ** 2
    return 2 * _EARTH_RADIUS * math.asin(math.sqrt(half))


@rule("orgunits_not_contained_by_parent")
def _outside_parent(server: Server) -> Findings:
    units = server.store.all("organisationUnit")
    points = [(row, point) for row in by_name(units) if (point := _point(row))]
    issues: list[Json] = []
    for unit, point in points:
        parent = server.store.get("organisationUnit", linked(unit, "parent") or "") or {}
        geometry: Json = parent.get("geometry") or {}
        polygons: list[Polygon] = []
        if geometry.get("type") == "Polygon":
            polygons = [geometry["coordinates"]]
        elif geometry.get("type") == "MultiPolygon":
            polygons = geometry["coordinates"]
        if polygons and not any(_inside(point, polygon) for polygon in polygons):
            issues.append(issue(unit))
    return Findings(issues, len(points))


def _inside(point: tuple[float, float], polygon: Polygon) -> bool:
    """Whether a point lies within the rings of a polygon: a ray from it crosses them an odd number of times."""
    x, y = point
    crossings = 0
    for ring in polygon:
        for (x1, y1, *_), (x2, y2, *_) in pairwise(ring):
            crossings += (y1 > y) != (y2 > y) and x < (x2 - x1) * (y - y1) / (y2 - y1) + x1
    return crossings % 2 == 1


@rule("orgunits_invalid_geometry")
def _invalid_geometries(server: Server) -> Findings:
    units = [row for row in by_name(server.store.all("organisationUnit")) if row.get("geometry")]
    issues = [issue(row, reason) for row in units if (reason := _defect(row["geometry"]))]
    return Findings(issues, len(units))


def _defect(geometry: Json) -> str | None:
    """The first place where the line around an area crosses itself, as PostGIS says it; other defects are not seen."""
    areas = {"Polygon": [geometry["coordinates"]], "MultiPolygon": geometry["coordinates"]}
    polygons: list[Polygon] = areas.get(geometry["type"], [])
    crossings = (place for polygon in polygons for ring in polygon if (place := _crossing(ring)))
    place = next(crossings, None)
    return f"Self-intersection[{place[0]:.15g} {place[1]:.15g}]" if place else None


def _crossing(ring: list[list[float]]) -> tuple[float, float] | None:
    """Where two sides of a ring cross that are no neighbours; None where none do."""
    sides = list(pairwise(ring))
    for first, (start, end) in enumerate(sides):
        for other_start, other_end in sides[first + 2 :]:
            if max(other_start[0], other_end[0]) < min(start[0], end[0]):
                continue
            if place := _meeting((start, end), (other_start, other_end)):
                return place
    return None


def _meeting(one: tuple[list[float], ...], other: tuple[list[float], ...]) -> tuple[float, float] | None:
    """The point inside of both lines at which they cross."""
    (x1, y1, *_), (x2, y2, *_) = one
    (x3, y3, *_), (x4, y4, *_) = other
    slant = (x2 - x1) * (y4 - y3) - (y2 - y1) * (x4 - x3)
    if slant == 0:
        return None
    along = ((x3 - x1) * (y4 - y3) - (y3 - y1) * (x4 - x3)) / slant
    across = ((x3 - x1) * (y2 - y1) - (y3 - y1) * (x2 - x1)) / slant
    inside = 0 < along < 1 and 0 < across < 1
    return (x1 + along * (x2 - x1), y1 + along * (y2 - y1)) if inside else None


@rule("org_units_with_cyclic_references")
def _circles(server: Server) -> Findings:
    def in_circle(unit: Json) -> bool:
        top = server.store.get("organisationUnit", lineage(server.store, unit)[0]) or {}
        return linked(top, "parent") is not None and linked(top, "parent") in lineage(server.store, unit)

    return those(server.store, "organisationUnit", in_circle)
