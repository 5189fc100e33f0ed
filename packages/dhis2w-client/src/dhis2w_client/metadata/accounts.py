"""`client.metadata.accounts`: users with their roles and groups, and what only users have.

Source: "Users" in DHIS2's developer guide, `UserController`; recording `meta/users`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from dhis2w_client.metadata.uids import new_uid
from dhis2w_client.write_report import write_report

if TYPE_CHECKING:
    from dhis2w_client.metadata.metadata_api import MetadataApi
    from dhis2w_client.models import User
    from dhis2w_client.pages import Row
    from dhis2w_client.write_report import WriteReport


class AccountService:
    """Users with their roles and groups: `client.metadata.accounts`; as objects they are `client.users`."""

    def __init__(self, api: MetadataApi) -> None:
        self._api = api

    async def create(
        self,
        username: str,
        password: str,
        *,
        first_name: str,
        surname: str,
        roles: Iterable[str],
        groups: Iterable[str] = (),
        units: Iterable[str] = (),
        view_units: Iterable[str] | None = None,
        search_units: Iterable[str] | None = None,
        email: str | None = None,
    ) -> WriteReport:
        """Make a user who can log in; the same call for every version (2.41 knows `userCredentials` besides).

        Args:
            username: What to log in with: 4 to 255 letters, digits and `_ . @ -`.
            password: As the server's rules want it: letters of both cases, a digit and a sign by default.
            first_name: First name.
            surname: Last name.
            roles: UIDs of roles, at least one.
            groups: UIDs of groups.
            units: UIDs of organisation units for which the user enters data.
            view_units: Those whose data the user sees. Default: the same.
            search_units: Those in which the user searches tracked entities. Default: the same.
            email: Address.

        Returns:
            The report; `id` is the user's UID.

        Raises:
            ConflictError: DHIS2 refused; `rows` name the properties.
            ForbiddenError: An authority is missing, or a role is more than the caller has.
        """
        entered = list(units)
        body: Row = {
            "id": new_uid(),
            "username": username,
            "password": password,
            "firstName": first_name,
            "surname": surname,
            "userRoles": _links(roles),
            "userGroups": _links(groups),
            "organisationUnits": _links(entered),
            "dataViewOrganisationUnits": _links(entered if view_units is None else view_units),
            "teiSearchOrganisationUnits": _links(entered if search_units is None else search_units),
            **({"email": email} if email else {}),
        }
        return write_report(await self._api.ask("POST", "users", body=body))

    async def replicate(self, id: str, username: str, password: str) -> WriteReport:
        """Make a user with the roles, groups and units of another one.

        Args:
            id: UID of the user to copy.
            username: What the new one logs in with.
            password: The new one's password.

        Raises:
            ConflictError: The user name is taken, or the password is against the rules.
            ForbiddenError: The authority `F_REPLICATE_USER` is missing.
        """
        body = {"username": username, "password": password}
        return write_report(await self._api.ask("POST", self._api.path("users", id, "replica"), body=body))

    async def set_enabled(self, id: str, enabled: bool) -> WriteReport:
        """Let a user log in, or not any more.

        Args:
            id: UID of the user.
            enabled: Whether the user may log in.

        Raises:
            ObjectNotFoundError: There is no such user.
            ForbiddenError: The caller may not change the user.
        """
        word = "enabled" if enabled else "disabled"
        return write_report(await self._api.ask("POST", self._api.path("users", id, word)), id)

    async def set_password(self, id: str, password: str) -> WriteReport:
        """Give a user another password.

        Args:
            id: UID of the user.
            password: The password, as the server's rules want it.

        Raises:
            ObjectNotFoundError: There is no such user.
            ConflictError: The password is against the rules; `rows` say which.
        """
        operation = [{"op": "replace", "path": "/password", "value": password}]
        return write_report(await self._api.ask("PATCH", self._api.path("users", id), body=operation), id)

    async def invite(self, account: Row) -> WriteReport:
        """Invite somebody by mail, who chooses a password, and a user name where none is given.

        Args:
            account: The user to be: `email`, `userRoles`, `userGroups`, `organisationUnits`, and `username` where it is
                not to be chosen.

        Returns:
            The report; `id` is the user's UID.

        Raises:
            ConflictError: The server cannot send mail, or something of the user is refused.
        """
        return write_report(await self._api.ask("POST", "users/invite", body=account))

    async def reset_two_factor(self, id: str) -> None:
        """Take the second factor from a user who has lost it.

        Args:
            id: UID of the user.

        Raises:
            ConflictError: There is no such user, or it is the caller.
            ForbiddenError: The caller may not change the user.
        """
        write_report(await self._api.ask("POST", self._api.path("users", id, "twoFA", "disabled")), id)

    async def grant(self, id: str, roles: Iterable[str]) -> WriteReport:
        """Give a user roles, beside those there are.

        Args:
            id: UID of the user.
            roles: UIDs of the roles.

        Raises:
            ObjectNotFoundError: There is no such user.
            ForbiddenError: A role is more than the caller has.
        """
        return await self._set_roles(id, [*dict.fromkeys([*await self.roles(id), *roles])])

    async def revoke(self, id: str, roles: Iterable[str]) -> WriteReport:
        """Take roles from a user; one must stay.

        Args:
            id: UID of the user.
            roles: UIDs of the roles.

        Raises:
            ObjectNotFoundError: There is no such user.
            ConflictError: No role would be left.
        """
        gone = set(roles)
        return await self._set_roles(id, [role for role in await self.roles(id) if role not in gone])

    async def roles(self, id: str) -> list[str]:
        """UIDs of a user's roles.

        Args:
            id: UID of the user.

        Raises:
            ObjectNotFoundError: There is no such user.
        """
        row = await self._api.read(self._api.path("users", id), {"fields": "userRoles[id]"})
        return [str(role["id"]) for role in row.get("userRoles") or ()]

    async def _set_roles(self, id: str, roles: list[str]) -> WriteReport:
        operation = [{"op": "replace", "path": "/userRoles", "value": _links(roles)}]
        return write_report(await self._api.ask("PATCH", self._api.path("users", id), body=operation), id)

    async def join(self, id: str, groups: Iterable[str]) -> None:
        """Put a user into groups; a group that has the user stays as it is.

        Args:
            id: UID of the user.
            groups: UIDs of the groups.

        Raises:
            ObjectNotFoundError: There is no such group.
            ForbiddenError: The caller may not change a group.
        """
        for group in groups:
            await self._api.collection("userGroups").members(group, "users").add([id])

    async def leave(self, id: str, groups: Iterable[str]) -> None:
        """Take a user out of groups.

        Args:
            id: UID of the user.
            groups: UIDs of the groups.

        Raises:
            ObjectNotFoundError: There is no such group.
            ForbiddenError: The caller may not change a group.
        """
        for group in groups:
            await self._api.collection("userGroups").members(group, "users").remove([id])

    async def with_authority(self, authority: str, *, fields: str = "id,username") -> list[User]:
        """The users who have an authority by one of their roles; those with `ALL` have every one.

        Args:
            authority: Such as `F_METADATA_EXPORT`.
            fields: Which properties.
        """
        rows = await self._api.rows("userRoles", "id,authorities")
        roles = [str(row["id"]) for row in rows if {"ALL", authority} & set(row.get("authorities") or ())]
        users = self._api.collection("users")
        if not roles:
            return []
        return list(await users.list(fields=fields, filters=f"userRoles.id:in:[{','.join(roles)}]", order="id"))


def _links(ids: Iterable[str]) -> list[dict[str, str]]:
    return [{"id": uid} for uid in ids]
