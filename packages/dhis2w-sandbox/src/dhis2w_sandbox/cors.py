"""What an `Origin` header does: DHIS2 serves browsers of other sites only where they are allow-listed.

Source: `DhisCorsProcessor`; recording `meta/anonymous`.
"""

from __future__ import annotations

from dhis2w_sandbox.call import Call, Reply


def early_reply(call: Call) -> Reply | None:
    """The answer where the `Origin` decides alone: to a preflight, or to a foreign site."""
    origin = call.headers.get("origin")
    if not origin:
        return None
    if not is_allowed(call, origin):
        return Reply() if call.server.behaviour.refuses_foreign_origins else None
    method = call.headers.get("access-control-request-method")
    if call.method != "OPTIONS" or not method:
        return None
    headers = {"Access-Control-Allow-Methods": method, "Access-Control-Max-Age": "3600"}
    if asked := call.headers.get("access-control-request-headers"):
        headers["Access-Control-Allow-Headers"] = asked
    return Reply(204, headers={**_greeting(origin), **headers})


def headers_for(call: Call) -> dict[str, str]:
    """What an answer to an allowed origin says beside its own headers."""
    origin = call.headers.get("origin")
    if not origin or not is_allowed(call, origin):
        return {}
    return {**_greeting(origin), "Access-Control-Expose-Headers": "ETag, Location"}


def is_allowed(call: Call, origin: str) -> bool:
    """Whether the origin is this server's own, or allow-listed."""
    return origin == call.origin or origin in call.server.configuration.read("corsAllowlist", [])


def _greeting(origin: str) -> dict[str, str]:
    return {"Access-Control-Allow-Credentials": "true", "Access-Control-Allow-Origin": origin, "Vary": "Origin"}
