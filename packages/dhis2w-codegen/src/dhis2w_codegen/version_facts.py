"""What one version of DHIS2 says of its types: `/api/schemas`, completed by the OpenAPI document.

The schemas are right about keys, links and constants, and say nothing of the objects inside objects; those come from
the OpenAPI document. A version without schemas is the one before it, changed by what the OpenAPI documents of the two
say differently.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from dhis2w_codegen.published import Json, Published
from dhis2w_codegen.shapes import Shape

ANY, OBJECT, TEXT = Shape((), "any"), Shape((), "object"), Shape((), "text")

SCALARS = {
    "BOOLEAN": Shape((), "boolean"),
    "DATE": Shape((), "date"),
    "INTEGER": Shape((), "integer"),
    "NUMBER": Shape((), "number"),
}
"""Shapes by `propertyType`; the types that are not here, `CONSTANT`, `REFERENCE` or `COMPLEX` are text."""

INTEGERS = {"java.lang.Long", "java.lang.Integer"}
"""Java classes that `/api/schemas` calls `TEXT` or `NUMBER`, and that are whole numbers on the wire."""

OPENAPI_SCALARS = {"integer": "integer", "number": "number", "boolean": "boolean", "string": "text"}

ANY_OBJECT = {
    "BaseIdentifiableObject", "BaseNameableObject", "DimensionalItemObject", "IdentifiableObject", "NameableObject",
    "UserDto",
}  # fmt: skip
"""Components that stand for a reference to an object of some type."""

TYPE_FLAGS = (
    "metadata", "identifiableObject", "nameableObject", "embeddedObject", "shareable", "dataShareable", "translatable",
    "persisted", "favoritable", "subscribable",
)  # fmt: skip
PROPERTY_FLAGS = ("owner", "required", "unique", "translatable", "ordered", "sortable")
PROPERTY_REFUSALS = ("persisted", "readable", "writable")
FORMATS = frozenset({"EMAIL", "URL", "COLOR", "PASSWORD"})
"""Values of `propertyType` that are text of a form."""


@dataclass
class TypeFacts:
    """Facts of one type, and of its properties by their JSON key (`is` among them: the shape as text)."""

    facts: Json
    properties: dict[str, Json] = field(default_factory=dict[str, Json])


@dataclass
class VersionFacts:
    """Types and enums of one version by name."""

    version: int
    types: dict[str, TypeFacts] = field(default_factory=dict[str, TypeFacts])
    enums: dict[str, list[str]] = field(default_factory=dict[str, list[str]])


@dataclass(frozen=True)
class Names:
    """What all versions together say about names.

    In the OpenAPI documents what is sent has the name of the type; its twin for writing ends in `Params`.
    """

    classes: Mapping[str, str]
    """The name of each Java class."""
    renamed: Mapping[str, str]
    """The names of the components that an override names otherwise."""
    links: frozenset[str]
    """The types that are sent as references."""
    shapes: Mapping[str, str]
    """The shapes of the Java classes that an override settles, by simple name."""
    components: frozenset[str]
    """The names of all components and links."""
    roots: tuple[str, ...]
    """Components that are read though no type of the schemas refers to them."""


def json_key(prop: Json) -> str:
    """The key of a property in JSON: `collectionName` of a collection, `name` of any other."""
    return prop["collectionName"] if prop["collection"] else prop["name"]


def item_class(prop: Json) -> str:
    """The Java class of the property, or of its items."""
    return prop["itemKlass"] if prop["collection"] and "itemKlass" in prop else prop["klass"]


def simple_name(java_class: str) -> str:
    """`ValueType` of `org.hisp.dhis.common.ValueType`."""
    return java_class.rpartition(".")[2]


def read_names(
    documents: Iterable[Published], names: Mapping[str, str], shapes: Mapping[str, str], roots: Iterable[str]
) -> Names:
    """Name the Java classes, newest version first; `names`, `shapes` and `roots` are the overrides.

    A type of the schemas has the simple name of its class. Other classes have the name that the OpenAPI document refers
    to them by, which tells apart those of the same simple name (`Source`, `Target`, `Icon`).
    """
    every = list(documents)
    newest_first = [document for document in reversed(every) if document.schemas is not None]
    classes = dict(names)
    links: set[str] = set()
    for document in newest_first:
        for schema in document.schemas or []:
            name = classes.setdefault(schema["klass"], simple_name(schema["klass"]))
            if schema["identifiableObject"] and not schema["embeddedObject"]:
                links.add(name)
    components = frozenset(name for document in every for name in document.components) | links
    for document in newest_first:
        for schema in document.schemas or []:
            for prop in schema["properties"]:
                ref = _reference_name(_component_property(document, simple_name(schema["klass"]), json_key(prop)))
                if ref and ref not in ANY_OBJECT and _is_named(prop):
                    classes.setdefault(item_class(prop), _base_name(ref, components))
    renamed = {simple_name(java_class): name for java_class, name in names.items()}
    settled = {simple_name(java_class): shape for java_class, shape in shapes.items()}
    return Names(classes, renamed, frozenset(links), settled, components, tuple(roots))


def read_version(document: Published, names: Names) -> VersionFacts:
    """The facts of a version that has schemas."""
    reader = _Reader(document, names)
    for schema in document.schemas or []:
        reader.add_schema(schema)
    reader.add_components()
    return reader.facts


def preview_version(document: Published, before: Published, known: VersionFacts, names: Names) -> VersionFacts:
    """The facts of a version without schemas, from those of the version before it."""
    reader = _Reader(document, names)
    for name, type_facts in known.types.items():
        if "klass" not in type_facts.facts:
            continue
        new = _component(document, simple_name(type_facts.facts["klass"]))
        old = _component(before, simple_name(type_facts.facts["klass"]))
        kept = {key: facts for key, facts in type_facts.properties.items() if key in new or key not in old}
        added = {
            key: {"is": str(reader.openapi_shape(new[key]))}
            for key in new
            if key not in old and key not in type_facts.properties
        }
        reader.facts.types[name] = TypeFacts(type_facts.facts, kept | added)
        for facts in kept.values():
            reader.use(Shape.parse(facts["is"]), known)
    reader.add_components()
    return reader.facts


class _Reader:
    """Collects the facts of one version; `wanted` are the components that a shape has named and nobody has read yet."""

    def __init__(self, document: Published, names: Names) -> None:
        self.document = document
        self.names = names
        self.facts = VersionFacts(document.version)
        self.wanted: dict[str, list[Json]] = {}

    def add_schema(self, schema: Json) -> None:
        """Read a type of `/api/schemas`."""
        facts: Json = {"klass": schema["klass"], "singular": schema["singular"], "plural": schema["plural"]}
        if schema.get("collectionName", schema["plural"]) != schema["plural"]:
            facts["collectionName"] = schema["collectionName"]
        if "relativeApiEndpoint" in schema:
            facts["endpoint"] = schema["relativeApiEndpoint"].strip("/")
        facts |= {flag: True for flag in TYPE_FLAGS if schema.get(flag)}
        entry = self.facts.types[self.names.classes[schema["klass"]]] = TypeFacts(facts)
        for prop in schema["properties"]:
            published = _component_property(self.document, simple_name(schema["klass"]), json_key(prop))
            entry.properties[json_key(prop)] = {"is": str(self.schema_shape(prop, published)), **_property_facts(prop)}

    def schema_shape(self, prop: Json, published: Json | None) -> Shape:
        """The shape of a property of `/api/schemas`; `published` is what the OpenAPI document has of it."""
        kind = prop.get("itemPropertyType", prop["propertyType"]) if prop["collection"] else prop["propertyType"]
        simple = simple_name(item_class(prop))
        name = self.names.classes.get(item_class(prop), simple)
        if simple in self.names.shapes:
            inside = self.use(Shape.parse(self.names.shapes[simple]))
        elif kind == "COMPLEX" and published is not None and item_class(prop) not in self._schema_classes():
            return self.openapi_shape(published, name)
        else:
            inside = self._schema_item(kind, prop, name)
        return inside.inside("list") if prop["collection"] else inside

    def _schema_item(self, kind: str, prop: Json, name: str) -> Shape:
        if kind == "CONSTANT":
            self._add_constants(name, prop.get("constants", []))
            return Shape((), "enum", name)
        if kind == "COMPLEX" and item_class(prop) not in self.names.classes:
            return ANY
        if kind == "COMPLEX" or (kind == "REFERENCE" and prop["embeddedObject"]):
            return self.use(Shape((), "model", name))
        if kind == "REFERENCE":
            return Shape((), "link", name)
        return SCALARS["INTEGER"] if item_class(prop) in INTEGERS else SCALARS.get(kind, TEXT)

    def _schema_classes(self) -> set[str]:
        return {schema["klass"] for schema in self.document.schemas or []}

    def openapi_shape(self, published: Json, name: str | None = None) -> Shape:
        """The shape of a schema of the OpenAPI document; `name` is what to call an object that has no name there."""
        if "$ref" in published:
            return self._referred(published["$ref"].rpartition("/")[2])
        if "oneOf" in published:
            return self._want(name, [self._members(part) for part in published["oneOf"]]) if name else OBJECT
        if "enum" in published:
            return Shape((), "enum", "|" + "|".join(published["enum"]))
        kind: str = published.get("type", "")
        if kind == "array":
            return self.openapi_shape(published.get("items", {}), name).inside("list")
        if kind == "object":
            return self._object_shape(published, name)
        is_date = published.get("format") == "date-time"
        return SCALARS["DATE"] if is_date else Shape((), OPENAPI_SCALARS.get(kind, "any"))

    def _object_shape(self, published: Json, name: str | None) -> Shape:
        if "additionalProperties" in published:
            return self.openapi_shape(published["additionalProperties"], name).inside("map")
        properties: Json = published.get("properties", {})
        if list(properties) == ["id"]:
            _, _, target = published.get("description", "").partition("A UID reference to a ")
            return Shape((), "link", target.split()[0] if target else "")
        if properties and name:
            return self._want(name, [properties])
        return OBJECT

    def _referred(self, ref: str) -> Shape:
        if ref.startswith("UID_"):
            return TEXT
        base = _base_name(ref, self.names.components)
        base = self.names.renamed.get(base, base)
        if base in self.names.shapes:
            return self.use(Shape.parse(self.names.shapes[base]))
        if base in ANY_OBJECT:
            return Shape((), "link")
        if base in self.names.links:
            return Shape((), "link", base)
        return self._component_shape(ref, base)

    def _component_shape(self, ref: str, name: str) -> Shape:
        component: Json = self.document.components.get(ref, {})
        if "enum" in component:
            self._add_constants(name, component["enum"])
            return Shape((), "enum", name)
        if name in self.facts.types and "klass" in self.facts.types[name].facts:
            return Shape((), "model", name)
        if "oneOf" in component:
            return self._want(name, [self._members(part) for part in component["oneOf"]])
        if component.get("properties"):
            return self._want(name, [_component(self.document, ref.removesuffix("Params")) or component["properties"]])
        return OBJECT if component.get("type") == "object" else self.openapi_shape(component)

    def _members(self, part: Json) -> Json:
        return _component(self.document, part["$ref"].rpartition("/")[2]) if "$ref" in part else part["properties"]

    def _want(self, name: str, members: list[Json]) -> Shape:
        if name not in self.facts.types:
            self.wanted.setdefault(name, members)
        return Shape((), "model", name)

    def use(self, shape: Shape, before: VersionFacts | None = None) -> Shape:
        """Make sure that what the shape names is read, here or else from the version `before`."""
        known = before or self.facts
        if shape.kind == "model" and shape.name not in self.facts.types:
            if properties := _component(self.document, shape.name):
                self._want(shape.name, [properties])
            elif shape.name in known.types:
                self.facts.types[shape.name] = known.types[shape.name]
        elif shape.kind == "enum" and shape.name not in self.facts.enums:
            published = self.document.components.get(shape.name, {}).get("enum")
            self._add_constants(shape.name, published or known.enums.get(shape.name, []))
        return shape

    def add_components(self) -> None:
        """Read what is wanted, and what that wants. Objects of which one of several kinds is sent become one type."""
        for root in self.names.roots:
            self.use(Shape((), "model", root))
        while self.wanted:
            name, members = self.wanted.popitem()
            if name in self.facts.types:
                continue
            entry = self.facts.types[name] = TypeFacts({})
            for properties in members:
                for key, published in properties.items():
                    found = self.openapi_shape(published)
                    known = entry.properties.get(key, {}).get("is", str(found))
                    entry.properties[key] = {"is": known if known == str(found) else str(ANY)}

    def _add_constants(self, name: str, constants: Iterable[str]) -> None:
        known = self.facts.enums.setdefault(name, [])
        known.extend(constant for constant in constants if constant not in known)


def _property_facts(prop: Json) -> Json:
    facts: Json = {flag: True for flag in PROPERTY_FLAGS if prop.get(flag)}
    facts |= {refusal: False for refusal in PROPERTY_REFUSALS if not prop.get(refusal, True)}
    if json_key(prop) != prop["name"]:
        facts["name"] = prop["name"]
    if prop["propertyType"] in FORMATS:
        facts["format"] = prop["propertyType"].lower()
    length = prop.get("length")
    if length is not None and length < 2**31 - 1:
        facts["length"] = length
    low, high = prop.get("min"), prop.get("max")
    if low and low > -(2**31):
        facts["min"] = _tidy(low)
    if high is not None and high < 2**31 - 1 and high != length:
        facts["max"] = _tidy(high)
    return facts


def _tidy(number: float) -> float | int:
    return int(number) if number == int(number) else number


def _component(document: Published, name: str) -> Json:
    """Properties of a component and of its twin for writing."""
    twin: Json = document.components.get(f"{name}Params", {})
    return {**twin.get("properties", {}), **document.components.get(name, {}).get("properties", {})}


def _component_property(document: Published, name: str, key: str) -> Json | None:
    return _component(document, name).get(key)


def _reference_name(published: Json | None) -> str | None:
    if published is None:
        return None
    if published.get("type") == "array":
        return _reference_name(published.get("items"))
    if isinstance(values := published.get("additionalProperties"), dict):
        return _reference_name(values)  # pyright: ignore[reportUnknownArgumentType] - JSON
    ref: Any = published.get("$ref")
    return str(ref).rpartition("/")[2] if ref else None


def _base_name(ref: str, components: frozenset[str]) -> str:
    """The name of what is sent, for that of its twin for writing."""
    return ref.removesuffix("Params") if ref.removesuffix("Params") in components else ref


def _is_named(prop: Json) -> bool:
    kind = prop.get("itemPropertyType", prop["propertyType"]) if prop["collection"] else prop["propertyType"]
    return kind in ("CONSTANT", "COMPLEX") and item_class(prop).startswith("org.hisp")
