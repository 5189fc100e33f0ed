"""The sandbox's tables: what each version of DHIS2 says of its own types and paths, unmerged.

Read from the answers of `/api/schemas` and `/api/openapi.json` of one version at a time, and written for
`dhis2w_sandbox.schemas`, `.paths` and `.errors`, which share no code and no table with the client.
2.44 has published no schemas yet: its table is that of 2.43, changed by what the OpenAPI documents of the two
versions say differently.
"""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path
from typing import Any

Json = dict[str, Any]

VERSIONS = ("v41", "v42", "v43", "v44")

# What most properties say; a row of the table holds only what differs. `dhis2w_sandbox.schemas` repeats this.
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


def tables(source: Path) -> dict[str, str]:
    """The text of each table by its file name, from the folder that holds `schemas/` and `specs/`."""
    documents = {version: _gunzip(source / "specs" / version / "openapi.json.gz") for version in VERSIONS}
    out: dict[str, str] = {}
    for version in VERSIONS:
        if version == "v44":
            schemas = _preview(_schemas(source, "v43"), documents["v43"], documents["v44"])
        else:
            schemas = _schemas(source, version)
        out[f"{version}.schemas.jsonl"] = _schema_text(schemas)
        out[f"{version}.paths.txt"] = _path_text(documents[version])
        out[f"{version}.errors.txt"] = _error_text(source, version, "ErrorCode")
        out[f"{version}.tracker_errors.txt"] = _error_text(source, version, "ValidationCode")
    return out


def _schemas(source: Path, version: str) -> list[Json]:
    return _gunzip(source / "schemas" / f"{version}.json.gz")["schemas"]


def _gunzip(file: Path) -> Any:
    return json.loads(gzip.decompress(file.read_bytes()))


def _schema_text(schemas: list[Json]) -> str:
    """One line for each type (`{"type": …}`), then one for each of its properties."""
    lines: list[str] = []
    for schema in schemas:
        lines.append(_line({"type": {key: value for key, value in schema.items() if key != "properties"}}))
        for prop in schema["properties"]:
            row = {key: value for key, value in prop.items() if key not in USUAL or USUAL[key] != value}
            row |= {key: None for key in USUAL if key not in prop}
            lines.append(_line(row))
    return "\n".join(lines) + "\n"


def _line(row: Json) -> str:
    return json.dumps(row, ensure_ascii=False, separators=(",", ":"))


def _path_text(document: Json) -> str:
    """One line for each path: its methods, then the path, as the server publishes them."""
    # 2.41 writes its paths relative to a server address that ends in `/api`, later versions do not.
    prefix = "/api" if document["servers"][0]["url"].endswith("/api") else ""
    rows: dict[str, set[str]] = {}
    for path, operations in document["paths"].items():
        plain = (prefix + re.sub(r"/?#.*$", "", path)).rstrip("/") or "/"
        rows.setdefault(plain, set()).update(method.upper() for method in operations if method in _METHODS)
    return "".join(f"{','.join(sorted(methods))} {path}\n" for path, methods in sorted(rows.items()) if methods)


_METHODS = {"get", "put", "post", "delete", "patch", "head", "options"}


def _error_text(source: Path, version: str, kind: str) -> str:
    """One line for each error code of an enum of DHIS2: the code, then its message pattern (Java's `MessageFormat`)."""
    folder = source / "recordings/dhis2+dhis2-core/reconstructed/error-codes"
    name = {"v41": "2.41", "v42": "2.42", "v43": "2.43", "v44": "2.44-dev"}[version]
    codes: dict[str, str] = json.loads((folder / f"{name}-{kind}.json").read_text(encoding="utf-8"))
    return "".join(f"{code} {_one_line(pattern)}\n" for code, pattern in sorted(codes.items()))


def _one_line(pattern: str) -> str:
    return pattern.replace("\\", "\\\\").replace("\n", "\\n")


def _preview(schemas: list[Json], before: Json, after: Json) -> list[Json]:
    """The schemas of the next version: those of the last one, less and plus what the OpenAPI documents differ in.

    Only a type that both documents describe by the same name is changed. What a new property is beyond its JSON type
    (owned, persisted, required) no document says: it is taken as a plain owned one, and `display…` as computed.
    """
    old, new = before["components"]["schemas"], after["components"]["schemas"]
    out: list[Json] = []
    for schema in schemas:
        name = re.split(r"[.$]", schema["klass"])[-1]
        was, now = old.get(name, {}).get("properties"), new.get(name, {}).get("properties")
        if was is None or now is None or schema["singular"] in _MODELLED_ANEW:
            out.append(schema)
            continue
        kept = [prop for prop in schema["properties"] if _json_key(prop) in now or _json_key(prop) not in was]
        known = {_json_key(prop) for prop in kept}
        added = [_guess(key, spec, after) for key, spec in now.items() if key not in was and key not in known]
        out.append({**schema, "properties": kept + added})
    return out


# The 2.44 document describes these by another class than 2.43's: a difference of the document, not of the type.
_MODELLED_ANEW = {"dataElementOperand"}


def _json_key(prop: Json) -> str:
    return prop["collectionName"] if prop["collection"] else prop["name"]


def _guess(key: str, spec: Json, document: Json) -> Json:
    computed = key.startswith("display") or key in {"dimensionItemType", "dimensionType", "isDefault"}
    reference = spec.get("$ref", "").rsplit("/", 1)[-1]
    constants = document["components"]["schemas"].get(reference, {}).get("enum")
    kind = {"boolean": "BOOLEAN", "integer": "INTEGER", "number": "NUMBER"}.get(spec.get("type", ""), "TEXT")
    guess: Json = {
        "klass": {"BOOLEAN": "java.lang.Boolean", "INTEGER": "java.lang.Integer"}.get(kind, "java.lang.String"),
        "propertyType": "CONSTANT" if constants else kind,
        "name": key,
        "fieldName": key,
        **USUAL,
        "owner": not computed,
        "persisted": not computed,
        "writable": not computed,
    }
    if constants:
        guess |= {"klass": f"org.hisp.dhis.common.{reference}", "constants": constants}
    if kind == "TEXT" and not computed and not constants:
        guess |= {"length": 255, "min": 0.0, "max": 255.0}
    return guess
