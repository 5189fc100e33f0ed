"""What is in a stored document: its links to other objects, found by the schema of its type."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from dhis2w_sandbox.schemas import Property, Schema, Schemas
from dhis2w_sandbox.store import Reference

Json = dict[str, Any]


def linked(document: Json, key: str) -> str | None:
    """The identifier in a single reference of a document; None where it holds none."""
    reference: Json = document.get(key) or {}
    return reference.get("id")


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
        for item in content if isinstance(content, list) else [content]:  # pyright: ignore[reportUnknownVariableType] - JSON
            if isinstance(item, dict):
                yield from _links_of_item(schemas, prop, item, path + key)  # pyright: ignore[reportUnknownArgumentType] - JSON


def _links_of_item(schemas: Schemas, prop: Property, item: Json, path: str) -> Iterator[Reference]:
    target = schemas.of(prop)
    if target is None:
        return
    if prop.reference:
        if isinstance(item.get("id"), str):
            yield Reference(path, target.singular, item["id"])
    else:
        yield from _links(schemas, target, item, f"{path}.")


def _attribute_links(values: list[Json], path: str) -> Iterator[Reference]:
    for value in values:
        if isinstance(value.get("attribute"), dict) and isinstance(value["attribute"].get("id"), str):
            yield Reference(path, "attribute", value["attribute"]["id"])
