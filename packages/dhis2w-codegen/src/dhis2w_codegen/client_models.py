"""Every generated file of the client, from the distilled table."""

from __future__ import annotations

from pathlib import Path

from dhis2w_codegen import client_tables
from dhis2w_codegen.distilled import Table, merged, parsed, written
from dhis2w_codegen.model_modules import HEADER, model_modules
from dhis2w_codegen.overrides import Overrides, correct, read_overrides
from dhis2w_codegen.published import from_folder
from dhis2w_codegen.schema_facts import schema_facts
from dhis2w_codegen.version_facts import VersionFacts, preview_version, read_names, read_version

GENERATED = f'{HEADER}\n"""Models and enums, one module for each class or tight group."""\n'


def distil(folder: Path, overrides: Overrides | None = None) -> str:
    """The text of the distilled table, from the published documents in a folder."""
    corrections = overrides or read_overrides()
    documents = from_folder(folder)
    names = read_names(documents, corrections.names, corrections.shapes, corrections.roots)
    versions: list[VersionFacts] = []
    for before, document in zip([None, *documents], documents, strict=False):
        if document.schemas is not None:
            versions.append(read_version(document, names))
        elif before is not None:
            versions.append(preview_version(document, before, versions[-1], names))
    return written(merged(versions))


def client_models(distilled: str, overrides: Overrides | None = None) -> dict[str, str]:
    """The generated files below `dhis2w_client/models`, from the text of the distilled table."""
    table: Table = parsed(distilled)
    correct(table, overrides or read_overrides())
    modules, home = model_modules(table)
    return {
        "__init__.pyi": client_tables.stub(home),
        "index.py": client_tables.index(table, home),
        "collection_table.py": client_tables.collection_table(table),
        "../typed_collections.pyi": client_tables.collections_stub(table),
        "../metadata/schema_facts.jsonl": schema_facts(table),
        "generated/__init__.py": GENERATED,
    } | {f"generated/{name}": text for name, text in modules.items()}
