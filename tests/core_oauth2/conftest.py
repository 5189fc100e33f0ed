"""Authorization servers of each version on a loopback port, and what they were sent."""

import os
import sys
from collections.abc import Callable, Generator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import parse_qs

import pytest

from dhis2w_client import Profile, open_client
from dhis2w_core.oauth2.registration import register_client
from dhis2w_core.oauth2.token_store import TokenStore
from dhis2w_sandbox import Sandbox
from dhis2w_sandbox.call import Reply
from tests.core.conftest import file_keyring, home
from tests.core_oauth2.chromium import chromium_path
from tests.core_oauth2.person import free_port

__all__ = ["file_keyring", "home"]

SECRET = "planted-client-secret/+ 7:0123456789"


@dataclass
class Server:
    """A sandbox that writes down every refresh token it is sent."""

    sandbox: Sandbox
    url: str
    spends: list[str] = field(default_factory=list[str])
    clients: int = 0
    after_spend: Callable[[], object] | None = None
    """Called when the server has acted on a refresh, before it answers."""

    @property
    def admin(self) -> Profile:
        return Profile(base_url=self.url, auth="pat", token=self.sandbox.pat())

    def count_refreshes(self) -> None:
        """Stand before the application."""
        answer = self.sandbox.app.answer

        def counting(method: str, raw_path: str, *rest: Any, **more: Any) -> Reply:
            reply = answer(method, raw_path, *rest, **more)
            body: bytes = rest[2]
            form = parse_qs(body.decode("utf-8", "replace")) if raw_path.endswith("/token") else {}
            if form.get("grant_type") == ["refresh_token"]:
                self.spends += form["refresh_token"]
                if self.after_spend:
                    self.after_spend()
            return reply

        self.sandbox.app.answer = counting

    def new_client_id(self) -> str:
        """An id that no client has."""
        self.clients += 1
        return f"d2w{self.clients}"

    async def profile(self, *, public: bool = False) -> Profile:
        """A profile of a client that is registered now."""
        redirect = f"http://127.0.0.1:{free_port()}/callback"
        async with open_client(self.admin) as client:
            secret = None if public else SECRET
            made = await register_client(
                client, self.new_client_id(), secret=secret, public=public, redirect_uris=[redirect]
            )
        return Profile(
            base_url=self.url,
            auth="oauth2",
            client_id=made.client_id,
            client_secret=made.client_secret,
            redirect_uri=redirect,
        )


class Serve(Protocol):
    def __call__(self, version: int, *, rotate: bool = False) -> Server: ...


@pytest.fixture(scope="session")
def servers() -> Generator[Serve]:
    """One server of each kind: making its key takes seconds."""
    started: dict[tuple[int, bool], Server] = {}
    with ExitStack() as stack:

        def start(version: int, *, rotate: bool = False) -> Server:
            if (version, rotate) not in started:
                sandbox = stack.enter_context(Sandbox(version, empty=True, rotate_refresh_tokens=rotate))
                server = Server(sandbox, stack.enter_context(sandbox.serve()))
                server.count_refreshes()
                started[version, rotate] = server
            return started[version, rotate]

        yield start


@pytest.fixture
def serve(servers: Serve) -> Generator[Serve]:
    """A server of a kind, which behaves again after the test."""
    used: list[Server] = []

    def start(version: int, *, rotate: bool = False) -> Server:
        used.append(servers(version, rotate=rotate))
        return used[-1]

    yield start
    for server in used:
        server.after_spend = None
        server.sandbox.faults.clear()


@pytest.fixture
def store(file_keyring: object) -> TokenStore:
    """A store whose key is in a keyring that works."""
    del file_keyring
    return TokenStore()


@pytest.fixture
def browser_folder(tmp_path: Path) -> Path:
    """The folder of a browser; where there is no browser the test is skipped, but never in `.ci/run`."""
    if sys.platform != "win32" and chromium_path():
        return tmp_path / "chromium"
    if os.environ.get("D2W_REQUIRE_BROWSER"):
        pytest.fail("D2W_REQUIRE_BROWSER is set, but there is no Chromium")
    pytest.skip("needs Chromium on the PATH, and POSIX")
