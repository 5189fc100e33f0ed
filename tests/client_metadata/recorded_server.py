"""A server that gives the answers of a recorded scenario, and fails on a request that is not in it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx2

INFO = {"version": "2.42.5", "revision": "x"}


class RecordedServer(httpx2.AsyncBaseTransport):
    """Answers requests as a scenario of `live/` has them, each as often as it was recorded.

    A request is recognized by method, path, parameters in any order, and body; JSON bodies by their value.
    """

    def __init__(self, shared: Path, scenario: str, version: int = 42) -> None:
        path = shared / f"dhis2/live/v{version}/{scenario}.jsonl"
        lines = path.read_text(encoding="utf-8").splitlines()[1:]
        self._exchanges = [json.loads(line) for line in lines]
        self._version = version

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """The recorded answer to a request."""
        if request.url.path == "/api/system/info":
            return httpx2.Response(200, json={**INFO, "version": f"2.{self._version}.5"}, request=request)
        asked = _key(request.method, str(request.url.raw_path, "ascii"), _body(await request.aread()))
        for exchange in self._exchanges:
            recorded = exchange["request"]
            if asked == _key(recorded["method"], recorded["path"], recorded.get("json", recorded.get("text"))):
                self._exchanges.remove(exchange)
                return _response(exchange["response"], request)
        raise AssertionError(f"the scenario has no {asked}")


def _key(method: str, target: str, body: Any) -> tuple[str, str, list[tuple[str, str]], Any]:
    parts = urlsplit(target)
    return method, parts.path, sorted(parse_qsl(parts.query, keep_blank_values=True)), body


def _body(content: bytes) -> Any:
    if not content:
        return None
    try:
        return json.loads(content)
    except ValueError:
        return content.decode()


def _response(recorded: dict[str, Any], request: httpx2.Request) -> httpx2.Response:
    content = json.dumps(recorded["json"]) if "json" in recorded else recorded.get("text", "")
    headers = {"Content-Type": recorded.get("media") or "application/json", **recorded.get("headers", {})}
    return httpx2.Response(recorded["status"], content=content.encode(), headers=headers, request=request)
