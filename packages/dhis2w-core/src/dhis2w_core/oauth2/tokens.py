"""`Tokens`: what a login is, and whether it can be used as it is."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from dhis2w_client.reply import Reply

REFRESH_MARGIN = 30.0
"""Seconds before its end at which an access token is replaced."""
DEFAULT_LIFETIME = 300.0
"""Seconds that an access token is taken to live where the server does not say."""
REFRESH_LIFETIME = 3600.0
"""Seconds after a login at which 42 and newer end the refresh token of a client that was registered by the API."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a login is: tokens, and where to refresh them. Times are seconds since 1970."""

    access_token: str = field(repr=False)
    access_expires: float
    refresh_token: str | None = field(repr=False)
    """`None` where the server gave none: 42 and newer give none to public clients."""
    token_url: str
    """The token endpoint that gave them."""
    is_legacy: bool
    """Whether that is the authorization server of 2.41."""
    revoke_url: str | None = None
    login_ends: float | None = None
    """When a person has to log in again, where that is known."""
    rotates: bool | None = None
    """Whether a refresh token is good for one refresh only; `None` while that was never seen."""

    def is_fresh(self, now: float) -> bool:
        """Whether the access token is good for a while."""
        return now < self.access_expires - REFRESH_MARGIN

    def to_json(self) -> bytes:
        """Everything, in clear."""
        return json.dumps(asdict(self)).encode()

    @classmethod
    def from_json(cls, text: bytes) -> Tokens:
        """What `to_json` wrote."""
        return cls(**json.loads(text))


@dataclass(frozen=True, slots=True)
class Grant:
    """What a token endpoint gave."""

    access_token: str = field(repr=False)
    lifetime: float
    """Seconds, counted from the request."""
    refresh_token: str | None = field(repr=False)


def read_grant(reply: Reply) -> Grant | None:
    """The tokens of an answer of the token endpoint, or `None` where it holds none (RFC 6749, section 5.1)."""
    answer = json_object(reply)
    access, refresh, lifetime = answer.get("access_token"), answer.get("refresh_token"), answer.get("expires_in")
    if reply.status != 200 or not isinstance(access, str) or not access:
        return None
    seconds = float(lifetime) if isinstance(lifetime, int | float) else DEFAULT_LIFETIME
    return Grant(access, max(0.0, seconds), refresh if isinstance(refresh, str) and refresh else None)


def json_object(reply: Reply) -> dict[str, object]:
    """The body as a JSON object; empty where it is none."""
    try:
        value: object = json.loads(reply.body)
    except (ValueError, RecursionError):
        return {}
    return cast("dict[str, object]", value) if isinstance(value, dict) else {}


def refreshed(tokens: Tokens, grant: Grant, asked_at: float) -> Tokens:
    """The tokens after a refresh; whether the refresh token rotates is seen by comparing."""
    refresh_token = grant.refresh_token or tokens.refresh_token
    rotates = refresh_token != tokens.refresh_token
    return replace(
        tokens,
        access_token=grant.access_token,
        access_expires=asked_at + grant.lifetime,
        refresh_token=refresh_token,
        rotates=rotates,
        login_ends=None if rotates else tokens.login_ends,
    )
