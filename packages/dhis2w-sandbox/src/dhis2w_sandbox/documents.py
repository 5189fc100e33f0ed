"""What is in a stored document: its links to other objects, found by the schema of its type."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, cast

from dhis2w_sandbox.schemas import Property, Schema, Schemas
from dhis2w_sandbox.store import Reference

Json = dict[str, Any]


def linked(document: Json, key: str) -> str | None:
    """The identifier in a single reference of a document; None where it holds none."""
    reference: Json = document.get(key) or {}
    return reference.get("id")


UNDESCRIBED: dict[str, str] = {
    "attribute": "trackedEntityAttribute",
    "category": "category",
    "categoryOptionCombo": "categoryOptionCombo",
    "categoryOptionGroupSet": "categoryOptionGroupSet",
    "categoryOptionGroups": "categoryOptionGroup",
    "categoryOptions": "categoryOption",
    "dataElement": "dataElement",
    "dataSet": "dataSet",
    "expressionDimensionItem": "expressionDimensionItem",
    "indicator": "indicator",
    "itemOrganisationUnitGroups": "organisationUnitGroup",
    "legendSet": "legendSet",
    "option": "option",
    "organisationUnitGroupSet": "organisationUnitGroupSet",
    "organisationUnitGroups": "organisationUnitGroup",
    "organisationUnits": "organisationUnit",
    "program": "program",
    "programIndicator": "programIndicator",
    "programStage": "programStage",
    "set": "legendSet",
    "trackedEntityType": "trackedEntityType",
}
"""Types of references by their key, in the parts of favorites that the schemas do not describe."""

_UNDESCRIBED_PARTS = frozenset({"attributeDimensions", "dataDimensionItems", "legend", "mapViews"})


def reference_finder(schemas: Schemas) -> Callable[[str, Json], Iterable[Reference]]:
    """A function that finds the links in a document of a type (singular name)."""

    def find(type: str, document: Json) -> Iterable[Reference]:
        schema = schemas.by_singular.get(type)
        return list(_links(schemas, schema, document, "")) if schema else []

    return find


def _links(schemas: Schemas, schema: Schema, value: Json, path: str) -> Iterator[Reference]:
    for key, content in value.items():
        prop = schema.properties.get(key)
        if prop is None or not content:
            continue
        if key == "attributeValues":
            yield from _attribute_links(content, f"{path}attributeValues.attribute")
            continue
        for item in _objects(content):
            yield from _links_of_item(schemas, prop, item, path + key)


def _links_of_item(schemas: Schemas, prop: Property, item: Json, path: str) -> Iterator[Reference]:
    target = schemas.of(prop)
    if target is None:
        if prop.key in _UNDESCRIBED_PARTS:
            yield from _undescribed_links(item, f"{path}.")
    elif prop.reference:
        if isinstance(item.get("id"), str):
            yield Reference(path, target.singular, item["id"])
    else:
        yield from _links(schemas, target, item, f"{path}.")


def _undescribed_links(value: Json, path: str) -> Iterator[Reference]:
    for key, content in value.items():
        for item in _objects(content):
            if key not in UNDESCRIBED:
                yield from _undescribed_links(item, f"{path}{key}.")
            elif isinstance(item.get("id"), str):
                yield Reference(path + key, UNDESCRIBED[key], item["id"])


def _objects(content: Any) -> list[Json]:
    """The objects in a value: itself, or those in a list."""
    rows = cast("list[Any]", content if isinstance(content, list) else [content])
    return [row for row in rows if isinstance(row, dict)]


def _attribute_links(values: list[Json], path: str) -> Iterator[Reference]:
    for value in values:
        if isinstance(value.get("attribute"), dict) and isinstance(value["attribute"].get("id"), str):
            yield Reference(path, "attribute", value["attribute"]["id"])
