"""Sandboxes with an authorization server, whose clock the test moves."""

from collections.abc import Generator

import pytest
from browser import Clock

from dhis2w_sandbox import Sandbox
from dhis2w_sandbox.oauth2.signing import SigningKey


@pytest.fixture
def clock() -> Clock:
    """What tells the sandbox the time."""
    return Clock()


@pytest.fixture(scope="session")
def key() -> SigningKey:
    """A key that was made: making one takes half a second."""
    return SigningKey.generate()


@pytest.fixture(params=["v42", "v43", "v44"])
def sandbox(request: pytest.FixtureRequest, clock: Clock, key: SigningKey) -> Generator[Sandbox]:
    """An empty sandbox of each version with the newer authorization server."""
    with Sandbox(request.param, empty=True, clock=clock) as sandbox:
        sandbox.server.authority.key = key
        yield sandbox


@pytest.fixture
def v42(clock: Clock, key: SigningKey) -> Generator[Sandbox]:
    """An empty sandbox of 2.42."""
    with Sandbox(42, empty=True, clock=clock) as sandbox:
        sandbox.server.authority.key = key
        yield sandbox


@pytest.fixture
def v41(clock: Clock) -> Generator[Sandbox]:
    """An empty sandbox of 2.41."""
    with Sandbox(41, empty=True, clock=clock) as sandbox:
        yield sandbox
