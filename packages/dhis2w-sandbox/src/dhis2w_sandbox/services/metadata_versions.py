"""`/api/metadata/version…` and `/api/metadata/sync`: switched off, as on a fresh server.

Source: `MetadataVersionController`, `MetadataSyncController` of dhis2-core; recordings `services/meta-misc`.
"""

from __future__ import annotations

from dhis2w_sandbox.call import RECORDED, SOURCE, Call, Reply
from dhis2w_sandbox.errors import Dhis2Refusal, NotInSandbox, bad_request
from dhis2w_sandbox.routing import Endpoints
from dhis2w_sandbox.services.settings import SystemSettings

endpoints = Endpoints()


@endpoints.add("GET", "/api/metadata/version", RECORDED)
@endpoints.add("GET", "/api/metadata/versions", RECORDED)
@endpoints.add("POST", "/api/metadata/version/create", RECORDED)
@endpoints.add("GET", "/api/metadata/version/history", SOURCE)
@endpoints.add("GET", "/api/metadata/version/{version}/data", SOURCE)
def versions(call: Call) -> Reply:
    """Refuse, as versions of the metadata are not kept."""
    settings = SystemSettings(call.server)
    if settings.value(settings.known["keyVersionEnabled"]):
        raise NotInSandbox("versions of the metadata")
    raise bad_request("Metadata versioning is not enabled for this instance.")


@endpoints.add("GET", "/api/metadata/sync", RECORDED)
def sync(call: Call) -> Reply:
    """Refuse, as there is no server to take metadata from."""
    call.required("versionName")
    settings = SystemSettings(call.server)
    if settings.value(settings.known["keyRemoteInstanceUrl"]):
        raise NotInSandbox("metadata of another server")
    raise Dhis2Refusal(500, "Remote server is not configured")
