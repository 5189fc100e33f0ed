"""The parameters that only lists of users have: `query`, `ou`, `canManage`, `inactiveMonths` and so on.

What all lists have (filters, order, paging, fields) is asked of what is left.
Source: `UserController.GetUserObjectListParams`, `UserPredicateSupplier`, `DefaultUserService.handleUserQueryParams`
of dhis2-core.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from enum import Enum
from typing import Any

from dhis2w_sandbox.call import SOURCE, Call, Reply
from dhis2w_sandbox.metadata import reading, units
from dhis2w_sandbox.metadata.coercion import Place, date
from dhis2w_sandbox.metadata.querying import bool_param, enum_param, int_param
from dhis2w_sandbox.routing import Endpoints
from dhis2w_sandbox.user import User

Json = dict[str, Any]
Test = Callable[[User], bool]

endpoints = Endpoints()

_ASKED_OF_PERSONS = {
    "query",
    "ou",
    "orgUnitBoundary",
    "userOrgUnits",
    "includeChildren",
    "canManage",
    "authSubset",
    "manage",
}
_ASKED_OF_VALUES = {"phoneNumber", "lastLogin", "inactiveMonths", "inactiveSince", "selfRegistered", "invitationStatus"}


class Boundary(Enum):
    """Which units of a user are meant; the value is the property that holds them."""

    NONE = ""
    DATA_CAPTURE = "organisationUnits"
    DATA_OUTPUT = "dataViewOrganisationUnits"
    TEI_SEARCH = "teiSearchOrganisationUnits"


class Invitation(Enum):
    """Which invited users are meant."""

    NONE = "none"
    ALL = "all"
    EXPIRED = "expired"


def asks_more(call: Call) -> bool:
    """Whether a request has a parameter that only lists of users have."""
    return any(call.param(name) for name in _ASKED_OF_PERSONS | _ASKED_OF_VALUES)


@endpoints.add("GET", "/api/users", SOURCE, accepts=asks_more)
def list_users(call: Call) -> Reply:
    """List the users that fit the parameters."""
    schema = call.server.schemas.by_singular["user"]
    call = call.with_parts(type="users")
    reading.readable_schema(call)
    return reading.list_reply(call, schema, [user.document for user in fitting_users(call)])


def fitting_users(call: Call) -> list[User]:
    """The users that fit those parameters of a request."""
    tests = [*_value_tests(call), *_unit_tests(call), *_person_tests(call)]
    users = (User(call.server.store, document) for document in call.server.store.all("user"))
    return [user for user in users if all(test(user) for test in tests)]


def query_test(query: str) -> Test:
    """Whether a text is in somebody's whole name, user name or address; without case."""
    text = query.strip().lower()

    def test(user: User) -> bool:
        document = user.document
        names = (f"{document.get('firstName', '')} {document.get('surname', '')}", user.username)
        return any(text in name.lower() for name in (*names, document.get("email", "")))

    return test


def _value_tests(call: Call) -> Iterator[Test]:
    phone, since = call.param("phoneNumber"), call.param("lastLogin")
    if phone:
        yield lambda user: user.document.get("phoneNumber") == phone
    if since:
        first = date(since, Place())
        yield lambda user: user.document.get("lastLogin", "") >= first
    if limit := _inactive_since(call):
        yield lambda user: "" < user.document.get("lastLogin", "") < limit
    if bool_param(call, "selfRegistered", False):
        yield lambda user: bool(user.document.get("selfRegistered"))
    invitation = enum_param(call, "invitationStatus", Invitation.NONE)
    if invitation is not Invitation.NONE:
        yield lambda user: bool(user.document.get("invitation"))
    if invitation is Invitation.EXPIRED:
        now = call.server.now()
        yield lambda user: "" < user.document.get("restoreExpiry", "") < now


def _inactive_since(call: Call) -> str | None:
    months = int_param(call, "inactiveMonths", 0)
    if months:
        now = call.server.clock()
        year, month = divmod(now.year * 12 + now.month - 1 - months, 12)
        return f"{year:04}-{month + 1:02}-{call.server.now()[8:]}"
    since = call.param("inactiveSince")
    return date(since, Place()) if since else None


def _unit_tests(call: Call) -> Iterator[Test]:
    """Whether somebody has one of these units, or, if asked for, one below."""
    boundary = enum_param(call, "orgUnitBoundary", Boundary.NONE)
    if bool_param(call, "userOrgUnits", False):
        boundary = Boundary.DATA_CAPTURE
    wanted = {call.param("ou")} - {None, ""}
    if boundary is not Boundary.NONE:
        wanted = _units(call.user, boundary.value)
    if not wanted:
        return
    key = (boundary if boundary is not Boundary.NONE else Boundary.DATA_CAPTURE).value
    below = bool_param(call, "includeChildren", False)

    def test(user: User) -> bool:
        mine = _units(user, key)
        if below:
            stored = (user.store.get(units.UNIT, uid) for uid in mine)
            mine = {uid for unit in stored if unit for uid in units.lineage(user.store, unit)}
        return not wanted.isdisjoint(mine)

    yield test


def _person_tests(call: Call) -> Iterator[Test]:
    if not any(call.param(name) for name in _ASKED_OF_PERSONS):
        return
    sender = call.user
    if query := call.param("query"):
        yield query_test(query)
    if sender.is_super:
        return
    both = bool_param(call, "manage", False)
    managed = {row["id"] for uid in sender.groups for row in _managed(sender, uid)}
    if managed and (both or bool_param(call, "canManage", False)):
        yield lambda user: not managed.isdisjoint(user.groups)
    if both or bool_param(call, "authSubset", False):
        yield lambda user: user.authorities <= sender.authorities
    roles = {row["id"] for row in sender.document.get("userRoles", ())}
    if not call.server.setting("canGrantOwnUserRoles", False):
        yield lambda user: roles.isdisjoint(row["id"] for row in user.document.get("userRoles", ()))


def _managed(user: User, group: str) -> list[Json]:
    return (user.store.get("userGroup", group) or {}).get("managedGroups") or []


def _units(user: User, key: str) -> set[str]:
    return {row["id"] for row in user.document.get(key, ())}
