"""Authentication: what turns credentials into request headers."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from dhis2w_client.errors import CredentialsError, NoProfileError, UnsupportedAuthError

if TYPE_CHECKING:
    from dhis2w_client.profile import Profile


@runtime_checkable
class AuthProvider(Protocol):
    """Anything that can authenticate a request. `headers` is awaited before each one, so it may refresh a token."""

    async def headers(self) -> Mapping[str, str]:
        """Headers that authenticate the next request, for example `{"Authorization": "ApiToken …"}`."""
        ...


@runtime_checkable
class RenewableAuth(AuthProvider, Protocol):
    """Credentials that can be replaced when a server refuses them (HTTP 401); the request is then sent once more."""

    async def renew(self, refused: Mapping[str, str]) -> bool:
        """Whether there are others now.

        Args:
            refused: The headers of the request that was refused; others may have been renewed since.
        """
        ...


class BasicAuth:
    """User name and password on every request. Not for accounts with two-factor authentication: DHIS2 refuses them.

    Args:
        username: The DHIS2 user name; upper and lower case matter.
        password: Its password.

    Raises:
        CredentialsError: One of them is blank, or cannot be sent.
    """

    def __init__(self, username: str, password: str) -> None:
        _require_text(username, password)
        if not username.strip() or not password.strip():
            raise CredentialsError("Basic authentication needs a user name and a password.")
        if ":" in username or not _is_printable(username + password):
            raise CredentialsError("The user name has a colon, or user name or password a control character, in it.")
        self.username = username
        self._header = "Basic " + base64.b64encode(_encoded(f"{username}:{password}")).decode("ascii")

    async def headers(self) -> Mapping[str, str]:
        """The `Authorization` header."""
        return {"Authorization": self._header}

    def __repr__(self) -> str:
        return f"BasicAuth(username={self.username!r})"


class PatAuth:
    """A personal access token (PAT) on every request: `Authorization: ApiToken …`.

    Args:
        token: The token as DHIS2 showed it when it was made (`d2p_…` or `d2pat_…`). Spaces around it are dropped.

    Raises:
        CredentialsError: The token is blank, or has a character that no header can carry.
    """

    def __init__(self, token: str) -> None:
        _require_text(token)
        token = token.strip()
        if not token:
            raise CredentialsError("PAT authentication needs a token.")
        if not token.isascii() or not _is_printable(token) or " " in token:
            raise CredentialsError("The token has a space, or a character that is not ASCII, in it.")
        self._header = f"ApiToken {token}"

    async def headers(self) -> Mapping[str, str]:
        """The `Authorization` header."""
        return {"Authorization": self._header}

    def __repr__(self) -> str:
        return "PatAuth()"


class SessionAuth:
    """The cookie of a session that somebody logged in to, for example with a browser.

    Args:
        cookie: The value of the cookie `JSESSIONID`, or a whole `Cookie` header (`JSESSIONID=…; …`).
        xsrf_token: The value of the cookie `XSRF-TOKEN`, where the server has CSRF protection on (off by default).

    Raises:
        CredentialsError: The cookie is blank, or has a character that no header can carry.
    """

    def __init__(self, cookie: str, xsrf_token: str | None = None) -> None:
        _require_text(cookie, xsrf_token or "")
        cookie, xsrf_token = cookie.strip(), (xsrf_token or "").strip()
        if not cookie:
            raise CredentialsError("Session authentication needs the cookie of a session.")
        if not (cookie + xsrf_token).isascii() or not _is_printable(cookie + xsrf_token):
            raise CredentialsError("The session cookie has a character in it that no header can carry.")
        self._headers = {"Cookie": cookie if "=" in cookie else f"JSESSIONID={cookie}"}
        if xsrf_token:
            self._headers["Cookie"] += f"; XSRF-TOKEN={xsrf_token}"
            self._headers["X-XSRF-TOKEN"] = xsrf_token

    async def headers(self) -> Mapping[str, str]:
        """The `Cookie` header, and `X-XSRF-TOKEN` where there is such a token."""
        return self._headers

    def __repr__(self) -> str:
        return "SessionAuth()"


def build_auth_for_basic(profile: Profile) -> AuthProvider:
    """The provider for a profile that this package can authenticate by itself: PAT, Basic or session.

    Args:
        profile: The profile; this is what checks that it has credentials.

    Raises:
        NoProfileError: There is none (`None`).
        NotImplementedError: `auth` is `oauth2` (as `UnsupportedAuthError`): `dhis2w_core.open_client` has the login.
        ValueError: The credential fields are missing (as `CredentialsError`).
    """
    if profile is None:  # pyright: ignore[reportUnnecessaryComparison] # what `profile_from_env_raw` found
        raise NoProfileError("There is no profile.", next_step="Set DHIS2_URL and DHIS2_PAT, or make a Profile.")
    if profile.auth == "oauth2":
        raise UnsupportedAuthError(
            "dhis2w_client cannot log in with OAuth2.",
            next_step="Use dhis2w_core.open_client, which has the login and the token store.",
        )
    if profile.auth == "pat":
        _require(profile, "token")
        return PatAuth(profile.token or "")
    if profile.auth == "session":
        _require(profile, "cookie")
        return SessionAuth(profile.cookie or "", profile.xsrf_token)
    _require(profile, "username", "password")
    return BasicAuth(profile.username or "", profile.password or "")


def _require(profile: Profile, *names: str) -> None:
    missing = [name for name in names if not str(getattr(profile, name) or "").strip()]
    if missing:
        raise CredentialsError(f"The profile has auth={profile.auth!r}, but no {' and no '.join(missing)}.")


def _require_text(*values: object) -> None:
    if not all(isinstance(value, str) for value in values):
        raise CredentialsError("Credentials are text.")


def _encoded(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:
        pass
    raise CredentialsError("User name or password has a character in it that no header can carry.")


def _is_printable(text: str) -> bool:
    return all(ord(character) >= 32 and ord(character) != 127 for character in text)
