"""`/oauth2/authorize`: a user who is logged in grants a client access, or is asked to consent first.

Source: `OAuth2AuthorizationEndpointFilter`, `OAuth2AuthorizationCodeRequestAuthenticationProvider` and its validator,
`OAuth2AuthorizationConsentAuthenticationProvider` of Spring Authorization Server 1.5; recordings `meta/oauth2-flow`.
"""

from __future__ import annotations

import ipaddress
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit, urlunsplit

from dhis2w_sandbox import auth, html
from dhis2w_sandbox.call import RECORDED, SOURCE, Call, Reply
from dhis2w_sandbox.errors import HtmlRefusal
from dhis2w_sandbox.oauth2 import authorizations
from dhis2w_sandbox.oauth2.authority import random_value
from dhis2w_sandbox.oauth2.authorizations import Token
from dhis2w_sandbox.oauth2.clients import Client, client_of
from dhis2w_sandbox.oauth2.consent_page import consent_page
from dhis2w_sandbox.oauth2.protocol import endpoint
from dhis2w_sandbox.routing import Endpoints
from dhis2w_sandbox.user import User

Json = dict[str, Any]

endpoints = Endpoints()

AUTHORIZE_URI = "https://datatracker.ietf.org/doc/html/rfc6749#section-4.1.2.1"
PKCE_URI = "https://datatracker.ietf.org/doc/html/rfc7636#section-4.4.1"
PROMPT_URI = "https://openid.net/specs/openid-connect-core-1_0.html#AuthRequest"
PROMPTS = frozenset({"none", "login", "consent", "select_account"})


class Trouble(Exception):
    """A refusal that goes back to the client by the browser."""

    def __init__(self, error: str, parameter: str, uri: str = AUTHORIZE_URI) -> None:
        super().__init__(error, parameter)
        self.error = error
        self.description = f"OAuth 2.0 Parameter: {parameter}"
        self.uri = uri


class Parameters:
    """The parameters of an authorization request."""

    def __init__(self, pairs: list[tuple[str, str]]) -> None:
        self._pairs = pairs

    def one(self, name: str, *, required: bool = False, uri: str = AUTHORIZE_URI) -> str | None:
        """The value of a parameter; refused where it is doubled, or missing and required."""
        values = [value for key, value in self._pairs if key == name]
        value = values[0] if values and values[0].strip() else None
        if (value and len(values) != 1) or (value is None and required):
            raise Trouble("invalid_request", name, uri)
        return value

    def as_json(self) -> Json:
        """All of them."""
        return dict(reversed(self._pairs))


@endpoint(endpoints, "GET", "/oauth2/authorize", RECORDED)
def authorize(call: Call) -> Reply:
    """Send the browser back with a code, or ask for consent, or for a login."""
    return _authorized(call, Parameters(call.query))


@endpoint(endpoints, "POST", "/oauth2/authorize", SOURCE)
def submit(call: Call) -> Reply:
    """Take the answer of the consent page, or an authorization request as a form."""
    parameters = Parameters(parse_qsl(call.body.decode("utf-8", "replace"), keep_blank_values=True))
    names = parameters.as_json()
    if "response_type" in names:
        return _authorized(call, parameters)
    scopes = [value for key, value in parse_qsl(call.body.decode("utf-8", "replace")) if key == "scope"]
    try:
        return _consented(call, parameters, scopes)
    except Trouble as trouble:
        return _refused(call, trouble)


def _authorized(call: Call, parameters: Parameters) -> Reply:
    try:
        client = _client(call, parameters)
        redirect_uri = _redirect_uri(client, parameters)
    except Trouble as trouble:
        return _refused(call, trouble)
    try:
        return _answer(call, client, parameters, redirect_uri)
    except Trouble as trouble:
        return _sent_back(redirect_uri, trouble, parameters.as_json().get("state"))


def _refused(call: Call, trouble: Trouble) -> Reply:
    """An error page: nobody is sent to an address that is not the client's."""
    return html.container_page(call, HtmlRefusal(400, f"[{trouble.error}] {trouble.description}"))


def _client(call: Call, parameters: Parameters) -> Client:
    response_type = parameters.one("response_type", required=True)
    if response_type != "code":
        raise Trouble("unsupported_response_type", "response_type")
    client = client_of(call.server, str(parameters.one("client_id", required=True)))
    for name in ("redirect_uri", "scope", "state"):
        parameters.one(name)
    for name in ("code_challenge", "code_challenge_method"):
        parameters.one(name, uri=PKCE_URI)
    if client is None:
        raise Trouble("invalid_request", "client_id")
    return client


def _redirect_uri(client: Client, parameters: Parameters) -> str:
    wanted = parameters.one("redirect_uri")
    if wanted is None:
        if "openid" in _scopes(parameters) or len(client.redirect_uris) != 1:
            raise Trouble("invalid_request", "redirect_uri")
        return client.redirect_uris[0]
    if not any(_is_same(wanted, uri) for uri in client.redirect_uris):
        raise Trouble("invalid_request", "redirect_uri")
    return wanted


def _is_same(wanted: str, registered: str) -> bool:
    """Whether an address is the registered one; the port of a loopback address does not count."""
    if wanted == registered:
        return True
    try:
        mine, other = urlsplit(wanted), urlsplit(registered)
        if not _is_loopback(mine.hostname):
            return False
        port = f":{mine.port}" if mine.port is not None else ""
    except ValueError:
        return False
    host = f"[{other.hostname}]" if ":" in (other.hostname or "") else other.hostname
    return urlunsplit(other._replace(netloc=f"{host}{port}")) == wanted


def _is_loopback(host: str | None) -> bool:
    try:
        return ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return False


def _scopes(parameters: Parameters) -> list[str]:
    return list(dict.fromkeys((parameters.one("scope") or "").split()))


def _answer(call: Call, client: Client, parameters: Parameters, redirect_uri: str) -> Reply:
    scopes, prompts = _scopes(parameters), _prompts(parameters)
    if "authorization_code" not in client.grants:
        raise Trouble("unauthorized_client", "client_id")
    if not set(client.scopes).issuperset(scopes):
        raise Trouble("invalid_scope", "scope")
    _check_challenge(client, parameters)
    if call.sender is None or call.session is None:
        if "none" in prompts:
            raise Trouble("login_required", "prompt", PROMPT_URI)
        raise auth.to_login_page(call)
    user = call.sender
    request = {**parameters.as_json(), "target": redirect_uri, "scopes": scopes}
    authorization = authorizations.granted(call.server, user, client.uid, request)
    consented = authorizations.consented_scopes(
        authorizations.consent_of(call.server, client.uid, user.username),
    )
    if client.requires_consent and scopes != ["openid"] and not consented.issuperset(scopes):
        if "none" in prompts:
            raise Trouble("consent_required", "prompt", PROMPT_URI)
        return _asked(call, user, authorization, client, consented)
    return _with_code(call, client, {**authorization, "authorizedScopes": ",".join(scopes)})


def _prompts(parameters: Parameters) -> set[str]:
    if "openid" not in _scopes(parameters):
        return set()
    prompts = set((parameters.one("prompt") or "").split())
    if prompts - PROMPTS or ("none" in prompts and len(prompts) > 1):
        raise Trouble("invalid_request", "prompt", PROMPT_URI)
    return prompts


def _check_challenge(client: Client, parameters: Parameters) -> None:
    if parameters.one("code_challenge", uri=PKCE_URI):
        if parameters.one("code_challenge_method", uri=PKCE_URI) != "S256":
            raise Trouble("invalid_request", "code_challenge_method", PKCE_URI)
    elif client.requires_proof_key:
        raise Trouble("invalid_request", "code_challenge", PKCE_URI)


def _asked(call: Call, user: User, authorization: Json, client: Client, consented: set[str]) -> Reply:
    state = random_value(32) + "="
    authorizations.save(call.server, {**authorization, "_state": state})
    asked = [scope for scope in authorization["_request"]["scopes"] if scope != "openid"]
    page = consent_page(
        action=f"{call.context_path}/oauth2/authorize",
        client_id=client.client_id,
        username=user.username,
        state=state,
        scopes={scope: scope in consented for scope in asked},
    )
    return Reply.text(page, "text/html;charset=UTF-8")


def _with_code(call: Call, client: Client, authorization: Json) -> Reply:
    code = random_value()
    seconds = client.seconds("authorization-code")
    saved = authorizations.with_token(call.server, authorization, Token.CODE, code, seconds)
    authorizations.save(call.server, {key: value for key, value in saved.items() if key != "_state"})
    request = authorization["_request"]
    return _redirect(request["target"], [("code", code), ("state", request.get("state"))])


def _consented(call: Call, parameters: Parameters, scopes: list[str]) -> Reply:
    client_id = parameters.one("client_id", required=True)
    authorization = authorizations.by_state(call.server, str(parameters.one("state", required=True)))
    user = call.sender
    if authorization is None or user is None or authorization["principalName"] != user.username:
        raise Trouble("invalid_request", "state")
    client = client_of(call.server, str(client_id))
    if client is None or client.uid != authorization["registeredClientId"]:
        raise Trouble("invalid_request", "client_id")
    request = authorization["_request"]
    try:
        granted = _granted_scopes(call, user, client, request["scopes"], scopes)
    except Trouble as trouble:
        if trouble.error == "access_denied":
            authorizations.remove(call.server, authorization)
        return _sent_back(request["target"], trouble, request.get("state"))
    authorizations.save_consent(call.server, user, client.uid, granted)
    return _with_code(call, client, {**authorization, "authorizedScopes": ",".join(granted)})


def _granted_scopes(call: Call, user: User, client: Client, requested: list[str], ticked: list[str]) -> list[str]:
    """What the user grants: what is ticked, what was granted before, and `openid` with any other."""
    if set(ticked) - set(requested):
        raise Trouble("invalid_scope", "scope")
    consent = authorizations.consent_of(call.server, client.uid, user.username)
    granted = {*ticked, *(authorizations.consented_scopes(consent) & set(requested))}
    if not granted:
        if consent is not None:
            authorizations.remove_consent(call.server, consent)
        raise Trouble("access_denied", "client_id")
    return [scope for scope in requested if scope in granted or scope == "openid"]


def _sent_back(redirect_uri: str, trouble: Trouble, state: str | None) -> Reply:
    pairs = [("error", trouble.error), ("error_description", trouble.description), ("error_uri", trouble.uri)]
    return _redirect(redirect_uri, [*pairs, ("state", state)])


def _redirect(address: str, pairs: list[tuple[str, str | None]]) -> Reply:
    query = "&".join(f"{name}={quote(value, safe='')}" for name, value in pairs if value)
    return Reply(302, headers={"Location": f"{address}{'&' if '?' in address else '?'}{query}"})
