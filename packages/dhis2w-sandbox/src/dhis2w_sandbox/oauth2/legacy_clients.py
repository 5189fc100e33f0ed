"""OAuth2 clients of 2.41 as its authorization server sees them, and where it sends users back to.

Source: `DefaultClientDetailsService` of dhis2-core 2.41; `DefaultRedirectResolver` of spring-security-oauth2.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit, urlunsplit

from dhis2w_sandbox.oauth2.legacy_errors import LegacyError
from dhis2w_sandbox.server import Server

Json = dict[str, Any]

SCOPES = ["ALL"]
"""The one scope of every client."""


@dataclass(frozen=True)
class LegacyClient:
    """A registered client."""

    client_id: str
    secret: str
    redirect_uris: tuple[str, ...]
    grants: tuple[str, ...]

    @property
    def refreshable(self) -> bool:
        """Whether it gets refresh tokens."""
        return "refresh_token" in self.grants

    def redirect_uri(self, wanted: str | None) -> str:
        """Where a user is sent back to: the registered address that fits what the request names.

        Raises:
            LegacyError: none fits.
        """
        if not self.grants:
            raise LegacyError("invalid_grant", "A client must have at least one authorized grant type.")
        if not {"implicit", "authorization_code"} & set(self.grants):
            words = "A redirect_uri can only be used by implicit or authorization_code grant types."
            raise LegacyError("invalid_grant", words)
        if not self.redirect_uris:
            raise LegacyError("invalid_request", "At least one redirect_uri must be registered with the client.")
        if wanted is None and len(self.redirect_uris) == 1:
            return self.redirect_uris[0]
        found = next((uri for uri in self.redirect_uris if wanted is not None and _fits(wanted, uri)), None)
        if found is None or wanted is None:
            raise LegacyError("invalid_grant", "Invalid redirect uri does not match one of the registered values.")
        return urlunsplit(urlsplit(found)._replace(query=urlsplit(wanted).query, fragment=""))


def _fits(wanted: str, registered: str) -> bool:
    mine, other = urlsplit(wanted), urlsplit(registered)
    same = (mine.scheme, mine.netloc, mine.path) == (other.scheme, other.netloc, other.path)
    sent, needed = (parse_qs(parts.query, keep_blank_values=True) for parts in (mine, other))
    return same and all(sent.get(key) == value for key, value in needed.items())


def checked_scopes(text: str | None) -> list[str]:
    """The scopes that a request names, or all there are.

    Raises:
        LegacyError: it names another.
    """
    scopes = (text or "").split() or SCOPES
    wrong = next((scope for scope in scopes if scope not in SCOPES), None)
    if wrong is not None:
        raise LegacyError("invalid_scope", f"Invalid scope: {wrong}", more={"scope": " ".join(SCOPES)})
    return scopes


def legacy_client(server: Server, client_id: str) -> LegacyClient | None:
    """The client with this `cid`; None where there is none."""
    found = next((row for row in server.store.all("oAuth2Client") if row.get("cid") == client_id), None)
    if found is None:
        return None
    return LegacyClient(
        client_id,
        str(found.get("secret", "")),
        tuple(found.get("redirectUris") or ()),
        tuple(found.get("grantTypes") or ()),
    )
