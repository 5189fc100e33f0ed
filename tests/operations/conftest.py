"""A made-up home, and connected clients of sandboxes of their own."""

from collections.abc import AsyncGenerator, Generator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Protocol

import pytest

from dhis2w_client import Dhis2Client, Profile, open_client
from dhis2w_sandbox import Sandbox
from tests.core.conftest import home

__all__ = ["home"]


class Connect(Protocol):
    """Opens a client of the module's sandbox."""

    def __call__(self) -> AbstractAsyncContextManager[Dhis2Client]: ...


@pytest.fixture(scope="module", params=["42"])
def connect(request: pytest.FixtureRequest) -> Generator[Connect]:
    with Sandbox(request.param) as sandbox, sandbox.serve() as url:
        profile = Profile(base_url=url, auth="pat", token=sandbox.pat())

        @asynccontextmanager
        async def opened() -> AsyncGenerator[Dhis2Client]:
            async with open_client(profile) as client:
                yield client

        yield opened
