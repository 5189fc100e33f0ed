"""JSON Patch on stored documents: add, replace, remove, remove-by-id.

Source: `JsonPatchManager` and `commons/jackson/jsonpatch` of dhis2-core.
"""

from __future__ import annotations

import copy
from typing import Any, cast

from dhis2w_sandbox.errors import Dhis2Refusal, bad_request
from dhis2w_sandbox.metadata.coercion import MappingError, read_object
from dhis2w_sandbox.metadata.validation import UID
from dhis2w_sandbox.schemas import Schema, Schemas

Json = dict[str, Any]

OPERATIONS = ("add", "remove", "remove-by-id", "replace")
_KLASS = "org.hisp.dhis.commons.jackson.jsonpatch.JsonPatchOperation"


class UnreadablePatch(Exception):
    """A body that is JSON but no patch; says what the JSON library says, and where it stands (None: nowhere)."""

    def __init__(self, text: str, position: int | None, chain: str = "") -> None:
        super().__init__(text)
        self.text = text
        self.position = position
        self.chain = chain


def read_patch(value: Any) -> list[Json]:
    """The operations of a patch; raises UnreadablePatch."""
    if not isinstance(value, list):
        kind = "Object value (token `JsonToken.FIELD_NAME`)" if isinstance(value, dict) else "String value"
        raise UnreadablePatch(f"Cannot deserialize value of type `java.util.ArrayList<{_KLASS}>` from {kind}", 1)
    operations = cast("list[Any]", value)
    for index, row in enumerate(operations):
        sent = cast(Json, row) if isinstance(row, dict) else {}
        name = sent.get("op")
        if name not in OPERATIONS:
            raise UnreadablePatch(
                f"Could not resolve type id '{name}' as a subtype of `{_KLASS}`: known type ids = "
                f"[{', '.join(OPERATIONS)}] (for POJO property '#temporary-name')",
                8,
                f"java.util.ArrayList[{index}]",
            )
        path = str(sent.get("path", ""))
        if path and not path.startswith("/"):
            raise UnreadablePatch(f"Invalid input: JSON Pointer expression must start with '/': \"{path}\"", None)
    return operations


def patched(schemas: Schemas, schema: Schema, document: Json, operations: list[Json]) -> Json:
    """The document with a patch applied, read again as an object of its type.

    Raises:
        Dhis2Refusal: 400 for a path that leads nowhere, or a value of a wrong shape.
    """
    return reread(schemas, schema, apply(schema, document, operations))


def apply(schema: Schema, document: Json, operations: list[Json]) -> Json:
    """The document with the operations applied; what it holds then may be of a wrong shape."""
    names = {name for prop in schema.properties.values() for name in (prop.key, prop.name)}
    for row in operations:
        first = _tokens(row)[0] if _tokens(row) else ""
        if first not in names:
            raise bad_request(f"Property {first} does not exist on Schema", None)
    node: Json = {key: copy.deepcopy(value) for key, value in document.items() if not key.startswith("_")}
    for key, prop in schema.properties.items():
        if prop.collection and not prop.owner:
            node.setdefault(key, [])
    for row in operations:
        _APPLY[row["op"]](node, row)
    return node


def reread(schemas: Schemas, schema: Schema, node: Json) -> Json:
    """The patched tree, checked to be an object of its type."""
    try:
        read_object(schemas, schema, node)
    except MappingError as error:
        raise Dhis2Refusal(400, error.message()) from error
    return node


def _tokens(row: Json) -> list[str]:
    return [part.replace("~1", "/").replace("~0", "~") for part in str(row.get("path", "")).split("/")[1:]]


_MISSING: Any = object()


def _at(node: Any, tokens: list[str]) -> Any:
    for token in tokens:
        if isinstance(node, dict):
            node = cast(Json, node).get(token, _MISSING)
        elif isinstance(node, list):
            items = cast("list[Any]", node)
            node = items[int(token)] if token.isdigit() and int(token) < len(items) else _MISSING
        else:
            return _MISSING
    return node


def _add(node: Json, row: Json) -> None:
    *parents, last = _tokens(row)
    parent = _at(node, parents)
    if parent is _MISSING:
        raise bad_request(f"Path does not exist: {row['path']}", None)
    if isinstance(parent, dict):
        parent[last] = row.get("value")
    elif isinstance(parent, list):
        items = cast("list[Any]", parent)
        items.insert(len(items) if last == "-" else _index(last, len(items)), row.get("value"))
    else:
        raise bad_request("Parent node is not a container, unable to proceed", None)


def _index(token: str, size: int) -> int:
    try:
        index = int(token)
    except ValueError:
        raise bad_request(f"not an index: {token} (expected: a non-negative integer)", None) from None
    if not 0 <= index <= size:
        raise bad_request(f"index out of bounds: {index} (expected: >= 0 && <= {size})", None)
    return index


def _remove(node: Json, row: Json) -> None:
    *parents, last = _tokens(row)
    if _at(node, [*parents, last]) is _MISSING:
        return
    parent = _at(node, parents)
    del parent[int(last) if isinstance(parent, list) else last]


def _replace(node: Json, row: Json) -> None:
    _remove(node, row)
    _add(node, row)


def _remove_by_id(node: Json, row: Json) -> None:
    uid = row.get("id")
    if not isinstance(uid, str) or not UID.fullmatch(uid):
        raise bad_request(f"Invalid id {'null' if uid is None else uid}", None)
    items = _at(node, _tokens(row))
    if items is _MISSING:
        raise bad_request(f"Invalid path {row['path']}", None)
    if isinstance(items, list):
        rows = cast("list[Json]", items)
        found = next((index for index, item in enumerate(rows) if item.get("id") == uid), None)
        if found is not None:
            del rows[found]


_APPLY = {"add": _add, "remove": _remove, "replace": _replace, "remove-by-id": _remove_by_id}
