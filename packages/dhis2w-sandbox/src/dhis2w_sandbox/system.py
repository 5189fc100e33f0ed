"""`/api/system/…`, `/api/ping`, `/api/loginConfig`: what a server says of itself.

Source: `SystemController`, `SystemInfo`, `PingController`, `LoginConfigController` of dhis2-core; recordings
`meta/discovery`.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from dhis2w_sandbox import html
from dhis2w_sandbox.call import RECORDED, SOURCE, Call, Reply
from dhis2w_sandbox.errors import Dhis2Refusal, HtmlRefusal
from dhis2w_sandbox.routing import ALL_VERSIONS, Endpoints
from dhis2w_sandbox.selection import selected
from dhis2w_sandbox.sessions import TIMEOUT

Json = dict[str, Any]

endpoints = Endpoints()

NEVER_STORED = {"Cache-Control": "no-cache, no-store, max-age=0, must-revalidate"}
NEVER = "1970-01-01T00:00:00.000"
MOST_CODES = 10_000

# What only a superuser sees, beside the details of the database.
_SENSITIVE = {
    "jasperReportsVersion",
    "environmentVariable",
    "fileStoreProvider",
    "readOnlyMode",
    "nodeId",
    "javaVersion",
    "javaVendor",
    "osName",
    "osArchitecture",
    "osVersion",
    "externalDirectory",
    "readReplicaCount",
    "memoryInfo",
    "cpuCores",
    "clusterHostname",
}

# What 2.41 leaves out while nobody set it.
_UNSET = {
    "lastAnalyticsTableSuccess": NEVER,
    "lastAnalyticsTableRuntime": "",
    "lastSystemMonitoringSuccess": NEVER,
    "lastAnalyticsTablePartitionSuccess": NEVER,
    "lastAnalyticsTablePartitionRuntime": "",
    "systemMetadataVersion": "",
    "lastMetadataVersionSyncAttempt": NEVER,
}


@endpoints.add("GET", "/api/ping", RECORDED, suffixes="*")
def ping(call: Call) -> Reply:
    """Answer with nothing; where it is outside the security filters, to everybody."""
    del call
    return Reply()


@endpoints.add("GET", "/api/system/ping", RECORDED, suffixes="*", versions=ALL_VERSIONS - {"v44"})
@endpoints.add("GET", "/api/system/ping", SOURCE, suffixes="*", versions=["v44"], anonymous=True)
def system_ping(call: Call) -> Reply:
    """Answer `pong`, which is no JSON, though it says so."""
    del call
    return Reply(200, b"pong", "application/json", dict(NEVER_STORED))


@endpoints.add("GET", "/api/system/info", RECORDED)
def info(call: Call) -> Reply:
    """Say version, time and place; to a superuser also what runs underneath."""
    whole = _info(call)
    if not call.user.is_super:
        whole = {key: value for key, value in whole.items() if key not in _SENSITIVE}
        database = whole["databaseInfo"]
        whole["databaseInfo"] = {key: database[key] for key in ("spatialSupport", "time")}
        whole["encryption"] = False
    return Reply.json(selected(call.server, whole, call.param("fields")), headers=dict(NEVER_STORED))


@endpoints.add("GET", "/api/loginConfig", RECORDED, anonymous=True)
def login_config(call: Call) -> Reply:
    """Say what the login page shows, and, to everybody, the version."""
    unset: Json = {
        "applicationTitle": "",
        "applicationDescription": "",
        "applicationNotification": "",
        "applicationLeftSideFooter": "",
        "applicationRightSideFooter": "",
        "loginPageTemplate": "",
        "minPasswordLength": "8",
        "maxPasswordLength": "72",
    }
    return Reply.json(
        {
            "apiVersion": call.server.behaviour.release,
            **({"applicationTitle": "DHIS 2"} if call.server.behaviour.hides_unset_settings else unset),
            "countryFlag": "dhis2",
            "uiLocale": "en",
            "loginPopup": "",
            "loginPageLayout": "DEFAULT",
            "recaptchaSite": "6LcVwT0UAAAAAAkO_EGPiYOiymIszZUeHfqWIYX5",
            "emailConfigured": False,
            "selfRegistrationEnabled": False,
            "selfRegistrationNoRecaptcha": False,
            "allowAccountRecovery": False,
            "useCustomLogoFront": False,
            "oidcProviders": [],
        }
    )


@endpoints.add("GET", "/api/system/id", RECORDED, suffixes="*")
@endpoints.add("GET", "/api/system/uid", RECORDED, suffixes="*")
def identifiers(call: Call) -> Reply:
    """Make identifiers; as CSV where the `Accept` header asks for it, but not by suffix."""
    codes = _codes(call, call.server.new_uid)
    if call.suffix not in {None, "json"}:
        page = html.container_page(call, HtmlRefusal(406, call.server.behaviour.not_acceptable))
        page.headers.setdefault("Cache-Control", NEVER_STORED["Cache-Control"])
        return page
    if "csv" in call.headers.get("accept", ""):
        return Reply(200, "".join(f"{line}\n" for line in ("uid", *codes)).encode())
    return Reply.json({"codes": codes}, headers=dict(NEVER_STORED))


@endpoints.add("GET", "/api/system/uuid", RECORDED)
def uuids(call: Call) -> Reply:
    """Make UUIDs."""
    codes = _codes(call, lambda: str(uuid.UUID(int=call.server.random.getrandbits(128), version=4)))
    return Reply.json({"codes": codes}, headers=dict(NEVER_STORED))


def elapsed(since: datetime, now: datetime) -> str:
    """How DHIS2 writes a length of time: `498748 h, 0 m, 29 s`, without the parts that are zero."""
    seconds = int((now - since).total_seconds())
    parts = {"h": seconds // 3600, "m": seconds % 3600 // 60, "s": seconds % 60}
    return ", ".join(f"{value} {unit}" for unit, value in parts.items() if value)


def _codes(call: Call, make: Callable[[], str]) -> list[str]:
    limit = call.param("limit") or "1"
    try:
        count = int(limit)
    except ValueError as error:
        text = f"Value '{limit}' is not valid for parameter limit. For input string: \"{limit}\""
        raise Dhis2Refusal(400, text) from error
    return [make() for _ in range(min(count, MOST_CODES))]


def _info(call: Call) -> Json:
    server = call.server
    now = server.now()
    whole: Json = {
        "contextPath": call.base_url,
        "userAgent": call.headers.get("user-agent"),
        "calendar": server.setting("calendar", "iso8601"),
        "dateFormat": "yyyy-mm-dd",
        "serverDate": now,
        "serverTimeZoneId": "Etc/UTC",
        "serverTimeZoneDisplayName": "Coordinated Universal Time",
        "databaseInfo": {
            "name": "dhis2",
            "user": "dhis",
            "url": "jdbc:sqlite:sandbox",
            "databaseVersion": "SQLite, the sandbox's",
            "spatialSupport": True,
            "time": now,
        },
        "version": server.behaviour.release,
        "revision": server.behaviour.revision,
        "buildTime": "2026-01-01T00:00:00.000",
        "jasperReportsVersion": "6.20.0",
        "environmentVariable": "DHIS2_HOME",
        "fileStoreProvider": "filesystem",
        "readOnlyMode": "off",
        "nodeId": "sandbox",
        "javaVersion": "none",
        "javaVendor": "none",
        "osName": "dhis2w-sandbox",
        "osArchitecture": "none",
        "osVersion": "none",
        "externalDirectory": "none",
        "readReplicaCount": 0,
        "memoryInfo": "Mem Total in JVM: 495 Free in JVM: 253 Max Limit: 1979",
        "cpuCores": 2,
        "encryption": True,
        "emailConfigured": False,
        "redisEnabled": False,
        "systemName": "DHIS 2",
        "instanceBaseUrl": call.base_url,
        "clusterHostname": "",
        "isMetadataVersionEnabled": False,
    }
    if not server.behaviour.hides_unset_settings:
        age = elapsed(datetime.fromtimestamp(0, UTC), server.clock())
        whole |= {**_UNSET, **{f"intervalSinceLastAnalyticsTable{part}Success": age for part in ("", "Partition")}}
    if server.behaviour.tells_session_timeout:
        whole |= {"sessionTimeout": TIMEOUT, "capability": {"analyticsTotalCounts": False}}
    return {key: value for key, value in whole.items() if value is not None}
