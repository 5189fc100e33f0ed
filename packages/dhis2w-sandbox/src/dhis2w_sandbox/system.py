"""`/api/system/…`, `/api/ping`, `/api/loginConfig`: what a server says of itself.

Source: `SystemController`, `PingController`, `LoginConfigController` of dhis2-core; recordings `meta/discovery`.
"""

from __future__ import annotations

from dhis2w_sandbox.call import RECORDED, Call, Reply
from dhis2w_sandbox.routing import Endpoints

endpoints = Endpoints()


@endpoints.add("GET", "/api/ping", RECORDED, anonymous=True)
def ping(call: Call) -> Reply:
    """Answer with nothing, to everybody."""
    del call
    return Reply()


@endpoints.add("GET", "/api/system/info", RECORDED)
def info(call: Call) -> Reply:
    """Say version, time and place."""
    server = call.server
    return Reply.json(
        {
            "contextPath": call.base_url,
            "calendar": "iso8601",
            "dateFormat": "yyyy-mm-dd",
            "serverDate": server.now(),
            "version": server.behaviour.release,
            "revision": server.behaviour.revision,
        },
        headers={"Cache-Control": "no-store"},
    )
