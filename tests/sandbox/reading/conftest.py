"""A reader of a fresh, empty sandbox of one version or of each."""

from collections.abc import Generator

import pytest
from reader import Reader

from dhis2w_sandbox import Sandbox


@pytest.fixture
def read() -> Generator[Reader]:
    """A reader of an empty sandbox of 2.42."""
    with Sandbox(42, empty=True) as sandbox:
        yield Reader(sandbox)


@pytest.fixture(params=["v41", "v42", "v43", "v44"])
def read_each(request: pytest.FixtureRequest) -> Generator[Reader]:
    """A reader of an empty sandbox of each version."""
    with Sandbox(request.param, empty=True) as sandbox:
        yield Reader(sandbox)
