"""The axes of favorites: `columns`, `rows` and `filters` of visualizations and maps, from what they own.

A favorite owns the names of its dimensions (`columnDimensions`) and their items (`dataDimensionItems`, `periods`,
`organisationUnits` …); DHIS2 puts the two together when a single favorite is asked for, and only then.
Source: `BaseAnalyticalObject.getDimensionalObject` of dhis2-api, `VisualizationController` of dhis2-core.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

from dhis2w_sandbox.metadata.periods import RELATIVE_PERIOD_FLAGS, RELATIVE_PERIODS, period_name
from dhis2w_sandbox.metadata.sides import linked
from dhis2w_sandbox.schemas import Schema

if TYPE_CHECKING:
    from dhis2w_sandbox.metadata.rendering import Rendering

Json = dict[str, Any]
Compute = Callable[["Rendering", Schema, Json], Any]

DATA, PERIOD, UNIT = "dx", "pe", "ou"
STATIC = frozenset({"dy", "longitude", "latitude"})
USER_UNITS = {
    "userOrganisationUnit": "USER_ORGUNIT",
    "userOrganisationUnitChildren": "USER_ORGUNIT_CHILDREN",
    "userOrganisationUnitGrandChildren": "USER_ORGUNIT_GRANDCHILDREN",
}

# Where the items of the data dimension may stand in a data dimension item, in the order in which DHIS2 looks.
DATA_ITEMS = (
    "indicator",
    "dataElement",
    "dataElementOperand",
    "reportingRate",
    "programIndicator",
    "programDataElement",
    "programAttribute",
    "programDataElementOption",
    "programAttributeOption",
    "expressionDimensionItem",
)

# The parts of the items that are made of several objects: the key of each, and its type.
COMPOSITES: dict[str, tuple[tuple[str, str], ...]] = {
    "programDataElementOption": (("program", "program"), ("dataElement", "dataElement"), ("option", "option")),
    "programAttributeOption": (("program", "program"), ("attribute", "trackedEntityAttribute"), ("option", "option")),
    "dataElementOperand": (("dataElement", "dataElement"), ("categoryOptionCombo", "categoryOptionCombo")),
    "programDataElement": (("program", "program"), ("dataElement", "dataElement")),
    "programAttribute": (("program", "program"), ("attribute", "trackedEntityAttribute")),
}

# The lists of dimensions that are objects themselves: where they are, the key of the object, and their type.
EMBEDDED = {
    "dataElementGroupSetDimensions": ("dataElementGroupSet", "dataElementGroups", "DATA_ELEMENT_GROUP_SET"),
    "organisationUnitGroupSetDimensions": (
        "organisationUnitGroupSet",
        "organisationUnitGroups",
        "ORGANISATION_UNIT_GROUP_SET",
    ),
    "categoryDimensions": ("category", "categoryOptions", "CATEGORY"),
    "categoryOptionGroupSetDimensions": (
        "categoryOptionGroupSet",
        "categoryOptionGroups",
        "CATEGORY_OPTION_GROUP_SET",
    ),
}
TRACKED = {
    "attributeDimensions": ("attribute", "trackedEntityAttribute", "PROGRAM_ATTRIBUTE"),
    "dataElementDimensions": ("dataElement", "dataElement", "PROGRAM_DATA_ELEMENT"),
    "programIndicatorDimensions": ("programIndicator", "programIndicator", "PROGRAM_INDICATOR"),
}


def axis(names: str, depth: int = 0) -> Compute:
    """The rule for one axis; `names` is the key that names its dimensions, `depth` where such favorites stand."""

    def compute(rendering: Rendering, schema: Schema, document: Json) -> list[Json]:
        del schema
        return _axis(rendering, document, names) if rendering.single and rendering.depth == depth else []

    return compute


def _axis(rendering: Rendering, document: Json, names: str) -> list[Json]:
    found = (_dimension(rendering, document, name) for name in document.get(names) or ())
    return [dimension for dimension in found if dimension is not None]


def layer_rows(rendering: Rendering, schema: Schema, document: Json) -> list[Json]:
    """The rows of a layer of a map: its organisation units."""
    del schema
    unit = _dimension(rendering, document, UNIT) if rendering.single and rendering.depth == 1 else None
    return [unit] if unit else []


def layers(rendering: Rendering, schema: Schema, document: Json) -> list[Json]:
    """The layers of a map; where the schemas do not describe them, with what is worked out elsewhere."""
    rows: list[Json] = document.get("mapViews") or []
    if rendering.server.schemas.of(schema.properties["mapViews"]):
        return rows
    return [{**row, **_worked_out(rendering, row)} for row in rows]


def _worked_out(rendering: Rendering, layer: Json) -> Json:
    shown = rendering.single and rendering.depth == 0
    unit = _dimension(rendering, layer, UNIT)
    return {
        "columns": _axis(rendering, layer, "columnDimensions") if shown else [],
        "rows": [unit] if shown and unit else [],
        "filters": _axis(rendering, layer, "filterDimensions") if shown else [],
        "relativePeriods": relative_periods(rendering, None, layer),
    }


def relative_periods(rendering: Rendering, schema: Schema | None, document: Json) -> Json:
    """The relative periods of a favorite as flags."""
    del rendering, schema
    chosen: list[str] = document.get("rawPeriods") or []
    return {flag: name in chosen for flag, name in RELATIVE_PERIOD_FLAGS.items()}


def raw_periods(rendering: Rendering, schema: Schema, document: Json) -> list[str]:
    """Periods as they were chosen; of favorites from before there was this list, once their axes are worked out."""
    del schema
    stored: list[str] = document.get("rawPeriods") or []
    axes = ("columnDimensions", "rowDimensions", "filterDimensions")
    shown = rendering.single and rendering.depth == 0 and any(PERIOD in (document.get(key) or ()) for key in axes)
    return stored or ([row["id"] for row in document.get("periods") or ()] if shown else [])


def periods(rendering: Rendering, schema: Schema, document: Json) -> list[Json]:
    """Fixed periods; some versions show their names, in words where the axes are worked out."""
    del schema
    uids: list[str] = [row["id"] for row in document.get("periods") or ()]
    if not rendering.server.behaviour.names_periods:
        return [{"id": uid} for uid in uids]
    in_words = rendering.single and rendering.depth == 0
    return [{"id": uid, "name": period_name(uid) if in_words else uid} for uid in uids]


def _dimension(rendering: Rendering, document: Json, name: str) -> Json | None:
    actual = name.rsplit(".", 1)[-1]
    match actual:
        case "dx":
            return _row(name, "DATA_X", _data_items(rendering, document))
        case "pe":
            return _row(name, "PERIOD", _period_items(document))
        case "ou":
            return _row(name, "ORGANISATION_UNIT", _unit_items(rendering, document))
        case "co":
            return _row(name, "CATEGORY_OPTION_COMBO", [])
        case _ if actual in STATIC:
            return _row(name, "STATIC", [])
        case _:
            return _embedded(rendering, document, name, actual) or _tracked(rendering, document, name, actual)


def _row(name: str, type: str, items: list[Json], **rest: Any) -> Json:
    return {"id": name, "dimension": name, "dimensionType": type, "items": items, "allItems": False, **rest}


def _item(rendering: Rendering, type: str, uid: str) -> Json:
    document = rendering.server.store.get(type, uid) or {}
    known = {key: document[key] for key in ("code", "name", "shortName") if key in document}
    return {"id": uid, **known, "displayName": known.get("name"), "dimensionItem": uid}


def _data_items(rendering: Rendering, document: Json) -> list[Json]:
    found: list[Json] = []
    for row in cast("list[Json]", document.get("dataDimensionItems") or []):
        key = next((key for key in DATA_ITEMS if row.get(key)), None)
        if key == "reportingRate":
            found.append(_reporting_rate(rendering, row[key]))
        elif key in COMPOSITES:
            found.append(_composite(rendering, COMPOSITES[key], row[key]))
        elif key is not None:
            found.append(_item(rendering, key, linked(row, key)))
    return found


def _reporting_rate(rendering: Rendering, rate: Json) -> Json:
    metric: str = rate.get("metric") or "REPORTING_RATE"
    item = _item(rendering, "dataSet", linked(rate, "dataSet"))
    words = f" - {metric.replace('_', ' ').capitalize()}"
    named = {key: f"{item[key]}{words}" for key in ("name", "shortName", "displayName") if item.get(key)}
    return {**item, **named, "dimensionItem": f"{item['id']}.{metric}"}


def _composite(rendering: Rendering, links: tuple[tuple[str, str], ...], value: Json) -> Json:
    parts = [_item(rendering, type, linked(value, key)) for key, type in links if value.get(key)]
    name = " ".join(str(part["name"]) for part in parts if part.get("name") not in (None, "default"))
    uid = ".".join(part["id"] for part in parts)
    return {"id": uid, "name": name, "displayName": name, "dimensionItem": uid}


def _period_items(document: Json) -> list[Json]:
    chosen: list[str] = document.get("rawPeriods") or [row["id"] for row in document.get("periods") or ()]
    return [
        {"id": name, "name": name if name in RELATIVE_PERIODS else period_name(name), "dimensionItem": name}
        for name in dict.fromkeys(chosen)
    ]


def _unit_items(rendering: Rendering, document: Json) -> list[Json]:
    units = [_item(rendering, "organisationUnit", row["id"]) for row in document.get("organisationUnits") or ()]
    names = [name for key, name in USER_UNITS.items() if document.get(key)]
    names += [f"LEVEL-{level}" for level in document.get("organisationUnitLevels") or ()]
    names += [f"OU_GROUP-{group['id']}" for group in document.get("itemOrganisationUnitGroups") or ()]
    return units + [{"id": name, "dimensionItem": name} for name in names]


def _embedded(rendering: Rendering, document: Json, name: str, uid: str) -> Json | None:
    for key, (owner, items, type) in EMBEDDED.items():
        for row in cast("list[Json]", document.get(key) or []):
            if linked(row, owner) == uid:
                item_type = items.removesuffix("s")
                links: list[Json] = row.get(items) or []
                return _row(name, type, [_item(rendering, item_type, link["id"]) for link in links])
    return None


def _tracked(rendering: Rendering, document: Json, name: str, uid: str) -> Json | None:
    for key, (owner, target, type) in TRACKED.items():
        for row in cast("list[Json]", document.get(key) or []):
            if linked(row, owner) != uid:
                continue
            value_type = (rendering.server.store.get(target, uid) or {}).get("valueType")
            rest = {"filter": row.get("filter"), "legendSet": row.get("legendSet"), "valueType": value_type}
            return _row(name, type, [], **{key: value for key, value in rest.items() if value is not None})
    return None
