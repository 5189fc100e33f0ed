"""The authorization server of a DHIS2: finding it, and asking its token endpoint.

42 and newer describe theirs in a discovery document (Spring Authorization Server); 2.41 has a legacy one at fixed paths
(`DhisWebApiWebSecurityConfig`, prefix `/uaa`). Descriptions in refusals are never repeated: 2.41 writes the refresh
token into them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import quote_plus, urlencode, urlsplit

from dhis2w_client.auth import BasicAuth
from dhis2w_client.base_url import may_follow
from dhis2w_client.call import Call
from dhis2w_client.clock import SYSTEM_CLOCK
from dhis2w_client.connection import Connection, Network
from dhis2w_client.retry import RetryPolicy
from dhis2w_core.oauth2.errors import ClientRefusedError, NoAuthorizationServerError, TokenAnswerError
from dhis2w_core.oauth2.tokens import Grant, Tokens, json_object, read_grant

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dhis2w_client.auth import AuthProvider
    from dhis2w_client.profile import Profile
    from dhis2w_client.reply import Reply

REQUEST_SECONDS = 20.0
"""How long the token endpoint may take; shorter than the lease of a refresh."""
DISCOVERY = "/.well-known/openid-configuration"
LEGACY = "/uaa/oauth"

_WORD = re.compile(r"[a-z_]{1,40}")


@dataclass(frozen=True, slots=True)
class AuthorizationServer:
    """Where to send the browser, and where to ask for tokens."""

    authorize_url: str
    token_url: str
    revoke_url: str | None
    """`None` where tokens cannot be revoked."""
    is_legacy: bool
    """Whether it is 2.41's: opaque tokens, one scope, no PKCE."""

    @property
    def default_scope(self) -> str:
        """What to ask for; without `username` a token of 42 and newer names no user of DHIS2."""
        return "ALL" if self.is_legacy else "openid username"

    @property
    def ignores_loopback_port(self) -> bool:
        """Whether a redirect to a loopback address may have another port than the registered one (RFC 8252)."""
        return not self.is_legacy


@dataclass(frozen=True, slots=True)
class CodeGrant:
    """What is exchanged for the first tokens."""

    code: str = field(repr=False)
    redirect_uri: str
    """As it was when the code was asked for."""
    verifier: str | None = field(repr=False)
    """PKCE's; `None` on 2.41."""


@dataclass(frozen=True, slots=True)
class _Form:
    """The body of a token request; a traceback with local variables must not show it."""

    fields: dict[str, str] = field(repr=False)

    def encoded(self) -> bytes:
        """On the wire."""
        return urlencode(self.fields).encode()


class RefusedGrantError(Exception):
    """The server does not take a code or refresh token: it is expired, revoked or used."""


async def find_authorization_server(profile: Profile) -> AuthorizationServer:
    """Ask a server for its authorization server.

    Raises:
        NoAuthorizationServerError: It has none, or names one of another origin.
        NoAnswerError: It did not answer.
    """
    reply = await _send(profile, "GET", profile.base_url + DISCOVERY)
    found = json_object(reply)
    urls = [found.get(key) for key in ("authorization_endpoint", "token_endpoint", "revocation_endpoint")]
    if reply.status == 200 and isinstance(urls[0], str) and isinstance(urls[1], str):
        revoke = urls[2] if isinstance(urls[2], str) else None
        _check_origins(profile.base_url, [urls[0], urls[1], *([revoke] if revoke else [])])
        return AuthorizationServer(urls[0], urls[1], revoke, is_legacy=False)
    legacy = profile.base_url + LEGACY
    reply = await _send(profile, "GET", f"{legacy}/token")
    if reply.status == 401 and "oauth2/client" in reply.headers.get("www-authenticate", ""):
        return AuthorizationServer(f"{legacy}/authorize", f"{legacy}/token", None, is_legacy=True)
    raise NoAuthorizationServerError(
        f"{profile.base_url} offers no OAuth2.",
        next_step="Its administrator can switch it on in dhis.conf: oauth2.server.enabled = on with server.base.url "
        "(2.42 and newer), or oauth2.authorization.server.enabled = on (2.41). A personal access token works without.",
    )


async def check_authorize_url(profile: Profile, url: str) -> None:
    """Look whether the server knows client and redirect address, before a person sees its error page.

    Raises:
        ClientRefusedError: It does not; 2.41 does not say before somebody has logged in.
    """
    reply = await _send(profile, "GET", url)
    if reply.status == 400:
        raise ClientRefusedError(
            f"{profile.base_url} knows no OAuth2 client {profile.client_id!r} with this redirect_uri.",
            next_step="Check client_id and redirect_uri of the profile against the server's oAuth2Clients, or register "
            "the client: d2w profile oauth2 client register",
        )


async def exchange_code(profile: Profile, server: AuthorizationServer, grant: CodeGrant) -> Grant:
    """The tokens for an authorization code.

    Raises:
        RefusedGrantError: The code is not taken.
        ClientRefusedError: The client is not taken.
        TokenAnswerError: The answer is not understood.
        NoAnswerError: There is none.
    """
    form = _Form({"grant_type": "authorization_code", "code": grant.code, "redirect_uri": grant.redirect_uri})
    if grant.verifier is not None:
        form.fields["code_verifier"] = grant.verifier
    return await _ask_for_tokens(profile, server.token_url, form, is_legacy=server.is_legacy)


async def refresh_tokens(profile: Profile, tokens: Tokens) -> Grant:
    """New tokens for a refresh token; raises as `exchange_code`."""
    form = _Form({"grant_type": "refresh_token", "refresh_token": tokens.refresh_token or ""})
    return await _ask_for_tokens(profile, tokens.token_url, form, is_legacy=tokens.is_legacy)


async def revoke_tokens(profile: Profile, tokens: Tokens) -> bool:
    """Tell the server that a login is over; false where it cannot be told."""
    if tokens.revoke_url is None:
        return False
    form = _Form({"token": tokens.refresh_token or tokens.access_token})
    auth = _client_auth(profile, form, is_legacy=tokens.is_legacy)
    return (await _send(profile, "POST", tokens.revoke_url, form, auth)).status == 200


async def _ask_for_tokens(profile: Profile, url: str, form: _Form, *, is_legacy: bool) -> Grant:
    auth = _client_auth(profile, form, is_legacy=is_legacy)
    reply = await _send(profile, "POST", url, form, auth)
    grant = read_grant(reply)
    if grant is None:
        raise _refusal(reply, is_legacy=is_legacy)
    return grant


def _refusal(reply: Reply, *, is_legacy: bool) -> Exception:
    """What an answer without tokens means (RFC 6749, section 5.2)."""
    word = json_object(reply).get("error")
    error = word if isinstance(word, str) and _WORD.fullmatch(word) else None
    if error in ("invalid_grant", "invalid_token"):
        return RefusedGrantError(error)
    if reply.status in (301, 302, 303, 307, 308, 400, 401, 403):
        secret = "secret" if is_legacy else "client_secret"
        hashed = "" if is_legacy else " The server must have been given its bcrypt hash, not the secret itself."
        return ClientRefusedError(
            f"The server does not accept this OAuth2 client ({error or f'HTTP {reply.status}'}).",
            next_step=f"Check client_id and client_secret of the profile against {secret} on the server.{hashed} "
            "d2w profile oauth2 client register makes a client that fits.",
        )
    return TokenAnswerError(
        f"The token endpoint {reply.base_url}{reply.path} answered {error or 'no tokens'} (HTTP {reply.status}).",
        next_step="Try again later; if it stays so, the administrator finds the reason in the server's log.",
    )


def _client_auth(profile: Profile, form: _Form, *, is_legacy: bool) -> AuthProvider:
    """How the client shows who it is: by Basic, or by its id alone (then it is added to the form)."""
    client_id = profile.client_id or ""
    if not profile.client_secret:
        form.fields["client_id"] = client_id
        return _Nobody()
    if is_legacy:  # it compares both as they come
        return BasicAuth(client_id, profile.client_secret)
    return BasicAuth(quote_plus(client_id), quote_plus(profile.client_secret))  # RFC 6749, section 2.3.1


class _Nobody:
    """Credentials of nobody."""

    async def headers(self) -> Mapping[str, str]:
        """None."""
        return {}


async def _send(
    profile: Profile, method: str, url: str, form: _Form | None = None, auth: AuthProvider | None = None
) -> Reply:
    """One request, sent once: a refresh token may be good for one only."""
    parts = urlsplit(url)
    timeout = min(profile.timeout or REQUEST_SECONDS, REQUEST_SECONDS)
    network = Network(verify=profile.verify, ca_bundle=profile.ca_bundle, proxy=profile.proxy, timeout=timeout)
    headers = {"Accept": "application/json"}
    if form is not None:
        headers["Content-Type"] = "application/x-www-form-urlencoded"
    call = Call(method, parts.path, parts.query, form.encoded() if form else None, headers, repeatable=False)
    connection = Connection(
        f"{parts.scheme}://{parts.netloc}", auth or _Nobody(), network, RetryPolicy.off(), SYSTEM_CLOCK
    )
    await connection.open()
    try:
        return await connection.ask(call)
    finally:
        await connection.close()


def _check_origins(base_url: str, urls: list[str]) -> None:
    foreign = next((url for url in urls if not may_follow(base_url, url)), None)
    if foreign is None:
        return
    parts = urlsplit(foreign)
    raise NoAuthorizationServerError(
        f"{base_url} names an authorization server at another address: {parts.scheme}://{parts.netloc}. "
        "Credentials are not sent there.",
        next_step="Use that address as base_url, or have server.base.url in dhis.conf corrected.",
    )
