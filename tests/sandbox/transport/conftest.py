"""A fresh, empty sandbox of one version or of each."""

from collections.abc import Generator

import pytest
from caller import Caller

from dhis2w_sandbox import Sandbox


@pytest.fixture
def call() -> Generator[Caller]:
    """A caller of an empty sandbox of 2.42."""
    with Sandbox(42, empty=True) as sandbox:
        yield Caller(sandbox)


@pytest.fixture(params=["v41", "v42", "v43", "v44"])
def call_each(request: pytest.FixtureRequest) -> Generator[Caller]:
    """A caller of an empty sandbox of each version."""
    with Sandbox(request.param, empty=True) as sandbox:
        yield Caller(sandbox)
