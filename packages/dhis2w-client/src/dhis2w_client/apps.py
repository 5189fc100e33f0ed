"""`client.apps`: the web apps of an instance, and the hub where apps come from.

Source: "Apps" in DHIS2's developer guide, `AppController`, `AppHubController`; recording `services/apps`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from os import PathLike
from typing import TYPE_CHECKING
from urllib.parse import quote

from dhis2w_client.errors import InvalidRequestError, ObjectNotFoundError
from dhis2w_client.file_body import FileBody, Progress
from dhis2w_client.files import upload_call
from dhis2w_client.json_value import as_array, as_object, as_text
from dhis2w_client.replies import value_of
from dhis2w_client.write_report import write_report

if TYPE_CHECKING:
    from dhis2w_client.json_value import Json
    from dhis2w_client.metadata.metadata_api import MetadataApi


@dataclass(frozen=True, slots=True)
class App:
    """An app that is installed."""

    key: str
    """What its path is made of: `data-visualizer`."""
    name: str
    version: str
    type: str | None
    """`APP`, `DASHBOARD_WIDGET`, `RESOURCE` and so on."""
    bundled: bool
    """Whether it came with DHIS2, and cannot be removed."""
    facts: dict[str, object] = field(repr=False)
    """All that the server says of it."""


class AppService:
    """The web apps of an instance: `client.apps`. Managing them needs the authority `M_dhis-web-app-management`."""

    def __init__(self, api: MetadataApi) -> None:
        self._api = api

    async def list(self) -> list[App]:
        """The apps that are installed.

        Raises:
            ApiError: The server refused.
        """
        return [_app(as_object(row)) for row in as_array(await self._ask("GET", "apps"))]

    async def get(self, key: str) -> App:
        """One app.

        Args:
            key: Its key.

        Raises:
            ObjectNotFoundError: It is not installed.
        """
        found = next((app for app in await self.list() if app.key == key), None)
        if found is None:
            raise ObjectNotFoundError(
                f"There is no app {key!r}.", method="GET", path="/api/apps", status=404, next_step="list() names them."
            )
        return found

    async def install(self, path: str | PathLike[str], *, progress: Progress | None = None) -> None:
        """Install an app from a file, or replace the one with the same key.

        Args:
            path: The ZIP file.
            progress: Is called with the bytes sent and the size, as the file goes out.

        Raises:
            InvalidRequestError: The file cannot be read, or is empty.
            ConflictError: It is no app of DHIS2, or its key is that of an app that came with DHIS2.
            ForbiddenError: The authority is missing.
        """
        body = FileBody(path, content_type="application/zip", progress=progress)
        write_report(await self._api.connection.ask(upload_call(self._api, "apps", body)))

    async def install_from_hub(self, version_id: str) -> None:
        """Have the server install an app from the hub.

        Args:
            version_id: The hub's UUID of one version of an app, as `hub()` gives it.

        Raises:
            BadRequestError: It is no UUID.
            GatewayError: The server cannot reach the hub.
            ConflictError: The hub has no such version, or it cannot be installed.
        """
        write_report(await self._api.ask("POST", f"appHub/{quote(version_id, safe='')}"))

    async def hub(self) -> list[dict[str, object]]:
        """What the hub has, as it says it: `name`, `versions` with `id` and `version`, and more.

        Raises:
            GatewayError: The server cannot reach the hub.
        """
        return [as_object(row) for row in as_array(await self._ask("GET", "appHub"))]

    async def remove(self, key: str, *, delete_data: bool = False) -> None:
        """Remove an app.

        Args:
            key: Its key.
            delete_data: Also delete what it keeps in its namespace of the data store.

        Raises:
            InvalidRequestError: The key is empty.
            NotFoundError: It is not installed.
            ForbiddenError: The authority is missing.
        """
        if not key:
            raise InvalidRequestError("An app has a key.")
        params = {"deleteAppData": delete_data or None}
        write_report(await self._api.ask("DELETE", f"apps/{quote(key, safe='')}", params=params), key)

    async def reload(self) -> None:
        """Have the server look for apps again in its folder.

        Raises:
            ForbiddenError: The authority is missing.
        """
        write_report(await self._api.ask("PUT", "apps"))

    async def _ask(self, method: str, path: str) -> Json:
        return value_of(await self._api.ask(method, path))


def _app(row: dict[str, object]) -> App:
    return App(
        as_text(row.get("key")) or as_text(row.get("folderName")) or "",
        as_text(row.get("name")) or "",
        as_text(row.get("version")) or "",
        as_text(row.get("appType")),
        row.get("bundled") is True or row.get("isBundledApp") is True,
        row,
    )
