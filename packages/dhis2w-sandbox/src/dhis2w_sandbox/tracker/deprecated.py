"""The tracker endpoints that 2.41 still has and nothing newer: the sandbox has none of them, and says so.

Source: the controllers in `webapi.controller.deprecated.tracker` of dhis2-core 2.41.
"""

from __future__ import annotations

from dhis2w_sandbox.call import SOURCE, Call, Reply
from dhis2w_sandbox.errors import NotInSandbox
from dhis2w_sandbox.routing import Endpoints

endpoints = Endpoints()

ROOTS = ("/api/events", "/api/enrollments", "/api/relationships", "/api/trackedEntityInstances")


def refuse(call: Call) -> Reply:
    """Refuse a deprecated tracker endpoint: `/api/tracker` does the same."""
    raise NotInSandbox(f"{call.method} {call.path}, which DHIS2 deprecates in favour of /api/tracker")


for _root in ROOTS:
    for _method in ("GET", "POST", "PUT", "DELETE"):
        endpoints.add(_method, _root, SOURCE, versions=("v41",))(refuse)
        endpoints.add(_method, f"{_root}/{{rest:rest}}", SOURCE, versions=("v41",))(refuse)
