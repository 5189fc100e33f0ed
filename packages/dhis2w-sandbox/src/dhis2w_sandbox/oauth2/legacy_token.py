"""`/uaa/oauth/token` of 2.41: a client exchanges a code, a refresh token or a password for an opaque access token.

Source: `TokenEndpoint` and the token granters of spring-security-oauth2; `DhisOauthAuthenticationProvider`,
`DhisWebApiWebSecurityConfig` of dhis2-core 2.41. A client shows its secret by Basic alone, and the secret is compared
as it is stored.
"""

from __future__ import annotations

import base64
import binascii
from typing import Any

from dhis2w_sandbox import html, two_factor
from dhis2w_sandbox.accounts import Obstacle, sign_in
from dhis2w_sandbox.call import SOURCE, Call, Reply
from dhis2w_sandbox.errors import HtmlRefusal, NotInSandbox
from dhis2w_sandbox.oauth2.legacy_clients import LegacyClient, checked_scopes, legacy_client
from dhis2w_sandbox.oauth2.legacy_errors import LegacyError
from dhis2w_sandbox.oauth2.legacy_grants import LegacyGrants
from dhis2w_sandbox.oauth2.protocol import Form, is_on
from dhis2w_sandbox.routing import Endpoints

Json = dict[str, Any]

endpoints = Endpoints()

_PATH = "/uaa/oauth/token"

_OBSTACLES = {
    Obstacle.LOCKED: "User account is locked",
    Obstacle.DISABLED: "User is disabled",
    Obstacle.EXPIRED: "User account has expired",
    Obstacle.PASSWORD_EXPIRED: "User credentials have expired",
}


@endpoints.add("POST", _PATH, SOURCE, versions=["v41"], accepts=is_on, suffixes="*", own_security=True)
def token(call: Call) -> Reply:
    """Give an access token for a code, a refresh token, or a user's password."""
    client = _client(call)
    if client is None:
        return _unauthorized(call)
    try:
        return _granted(call, client, Form(call))
    except LegacyError as error:
        return error.reply()


@endpoints.add("GET", _PATH, SOURCE, versions=["v41"], accepts=is_on, suffixes="*", own_security=True)
def wrong_method(call: Call) -> Reply:
    """Refuse: tokens are given to a POST."""
    if _client(call) is None:
        return _unauthorized(call)
    return LegacyError("method_not_allowed", "Request method 'GET' not supported", 405).reply()


def _unauthorized(call: Call) -> Reply:
    reply = html.container_page(call, HtmlRefusal(401))
    reply.headers["WWW-Authenticate"] = 'Basic realm="oauth2/client"'
    return reply


def _client(call: Call) -> LegacyClient | None:
    """The client that the request shows by Basic; None where it shows none, or the wrong secret."""
    scheme, _, credentials = call.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        client_id, colon, secret = base64.b64decode(credentials, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    client = legacy_client(call.server, client_id)
    if colon and client is None:
        # DHIS2 looks for the client outside the part that answers for failed logins.
        raise HtmlRefusal(500, "Invalid client_id")
    return client if client and secret == client.secret else None


def _granted(call: Call, client: LegacyClient, form: Form) -> Reply:
    if form.get("client_id") not in (None, client.client_id):
        raise LegacyError("invalid_client", "Given client ID does not match authenticated client", 401)
    scopes = checked_scopes(form.get("scope"))
    grant = form.get("grant_type")
    if grant is None:
        raise LegacyError("invalid_request", "Missing grant type")
    if grant == "implicit":
        raise LegacyError("invalid_grant", "Implicit grant type not supported from token endpoint")
    if grant not in ("authorization_code", "refresh_token", "password", "client_credentials"):
        raise LegacyError("unsupported_grant_type", f"Unsupported grant type: {grant}")
    if grant == "refresh_token" and form.get("refresh_token") is None:
        raise LegacyError("invalid_request", "refresh_token parameter not provided")
    if client.grants and grant not in client.grants:
        raise LegacyError("invalid_client", f"Unauthorized grant type: {grant}", 401)
    if grant == "authorization_code":
        return _for_code(call, client, form)
    if grant == "refresh_token":
        return _for_refresh_token(call, client, form)
    if grant == "password":
        return _for_password(call, client, form, scopes)
    raise NotInSandbox("tokens that belong to no user (client_credentials)")


def _for_code(call: Call, client: LegacyClient, form: Form) -> Reply:
    code = form.get("code")
    if code is None:
        raise LegacyError("invalid_request", "An authorization code must be supplied.")
    grants = LegacyGrants(call.server)
    pending = grants.take("code", code)
    if pending is None:
        raise LegacyError("invalid_grant", f"Invalid authorization code: {code}")
    named = form.get("redirect_uri")
    if (named or pending["redirect_uri"]) and named != pending["target"]:
        raise LegacyError("invalid_grant", "Redirect URI mismatch.")
    if pending["client"] != client.client_id:
        raise LegacyError("invalid_client", "Client ID mismatch", 401)
    grant = {"client": client.client_id, "username": pending["username"], "scopes": pending["scopes"]}
    return _answer(grants, grants.token(grant, refreshable=client.refreshable))


def _for_password(call: Call, client: LegacyClient, form: Form, scopes: list[str]) -> Reply:
    user = sign_in(call.server, form.get("username") or "", form.get("password") or "")
    if isinstance(user, Obstacle):
        raise LegacyError("invalid_grant", _OBSTACLES.get(user, "Bad credentials"))
    if two_factor.is_on(user):
        raise LegacyError("invalid_grant", "Bad credentials")
    grants = LegacyGrants(call.server)
    grant = {"client": client.client_id, "username": user.username, "scopes": scopes}
    return _answer(grants, grants.token(grant, refreshable=client.refreshable))


def _for_refresh_token(call: Call, client: LegacyClient, form: Form) -> Reply:
    value, grants = str(form.get("refresh_token")), LegacyGrants(call.server)
    found = grants.find("refresh", value)
    if found is None:
        raise LegacyError("invalid_grant", f"Invalid refresh token: {value}")
    if found["client"] != client.client_id:
        raise LegacyError("invalid_grant", f"Wrong client for this refresh token: {value}")
    if grants.is_expired(found):
        grants.take("refresh", value)
        raise LegacyError("invalid_token", f"Invalid refresh token (expired): {value}", 401)
    grant = {key: found[key] for key in ("client", "username", "scopes")}
    rotate = call.server.authority.rotates_refresh_tokens
    return _answer(grants, grants.refreshed(value, grant, rotate=rotate))


def _answer(grants: LegacyGrants, access: Json) -> Reply:
    row = {
        "access_token": access["value"],
        "token_type": "bearer",
        "refresh_token": access["refresh"],
        "expires_in": grants.seconds_left(access),
        "scope": " ".join(access["scopes"]),
    }
    body = {key: value for key, value in row.items() if value is not None}
    return Reply.json(body, headers={"Cache-Control": "no-store", "Pragma": "no-cache"})
