"""The sandbox as an ASGI application: takes a request apart, finds out who sent it, and lets an endpoint answer.

Order of things as in DHIS2: context path and version segment, suffix, credentials, endpoint, WebMessage.
"""

from __future__ import annotations

import gzip
import re
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, unquote

from dhis2w_sandbox import auth, html
from dhis2w_sandbox.call import Call, Reply
from dhis2w_sandbox.errors import Dhis2Refusal, HtmlRefusal, NotInSandbox, web_message
from dhis2w_sandbox.paths import is_published
from dhis2w_sandbox.routing import Endpoint
from dhis2w_sandbox.server import Server

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

# What DHIS2 takes for a content type at the end of a path, longest first.
SUFFIXES = [
    "json.gz",
    "json.zip",
    "xml.gz",
    "xml.zip",
    "csv.gz",
    "csv.zip",
    "adx.xml.gz",
    "adx.xml.zip",
    "adx.xml",
    "jsonp",
    "json",
    "xml",
    "png",
    "pdf",
    "xls",
    "xlsx",
    "csv",
    "geojson",
]


class App:
    """The ASGI application of one server."""

    def __init__(self, server: Server, endpoints: Iterable[Endpoint]) -> None:
        self.server = server
        rows = [row for row in endpoints if server.version in row.versions]
        self.endpoints = sorted(rows, key=lambda row: row.rank)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection event."""
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
            return
        body = bytearray()
        while True:
            event = await receive()
            body += event.get("body", b"")
            if not event.get("more_body"):
                break
        headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]]
        raw_path: str = scope.get("raw_path", scope["path"].encode()).decode("latin-1")
        reply = self.answer(scope["method"], raw_path, scope["query_string"].decode("latin-1"), headers, bytes(body))
        await send({"type": "http.response.start", "status": reply.status, "headers": _headers_of(reply)})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else reply.body})

    def answer(self, method: str, raw_path: str, query: str, headers: list[tuple[str, str]], body: bytes) -> Reply:
        """Answer one request: a function from the request to the reply, which changes only the server's state."""
        call = self._call(method, raw_path, query, headers, body)
        try:
            return self._dispatch(call)
        except Dhis2Refusal as refusal:
            cache = {"Cache-Control": "no-cache, private"} if refusal.status >= 400 else {}
            return Reply.json(refusal.as_json(), refusal.status, {**cache, **refusal.headers})
        except HtmlRefusal as refusal:
            return html.error_page(refusal.status)
        except NotInSandbox as lack:
            return Reply.json(web_message(501, f"The sandbox does not have this: {lack.what}", word="ERROR"), 501)

    def _call(self, method: str, raw_path: str, query: str, headers: list[tuple[str, str]], body: bytes) -> Call:
        names = {name.lower(): value for name, value in headers}
        path, suffix = split_suffix(strip_version(unquote(raw_path), self.server.behaviour.api_versions))
        if body[:2] == b"\x1f\x8b" and names.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        scheme = names.get("x-forwarded-proto", "http")
        return Call(
            server=self.server,
            method=method,
            path=path.rstrip("/") or "/",
            raw_path=raw_path,
            query=parse_qsl(query, keep_blank_values=True),
            headers=names,
            body=body,
            base_url=f"{scheme}://{names.get('host', 'localhost')}",
            suffix=suffix,
            parts={},
            sender=None,
        )

    def _dispatch(self, call: Call) -> Reply:
        matches = [
            (row, parts)
            for row in self.endpoints
            if (parts := row.match(call.path)) is not None and (row.accepts is None or row.accepts(_with(call, parts)))
        ]
        method = "GET" if call.method == "HEAD" else call.method
        found = next(((row, parts) for row, parts in matches if row.method == method), None)
        if found is None or not found[0].anonymous:
            call = auth.authenticate(call)
        if found is None:
            raise self._no_endpoint(call, {row.method for row, _ in matches})
        row, parts = found
        with self.server.store.transaction():
            reply = row.handler(_with(call, parts))
        reply.headers["X-Sandbox-Evidence"] = row.evidence.word
        return auth.remember(call, reply)

    def _no_endpoint(self, call: Call, methods: set[str]) -> Exception:
        if is_published(self.server.version, call.method, call.path):
            return NotInSandbox(f"{call.method} {call.path}")
        if methods:
            return Dhis2Refusal(
                405,
                self.server.behaviour.method_not_allowed.format(call.method),
                headers={"Allow": ",".join(sorted(methods))},
            )
        return HtmlRefusal(404)


def strip_version(path: str, versions: range) -> str:
    """The path without its `/api/NN/` segment, where the version takes that number."""
    found = re.match(r"/api/(\d\d)(?=/|$)", path)
    return "/api" + path[found.end() :] if found and int(found[1]) in versions else path


def split_suffix(path: str) -> tuple[str, str | None]:
    """The path without the suffix that names a content type, and that suffix."""
    for suffix in SUFFIXES:
        if path.endswith("." + suffix):
            return path[: -len(suffix) - 1], suffix
    return path, None


def _with(call: Call, parts: dict[str, str]) -> Call:
    return replace(call, parts=parts)


def _headers_of(reply: Reply) -> list[tuple[bytes, bytes]]:
    rows = [(name, value) for name, value in reply.headers.items()]
    if reply.media is not None:
        rows.append(("Content-Type", reply.media))
    rows.append(("Content-Length", str(len(reply.body))))
    rows += [("Set-Cookie", cookie) for cookie in reply.cookies]
    return [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in rows]


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        event = await receive()
        await send({"type": f"{event['type']}.complete"})
        if event["type"] == "lifespan.shutdown":
            return
