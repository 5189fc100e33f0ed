"""Users: who may log in, with which roles, in which groups, for which organisation units."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from dhis2w_core.errors import OperationError
from dhis2w_core.features.user.mail_address import mail_address
from dhis2w_core.operation import Face, operation
from dhis2w_core.plan import Action, Change, ObjectChange
from dhis2w_core.planned_changes import Verb, first_rows, found_id, found_ids, planned_links, planned_updates

if TYPE_CHECKING:
    from dhis2w_client.client import Dhis2Client
    from dhis2w_core.object_home import Row

UNITS = {"unit": "organisationUnits", "view": "dataViewOrganisationUnits", "search": "teiSearchOrganisationUnits"}
"""The three lists of organisation units that a user has."""


@operation("user list", effect="read")
async def list_users(
    client: Dhis2Client,
    *,
    search: str | None = None,
    role: str | None = None,
    group: str | None = None,
    disabled: bool = False,
    limit: int = 50,
) -> list[dict[str, Any]]:
    """List users with their roles, and when they logged in last.

    Source: "Users" in DHIS2's developer guide; `UserController`.

    Args:
        search: Text to find in names and user names.
        role: Only those with this role: its name, code or UID.
        group: Only those in this group: its name, code or UID.
        disabled: Only those who may not log in.
        limit: At most so many; 0 lists all.
    """
    filters = [
        *([f"userRoles.id:eq:{await found_id(client, 'userRoles', role)}"] if role else []),
        *([f"userGroups.id:eq:{await found_id(client, 'userGroups', group)}"] if group else []),
        *(["disabled:eq:true"] if disabled else []),
    ]
    fields = "id,username,name,disabled,lastLogin,userRoles[id,name]"
    if search is None:
        return await first_rows(client, "users", fields, limit=limit, filters=filters)
    rows = await first_rows(client, "users", fields, limit=0, filters=filters)  # 2.41 and later search in other ways
    found = [row for row in rows if search.lower() in f"{row.get('username')} {row.get('name')}".lower()]
    return found[:limit] if limit else found


@operation("user get", effect="read")
async def get_user(client: Dhis2Client, user: str) -> Row:
    """Show a user: name, roles, groups, organisation units, last login.

    Args:
        user: The user name, code or UID.
    """
    links = ",".join(f"{name}[id,name]" for name in ("userRoles", "userGroups", *UNITS.values()))
    fields = f"id,username,name,email,disabled,accountExpiry,lastLogin,created,{links}"
    return (await client.users.get(await found_id(client, "users", user), fields=fields)).to_dict()


@operation("user create", effect="write", undo="full")
async def create(
    client: Dhis2Client,
    face: Face,
    username: str,
    *,
    first_name: str,
    surname: str,
    role: Sequence[str],
    group: Sequence[str] = (),
    unit: Sequence[str] = (),
    view: Sequence[str] = (),
    search: Sequence[str] = (),
    email: str | None = None,
    secret_from: str = "prompt",
) -> Change:
    """Create a user who can log in; the password is asked for, and is never an argument.

    Args:
        username: What to log in with.
        first_name: First name.
        surname: Last name.
        role: A role, by name, code or UID.
        group: A group, by name, code or UID.
        unit: An organisation unit to enter data for, by name, code or UID.
        view: One whose data the user sees; as `--unit` where none is given.
        search: One to search tracked entities in; as `--unit` where none is given.
        email: Address.
        secret_from: Where the password comes from: `prompt`, `stdin` or `env:NAME`.
    """
    from dhis2w_client.metadata.uids import new_uid

    given = {"unit": unit, "view": view or unit, "search": search or unit}
    units = {UNITS[name]: _links(await found_ids(client, "organisationUnits", given[name])) for name in UNITS}
    password = face.ask_secret("password of the new user", secret_from)
    user: Row = {
        "id": new_uid(),
        "username": username,
        "firstName": first_name,
        "surname": surname,
        "password": password.value,
        "userRoles": _links(await found_ids(client, "userRoles", role)),
        "userGroups": _links(await found_ids(client, "userGroups", group)),
        **units,
        **({"email": email} if email else {}),
    }
    return Change(f"Create user {username}", (ObjectChange("users", user["id"], None, user),))


@operation("user invite", effect="write")
async def invite(
    client: Dhis2Client,
    email: str,
    *,
    role: Sequence[str],
    group: Sequence[str] = (),
    unit: Sequence[str] = (),
    username: str | None = None,
) -> Action:
    """Invite somebody by mail, who chooses name and password; a mail cannot be called back.

    Args:
        email: The address.
        role: A role, by name, code or UID.
        group: A group, by name, code or UID.
        unit: An organisation unit to enter data for, by name, code or UID.
        username: The user name, where it is not to be chosen.
    """
    address = mail_address(email)
    body: Row = {
        "email": address,
        "userRoles": _links(await found_ids(client, "userRoles", role)),
        "userGroups": _links(await found_ids(client, "userGroups", group)),
        "organisationUnits": _links(await found_ids(client, "organisationUnits", unit)),
        **({"username": username} if username else {}),
    }

    async def perform(client: Dhis2Client) -> dict[str, Any]:
        return {"invited": address, "id": (await client.metadata.accounts.invite(body)).id}

    return Action(f"Send an invitation to {address}", perform, {"roles": list(role), "groups": list(group)})


@operation("user replicate", effect="write")
async def replicate(
    client: Dhis2Client, face: Face, user: str, username: str, *, secret_from: str = "prompt"
) -> Action:
    """Create a user with the roles, groups and organisation units of another; `metadata delete users` takes it away.

    Args:
        user: Whom to copy: the user name, code or UID.
        username: What the new user logs in with.
        secret_from: Where the new user's password comes from: `prompt`, `stdin` or `env:NAME`.
    """
    uid = await found_id(client, "users", user)
    password = face.ask_secret("password of the new user", secret_from)

    async def perform(client: Dhis2Client) -> dict[str, Any]:
        report = await client.metadata.accounts.replicate(uid, username, password.value)
        return {"created": username, "id": report.id}

    return Action(f"Create user {username}", perform, {"like": f"{user} ({uid})"})


@operation("user disable", effect="write", undo="full")
async def disable(client: Dhis2Client, user: Sequence[str]) -> Change:
    """Let users log in no more, and end their sessions; their work stays.

    Args:
        user: User names, codes or UIDs.
    """
    return await _set_disabled(client, user, disabled=True)


@operation("user enable", effect="write", undo="full")
async def enable(client: Dhis2Client, user: Sequence[str]) -> Change:
    """Let users log in again.

    Args:
        user: User names, codes or UIDs.
    """
    return await _set_disabled(client, user, disabled=False)


async def _set_disabled(client: Dhis2Client, users: Sequence[str], *, disabled: bool) -> Change:
    ids = await found_ids(client, "users", users)
    return await planned_updates(client, "users", ids, lambda before: before | {"disabled": disabled})


@operation("user set-password", effect="write")
async def set_password(client: Dhis2Client, face: Face, user: str, *, secret_from: str = "prompt") -> Action:
    """Give a user another password, which is asked for; the old one is lost for good.

    Args:
        user: The user name, code or UID.
        secret_from: Where the password comes from: `prompt`, `stdin` or `env:NAME`.
    """
    uid = await found_id(client, "users", user)
    password = face.ask_secret(f"new password of {user}", secret_from)

    async def perform(client: Dhis2Client) -> dict[str, Any]:
        return {"changed": user, "id": (await client.metadata.accounts.set_password(uid, password.value)).id}

    return Action(f"Set the password of {user}", perform, {"user": f"{user} ({uid})"})


@operation("user reset-2fa", effect="write")
async def reset_two_factor(client: Dhis2Client, user: str) -> Action:
    """Take the second factor from a user who has lost it; only the user can set up another.

    Args:
        user: The user name, code or UID.
    """
    uid = await found_id(client, "users", user)

    async def perform(client: Dhis2Client) -> dict[str, Any]:
        await client.metadata.accounts.reset_two_factor(uid)
        return {"reset": user, "id": uid}

    return Action(f"Take the second factor from {user}", perform, {"user": f"{user} ({uid})"})


@operation("user roles add", effect="write", undo="full")
async def roles_add(client: Dhis2Client, user: str, role: Sequence[str]) -> Change:
    """Give a user roles, beside those there are.

    Args:
        user: The user name, code or UID.
        role: Roles, by name, code or UID.
    """
    return await _roles(client, user, "add", role)


@operation("user roles remove", effect="write", undo="full")
async def roles_remove(client: Dhis2Client, user: str, role: Sequence[str]) -> Change:
    """Take roles from a user; DHIS2 wants one to stay.

    Args:
        user: The user name, code or UID.
        role: Roles, by name, code or UID.
    """
    return await _roles(client, user, "remove", role)


async def _roles(client: Dhis2Client, user: str, verb: Verb, roles: Sequence[str]) -> Change:
    ids = [await found_id(client, "users", user)]
    members = await found_ids(client, "userRoles", roles)
    return await planned_links(client, "users", ids, "userRoles", verb=verb, members=members)


@operation("user groups add", effect="write", undo="full")
async def groups_add(client: Dhis2Client, user: str, group: Sequence[str]) -> Change:
    """Put a user into groups.

    Args:
        user: The user name, code or UID.
        group: Groups, by name, code or UID.
    """
    return await _groups(client, user, "add", group)


@operation("user groups remove", effect="write", undo="full")
async def groups_remove(client: Dhis2Client, user: str, group: Sequence[str]) -> Change:
    """Take a user out of groups.

    Args:
        user: The user name, code or UID.
        group: Groups, by name, code or UID.
    """
    return await _groups(client, user, "remove", group)


async def _groups(client: Dhis2Client, user: str, verb: Verb, groups: Sequence[str]) -> Change:
    members = [await found_id(client, "users", user)]
    ids = await found_ids(client, "userGroups", groups)
    return await planned_links(client, "userGroups", ids, "users", verb=verb, members=members)


@operation("user units set", effect="write", undo="full")
async def units_set(
    client: Dhis2Client,
    user: str,
    *,
    unit: Sequence[str] = (),
    view: Sequence[str] = (),
    search: Sequence[str] = (),
) -> Change:
    """Set the organisation units of a user; a list of which none is given stays.

    Args:
        user: The user name, code or UID.
        unit: A unit to enter data for, by name, code or UID.
        view: One whose data the user sees.
        search: One to search tracked entities in.
    """
    given = {"unit": unit, "view": view, "search": search}
    lists = {
        UNITS[name]: _links(await found_ids(client, "organisationUnits", texts))
        for name, texts in given.items()
        if texts
    }
    if not lists:
        raise OperationError("No organisation unit was given.", next_step="For example --unit, --view or --search.")
    uid = await found_id(client, "users", user)
    return await planned_updates(client, "users", [uid], lambda before: before | lists)


def _links(ids: Sequence[str]) -> list[dict[str, str]]:
    return [{"id": uid} for uid in ids]
