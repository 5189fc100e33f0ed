"""User roles: named sets of authorities."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from dhis2w_core.operation import operation
from dhis2w_core.plan import Change, ObjectChange
from dhis2w_core.planned_changes import Verb, first_rows, found_id, planned_updates

if TYPE_CHECKING:
    from dhis2w_client.client import Dhis2Client
    from dhis2w_core.object_home import Row


@operation("role list", effect="read")
async def list_roles(
    client: Dhis2Client, *, search: str | None = None, authority: str | None = None, limit: int = 50
) -> list[dict[str, Any]]:
    """List roles, and how many authorities each has.

    Args:
        search: Text to find in names.
        authority: Only those with this authority, or with all (`ALL`).
        limit: At most so many; 0 lists all.
    """
    rows = await first_rows(client, "userRoles", "id,name,description,authorities", limit=0, query=search)
    wanted = [row for row in rows if authority is None or {authority, "ALL"} & set(row.get("authorities") or ())]
    shown = wanted[:limit] if limit else wanted
    return [
        {
            "id": row["id"],
            "name": row.get("name"),
            "description": row.get("description"),
            "authorities": "ALL" if "ALL" in row.get("authorities", ()) else len(row.get("authorities", ())),
        }
        for row in shown
    ]


@operation("role get", effect="read")
async def get_role(client: Dhis2Client, role: str) -> Row:
    """Show a role with its authorities and the users who have it.

    Args:
        role: Its name, code or UID.
    """
    fields = "id,name,code,description,authorities,users[id,username]"
    row = (await client.user_roles.get(await found_id(client, "userRoles", role), fields=fields)).to_dict()
    return row | {"authorities": sorted(row.get("authorities") or ())}


@operation("role create", effect="write", undo="full")
async def create(name: str, *, authority: Sequence[str] = (), description: str | None = None) -> Change:
    """Create a role.

    Args:
        name: Its name.
        authority: An authority such as `F_METADATA_EXPORT`; you must have it yourself.
        description: What it is for.
    """
    from dhis2w_client.metadata.uids import new_uid

    role: Row = {"id": new_uid(), "name": name, "authorities": list(authority)}
    body = role | ({"description": description} if description else {})
    return Change(f"Create role {name}", (ObjectChange("userRoles", role["id"], None, body),))


@operation("role authorities add", effect="write", undo="full")
async def authorities_add(client: Dhis2Client, role: str, authority: Sequence[str]) -> Change:
    """Give a role authorities, beside those there are.

    Args:
        role: Its name, code or UID.
        authority: The authorities.
    """
    return await _authorities(client, role, "add", authority)


@operation("role authorities remove", effect="write", undo="full")
async def authorities_remove(client: Dhis2Client, role: str, authority: Sequence[str]) -> Change:
    """Take authorities from a role.

    Args:
        role: Its name, code or UID.
        authority: The authorities.
    """
    return await _authorities(client, role, "remove", authority)


async def _authorities(client: Dhis2Client, role: str, verb: Verb, authorities: Sequence[str]) -> Change:
    def changed(before: Row) -> Row:
        there: list[str] = before.get("authorities") or []
        kept = [each for each in there if each not in authorities]
        return before | {"authorities": kept if verb == "remove" else sorted({*there, *authorities})}

    return await planned_updates(client, "userRoles", [await found_id(client, "userRoles", role)], changed)
