"""What the browser brings back from the authorization server, as the address that it was sent to."""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

from dhis2w_client.base_url import is_login_page, may_follow
from dhis2w_core.oauth2.errors import ForgedStateError, LoginDeniedError, LoginFailedError, PasswordRefusedError


@dataclass(frozen=True, slots=True)
class RedirectAddress:
    """Where the browser is sent back to."""

    host: str
    port: int
    path: str
    text: str
    """The whole address, as it is registered."""

    @property
    def is_loopback(self) -> bool:
        """Whether it can be waited for on this machine."""
        return self.host in ("127.0.0.1", "localhost")

    @property
    def is_ip(self) -> bool:
        """Whether a server that follows RFC 8252 ignores its port."""
        return self.host == "127.0.0.1"

    def with_port(self, port: int) -> RedirectAddress:
        """The same address with another port."""
        return RedirectAddress(self.host, port, self.path, f"http://{self.host}:{port}{self.path}")


def parse_redirect_address(text: str) -> RedirectAddress:
    """Read a redirect address.

    Raises:
        LoginFailedError: It is no HTTP address.
    """
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port, parts = None, None, urlsplit("")
    if not host or parts.scheme not in ("http", "https") or parts.query or parts.fragment:
        raise LoginFailedError(
            "redirect_uri is no address that a browser can be sent back to.",
            next_step="It looks like http://127.0.0.1:8765/callback, and is registered for the client.",
        )
    # what cannot be listened on is pasted
    listens = parts.scheme == "http"
    return RedirectAddress(host if listens else "", port or 80, parts.path or "/", text)


@dataclass(frozen=True, slots=True)
class Query:
    """The query with which a browser comes back; a traceback with local variables must not show it."""

    text: str = field(repr=False)

    def one(self, name: str) -> str:
        """The value of a parameter; empty where it is missing or doubled."""
        found = parse_qs(self.text, keep_blank_values=True).get(name, [])
        return found[0] if len(found) == 1 else ""


@dataclass(frozen=True, slots=True)
class PastedAddress:
    """What a user typed as the address that the browser ended on; it may hold an authorization code."""

    text: str = field(repr=False)

    @property
    def query(self) -> Query:
        """What follows the question mark; empty where the text is no address."""
        return Query(self.text.strip().partition("#")[0].partition("?")[2])

    def is_login_page_of(self, base_url: str) -> bool:
        """Whether it is the login page of a DHIS2."""
        try:
            return may_follow(base_url, self.text.strip()) and is_login_page(self.text.strip())
        except ValueError:  # it is no address
            return False


@dataclass(frozen=True, slots=True)
class Returned:
    """What came back: an authorization code."""

    code: str = field(repr=False)


def read_redirect(query: Query, state: str) -> Returned:
    """The authorization code in a query; the state is checked before anything else is looked at.

    Raises:
        ForgedStateError: The state is another one.
        LoginDeniedError: The user or the server said no.
        LoginFailedError: There is no code.
    """
    if not hmac.compare_digest(query.one("state").encode(), state.encode()):
        raise ForgedStateError(
            "What came back from the browser belongs to another login; it was not used.",
            next_step="Start again with d2w login. If it happens again, a page or program tries to log you in as "
            "somebody else.",
        )
    error = query.one("error")
    if error == "access_denied":
        raise LoginDeniedError("The consent was denied.", next_step="Start again with d2w login, and allow the access.")
    if error:
        word = error if error.replace("_", "").isascii() and error.replace("_", "").isalpha() else "unknown"
        raise LoginDeniedError(f"The server refused the login ({word[:40]}).", next_step=_STEPS.get(error))
    if not query.one("code"):
        raise LoginFailedError("The browser came back without an authorization code.", next_step="Start again.")
    return Returned(query.one("code"))


def read_pasted(address: PastedAddress, base_url: str, state: str) -> Returned:
    """The authorization code in the address that a browser ended on; raises as `read_redirect`.

    Raises:
        PasswordRefusedError: It is that of DHIS2's login page.
        LoginFailedError: It is none.
    """
    if address.is_login_page_of(base_url):
        raise PasswordRefusedError(
            "DHIS2 did not take the user name or the password: the browser is still on its login page.",
            next_step=f"Try them at {base_url}; who has forgotten them, or is locked out after too many tries, asks "
            "the administrator. Then start again with d2w login.",
        )
    if not address.query.text:
        raise LoginFailedError(
            "That is not the address that the browser ended on.",
            next_step="Start again with d2w login, and copy the whole address, with what follows the question mark.",
        )
    return read_redirect(address.query, state)


_STEPS = {
    "invalid_scope": "The client is not registered for this scope: correct scope of the profile, or the client.",
    "unauthorized_client": "The client is not registered for the grant authorization_code.",
}
