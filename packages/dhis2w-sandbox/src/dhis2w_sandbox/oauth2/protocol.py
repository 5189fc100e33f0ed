"""What all endpoints of the authorization server share: form parameters, refusals in OAuth2's words, headers.

Source: Spring Authorization Server 1.5 (`OAuth2EndpointUtils`, `OAuth2ErrorHttpMessageConverter`); recordings
`meta/oauth2-flow`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import parse_qsl

from dhis2w_sandbox import html
from dhis2w_sandbox.call import Call, Evidence, Refused, Reply
from dhis2w_sandbox.errors import HtmlRefusal
from dhis2w_sandbox.oauth2.clients import BrokenClientError
from dhis2w_sandbox.routing import ALL_VERSIONS, Endpoints, Handler
from dhis2w_sandbox.server import Server

Json = dict[str, Any]

NEWER = ALL_VERSIONS - {"v41"}
NO_STORE = {"Cache-Control": "no-cache, no-store, max-age=0, must-revalidate"}
TOKEN_URI = "https://datatracker.ietf.org/doc/html/rfc6749#section-5.2"  # noqa: S105 - an address


class OAuth2Error(Exception):
    """A refusal as RFC 6749 writes it: JSON with `error`, and where it says more, a description and an address."""

    def __init__(self, error: str, description: str | None = None, uri: str | None = None, status: int = 400) -> None:
        super().__init__(error)
        self.error = error
        self.description = description
        self.uri = uri
        self.status = status

    def as_json(self) -> Json:
        """The body of the answer; keys without a value are left out."""
        row = {"error_description": self.description, "error": self.error, "error_uri": self.uri}
        return {key: value for key, value in row.items() if value is not None}


def parameter_error(name: str, error: str = "invalid_request", uri: str = TOKEN_URI) -> OAuth2Error:
    """A parameter that is missing, doubled or wrong."""
    return OAuth2Error(error, f"OAuth 2.0 Parameter: {name}", uri)


class Form:
    """The parameters of a form-encoded body."""

    def __init__(self, call: Call) -> None:
        self._pairs = parse_qsl(call.body.decode("utf-8", "replace"), keep_blank_values=True)

    def all(self, name: str) -> list[str]:
        """Every value of a parameter."""
        return [value for key, value in self._pairs if key == name]

    def get(self, name: str) -> str | None:
        """The first value of a parameter; None where it is missing or blank."""
        value = next(iter(self.all(name)), "")
        return value if value.strip() else None

    def single(self, name: str) -> str | None:
        """The value of a parameter that may be missing or blank, but not doubled.

        Raises:
            OAuth2Error: it is there more than once.
        """
        value = self.get(name)
        if value and len(self.all(name)) != 1:
            raise parameter_error(name)
        return value

    def required(self, name: str) -> str:
        """The value of a parameter that must be there once.

        Raises:
            OAuth2Error: it is missing, blank or doubled.
        """
        value = self.single(name)
        if not value:
            raise parameter_error(name)
        return value


def is_on(call: Call) -> bool:
    """Whether this server has an authorization server."""
    return call.server.authority.enabled


def endpoint(endpoints: Endpoints, method: str, path: str, evidence: Evidence) -> Callable[[Handler], Handler]:
    """Decorate the function that answers a path of the authorization server: it looks at credentials itself."""

    def decorate(handler: Handler) -> Handler:
        @wraps(handler)
        def answer(call: Call) -> Reply:
            try:
                reply = handler(call)
            except OAuth2Error as error:
                reply = Reply.json(error.as_json(), error.status)
            except Refused as refused:
                reply = refused.reply
            except BrokenClientError as error:
                reply = html.container_page(call, HtmlRefusal(500, str(error)))
            reply.headers = {**NO_STORE, **reply.headers}
            return reply

        return endpoints.add(method, path, evidence, versions=NEWER, accepts=is_on, suffixes="*", own_security=True)(
            answer
        )

    return decorate


def issuer(call: Call) -> str:
    """What the authorization server calls itself: DHIS2's `server.base.url`, here the address that was called."""
    return f"{call.base_url}/"


def now_seconds(server: Server) -> int:
    """The time in seconds since 1970."""
    return int(server.clock().timestamp())
