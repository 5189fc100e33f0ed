"""Where organisation units are: GeoJSON in by `/api/organisationUnits/geometry`, map features by `/api/geoFeatures`.

Source: `GeoJsonImportController`, `DefaultGeoJsonService`, `GeoFeatureService` of dhis2-core; recordings
`services/org-unit-geo`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, cast

from dhis2w_sandbox.call import RECORDED, SOURCE, Call, Reply
from dhis2w_sandbox.errors import Dhis2Refusal, message
from dhis2w_sandbox.metadata import access
from dhis2w_sandbox.metadata.units import UNIT, children_of, descendants, lineage
from dhis2w_sandbox.routing import Endpoints
from dhis2w_sandbox.services.differences import differences

Json = dict[str, Any]

endpoints = Endpoints()

_MEDIA = ("application/geo+json", "application/json")
_KINDS = {"Point": 1, "Polygon": 2, "MultiPolygon": 2}
_WORDS = {
    "SUCCESS": ("OK", "Import successful."),
    "WARNING": ("WARNING", "Import partially successful."),
    "ERROR": ("ERROR", "Import failed."),
}
# Where in a feature the fault is that an error code names.
_FAULTS = {"E7705": "feature", "E7706": "feature", "E7707": "geometry", "E7709": "geometry", "E7712": "coordinates"}


@dataclass
class GeoReport:
    """What became of the features of an import."""

    version: str
    counts: dict[str, int] = field(
        default_factory=lambda: dict.fromkeys(("imported", "updated", "ignored", "deleted"), 0)
    )
    conflicts: list[Json] = field(default_factory=list[Json])

    def refuse(self, code: str, *arguments: Any, index: int | None = None) -> None:
        """Note a fault, of one feature or (no index) of the whole."""
        conflict: Json = {
            "objects": {},
            "value": message(self.version, code, *arguments),
            "errorCode": code,
            "property": _FAULTS.get(code, ""),
        }
        self.conflicts.append(conflict if index is None else {**conflict, "indexes": [index]})
        if index is not None:
            self.counts["ignored"] += 1

    @property
    def status(self) -> str:
        """SUCCESS, WARNING where something was ignored, ERROR where nothing else happened."""
        done = sum(self.counts.values()) - self.counts["ignored"]
        if not self.conflicts:
            return "SUCCESS"
        return "WARNING" if done else "ERROR"


@endpoints.add("POST", "/api/organisationUnits/geometry", RECORDED, consumes=_MEDIA)
def import_features(call: Call) -> Reply:
    """Set the geometry of the units that a feature collection names."""
    try:
        collection = json.loads(call.body)
    except json.JSONDecodeError as error:
        raise Dhis2Refusal(400, _parser_text(error)) from error
    named = call.flag("geoJsonId", default=True)
    key = "id" if named else f"properties.{call.param('geoJsonProperty')}"
    unit_key = {None: "id", "UID": "id"}.get(
        (call.param("orgUnitProperty") or "UID").upper(), (call.param("orgUnitProperty") or "").lower()
    )
    features = [collection] if _kind(collection) == "Feature" else _member(collection, "features")
    report = GeoReport(call.server.version)
    if not isinstance(features, list):
        report.refuse("E7701", "No list of features found")
        return _reply(call, report)
    return _imported(call, report, cast("list[Any]", features), key, unit_key)


@endpoints.add("POST", "/api/organisationUnits/{uid}/geometry", RECORDED, consumes=_MEDIA)
def import_geometry(call: Call) -> Reply:
    """Set the geometry of a unit."""
    try:
        geometry = json.loads(call.body)
    except json.JSONDecodeError as error:
        raise Dhis2Refusal(400, _parser_text(error)) from error
    return _one(call, geometry)


@endpoints.add("DELETE", "/api/organisationUnits/{uid}/geometry", RECORDED)
def delete_geometry(call: Call) -> Reply:
    """Remove the geometry of a unit."""
    return _one(call, None)


@endpoints.add("DELETE", "/api/organisationUnits/geometry", SOURCE, requires=["F_PERFORM_MAINTENANCE"])
def delete_geometries(call: Call) -> Reply:
    """Remove the geometry of every unit."""
    report = GeoReport(call.server.version)
    for unit in call.server.store.all(UNIT):
        _store(call, unit, None)
        report.counts["deleted"] += 1
    return _reply(call, report)


def _one(call: Call, geometry: Any) -> Reply:
    feature = {"id": call.parts["uid"], "geometry": geometry}
    return _imported(call, GeoReport(call.server.version), [feature], "id", "id")


def _imported(call: Call, report: GeoReport, features: list[Any], key: str, unit_key: str) -> Reply:
    attribute = _attribute(call, report)
    if not report.conflicts:
        for index, feature in enumerate(features):
            _import(call, report, feature, index, key=key, unit_key=unit_key, attribute=attribute)
    return _reply(call, report)


def _attribute(call: Call, report: GeoReport) -> str | None:
    """The attribute that holds the geometry, where the request names one."""
    uid = call.param("attributeId")
    if uid is None:
        return None
    attribute = call.server.store.get("attribute", uid)
    if attribute is None:
        report.refuse("E7702", uid)
    elif attribute.get("valueType") != "GEOJSON":
        report.refuse("E7703", "GEOJSON", attribute.get("valueType"))
    elif not attribute.get("organisationUnitAttribute"):
        report.refuse("E7704")
    return uid


def _import(
    call: Call, report: GeoReport, feature: Any, index: int, *, key: str, unit_key: str, attribute: str | None
) -> None:
    identifier = feature
    for part in key.split("."):
        identifier = _member(identifier, part)
    if identifier is None:
        report.refuse("E7705", key, index=index)
        return
    targets = [unit for unit in call.server.store.all(UNIT) if unit.get(unit_key) == identifier]
    if len(targets) > 1:
        report.refuse("E7711", index=index)
        return
    geometry = _member(feature, "geometry")
    code = _fault(call, targets[0] if targets else None, feature, geometry)
    if code is not None:
        report.refuse(code, index=index)
        return
    report.counts[_update(call, targets[0], geometry, attribute)] += 1


def _fault(call: Call, unit: Json | None, feature: Any, geometry: Any) -> str | None:
    """The error code of a feature that cannot be imported; None for a good one."""
    if unit is None:
        return "E7708"
    if not access.can_update(call.user, call.server.schemas.by_singular[UNIT], unit):
        return "E7710"
    if "geometry" not in feature:
        return "E7706"
    return _geometry_fault(geometry)


def _geometry_fault(geometry: Any) -> str | None:
    if geometry is None:
        return None
    if not isinstance(geometry, dict):
        return "E7707"
    coordinates = _member(geometry, "coordinates")
    if not isinstance(coordinates, list):
        kind = {str: "STRING", dict: "OBJECT", bool: "BOOLEAN"}.get(cast("type[Any]", type(coordinates)), "NUMBER")
        if coordinates is not None and kind != "OBJECT":
            raise Dhis2Refusal(500, f"{kind} node has no size property.")
        return "E7712"
    if not coordinates:
        return "E7712"
    return None if _kind(geometry) in (*_KINDS, "MultiPoint", "LineString", "MultiLineString") else "E7707"


def _update(call: Call, unit: Json, geometry: Json | None, attribute: str | None) -> str:
    """Change a unit, unless the request is a dry run; say which count that is."""
    old = unit.get("geometry") if attribute is None else _value(unit, attribute)
    if not call.flag("dryRun"):
        _store(call, unit, geometry, attribute)
    return "deleted" if geometry is None else "updated" if old else "imported"


def _store(call: Call, unit: Json, geometry: Json | None, attribute: str | None = None) -> None:
    changed = {**unit, "lastUpdated": call.server.now()}
    if attribute is None:
        changed["geometry"] = _floating(geometry)
    else:
        kept = [row for row in unit.get("attributeValues") or () if row["attribute"]["id"] != attribute]
        if geometry is not None:
            kept.append({"attribute": {"id": attribute}, "value": json.dumps(geometry, separators=(",", ":"))})
        changed["attributeValues"] = kept
    call.server.store.put(UNIT, unit["id"], {key: value for key, value in changed.items() if value is not None})


def _floating(value: Any) -> Any:
    """A geometry with coordinates that are no whole numbers, as DHIS2 reads them."""
    if isinstance(value, list):
        return [_floating(item) for item in cast("list[Any]", value)]
    if isinstance(value, dict):
        return {key: _floating(item) for key, item in cast("Json", value).items()}
    return float(value) if isinstance(value, int) else value


def _value(unit: Json, attribute: str) -> str | None:
    rows = unit.get("attributeValues") or ()
    return next((row["value"] for row in rows if row["attribute"]["id"] == attribute), None)


def _reply(call: Call, report: GeoReport) -> Reply:
    word, text = _WORDS[report.status]
    response: Json = {
        "importCount": report.counts,
        "totalConflictOccurrenceCount": len(report.conflicts),
        "conflicts": report.conflicts,
        "status": report.status,
    }
    if differences(call.server).types_geo_report:
        response["responseType"] = "GeoJsonImportReport"
    return Reply.message(200, text, word=word, response=response)


def _member(value: Any, key: str) -> Any:
    return cast("Json", value).get(key) if isinstance(value, dict) else None


def _kind(value: Any) -> Any:
    return _member(value, "type")


def _parser_text(error: json.JSONDecodeError) -> str:
    expected = '"' if error.msg.startswith("Expecting property name") else "start of value"
    line = error.doc.splitlines()[0] if error.doc else ""
    return f"Unexpected character at position {error.pos},\n{line}\n{' ' * error.pos}^ expected `{expected}`"


@endpoints.add("GET", "/api/geoFeatures", RECORDED)
def geo_features(call: Call) -> Reply:
    """Show the units of an `ou` dimension that have a geometry, as maps draw them."""
    dimension = call.param("ou")
    if dimension is None:
        raise Dhis2Refusal(400, "Dimension is present in query without any valid dimension options")
    name, _, items = dimension.partition(":")
    if name != "ou":
        raise Dhis2Refusal(409, message(call.server.version, "E7125", name), "E7125")
    drawn = [unit for unit in _chosen(call, items.split(";")) if _drawn(unit)]
    features = sorted((_feature(call, unit) for unit in drawn), key=lambda row: row["ty"])
    latest = max((unit["lastUpdated"] for unit in drawn), default=None)
    tag = f'"{len(drawn)}-{latest[:19]}"' if latest else '"null"'
    return Reply.json(features, headers={"Cache-Control": "max-age=7200, private", "ETag": tag})


def _drawn(unit: Json) -> bool:
    return _kind(unit.get("geometry")) in _KINDS


def _chosen(call: Call, items: list[str]) -> list[Json]:
    """The units that dimension items name: by identifier, by level below those, by the sender's own."""
    store = call.server.store
    roots: list[str] = []
    levels: set[int] = set()
    for item in items:
        level = re.fullmatch(r"LEVEL-(\d+)", item)
        if level:
            levels.add(int(level[1]))
        elif item.startswith("USER_ORGUNIT"):
            roots += _own_units(call, item)
        elif store.get(UNIT, item):
            roots.append(item)
        else:
            raise Dhis2Refusal(409, message(call.server.version, "E7143", item), "E7143")
    if not levels:
        return _documents(call, roots)
    tops = roots or [unit["id"] for unit in store.all(UNIT) if not unit.get("parent")]
    below = _documents(call, dict.fromkeys(uid for top in tops for uid in descendants(store, top)))
    return [unit for unit in below if len(lineage(store, unit)) in levels]


def _own_units(call: Call, item: str) -> list[str]:
    document, store = call.user.document, call.server.store
    own = [row["id"] for row in document.get("dataViewOrganisationUnits") or document.get("organisationUnits") or ()]
    children = [child for uid in own for child in children_of(store, uid)]
    if item.endswith("GRANDCHILDREN"):
        return [grandchild for uid in children for grandchild in children_of(store, uid)]
    return children if item.endswith("CHILDREN") else own


def _documents(call: Call, uids: Iterable[str]) -> list[Json]:
    found = (call.server.store.get(UNIT, uid) for uid in uids)
    return [unit for unit in found if unit is not None]


def _feature(call: Call, unit: Json) -> Json:
    store = call.server.store
    above = _documents(call, lineage(store, unit)[:-1])
    below = _documents(call, [uid for uid in descendants(store, unit["id"]) if uid != unit["id"]])
    own = {row["id"] for row in call.user.document.get("dataViewOrganisationUnits") or ()}
    start = next((index for index, parent in enumerate(above) if parent["id"] in own), 0)
    short = (call.param("displayProperty") or "").upper() == "SHORTNAME"
    parent: Json = above[-1] if above else {}
    row: Json = {
        "id": unit["id"],
        "code": unit.get("code"),
        "na": unit["shortName"] if short else unit["name"],
        "hcd": any(_drawn(row) for row in below),
        "hcu": bool(above) and any(_drawn(row) for row in _documents(call, _uncles(call, parent))),
        "le": len(above) + 1,
        "pg": "/".join(row["id"] for row in above[start:]),
        "pi": parent.get("id"),
        "pn": parent.get("name"),
        "ty": _KINDS[unit["geometry"]["type"]],
        "co": _printed(unit["geometry"]["coordinates"]),
        "dimensions": {},
    }
    return {key: value for key, value in row.items() if value is not None}


def _uncles(call: Call, parent: Json) -> list[str]:
    """The units beside and above a parent, itself left out."""
    reference: Json = parent.get("parent") or {}
    grandparent = reference.get("id")
    return [uid for uid in children_of(call.server.store, grandparent) if uid != parent["id"]] if grandparent else []


def _printed(value: Any) -> str:
    """Coordinates as the database's GeoJSON writer prints them: `0.0`, but `1`."""
    if isinstance(value, list):
        return f"[{','.join(_printed(item) for item in cast('list[Any]', value))}]"
    return "0.0" if value == 0 else f"{value:.15g}"
