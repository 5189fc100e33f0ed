"""The client on a sandbox in the same process."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import httpx2

from dhis2w_client import BasicAuth, Dhis2Client
from dhis2w_sandbox import Sandbox

T = TypeVar("T")


def run(sandbox: Sandbox, use: Callable[[Dhis2Client], Awaitable[T]], **options: Any) -> T:
    """Connect to the sandbox, as admin where nobody else is named, use the client, and give back what came of it."""

    async def connect() -> T:
        transport = options.pop("transport", None) or httpx2.ASGITransport(sandbox.app)
        auth = options.pop("auth", None) or BasicAuth("admin", "district")
        async with Dhis2Client("http://127.0.0.1:8080", auth, transport=transport, **options) as client:
            return await use(client)

    return asyncio.run(connect())
