"""Authorization servers of each version on a loopback port, and what they were sent."""

from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import parse_qs

import pytest

from dhis2w_client import Profile, open_client
from dhis2w_core.oauth2.registration import register_client
from dhis2w_core.oauth2.token_store import TokenStore
from dhis2w_sandbox import Sandbox
from dhis2w_sandbox.call import Reply
from tests.core.conftest import file_keyring, home
from tests.core_oauth2.person import free_port

__all__ = ["file_keyring", "home"]

SECRET = "planted-client-secret/+ 7:0123456789"


@dataclass
class Server:
    """A sandbox that writes down every refresh token it is sent."""

    sandbox: Sandbox
    version: int
    url: str
    spends: list[str] = field(default_factory=list[str])
    after_spend: Callable[[], None] | None = None
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

    async def profile(self, *, public: bool = False) -> Profile:
        """A profile of a client that is registered now."""
        redirect = f"http://127.0.0.1:{free_port()}/callback"
        async with open_client(self.admin) as client:
            secret = None if public else SECRET
            made = await register_client(client, "d2w", secret=secret, public=public, redirect_uris=[redirect])
        return Profile(
            base_url=self.url,
            auth="oauth2",
            client_id="d2w",
            client_secret=made.client_secret,
            redirect_uri=redirect,
        )


class Serve(Protocol):
    def __call__(self, version: int, *, rotate: bool = False) -> Server: ...


@contextmanager
def served(version: int, *, rotate: bool = False) -> Generator[Server]:
    with Sandbox(version, empty=True, rotate_refresh_tokens=rotate) as sandbox, sandbox.serve() as url:
        server = Server(sandbox, version, url)
        server.count_refreshes()
        yield server


@pytest.fixture
def serve() -> Generator[Serve]:
    """Start servers that end with the test."""
    with ExitStack() as stack:

        def start(version: int, *, rotate: bool = False) -> Server:
            return stack.enter_context(served(version, rotate=rotate))

        yield start


@pytest.fixture
def store(file_keyring: object) -> TokenStore:
    """A store whose key is in a keyring that works."""
    del file_keyring
    return TokenStore()
