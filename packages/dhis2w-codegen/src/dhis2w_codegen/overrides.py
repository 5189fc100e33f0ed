"""The corrections of the published specs: `overrides.toml` beside this module, which explains its entries."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from importlib.resources import files

from dhis2w_codegen.distilled import Property, Table, Type
from dhis2w_codegen.published import Json
from dhis2w_codegen.spans import span_versions


@dataclass(frozen=True)
class Overrides:
    """Names and shapes of Java classes and more components, used while specs are read; corrections of the table."""

    names: dict[str, str]
    shapes: dict[str, str]
    roots: list[str]
    types: list[Json]
    properties: list[Json]


def read_overrides(text: str | None = None) -> Overrides:
    """The overrides of a text, or those of this package; raises ValueError for an entry without reason or evidence."""
    document = tomllib.loads(text or (files("dhis2w_codegen") / "overrides.toml").read_text(encoding="utf-8"))
    classes: list[Json] = document.get("class", [])
    types: list[Json] = document.get("type", [])
    properties: list[Json] = document.get("property", [])
    roots: list[Json] = document.get("root", [])
    for entry in [*classes, *roots, *types, *properties]:
        if not entry.get("why") or not entry.get("evidence"):
            raise ValueError(f"an override needs `why` and `evidence`: {entry}")
    return Overrides(
        names={entry["class"]: entry["name"] for entry in classes if "name" in entry},
        shapes={entry["class"]: entry["is"] for entry in classes if "is" in entry},
        roots=[entry["component"] for entry in roots],
        types=types,
        properties=properties,
    )


def correct(table: Table, overrides: Overrides) -> None:
    """Put the corrections into the table; raises KeyError for a type that is not in it."""
    for entry in overrides.types:
        owner = table.types[entry["type"]]
        for version in span_versions(entry["in"]):
            facts = owner.by_version.setdefault(version, {})
            facts |= entry.get("facts", {})
            for name in entry.get("without", []):
                del facts[name]
    for entry in overrides.properties:
        for owner in _owners(table, entry):
            _correct_property(owner, entry)


def _owners(table: Table, entry: Json) -> list[Type]:
    if entry["types"] == ["*"]:
        return [owner for owner in table.types.values() if entry["key"] in owner.properties]
    return [table.types[name] for name in entry["types"]]


def _correct_property(owner: Type, entry: Json) -> None:
    known = owner.properties.get(entry["key"], Property()).by_version
    versions = span_versions(entry["in"]) if "in" in entry else frozenset(known) or owner.versions
    corrected = {version: {**known.get(version, {}), "is": entry["is"]} for version in sorted(versions)}
    owner.properties[entry["key"]] = Property({**known, **corrected})
