"""`/api/analytics/trackedEntities/query`: lists of tracked entities, with the latest values of their programs.

Source: `TrackedEntityAnalyticsController`, `TrackedEntityQueryRequestMapper`, `CommonQueryRequestValidator`,
`CommonRequestParamsParser`, `TrackedEntityFields`, `HeaderParamsHandler` of dhis2-core. The latest event of the latest
enrollment gives the values; other ones (`program[-1]`), statuses and times are not here.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any

from dhis2w_sandbox.call import SOURCE, Call, Reply
from dhis2w_sandbox.data.analytics import event_tables, tables
from dhis2w_sandbox.data.analytics.event_endpoints import page_of, sortable
from dhis2w_sandbox.data.analytics.event_grid import grid_json, hierarchy, person, timestamp
from dhis2w_sandbox.data.analytics.event_query import Item, read_item
from dhis2w_sandbox.data.analytics.grid import header
from dhis2w_sandbox.data.analytics.grid_files import SUFFIXES, as_page, grid_file, is_file
from dhis2w_sandbox.data.analytics.query import Query, add_dimension, checked_refusal, refusal
from dhis2w_sandbox.data.entry_rules import EntryRules
from dhis2w_sandbox.documents import linked
from dhis2w_sandbox.errors import NotInSandbox
from dhis2w_sandbox.metadata.units import UNIT
from dhis2w_sandbox.routing import Endpoints
from dhis2w_sandbox.tracker.records import Enrollment, Event, TrackedEntity

Json = dict[str, Any]
Cells = dict[str, str | None]

endpoints = Endpoints()

_ATTRIBUTE = "trackedEntityAttribute"
_STATIC = {
    "lastupdated": ("Last updated", "DATETIME", "java.time.LocalDateTime"),
    "lastupdatedbydisplayname": ("Last updated by", "TEXT", "java.lang.String"),
    "created": ("Created", "DATETIME", "java.time.LocalDateTime"),
    "createdbydisplayname": ("Created by", "TEXT", "java.lang.String"),
    "storedby": ("Stored by", "TEXT", "java.lang.String"),
    "geometry": ("Geometry", "TEXT", "java.lang.String"),
    "longitude": ("Longitude", "NUMBER", "java.lang.Double"),
    "latitude": ("Latitude", "NUMBER", "java.lang.Double"),
    "ouname": ("Organisation unit name", "TEXT", "java.lang.String"),
    "oucode": ("Organisation unit code", "TEXT", "java.lang.String"),
    "ounamehierarchy": ("Organisation unit hierarchy", "TEXT", "java.lang.String"),
}
_ELSEWHERE = (
    "eventDate",
    "enrollmentDate",
    "scheduledDate",
    "incidentDate",
    "occurredDate",
    "lastUpdated",
    "created",
    "eventStatus",
    "enrollmentStatus",
    "programStatus",
    "outputIdScheme",
    "dataIdScheme",
    "hierarchyMeta",
    "showHierarchy",
)
"""Parameters that would change the answer, and do nothing here."""


@dataclass(frozen=True)
class EntityQuery:
    """What is asked for."""

    type: Json
    programs: list[Json]
    must_be_in_all: bool
    """Whether an entity must be enrolled in each of the programs, rather than in one."""
    units: list[str]
    attributes: list[str]
    """Of the type and the programs, each a column."""
    items: list[tuple[str | None, Item]]
    """Attributes, and data elements with their program."""


@endpoints.add("GET", "/api/analytics/trackedEntities/query/{type}", SOURCE, suffixes=SUFFIXES)
def query_entities(call: Call) -> Reply:
    """List tracked entities; names are all that the metadata hold."""
    rules = EntryRules(call.server, call.user)
    query = _read(call, rules)
    headers = _headers(call, rules, query)
    shown = _picked(call, headers)
    if not call.server.configuration.read("analytics tracked entities", False):
        raise NotInSandbox("tracked entities without tables")
    found = _found(call, rules, query)
    for parameter in ("desc", "asc"):
        for name in reversed([part for value in call.params(parameter) for part in value.split(",")]):
            if name not in headers:
                raise NotInSandbox(f"tracked entities sorted by {name}")
            found.sort(key=lambda cells, name=name: sortable(cells.get(name)), reverse=parameter == "desc")
    page, size = page_of(call)
    paged = call.param("paging") != "false"
    rows = [
        [cells.get(name) or "" for name in shown]
        for cells in (found[(page - 1) * size : page * size] if paged else found)
    ]
    picked = [{**headers[name], "name": name} for name in shown]
    if is_file(call):
        return grid_file(call, picked, rows, name=call.server.behaviour.entity_file, attached=())
    metadata: Json = {} if call.flag("skipMeta") else _metadata(rules, query)
    if metadata and paged:
        total = len(found)
        counted = {"page": page, "total": total, "pageSize": size, "pageCount": -(-total // size)}
        slim = {"page": page, "pageSize": size, "isLastPage": page * size >= total}
        metadata["pager"] = counted if call.flag("totalPages") else slim
    return Reply.json(grid_json(picked, rows, metadata), headers=dict(tables.CACHED))


@endpoints.add("GET", "/api/analytics/trackedEntities/query/{type:uid}.html", SOURCE, suffixes="*")
@endpoints.add("GET", "/api/analytics/trackedEntities/query/{type:uid}.html+css", SOURCE, suffixes="*")
def page_of_entities(call: Call) -> Reply:
    """List tracked entities as a page."""
    return query_entities(as_page(call))


def _read(call: Call, rules: EntryRules) -> EntityQuery:
    """The query of a request; refused with the first thing that is wrong."""
    type = rules.document("trackedEntityType", call.parts["type"])
    if type is None:
        raise refusal(call, "E7125", call.parts["type"])
    unknown = next((name for name in _ELSEWHERE if call.param(name) not in {None, "", "false"}), None)
    if unknown is not None:
        raise NotInSandbox(f"{unknown} of lists of tracked entities")
    asked = [part for value in call.params("program") for part in value.split(",") if part]
    programs = _programs(call, rules, type, asked)
    texts = [part for name in ("dimension", "filter") for value in call.params(name) for part in value.split(",")]
    units = Query([], [], [], [], None, None, None)
    items: list[tuple[str | None, Item]] = []
    for text in texts:
        if "pe:" in text:
            raise refusal(call, "E7222", text)
        if text.startswith("ou:"):
            add_dimension(call, rules, units, text, is_filter=False)
        else:
            items.append(_item(call, rules, type, programs, text))
    for unit in units.units:
        if rules.view_units() and not rules.may_view(unit):
            raise checked_refusal(call, "E7120", call.user.username, unit)
    attributes = _attributes(type, programs)
    return EntityQuery(type, programs, bool(asked), units.units, attributes, items)


def _programs(call: Call, rules: EntryRules, type: Json, asked: list[str]) -> list[Json]:
    """The programs of the type, or those that are asked for."""
    if not asked:
        return [row for row in rules.store.all("program") if linked(row, "trackedEntityType") == type["id"]]
    known = [row for uid in asked if (row := rules.document("program", uid))]
    others = [f"{row['name']} ({row['id']})" for row in known if linked(row, "trackedEntityType") != type["id"]]
    if others:
        raise refusal(call, "E7142", others, f"{type['name']} ({type['id']})")
    missing = [uid for uid in asked if uid not in {row["id"] for row in known}]
    if missing:
        raise refusal(call, "E7129", missing)
    return known


def _attributes(type: Json, programs: list[Json]) -> list[str]:
    """The attributes of the programs, then the others of the type, each by identifier whatever its case."""
    of_programs = [row for program in programs for row in program.get("programTrackedEntityAttributes") or ()]
    rows = (of_programs, type.get("trackedEntityTypeAttributes") or ())
    uids = (sorted((linked(row, _ATTRIBUTE) or "" for row in part), key=str.lower) for part in rows)
    return list(dict.fromkeys(uid for part in uids for uid in part))


def _item(call: Call, rules: EntryRules, type: Json, programs: list[Json], text: str) -> tuple[str | None, Item]:
    """An attribute, or `program.stage.element`, with its conditions."""
    id, _, conditions = text.partition(":")
    if "[" in id:
        raise NotInSandbox("values of earlier events of tracked entities")
    program, _, rest = id.partition(".")
    if not rest:
        if rules.document("dataElement", id) is not None:
            raise NotInSandbox("data elements of tracked entities without their program")
        attributes = [{_ATTRIBUTE: {"id": uid}} for uid in _attributes(type, programs)]
        holder: Json = {"id": type["id"], "programTrackedEntityAttributes": attributes}
        return None, read_item(call, rules, holder, text, is_filter=False)
    document = next((row for row in programs if row["id"] == program), None)
    if document is None:
        raise NotInSandbox("dimensions of programs that are not asked for")
    item = read_item(call, rules, document, f"{rest}:{conditions}" if conditions else rest, is_filter=False)
    return program, replace(item, id=id)


def _headers(call: Call, rules: EntryRules, query: EntityQuery) -> dict[str, Json]:
    """The columns by name, in their order."""
    named = call.server.behaviour.entity_column
    headers = {named: header(named, "Tracked entity" if named == "trackedentity" else "Tracked entity instance")}
    for name, (title, value_type, java) in _STATIC.items():
        headers[name] = {**header(name, title), "valueType": value_type, "type": java}
    for uid in query.attributes:
        document = rules.document(_ATTRIBUTE, uid) or {}
        headers[uid] = {**header(uid, document.get("name", uid)), "valueType": document.get("valueType", "TEXT")}
    for program, item in query.items:
        if program is not None:
            stage = rules.document("programStage", item.stage) or {}
            above = rules.document("program", program) or {}
            title = ", ".join((item.document["name"], above.get("name", program), stage.get("name", "")))
            headers[item.id] = {**header(item.id, title), "valueType": item.document["valueType"]}
    return headers


def _picked(call: Call, headers: dict[str, Json]) -> list[str]:
    """The columns that `headers` names, in its order."""
    names = [part for value in call.params("headers") for part in value.split(",") if part]
    unknown = next((name for name in names if name not in headers), None)
    if unknown is not None:
        raise checked_refusal(call, "E7230", unknown)
    return names or list(headers)


def _found(call: Call, rules: EntryRules, query: EntityQuery) -> list[Cells]:
    """The cells of each entity that is asked for, by column."""
    enrollments, tops = event_tables.enrollment_table(call.server), set(query.units)
    programs = {program["id"] for program in query.programs}
    found: list[Cells] = []
    for entity in event_tables.entity_table(call.server).select("type = ?", [query.type["id"]]):
        latest: dict[str, Enrollment] = {}
        own = enrollments.select("tracked_entity = ?", [entity.uid])
        for enrollment in sorted(own, key=lambda enrollment: enrollment.enrolled_at):
            latest[enrollment.program] = enrollment
        within = programs <= set(latest) if query.must_be_in_all else bool(programs & set(latest))
        if not within or (tops and not rules.is_below(entity.unit, tops)):
            continue
        values = {item.id: _value(call, entity, latest, program, item) for program, item in query.items}
        if all(item.accepts(values[item.id]) for _, item in query.items):
            found.append(_cells(call, rules, entity) | values)
    return found


def _value(
    call: Call, entity: TrackedEntity, latest: dict[str, Enrollment], program: str | None, item: Item
) -> str | None:
    """What an entity has for an attribute, or its latest event for a data element."""
    if program is None or item.type == _ATTRIBUTE:
        return next((row.value for row in entity.attributes if row.attribute == item.uid), None)
    enrollment = latest.get(program)
    if enrollment is None:
        return None
    events = event_tables.event_table(call.server)
    where = "enrollment = ? AND stage = ?"
    last: Event | None = None
    for event in events.select(where, [enrollment.uid, item.stage], "occurred_at"):
        last = event
    return next((row.value for row in last.values if row.element == item.uid), None) if last else None


def _cells(call: Call, rules: EntryRules, entity: TrackedEntity) -> Cells:
    """What an entity says of itself."""
    unit = rules.document(UNIT, entity.unit) or {"id": entity.unit}
    geometry = entity.geometry
    point = geometry["coordinates"] if geometry and geometry["type"] == "Point" else (None, None)
    return {
        call.server.behaviour.entity_column: entity.uid,
        "lastupdated": timestamp(entity.updated_at),
        "lastupdatedbydisplayname": person(entity.updated_by),
        "created": timestamp(entity.created_at),
        "createdbydisplayname": person(entity.created_by),
        "storedby": entity.stored_by,
        "geometry": json.dumps(geometry, separators=(",", ":")) if geometry else None,
        "longitude": None if point[0] is None else str(float(point[0])),
        "latitude": None if point[1] is None else str(float(point[1])),
        "ouname": unit.get("name"),
        "oucode": unit.get("code"),
        "ounamehierarchy": hierarchy(rules, unit),
        **{row.attribute: row.value for row in entity.attributes},
    }


def _metadata(rules: EntryRules, query: EntityQuery) -> Json:
    """Names of what the answer is about, and the items of each dimension."""
    documents = [*query.programs, *(rules.document(UNIT, unit) or {"id": unit} for unit in query.units)]
    documents += [rules.document(_ATTRIBUTE, uid) or {"id": uid} for uid in query.attributes]
    items: Json = {row["id"]: {"name": row.get("name", row["id"])} for row in documents}
    items |= {item.id: {"name": item.document["name"]} for _, item in query.items}
    dimensions: Json = {uid: list[str]() for uid in [*query.attributes, *(item.id for _, item in query.items)]}
    if query.units:
        items["ou"] = {"name": "Organisation unit"}
        dimensions["ou"] = query.units
    return {"items": items, "dimensions": dimensions}
