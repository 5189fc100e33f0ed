"""What the server says about itself and about the user who is connected."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dhis2w_client.json_value import as_object
from dhis2w_core.operation import operation

if TYPE_CHECKING:
    from dhis2w_client.client import Dhis2Client


@operation("system info", effect="read")
async def info(client: Dhis2Client) -> dict[str, Any]:
    """Show what the server says about itself: version, revision, calendar, database.

    Source: `SystemController`, `GET /api/system/info`.
    """
    return (await client.system.info()).model_dump(mode="json", by_alias=True, exclude_unset=True)


@operation("system me", effect="read")
async def me(client: Dhis2Client) -> dict[str, Any]:
    """Show who the server takes you for: name, organisation units, groups.

    Source: `MeController`, `GET /api/me`.
    """
    fields = "id,username,name,email,lastLogin,organisationUnits[id,name],userRoles[id,name],userGroups[id,name]"
    return as_object(await client.get("me", params={"fields": fields}))


@operation("system authorities", effect="read")
async def authorities(client: Dhis2Client) -> list[dict[str, Any]]:
    """List the authorities that you have on the server; `ALL` stands for every one.

    Source: `MeController`, `GET /api/me/authorities`.
    """
    found = await client.get("me/authorities", as_=list[str])
    return [{"authority": name} for name in sorted(found)]


@operation("system ping", effect="read")
async def ping(client: Dhis2Client) -> dict[str, Any]:
    """Tell whether the server answers, and how fast.

    Source: `PingController`, `GET /api/ping`.
    """
    from time import monotonic

    begun = monotonic()
    await client.get("ping")
    return {
        "server": client.base_url,
        "version": client.raw_version,
        "milliseconds": round(1000 * (monotonic() - begun)),
    }
