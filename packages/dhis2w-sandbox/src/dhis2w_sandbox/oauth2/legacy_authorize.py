"""`/uaa/oauth/authorize` of 2.41: a user who is logged in is asked, and sent back to the client with a code.

Source: `AuthorizationEndpoint` of spring-security-oauth2, `OAuth2ConfirmAccessController` of dhis2-core 2.41. Users are
asked every time (`DefaultUserApprovalHandler`).
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import Any
from urllib.parse import parse_qsl, quote

from dhis2w_sandbox import auth
from dhis2w_sandbox.call import SOURCE, Call, Reply
from dhis2w_sandbox.errors import NotInSandbox
from dhis2w_sandbox.oauth2.legacy_clients import LegacyClient, checked_scopes, legacy_client
from dhis2w_sandbox.oauth2.legacy_errors import LegacyError
from dhis2w_sandbox.oauth2.legacy_grants import LegacyGrants
from dhis2w_sandbox.oauth2.protocol import is_on
from dhis2w_sandbox.routing import Endpoints

Json = dict[str, Any]

endpoints = Endpoints()

_PATH = "/uaa/oauth/authorize"


@endpoints.add("GET", _PATH, SOURCE, versions=["v41"], accepts=is_on, suffixes="*", own_security=True)
def authorize(call: Call) -> Reply:
    """Ask the user, or say what is wrong with the request."""
    if call.sender is None or call.session is None:
        raise auth.unauthenticated(call)
    client = legacy_client(call.server, call.param("client_id") or "")
    if client is None:
        return LegacyError("invalid_client", "Bad client credentials", 401).page()
    try:
        target = client.redirect_uri(call.param("redirect_uri"))
    except LegacyError as error:
        return error.page()
    try:
        scopes = _checked(call, client)
    except LegacyError as error:
        return _sent_back(target, error, call.param("state"))
    pending = {
        "client": client.client_id,
        "scopes": scopes,
        "target": target,
        "redirect_uri": call.param("redirect_uri"),
        "state": call.param("state"),
    }
    LegacyGrants(call.server).keep("pending", call.session, pending)
    return Reply.text(_confirm_page(client.client_id), "text/html")


def _checked(call: Call, client: LegacyClient) -> list[str]:
    """The scopes that are granted; refused where the request is wrong."""
    types = (call.param("response_type") or "").split()
    if not {"token", "code"} & set(types):
        raise LegacyError("unsupported_response_type", f"Unsupported response types: [{', '.join(types)}]")
    if "code" not in types:
        raise NotInSandbox(f"the implicit grant, for client {client.client_id}")
    return checked_scopes(call.param("scope"))


@endpoints.add("POST", _PATH, SOURCE, versions=["v41"], accepts=is_on, suffixes="*", own_security=True)
def confirm(call: Call) -> Reply:
    """Take the user's answer, and send the browser back to the client."""
    if call.sender is None or call.session is None:
        raise auth.unauthenticated(call)
    form = dict(parse_qsl(call.body.decode("utf-8", "replace")))
    pending = LegacyGrants(call.server).take("pending", call.session)
    if pending is None:
        return LegacyError("invalid_request", "Cannot approve uninitialized authorization request.").page()
    if form.get("user_oauth_approval") != "true":
        denied = LegacyError("access_denied", "User denied access")
        return _sent_back(pending["target"], denied, pending["state"])
    code = LegacyGrants(call.server).new_code({**pending, "username": call.sender.username})
    return _redirect(pending["target"], [("code", code), ("state", pending["state"])])


def _sent_back(target: str, error: LegacyError, state: str | None) -> Reply:
    pairs = [("error", error.error), ("error_description", error.description), ("state", state)]
    return _redirect(target, [*pairs, *error.more.items()])


def _redirect(target: str, pairs: Iterable[tuple[str, str | None]]) -> Reply:
    query = "&".join(f"{name}={quote(value, safe='')}" for name, value in pairs if value)
    headers = {"Location": f"{target}{'&' if '?' in target else '?'}{query}", "Cache-Control": "no-store"}
    return Reply(302, headers=headers)


def _confirm_page(client_id: str) -> str:
    forms = "".join(
        f'<form id="{name}Form" action="authorize" method="POST">'
        f'<input name="user_oauth_approval" value="{value}" type="hidden"/><button type="submit">{word}</button></form>'
        for name, value, word in (("authorize", "true", "Authorize"), ("deny", "false", "Deny"))
    )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"/><title>OAuth2 Confirm Access</title></head><body>'
        f"<h4>May '{escape(client_id)}' use DHIS2 in your name?</h4>{forms}</body></html>"
    )
