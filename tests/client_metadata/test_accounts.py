"""Users with their roles and groups."""

from __future__ import annotations

import pytest

from dhis2w_client import AuthenticationError, BasicAuth, ConflictError, Dhis2Client
from dhis2w_sandbox import Sandbox
from tests.client_metadata.connecting import run

ROLES = [
    {"id": "userRole001", "name": "Export", "authorities": ["F_METADATA_EXPORT"]},
    {"id": "userRole002", "name": "Other", "authorities": ["F_OTHER"]},
]
GROUP = {"id": "userGroup01", "name": "Group"}
UNIT = {"id": "orgUnit0001", "name": "Unit", "shortName": "Unit", "openingDate": "2000-01-01"}


async def make(client: Dhis2Client) -> str:
    """UID of a user with a role, a group and a unit."""
    for role in ROLES:
        await client.user_roles.create(role)
    await client.user_groups.create(GROUP)
    await client.organisation_units.create(UNIT)
    report = await client.metadata.accounts.create(
        "ada_one",
        "Orange#Bicycle71",
        first_name="Ada",
        surname="Lovelace",
        roles=["userRole001"],
        groups=["userGroup01"],
        units=["orgUnit0001"],
    )
    return str(report.id)


def test_a_user_who_can_log_in(empty_sandbox: Sandbox) -> None:
    async def use(client: Dhis2Client) -> None:
        id = await make(client)
        user = (await client.users.get(id)).to_dict()
        for key in ("organisationUnits", "dataViewOrganisationUnits", "teiSearchOrganisationUnits"):
            assert [row["id"] for row in user[key]] == ["orgUnit0001"]
        assert await client.user_groups.members("userGroup01", "users").ids() == (id,)

    async def name(client: Dhis2Client) -> str:
        return (await client.system.me()).username

    run(empty_sandbox, use)
    assert run(empty_sandbox, name, auth=BasicAuth("ada_one", "Orange#Bicycle71")) == "ada_one"


def test_disabled_and_another_password(empty_sandbox: Sandbox) -> None:
    async def close(client: Dhis2Client) -> str:
        id = await make(client)
        await client.metadata.accounts.set_enabled(id, enabled=False)
        return id

    async def name(client: Dhis2Client) -> str:
        return (await client.system.me()).username

    id = run(empty_sandbox, close)
    with pytest.raises(AuthenticationError):
        run(empty_sandbox, name, auth=BasicAuth("ada_one", "Orange#Bicycle71"))

    async def open_again(client: Dhis2Client) -> None:
        await client.metadata.accounts.set_enabled(id, enabled=True)
        await client.metadata.accounts.set_password(id, "Violet#Tandem93")
        with pytest.raises(ConflictError):
            await client.metadata.accounts.set_password(id, "short")

    run(empty_sandbox, open_again)
    assert run(empty_sandbox, name, auth=BasicAuth("ada_one", "Violet#Tandem93")) == "ada_one"


def test_roles_and_groups(empty_sandbox: Sandbox) -> None:
    async def use(client: Dhis2Client) -> None:
        id = await make(client)
        accounts = client.metadata.accounts
        await accounts.grant(id, ["userRole002", "userRole001"])
        assert set(await accounts.roles(id)) == {"userRole001", "userRole002"}
        assert {user.id for user in await accounts.with_authority("F_OTHER")} == {id, "M5zQapPyTZI"}
        await accounts.revoke(id, ["userRole002"])
        assert await accounts.roles(id) == ["userRole001"]
        assert [user.id for user in await accounts.with_authority("F_OTHER")] == ["M5zQapPyTZI"]
        await accounts.leave(id, ["userGroup01"])
        assert await client.user_groups.members("userGroup01", "users").ids() == ()
        await accounts.join(id, ["userGroup01"])
        assert await client.user_groups.members("userGroup01", "users").ids() == (id,)
        with pytest.raises(ConflictError):
            await accounts.revoke(id, ["userRole001"])

    run(empty_sandbox, use)


def test_a_copy(empty_sandbox: Sandbox) -> None:
    async def use(client: Dhis2Client) -> None:
        id = await make(client)
        await client.metadata.accounts.replicate(id, "ada_two", "Orange#Bicycle72")
        (copy,) = await client.users.list(fields="id,userRoles[id]", filters="username:eq:ada_two")
        assert [row["id"] for row in copy.to_dict()["userRoles"]] == ["userRole001"]

    run(empty_sandbox, use)
