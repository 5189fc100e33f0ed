"""A success that says nothing, as a proxy makes of an answer, is not taken for a value that is not there."""

from __future__ import annotations

import asyncio

import httpx2
import pytest

from dhis2w_client import BasicAuth, Dhis2Client, UnexpectedShapeError
from dhis2w_sandbox import Sandbox
from tests.client_data.small_country import COUNT, UNIT


class Losing(httpx2.AsyncBaseTransport):
    """A server between here and the sandbox that puts another body into the answers about single values."""

    def __init__(self, sandbox: Sandbox, body: bytes) -> None:
        self._through = httpx2.ASGITransport(sandbox.app)
        self._body = body

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        if request.url.path == "/api/dataValues":
            return httpx2.Response(200, content=self._body, headers={"content-type": "application/json"})
        return await self._through.handle_async_request(request)


@pytest.mark.parametrize("body", [b"", b"null", b"{}", b'{"status": "OK"}'])
def test_an_answer_without_a_value_is_no_answer(body: bytes) -> None:
    async def use(sandbox: Sandbox) -> None:
        auth = BasicAuth("admin", "district")
        async with Dhis2Client("http://127.0.0.1:8080", auth, transport=Losing(sandbox, body)) as client:
            with pytest.raises(UnexpectedShapeError, match="no list with a value"):
                await client.data_values.get(COUNT, "202401", UNIT)

    with Sandbox(42, empty=True) as sandbox:
        asyncio.run(use(sandbox))
