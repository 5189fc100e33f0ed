"""Where browsers wanted to go before they were sent to the login page, by the session cookie that they got then.

Source: Spring Security's `HttpSessionRequestCache` with DHIS2's `CustomRequestMatcher`.
"""

from __future__ import annotations

import re
import secrets

_MOST = 1000

# The last pattern is where 2.41 begins an authorization; there every page is saved.
_SAVED = re.compile(r"/api/apps/.+|/apps/.+|/dhis-web-.+|/oauth2/authorize|/uaa/oauth/authorize", re.IGNORECASE)


class SavedRequests:
    """The requests of one server that wait for a login, oldest first; the oldest of many are forgotten."""

    def __init__(self) -> None:
        self._by_cookie: dict[str, str] = {}

    def save(self, target: str) -> str:
        """Keep an address (path and query) under a new session cookie, and return the cookie's value."""
        cookie = secrets.token_hex(16).upper()
        self._by_cookie[cookie] = target
        while len(self._by_cookie) > _MOST:
            del self._by_cookie[next(iter(self._by_cookie))]
        return cookie

    def take(self, cookie: str | None) -> str | None:
        """The address that was saved under a cookie, once; None where there is none."""
        return self._by_cookie.pop(cookie or "", None)


def is_saved(method: str, path: str) -> bool:
    """Whether a request is worth coming back to after a login: a page, and no file of it."""
    return method == "GET" and _SAVED.fullmatch(path) is not None and (path.endswith("/") or "." not in path)
