"""The addresses below `/api/organisationUnits` that list units by their place in the hierarchy, and their GeoJSON.

Source: `OrganisationUnitController` of dhis2-core; recordings `services/org-unit-geo`, `meta/merge-units`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from dhis2w_sandbox.call import RECORDED, SOURCE, Call, Reply
from dhis2w_sandbox.errors import forbidden, not_found
from dhis2w_sandbox.metadata.access import can_read, can_read_type
from dhis2w_sandbox.metadata.csv_lists import wants_csv
from dhis2w_sandbox.metadata.querying import bool_param, int_param, list_params
from dhis2w_sandbox.metadata.reading import list_reply
from dhis2w_sandbox.metadata.sides import linked
from dhis2w_sandbox.metadata.units import UNIT, descendants, lineage
from dhis2w_sandbox.routing import Endpoints
from dhis2w_sandbox.schemas import Schema
from dhis2w_sandbox.store import Store

Json = dict[str, Any]

endpoints = Endpoints()

LIST = "/api/organisationUnits"
ONE = "/api/organisationUnits/{uid:uid}"
PLACES = (
    "level",
    "maxLevel",
    "userOnly",
    "userDataViewOnly",
    "userDataViewFallback",
    "withinUserHierarchy",
    "withinDataViewUserHierarchy",
    "withinUserSearchHierarchy",
    "levelSorted",
)
"""Parameters by which the list of units is narrowed to places in the hierarchy."""


def _says(name: str) -> Callable[[Call], bool]:
    return lambda call: call.param(name) == "true"


def _names_place(call: Call) -> bool:
    return call.suffix != "geojson" and not wants_csv(call) and any(call.param(name) for name in PLACES)


def _wants_geojson(call: Call) -> bool:
    return call.suffix == "geojson"


@endpoints.add("GET", LIST, RECORDED, accepts=_names_place)
def get_units_by_place(call: Call) -> Reply:
    """List the units of some levels, or of the sender's part of the hierarchy."""
    documents = call.server.store.all(UNIT)
    for narrow in (_at_level, _within_hierarchies, _of_user):
        documents = narrow(call, documents)
    return _list(call, documents, by_level=bool_param(call, "levelSorted", False))


@endpoints.add("GET", f"{ONE}/children", RECORDED)
@endpoints.add("GET", ONE, RECORDED, accepts=_says("includeChildren"))
def get_children(call: Call) -> Reply:
    """List a unit and those right below, or (with `level`) those so many levels below."""
    if call.param("level"):
        return get_level_below(call)
    unit = _unit(call)
    depth = _level(call.server.store, unit)
    below = _below(call, unit)
    return _list(call, [found for found in below if _level(call.server.store, found) <= depth + 1])


@endpoints.add("GET", ONE, RECORDED, accepts=lambda call: bool(call.param("level")))
def get_level_below(call: Call) -> Reply:
    """List the units so many levels below a unit; 0 is the unit itself."""
    unit = _unit(call)
    wanted = _level(call.server.store, unit) + max(0, int_param(call, "level", 0))
    return _list(call, [found for found in _below(call, unit) if _level(call.server.store, found) == wanted])


@endpoints.add("GET", f"{ONE}/descendants", SOURCE)
@endpoints.add("GET", ONE, RECORDED, accepts=_says("includeDescendants"))
def get_descendants(call: Call) -> Reply:
    """List a unit and all below."""
    return _list(call, _below(call, _unit(call)))


@endpoints.add("GET", f"{ONE}/ancestors", RECORDED)
@endpoints.add("GET", ONE, RECORDED, accepts=_says("includeAncestors"))
def get_ancestors(call: Call) -> Reply:
    """List a unit and all above."""
    return _list(call, _documents(call, lineage(call.server.store, _unit(call))), by_level=True)


@endpoints.add("GET", f"{ONE}/parents", RECORDED)
def get_parents(call: Call) -> Reply:
    """List the units above a unit."""
    return _list(call, _documents(call, lineage(call.server.store, _unit(call))[:-1]), by_level=True)


@endpoints.add("GET", LIST, RECORDED, accepts=_wants_geojson, suffixes={"geojson"})
def get_geojson(call: Call) -> Reply:
    """Show the units of some levels that have a geometry, as GeoJSON features."""
    store = call.server.store
    levels = {int(level) for value in call.params("level") for level in value.split(",")} or {1}
    parents = [uid for value in call.params("parent") for uid in value.split(",") if store.get(UNIT, uid)]
    roots = parents or [unit["id"] for unit in store.all(UNIT) if not linked(unit, "parent")]
    units = _documents(call, dict.fromkeys(uid for root in roots for uid in descendants(store, root)))
    chosen = [unit for unit in units if unit.get("geometry") and _level(store, unit) in levels]
    with_properties = bool_param(call, "properties", True)
    by_name = sorted(chosen, key=lambda unit: unit["name"])
    features = [_feature(call, unit, with_properties=with_properties) for unit in by_name]
    return Reply.json({"type": "FeatureCollection", "features": features})


def _feature(call: Call, unit: Json, *, with_properties: bool) -> Json:
    store = call.server.store
    above = lineage(store, unit)[:-1]
    own_roots = _units_of(call, "dataViewOrganisationUnits") or _units_of(call, "organisationUnits")
    start = next((index for index, uid in enumerate(above) if uid in own_roots), 0)
    properties: Json = {
        "code": unit.get("code"),
        "name": unit.get("name"),
        "level": str(len(above) + 1),
        **({"parent": above[-1]} if above else {}),
        "parentGraph": "/".join(above[start:]),
        "groups": [row.uid for row in store.referrers(UNIT, unit["id"]) if row.type == "organisationUnitGroup"],
    }
    geometry = {"type": unit["geometry"]["type"], "coordinates": unit["geometry"]["coordinates"]}
    return {
        "type": "Feature",
        "id": unit["id"],
        "geometry": geometry,
        "properties": properties if with_properties else {},
    }


def _list(call: Call, documents: Iterable[Json], *, by_level: bool = False) -> Reply:
    schema = _schema(call)
    params = list_params(call)
    own_list = call.server.behaviour.counts_page_of_own_lists
    if by_level and not own_list:
        params = replace(params, orders=[*params.orders, "level:asc"])
    return list_reply(call, schema, documents, params, paged=own_list)


def _schema(call: Call) -> Schema:
    schema = call.server.schemas.by_singular[UNIT]
    if not can_read_type(call.user, schema):
        raise forbidden("You don't have the proper permissions to read objects of this type.")
    return schema


def _unit(call: Call) -> Json:
    schema = _schema(call)
    unit = call.server.store.get(UNIT, call.parts["uid"])
    if unit is None or not can_read(call.user, schema, unit):
        raise not_found(schema.short_klass, call.parts["uid"])
    return unit


def _documents(call: Call, uids: Iterable[str]) -> list[Json]:
    found = (call.server.store.get(UNIT, uid) for uid in uids)
    return [unit for unit in found if unit is not None]


def _below(call: Call, unit: Json) -> list[Json]:
    return _documents(call, descendants(call.server.store, unit["id"]))


def _level(store: Store, unit: Json) -> int:
    return len(lineage(store, unit))


def _at_level(call: Call, documents: list[Json]) -> list[Json]:
    store = call.server.store
    level, deepest = int_param(call, "level", 0), int_param(call, "maxLevel", 0)
    return [
        unit
        for unit in documents
        if (not level or _level(store, unit) == level) and (not deepest or _level(store, unit) <= deepest)
    ]


def _within_hierarchies(call: Call, documents: list[Json]) -> list[Json]:
    parents: list[str] = []
    if bool_param(call, "withinUserHierarchy", False):
        parents += _units_of(call, "organisationUnits")
    if bool_param(call, "withinDataViewUserHierarchy", False):
        parents += _units_of(call, "dataViewOrganisationUnits")
    if bool_param(call, "withinUserSearchHierarchy", False):
        parents += _units_of(call, "teiSearchOrganisationUnits") or _units_of(call, "organisationUnits")
    if not parents:
        return documents
    inside = {uid for parent in parents for uid in descendants(call.server.store, parent)}
    return [unit for unit in documents if unit["id"] in inside]


def _of_user(call: Call, documents: list[Json]) -> list[Json]:
    """Only the units that the sender is assigned to, where the request asks for those."""
    data_view = _units_of(call, "dataViewOrganisationUnits")
    if bool_param(call, "userOnly", False):
        own = _units_of(call, "organisationUnits")
        documents = [unit for unit in documents if unit["id"] in own]
    if bool_param(call, "userDataViewFallback", False):
        return [unit for unit in documents if (unit["id"] in data_view if data_view else not linked(unit, "parent"))]
    if bool_param(call, "userDataViewOnly", False):
        return [unit for unit in documents if unit["id"] in data_view]
    return documents


def _units_of(call: Call, key: str) -> list[str]:
    return [unit["id"] for unit in call.user.document.get(key) or ()]
