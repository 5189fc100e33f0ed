"""A server of each version as it is after its first start, for one test alone."""

from collections.abc import Generator

import pytest

from dhis2w_sandbox import Sandbox


@pytest.fixture(params=[41, 42, 43, 44])
def sandbox(request: pytest.FixtureRequest) -> Generator[Sandbox]:
    with Sandbox(request.param, empty=True) as made:
        yield made
