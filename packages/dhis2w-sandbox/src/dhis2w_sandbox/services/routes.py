"""`/api/routes/{id}/run`: requests that a server passes on to another.

Source: `RouteController`, `RouteService` of dhis2-core; recordings `services/routes`.
"""

from __future__ import annotations

import base64
import urllib.error
import urllib.request
from typing import Any
from urllib.parse import urlencode, urlsplit

from dhis2w_sandbox.call import RECORDED, Call, Reply
from dhis2w_sandbox.errors import Dhis2Refusal, forbidden
from dhis2w_sandbox.metadata import access
from dhis2w_sandbox.metadata.hooks import Hook, register
from dhis2w_sandbox.routing import Endpoints
from dhis2w_sandbox.server import Server
from dhis2w_sandbox.services.differences import differences
from dhis2w_sandbox.user import User

Json = dict[str, Any]

endpoints = Endpoints()

TYPE = "route"
FEWEST_SECONDS, MOST_SECONDS = 1, 60
_PASSED_ON = ("accept", "content-type", "user-agent")


class _Unfollowing(urllib.request.HTTPRedirectHandler):
    """Leaves redirects to whoever sent the request."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        """Follow none."""


def _check_timeout(server: Server, user: User, new: Json, old: Json | None) -> None:
    """What the database refuses, where no endpoint did before."""
    del server, user, old
    if not 1 <= (new.get("responseTimeoutSeconds") or FEWEST_SECONDS) <= MOST_SECONDS:
        constraint = 'new row for relation "route" violates check constraint "route_responsetimeoutseconds_check"'
        raise Dhis2Refusal(409, f"ERROR: {constraint}")


register(TYPE, Hook(prepare=_check_timeout))


def run(call: Call) -> Reply:
    """Pass a request on to the address of a route, and its answer back."""
    route = _found(call)
    readable = access.can_read(call.user, call.server.schemas.by_singular[TYPE], route)
    if not readable and not call.user.has_any(route.get("authorities") or []):
        raise forbidden("User not authorized to execute route")
    request = urllib.request.Request(_target(call, route), call.body or None, _headers(call, route), method=call.method)  # noqa: S310 - a route leads to http or https
    try:
        timeout = route.get("responseTimeoutSeconds") or 5
        with urllib.request.build_opener(_Unfollowing).open(request, timeout=timeout) as answer:
            return Reply(answer.status, answer.read(), answer.headers.get("Content-Type"))
    except urllib.error.HTTPError as answer:
        return Reply(answer.code, answer.read(), answer.headers.get("Content-Type"))
    except TimeoutError as error:
        raise Dhis2Refusal(504, str(error)) from error
    except urllib.error.URLError as error:
        raise _unreachable(call, request.full_url) from error


for _method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
    for _path in ("/api/routes/{route}/run", "/api/routes/{route}/run/{rest:rest}"):
        endpoints.add(_method, _path, RECORDED, suffixes="*")(run)


def _found(call: Call) -> Json:
    name = call.parts["route"]
    routes = call.server.store.all(TYPE)
    found = next((route for route in routes if name in {route["id"], route.get("code")}), None)
    if found is None or found.get("disabled"):
        raise Dhis2Refusal(404, differences(call.server).route_not_found.format(name), "E1005")
    return found


def _target(call: Call, route: Json) -> str:
    rest, url = call.parts.get("rest"), str(route["url"])
    if rest and not url.endswith("/**"):
        number = 1000 + [row["id"] for row in call.server.store.all(TYPE)].index(route["id"])
        raise Dhis2Refusal(502, f"Route '{number}' does not allow sub-paths")
    whole = url.removesuffix("**") + (rest or "") if url.endswith("/**") else url
    return f"{whole}?{urlencode(call.query)}" if call.query else whole


def _headers(call: Call, route: Json) -> dict[str, str]:
    sent = {name: value for name, value in call.headers.items() if name in _PASSED_ON}
    auth: Json = route.get("auth") or {}
    if auth.get("type") == "http-basic":
        pair = f"{auth.get('username', '')}:{auth.get('password', '')}".encode()
        sent["Authorization"] = f"Basic {base64.b64encode(pair).decode()}"
    elif auth.get("type") == "api-token":
        sent["Authorization"] = f"ApiToken {auth.get('token', '')}"
    return {**sent, **(route.get("headers") or {}), "X-Forwarded-User": call.user.username}


def _unreachable(call: Call, url: str) -> Dhis2Refusal:
    status, pattern = differences(call.server).route_refused
    place = urlsplit(url)
    return Dhis2Refusal(status, pattern.format(call.method, url, place.netloc, place.hostname))
