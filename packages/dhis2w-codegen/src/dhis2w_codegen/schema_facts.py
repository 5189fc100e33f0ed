"""Writes `metadata/schema_facts.jsonl` of the client: what DHIS2's schemas demand of the properties of each type.

The lines are those of the distilled table, less what only the models need: a line for each type of `/api/schemas`,
below it one for each property; then the constants of the enums that they name.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from dhis2w_codegen.distilled import Table, Type
from dhis2w_codegen.published import Json
from dhis2w_codegen.spans import VERSIONS, collate, span_text

TYPE_FACTS = ("klass", "plural", "metadata", "embeddedObject", "shareable", "dataShareable", "translatable")
PROPERTY_FACTS = (
    "is", "name", "owner", "required", "unique", "ordered", "length", "min", "max", "persisted", "writable",
    "format",
)  # fmt: skip


def schema_facts(table: Table) -> str:
    """The text of the file."""
    types = {name: entry for name, entry in table.types.items() if entry.newest("klass")}
    lines = [line for name, entry in sorted(types.items()) for line in _type_lines(name, entry)]
    enums = sorted({enum for entry in types.values() for enum in _enums(entry)} & set(table.enums))
    lines += [_enum_line(name, table.enums[name]) for name in enums]
    return "".join(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n" for line in lines)


def _type_lines(name: str, entry: Type) -> Iterator[Json]:
    yield {"type": name, **_facts(entry.by_version, VERSIONS, TYPE_FACTS)}
    for key, prop in sorted(entry.properties.items()):
        yield {"property": key, **_facts(prop.by_version, entry.versions, PROPERTY_FACTS)}


def _facts(by_version: dict[int, Json], usual: frozenset[int], names: tuple[str, ...]) -> Json:
    versions = frozenset(by_version)
    line: Json = {} if versions == usual else {"in": span_text(versions)}
    for name in names:
        told = {version: facts[name] for version, facts in by_version.items() if name in facts}
        if told:
            line[name] = collate(told, versions)
    return line


def _enums(entry: Type) -> Iterator[str]:
    for prop in entry.properties.values():
        yield from (shape.name for shape in prop.shapes if shape.kind == "enum")


def _enum_line(name: str, constants: dict[str, frozenset[int]]) -> Json:
    return {"enum": name, "constants": {constant: span_text(versions) for constant, versions in constants.items()}}
