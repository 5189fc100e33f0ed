"""Lets references in documents point to other objects: what merges and splits do to whoever refers to their sources."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import Any, cast

from dhis2w_sandbox.errors import Dhis2Refusal
from dhis2w_sandbox.metadata.deleting import delete, veto
from dhis2w_sandbox.server import Server

Json = dict[str, Any]

DATA_MERGES: list[Callable[[Server, str, list[str], str, str | None], None]] = []
"""What moves the data of merged objects: type, sources, target, strategy; rooms with data add theirs."""
DATA_SPLITS: list[Callable[[Server, str, str], None]] = []
"""What moves the data of a unit that is split to the primary one of the new units; rooms with data add theirs."""


def repointed(document: Json, path: str, sources: Collection[str], targets: list[str]) -> Json:
    """The document with its links to any of the sources at a path pointing to the targets.

    Args:
        document: an object, or a value in it.
        path: where the links are, dotted where they are inside an embedded value.
        sources: identifiers of what is pointed to.
        targets: identifiers that a list gets behind what stays in it; a single link gets the first.
    """
    key, _, rest = path.partition(".")
    value: Any = document.get(key)
    if rest:
        if isinstance(value, list):
            rows = cast("list[Json]", value)
            return {**document, key: [repointed(row, rest, sources, targets) for row in rows]}
        return {**document, key: repointed(cast(Json, value), rest, sources, targets)} if value else document
    if isinstance(value, list):
        uids = [str(row["id"]) for row in cast("list[Json]", value)]
        if not any(uid in sources for uid in uids):
            return document
        kept = [uid for uid in uids if uid not in sources]
        return {**document, key: [{"id": uid} for uid in dict.fromkeys([*kept, *targets])]}
    if isinstance(value, dict) and cast(Json, value).get("id") in sources:
        return {**document, key: {"id": targets[0]}}
    return document


def repoint(
    server: Server, type: str, sources: list[str], targets: list[str], links: Collection[tuple[str, str]]
) -> None:
    """Let the links of other objects to the sources point to the targets.

    Args:
        server: whose objects.
        type: the type of sources and targets (singular name).
        sources: their identifiers.
        targets: as for `repointed`.
        links: type and path of the links that are changed; all others stay.
    """
    for source in sources:
        for row in server.store.referrers(type, source):
            document = server.store.get(row.type, row.uid) if (row.type, row.path) in links else None
            if document is not None:
                server.store.put(row.type, row.uid, repointed(document, row.path, sources, targets))


def rename(server: Server, sources: Iterable[str], target: str, texts: Collection[tuple[str, str]]) -> None:
    """Write the target's identifier where texts name a source.

    Args:
        server: whose objects.
        sources: identifiers.
        target: an identifier.
        texts: type and path of the values whose texts are looked through, expressions for example.
    """
    for type, path in texts:
        for document in server.store.all(type):
            changed = document
            for source in sources:
                changed = _renamed_at(changed, path.split("."), source, target)
            if changed != document:
                server.store.put(type, document["id"], changed)


def _renamed_at(value: Any, path: list[str], source: str, target: str) -> Any:
    if isinstance(value, list):
        return [_renamed_at(item, path, source, target) for item in cast("list[Any]", value)]
    if path and isinstance(value, dict):
        row, key = cast(Json, value), path[0]
        return {**row, key: _renamed_at(row[key], path[1:], source, target)} if key in row else row
    if isinstance(value, dict):
        return {key: _renamed_at(item, [], source, target) for key, item in cast(Json, value).items()}
    return value.replace(source, target) if isinstance(value, str) else value


def delete_merged(server: Server, type: str, uid: str) -> None:
    """Delete an object to which nobody should refer any more.

    Raises:
        Dhis2Refusal: 409 E4030, somebody still needs it; nothing of the request stays done.
    """
    reason = veto(server, type, uid)
    if reason is not None:
        text = f"Object could not be deleted because it is associated with another object: {reason}"
        raise Dhis2Refusal(409, text, "E4030")
    delete(server, type, uid)
