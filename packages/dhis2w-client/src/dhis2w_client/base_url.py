"""The base URL of a DHIS2 server: reading it, comparing origins, following the server to its canonical address."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import SplitResult, urlsplit

from dhis2w_client.errors import InvalidBaseUrlError

_API_SUFFIX = re.compile(r"(?:/api(?:/\d{2})?/*)+$")
_HOST = re.compile(r"[^\s/\\?#@\[\]<>\"'`{}|^%:]+|\[[0-9A-Fa-f:.]+\]")
_LOGIN_PATH = re.compile(r"/(?:dhis-web-)?login(?:/|$|\.)|/dhis-web-commons(?:-security|/security)?/", re.IGNORECASE)
_DEFAULT_PORTS = {"http": 80, "https": 443}


def parse_base_url(text: str) -> str:
    """The canonical form of a base URL: no trailing slash, no `/api` or `/api/41`, the context path kept.

    Raises:
        InvalidBaseUrlError: Not an `http://` or `https://` address, or it carries a user name and password.
    """
    if not isinstance(text, str):  # pyright: ignore[reportUnnecessaryIsInstance] # settings come from files too
        raise InvalidBaseUrlError("The base URL is text.")
    parts = _split(text.strip())
    path = _API_SUFFIX.sub("", parts.path.rstrip("/")).rstrip("/")
    return f"{parts.scheme.lower()}://{parts.netloc.lower()}{path}"


def _split(text: str) -> SplitResult:
    """Split an address, and say clearly what is wrong with it (never showing what may be a password)."""
    example = "It looks like https://dhis2.example.org or https://example.org/dhis."
    if any(character.isspace() or not character.isprintable() or character == "\\" for character in text):
        raise InvalidBaseUrlError("The base URL has a space, a backslash or a control character in it.")
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise InvalidBaseUrlError("The base URL has a broken host or port.", next_step=example) from None
    if parts.scheme not in _DEFAULT_PORTS:
        raise InvalidBaseUrlError("The base URL must begin with http:// or https://.", next_step=example)
    if "@" in parts.netloc:
        raise InvalidBaseUrlError(
            "The base URL carries a user name or password, which would end up in logs.",
            next_step="Take it out, and give username= and password= instead.",
        )
    host = parts.netloc.rpartition(":")[0] if port is not None or parts.netloc.endswith(":") else parts.netloc
    if not _HOST.fullmatch(host) or parts.netloc.endswith(":") or host.startswith(".") or ".." in host or port == 0:
        raise InvalidBaseUrlError("The base URL has a broken or missing host.", next_step=example)
    if parts.query or parts.fragment or text.endswith(("?", "#")):
        raise InvalidBaseUrlError("The base URL has a query or a fragment (? or #).", next_step=example)
    return parts


def origin(url: str) -> tuple[str, str, int | None]:
    """Scheme, host and port of an absolute URL; the default port is filled in."""
    parts = urlsplit(url)
    return parts.scheme.lower(), (parts.hostname or "").lower(), parts.port or _DEFAULT_PORTS.get(parts.scheme.lower())


def is_loopback(url: str) -> bool:
    """Whether the URL's host is this machine."""
    host = origin(url)[1]
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def is_login_page(location: str) -> bool:
    """Whether a redirect points to DHIS2's login or logout page (`/dhis-web-login`, `/login/`, `…/logout.action`)."""
    path = re.sub(r"^[^/?#]*://[^/?#]*", "", location)
    return bool(_LOGIN_PATH.search(re.split(r"[?#]", path, maxsplit=1)[0]))


def may_follow(base_url: str, location: str) -> bool:
    """Whether credentials may go to `location`: the same origin, or the same host upgraded from HTTP to HTTPS."""
    scheme, host, port = origin(base_url)
    new_scheme, new_host, new_port = origin(location)
    same_origin = (scheme, host, port) == (new_scheme, new_host, new_port)
    return same_origin or (host == new_host and (scheme, new_scheme) == ("http", "https"))


def canonical_base_url(location: str, path: str) -> str | None:
    """The base URL that a redirect of `path` reveals, or `None` when the location is no address of a server.

    A server at its canonical address repeats the path (`https://host/dhis/api/system/info`); a proxy that sends every
    path to the application (`https://host/dhis/`) does not.
    """
    try:
        parts = urlsplit(location)
        return parse_base_url(f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/').removesuffix(path)}")
    except ValueError:  # an InvalidBaseUrlError is one too
        return None
