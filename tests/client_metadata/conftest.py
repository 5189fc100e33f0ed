"""What the tests of the metadata services share."""

from collections.abc import Generator

import pytest

from dhis2w_sandbox import Sandbox


@pytest.fixture(params=[41, 42, 43, 44])
def empty_sandbox(request: pytest.FixtureRequest) -> Generator[Sandbox]:
    """A server of each version as it is after its first start."""
    with Sandbox(request.param, empty=True) as sandbox:
        yield sandbox


@pytest.fixture(scope="module", params=[41, 42, 43, 44])
def country(request: pytest.FixtureRequest) -> Generator[Sandbox]:
    """A server of each version with the demo country; tests that change it make objects of their own."""
    with Sandbox(request.param) as sandbox:
        yield sandbox
