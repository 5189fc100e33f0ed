"""A state folder of its own for each test, and a server of each engine."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import pytest

from dhis2w_sandbox import Sandbox


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where journals are written."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "state"


@pytest.fixture(params=[42, 43])
def empty(request: pytest.FixtureRequest) -> Generator[Sandbox]:
    """A server with two data sets in three units."""
    with Sandbox(request.param, empty=True) as sandbox:
        yield sandbox
