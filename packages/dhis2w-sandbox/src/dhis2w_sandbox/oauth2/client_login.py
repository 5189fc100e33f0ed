"""How a client shows the token endpoint and its neighbours who it is.

Source: `OAuth2ClientAuthenticationFilter` with its converters and providers of Spring Authorization Server 1.5;
`DhisWebApiWebSecurityConfig` (BCrypt); recordings `meta/oauth2-flow`.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import NoReturn
from urllib.parse import unquote_plus

from dhis2w_sandbox import auth
from dhis2w_sandbox.call import Call, Refused, Reply
from dhis2w_sandbox.errors import NotInSandbox
from dhis2w_sandbox.oauth2 import authorizations
from dhis2w_sandbox.oauth2.authorizations import Token
from dhis2w_sandbox.oauth2.clients import Client, client_of
from dhis2w_sandbox.oauth2.protocol import Form, OAuth2Error
from dhis2w_sandbox.oauth2.signing import encoded

BASIC = "client_secret_basic"
POST = "client_secret_post"
NONE = "none"

_HASH = re.compile(r"\$2[aby]?\$\d\d\$[./0-9A-Za-z]{53}")


@dataclass(frozen=True)
class Sent:
    """What a request says of its client."""

    method: str
    client_id: str
    secret: str | None


def authenticated(answer: Callable[[Call, Client, str], Reply]) -> Callable[[Call], Reply]:
    """An endpoint that only a client may call: it gets the client, and the method by which it is known."""

    @wraps(answer)
    def handler(call: Call) -> Reply:
        form = Form(call)
        sent = _sent(call, form)
        if sent is None:
            _refuse_nobody(call)
        return answer(call, _known(call, form, sent), sent.method)

    return handler


def _refuse_nobody(call: Call) -> NoReturn:
    """What becomes of a request without any client: to the login page, or where somebody is logged in, an error."""
    if call.sender is not None:
        raise OAuth2Error("invalid_client")
    accept = call.headers.get("accept", "*/*")
    if "text/html" not in accept and "*/*" not in accept:
        raise Refused(Reply(401))
    raise auth.to_login_page(call)


def _sent(call: Call, form: Form) -> Sent | None:
    words = call.headers.get("authorization", "").split()
    if words and words[0].lower() == "basic":
        return _basic(words)
    client_id = form.get("client_id")
    if form.get("client_assertion"):
        raise NotInSandbox("a client assertion (private_key_jwt, client_secret_jwt)")
    if client_id and form.get("client_secret"):
        return Sent(POST, _once(form, "client_id"), _once(form, "client_secret"))
    if form.get("grant_type") == "authorization_code" and form.get("code") and form.all("code_verifier"):
        return Sent(NONE, _once(form, "client_id"), None)
    return None


def _once(form: Form, name: str) -> str:
    values = form.all(name)
    if len(values) != 1 or not values[0].strip():
        raise OAuth2Error("invalid_request")
    return values[0]


def _basic(words: list[str]) -> Sent:
    try:
        text = base64.b64decode(words[1], validate=True).decode() if len(words) == 2 else ""
    except (binascii.Error, UnicodeDecodeError):
        text = ""
    client_id, _, secret = text.partition(":")
    if not client_id.strip() or not secret.strip():
        raise OAuth2Error("invalid_request")
    return Sent(BASIC, unquote_plus(client_id), unquote_plus(secret))


def _known(call: Call, form: Form, sent: Sent) -> Client:
    client = client_of(call.server, sent.client_id)
    if client is None or sent.method not in client.methods:
        raise OAuth2Error("invalid_client", status=401)
    if sent.method != NONE and not _secret_fits(call, client, sent.secret):
        raise OAuth2Error("invalid_client", status=401)
    if form.get("grant_type") == "authorization_code" and form.get("code"):
        _check_verifier(call, client, form, required=sent.method == NONE)
    return client


def _secret_fits(call: Call, client: Client, secret: str | None) -> bool:
    expired = client.secret_expires is not None and client.secret_expires <= call.server.now()
    return bool(client.secret and secret) and not expired and bcrypt_fits(str(secret), str(client.secret))


def bcrypt_fits(secret: str, stored: str) -> bool:
    """Whether a secret is the one whose BCrypt hash is stored; never, where what is stored is no such hash.

    Raises:
        NotInSandbox: the library for it is not installed.
    """
    try:
        import bcrypt
    except ImportError as error:
        raise NotInSandbox(
            "comparing a client secret needs the library bcrypt: install dhis2w-sandbox[oauth2]"
        ) from error
    return bool(_HASH.fullmatch(stored)) and bcrypt.checkpw(secret.encode()[:72], stored.encode())


def _check_verifier(call: Call, client: Client, form: Form, *, required: bool) -> None:
    """PKCE: the verifier of the token request must fit the challenge of the authorization request."""
    authorization = authorizations.by_token(call.server, str(form.get("code")), Token.CODE)
    if authorization is None:
        raise OAuth2Error("invalid_grant")
    challenge = authorization["_request"].get("code_challenge")
    verifier = form.get("code_verifier")
    if not challenge:
        if required or client.requires_proof_key or verifier:
            raise OAuth2Error("invalid_grant")
        return
    if not verifier or encoded(hashlib.sha256(verifier.encode()).digest()) != challenge:
        raise OAuth2Error("invalid_grant")
