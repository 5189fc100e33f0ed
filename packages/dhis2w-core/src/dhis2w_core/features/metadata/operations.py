"""Metadata objects of every type: one verb for all types."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from typing import TYPE_CHECKING, Any, Literal, cast

from dhis2w_client.json_value import as_array, as_object
from dhis2w_core.errors import OperationError
from dhis2w_core.operation import Face, MetadataType, Tree, operation
from dhis2w_core.plan import Action, Change, ObjectChange
from dhis2w_core.planned_changes import each_once, planned_updates, state_of

if TYPE_CHECKING:
    from dhis2w_client.client import Dhis2Client
    from dhis2w_client.metadata.org_units import UnitNode
    from dhis2w_client.models.collection_row import CollectionRow
    from dhis2w_core.object_home import Row

Mergeable = Literal[
    "indicators",
    "indicatorTypes",
    "dataElements",
    "categoryOptions",
    "categoryOptionCombos",
    "categories",
    "categoryCombos",
]


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
    row = (await client.collection(type).get(id, fields=fields or ":owner,displayName")).to_dict()
    return row if fields else await _named(client, type, row)


@operation("metadata search", effect="read")
async def search(
    client: Dhis2Client,
    text: str,
    *,
    type: Sequence[MetadataType] = (),
    by: Sequence[Literal["id", "code", "name"]] = ("id", "code", "name"),
) -> list[dict[str, Any]]:
    """Find objects of any type: by UID, by code, or by a part of their name.

    Args:
        text: The UID, the code, or a part of the name.
        type: Look only here.
        by: What to look at.
    """
    found = await client.metadata.search(text, by=by, types=[client.collection(name).name for name in type])
    return [{"type": each.plural, "id": each.id, "name": each.name, "code": each.code} for each in found]


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
    before = await state_of(client, type, id)
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
    before = await state_of(client, type, id)
    names = {"name": name, **({"shortName": short_name} if short_name else {})}
    return _update(client, type, id, before, before | names)


@operation("metadata edit", effect="write", undo="full")
async def edit(client: Dhis2Client, face: Face, type: MetadataType, id: str) -> Change:
    """Edit an object as JSON in your editor; what changed is shown before it is sent.

    Args:
        type: Its type.
        id: Its UID.
    """
    before = await state_of(client, type, id)
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
    steps = [ObjectChange(name, uid, await state_of(client, type, uid), None) for uid in each_once(id, name)]
    return Change(f"Delete {len(steps)} of {name}" if len(steps) > 1 else f"Delete {steps[0].shown}", tuple(steps))


@operation("metadata usage", effect="read")
async def usage(client: Dhis2Client, type: MetadataType, id: str) -> list[dict[str, Any]]:
    """Tell who refers to an object: by a link, or by its UID in an expression.

    Sharing settings, attribute values and data are not looked at.

    Args:
        type: Its type.
        id: Its UID.
    """
    found = await client.metadata.usage(client.collection(type).name, id)
    return [{"type": each.plural, "id": each.id, "name": each.name, "by": ", ".join(each.paths)} for each in found]


@operation("metadata tree", effect="read")
async def tree(client: Dhis2Client, id: str | None = None, *, levels: int = 2) -> list[Tree]:
    """Draw the tree of organisation units.

    Args:
        id: UID of the unit on top; without it, the roots.
        levels: How many levels below it.
    """
    units = client.metadata.org_units
    tops = [id] if id else [str(root.id) for root in await units.roots()]
    return [_drawn(await units.tree(top, levels=levels)) for top in tops]


@operation("metadata share", effect="write", undo="full")
async def share(
    client: Dhis2Client,
    type: MetadataType,
    id: Sequence[str],
    *,
    public: str | None = None,
    user: Sequence[str] = (),
    group: Sequence[str] = (),
) -> Change:
    """Change who may see and change objects; who is not named keeps the access there is.

    Args:
        type: Their type.
        id: Their UIDs.
        public: Access of everybody, such as `rw------`; `--------` for none.
        user: UID=ACCESS of a user; UID= takes it away.
        group: UID=ACCESS of a user group; UID= takes it away.
    """
    from dhis2w_client.access import with_access

    users, groups = _accesses(user), _accesses(group)

    def shared(before: Row) -> Row:
        return before | {"sharing": with_access(before.get("sharing"), public, users, groups)}

    return await planned_updates(client, type, id, shared)


@operation("metadata translate", effect="write", undo="full")
async def translate(client: Dhis2Client, type: MetadataType, id: str, locale: str, *, text: Sequence[str]) -> Change:
    """Set texts of an object in a language; other texts and languages stay.

    Args:
        type: Its type.
        id: Its UID.
        locale: The language, such as `fr` or `pt_BR`.
        text: PROPERTY=TEXT by DHIS2's name, `NAME=Doses`; PROPERTY= takes the text away.
    """
    from dhis2w_client.translations import with_texts

    texts = {name: value or None for name, value in map(_pair, text)}

    def translated(before: Row) -> Row:
        return before | {"translations": with_texts(before.get("translations"), locale, texts)}

    return await planned_updates(client, type, [id], translated)


@operation("metadata replace", effect="write", undo="full")
async def replace(
    client: Dhis2Client,
    type: MetadataType,
    pattern: str,
    replacement: str,
    *,
    filter: Sequence[str] = (),
    id: Sequence[str] = (),
    property: Sequence[str] = ("name", "shortName", "formName"),
) -> Change:
    """Replace a part of the names of many objects.

    Args:
        type: Their type.
        pattern: What is replaced, as a regular expression of Python: `^Mal `.
        replacement: What comes in its place.
        filter: Which objects, as a condition as DHIS2 writes it.
        id: Or their UIDs.
        property: Which properties.
    """
    name = client.collection(type).name
    plan = await client.metadata.bulk.rename(
        name, pattern, replacement, properties=property, filters=list(filter) or None, ids=id
    )
    steps = tuple(
        ObjectChange(plural, row["id"], plan.read.by_id[plural, row["id"]], row) for plural, _, row in plan.writes
    )
    return Change(f"Replace in {len(steps)} of {name}", steps)


@operation("metadata move", effect="write", undo="full")
async def move(client: Dhis2Client, parent: str, id: Sequence[str]) -> Change:
    """Put organisation units below another parent.

    Args:
        parent: UID of the new parent.
        id: UIDs of the units.
    """
    plan = await client.metadata.org_units.plan_move(id, parent)
    steps = tuple(
        ObjectChange(plural, row["id"], plan.read.by_id[plural, row["id"]], row) for plural, _, row in plan.writes
    )
    return Change(f"Move {len(steps)} units below {parent}", steps)


@operation("metadata merge", effect="destroy")
async def merge(
    client: Dhis2Client,
    type: Mergeable,
    source: Sequence[str],
    *,
    into: str,
    delete_sources: bool = False,
    data: Literal["LAST_UPDATED", "DISCARD"] | None = None,
) -> Action:
    """Have one object take the place of others, wherever these are referred to.

    Args:
        type: Their type; which types can be merged depends on the version.
        source: UIDs of the objects that are replaced.
        into: UID of the object that takes their place.
        delete_sources: Delete them afterwards.
        data: What becomes of their data, for data elements and category option combos.
    """

    async def perform(client: Dhis2Client) -> dict[str, Any]:
        report = await client.metadata.merges.merge(type, source, into, delete_sources=delete_sources, data=data)
        return {"merged": len(source), "into": into, "status": report.status}

    facts = {"sources": list(source), "into": into, "sources afterwards": "deleted" if delete_sources else "kept"}
    return Action(f"Merge {len(source)} of {type}", perform, facts | ({"data": data} if data else {}), "destroy")


@operation("metadata members list", effect="read")
async def members_list(client: Dhis2Client, type: MetadataType, id: str, property: str) -> list[Row]:
    """List the members of one object's collection, such as the data elements of a group.

    Args:
        type: The object's type.
        id: Its UID.
        property: Name of the collection: `dataElements`.
    """
    found = await client.collection(type).get(id, fields=f"{property}[id,displayName]")
    return [as_object(each) for each in as_array(found.to_dict().get(property))]


@operation("metadata members add", effect="write")
async def members_add(type: MetadataType, id: str, property: str, member: Sequence[str]) -> Action:
    """Add members to one object's collection; either side of the link will do.

    Args:
        type: The object's type.
        id: Its UID.
        property: Name of the collection: `dataElements`.
        member: UIDs of the members.
    """
    return _membership("Add to", type, id, property, member)


@operation("metadata members remove", effect="write")
async def members_remove(type: MetadataType, id: str, property: str, member: Sequence[str]) -> Action:
    """Take members out of one object's collection; either side of the link will do.

    Args:
        type: The object's type.
        id: Its UID.
        property: Name of the collection: `dataElements`.
        member: UIDs of the members.
    """
    return _membership("Remove from", type, id, property, member)


def _membership(
    verb: Literal["Add to", "Remove from"], type: str, id: str, property: str, ids: Sequence[str]
) -> Action:
    async def perform(client: Dhis2Client) -> dict[str, Any]:
        members = client.collection(type).members(id, property)
        counts = (await (members.add(ids) if verb == "Add to" else members.remove(ids))).counts
        return {"added": counts.updated, "removed": counts.deleted, "unchanged": counts.ignored}

    return Action(f"{verb} {property} of {type} {id}", perform, {"members": list(ids)})


async def _named(client: Dhis2Client, type: str, row: Row) -> Row:
    """The object with names beside the ids of what it refers to."""
    links = [key for key, value in row.items() if _is_link(value) or any(map(_is_link, as_array(value)))]
    if not links:
        return row
    fields = ",".join(f"{key}[id,displayName]" for key in links)
    return row | (await client.collection(type).get(row["id"], fields=fields)).to_dict()


def _is_link(value: object) -> bool:
    return list(as_object(value)) == ["id"]


def _drawn(node: UnitNode) -> Tree:
    return Tree(node.name or "", node.id, tuple(map(_drawn, node.children)))


def _accesses(texts: Sequence[str]) -> dict[str, str | None]:
    return {uid: access or None for uid, access in map(_pair, texts)}


def _pair(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign or not name:
        raise OperationError(f"NAME=VALUE is wanted, not {text!r}.")
    return name, value


async def _first(rows: AsyncIterator[Row], limit: int) -> AsyncIterator[Row]:
    from contextlib import aclosing

    number = 0
    async with aclosing(cast("Any", rows)) as items:
        async for row in items:
            yield row
            number += 1
            if number == limit:
                return


def _update(client: Dhis2Client, type: str, id: str, before: Row, after: Row) -> Change:
    step = ObjectChange(client.collection(type).name, id, before, after | {"id": id})
    return Change(f"Update {step.shown}", (step,))


def _an_object(value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise OperationError("An object is wanted: JSON in curly braces.")
    return cast("dict[str, Any]", value)


def _rows() -> tuple[CollectionRow, ...]:
    from dhis2w_client.models.collection_table import COLLECTIONS

    return tuple(COLLECTIONS)


def _columns(type: str, *, wide: bool) -> str:
    """The columns of a list: names beside ids."""
    row = next(row for row in _rows() if row.plural == type)
    if not row.identifiable:
        return "id,displayName"
    more = ",shortName" if row.nameable else ""
    return f"id,displayName,code{more},created,lastUpdated,lastUpdatedBy[name]" if wide else "id,displayName,code"
