"""`client.files`: files that DHIS2 keeps, and documents and icons that are made of them.

Source: "File resources", "Documents" and "Icons" in DHIS2's developer guide, `FileResourceController`,
`DocumentController`, `IconController`; recording `services/files`.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, replace
from os import PathLike
from typing import TYPE_CHECKING, Literal
from urllib.parse import quote

from dhis2w_client.call import Call, build_call
from dhis2w_client.errors import AnswerError, InvalidRequestError
from dhis2w_client.file_body import FileBody, Progress
from dhis2w_client.json_value import as_object, as_text
from dhis2w_client.metadata.uids import is_uid, new_uid
from dhis2w_client.pages import object_of
from dhis2w_client.refusals import error_of
from dhis2w_client.whole_file import written_whole
from dhis2w_client.write_report import write_report

if TYPE_CHECKING:
    from dhis2w_client.metadata.metadata_api import MetadataApi
    from dhis2w_client.models import FileResource
    from dhis2w_client.write_report import WriteReport

Domain = Literal["DATA_VALUE", "PUSH_ANALYSIS", "DOCUMENT", "MESSAGE_ATTACHMENT", "USER_AVATAR", "ORG_UNIT", "ICON"]
"""What a file is for; DHIS2 lets it be used for nothing else."""


@dataclass(frozen=True, slots=True)
class Downloaded:
    """A file that was fetched."""

    path: str
    """Where it is on this machine."""
    size: int
    """Bytes."""
    content_type: str | None
    """Its media type, as the server says."""


class FileService:
    """Files, documents and icons: `client.files`; as objects they are `client.file_resources` and so on.

    Nothing is held in memory as a whole, in either direction.
    """

    def __init__(self, api: MetadataApi) -> None:
        self._api = api

    async def upload(
        self,
        path: str | PathLike[str],
        *,
        domain: Domain = "DOCUMENT",
        id: str | None = None,
        name: str | None = None,
        content_type: str | None = None,
        progress: Progress | None = None,
    ) -> FileResource:
        """Store a file. DHIS2 deletes it again after some hours where nothing refers to it.

        Args:
            path: The file on this machine.
            domain: What it is for. `USER_AVATAR` and `ORG_UNIT` are JPEG, PNG or GIF, `ICON` is PNG.
            id: The UID it is to have. Default: the server chooses.
            name: The name it is to have. Default: its own.
            content_type: Its media type. Default: what its name says.
            progress: Is called with the bytes sent and the size, as the file goes out.

        Returns:
            What DHIS2 keeps of it: `id`, `contentLength`, `contentMd5`, `storageStatus` (`PENDING` is not yet in its
            place).

        Raises:
            InvalidRequestError: The file cannot be read, is empty or changes meanwhile, or `id` is no UID.
            ConflictError: Its type is not allowed (E6101), it is too large, or the UID is taken (E1119).
            AnswerError: DHIS2 got something else than was sent.
        """
        if id is not None and not is_uid(id):
            raise InvalidRequestError(f"{id!r} is no UID; 2.41 and 2.42 would take it, and never find it again.")
        body = FileBody(path, name=name, content_type=content_type, progress=progress)
        call = upload_call(self._api, "fileResources", body, {"domain": domain, "uid": id})
        answer = object_of(await self._api.connection.ask(call))
        return _stored(answer, body)

    async def about(self, id: str) -> FileResource:
        """What DHIS2 keeps of a file, beside its content.

        Args:
            id: UID of the file.

        Raises:
            ObjectNotFoundError: There is no such file.
        """
        from dhis2w_client.models import FileResource

        return FileResource.model_validate(await self._api.read(f"fileResources/{quote(id, safe='')}"))

    async def download(self, id: str, path: str | PathLike[str], *, progress: Progress | None = None) -> Downloaded:
        """Fetch a file; those of data values come only with their value.

        Args:
            id: UID of the file.
            path: Where to; the file there is replaced when all of it has come.
            progress: Is called with the bytes that have come and the size, where the server says it.

        Raises:
            ObjectNotFoundError: There is no such file.
            ForbiddenError: It is for something that this endpoint does not serve (E1006).
            NoAnswerError: The connection broke; nothing was written.
            OSError: The file cannot be written.
        """
        return await self._fetch(f"fileResources/{quote(id, safe='')}/data", path, progress)

    async def add_document(
        self,
        path: str | PathLike[str],
        *,
        name: str | None = None,
        attachment: bool = False,
        progress: Progress | None = None,
    ) -> WriteReport:
        """Store a file, and make a document of it, which users find under "Reports".

        Args:
            path: The file on this machine.
            name: The document's name. Default: that of the file.
            attachment: Whether a browser saves it instead of showing it.
            progress: Is called with the bytes sent and the size.

        Returns:
            The report; `id` is the document's UID.

        Raises:
            ConflictError: The file or the document is refused.
        """
        stored = await self.upload(path, domain="DOCUMENT", progress=progress)
        body = {
            "id": new_uid(),
            "name": name or stored.name,
            "url": stored.id,
            "external": False,
            "attachment": attachment,
        }
        return write_report(await self._api.ask("POST", "documents", body=body))

    async def add_link(self, url: str, name: str) -> WriteReport:
        """Make a document that leads to an address elsewhere.

        Args:
            url: The address.
            name: The document's name.

        Raises:
            ConflictError: The document is refused.
        """
        body = {"id": new_uid(), "name": name, "url": url, "external": True}
        return write_report(await self._api.ask("POST", "documents", body=body))

    async def download_document(
        self, id: str, path: str | PathLike[str], *, progress: Progress | None = None
    ) -> Downloaded:
        """Fetch the file of a document.

        Args:
            id: UID of the document.
            path: Where to; the file there is replaced when all of it has come.
            progress: Is called with the bytes that have come and the size, where the server says it.

        Raises:
            NotFoundError: There is no such document.
            RedirectedError: It is a link to another place, which is not followed.
            OSError: The file cannot be written.
        """
        return await self._fetch(f"documents/{quote(id, safe='')}/data", path, progress)

    async def add_icon(
        self,
        path: str | PathLike[str],
        key: str,
        *,
        description: str | None = None,
        keywords: Iterable[str] = (),
    ) -> WriteReport:
        """Store a PNG file, and make an icon of it that objects can have as their `style.icon`.

        Args:
            path: The PNG file.
            key: The name it is to have: letters, digits, `_` and `-`.
            description: What it shows.
            keywords: Words to find it by.

        Raises:
            ConflictError: The key is taken or not allowed, or the file is no PNG.
        """
        stored = await self.upload(path, domain="ICON")
        body = {"key": key, "fileResourceId": stored.id, "description": description, "keywords": list(keywords)}
        return write_report(await self._api.ask("POST", "icons", body=body), key)

    async def download_icon(self, key: str, path: str | PathLike[str]) -> Downloaded:
        """Fetch the picture of an icon.

        Args:
            key: Its key.
            path: Where to; the file there is replaced when all of it has come.

        Raises:
            NotFoundError: There is no such icon.
            RedirectedError: DHIS2 leads to a file on its own pages, as it does for the icons it brings along.
            OSError: The file cannot be written.
        """
        return await self._fetch(f"icons/{quote(key, safe='')}/icon", path, None)

    async def delete_icon(self, key: str) -> WriteReport:
        """Delete an icon that somebody added.

        Args:
            key: Its key.

        Raises:
            NotFoundError: There is no such icon.
            ConflictError: It is one that DHIS2 brings along.
        """
        return write_report(await self._api.ask("DELETE", f"icons/{quote(key, safe='')}"), key)

    async def _fetch(self, source: str, path: str | PathLike[str], progress: Progress | None) -> Downloaded:
        call = build_call("GET", source, base_url=self._api.connection.base_url, accept="*/*")
        async with self._api.connection.stream(call) as (reply, pieces):
            error = error_of(reply)
            if error is not None:
                raise error
            length = as_text(reply.headers.get("content-length"))
            total = int(length) if length and "content-encoding" not in reply.headers else None
            size = 0
            with written_whole(path) as file:
                async for piece in pieces:
                    size += file.write(piece)
                    if progress:
                        progress(size, total)
            return Downloaded(os.fspath(path), size, reply.headers.get("content-type"))


def upload_call(api: MetadataApi, path: str, body: FileBody, params: dict[str, str | None] | None = None) -> Call:
    """The request that sends a file."""
    call = build_call("POST", path, base_url=api.connection.base_url, params=params)
    headers = {**call.headers, "Content-Type": body.content_type, "Content-Length": str(body.length)}
    return replace(call, body=body, headers=headers)


def _stored(answer: dict[str, object], body: FileBody) -> FileResource:
    from dhis2w_client.models import FileResource

    kept = as_object(as_object(answer.get("response")).get("fileResource"))
    if (kept.get("contentLength"), kept.get("contentMd5")) != (body.size, body.md5):
        raise AnswerError(
            f"DHIS2 stored {kept.get('contentLength')} bytes of {body.name} as {kept.get('id')}, "
            f"but {body.size} were sent, or others.",
            method="POST",
            path="/api/fileResources",
            next_step="Send it again; DHIS2 deletes what nothing refers to.",
        )
    return FileResource.model_validate(kept)
