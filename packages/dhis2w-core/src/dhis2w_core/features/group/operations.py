"""User groups: users who share access and messages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from dhis2w_core.operation import operation
from dhis2w_core.plan import Change, ObjectChange
from dhis2w_core.planned_changes import Verb, first_rows, found_id, found_ids, planned_links

if TYPE_CHECKING:
    from dhis2w_client.client import Dhis2Client
    from dhis2w_core.object_home import Row


@operation("group list", effect="read")
async def list_groups(client: Dhis2Client, *, search: str | None = None, limit: int = 50) -> list[dict[str, Any]]:
    """List groups, and how many users each has.

    Args:
        search: Text to find in names.
        limit: At most so many; 0 lists all.
    """
    rows = await first_rows(client, "userGroups", "id,name,code,users~size", limit=limit, query=search)
    return [{"id": row["id"], "name": row.get("name"), "code": row.get("code"), "users": row["users"]} for row in rows]


@operation("group get", effect="read")
async def get_group(client: Dhis2Client, group: str) -> Row:
    """Show a group with its users and the groups that it manages.

    Args:
        group: Its name, code or UID.
    """
    fields = "id,name,code,users[id,username],managedGroups[id,name]"
    return (await client.user_groups.get(await found_id(client, "userGroups", group), fields=fields)).to_dict()


@operation("group create", effect="write", undo="full")
async def create(client: Dhis2Client, name: str, *, user: Sequence[str] = (), code: str | None = None) -> Change:
    """Create a group.

    Args:
        name: Its name.
        user: A user in it, by user name, code or UID.
        code: Its code.
    """
    from dhis2w_client.metadata.uids import new_uid

    users = [{"id": uid} for uid in await found_ids(client, "users", user)]
    group: Row = {"id": new_uid(), "name": name, "users": users, **({"code": code} if code else {})}
    return Change(f"Create group {name}", (ObjectChange("userGroups", group["id"], None, group),))


@operation("group users add", effect="write", undo="full")
async def users_add(client: Dhis2Client, group: str, user: Sequence[str]) -> Change:
    """Put users into a group.

    Args:
        group: Its name, code or UID.
        user: User names, codes or UIDs.
    """
    return await _users(client, group, "add", user)


@operation("group users remove", effect="write", undo="full")
async def users_remove(client: Dhis2Client, group: str, user: Sequence[str]) -> Change:
    """Take users out of a group.

    Args:
        group: Its name, code or UID.
        user: User names, codes or UIDs.
    """
    return await _users(client, group, "remove", user)


async def _users(client: Dhis2Client, group: str, verb: Verb, users: Sequence[str]) -> Change:
    ids = [await found_id(client, "userGroups", group)]
    members = await found_ids(client, "users", users)
    return await planned_links(client, "userGroups", ids, "users", verb=verb, members=members)
