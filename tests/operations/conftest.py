"""A made-up home, and connected clients of sandboxes of their own."""

import json
from collections.abc import AsyncGenerator, Generator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Any, Protocol

import pytest

from dhis2w_cli.__main__ import run
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


@dataclass(frozen=True)
class Desk:
    """The command line on a sandbox of one test alone, with the demo country."""

    sandbox: Sandbox
    capture: pytest.CaptureFixture[str]

    def ended(self, *words: str) -> tuple[int, str, str]:
        """Exit code, output and errors of a command."""
        self.capture.readouterr()
        code = run(list(words))
        out, err = self.capture.readouterr()
        return code, out, err

    def json(self, *words: str, exit: int = 0) -> Any:
        """The result of a command that ends with a code."""
        code, out, err = self.ended(*words, "--yes", "-o", "json")
        assert code == exit, err
        return json.loads(out) if out else None

    def undo(self) -> None:
        """Take the last run back."""
        code, _, err = self.ended("undo", "--yes")
        assert code == 0, err


@pytest.fixture(
    # both engines of data values in the quick tier, every version in the slow one
    params=[pytest.param("41", marks=pytest.mark.slow), "42", "43", pytest.param("44", marks=pytest.mark.slow)]
)
def desk(
    request: pytest.FixtureRequest,
    home: object,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Generator[Desk]:
    assert home
    with Sandbox(request.param) as sandbox, sandbox.serve() as url:
        monkeypatch.setenv("DHIS2_URL", url)
        monkeypatch.setenv("DHIS2_PAT", sandbox.pat())
        yield Desk(sandbox, capsys)
