"""`/api/fileResources` and `/api/documents/{uid}/data`: files, by what they are for.

A file is a document of the type `fileResource`; its content is in a table. It is stored before the request that
sends it is answered, which calls it pending all the same.
Source: `FileResourceController`, `DocumentController`, `FileResourceUtils`, `FileResourceBlocklist` of dhis2-core;
recordings `services/files`.
"""

from __future__ import annotations

import hashlib
from typing import Any

from dhis2w_sandbox.call import RECORDED, Call, Reply
from dhis2w_sandbox.errors import Dhis2Refusal, ErrorReport, conflict, forbidden, message, not_found
from dhis2w_sandbox.metadata.filters import UID
from dhis2w_sandbox.metadata.hooks import Hook, register
from dhis2w_sandbox.metadata.writing import delete_object
from dhis2w_sandbox.routing import Endpoints
from dhis2w_sandbox.server import Server
from dhis2w_sandbox.services import beans
from dhis2w_sandbox.services.differences import differences
from dhis2w_sandbox.services.multipart import Part, file_part
from dhis2w_sandbox.user import User

Json = dict[str, Any]

endpoints = Endpoints()

TYPE = "fileResource"
LARGEST = 10_000_000
_LARGEST_IMAGES = {"USER_AVATAR": 2_000_000, "ORG_UNIT": 8_000_000, "ICON": 25_000_000}
_IMAGES = ("image/jpeg", "image/png", "image/gif")
_IMAGE_NAMES = ("jpg", "jpeg", "png", "gif")
_BLOCKED_TYPES = frozenset(
    {
        "text/html",
        "text/css",
        "text/javascript",
        "font/otf",
        "application/x-shockwave-flash",
        "application/vnd.debian.binary-package",
        "application/x-rpm",
        "application/java-archive",
        "application/x-ms-dos-executable",
        "application/vnd.microsoft.portable-executable",
        "application/vnd.apple.installer+xml",
        "application/vnd.mozilla.xul+xml",
        "application/x-httpd-php",
        "application/x-sh",
        "application/x-csh",
    }
)
_BLOCKED_NAMES = frozenset(
    {"html", "htm", "css", "js", "mjs", "otf", "swf", "deb", "rpm", "jar", "jsp", "exe", "msi", "mpkg", "xul", "php"}
    | {"bin", "sh", "csh", "bat"}
)
_NOT_SERVED = {"DATA_VALUE", "PUSH_ANALYSIS"}


class FileContents:
    """The contents of files by identifier."""

    def __init__(self, server: Server) -> None:
        self._sql = server.store.sql
        self._sql.execute("CREATE TABLE IF NOT EXISTS file_content (uid TEXT PRIMARY KEY, content BLOB NOT NULL)")

    def read(self, uid: str) -> bytes:
        """The content of a file; empty where it has none."""
        row = self._sql.execute("SELECT content FROM file_content WHERE uid = ?", (uid,)).fetchone()
        return row[0] if row else b""

    def write(self, uid: str, content: bytes) -> None:
        """Store the content of a file."""
        self._sql.execute("INSERT OR REPLACE INTO file_content (uid, content) VALUES (?, ?)", (uid, content))


def _asks_no_fields(call: Call) -> bool:
    return call.param("fields") is None


@endpoints.add("POST", "/api/fileResources", RECORDED)
def upload(call: Call) -> Reply:
    """Store a file."""
    domain = _domain(call)
    uid = call.param("uid")
    if uid is not None and differences(call.server).checks_file_uid and not UID.fullmatch(uid):
        form = "UID must be an alphanumeric string of 11 characters starting with a letter, but was: "
        raise Dhis2Refusal(400, f"Value '{uid}' is not valid for parameter uid. {form}{uid}")
    part = file_part(call)
    _check(call.server, domain, part)
    if uid is not None and call.server.store.get(TYPE, uid):
        raise Dhis2Refusal(409, message(call.server.version, "E1119", "FileResource", uid), "E1119")
    return accepted(call, save(call.server, call.user, part, domain, uid))


def accepted(call: Call, document: Json) -> Reply:
    """The answer to a request that sent a file: it is still to be stored, says DHIS2."""
    shown = _bean(call.server, document, storageStatus="PENDING")
    shown["sharing"] = {**shown["sharing"], "owner": call.user.uid, "public": "--------"}
    return Reply.message(202, response={"fileResource": shown, "responseType": "FileResource"})


def save(server: Server, user: User, part: Part, domain: str, uid: str | None = None) -> Json:
    """Store a file of a domain.

    Raises:
        Dhis2Refusal: 409, it is empty or of a kind that DHIS2 does not take.
    """
    name = part.filename.replace("\\", "/").rpartition("/")[2] or "untitled"
    if not part.content:
        raise conflict("Could not read file or file is empty.")
    if part.content_type.lower() in _BLOCKED_TYPES or _extension(name.lower()) in _BLOCKED_NAMES:
        raise Dhis2Refusal(409, message(server.version, "E6101"), "E6101")
    now, me = server.now(), {"id": user.uid}
    document: Json = {
        "id": uid or server.new_uid(),
        "name": name,
        "created": now,
        "lastUpdated": now,
        "createdBy": me,
        "lastUpdatedBy": me,
        "contentType": part.content_type,
        "contentLength": len(part.content),
        "contentMd5": hashlib.md5(part.content, usedforsecurity=False).hexdigest(),
        "domain": domain,
        "assigned": False,
        "hasMultipleStorageFiles": False,
        "storageStatus": "NONE",
    }
    FileContents(server).write(document["id"], part.content)
    server.store.put(TYPE, document["id"], document)
    return document


@endpoints.add("GET", "/api/fileResources/{uid}", RECORDED, accepts=_asks_no_fields)
def about(call: Call) -> Reply:
    """Say what is known of a file."""
    return Reply.json(_bean(call.server, _stored(call), storageStatus="STORED"))


@endpoints.add("GET", "/api/fileResources/{uid}/data", RECORDED, suffixes="*")
def content(call: Call) -> Reply:
    """Send a file's content; those of data values come only with their values."""
    document = _stored(call)
    served = document["domain"] not in _NOT_SERVED
    if document["domain"] == "USER_AVATAR":
        avatar: Json = call.user.document.get("avatar") or {}
        served = call.user.has_any(["F_USER_VIEW"]) or avatar.get("id") == document["id"]
    if not served:
        raise forbidden(differences(call.server).file_not_served.format(document["id"]))
    return sent(call.server, document)


@endpoints.add("GET", "/api/documents/{uid}/data", RECORDED, suffixes="*")
def document_content(call: Call) -> Reply:
    """Send the file of a document, or lead to its address."""
    document = call.server.store.get("document", call.parts["uid"])
    if document is None:
        raise Dhis2Refusal(404, f"Document not found for uid: {call.parts['uid']}")
    if document.get("external"):
        return Reply(302, headers={"Location": document["url"]})
    return sent(call.server, call.server.store.get(TYPE, document["url"]) or {})


@endpoints.add("DELETE", "/api/documents/{uid:uid}", RECORDED)
def delete_document(call: Call) -> Reply:
    """Delete a document; its file stays, and may be used again."""
    document = call.server.store.get("document", call.parts["uid"])
    reply = delete_object(call.with_parts(type="documents"))
    if reply.status == 200 and document is not None and not document.get("external"):
        assign(call.server, document["url"], assigned=False)
    return reply


def sent(server: Server, document: Json) -> Reply:
    """The answer with a file's content."""
    headers = {"Content-Disposition": f"filename={document['name']}"}
    return Reply(200, FileContents(server).read(document["id"]), document["contentType"], headers)


def assign(server: Server, uid: str, *, assigned: bool) -> None:
    """Note whether a file belongs to something."""
    document = server.store.get(TYPE, uid)
    if document is not None:
        server.store.put(TYPE, uid, {**document, "assigned": assigned, "lastUpdated": server.now()})


def _check_file_is_free(server: Server, user: User, new: Json, old: Json | None) -> list[ErrorReport]:
    """E4016: the file belongs to another document."""
    del user
    uid = new.get("url")
    file = None if new.get("external") or uid is None else server.store.get(TYPE, uid)
    if file is None or not file["assigned"] or (old is not None and old.get("url") == uid):
        return []
    return [ErrorReport("E4016", ("url", uid), "org.hisp.dhis.document.Document")]


def _assign_file(server: Server, user: User, new: Json, old: Json | None) -> None:
    del user, old
    if not new.get("external") and new.get("url"):
        assign(server, new["url"], assigned=True)


register("document", Hook(check=_check_file_is_free, after=_assign_file))


def _stored(call: Call) -> Json:
    document = call.server.store.get(TYPE, call.parts["uid"])
    if document is None:
        raise not_found("FileResource", call.parts["uid"])
    return document


_KEYS = (
    "contentType",
    "contentLength",
    "contentMd5",
    "assigned",
    "domain",
    "hasMultipleStorageFiles",
    "storageStatus",
)


def _bean(server: Server, document: Json, **more: Any) -> Json:
    return beans.bean(server, document, **{key: document[key] for key in _KEYS} | more)


def _domain(call: Call) -> str:
    names = call.server.schemas.by_singular[TYPE].properties["domain"].constants or []
    domain = call.param("domain") or "DATA_VALUE"
    if domain not in names:
        valid = f"Valid values are: [{', '.join(names)}]"
        raise Dhis2Refusal(400, f"Value '{domain}' is not valid for parameter domain. {valid}")
    return domain


def _check(server: Server, domain: str, part: Part) -> None:
    del server
    if domain in {"USER_AVATAR", "ORG_UNIT"}:
        if part.content_type.split(";")[0].strip() not in _IMAGES:
            raise Dhis2Refusal(409, f"Invalid content type, valid content types are: {','.join(_IMAGES)}")
        if _extension(part.filename) not in _IMAGE_NAMES:
            raise Dhis2Refusal(409, f"Wrong file extension, valid extensions are: {','.join(_IMAGE_NAMES)}")
    if domain == "ICON" and _extension(part.filename) != "png":
        raise Dhis2Refusal(409, "Wrong file extension, valid extensions are: png")
    largest = min(LARGEST, _LARGEST_IMAGES.get(domain, LARGEST))
    if len(part.content) > largest:
        raise Dhis2Refusal(409, f"File size can't be bigger than {largest}, current file size {len(part.content)}")


def _extension(name: str) -> str:
    return name.rpartition(".")[2] if "." in name else ""
