"""`/api/auth/enrollDevice`: who may register a device as a client, and where it may be called back.

Source: `OAuth2DynamicClientRegistrationController` of dhis2-core; recordings `meta/oauth2-clients`.
"""

from __future__ import annotations

from fnmatch import fnmatchcase

from dhis2w_sandbox.call import RECORDED, Call, Reply
from dhis2w_sandbox.errors import HtmlRefusal, NotInSandbox
from dhis2w_sandbox.oauth2.protocol import NEWER, is_on
from dhis2w_sandbox.routing import Endpoints

endpoints = Endpoints()


@endpoints.add("GET", "/api/auth/enrollDevice", RECORDED, versions=NEWER, accepts=is_on, suffixes="*")
def enrol(call: Call) -> Reply:
    """Refuse whom the settings do not let in; the registration itself is not in the sandbox."""
    redirect_uri = call.required("redirectUri")
    call.required("state")
    groups = _setting(call, "deviceEnrollmentAllowedUserGroups")
    if groups and call.user.groups.isdisjoint(groups):
        raise HtmlRefusal(403, "forbidden_user")
    patterns = _setting(call, "deviceEnrollmentRedirectAllowlist")
    if not any(fnmatchcase(redirect_uri.lower(), pattern) for pattern in patterns):
        raise HtmlRefusal(400, "invalid_redirect_uri")
    raise NotInSandbox("the registration of devices (/connect/register)")


def _setting(call: Call, name: str) -> list[str]:
    return [entry.strip() for entry in str(call.server.setting(name, "")).split(",") if entry.strip()]
