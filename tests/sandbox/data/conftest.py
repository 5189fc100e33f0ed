"""Empty sandboxes that hold what a data set needs."""

from collections.abc import Generator

import pytest
from entering import Clerk

from dhis2w_sandbox import Sandbox


@pytest.fixture(params=["v41", "v42"])
def row_clerk(request: pytest.FixtureRequest) -> Generator[Clerk]:
    """Somebody who enters data into a sandbox that imports row by row."""
    with Sandbox(request.param, empty=True) as sandbox:
        yield Clerk.of(sandbox)


@pytest.fixture(params=["v43", "v44"])
def group_clerk(request: pytest.FixtureRequest) -> Generator[Clerk]:
    """Somebody who enters data into a sandbox that imports by data set."""
    with Sandbox(request.param, empty=True) as sandbox:
        yield Clerk.of(sandbox)


@pytest.fixture(params=["v41", "v42", "v43", "v44"])
def clerk(request: pytest.FixtureRequest) -> Generator[Clerk]:
    """Somebody who enters data, in each version."""
    with Sandbox(request.param, empty=True) as sandbox:
        yield Clerk.of(sandbox)
