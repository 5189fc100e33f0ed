"""The other side of a link: which groups an element is in, although only the groups say so.

The schemas name the owning side of most links (`owningRole`); of one-to-many links it is the one property of the
other type that points back.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple, cast

from dhis2w_sandbox.schemas import Property, Schema, Schemas
from dhis2w_sandbox.server import Server

Json = dict[str, Any]


def linked(document: Json, key: str) -> str:
    """The identifier that a key of a document refers to; empty where it refers to nothing."""
    value: Any = document.get(key)
    return cast("Json", value).get("id") or "" if isinstance(value, dict) else ""


class OwningSide(NamedTuple):
    """Where the links of a property really are."""

    type: str
    """The type whose documents hold the links."""
    path: str
    """The key in them, dotted where it is inside an embedded value."""
    embedded: bool
    """Whether the value is the embedded part of the document rather than the document."""


def members(server: Server, schema: Schema, prop: Property, document: Json) -> list[Json]:
    """Who links to an object by the owning side of a property: references, or embedded values as they are stored."""
    side = owning_side(server.schemas, schema, prop)
    uid = document.get("id")
    if side is None or uid is None:
        return []
    links = [row for row in server.store.referrers(schema.singular, uid) if (row.type, row.path) == side[:2]]
    if not side.embedded:
        return [{"id": uid} for uid in _in_their_order(server, side.type, [row.uid for row in links])]
    return [item for row in links for item in _parts(server, row.type, row.uid, side.path, uid)]


def _in_their_order(server: Server, type: str, uids: list[str]) -> list[str]:
    """Objects that have a place of their own (`sortOrder`, as the sections of a data set) come by it."""
    if "sortOrder" not in server.schemas.by_singular[type].properties:
        return uids
    documents = {uid: server.store.get(type, uid) or {} for uid in uids}
    return sorted(uids, key=lambda uid: documents[uid].get("sortOrder") or 0)


def _parts(server: Server, type: str, holder: str, path: str, uid: str) -> list[Json]:
    outer, _, inner = path.partition(".")
    document = server.store.get(type, holder) or {}
    return [item for item in document.get(outer) or () if linked(item, inner) == uid]


def documents_of(server: Server, schema: Schema) -> list[Json]:
    """Every object of a type: those on their own, and those that live inside others (the items of dashboards)."""
    inside = [
        item
        for holder, key in _holders(server.schemas, schema)
        for document in server.store.all(holder)
        for item in document.get(key) or ()
    ]
    return server.store.all(schema.singular) + inside


def document_of(server: Server, schema: Schema, uid: str) -> Json | None:
    """An object of a type, on its own or inside another."""
    own = server.store.get(schema.singular, uid)
    if own is not None or not _holders(server.schemas, schema):
        return own
    return next((item for item in documents_of(server, schema) if item.get("id") == uid), None)


@lru_cache(maxsize=256)
def _holders(schemas: Schemas, schema: Schema) -> tuple[tuple[str, str], ...]:
    """The types and keys that objects of a type live in."""
    return tuple(
        (holder.singular, prop.key)
        for holder in schemas.all
        for prop in holder.properties.values()
        if prop.owner and prop.embedded and prop.collection and prop.value_klass == schema.klass
    )


@lru_cache(maxsize=4096)
def owning_side(schemas: Schemas, schema: Schema, prop: Property) -> OwningSide | None:
    """The owning side of a property that its own type does not hold; None where nobody holds it."""
    role = prop["owningRole"]
    if role:
        klass, _, field_name = role.rpartition(".")
        other = schemas.by_klass.get(klass)
        owner = next((p for p in other.properties.values() if p["fieldName"] == field_name), None) if other else None
        return OwningSide(other.singular, owner.key, False) if other and owner and other is not schema else None
    item = schemas.of(prop)
    back = _back_reference(item, schema) if item else None
    if item is None or back is None:
        return None
    if not prop.embedded:
        return OwningSide(item.singular, back.key, False)
    return next(
        (
            OwningSide(holder.singular, f"{part.key}.{back.key}", True)
            for holder in schemas.all
            for part in holder.properties.values()
            if part.owner and part.embedded and part.collection and part.value_klass == item.klass
        ),
        None,
    )


def _back_reference(item: Schema, schema: Schema) -> Property | None:
    """The property that points back: a single reference rather than a list."""
    pointing = [
        prop
        for prop in item.properties.values()
        if prop.reference and prop.owner and prop.value_klass == schema.klass and not prop["propertyTransformer"]
    ]
    return min(pointing, key=lambda prop: prop.collection, default=None)
