"""A small server whose objects refer to each other, and somebody who merges them."""

from __future__ import annotations

import base64
import json
from typing import Any

from dhis2w_sandbox import Sandbox
from dhis2w_sandbox.call import Reply

Json = dict[str, Any]

ADMIN = f"Basic {base64.b64encode(b'admin:district').decode()}"


def uid(name: str) -> str:
    """An identifier that says what it is: `uid("unit1")`."""
    return name.ljust(11, "0")


def send(sandbox: Sandbox, method: str, target: str, body: Any = None, *, authorization: str = ADMIN) -> Reply:
    """Send one request, as the administrator by default."""
    path, _, query = target.partition("?")
    headers = [("Host", "sandbox.example.org"), ("Authorization", authorization), ("Content-Type", "application/json")]
    raw = b"" if body is None else json.dumps(body).encode()
    return sandbox.app.answer(method, path, query, headers, raw)


def load(sandbox: Sandbox, **lists: list[Json]) -> None:
    """Import objects; each must be taken."""
    reply = send(sandbox, "POST", "/api/metadata", lists)
    assert reply.status == 200, reply.body


def merge(sandbox: Sandbox, plural: str, sources: list[str], target: str | None, **more: Any) -> Reply:
    """Merge objects, and delete the sources unless told otherwise."""
    body = {"sources": sources, "target": target, "deleteSources": True, **more}
    return send(sandbox, "POST", f"/api/{plural}/merge", body)


def report_of(reply: Reply) -> Json:
    """The merge report of an answer."""
    response = reply.parsed()["response"]
    assert response["responseType"] == "MergeWebResponse"
    return response["mergeReport"]


def errors_of(reply: Reply) -> list[tuple[str, list[str | None]]]:
    """Codes and arguments of what was refused."""
    body = reply.parsed()
    assert (reply.status, body["status"]) == (409, "WARNING")
    return [(row["errorCode"], row["args"]) for row in report_of(reply)["mergeErrors"]]


def stored(sandbox: Sandbox, type: str, name: str) -> Json:
    """A stored document."""
    document = sandbox.server.store.get(type, name)
    assert document is not None
    return document


def ids(document: Json, key: str) -> list[str]:
    """The identifiers in a list of references."""
    return [row["id"] for row in document[key]]
