"""`register_client`: makes the OAuth2 client on a server that people log in with."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from dhis2w_core.oauth2.errors import ClientExistsError, ClientRefusedError
from dhis2w_core.oauth2.login import DEFAULT_REDIRECT_URI

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dhis2w_client.client import Dhis2Client

DEFAULT_REDIRECT_URIS = (DEFAULT_REDIRECT_URI,)
DEFAULT_SCOPES = ("openid", "username")
LONGEST_BCRYPT = 72
"""Bytes of a secret that bcrypt looks at."""
LEGACY_LENGTH = 36
"""Characters that a secret of 2.41 has."""


@dataclass(frozen=True, slots=True)
class RegisteredClient:
    """A client as the profile needs it."""

    uid: str
    """Identifier of the object on the server."""
    client_id: str
    client_secret: str | None = field(repr=False)
    """The secret itself, known from now on to nobody else; `None` for a public client."""
    redirect_uris: tuple[str, ...]


async def register_client(
    client: Dhis2Client,
    client_id: str,
    *,
    secret: str | None = None,
    public: bool = False,
    redirect_uris: Sequence[str] = DEFAULT_REDIRECT_URIS,
    scopes: Sequence[str] = DEFAULT_SCOPES,
    name: str | None = None,
) -> RegisteredClient:
    """Register an OAuth2 client (`POST /api/oAuth2Clients`); needs the authority `F_OAUTH2_CLIENT_MANAGE`.

    42 and newer compare the secret with a bcrypt hash, so the hash is what they are sent; 2.41 keeps it in clear. A
    client that exists is never changed: a PUT without its settings would break it.

    Args:
        client: A connected client of somebody who may.
        client_id: The id to register.
        secret: Its secret. Default: a new random one.
        public: Register it without a secret (42 and newer): its logins last for one access token, 5 minutes.
        redirect_uris: Where browsers may be sent back to.
        scopes: What may be asked for (42 and newer); without `username` tokens name no user of DHIS2.
        name: A name for people. Default: the id.

    Raises:
        ClientExistsError: There is a client of that id.
        ClientRefusedError: The secret has the wrong length, or 2.41 is asked for a public client.
        ForbiddenError: The authority is missing.
        ConflictError: DHIS2 refused; `rows` say why.
    """
    is_legacy = client.dialect.has_legacy_oauth2
    await _refuse_existing(client, client_id, "cid" if is_legacy else "clientId")
    if is_legacy and public:
        raise ClientRefusedError("2.41 has no public OAuth2 clients.", next_step="Register one with a secret.")
    plain = None if public else secret or secrets.token_urlsafe(27)  # 36 characters
    if is_legacy:
        body = _legacy_body(client_id, plain or "", redirect_uris)
    else:
        body = _body(client_id, plain, redirect_uris, scopes)
    answer = await client.post("oAuth2Clients", {"name": name or client_id, **body})
    return RegisteredClient(_uid_of(answer), client_id, plain, tuple(redirect_uris))


async def _refuse_existing(client: Dhis2Client, client_id: str, key: str) -> None:
    found = cast(
        "dict[str, list[dict[str, str]]]",
        await client.get("oAuth2Clients", params={"fields": f"id,{key}", "filter": f"{key}:eq:{client_id}"}),
    )
    if any(row.get(key) == client_id for row in found.get("oAuth2Clients", [])):
        raise ClientExistsError(
            f"{client.base_url} has an OAuth2 client {client_id!r} already; it was left as it is.",
            next_step="Use it with its secret, register another id, or delete it first: changing it would break it.",
        )


def _body(client_id: str, secret: str | None, redirect_uris: Sequence[str], scopes: Sequence[str]) -> dict[str, Any]:
    """The shape of 42 and newer; settings are left to the server, which knows its own."""
    body: dict[str, Any] = {
        "clientId": client_id,
        "clientAuthenticationMethods": "none" if secret is None else "client_secret_basic,client_secret_post",
        "authorizationGrantTypes": "authorization_code,refresh_token",
        "redirectUris": ",".join(redirect_uris),
        "scopes": ",".join(scopes),
    }
    if secret is not None:
        body["clientSecret"] = _hashed(secret)
    return body


def _hashed(secret: str) -> str:
    import bcrypt

    if len(secret.encode()) > LONGEST_BCRYPT:
        raise ClientRefusedError(f"The secret has more than {LONGEST_BCRYPT} bytes, which bcrypt cannot compare.")
    return bcrypt.hashpw(secret.encode(), bcrypt.gensalt(10)).decode()


def _legacy_body(client_id: str, secret: str, redirect_uris: Sequence[str]) -> dict[str, Any]:
    if len(secret) != LEGACY_LENGTH:
        raise ClientRefusedError(f"The secret has {len(secret)} characters; 2.41 wants {LEGACY_LENGTH}.")
    return {
        "cid": client_id,
        "secret": secret,
        "redirectUris": list(redirect_uris),
        "grantTypes": ["authorization_code", "refresh_token"],
    }


def _uid_of(answer: object) -> str:
    response = cast("dict[str, Any]", answer).get("response") if isinstance(answer, dict) else None
    return str(cast("dict[str, Any]", response).get("uid", "")) if isinstance(response, dict) else ""
