"""Writes what the client looks up by name: the index of its models, their stub, and the table of collections."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from dhis2w_codegen.distilled import Table, Type
from dhis2w_codegen.model_modules import HAND_WRITTEN, HEADER, PACKAGE, WIDTH
from dhis2w_codegen.naming import class_name, snake_case
from dhis2w_codegen.spans import span_text

ANSWERS = {"Me": "me", "SystemInfo": "system_info"}
"""Hand-written models of answers that no collection has, by module."""

FLAGS = {
    "metadata": "metadata",
    "shareable": "shareable",
    "data_shareable": "dataShareable",
    "translatable": "translatable",
    "identifiable": "identifiableObject",
    "nameable": "nameableObject",
}
"""Fields of a collection's row, and the flag of the schemas that each follows."""


def index(table: Table, home: Mapping[str, str]) -> str:
    """`index.py`: the module of each class, and the class of each plural."""
    modules = {class_name(name): f"generated.{module}" for name, module in home.items()}
    modules |= HAND_WRITTEN | ANSWERS
    plurals = {plural: class_name(name) for plural, name in _plurals(table)}
    return "\n".join(
        [
            HEADER,
            '"""Where each class is, and which class each plural of DHIS2 means."""',
            "",
            *_dict("MODULES", modules),
            "",
            *_dict("PLURALS", plurals),
            "",
        ]
    )


def _plurals(table: Table) -> Iterator[tuple[str, str]]:
    for name, entry in table.types.items():
        for facts in entry.by_version.values():
            if "plural" in facts:
                yield facts["plural"], name


def _dict(name: str, values: Mapping[str, str]) -> Iterator[str]:
    yield f"{name} = {{"
    yield from (f'    "{key}": "{value}",' for key, value in sorted(values.items()))
    yield "}"


def stub(home: Mapping[str, str]) -> str:
    """`__init__.pyi`: what a type checker sees of the package."""
    classes = {class_name(name): f"{PACKAGE}.generated.{module}" for name, module in home.items()}
    classes |= {name: f"{PACKAGE}.{module}" for name, module in (HAND_WRITTEN | ANSWERS).items()}
    places: dict[str, list[str]] = {}
    for name, place in sorted(classes.items(), key=lambda item: item[0].casefold()):
        places.setdefault(place, []).append(name)
    imports = [line for place, names in sorted(places.items()) for line in _reexport(place, names)]
    return "\n".join([HEADER, *imports, "", "def model_for(name: str) -> type[ServerModel]: ...", ""])


def _reexport(place: str, names: list[str]) -> Iterator[str]:
    line = f"from {place} import {', '.join(f'{name} as {name}' for name in names)}"
    if len(names) == 1 and len(line) <= WIDTH:
        yield line
        return
    for name in names:
        yield f"from {place} import ("
        yield f"    {name} as {name},"
        yield ")"


def collection_table(table: Table) -> str:
    """`collection_table.py`: one row for each collection."""
    rows = [
        _call("CollectionRow", _row(name, entry)) for name, entry in table.types.items() if entry.newest("endpoint")
    ]
    return "\n".join(
        [
            HEADER,
            '"""Every collection of objects of the API, all versions together."""',
            "",
            f"from {PACKAGE}.collection_row import CollectionRow",
            "",
            "COLLECTIONS = (",
            *(line for row in sorted(rows) for line in row),
            ")",
            "",
        ]
    )


def collections_stub(table: Table) -> str:
    """`typed_collections.pyi`: what a type checker sees of the client's collections."""
    found = sorted(
        (snake_case(entry.newest("plural")), class_name(name))
        for name, entry in table.types.items()
        if entry.newest("endpoint")
    )
    return "\n".join(
        [
            HEADER,
            "from typing import Any",
            "",
            "from dhis2w_client.collection import Collection",
            f"from {PACKAGE} import (",
            *(f"    {model}," for model in sorted({model for _, model in found}, key=str.casefold)),
            ")",
            "",
            "class TypedCollections:",
            "    def collection(self, name: str) -> Collection[Any]: ...",
            *(f"    @property\n    def {attribute}(self) -> Collection[{model}]: ..." for attribute, model in found),
            "",
        ]
    )


def _row(name: str, entry: Type) -> list[str]:
    plural = entry.newest("plural")
    texts = [
        plural,
        snake_case(plural),
        entry.newest("endpoint"),
        entry.newest("collectionName") or plural,
        class_name(name),
        _span(entry, "endpoint"),
    ]
    flags = {field: _span(entry, flag) for field, flag in FLAGS.items()}
    return [f'"{text}"' for text in texts] + [f'{field}="{span}"' for field, span in flags.items() if span]


def _span(entry: Type, fact: str) -> str:
    return span_text(version for version, facts in entry.by_version.items() if facts.get(fact))


def _call(function: str, arguments: Iterable[str]) -> list[str]:
    """A call as one element of a tuple, laid out as `ruff format` does."""
    inside = ", ".join(arguments)
    if len(f"    {function}({inside}),") <= WIDTH:
        return [f"    {function}({inside}),"]
    if len(f"        {inside}") <= WIDTH:
        return [f"    {function}(", f"        {inside}", "    ),"]
    return [f"    {function}(", *(f"        {argument}," for argument in inside.split(", ")), "    ),"]
