"""The sandbox as an ASGI application: takes a request apart, finds out who sent it, and lets an endpoint answer.

Order of things as in DHIS2: context path and version segment, suffix, origin, credentials, endpoint, media type,
authorities, WebMessage.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, unquote

from dhis2w_sandbox import auth, cors, html
from dhis2w_sandbox.call import Call, Refused, Reply
from dhis2w_sandbox.errors import Dhis2Refusal, HtmlRefusal, NotInSandbox, web_message
from dhis2w_sandbox.faults import Fault, Faults
from dhis2w_sandbox.negotiation import negotiated, split_suffix
from dhis2w_sandbox.paths import is_spelled_out, published_methods
from dhis2w_sandbox.routing import Endpoint
from dhis2w_sandbox.server import Server

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

# Paths that are another name of an endpoint.
_ALIASES = {"apiTokens": "apiToken"}


_NO_FAULT = Fault()


def _nothing(server: Server) -> None:
    del server


class App:
    """The ASGI application of one server.

    Args:
        server: the state that requests read and change.
        endpoints: what there is to answer; rows of other versions are left out.
        context_path: where the server is mounted, such as `/dhis`; empty for the root.
        faults: how it misbehaves.
        before: what is done before each request, while no other is answered.
    """

    def __init__(
        self,
        server: Server,
        endpoints: Iterable[Endpoint],
        context_path: str = "",
        faults: Faults | None = None,
        before: Callable[[Server], None] = _nothing,
    ) -> None:
        self.server = server
        self.before = before
        self.faults = faults or Faults()
        self.context_path = context_path.rstrip("/")
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
        remote = (scope.get("client") or ("127.0.0.1", 0))[0]
        query: str = scope["query_string"].decode("latin-1")
        fault = self.faults.take(scope["method"], raw_path, len(body)) or _NO_FAULT
        if fault.ends_sessions:
            with self.server.lock:
                self.server.sessions.clear()
        reply = Reply(fault.status or 200, fault.body, fault.media)
        if fault.status is None or fault.done:
            real = self.answer(scope["method"], raw_path, query, headers, bytes(body), remote=remote)
            reply = reply if fault.done else real
        if fault.delay:
            await self.faults.sleep(fault.delay)
        spoilt = fault.spoil(reply)
        whole = reply if fault.breaks else spoilt
        await send({"type": "http.response.start", "status": spoilt.status, "headers": header_rows(spoilt, whole.body)})
        shown = b"" if scope["method"] == "HEAD" else spoilt.body
        await send({"type": "http.response.body", "body": shown, "more_body": fault.breaks})

    def answer(
        self,
        method: str,
        raw_path: str,
        query: str,
        headers: list[tuple[str, str]],
        body: bytes,
        *,
        remote: str = "127.0.0.1",
    ) -> Reply:
        """Answer one request: a function from the request to the reply, which changes only the server's state."""
        call = self._call(method, raw_path, query, headers, body=body, remote=remote)
        if call is None:
            return html.tomcat_page(404, f"The requested resource [{unquote(raw_path)}] is not available")
        early = cors.early_reply(call)
        if early is not None:
            return early
        try:
            with self.server.lock:
                self.before(self.server)
                reply = self._secured(call)
        except Refused as refused:
            reply = refused.reply
        reply.headers.update(cors.headers_for(call))
        return reply

    def _call(
        self, method: str, raw_path: str, query: str, headers: list[tuple[str, str]], *, body: bytes, remote: str
    ) -> Call | None:
        whole = unquote(raw_path)
        if not (whole + "/").startswith(self.context_path + "/"):
            return None
        names = {name.lower(): value for name, value in headers}
        path, api_version = strip_version(whole[len(self.context_path) :], self.server.behaviour.api_versions)
        path, suffix = split_suffix(_unalias(path.rstrip("/") or "/"))
        return Call(
            server=self.server,
            method=method,
            path=path,
            raw_path=raw_path,
            query=parse_qsl(query, keep_blank_values=True),
            headers=names,
            body=body,
            base_url=server_url(names) + self.context_path,
            suffix=suffix,
            parts={},
            sender=None,
            api_version=api_version,
            remote=remote,
            raw_query=query,
        )

    def _secured(self, call: Call) -> Reply:
        """The answer to whoever may have one; raises Refused for everybody else."""
        matches = self._matches(call)
        if call.path == "/api/ping" and self.server.behaviour.ping_skips_security:
            return self._answered(call, matches)
        if any(row.own_security for row, _ in matches):
            call = auth.with_session(call)
            return auth.remember(call, self._answered(call, matches))
        call = auth.identify(call)
        if call.sender is None and not auth.is_open(call.path) and not any(row.anonymous for row, _ in matches):
            raise auth.unauthenticated(call)
        return auth.remember(call, self._answered(call, matches))

    def _matches(self, call: Call) -> list[tuple[Endpoint, dict[str, str]]]:
        return [
            (row, parts)
            for row in self.endpoints
            if (parts := row.match(call.path)) is not None and (row.accepts is None or row.accepts(_with(call, parts)))
        ]

    def _answered(self, call: Call, matches: list[tuple[Endpoint, dict[str, str]]]) -> Reply:
        """The answer of the endpoint, or of what stands around it."""
        try:
            return self._dispatched(call, matches)
        except Dhis2Refusal as refusal:
            return _refused(refusal)
        except HtmlRefusal as refusal:
            return html.container_page(call, refusal)
        except NotInSandbox as lack:
            return Reply.json(web_message(501, f"The sandbox does not have this: {lack.what}", word="ERROR"), 501)

    def _dispatched(self, call: Call, matches: list[tuple[Endpoint, dict[str, str]]]) -> Reply:
        method = "GET" if call.method == "HEAD" else call.method
        version = self.server.version
        found = next(
            (
                (row, parts)
                for row, parts in matches
                if row.method == method and not is_spelled_out(version, method, call.path, row.pattern)
            ),
            None,
        )
        if found is None:
            return self._unmatched(call, {row.method for row, _ in matches})
        row, parts = found
        reply = self._handled(negotiated(_with(call, parts), row), row)
        if row.plain_before_38 and self.server.behaviour.has_plain_responses and (call.api_version or 38) < 38:
            reply = _plain(reply)
        if reply.status >= 400:
            reply.headers.setdefault("Cache-Control", "no-cache, private")
        reply.headers["X-Sandbox-Evidence"] = row.evidence.word
        return reply

    def _handled(self, call: Call, row: Endpoint) -> Reply:
        """What the endpoint answers; where it refuses, nothing of what it wrote stays."""
        if row.requires and not call.user.has_any(list(row.requires)):
            named = f", requires one Authority from [{', '.join(row.requires)}]"
            text = "Access is denied" + (named if self.server.behaviour.names_missing_authorities else "")
            return _refused(Dhis2Refusal(403, text))
        self.server.sender = call.sender.username if call.sender else None
        try:
            with self.server.store.transaction():
                return row.handler(call)
        except Dhis2Refusal as refusal:
            return _refused(refusal)

    def _unmatched(self, call: Call, methods: set[str]) -> Reply:
        """What a request gets for which there is no endpoint, though there may be one for other methods."""
        published = published_methods(self.server.version, call.path)
        if call.method in published:
            raise NotInSandbox(f"{call.method} {call.path}")
        whole = self._with_unknown_suffix(call)
        if whole is not None:
            return whole
        everything = methods | published
        if not everything:
            raise HtmlRefusal(404)
        allowed = ",".join(_allowed(everything))
        if call.method == "OPTIONS":
            return Reply(headers={"Allow": allowed})
        text = self.server.behaviour.method_not_allowed.format(call.method)
        raise Dhis2Refusal(405, text, headers={"Allow": allowed})

    def _with_unknown_suffix(self, call: Call) -> Reply | None:
        """What the path answers without the suffix that it ends in, which names no content type."""
        without = re.sub(r"\.\w+$", "", call.path)
        bare = replace(call, path=without)
        matches = [pair for pair in self._matches(bare) if pair[0].method == call.method]
        if without == call.path or not matches:
            return None
        reply = self._dispatched(bare, matches)
        reply.headers.setdefault("Content-Disposition", "inline;filename=f.txt")
        return reply


def strip_version(path: str, versions: range) -> tuple[str, int | None]:
    """The path without its `/api/NN/` segment, and that number, where the version takes it."""
    found = re.match(r"/api/(\d\d)(?=/|$)", path)
    if found and int(found[1]) in versions:
        return "/api" + path[found.end() :], int(found[1])
    return path, None


def server_url(headers: dict[str, str]) -> str:
    """Scheme, host and port as the sender knows them, proxies considered: no context path, no usual port."""
    scheme = headers.get("x-forwarded-proto", "http")
    host = headers.get("host", "localhost")
    if (port := headers.get("x-forwarded-port", "")).isdigit():
        host = f"{host.partition(':')[0]}:{port}"
    usual = {"http": ":80", "https": ":443"}.get(scheme, "")
    return f"{scheme}://{host.removesuffix(usual) if usual else host}"


def header_rows(reply: Reply, body: bytes) -> list[tuple[bytes, bytes]]:
    """The headers of a reply with this body as ASGI wants them."""
    rows = [(name, value) for name, value in reply.headers.items()]
    if reply.media is not None:
        rows.append(("Content-Type", reply.media))
    rows.append(("Content-Length", str(len(body))))
    rows += [("Set-Cookie", cookie) for cookie in reply.cookies]
    return [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in rows]


def _unalias(path: str) -> str:
    segments = path.split("/")
    if len(segments) > 2:
        segments[2] = _ALIASES.get(segments[2], segments[2])
    return "/".join(segments)


def _with(call: Call, parts: dict[str, str]) -> Call:
    return replace(call, parts=parts)


def _allowed(methods: set[str]) -> list[str]:
    """The methods of an `Allow` header, in the order in which the framework knows them."""
    whole = {*methods, "OPTIONS", *(["HEAD"] if "GET" in methods else [])}
    return [name for name in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS") if name in whole]


def _refused(refusal: Dhis2Refusal) -> Reply:
    cache = {"Cache-Control": "no-cache, private"} if refusal.status >= 400 else {}
    return Reply.json(refusal.as_json(), refusal.status, {**cache, **refusal.headers})


def _plain(reply: Reply) -> Reply:
    """The `response` of an envelope on its own: what old API versions answered."""
    inner = reply.parsed().get("response")
    return Reply.json(inner) if inner is not None else reply


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        event = await receive()
        await send({"type": f"{event['type']}.complete"})
        if event["type"] == "lifespan.shutdown":
            return
