"""What users granted to clients: authorizations with their codes and tokens, and consents.

They are objects of the types `oAuth2Authorization` and `oAuth2AuthorizationConsent`, so that the read-only lists of
DHIS2 show them; what those do not show (codes, tokens, the request) is under keys that begin with `_`.

Source: `Dhis2OAuth2AuthorizationServiceImpl`, `Dhis2OAuth2AuthorizationConsentServiceImpl` of dhis2-core;
`OAuth2Authorization` of Spring Authorization Server.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Any

from dhis2w_sandbox.server import Server, stamp
from dhis2w_sandbox.user import User

Json = dict[str, Any]

AUTHORIZATION = "oAuth2Authorization"
CONSENT = "oAuth2AuthorizationConsent"


class Token(Enum):
    """The kinds of value that an authorization holds, by the name that they have in the lists."""

    CODE = "authorizationCode"
    ACCESS = "accessToken"
    REFRESH = "refreshToken"
    ID = "oidcIdToken"


def granted(server: Server, user: User, client_uid: str, request: Json) -> Json:
    """A new authorization of a user for a client, without any token; not saved.

    Args:
        server: where it belongs.
        user: who grants.
        client_uid: the identifier of the client's object.
        request: the parameters of the authorization request.
    """
    now = server.now()
    return {
        "id": server.new_uid(),
        "name": user.username[:230],
        "created": now,
        "lastUpdated": now,
        "createdBy": {"id": user.uid},
        "lastUpdatedBy": {"id": user.uid},
        "registeredClientId": client_uid,
        "principalName": user.username,
        "authorizationGrantType": "authorization_code",
        "authorizedScopes": "",
        "_request": request,
        "_authTime": int(server.clock().timestamp()),
    }


def save(server: Server, authorization: Json) -> None:
    """Store an authorization."""
    server.store.put(AUTHORIZATION, authorization["id"], {**authorization, "lastUpdated": server.now()})


def remove(server: Server, authorization: Json) -> None:
    """Forget an authorization."""
    server.store.delete(AUTHORIZATION, authorization["id"])


def by_state(server: Server, state: str) -> Json | None:
    """The authorization that waits for a consent under this state."""
    return _found(server, "_state", state)


def by_token(server: Server, value: str, *kinds: Token) -> Json | None:
    """The authorization that holds a value, as one of these kinds (of any, where none is given)."""
    found = (_found(server, f"_{kind.value}", value) for kind in kinds or Token)
    return next((authorization for authorization in found if authorization), None)


def _found(server: Server, key: str, value: str) -> Json | None:
    return next((row for row in server.store.all(AUTHORIZATION) if row.get(key) == value), None)


def with_token(server: Server, authorization: Json, kind: Token, value: str, seconds: float) -> Json:
    """The authorization with a new value of a kind, in the place of the former one."""
    now = server.clock()
    return {
        **authorization,
        f"{kind.value}IssuedAt": stamp(now),
        f"{kind.value}ExpiresAt": stamp(now + timedelta(seconds=seconds)),
        f"_{kind.value}": value,
        f"_{kind.value}Invalidated": False,
    }


def invalidated(authorization: Json, kind: Token) -> Json:
    """The authorization with one of its values no longer good; a refresh token takes access token and code along."""
    kinds = [kind] if kind is not Token.REFRESH else [Token.REFRESH, Token.ACCESS, Token.CODE]
    return {**authorization, **{f"_{each.value}Invalidated": True for each in kinds}}


def is_invalidated(authorization: Json, kind: Token) -> bool:
    """Whether a value was used up or revoked."""
    return bool(authorization.get(f"_{kind.value}Invalidated"))


def is_active(server: Server, authorization: Json, kind: Token) -> bool:
    """Whether a value is there, good, and not expired."""
    expires = authorization.get(f"{kind.value}ExpiresAt")
    return bool(expires) and not is_invalidated(authorization, kind) and server.now() < expires


def seconds_of(text: str) -> int:
    """A time of a document as seconds since 1970."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


def consent_of(server: Server, client_uid: str, username: str) -> Json | None:
    """What a user consented to for a client."""
    key = (client_uid, username)
    rows = server.store.all(CONSENT)
    return next((row for row in rows if (row["registeredClientId"], row["principalName"]) == key), None)


def consented_scopes(consent: Json | None) -> set[str]:
    """The scopes of a consent."""
    authorities = str((consent or {}).get("authorities") or "").split(",")
    return {authority.removeprefix("SCOPE_") for authority in authorities if authority}


def save_consent(server: Server, user: User, client_uid: str, scopes: list[str]) -> None:
    """Write down that a user consented to these scopes for a client."""
    now, me = server.now(), {"id": user.uid}
    new: Json = {"id": server.new_uid(), "created": now, "createdBy": me, "name": user.username[:230]}
    consent: Json = {
        **(consent_of(server, client_uid, user.username) or new),
        "lastUpdated": now,
        "lastUpdatedBy": me,
        "registeredClientId": client_uid,
        "principalName": user.username,
        "authorities": ",".join(f"SCOPE_{scope}" for scope in scopes),
    }
    server.store.put(CONSENT, consent["id"], consent)


def remove_consent(server: Server, consent: Json) -> None:
    """Forget a consent."""
    server.store.delete(CONSENT, consent["id"])
