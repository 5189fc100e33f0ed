"""Who refers to an object: by a link that another type owns, or by its UID in an expression.

Which links there are is in the schemas; each type that has one is asked with one request.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, cast

from dhis2w_client.filters import where
from dhis2w_client.list_query import list_query
from dhis2w_client.metadata.metadata_api import together
from dhis2w_client.metadata.references import AUTHORS
from dhis2w_client.pages import rows_of

if TYPE_CHECKING:
    from dhis2w_client.metadata.metadata_api import MetadataApi
    from dhis2w_client.metadata.schema_facts import SchemaFacts, TypeFacts
    from dhis2w_client.pages import Row

CHARTS: Mapping[str, str] = {"visualizations": "dataDimensionItems", "maps": "mapViews.dataDimensionItems"}
"""Where charts have what they show. No schema describes these items, so that DHIS2 need not know a filter for them."""
CHART_ITEMS: Mapping[str, tuple[str, ...]] = {
    "DataElement": ("dataElement", "dataElementOperand.dataElement"),
    "Indicator": ("indicator",),
    "ProgramIndicator": ("programIndicator",),
}
"""The links of such an item, by the type that they point to."""
TEXTS: Mapping[str, tuple[str, ...]] = {
    "Indicator": ("numerator", "denominator"),
    "Predictor": ("generator.expression", "sampleSkipTest.expression"),
    "ProgramIndicator": ("expression", "filter"),
    "ProgramRule": ("condition",),
    "ProgramRuleAction": ("data",),
    "ValidationRule": ("leftSide.expression", "rightSide.expression"),
    "DataEntryForm": ("htmlCode",),
}
"""Properties with expressions, in which UIDs stand."""
IN_TEXTS = frozenset(
    {
        "CategoryOptionCombo",
        "CategoryOptionGroup",
        "Constant",
        "DataElement",
        "DataSet",
        "Indicator",
        "OrganisationUnitGroup",
        "Program",
        "ProgramIndicator",
        "ProgramStage",
        "TrackedEntityAttribute",
    }
)
"""Types whose UIDs can stand in expressions."""


@dataclass(frozen=True, slots=True)
class Usage:
    """One object that refers to another one."""

    plural: str
    """DHIS2's plural of its type: `dataSets`."""
    id: str
    """Its UID."""
    name: str | None
    """Its name."""
    paths: tuple[str, ...]
    """The properties by which it refers: `dataSetElements.dataElement`, `numerator`."""


async def usage_of(api: MetadataApi, type: TypeFacts, id: str) -> tuple[Usage, ...]:
    """The objects that refer to an object of a type, by type and name."""
    table = referrers(api.facts, type.name)
    shown = CHART_ITEMS.get(type.name, ())
    charts = {plural: tuple(f"{place}.{link}" for link in shown) for plural, place in CHARTS.items() if shown}
    answers = await together(
        [
            *(_ask(api, plural, paths, id) for plural, paths in table.items()),
            *(_charts(api, plural, paths, id) for plural, paths in charts.items()),
        ]
    )
    found = [usage for usages in answers for usage in usages]
    return tuple(sorted(found, key=lambda usage: (usage.plural, usage.name or "", usage.id)))


@cache
def referrers(facts: SchemaFacts, target: str) -> Mapping[str, tuple[str, ...]]:
    """The properties that can refer to a type, by the plural of the type that has them."""
    found: dict[str, tuple[str, ...]] = {}
    for type in facts.metadata_types:
        paths = tuple(_paths(facts, type, target, ""))
        texts = TEXTS.get(type.name, ()) if target in IN_TEXTS else ()
        if paths or texts:
            found[type.plural] = (*paths, *texts)
    return found


def _paths(facts: SchemaFacts, type: TypeFacts, target: str, path: str) -> Iterator[str]:
    for prop in type.owned:
        if prop.key in AUTHORS:
            continue
        if prop.kind == "link" and prop.target == target:
            yield f"{path}{prop.key}"
        elif prop.kind == "model" and not path and (inner := facts.type(prop.target)) and inner.embedded:
            yield from _paths(facts, inner, target, f"{prop.key}.")


async def _ask(api: MetadataApi, plural: str, paths: tuple[str, ...], id: str) -> list[Usage]:
    """The objects of one type that refer to the UID."""
    type = api.facts.of_plural(plural)
    texts = TEXTS.get(type.name, ()) if type else ()
    wanted = list_query(
        api.dialect,
        fields=["id", "name", *(_field(path, is_text=path in texts) for path in paths)],
        filters=[where(path).like(id) if path in texts else where(f"{path}.id").eq(id) for path in paths],
        root_junction="OR",
    )
    reply = await api.ask("GET", api.path(plural), params=[*wanted.params(), ("paging", False)])
    return [_usage(plural, row, paths, id) for row in rows_of(api.checked(reply), plural, reply)]


async def _charts(api: MetadataApi, plural: str, paths: tuple[str, ...], id: str) -> list[Usage]:
    """The charts that show something: all of them are read, page by page, and looked through here."""
    fields = ["id", "name", *(_field(path, is_text=False) for path in paths)]
    rows = api.collection(plural).rows(fields=fields)
    return [usage async for row in rows if (usage := _usage(plural, row, paths, id)).paths]


def _usage(plural: str, row: Row, paths: tuple[str, ...], id: str) -> Usage:
    return Usage(plural, str(row["id"]), row.get("name"), tuple(path for path in paths if _refers(row, path, id)))


def _field(path: str, *, is_text: bool) -> str:
    """A path as DHIS2's `fields` write it: `dataSetElements[dataElement[id]]`."""
    keys = path.split(".") if is_text else [*path.split("."), "id"]
    return "[".join(keys) + "]" * (len(keys) - 1)


def _refers(row: Row, path: str, id: str) -> bool:
    """Whether the values at a path of an object name a UID."""
    values: list[Any] = [row]
    for key in path.split("."):
        values = [value for item in values if isinstance(item, dict) for value in _items(cast("Row", item).get(key))]
    return any(id in value if isinstance(value, str) else value and value.get("id") == id for value in values)


def _items(value: object) -> list[Any]:
    return cast("list[Any]", value) if isinstance(value, list) else [value]
