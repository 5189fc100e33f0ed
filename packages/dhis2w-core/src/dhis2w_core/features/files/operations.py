"""Files that DHIS2 keeps, and documents that are made of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dhis2w_client.files import Domain
from dhis2w_core.file_facts import file_facts
from dhis2w_core.operation import Face, operation
from dhis2w_core.plan import Action
from dhis2w_core.planned_changes import first_rows

if TYPE_CHECKING:
    from dhis2w_client.client import Dhis2Client
    from dhis2w_client.file_body import Progress
    from dhis2w_client.files import Downloaded


@operation("files list", effect="read")
async def list_files(client: Dhis2Client, *, domain: Domain | None = None, limit: int = 50) -> list[dict[str, Any]]:
    """List the files that the server keeps.

    Source: "File resources" in DHIS2's developer guide; `FileResourceController`.

    Args:
        domain: Only those that are for this.
        limit: At most so many; 0 lists all.
    """
    fields = "id,name,domain,contentType,contentLength,created"
    filters = [f"domain:eq:{domain}"] if domain else []
    return await first_rows(client, "fileResources", fields, limit=limit, filters=filters)


@operation("files upload", effect="write")
async def upload(face: Face, file: Path, *, domain: Domain = "DOCUMENT", id: str | None = None) -> Action:
    """Store a file; DHIS2 deletes it again after some hours where nothing refers to it.

    Args:
        file: The file.
        domain: What it is for.
        id: The UID that it is to have.
    """

    async def perform(client: Dhis2Client) -> dict[str, Any]:
        stored = await client.files.upload(file, domain=domain, id=id, progress=_sent(face))
        return {"id": stored.id, "name": stored.name, "bytes": stored.contentLength}

    return Action(f"Store {file.name}", perform, file_facts(file) | {"domain": domain})


@operation("files download", effect="read")
async def download(client: Dhis2Client, face: Face, id: str, file: Path) -> dict[str, Any]:
    """Fetch a file; those of data values come only with their value.

    Args:
        id: Its UID.
        file: Where to; a file that is there is replaced when all of it has come.
    """
    return _told(await client.files.download(id, file, progress=_come(face)))


@operation("files document add", effect="write")
async def document_add(face: Face, file: Path, *, name: str | None = None, attachment: bool = False) -> Action:
    """Store a file as a document, which users find among reports; `metadata delete documents` takes it away.

    Args:
        file: The file.
        name: The document's name; without it that of the file.
        attachment: Have browsers save it instead of showing it.
    """

    async def perform(client: Dhis2Client) -> dict[str, Any]:
        made = await client.files.add_document(file, name=name, attachment=attachment, progress=_sent(face))
        return {"document": name or file.name, "id": made.id}

    return Action(f"Make a document of {file.name}", perform, file_facts(file) | {"name": name or file.name})


@operation("files document download", effect="read")
async def document_download(client: Dhis2Client, face: Face, id: str, file: Path) -> dict[str, Any]:
    """Fetch the file of a document.

    Args:
        id: UID of the document.
        file: Where to; a file that is there is replaced when all of it has come.
    """
    return _told(await client.files.download_document(id, file, progress=_come(face)))


@operation("files icon add", effect="write")
async def icon_add(file: Path, key: str, *, description: str | None = None, keyword: Sequence[str] = ()) -> Action:
    """Make an icon of a PNG file, which objects can have as their style; `files icon delete` takes it away.

    Args:
        file: The PNG file.
        key: The name it is to have: letters, digits, `_` and `-`.
        description: What it shows.
        keyword: A word to find it by.
    """

    async def perform(client: Dhis2Client) -> dict[str, Any]:
        await client.files.add_icon(file, key, description=description, keywords=keyword)
        return {"icon": key}

    return Action(f"Make icon {key}", perform, file_facts(file) | {"key": key})


@operation("files icon download", effect="read")
async def icon_download(client: Dhis2Client, key: str, file: Path) -> dict[str, Any]:
    """Fetch the picture of an icon.

    Args:
        key: Its key.
        file: Where to; a file that is there is replaced when all of it has come.
    """
    return _told(await client.files.download_icon(key, file))


@operation("files icon delete", effect="destroy")
async def icon_delete(key: str) -> Action:
    """Delete an icon that somebody added; objects that have it show none.

    Args:
        key: Its key.
    """

    async def perform(client: Dhis2Client) -> dict[str, Any]:
        await client.files.delete_icon(key)
        return {"deleted": key}

    return Action(f"Delete icon {key}", perform, {"icon": key}, effect="destroy")


def _sent(face: Face) -> Progress:
    return lambda done, total: face.progress("Sent", done, total)


def _come(face: Face) -> Progress:
    return lambda done, total: face.progress("Received", done, total)


def _told(got: Downloaded) -> dict[str, Any]:
    return {"file": got.path, "bytes": got.size, "type": got.content_type}
