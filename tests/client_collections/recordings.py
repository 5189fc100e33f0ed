"""Scenarios recorded on real servers, played back to a client: a transport gives the recorded answers."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast
from urllib.parse import parse_qsl, urlsplit

import httpx2

AREAS = ("meta", "objects")
VERSIONS = ("v41", "v42", "v43")

Query = list[tuple[str, str]]


@dataclass(frozen=True)
class Exchange:
    """One recorded request and its answer."""

    number: int
    method: str
    path: str
    """Without the query."""
    query: Query
    body: Any
    """As JSON; None where there is none, or it is no JSON."""
    other_body: bytes | None
    content_type: str | None
    answer: dict[str, Any] = field(repr=False)

    @property
    def json(self) -> Any:
        """The answer as JSON, where it is."""
        return self.answer.get("json")

    @property
    def text(self) -> str:
        """Method and target."""
        query = "&".join(f"{key}={value}" for key, value in self.query)
        return f"{self.method} {self.path}{'?' + query if query else ''}"


@dataclass(frozen=True)
class Scenario:
    """One recorded scenario."""

    name: str
    """`meta/patch`."""
    folder: str
    """`v42`."""
    version: str
    exchanges: list[Exchange]


def scenarios(shared: Path) -> Iterator[Scenario]:
    """Every scenario of metadata and of single objects."""
    for folder in VERSIONS:
        for area in AREAS:
            for file in sorted((shared / "dhis2/live" / folder / area).glob("*.jsonl")):
                head, *lines = map(json.loads, file.read_text(encoding="utf-8").splitlines())
                yield Scenario(f"{area}/{file.stem}", folder, head["version"], _exchanges(lines))


def _exchanges(lines: list[dict[str, Any]]) -> list[Exchange]:
    kept: dict[str, str] = {}
    found: list[Exchange] = []
    for number, line in enumerate(lines):
        request: dict[str, Any] = json.loads(_filled(json.dumps(line["request"]), kept))
        target = urlsplit(str(request["path"]))
        found.append(
            Exchange(
                number=number,
                method=request["method"],
                path=target.path,
                query=parse_qsl(target.query, keep_blank_values=True),
                body=request.get("json"),
                other_body=_bytes(request) if "json" not in request else None,
                content_type=_header(request, "content-type"),
                answer=line["response"],
            )
        )
        for name, place in line.get("keep", {}).items():
            kept[name] = str(_at(line["response"], place))
    return found


def _filled(text: str, kept: dict[str, str]) -> str:
    """A request with the values that earlier answers gave."""
    return re.sub(r"\{\{(\w+)\}\}", lambda match: kept.get(match[1], "missing"), text)


def _at(document: Any, place: str) -> Any:
    for part in place.split("."):
        if isinstance(document, list):
            document = cast("list[Any]", document)[int(part)]
        else:
            document = cast("dict[str, Any]", document or {}).get(part)
    return document


def _header(request: dict[str, Any], name: str) -> str | None:
    return next((value for key, value in request.get("headers", {}).items() if key.lower() == name), None)


def _bytes(message: dict[str, Any]) -> bytes | None:
    if "text" in message:
        return message["text"].encode()
    return base64.b64decode(message["base64"]) if "base64" in message else None


class Playback(httpx2.AsyncBaseTransport):
    """Gives the answer of one exchange to whatever is asked, and remembers what was asked."""

    def __init__(self, version: str) -> None:
        self._version = version
        self.exchange: Exchange | None = None
        self.request: httpx2.Request | None = None

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        if self.exchange is None:
            return httpx2.Response(200, json={"version": self._version})
        if str(request.url).endswith("/api/me?fields=authorities"):  # whether an empty list is one for this user alone
            return httpx2.Response(200, json={"authorities": ["ALL"]})
        self.request = request
        answer = self.exchange.answer
        body = json.dumps(answer["json"]).encode() if "json" in answer else _bytes(answer) or b""
        headers = {"Content-Type": answer["media"]} if answer["media"] else {}
        return httpx2.Response(answer["status"], headers=headers | answer["headers"], content=body)

    def sent(self) -> tuple[str, str, Query, Any]:
        """Method, path, sorted query and JSON body of what the client asked."""
        assert self.request
        url = urlsplit(str(self.request.url))
        body = self.request.content
        query = sorted(parse_qsl(url.query, keep_blank_values=True), key=lambda pair: pair[0])
        return self.request.method, url.path, query, json.loads(body) if body else None
