"""The one table of types, properties and enums of all versions, and its text: `distilled.jsonl` beside this module.

One line for each type (`type`), below it one for each property by JSON key (`property`); then one for each enum and
constant. `in` says which versions have it (absent: all those of the type); a fact that is not the same in all of them
is an object of spans: `"is": {"41": "list text", "42-44": "text"}`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from dhis2w_codegen.published import Json
from dhis2w_codegen.shapes import Shape
from dhis2w_codegen.spans import VERSIONS, collate, span_text, span_versions, spread
from dhis2w_codegen.version_facts import VersionFacts

OPEN_KINDS = ("any", "object")


@dataclass
class Entry:
    """A type or a property: its facts in each version that has it."""

    by_version: dict[int, Json] = field(default_factory=dict[int, Json])

    @property
    def versions(self) -> frozenset[int]:
        """The versions that have it."""
        return frozenset(self.by_version)

    def newest(self, fact: str) -> Any:
        """The fact in the newest version that has it, None where none has."""
        return next((facts[fact] for _, facts in sorted(self.by_version.items(), reverse=True) if fact in facts), None)


class Property(Entry):
    """A property of a type."""

    @property
    def shapes(self) -> list[Shape]:
        """The different shapes it has, newest first."""
        newest_first = sorted(self.by_version.items(), reverse=True)
        return [Shape.parse(text) for text in dict.fromkeys(facts["is"] for _, facts in newest_first)]


@dataclass
class Type(Entry):
    """A type and its properties by JSON key."""

    properties: dict[str, Property] = field(default_factory=dict[str, Property])


@dataclass
class Table:
    """Types, and versions of each constant of each enum, by name."""

    types: dict[str, Type] = field(default_factory=dict[str, Type])
    enums: dict[str, dict[str, frozenset[int]]] = field(default_factory=dict[str, dict[str, frozenset[int]]])


def merged(versions: Iterable[VersionFacts]) -> Table:
    """One table of what each version says."""
    table = Table()
    for facts in versions:
        for name, type_facts in facts.types.items():
            entry = table.types.setdefault(name, Type())
            entry.by_version[facts.version] = type_facts.facts
            for key, prop in type_facts.properties.items():
                entry.properties.setdefault(key, Property()).by_version[facts.version] = prop
        for name, constants in facts.enums.items():
            _add_constants(table, name, constants, facts.version)
    for entry in table.types.values():
        for prop in entry.properties.values():
            _settle(prop, table)
    return table


def _add_constants(table: Table, name: str, constants: Iterable[str], version: int) -> None:
    known = table.enums.setdefault(name, {})
    for constant in constants:
        known[constant] = known.get(constant, frozenset()) | {version}


def _settle(prop: Property, table: Table) -> None:
    """Take from other versions what the document of one leaves open: `any`, links to anything, enums without a name."""
    told = [shape for shape in prop.shapes if shape.kind not in OPEN_KINDS and shape.name[:1] != "|"]
    for version, facts in prop.by_version.items():
        shape = Shape.parse(facts["is"])
        if shape.kind == "any" and told:
            facts["is"] = str(told[0])
        elif str(shape).endswith("link"):
            named = next((other for other in told if other.kind in ("link", "model") and other.name), shape)
            facts["is"] = str(Shape(shape.wrappers, named.kind, named.name))
        elif shape.name.startswith("|"):
            named = next((other for other in told if other.kind == "enum"), Shape((), "text"))
            facts["is"] = str(Shape(shape.wrappers, named.kind, named.name))
            if named.name:
                _add_constants(table, named.name, shape.name[1:].split("|"), version)


def written(table: Table) -> str:
    """The text of the table."""
    return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in _lines(table))


def _lines(table: Table) -> Iterator[Json]:
    for name, entry in sorted(table.types.items()):
        yield {"type": name, **_facts(entry, VERSIONS)}
        for key, prop in sorted(entry.properties.items()):
            yield {"property": key, **_facts(prop, entry.versions)}
    for name, constants in sorted(table.enums.items()):
        yield {"enum": name}
        for constant, versions in constants.items():
            yield {"constant": constant, **({} if versions == VERSIONS else {"in": span_text(versions)})}


def _facts(entry: Entry, usual: frozenset[int]) -> Json:
    """Facts by span; `in` is left out where the versions are the usual ones."""
    names = dict.fromkeys(name for _, facts in sorted(entry.by_version.items(), reverse=True) for name in facts)
    line: Json = {} if entry.versions == usual else {"in": span_text(entry.versions)}
    for name in names:
        by_version = {version: facts[name] for version, facts in entry.by_version.items() if name in facts}
        line[name] = collate(by_version, entry.versions)
    return line


def parsed(text: str) -> Table:
    """The table of a text."""
    table = Table()
    entry, constants = Type(), dict[str, frozenset[int]]()
    for line in map(json.loads, text.splitlines()):
        everywhere = span_versions(line.pop("in", "")) if "in" in line else None
        if "type" in line:
            entry = table.types[line.pop("type")] = Type(_by_version(line, everywhere or VERSIONS))
        elif "property" in line:
            entry.properties[line.pop("property")] = Property(_by_version(line, everywhere or entry.versions))
        elif "enum" in line:
            constants = table.enums[line["enum"]] = {}
        else:
            constants[line["constant"]] = everywhere or VERSIONS
    return table


def _by_version(line: Json, everywhere: frozenset[int]) -> dict[int, Json]:
    facts: dict[int, Json] = {version: {} for version in sorted(everywhere)}
    for name, collated in line.items():
        for version, value in spread(collated, everywhere).items():
            facts[version][name] = value
    return facts
