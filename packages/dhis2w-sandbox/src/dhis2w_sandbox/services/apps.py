"""`/api/apps` and `/api/appHub`: no app is installed here, and the hub cannot be reached.

Source: `AppController`, `AppHubController` of dhis2-core; recordings `services/apps`.
"""

from __future__ import annotations

import uuid

from dhis2w_sandbox.call import RECORDED, Call, Reply
from dhis2w_sandbox.errors import Dhis2Refusal
from dhis2w_sandbox.routing import Endpoints
from dhis2w_sandbox.services.differences import differences
from dhis2w_sandbox.services.multipart import file_part

endpoints = Endpoints()

_MAY = ["M_dhis-web-app-management"]
HUB = "https://apps.dhis2.org/api"


@endpoints.add("GET", "/api/apps", RECORDED)
def apps(call: Call) -> Reply:
    """List the apps: none; with `key` that app, which is not there."""
    return Reply(404) if call.param("key") else Reply.json([])


@endpoints.add("PUT", "/api/apps", RECORDED, requires=_MAY)
def reload_apps(call: Call) -> Reply:
    """Look for apps again."""
    del call
    return Reply(204)


@endpoints.add("POST", "/api/apps", RECORDED, requires=_MAY)
def install(call: Call) -> Reply:
    """Refuse an app: the sandbox runs none."""
    file_part(call)
    raise Dhis2Refusal(409, "Invalid zip file: the sandbox installs no apps")


@endpoints.add("GET", "/api/apps/menu", RECORDED)
def menu(call: Call) -> Reply:
    """List what the menu shows; the apps that 2.41 brings along are not here either."""
    del call
    return Reply.json({"modules": []})


@endpoints.add("GET", "/api/apps/{app}", RECORDED)
@endpoints.add("GET", "/api/apps/{app}/{path:rest}", RECORDED, suffixes="*")
def app_file(call: Call) -> Reply:
    """Show a file of an app, which is not there."""
    return Reply.message(404, f"App '{call.parts['app']}' not found.", word="ERROR")


@endpoints.add("DELETE", "/api/apps/{app}", RECORDED, requires=_MAY)
def uninstall(call: Call) -> Reply:
    """Remove an app, which is not there."""
    return Reply.message(404, f"App does not exist: {call.parts['app']}", word="ERROR")


@endpoints.add("GET", "/api/appHub", RECORDED)
@endpoints.add("GET", "/api/appHub/{path:rest}", RECORDED)
def hub(call: Call) -> Reply:
    """Ask the hub, which cannot be reached."""
    path = call.parts.get("path", "apps")
    raise Dhis2Refusal(503, differences(call.server).hub_unreachable.format(f"{HUB}/{path}"))


@endpoints.add("POST", "/api/appHub/{version}", RECORDED, requires=_MAY)
def install_from_hub(call: Call) -> Reply:
    """Install an app from the hub, which cannot be reached."""
    version = call.parts["version"]
    try:
        uuid.UUID(version)
    except ValueError as error:
        text = f"Value '{version}' is not valid for path parameter versionId. Invalid UUID string: {version}"
        raise Dhis2Refusal(400, text) from error
    raise Dhis2Refusal(503, differences(call.server).hub_unreachable.format(f"{HUB}/v1/appVersions/{version}"))
