"""Empty sandboxes of the versions that merge."""

from collections.abc import Generator

import pytest

from dhis2w_sandbox import Sandbox


def _made(version: str) -> Generator[Sandbox]:
    with Sandbox(version, empty=True) as sandbox:
        yield sandbox


@pytest.fixture(params=["v41", "v42", "v43", "v44"])
def every(request: pytest.FixtureRequest) -> Generator[Sandbox]:
    """A sandbox of each version."""
    yield from _made(request.param)


@pytest.fixture(params=["v42", "v43", "v44"])
def since_42(request: pytest.FixtureRequest) -> Generator[Sandbox]:
    """A sandbox of each version from 2.42 on."""
    yield from _made(request.param)


@pytest.fixture(params=["v43", "v44"])
def since_43(request: pytest.FixtureRequest) -> Generator[Sandbox]:
    """A sandbox of each version from 2.43 on."""
    yield from _made(request.param)
