"""Clients of an in-process server: the sandbox, or a function that answers requests."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import httpx2

from dhis2w_client import BasicAuth, Dhis2Client, RetryPolicy
from dhis2w_sandbox import Sandbox

T = TypeVar("T")

BASE_URL = "http://127.0.0.1:8080"
VERSIONS = (41, 42, 43, 44)
NUMBER = {"valueType": "NUMBER", "aggregationType": "SUM", "domainType": "AGGREGATE"}

Scenario = Callable[[Dhis2Client], Awaitable[T]]


def element(name: str, **more: object) -> dict[str, object]:
    """The smallest data element."""
    return {"name": name, "shortName": name, **NUMBER, **more}


def client_of(transport: httpx2.AsyncBaseTransport) -> Dhis2Client:
    """A client whose requests go to a transport."""
    return Dhis2Client(BASE_URL, BasicAuth("admin", "district"), transport=transport, retry_policy=RetryPolicy.off())


def on_sandbox(scenario: Scenario[T], version: int = 42, *, empty: bool = True) -> T:
    """Run a scenario against a sandbox of its own."""

    async def run() -> T:
        with Sandbox(version, empty=empty) as sandbox:
            async with client_of(httpx2.ASGITransport(sandbox.app)) as client:
                return await scenario(client)

    return asyncio.run(run())


class Script:
    """Answers requests by a function, and remembers them; connecting is answered by itself."""

    def __init__(self, answer: Callable[[httpx2.Request], Any], version: str = "2.42.6") -> None:
        self._answer = answer
        self._version = version
        self.requests: list[httpx2.Request] = []

    async def __call__(self, request: httpx2.Request) -> httpx2.Response:
        if request.url.path == "/api/system/info":
            return httpx2.Response(200, json={"version": self._version})
        self.requests.append(request)
        answer = self._answer(request)
        return answer if isinstance(answer, httpx2.Response) else httpx2.Response(200, json=answer)

    def run(self, scenario: Scenario[T]) -> T:
        """Run a scenario against it."""

        async def run() -> T:
            async with client_of(httpx2.MockTransport(self)) as client:
                return await scenario(client)

        return asyncio.run(run())
