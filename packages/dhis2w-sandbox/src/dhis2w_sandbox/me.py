"""`/api/me`: the sender of a request.

Source: `MeController`, `MeDto` of dhis2-core; recordings `services/00-fresh-server`, `meta/session`, `meta/pat`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from dhis2w_sandbox import two_factor
from dhis2w_sandbox.bodies import json_object
from dhis2w_sandbox.call import RECORDED, SOURCE, Call, Reply
from dhis2w_sandbox.errors import conflict
from dhis2w_sandbox.metadata import access
from dhis2w_sandbox.metadata.rendering import render
from dhis2w_sandbox.password_policy import complaint
from dhis2w_sandbox.passwords import matches
from dhis2w_sandbox.routing import Endpoints
from dhis2w_sandbox.services.messages import unread_count
from dhis2w_sandbox.users import with_password

Json = dict[str, Any]

endpoints = Endpoints()

_PROFILE = (
    "firstName",
    "surname",
    "email",
    "phoneNumber",
    "jobTitle",
    "introduction",
    "gender",
    "birthday",
    "avatar",
    "skype",
    "facebookMessenger",
    "telegram",
    "whatsApp",
    "twitter",
    "nationality",
    "employer",
    "education",
    "interests",
    "languages",
)

# What `/api/me` has in common with `/api/users/{uid}`.
_AS_USER = (
    "id",
    "username",
    "created",
    "lastUpdated",
    "dataViewOrganisationUnits",
    "favorites",
    "userGroups",
    "translations",
    "teiSearchOrganisationUnits",
    "organisationUnits",
    "displayName",
    "access",
    "name",
    "emailVerified",
    "userRoles",
    "userCredentials",
    "attributeValues",
    *_PROFILE,
)


@endpoints.add("GET", "/api/me", RECORDED)
def me(call: Call) -> Reply:
    """Show the sender, with settings, authorities and what they may enter data for."""
    asked = _asked(call)
    schema = call.server.schemas.by_singular["user"]
    if not call.server.behaviour.me_has_attribute_values:
        asked.pop("attributeValues", None)
    fields = [asked[name] for name in _AS_USER if name in asked and name in schema.properties]
    row = render(call, schema, call.user.document, fields) if fields else {}
    for key in {"userGroups", "userRoles"} & row.keys():
        row[key] = _readable(call, key, row[key])
    row |= {key: compute(call) for key, compute in _COMPUTED.items() if key in asked}
    if "settings" in asked:
        row["settings"] = _settings(call, re.findall(r"\w+", asked["settings"])[1:])
    return Reply.json({key: value for key, value in row.items() if value is not None})


@endpoints.add("PUT", "/api/me", SOURCE, consumes=["application/json"])
def change(call: Call) -> Reply:
    """Change the sender's own profile; what is blank or not named stays, and nothing is checked."""
    body = json_object(call)
    values = {key: body[key] for key in _PROFILE if body.get(key)}
    document = {**call.user.document, **values, "lastUpdated": call.server.now()}
    call.server.store.put("user", call.user.uid, document)
    fields = call.param("fields") or ":all"
    return Reply.json(render(call, call.server.schemas.by_singular["user"], document, fields))


@endpoints.add("GET", "/api/me/authorization", SOURCE)
@endpoints.add("GET", "/api/me/authorities", SOURCE)
def authorities(call: Call) -> Reply:
    """List what the sender may do."""
    return Reply.json(sorted(call.user.authorities), headers={"Cache-Control": "no-store"})


@endpoints.add("GET", "/api/me/authorization/{authority}", SOURCE)
@endpoints.add("GET", "/api/me/authorities/{authority}", SOURCE)
def has_authority(call: Call) -> Reply:
    """Say whether the sender may do one thing."""
    return Reply.json(call.user.has_any([call.parts["authority"]]), headers={"Cache-Control": "no-store"})


@endpoints.add("GET", "/api/me/settings", SOURCE)
def settings(call: Call) -> Reply:
    """Show the sender's settings."""
    return Reply.json(_settings(call, call.params("key")), headers={"Cache-Control": "no-cache, private"})


@endpoints.add("GET", "/api/me/settings/{key}", SOURCE)
def setting(call: Call) -> Reply:
    """Show one setting; an unknown one is an empty text."""
    return Reply.json(_settings(call, []).get(call.parts["key"], ""))


@endpoints.add("GET", "/api/me/dashboard", SOURCE)
def dashboard(call: Call) -> Reply:
    """Count what the sender did not read yet: conversations; interpretations always count as read here."""
    counts = {"unreadInterpretations": 0, "unreadMessageConversations": unread_count(call.server, call.user)}
    return Reply.json(counts, headers={"Cache-Control": "no-store"})


@endpoints.add("PUT", "/api/me/changePassword", RECORDED)
def change_password(call: Call) -> Reply:
    """Change the sender's password, and end their sessions."""
    body = json_object(call)
    old, new = body.get("oldPassword"), body.get("newPassword")
    document = call.user.document
    if not old or not new:
        raise conflict("OldPassword and newPassword must be provided")
    if not matches(old, document.get("_password", "")):
        raise conflict("OldPassword is incorrect")
    if text := complaint(call.server, new, previous=document.get("_previous_passwords", ()), **_names(call)):
        raise conflict(text)
    call.server.store.put("user", call.user.uid, with_password(call.server, document, new))
    call.server.sessions.end_those_of(call.user.uid)
    return Reply(202)


@endpoints.add("POST", "/api/me/verifyPassword", SOURCE)
def verify_password(call: Call) -> Reply:
    """Say whether a text is the sender's password."""
    return Reply.json({"isCorrectPassword": matches(_password(call), call.user.document.get("_password", ""))})


@endpoints.add("POST", "/api/me/validatePassword", SOURCE)
def validate_password(call: Call) -> Reply:
    """Say whether a text would do as the sender's password."""
    previous = call.user.document.get("_previous_passwords", ())
    text = complaint(call.server, _password(call), previous=previous, **_names(call))
    return Reply.json({"isValidPassword": True} if text is None else {"isValidPassword": False, "errorMessage": text})


def _asked(call: Call) -> dict[str, str]:
    """The names that `fields` asks for, each with its whole expression: `userRoles[id,name]`."""
    pieces = split_fields(",".join(call.params("fields"))) or ["*"]
    excluded = {piece[1:] for piece in pieces if piece.startswith("!")}
    everything = any(piece in {"*", ":all"} for piece in pieces)
    asked = {name: name for name in (*_AS_USER, *_COMPUTED, "settings")} if everything else {}
    for piece in pieces:
        asked[re.split(r"[\[(:~|]", piece)[0]] = piece
    return {name: piece for name, piece in asked.items() if name not in excluded}


def split_fields(expression: str) -> list[str]:
    """A `fields` expression at its outermost commas."""
    pieces, depth = [""], 0
    for char in expression:
        depth += (char in "[(") - (char in "])")
        if char == "," and depth == 0:
            pieces.append("")
        else:
            pieces[-1] += char
    return [piece.strip() for piece in pieces if piece.strip()]


def _readable(call: Call, key: str, rows: list[Json]) -> list[Json]:
    """Groups and roles that the sender may read."""
    schema = call.server.schemas.by_plural[key]
    stored = ((row, call.server.store.get(schema.singular, row.get("id", ""))) for row in rows)
    return [row for row, document in stored if document is None or access.can_read(call.user, schema, document)]


def _with_readable_data(call: Call, type: str) -> list[str]:
    """Identifiers of the objects of a type whose data the sender may read."""
    schema = call.server.schemas.by_singular[type]
    return [row["id"] for row in call.server.store.all(type) if access.can_data_read(call.user, schema, row)]


def _pat_tokens(call: Call) -> list[Json]:
    tokens = call.server.store.all("apiToken")
    return [{"id": row["id"]} for row in tokens if row["createdBy"]["id"] == call.user.uid]


def _two_factor_type(call: Call) -> str | None:
    if not call.server.behaviour.tells_two_factor_type:
        return None
    return "TOTP_ENABLED" if two_factor.is_on(call.user) else "NOT_ENABLED"


_COMPUTED: dict[str, Callable[[Call], Any]] = {
    "programs": lambda call: _with_readable_data(call, "program"),
    "authorities": lambda call: sorted(call.user.authorities),
    "dataSets": lambda call: _with_readable_data(call, "dataSet"),
    "patTokens": _pat_tokens,
    "twoFactorType": _two_factor_type,
}


def _settings(call: Call, keys: list[str]) -> Json:
    """The settings of a user who never changed one."""
    usual: Json = {
        "keyMessageSmsNotification": True,
        "keyStyle": "light_blue/light_blue.css",
        "keyUiLocale": "en",
        "keyAnalysisDisplayProperty": "name",
        "keyMessageEmailNotification": True,
    }
    if call.server.behaviour.me_shows_all_settings:
        return usual
    whole: Json = {**usual, "keyDbLocale": "en"}
    return {key: whole.get(key, "") for key in keys} if keys else whole


def _names(call: Call) -> dict[str, str]:
    return {"username": call.user.username, "email": call.user.document.get("email", "")}


def _password(call: Call) -> str:
    if call.headers.get("content-type", "").startswith("text/"):
        return call.body.decode()
    password = json_object(call).get("password")
    if password is None:
        raise conflict("Required attribute 'password' missing or null.")
    return password
