"""What DHIS2's schemas say of each type in one version: which properties are required, unique, owned, ordered.

The facts are generated (`schema_facts.jsonl`, by `dhis2w_codegen`), and read type by type when they are asked for.
Source: `/api/schemas` of each version.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from typing import Any, cast

from dhis2w_client.versions import Dhis2

WRAPPERS = frozenset({"list", "map", "items"})
"""Words of a shape that say that it holds many."""


@dataclass(frozen=True, slots=True)
class PropertyFacts:
    """One property of a type."""

    key: str
    """Its key in JSON."""
    name: str
    """DHIS2's name of it in reports: of a collection another one than the key (`option` for `options`)."""
    many: bool
    """Whether it is a list or a map."""
    kind: str
    """`link` (a reference), `model` (an object inside), `enum`, `text`, `integer`, `number`, `boolean`, `date` …"""
    format: str | None
    """Of text that has a form: `email`, `url`, `color`, `password`."""
    target: str
    """The type that a link or a model is of, or the name of the enum; empty where there is none."""
    owner: bool
    """Whether the object itself holds the value: only then is it written with it."""
    required: bool
    """Whether DHIS2's database needs a value. Some get one by themselves."""
    unique: bool
    """Whether no other object of the type may have the value."""
    ordered: bool
    """Of a collection: whether its order means something."""
    persisted: bool
    """Whether it is stored; otherwise DHIS2 computes it."""
    writable: bool
    """Whether it can be set."""
    length: int | None
    """The most letters."""
    min: float | None
    """The smallest value, or the fewest letters or members."""
    max: float | None
    """The largest value, or the most letters or members, where `length` does not say it."""


@dataclass(frozen=True)
class TypeFacts:
    """One type and its properties by JSON key."""

    name: str
    """The name of its class: `DataElement`."""
    klass: str
    """Its Java class, as reports name it."""
    plural: str
    """Its key in a bundle: `dataElements`."""
    is_metadata: bool
    """Whether it is part of `/api/metadata`."""
    embedded: bool
    """Whether its objects live inside of others."""
    shareable: bool
    """Whether its objects have sharing settings."""
    data_shareable: bool
    """Whether those say who may see and enter data too."""
    translatable: bool
    """Whether its objects can be translated."""
    properties: Mapping[str, PropertyFacts]

    def is_computed(self, prop: PropertyFacts) -> bool:
        """Whether DHIS2 makes the value of a property itself, or another object holds it.

        Of a type without a table in the database (sharing settings, a style) everything is part of what holds it.
        """
        return self._is_stored and (not prop.persisted or not (prop.owner or self.embedded))

    @cached_property
    def _is_stored(self) -> bool:
        return any(prop.persisted and prop.owner for prop in self.properties.values())

    @cached_property
    def owned(self) -> tuple[PropertyFacts, ...]:
        """The stored properties that are written with the object."""
        return tuple(prop for prop in self.properties.values() if prop.owner and prop.persisted)


class SchemaFacts:
    """The types of one version; `facts_of(version)` gives them."""

    def __init__(self, version: Dhis2) -> None:
        self.version = version
        self._number = version.number

    def type(self, name: str) -> TypeFacts | None:
        """A type by the name of its class; None where the version has none."""
        return _type_in(name, self._number)

    def of_plural(self, plural: str) -> TypeFacts | None:
        """A type by its key in a bundle; None where the version has none."""
        name = _blocks().plurals.get(plural)
        return self.type(name) if name else None

    @cached_property
    def metadata_types(self) -> tuple[TypeFacts, ...]:
        """Every type that is part of `/api/metadata`."""
        found = (self.type(name) for name in _blocks().types)
        return tuple(facts for facts in found if facts and facts.is_metadata)

    def constants(self, enum: str) -> frozenset[str]:
        """The constants of an enum; empty where there is none."""
        spans = _blocks().enums.get(enum, {})
        return frozenset(constant for constant, span in spans.items() if _holds(span, self._number))


@cache
def facts_of(version: Dhis2) -> SchemaFacts:
    """The facts of a version."""
    return SchemaFacts(version)


@dataclass(frozen=True)
class _Blocks:
    """The lines of the file by type, of which each is read when it is asked for."""

    types: Mapping[str, list[str]]
    plurals: Mapping[str, str]
    enums: Mapping[str, Mapping[str, str]]


@cache
def _blocks() -> _Blocks:
    text = files("dhis2w_client.metadata").joinpath("schema_facts.jsonl").read_text(encoding="utf-8")
    types: dict[str, list[str]] = {}
    plurals: dict[str, str] = {}
    enums: dict[str, Mapping[str, str]] = {}
    block: list[str] = []
    for line in text.splitlines():
        if line.startswith('{"property"'):
            block.append(line)
            continue
        head = cast("dict[str, Any]", json.loads(line))
        if "enum" in head:
            enums[head["enum"]] = head["constants"]
        else:
            block = types[head["type"]] = [line]
            for plural in _values(head["plural"]):
                plurals[plural] = str(head["type"])
    return _Blocks(types, plurals, enums)


def _values(collated: object) -> list[str]:
    return list(cast("dict[str, str]", collated).values()) if isinstance(collated, dict) else [str(collated)]


@cache
def _type_in(name: str, number: int) -> TypeFacts | None:
    block = _blocks().types.get(name)
    if block is None:
        return None
    head, *lines = (cast("dict[str, Any]", json.loads(line)) for line in block)
    if not _holds(head.get("in"), number):
        return None
    told: dict[str, Any] = {fact: _in_version(value, number) for fact, value in head.items()}
    properties = [_property(line, number) for line in lines if _holds(line.get("in"), number)]
    return TypeFacts(
        name=name,
        klass=told.get("klass") or name,
        plural=told.get("plural") or "",
        is_metadata=bool(told.get("metadata")),
        embedded=bool(told.get("embeddedObject")),
        shareable=bool(told.get("shareable")),
        data_shareable=bool(told.get("dataShareable")),
        translatable=bool(told.get("translatable")),
        properties={prop.key: prop for prop in properties},
    )


def _property(line: Mapping[str, Any], number: int) -> PropertyFacts:
    told = {fact: _in_version(value, number) for fact, value in line.items()}
    words = str(told["is"]).split()
    inner = [word for word in words if word not in WRAPPERS]
    return PropertyFacts(
        key=told["property"],
        name=told.get("name") or told["property"],
        many=inner != words,
        kind=inner[0],
        format=told.get("format"),
        target=inner[1] if len(inner) > 1 else "",
        owner=bool(told.get("owner")),
        required=bool(told.get("required")),
        unique=bool(told.get("unique")),
        ordered=bool(told.get("ordered")),
        persisted=told.get("persisted") is not False,
        writable=told.get("writable") is not False,
        length=told.get("length"),
        min=told.get("min"),
        max=told.get("max"),
    )


def _in_version(collated: Any, number: int) -> Any:
    """A fact in a version: it is the same in all of them, or an object of spans."""
    if not isinstance(collated, dict):
        return collated
    spans = cast("dict[str, Any]", collated)
    return next((value for span, value in spans.items() if _holds(span, number)), None)


def _holds(span: str | None, number: int) -> bool:
    """Whether a span such as `41,43-44` has a version; None holds all."""
    if span is None:
        return True
    runs = (part.partition("-") for part in span.split(","))
    return any(int(first) <= number <= int(last or first) for first, _, last in runs)
