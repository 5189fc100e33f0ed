"""What an object refers to: every link inside of it, with the place where it is and the type that it is of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple, cast

if TYPE_CHECKING:
    from dhis2w_client.metadata.schema_facts import PropertyFacts, SchemaFacts, TypeFacts

Row = Mapping[str, Any]

AUTHORS = frozenset({"user", "createdBy", "lastUpdatedBy"})
"""Links to users that say who did something; an import sets them anew, whether the user is there or not."""
OF_EVERY_TYPE = frozenset({"sharing", "translations", "access", "attributeValues"})


class Reference(NamedTuple):
    """One link of an object."""

    path: str
    """Where it is: `categoryCombo`, `dataSetElements.dataElement`."""
    type: str
    """The class of the object that it points to: `CategoryCombo`."""
    id: str
    """The UID of that object."""


def references_of(facts: SchemaFacts, type: TypeFacts, row: Row, *, owned: bool = True) -> Iterator[Reference]:
    """Every link of an object, also those of its parts, its attribute values and its sharing settings.

    Args:
        facts: The facts of the version.
        type: The type of the object.
        row: The object.
        owned: Leave out the links that the other side holds, such as the groups of a data element.
    """
    yield from _links(facts, type, row, "", owned)
    for value in _rows(row.get("attributeValues")):
        yield from _link("attributeValues.attribute", "Attribute", value.get("attribute"))
    sharing = row.get("sharing")
    if isinstance(sharing, Mapping):
        yield from _shared_with(cast("Row", sharing))


def _shared_with(sharing: Row) -> Iterator[Reference]:
    for key, type in (("users", "User"), ("userGroups", "UserGroup")):
        accesses = sharing.get(key)
        if isinstance(accesses, Mapping):
            yield from (Reference(f"sharing.{key}", type, str(uid)) for uid in cast("Row", accesses))


def _links(facts: SchemaFacts, type: TypeFacts, row: Row, path: str, owned: bool) -> Iterator[Reference]:
    for key, value in row.items():
        if not value or key in AUTHORS or key in OF_EVERY_TYPE:
            continue
        prop = type.properties.get(key)
        if prop is None or (type.is_computed(prop) if owned else not prop.writable):
            continue
        place = f"{path}{key}"
        if prop.kind == "link":
            for item in _items(value):
                yield from _link(place, prop.target, item)
        elif prop.kind == "model":
            yield from _inside(facts, prop, value, place, owned)


def _inside(facts: SchemaFacts, prop: PropertyFacts, value: object, place: str, owned: bool) -> Iterator[Reference]:
    inner = facts.type(prop.target)
    for part in _rows(value):
        if inner is None:
            yield from _links_by_key(facts, part, f"{place}.")
        else:
            yield from _links(facts, inner, part, f"{place}.", owned)


def _links_by_key(facts: SchemaFacts, row: Row, path: str) -> Iterator[Reference]:
    """The links of a part that no schema describes (an item of a chart): by keys that are called like a type."""
    types = _types_by_key(facts)
    for key, value in row.items():
        if key in types:
            yield from _link(f"{path}{key}", types[key], value)
        elif isinstance(value, (dict, list)):
            for part in _rows(cast("object", value)):
                yield from _links_by_key(facts, part, f"{path}{key}.")


@cache
def _types_by_key(facts: SchemaFacts) -> Mapping[str, str]:
    return {type.name[0].lower() + type.name[1:]: type.name for type in facts.metadata_types}


def _link(place: str, type: str, value: object) -> Iterator[Reference]:
    if isinstance(value, Mapping) and isinstance(uid := cast("Row", value).get("id"), str):
        yield Reference(place, type, uid)


def _items(value: object) -> list[object]:
    return cast("list[object]", value) if isinstance(value, list) else [value]


def _rows(value: object) -> Iterator[Row]:
    """The objects in a value that is one, or a list of them."""
    yield from (cast("Row", item) for item in _items(value) if isinstance(item, Mapping))
