"""Favorites as they are sent: `columns`, `rows` and `filters` taken apart into what a favorite owns.

The endpoints of single favorites keep nothing but what the axes say; an import of metadata takes the owned values as
they come, and of the axes only the periods. The other way round is `favorites`.
Source: `DefaultDimensionService.mergeAnalyticalObject`, the controllers that call it, `BaseAnalyticalObject.clear`,
`DefaultAnalyticalObjectImportHandler` of dhis2-core.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

from dhis2w_sandbox.documents import UNDESCRIBED, linked
from dhis2w_sandbox.metadata.favorites import COMPOSITES, EMBEDDED, TRACKED, USER_UNITS
from dhis2w_sandbox.metadata.periods import RELATIVE_PERIOD_FLAGS, RELATIVE_PERIODS, is_fixed
from dhis2w_sandbox.server import Server

Json = dict[str, Any]

AXES = {"columns": "columnDimensions", "rows": "rowDimensions", "filters": "filterDimensions"}
"""The list of dimension names that belongs to each axis."""

_LISTS = (
    "dataDimensionItems",
    "periods",
    "organisationUnits",
    "organisationUnitLevels",
    "itemOrganisationUnitGroups",
    *EMBEDDED,
    *TRACKED,
)
_PARENTS = {"columns": "COLUMN", "rows": "ROW", "filters": "FILTER"}
_SIMPLE_DIMENSIONS = frozenset(
    {
        "eventDate",
        "enrollmentDate",
        "incidentDate",
        "scheduledDate",
        "lastUpdated",
        "created",
        "eventStatus",
        "programStatus",
        "createdBy",
        "lastUpdatedBy",
        "ou",
    }
)
# Dimensions that are objects: type, and the list of the favorite that they go to, in the order in which DHIS2 looks.
_KINDS = {
    "category": "categoryDimensions",
    "dataElementGroupSet": "dataElementGroupSetDimensions",
    "organisationUnitGroupSet": "organisationUnitGroupSetDimensions",
    "categoryOptionGroupSet": "categoryOptionGroupSetDimensions",
    "trackedEntityAttribute": "attributeDimensions",
    "dataElement": "dataElementDimensions",
    "programIndicator": "programIndicatorDimensions",
}
_ITEM_TYPES = {
    "categoryOptions": "categoryOption",
    "categoryOptionGroups": "categoryOptionGroup",
    "dataElementGroups": "dataElementGroup",
    "organisationUnitGroups": "organisationUnitGroup",
}
DATA_ITEM_TYPES = {
    "indicator": "INDICATOR",
    "dataElement": "DATA_ELEMENT",
    "dataElementOperand": "DATA_ELEMENT_OPERAND",
    "reportingRate": "REPORTING_RATE",
    "programIndicator": "PROGRAM_INDICATOR",
    "programDataElement": "PROGRAM_DATA_ELEMENT",
    "programAttribute": "PROGRAM_ATTRIBUTE",
    "programDataElementOption": "PROGRAM_DATA_ELEMENT_OPTION",
    "programAttributeOption": "PROGRAM_ATTRIBUTE_OPTION",
    "expressionDimensionItem": "EXPRESSION_DIMENSION_ITEM",
}
"""`dataDimensionItemType` by the key of a data dimension item that holds its object."""

_METRICS = frozenset(
    {"REPORTING_RATE", "REPORTING_RATE_ON_TIME", "ACTUAL_REPORTS", "ACTUAL_REPORTS_ON_TIME", "EXPECTED_REPORTS"}
)


def merge(server: Server, body: Json, old: Json | None) -> None:
    """Make a visualization what its axes say; what else it says of its dimensions is lost."""
    del old
    _take_apart(server, body)
    for axis, names in AXES.items():
        body[names] = [_name(dimension) for dimension in _dimensions(body, axis)]


def merge_event(server: Server, body: Json, old: Json | None) -> None:
    """The same of an event chart or event report: also dates and states of events, repetitions, and the value."""
    merge(server, body, old)
    _take_value(server, body)
    rows = [(axis, dimension) for axis in AXES for dimension in _dimensions(body, axis)]
    body["simpleDimensions"] = [
        _simple_dimension(axis, dimension) for axis, dimension in rows if _name(dimension) in _SIMPLE_DIMENSIONS
    ]
    body["repetitions"] = [_repetition(axis, dimension) for axis, dimension in rows if dimension.get("repetition")]


def merge_event_visualization(server: Server, body: Json, old: Json | None) -> None:
    """The same of an event visualization, whose dimensions are named with program and stage; it is never legacy."""
    for axis in AXES:
        for dimension in _dimensions(body, axis):
            _add_program(server, dimension)
    merge_event(server, body, old)
    for axis, names in AXES.items():
        body[names] = [_qualified(dimension) for dimension in _dimensions(body, axis)]
    body["legacy"] = False


def merge_map(server: Server, body: Json, old: Json | None) -> None:
    """The same of each layer of a map."""
    for layer in body.get("mapViews") or ():
        if isinstance(layer, dict):
            merge(server, cast(Json, layer), old)
            _take_value(server, cast(Json, layer))


def raw_periods(favorite: Json) -> list[str]:
    """The periods of a favorite that is imported: those of its axes, and the relative ones, as flags or by name."""
    names = [
        str(item.get("id"))
        for axis in ("rows", "columns", "filters")
        for dimension in _dimensions(favorite, axis)
        for item in _items(dimension)
    ]
    flags: Json | None = favorite.get("relativePeriods")
    given = {name for flag, name in RELATIVE_PERIOD_FLAGS.items() if flags.get(flag)} if flags is not None else None
    chosen = favorite.get("rawPeriods", ()) if given is None else given
    relative = [name for name in RELATIVE_PERIOD_FLAGS.values() if name in chosen]
    return list(dict.fromkeys([*(name for name in names if _is_period(name)), *relative]))


def stored_item(server: Server, row: Json) -> Json:
    """A data dimension item as it is stored: what it refers to, as far as that is there, and of which kind it is."""
    key = next((key for key in DATA_ITEM_TYPES if isinstance(row.get(key), dict)), None)
    if key is None:
        return {}
    value = _known(server, {key: row[key]})
    return {"dataDimensionItemType": DATA_ITEM_TYPES[key], **value} if value else {}


def _known(server: Server, value: Json) -> Json:
    """A value without the references that lead nowhere, and the rest of them bare."""
    found: Json = {}
    for key, content in value.items():
        type = UNDESCRIBED.get(key)
        if type is None:
            found[key] = _known(server, cast(Json, content)) if isinstance(content, dict) else content
        elif server.store.get(type, linked(value, key) or ""):
            found[key] = {"id": content["id"]}
    return {key: content for key, content in found.items() if content}


def _dimensions(favorite: Json, axis: str) -> list[Json]:
    rows: list[Any] = favorite.get(axis) or []
    return [row for row in rows if isinstance(row, dict)]


def _items(dimension: Json) -> list[Json]:
    rows: list[Any] = dimension.get("items") or []
    return [row for row in rows if isinstance(row, dict)]


def _name(dimension: Json) -> str | None:
    return dimension.get("dimension") or dimension.get("id")


def _add_program(server: Server, dimension: Json) -> None:
    """A dimension that names a stage is one of the stage's program."""
    stage = server.store.get("programStage", (linked(dimension, "programStage") or "").partition("[")[0])
    if stage and stage.get("program"):
        dimension["program"] = stage["program"]


def _qualified(dimension: Json) -> str:
    parts = (linked(dimension, "program"), linked(dimension, "programStage"), _name(dimension))
    return ".".join(part for part in parts if part)


def _place(axis: str, dimension: Json) -> Json:
    """Where a dimension of events is, as rows about it say."""
    row = {
        "parent": _PARENTS[axis],
        "dimension": _name(dimension),
        "program": linked(dimension, "program"),
        "programStage": linked(dimension, "programStage"),
    }
    return {key: value for key, value in row.items() if value}


def _simple_dimension(axis: str, dimension: Json) -> Json:
    return {**_place(axis, dimension), "values": [item["id"] for item in _items(dimension) if item.get("id")]}


def _repetition(axis: str, dimension: Json) -> Json:
    return {**_place(axis, dimension), "indexes": dimension["repetition"].get("indexes") or []}


def _take_value(server: Server, body: Json) -> None:
    uid = linked(body, "value") or ""
    for key, type in (
        ("dataElementValueDimension", "dataElement"),
        ("attributeValueDimension", "trackedEntityAttribute"),
    ):
        if server.store.get(type, uid):
            body[key] = {"id": uid}


def _take_apart(server: Server, body: Json) -> None:
    """What the axes of a favorite say, in the place of all that it says itself."""
    for key in (*USER_UNITS, "relativePeriods", "rawPeriods"):
        body.pop(key, None)
    body |= {key: [] for key in _LISTS}
    for axis in AXES:
        for dimension in _dimensions(body, axis):
            if dimension.get("items") is not None:
                _take_dimension(server, body, dimension)


def _take_dimension(server: Server, body: Json, dimension: Json) -> None:
    name = _name(dimension) or ""
    uids = [str(item["id"]) for item in _items(dimension) if item.get("id")]
    kind = next((key for type, key in _KINDS.items() if _is_dimension(server, type, name)), None)
    if kind in EMBEDDED:
        owner, items, _ = EMBEDDED[kind]
        present = [{"id": uid} for uid in uids if server.store.get(_ITEM_TYPES[items], uid)]
        body[kind].append({owner: {"id": name}, items: present})
    elif kind in TRACKED:
        body[kind].append(_tracked(server, kind, name, dimension))
    elif name == "dx":
        body["dataDimensionItems"] += [row for uid in uids for row in _data_items(server, uid)]
    elif name == "pe":
        body["rawPeriods"] = list(dict.fromkeys(uids))
        body["periods"] = [{"id": uid} for uid in body["rawPeriods"] if is_fixed(uid)]
    elif name == "ou":
        _take_units(server, body, uids)


def _is_dimension(server: Server, type: str, uid: str) -> bool:
    document = server.store.get(type, uid)
    return document is not None and (type != "dataElement" or document.get("domainType") == "TRACKER")


def _tracked(server: Server, kind: str, uid: str, dimension: Json) -> Json:
    legend_set, stage = linked(dimension, "legendSet"), linked(dimension, "programStage")
    row: Json = {TRACKED[kind][0]: {"id": uid}, "filter": dimension.get("filter")}
    if legend_set and server.store.get("legendSet", legend_set):
        row["legendSet"] = {"id": legend_set}
    if kind == "dataElementDimensions" and stage and server.store.get("programStage", stage):
        row["programStage"] = {"id": stage}
    return {key: value for key, value in row.items() if value is not None}


def _data_items(server: Server, name: str) -> Iterator[Json]:
    """The data dimension item of one item of the data dimension; none where there is no such object."""
    parts = name.split(".")
    value = _composite(server, parts) if len(parts) > 1 else _single(server, name)
    if value is not None:
        key, content = value
        yield {"dataDimensionItemType": DATA_ITEM_TYPES[key], key: content}


def _single(server: Server, uid: str) -> tuple[str, Json] | None:
    types = ("indicator", "dataElement", "programIndicator", "expressionDimensionItem")
    return next(((type, {"id": uid}) for type in types if server.store.get(type, uid)), None)


def _composite(server: Server, parts: list[str]) -> tuple[str, Json] | None:
    if server.store.get("dataSet", parts[0]) and parts[1] in _METRICS:
        return "reportingRate", {"dataSet": {"id": parts[0]}, "metric": parts[1]}
    if parts[1] == "*" and server.store.get("dataElement", parts[0]):
        return "dataElementOperand", {"dataElement": {"id": parts[0]}}
    for key, links in COMPOSITES.items():
        pairs = list(zip(links, parts, strict=False))
        whole = len(pairs) == len(links)
        if whole and all(server.store.get(type, uid) for (_, type), uid in pairs):
            return key, {name: {"id": uid} for (name, _), uid in pairs}
    return None


def _take_units(server: Server, body: Json, names: list[str]) -> None:
    flags = {name: key for key, name in USER_UNITS.items()}
    for name in names:
        kind, _, rest = name.partition("-")
        if name in flags:
            body[flags[name]] = True
        elif kind == "LEVEL":
            level = _level(server, rest)
            body["organisationUnitLevels"] += [] if level is None else [level]
        elif kind == "OU_GROUP":
            body["itemOrganisationUnitGroups"] += _present(server, "organisationUnitGroup", rest)
        else:
            body["organisationUnits"] += _present(server, "organisationUnit", name)


def _present(server: Server, type: str, uid: str) -> list[Json]:
    return [{"id": uid}] if server.store.get(type, uid) else []


def _level(server: Server, name: str) -> int | None:
    if name.isdigit():
        return int(name)
    level = server.store.get("organisationUnitLevel", name)
    return level.get("level") if level else None


def _is_period(name: str) -> bool:
    return name in RELATIVE_PERIODS or is_fixed(name)
