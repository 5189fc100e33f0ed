"""Metadata objects of every type: one verb for all types."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

from dhis2w_client.errors import ForbiddenError, NotFoundError, ServerError
from dhis2w_client.json_value import as_array, as_object
from dhis2w_core.errors import OperationError
from dhis2w_core.operation import Differences, Face, MetadataType, operation
from dhis2w_core.plan import Change, ObjectChange, Transfer

if TYPE_CHECKING:
    from dhis2w_client.client import Dhis2Client
    from dhis2w_client.models.collection_row import CollectionRow
    from dhis2w_core.object_state import Row

SEARCHED_AT_ONCE = 5
"""Types that a search asks for at once."""


@operation("metadata types", effect="local")
async def types(text: str | None = None) -> list[dict[str, Any]]:
    """List the types of metadata, and the versions that have each.

    Args:
        text: Only those with this in their name.
    """
    return [
        {"type": row.plural, "class": row.model, "versions": row.versions, "sharing": row.shareable or "no"}
        for row in _rows()
        if text is None or text.lower() in row.plural.lower()
    ]


@operation("metadata list", effect="read")
async def list_objects(
    client: Dhis2Client,
    type: MetadataType,
    *,
    filter: Sequence[str] = (),
    any_filter: bool = False,
    search: str | None = None,
    fields: str | None = None,
    wide: bool = False,
    order: Sequence[str] = (),
    limit: int = 50,
) -> AsyncIterator[Row]:
    """List objects of a type.

    Source: "Metadata" in DHIS2's developer guide; `AbstractCrudController`.

    Args:
        type: Their type, such as `dataElements`.
        filter: A condition as DHIS2 writes it: `name:like:malaria`; all must hold.
        any_filter: One condition is enough.
        search: Text to find in names, or an id or code.
        fields: Which properties, in DHIS2's own language: `id,name,categoryCombo[id,name]`.
        wide: More columns.
        order: What to sort by: `name:desc`.
        limit: At most so many; 0 lists all.
    """
    collection = client.collection(type)
    rows = collection.rows(
        page_size=min(limit, 1000) or 1000,
        fields=fields or _columns(collection.name, wide=wide),
        filters=list(filter),
        root_junction="OR" if any_filter else None,
        query=search,
        order=list(order) or None,
    )
    return _first(aiter(rows), limit)


@operation("metadata count", effect="read")
async def count(client: Dhis2Client, type: MetadataType, *, filter: Sequence[str] = ()) -> dict[str, Any]:
    """Count objects of a type.

    Args:
        type: Their type.
        filter: A condition as DHIS2 writes it; all must hold.
    """
    return {"type": type, "count": await client.collection(type).count(filters=list(filter))}


@operation("metadata get", effect="read")
async def get_object(client: Dhis2Client, type: MetadataType, id: str, *, fields: str | None = None) -> Row:
    """Show one object.

    Args:
        type: Its type.
        id: Its UID.
        fields: Which properties; without it, all that it owns, with the names of what it refers to.
    """
    return (await client.collection(type).get(id, fields=fields or ":owner,displayName")).to_dict()


@operation("metadata search", effect="read")
async def search(
    client: Dhis2Client, text: str, *, type: Sequence[MetadataType] = (), limit: int = 20
) -> AsyncIterator[Row]:
    """Find objects of any type by a part of their name, or by id or code.

    Args:
        text: What to find.
        type: Look only here.
        limit: At most so many of each type.
    """
    names = list(type) or _searched(client.version.number)
    return _found(client, text, names, limit)


@operation("metadata create", effect="write", undo="full")
async def create(client: Dhis2Client, type: MetadataType, object: object) -> Change:
    """Create an object.

    Args:
        type: Its type.
        object: What to create, as JSON.
    """
    body = _an_object(object)
    name = client.collection(type).name
    return Change(f"Create {name}", (ObjectChange(name, cast("str | None", body.get("id")), None, body),))


@operation("metadata patch", effect="write", undo="full")
async def patch(client: Dhis2Client, type: MetadataType, id: str, values: object) -> Change:
    """Set properties of an object; the others stay.

    Args:
        type: Its type.
        id: Its UID.
        values: The new values as JSON: `{"name": "New name", "code": null}`; null empties a property.
    """
    before = await _state(client, type, id)
    return _update(client, type, id, before, before | _an_object(values))


@operation("metadata rename", effect="write", undo="full")
async def rename(
    client: Dhis2Client, type: MetadataType, id: str, name: str, *, short_name: str | None = None
) -> Change:
    """Give an object another name.

    Args:
        type: Its type.
        id: Its UID.
        name: The new name.
        short_name: The new short name.
    """
    before = await _state(client, type, id)
    names = {"name": name, **({"shortName": short_name} if short_name else {})}
    return _update(client, type, id, before, before | names)


@operation("metadata edit", effect="write", undo="full")
async def edit(client: Dhis2Client, face: Face, type: MetadataType, id: str) -> Change:
    """Edit an object as JSON in your editor; what changed is shown before it is sent.

    Args:
        type: Its type.
        id: Its UID.
    """
    before = await _state(client, type, id)
    text = face.edit(json.dumps(before, indent=2, ensure_ascii=False) + "\n")
    try:
        after = json.loads(text)
    except ValueError as error:
        raise OperationError(f"What you left in the editor is no JSON: {error}. Nothing was sent.") from None
    return _update(client, type, id, before, _an_object(after))


@operation("metadata delete", effect="destroy", undo="partial")
async def delete(client: Dhis2Client, type: MetadataType, id: Sequence[str]) -> Change:
    """Delete objects; DHIS2 refuses where others refer to them.

    Args:
        type: Their type.
        id: Their UIDs.
    """
    name = client.collection(type).name
    steps = [ObjectChange(name, uid, await _state(client, type, uid), None) for uid in dict.fromkeys(id)]
    return Change(f"Delete {len(steps)} of {name}" if len(steps) > 1 else f"Delete {steps[0].shown}", tuple(steps))


@operation("metadata export", effect="read")
async def export(
    client: Dhis2Client,
    type: Sequence[MetadataType] = (),
    *,
    filter: Sequence[str] = (),
    fields: str | None = None,
    skip_sharing: bool = False,
) -> object:
    """Export metadata as one bundle that can be imported again; give `-o json`.

    Source: `MetadataImportExportController`, `GET /api/metadata`.

    Args:
        type: Only these types.
        filter: A condition as DHIS2 writes it.
        fields: Which properties; DHIS2's default is `:owner`.
        skip_sharing: Leave out who may see and change what.
    """
    params: list[tuple[str, str | bool | None]] = [(client.collection(name).name, True) for name in type]
    params += [("filter", text) for text in filter]
    return await client.get("metadata", params=[*params, ("fields", fields), ("skipSharing", skip_sharing or None)])


@operation("metadata import", effect="write")
async def import_bundle(
    file: Path,
    *,
    strategy: Literal["CREATE_AND_UPDATE", "CREATE", "UPDATE", "DELETE"] = "CREATE_AND_UPDATE",
    atomic: bool = True,
    skip_sharing: bool = False,
    identifier: Literal["UID", "CODE", "AUTO"] = "UID",
) -> Transfer:
    """Import a bundle of metadata.

    Source: `MetadataImportExportController`, `POST /api/metadata`.

    Args:
        file: The bundle, as JSON.
        strategy: Whether to create, to update, or both; `DELETE` deletes what is in the bundle.
        atomic: One refusal keeps everything from being imported.
        skip_sharing: Leave who may see and change what as it is.
        identifier: What tells whether an object is there already.
    """
    import hashlib

    content, bundle = _bundle(file)
    counts = {key: len(as_array(value)) for key, value in bundle.items() if as_array(value)}
    params = {
        "importStrategy": strategy,
        "atomicMode": "ALL" if atomic else "NONE",
        "skipSharing": skip_sharing or None,
        "identifier": identifier,
    }

    async def send(client: Dhis2Client, content: bytes) -> dict[str, Any]:
        from dhis2w_client.reports import read_report

        answer = await client.post("metadata", content, params=params, content_type="application/json")
        report = read_report(answer)
        return {"status": "OK"} if report is None else {"status": report.status, **_counts(report)}

    return Transfer(
        f"Import {file.name} ({strategy})", file, hashlib.sha256(content).hexdigest(), {"as": strategy, **counts}, send
    )


@operation("metadata diff", effect="read")
async def diff(client: Dhis2Client, file: Path) -> Differences:
    """Compare a bundle of metadata with what the server has, value by value.

    Only what the bundle says is compared. The exit code tells whether anything differs.

    Args:
        file: The bundle, as JSON.
    """
    rows: list[dict[str, object]] = []
    for key, value in _bundle(file)[1].items():
        objects = [as_object(each) for each in as_array(value)] if key != "system" else []
        if objects:
            rows += await _differences(client, key, [each for each in objects if "id" in each])
    return Differences(rows)


async def _differences(client: Dhis2Client, type: str, objects: list[dict[str, Any]]) -> list[dict[str, object]]:
    from dhis2w_client.filters import where

    collection = client.collection(type)
    found: dict[str, Row] = {}
    for start in range(0, len(objects), 200):
        ids = [each["id"] for each in objects[start : start + 200]]
        async for row in collection.rows(fields=":owner", filters=where("id").is_in(ids)):
            found[row["id"]] = row
    rows: list[dict[str, object]] = []
    for each in objects:
        live = found.get(each["id"])
        if live is None:
            rows.append(_difference(type, each["id"], "", each.get("name", ""), None))
            continue
        step = ObjectChange(type, each["id"], {key: live.get(key) for key in each}, each)
        rows += [_difference(type, each["id"], name, each.get(name), live.get(name)) for name in step.changed]
    return rows


def _difference(type: str, id: str, property: str, file: object, server: object) -> dict[str, object]:
    return {"type": type, "id": id, "property": property, "file": file, "server": server}


async def _first(rows: AsyncIterator[Row], limit: int) -> AsyncIterator[Row]:
    from contextlib import aclosing

    number = 0
    async with aclosing(cast("Any", rows)) as items:
        async for row in items:
            yield row
            number += 1
            if number == limit:
                return


async def _found(client: Dhis2Client, text: str, names: Sequence[str], limit: int) -> AsyncIterator[Row]:
    import asyncio

    async def in_type(name: str) -> list[Row]:
        try:
            page = await client.collection(name).list(query=text, fields="id,displayName,code", page_size=limit)
        except (ForbiddenError, NotFoundError, ServerError):
            return []  # a type that this user, or this server, does not have
        return [{"type": name, **row.to_dict()} for row in page]

    for start in range(0, len(names), SEARCHED_AT_ONCE):
        for rows in await asyncio.gather(*map(in_type, names[start : start + SEARCHED_AT_ONCE])):
            for row in rows:
                yield row


async def _state(client: Dhis2Client, type: str, id: str) -> Row:
    return (await client.collection(type).get(id, fields=":owner")).to_dict()


def _update(client: Dhis2Client, type: str, id: str, before: Row, after: Row) -> Change:
    step = ObjectChange(client.collection(type).name, id, before, after | {"id": id})
    return Change(f"Update {step.shown}", (step,))


def _an_object(value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise OperationError("An object is wanted: JSON in curly braces.")
    return cast("dict[str, Any]", value)


def _bundle(file: Path) -> tuple[bytes, dict[str, Any]]:
    """The bytes of a bundle, and what it says."""
    try:
        content = file.read_bytes()
        return content, _an_object(json.loads(content))
    except OSError as error:
        raise OperationError(f"{file} cannot be read: {error.strerror}.") from None
    except ValueError as error:
        raise OperationError(f"{file} is no bundle of metadata: {error}") from None


def _counts(report: Any) -> dict[str, Any]:
    counts = report.counts
    return {
        "created": counts.created,
        "updated": counts.updated,
        "deleted": counts.deleted,
        "ignored": counts.ignored,
        "remarks": "; ".join(map(str, report.rows)),
    }


def _rows() -> tuple[CollectionRow, ...]:
    from dhis2w_client.models.collection_table import COLLECTIONS

    return tuple(COLLECTIONS)


def _searched(version: int) -> list[str]:
    from dhis2w_client.collection import numbers_in

    return [
        row.plural for row in _rows() if version in numbers_in(row.identifiable) and version in numbers_in(row.metadata)
    ]


def _columns(type: str, *, wide: bool) -> str:
    """The columns of a list: names beside ids."""
    row = next(row for row in _rows() if row.plural == type)
    if not row.identifiable:
        return "id,displayName"
    more = ",shortName" if row.nameable else ""
    return f"id,displayName,code{more},created,lastUpdated,lastUpdatedBy[name]" if wide else "id,displayName,code"
