"""The types of one DHIS2 version: what `/api/schemas` of a real server says of each type and property.

Loaded from `tables/<version>.schemas.jsonl`, which `dhis2w_codegen.sandbox_tables` writes.
Source of the answer's meaning: DHIS2's `SchemaController`, `Schema` and `Property`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cache, cached_property
from importlib.resources import files
from typing import Any

Json = dict[str, Any]

# What most properties say; the table's rows hold only what differs, and None for a key that the server left out.
USUAL: Json = {
    "persisted": True,
    "attribute": False,
    "simple": True,
    "collection": False,
    "ordered": False,
    "owner": False,
    "identifiableObject": False,
    "nameableObject": False,
    "embeddedObject": False,
    "analyticalObject": False,
    "readable": True,
    "writable": True,
    "unique": False,
    "required": False,
    "manyToMany": False,
    "oneToOne": False,
    "manyToOne": False,
    "oneToMany": False,
    "translatable": False,
    "sortable": False,
    "propertyTransformer": False,
    "namespace": "http://dhis2.org/schema/dxf/2.0",
    "gistPreferences": {"included": "AUTO", "transformation": "AUTO"},
}


@dataclass(frozen=True, eq=False)
class Property:
    """One property of a type; `raw` is the whole row as `/api/schemas` shows it."""

    raw: Json

    @cached_property
    def key(self) -> str:
        """The JSON key: of a collection its `collectionName`, of any other property its `name`."""
        return self.raw["collectionName"] if self.collection else self.raw["name"]

    @cached_property
    def name(self) -> str:
        """The name in schemas (singular for collections)."""
        return self.raw["name"]

    @cached_property
    def collection(self) -> bool:
        """Whether the value is a list."""
        return self.raw["collection"]

    @cached_property
    def type(self) -> str:
        """TEXT, NUMBER, REFERENCE, COLLECTION, COMPLEX …: DHIS2's `PropertyType`."""
        return self.raw["propertyType"]

    @cached_property
    def value_type(self) -> str:
        """The `PropertyType` of the value, or of one item where the value is a list."""
        return self.raw["itemPropertyType"] if self.collection else self.type

    @cached_property
    def value_klass(self) -> str:
        """The Java class of the value, or of one item where the value is a list."""
        return self.raw["itemKlass"] if self.collection else self.raw["klass"]

    @cached_property
    def owner(self) -> bool:
        """Whether the type itself holds the value (`fields=:owner`); otherwise the other side does, or nobody."""
        return self.raw["owner"]

    @cached_property
    def persisted(self) -> bool:
        """Whether the database holds the value; otherwise the server computes it."""
        return self.raw["persisted"]

    @cached_property
    def embedded(self) -> bool:
        """Whether the value lives inside its object (a data set's elements) and not on its own."""
        return self.raw["embeddedObject"]

    @cached_property
    def reference(self) -> bool:
        """Whether the value, or each item, is another object with an identity of its own."""
        return self.value_type == "REFERENCE" and not self.embedded

    @cached_property
    def constants(self) -> list[str] | None:
        """The names of an enum, in the server's order."""
        return self.raw.get("constants")

    def __getitem__(self, key: str) -> Any:
        """Any other fact of the row: `prop["required"]`; None where the server said nothing."""
        return self.raw.get(key)


@dataclass(frozen=True, eq=False)
class Schema:
    """One type; `raw` is its row in `/api/schemas` without the properties."""

    raw: Json
    properties: dict[str, Property] = field(default_factory=dict[str, Property])
    """By JSON key, in the server's order."""

    @cached_property
    def singular(self) -> str:
        """`dataElement`: unique over all types."""
        return self.raw["singular"]

    @cached_property
    def plural(self) -> str:
        """`dataElements`: the key of the type in metadata payloads, unique over all types."""
        return self.raw["plural"]

    @cached_property
    def collection_name(self) -> str:
        """The key of the list in the answer of the type's own endpoint."""
        return self.raw.get("collectionName") or self.plural

    @cached_property
    def klass(self) -> str:
        """The whole name of the Java class, as reports name the type."""
        return self.raw["klass"]

    @cached_property
    def short_klass(self) -> str:
        """The name of the Java class without its package."""
        return self.klass.rsplit(".", 1)[-1]

    @cached_property
    def endpoint(self) -> str | None:
        """`/dataElements`, below `/api`; None where the type has no endpoint."""
        return self.raw.get("relativeApiEndpoint")

    @cached_property
    def metadata(self) -> bool:
        """Whether the type takes part in metadata export and import."""
        return self.raw["metadata"]

    @cached_property
    def shareable(self) -> bool:
        """Whether objects of the type have sharing."""
        return self.raw["shareable"]

    def authorities(self, kind: str) -> list[str]:
        """The authorities of one kind (`CREATE_PUBLIC`, `CREATE_PRIVATE`, `DELETE`, `READ` …), any of which does."""
        return [name for row in self.raw["authorities"] if row["type"] == kind for name in row["authorities"]]

    def __getitem__(self, key: str) -> Any:
        """Any other fact of the row: `schema["defaultPrivate"]`; None where the server said nothing."""
        return self.raw.get(key)


class Schemas:
    """All types of one version, and the ways to find one."""

    def __init__(self, schemas: list[Schema]) -> None:
        self.all = schemas
        self.by_klass = {schema.klass: schema for schema in schemas}
        self.by_singular = {schema.singular: schema for schema in schemas}
        self.by_plural = {schema.plural: schema for schema in schemas}
        self.by_endpoint = {schema.endpoint: schema for schema in schemas if schema.endpoint}

    def of(self, prop: Property) -> Schema | None:
        """The schema of a property's value (of one item, where it is a list); None where it has none."""
        return self.by_klass.get(prop.value_klass)


@cache
def load_schemas(version: str) -> Schemas:
    """The types of a version (`"v41"` … `"v44"`), in the server's order."""
    found: list[Schema] = []
    for line in files("dhis2w_sandbox.tables").joinpath(f"{version}.schemas.jsonl").read_text("utf-8").splitlines():
        row: Json = json.loads(line)
        if "type" in row:
            found.append(Schema(row["type"]))
            continue
        whole = {key: value for key, value in {**USUAL, **row}.items() if value is not None}
        prop = Property(whole)
        found[-1].properties[prop.key] = prop
    return Schemas(found)
