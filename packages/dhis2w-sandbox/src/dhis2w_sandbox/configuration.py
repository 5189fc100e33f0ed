"""`/api/configuration/…`: which other sites' browsers may come.

Source: `ConfigurationController` of dhis2-core; recordings `meta/anonymous`, `services/configuration`.
"""

from __future__ import annotations

from dhis2w_sandbox.bodies import json_body
from dhis2w_sandbox.call import RECORDED, Call, Reply
from dhis2w_sandbox.routing import Endpoints

endpoints = Endpoints()


@endpoints.add("GET", "/api/configuration/corsWhitelist", RECORDED)
@endpoints.add("GET", "/api/configuration/corsAllowlist", RECORDED)
def cors_allowlist(call: Call) -> Reply:
    """List the origins that browsers may come from."""
    return Reply.json(call.server.configuration.read("corsAllowlist", []))


@endpoints.add("POST", "/api/configuration/corsWhitelist", RECORDED, requires=["F_SYSTEM_SETTING"])
@endpoints.add("POST", "/api/configuration/corsAllowlist", RECORDED, requires=["F_SYSTEM_SETTING"])
def set_cors_allowlist(call: Call) -> Reply:
    """Replace the origins that browsers may come from."""
    call.server.configuration.write("corsAllowlist", json_body(call))
    return Reply(204)
