"""The web apps of an instance."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from dhis2w_client.json_value import as_array, as_object
from dhis2w_core.file_facts import file_facts
from dhis2w_core.operation import operation
from dhis2w_core.plan import Action

if TYPE_CHECKING:
    from dhis2w_client.client import Dhis2Client


@operation("apps list", effect="read")
async def list_apps(client: Dhis2Client) -> list[dict[str, Any]]:
    """List the apps that are installed.

    Source: "Apps" in DHIS2's developer guide; `AppController`.
    """
    apps = await client.apps.list()
    return [
        {"key": app.key, "name": app.name, "version": app.version, "type": app.type, "bundled": app.bundled}
        for app in apps
    ]


@operation("apps install", effect="destroy")
async def install(file: Path) -> Action:
    """Install an app from a ZIP file, or replace the one with the same key; the old version is not kept.

    Args:
        file: The ZIP file.
    """

    async def perform(client: Dhis2Client) -> dict[str, Any]:
        await client.apps.install(file)
        return {"installed": file.name}

    return Action(f"Install {file.name}", perform, file_facts(file), effect="destroy")


@operation("apps remove", effect="destroy")
async def remove(key: str, *, delete_data: bool = False) -> Action:
    """Remove an app.

    Args:
        key: Its key, as `apps list` shows it.
        delete_data: Also delete what it keeps in the data store.
    """

    async def perform(client: Dhis2Client) -> dict[str, Any]:
        await client.apps.remove(key, delete_data=delete_data)
        return {"removed": key}

    facts = {"app": key, "its data": "deleted" if delete_data else "kept"}
    return Action(f"Remove app {key}", perform, facts, effect="destroy")


@operation("apps reload", effect="write")
async def reload() -> Action:
    """Have the server look for apps again in its folder."""

    async def perform(client: Dhis2Client) -> dict[str, Any]:
        await client.apps.reload()
        return {"reloaded": True}

    return Action("Look for apps again", perform)


@operation("apps hub list", effect="read")
async def hub_list(client: Dhis2Client, text: str | None = None) -> list[dict[str, Any]]:
    """List what the app hub has, as the server gets it from there, each version of each app.

    Args:
        text: Only apps with this in their name.
    """
    found: list[dict[str, Any]] = []
    for app in await client.apps.hub():
        if text is None or text.lower() in str(app.get("name", "")).lower():
            versions = map(as_object, as_array(app.get("versions")))
            found += [{"name": app.get("name"), "version": row.get("version"), "id": row.get("id")} for row in versions]
    return found


@operation("apps hub install", effect="destroy")
async def hub_install(version_id: str) -> Action:
    """Have the server install a version of an app from the hub; a version that is there is not kept.

    Args:
        version_id: The hub's UUID of the version, as `apps hub list` shows it.
    """

    async def perform(client: Dhis2Client) -> dict[str, Any]:
        await client.apps.install_from_hub(version_id)
        return {"installed": version_id}

    return Action("Install from the hub", perform, {"version": version_id}, effect="destroy")
