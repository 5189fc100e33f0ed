"""The command, run in this process or in one of its own, in a made-up home, against a sandbox."""

import subprocess
import sys
from collections.abc import Generator
from dataclasses import dataclass
from typing import Protocol

import pytest

from dhis2w_cli.__main__ import run
from dhis2w_sandbox import Sandbox
from tests.core.conftest import file_keyring, home

__all__ = ["file_keyring", "home"]


@dataclass(frozen=True)
class Ended:
    """What a command did."""

    code: int
    out: str
    err: str


class Command(Protocol):
    """Runs `d2w` with these words."""

    def __call__(self, *words: str) -> Ended: ...


@dataclass(frozen=True)
class Server:
    """A sandbox that answers."""

    url: str
    token: str


@pytest.fixture
def d2w(capsys: pytest.CaptureFixture[str]) -> Command:
    """The command in this process."""

    def call(*words: str) -> Ended:
        capsys.readouterr()
        code = run(list(words))
        out, err = capsys.readouterr()
        return Ended(code, out, err)

    return call


@pytest.fixture
def d2w_process() -> Command:
    """The command in a process of its own."""

    def call(*words: str) -> Ended:
        command = [sys.executable, "-m", "dhis2w_cli", *words]
        done = subprocess.run(
            command, capture_output=True, encoding="utf-8", check=False, stdin=subprocess.DEVNULL, timeout=60
        )
        return Ended(done.returncode, done.stdout, done.stderr)

    return call


@pytest.fixture
def served() -> Generator[Server]:
    """A sandbox of this test alone: what other tests wrote is not there, whatever order they run in."""
    with Sandbox(42) as sandbox, sandbox.serve() as url:
        yield Server(url, sandbox.pat())


@pytest.fixture
def server(home: object, served: Server, monkeypatch: pytest.MonkeyPatch) -> Server:
    """A sandbox that is the server to use."""
    monkeypatch.setenv("DHIS2_URL", served.url)
    monkeypatch.setenv("DHIS2_PAT", served.token)
    assert home
    return served
