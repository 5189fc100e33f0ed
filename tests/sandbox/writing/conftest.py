"""Empty sandboxes to write to."""

from collections.abc import Generator

import pytest
from writer import Writer

from dhis2w_sandbox import Sandbox


@pytest.fixture
def admin() -> Generator[Writer]:
    """The administrator of an empty sandbox of 2.42."""
    with Sandbox(42, empty=True) as sandbox:
        yield Writer(sandbox)


@pytest.fixture(params=["v41", "v42", "v43", "v44"])
def admin_of_each(request: pytest.FixtureRequest) -> Generator[Writer]:
    """The administrator of an empty sandbox of each version."""
    with Sandbox(request.param, empty=True) as sandbox:
        yield Writer(sandbox)
