"""Users: what is special when they are written, and the actions on one user.

Writing goes through the import of metadata like that of every type; this module registers the rules for users and
roles there, and adds what only `/api/users` does: groups, invitations, replicas, opening and closing accounts.
Source: `UserController`, `UserObjectBundleHook`, `SecurityCheck`, `DefaultUserService`, `UserLookupController` of
dhis2-core; recordings `meta/users`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from dhis2w_sandbox import two_factor
from dhis2w_sandbox.bodies import json_object
from dhis2w_sandbox.call import RECORDED, SOURCE, Call, Reply
from dhis2w_sandbox.errors import (
    Dhis2Refusal,
    ErrorReport,
    NotInSandbox,
    conflict,
    forbidden,
    message,
    not_found,
)
from dhis2w_sandbox.metadata import access, writing
from dhis2w_sandbox.metadata.coercion import Place, date
from dhis2w_sandbox.metadata.hooks import Hook, register
from dhis2w_sandbox.metadata.importing import import_bundle
from dhis2w_sandbox.metadata.reports import import_reply
from dhis2w_sandbox.password_policy import complaint
from dhis2w_sandbox.passwords import hashed, matches
from dhis2w_sandbox.routing import Endpoints
from dhis2w_sandbox.server import Server
from dhis2w_sandbox.user import User
from dhis2w_sandbox.user_lists import query_test

Json = dict[str, Any]

endpoints = Endpoints()

KLASS = "org.hisp.dhis.user.User"
ROLE_KLASS = "org.hisp.dhis.user.UserRole"
GROUP_KLASS = "org.hisp.dhis.user.UserGroup"
UNIT_KLASS = "org.hisp.dhis.organisationunit.OrganisationUnit"

ADD = "F_USER_ADD"
ADD_IN_GROUP = "F_USER_ADD_WITHIN_MANAGED_GROUP"
NOT_ALLOWED = "You must have permissions to create user, or ability to manage at least one user group for the user."

_USERNAME = re.compile(r"(?=.{4,255}$)(?![-_.@])(?!.*[-_.@]{2})[-_.@a-zA-Z0-9]+(?<![-_.@])")
_PHONE = re.compile(r"\+[1-9]\d{1,14}")
_UNIT_KEYS = ("organisationUnits", "dataViewOrganisationUnits", "teiSearchOrganisationUnits")


# The rules of the import


def check(server: Server, user: User, new: Json, old: Json | None) -> list[ErrorReport]:
    """What is wrong with a user that is created or changed."""
    username = new.get("username")
    errors = list(_username_errors(server, new, old))
    if not new.get("userRoles"):
        errors.append(ErrorReport("E4055", ("username", username), KLASS, property="username"))
    if new.get("whatsApp") and not _PHONE.fullmatch(new["whatsApp"]):
        errors.append(ErrorReport("E4027", (new["whatsApp"], "whatsApp"), KLASS, property="whatsApp"))
    if new.get("password") and (text := complaint(server, new["password"])):
        found = ErrorReport("E4005", ("password", text), KLASS, error_klass="java.lang.String", property="password")
        errors.append(found)
    return [*errors, *_access_errors(server, user, new, old)]


def _username_errors(server: Server, new: Json, old: Json | None) -> Iterator[ErrorReport]:
    username = new.get("username")
    if old is not None:
        if username is not None and username != old["username"]:
            yield ErrorReport("E4056", ("username", username), KLASS, property="username")
        return
    if not new.get("invitation") and not _USERNAME.fullmatch(username or ""):
        yield ErrorReport("E4049", ("username", username), KLASS, property="username")
    if username and server.user_named(username):
        yield ErrorReport("E4054", ("username", username), KLASS, property="username")


def _access_errors(server: Server, user: User, new: Json, old: Json | None) -> Iterator[ErrorReport]:
    """What a sender who is no superuser may not give away."""
    if user.is_super:
        return
    if old is not None and User(server.store, old).is_super:
        yield ErrorReport("E3041", (user.username,), KLASS)
    for reference in new.get("userRoles") or ():
        role = server.store.get("userRole", reference.get("id", ""))
        if role is None:
            yield ErrorReport("E3032", (new.get("username"),), ROLE_KLASS)
        elif not can_grant(user, role):
            yield ErrorReport("E3003", (user.username, role["name"]), ROLE_KLASS)
    if not user.has_any([ADD, ADD_IN_GROUP]):
        yield ErrorReport("E3004", (_titled(user),), GROUP_KLASS)
    for key in _UNIT_KEYS:
        for unit in new.get(key) or ():
            if not _is_below(server, unit.get("id", ""), user):
                yield ErrorReport("E7617", (unit.get("id"), user.username), UNIT_KLASS)


def check_role(server: Server, user: User, new: Json, old: Json | None) -> list[ErrorReport]:
    """A role with the authority ALL is the superusers' business."""
    del server
    affected = [row for row in (new, old) if row is not None and "ALL" in (row.get("authorities") or ())]
    return [] if user.is_super else [ErrorReport("E3032", (user.username,), ROLE_KLASS) for _ in affected]


def prepare(server: Server, user: User, new: Json, old: Json | None) -> None:
    """Hash the password, or keep what there was; give a new user the sender's constraints."""
    former = old or {}
    for key in ("_password", "_previous_passwords", "_two_factor", "lastLogin", "passwordLastUpdated"):
        if key in former:
            new.setdefault(key, former[key])
    if old is None:
        for key in ("cogsDimensionConstraints", "catDimensionConstraints"):
            new[key] = [*new.get(key, ()), *user.document.get(key, ())]
        new.setdefault("passwordLastUpdated", server.now())
    for key, column in (("surname", "surname"), ("firstName", "firstname")):
        if not new.get(key):
            # Where the schema does not ask for names (2.41), the database does.
            text = f'ERROR: null value in column "{column}" of relation "userinfo" violates not-null constraint'
            raise Dhis2Refusal(409, text)
    password = new.pop("password", None)
    if password and not new.get("externalAuth"):
        new.update(with_password(server, new, password))


def after(server: Server, user: User, new: Json, old: Json | None) -> None:
    """End the sessions of a user whose roles changed."""
    del user
    if old is not None and _uids(old.get("userRoles")) != _uids(new.get("userRoles")):
        server.sessions.end_those_of(new["id"])


register("user", Hook(prepare=prepare, check=check, after=after))
register("userRole", Hook(check=check_role))


def with_password(server: Server, document: Json, password: str) -> Json:
    """A user document with another password; the former ones are remembered."""
    is_new = not matches(password, document.get("_password", ""))
    stored = hashed(password)
    changed = {
        **document,
        "_password": stored,
        "_previous_passwords": [*document.get("_previous_passwords", ()), stored][-24:],
    }
    return {**changed, "passwordLastUpdated": server.now()} if is_new else changed


def can_grant(user: User, role: Json) -> bool:
    """Whether a user may give a role to somebody: not their own, and nothing that they may not do themselves."""
    own = {row["id"] for row in user.document.get("userRoles", ())}
    return user.is_super or (role["id"] not in own and user.authorities.issuperset(role.get("authorities", ())))


def can_add(user: User, groups: list[str]) -> bool:
    """Whether a user may make or change users with these groups."""
    if user.has_any([ADD]):
        return True
    return user.has_any([ADD_IN_GROUP]) and any(_manages(user, group) for group in groups)


# /api/users beyond what every type has


@endpoints.add("POST", "/api/users", RECORDED, consumes=["application/json"])
def create(call: Call) -> Reply:
    """Create a user, and put them into their groups."""
    schema = call.server.schemas.by_singular["user"]
    body = writing.read_json(call, schema)
    if not access.can_create(call.user, schema):
        raise forbidden("You don't have the proper permissions to create this object.")
    groups = _groups_of(body)
    if not can_add(call.user, groups):
        raise conflict(NOT_ALLOWED)
    reply = writing.create_object(call.with_parts(type="users"))
    if reply.status == 201:
        _join(call.server, reply.parsed()["response"]["uid"], groups)
    return reply


@endpoints.add("PUT", "/api/users/{uid}", RECORDED, consumes=["application/json"], plain_before_38=True)
def replace_user(call: Call) -> Reply:
    """Replace a user: an import report; without groups in the body the user is in none any more."""
    schema = call.server.schemas.by_singular["user"]
    old = _user(call)
    body = {**writing.read_json(call, schema), "id": old.uid}
    if not access.can_update(call.user, schema, old.document):
        raise forbidden("You don't have the proper permissions to update this user.")
    _check_may_change(call, old)
    options = replace(writing.options_of(call), strategy="UPDATE", report_mode="FULL")
    report = import_bundle(call.server, call.user, {"users": [body]}, options)
    if report.status == "OK" and report.stats.updated == 1:
        _set_groups(call.server, old.uid, _groups_of(body))
        if body.get("password") is not None:
            call.server.sessions.end_those_of(old.uid)
    return import_reply(report, call.server.version)


@endpoints.add("PATCH", "/api/users/{uid}", RECORDED)
def patch(call: Call) -> Reply:
    """Change a user by JSON Patch; the groups too, though they own their members."""
    call = call.with_parts(type="users")
    if "json-patch" not in call.headers.get("content-type", ""):
        return writing.patch_object(call)
    operations = writing.patch_body(call)
    of_groups = [row for row in operations if row.get("path") == "/userGroups"]
    if of_groups:
        call = replace(call, body=json.dumps([row for row in operations if row not in of_groups]).encode())
    reply = writing.patch_object(call)
    changed = call.server.user(call.parts["uid"])
    if reply.status >= 400 or changed is None:
        return reply
    if changed.document.get("disabled"):
        call.server.sessions.end_those_of(changed.uid)
    for row in of_groups:
        if row.get("op") in {"add", "replace"}:
            _set_groups(call.server, changed.uid, [group["id"] for group in row.get("value") or ()])
    return reply


@endpoints.add("DELETE", "/api/users/{uid}", RECORDED)
def delete(call: Call) -> Reply:
    """Delete a user, unless it is the last superuser."""
    old = call.server.user(call.parts["uid"])
    if old is not None and access.can_read(call.user, call.server.schemas.by_singular["user"], old.document):
        _check_may_change(call, old)
        if old.is_super and not any(row.is_super and row.uid != old.uid for row in _everybody(call.server)):
            raise conflict("Can not remove the last super user.")
    return writing.delete_object(call.with_parts(type="users"))


@endpoints.add("POST", "/api/users/invite", SOURCE, consumes=["application/json"])
def invite(call: Call) -> Reply:
    """Refuse an invitation as a server does that cannot send mail."""
    raise conflict(*_invitation_problem(call, json_object(call)))


@endpoints.add("POST", "/api/users/invites", SOURCE, consumes=["application/json"])
def invite_all(call: Call) -> Reply:
    """Refuse invitations as a server does that cannot send mail; nobody to invite is no problem."""
    for row in json_object(call).get("users") or ():
        raise conflict(*_invitation_problem(call, row))
    return Reply(204)


@endpoints.add("POST", "/api/users/{uid}/invite", SOURCE)
def invite_again(call: Call) -> Reply:
    """Refuse to send an invitation once more."""
    user = _user(call)
    if not user.document.get("invitation"):
        raise conflict(f"User account is not an invitation: {user.uid}")
    raise conflict(*_restore_problem(call, user.document))


@endpoints.add("POST", "/api/users/{uid}/reset", SOURCE)
def reset(call: Call) -> Reply:
    """Refuse to reset a password by mail."""
    raise conflict(*_restore_problem(call, _user(call).document))


@endpoints.add("POST", "/api/users/{uid}/replica", SOURCE, requires=["F_REPLICATE_USER"])
def replicate(call: Call) -> Reply:
    """Make a user like another, with a name and password of their own."""
    original = call.server.user(call.parts["uid"])
    if original is None:
        raise conflict(f"User not found: {call.parts['uid']}", None)
    body = json_object(call)
    username, password = (body.get("username") or "").strip(), body.get("password")
    if not username:
        raise conflict("Username must be specified", None)
    if call.server.user_named(username):
        raise conflict(f"Username already taken: {username}", None)
    if not password:
        raise conflict("Password must be specified", None)
    email = original.document.get("email", "")
    if text := complaint(call.server, password, username=username, email=email):
        raise conflict(text, None)
    uid = _store_replica(call, original, username, password)
    location = {"Location": f"{call.base_url}/api/users/{uid}"}
    return Reply.message(201, "User replica created", headers=location)


@endpoints.add("POST", "/api/users/{uid}/enabled", SOURCE)
def enable(call: Call) -> Reply:
    """Open an account."""
    return _changed(call, disabled=False)


@endpoints.add("POST", "/api/users/{uid}/disabled", RECORDED)
def disable(call: Call) -> Reply:
    """Close an account, and end its sessions."""
    reply = _changed(call, disabled=True)
    call.server.sessions.end_those_of(call.parts["uid"])
    return reply


@endpoints.add("POST", "/api/users/{uid}/expired", SOURCE)
def expire(call: Call) -> Reply:
    """Give an account a last day."""
    expiry = date(call.required("date", "Date"), Place())
    reply = _changed(call, accountExpiry=expiry)
    if expiry < call.server.now():
        call.server.sessions.end_those_of(call.parts["uid"])
    return reply


@endpoints.add("POST", "/api/users/{uid}/unexpired", SOURCE)
def unexpire(call: Call) -> Reply:
    """Take the last day from an account."""
    return _changed(call, accountExpiry=None)


@endpoints.add("POST", "/api/users/{uid}/twoFA/disabled", SOURCE)
def disable_two_factor(call: Call) -> Reply:
    """Take the second factor from somebody else."""
    user = _user(call)
    code = "E3030" if user.uid == call.user.uid else None if two_factor.is_on(user) else "E3031"
    if code is not None:
        report = ErrorReport(code, (), KLASS).as_json(call.server.version)
        response = {"errorReports": [report], "responseType": "ErrorReports"}
        raise Dhis2Refusal(400, None, response=response)
    two_factor.switch_off(call.server, user)
    return Reply.message()


@endpoints.add("GET", "/api/userLookup/{id}", SOURCE)
def look_up(call: Call) -> Reply:
    """Name a user by uid or user name; nothing where there is none."""
    user = call.server.user(call.parts["id"]) or call.server.user_named(call.parts["id"])
    return Reply.json(_lookup_row(user)) if user else Reply()


@endpoints.add("GET", "/api/userLookup", SOURCE)
def look_up_all(call: Call) -> Reply:
    """Name at most 25 users in whose names or address a text is."""
    if call.param("orgUnitBoundary"):
        raise NotInSandbox("the parameter orgUnitBoundary of /api/userLookup")
    fits = query_test(call.required("query"))
    found = [user for user in _everybody(call.server) if fits(user)]
    return Reply.json({"users": [_lookup_row(user) for user in found[:25]]})


def _lookup_row(user: User) -> Json:
    name = f"{user.document.get('firstName', '')} {user.document.get('surname', '')}".strip()
    row = {key: user.document.get(key) for key in ("id", "username", "firstName", "surname")}
    return {**{key: value for key, value in row.items() if value is not None}, "displayName": name}


def _changed(call: Call, **values: Any) -> Reply:
    """A user with other values, and no answer."""
    user = call.server.user(call.parts["uid"])
    if user is None:
        raise Dhis2Refusal(500, 'Cannot invoke "org.hisp.dhis.user.User.getGroups()" because "userToModify" is null')
    if not access.can_update(call.user, call.server.schemas.by_singular["user"], user.document):
        raise forbidden("You don't have the proper permissions to update this object.")
    _check_may_change(call, user)
    document = {**user.document, **values, "lastUpdated": call.server.now()}
    known = {key: value for key, value in document.items() if value is not None}
    call.server.store.put("user", user.uid, known)
    return Reply(204)


def _store_replica(call: Call, original: User, username: str, password: str) -> str:
    uid, now = call.server.new_uid(), call.server.now()
    left_out = {"code", "ldapId", "openId", "lastLogin", "_previous_passwords", "_two_factor", "_password"}
    document = {key: value for key, value in original.document.items() if key not in left_out}
    document |= {"id": uid, "username": username, "created": now, "createdBy": {"id": call.user.uid}}
    call.server.store.put("user", uid, with_password(call.server, document, password))
    _join(call.server, uid, list(original.groups))
    return uid


def _invitation_problem(call: Call, body: Json) -> tuple[str, str]:
    if body.get("username") and call.server.user_named(body["username"]):
        return _coded(call, "E6204")
    return _coded(call, "E6203" if "@" in body.get("email", "") else "E6202")


def _restore_problem(call: Call, document: Json) -> tuple[str, str]:
    usable = "@" in document.get("email", "") and not document.get("externalAuth")
    return _coded(call, "E6203" if usable else "E6202")


def _coded(call: Call, code: str) -> tuple[str, str]:
    return message(call.server.version, code), code


def _user(call: Call) -> User:
    user = call.server.user(call.parts["uid"])
    if user is None:
        raise not_found("User", call.parts["uid"])
    return user


def _check_may_change(call: Call, user: User) -> None:
    """Raise the 409 of somebody who may not change this user."""
    mine = call.user
    if not can_add(mine, list(user.groups)) or not (mine.is_super or mine.authorities >= user.authorities):
        raise conflict(NOT_ALLOWED)


def _groups_of(body: Json) -> list[str]:
    return [row["id"] for row in body.get("userGroups") or () if isinstance(row, dict) and row.get("id")]  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType] - JSON


def _set_groups(server: Server, uid: str, groups: list[str]) -> None:
    """Put a user into these groups, and out of all others."""
    now = User(server.store, server.store.get("user", uid) or {"id": uid}).groups
    for group in now - set(groups):
        document = server.store.get("userGroup", group) or {}
        users = [row for row in document.get("users", ()) if row["id"] != uid]
        server.store.put("userGroup", group, {**document, "users": users})
    _join(server, uid, [group for group in groups if group not in now])


def _join(server: Server, uid: str, groups: list[str]) -> None:
    for group in groups:
        document = server.store.get("userGroup", group)
        if document is not None:
            users = [*document.get("users", ()), {"id": uid}]
            server.store.put("userGroup", group, {**document, "users": users})


def _manages(user: User, group: str) -> bool:
    """Whether one of the user's groups manages a group."""
    managers = {row.uid for row in user.store.referrers("userGroup", group) if row.path == "managedGroups"}
    return not managers.isdisjoint(user.groups)


def _is_below(server: Server, unit: str, user: User) -> bool:
    """Whether a unit is one of the user's, or below one."""
    roots = {row["id"] for row in user.document.get("organisationUnits", ())}
    document = server.store.get("organisationUnit", unit)
    while document is not None and document["id"] not in roots:
        parent: Json = document.get("parent") or {}
        document = server.store.get("organisationUnit", parent.get("id", ""))
    return document is not None


def _everybody(server: Server) -> list[User]:
    return [User(server.store, document) for document in server.store.all("user")]


def _uids(references: list[Json] | None) -> set[str]:
    return {row["id"] for row in references or ()}


def _titled(user: User) -> str:
    return f"{user.document.get('firstName')} {user.document.get('surname')} [{user.uid}] (User)"
