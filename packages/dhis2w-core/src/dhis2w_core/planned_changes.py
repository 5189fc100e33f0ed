"""Plans for objects of one type: the same change of several, a new one, and which object a name stands for."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Literal, TypeAlias

from dhis2w_client.metadata.uids import is_uid
from dhis2w_core.errors import OperationError
from dhis2w_core.plan import Change, ObjectChange

if TYPE_CHECKING:
    from dhis2w_client.client import Dhis2Client
    from dhis2w_core.object_home import Row

NAMED_BY = {"users": "username", "userRoles": "name", "userGroups": "name"}
"""What people know objects by, beside UID and code."""
Verb: TypeAlias = Literal["add", "remove"]


async def state_of(client: Dhis2Client, type: str, id: str) -> Row:
    """What an object owns.

    Raises:
        ObjectNotFoundError: There is no such object.
    """
    return (await client.collection(type).get(id, fields=":owner")).to_dict()


def each_once(ids: Iterable[str], type: str) -> list[str]:
    """UIDs without those that come twice.

    Raises:
        OperationError: There is none.
    """
    named = list(dict.fromkeys(ids))
    if not named:
        raise OperationError(f"{type}: no object was named; nothing was sent.", next_step="Give at least one UID.")
    return named


async def planned_updates(client: Dhis2Client, type: str, ids: Iterable[str], change: Callable[[Row], Row]) -> Change:
    """The same change of several objects.

    Raises:
        OperationError: None is named.
        ObjectNotFoundError: One of them is not there.
    """
    name = client.collection(type).name
    steps: list[ObjectChange] = []
    for uid in each_once(ids, name):
        before = await state_of(client, name, uid)
        steps.append(ObjectChange(name, uid, before, change(before)))
    title = f"Update {steps[0].shown}" if len(steps) == 1 else f"Update {len(steps)} of {name}"
    return Change(title, tuple(steps))


async def planned_links(
    client: Dhis2Client, type: str, ids: Iterable[str], property: str, *, verb: Verb, members: Iterable[str]
) -> Change:
    """Objects with more or fewer members in one of their lists."""
    named = list(members)

    def changed(before: Row) -> Row:
        there: list[Row] = before.get(property) or []
        if verb == "remove":
            return before | {property: [member for member in there if member["id"] not in named]}
        known = {member["id"] for member in there}
        return before | {property: [*there, *({"id": uid} for uid in dict.fromkeys(named) if uid not in known)]}

    return await planned_updates(client, type, ids, changed)


async def found_id(client: Dhis2Client, type: str, text: str) -> str:
    """The UID of the object that a text stands for: its UID, its code or what people know it by.

    Raises:
        OperationError: There is none, or more than one.
    """
    name = NAMED_BY.get(type, "name")
    rows = await client.collection(type).list(
        fields=f"id,code,{name}",
        filters=[f"{name}:eq:{text}", f"code:eq:{text}", *([f"id:eq:{text}"] if is_uid(text) else [])],
        root_junction="OR",
        order="id",
    )
    found = [row.to_dict() for row in rows]
    by_rank = next((hits for key in ("id", name, "code") if (hits := [r for r in found if r.get(key) == text])), found)
    if len(by_rank) != 1:
        reason = f"{len(by_rank)} have this {name} or code" if by_rank else f"none has this {name}, code or UID"
        raise OperationError(
            f"{type}: {reason}: {text!r}.", next_step=f"`d2w metadata list {type}` shows what there is."
        )
    return str(by_rank[0]["id"])


async def found_ids(client: Dhis2Client, type: str, texts: Iterable[str]) -> list[str]:
    """The UIDs of the objects that texts stand for.

    Raises:
        OperationError: One stands for no object, or for more than one.
    """
    return [await found_id(client, type, text) for text in dict.fromkeys(texts)]


async def first_rows(client: Dhis2Client, type: str, fields: str, *, limit: int, **asked: object) -> list[Row]:
    """The first objects of a list; 0 lists all."""
    found: list[Row] = []
    size = min(limit, 1000) or 1000
    async for row in client.collection(type).rows(page_size=size, fields=fields, **asked):  # pyright: ignore[reportArgumentType] # rows checks them
        found.append(row)
        if len(found) == limit:
            break
    return found
