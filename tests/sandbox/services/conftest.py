"""Empty sandboxes whose services are used."""

from collections.abc import Generator

import pytest
from sender import Sender

from dhis2w_sandbox import Sandbox


@pytest.fixture
def admin() -> Generator[Sender]:
    """The administrator of an empty sandbox of 2.42."""
    with Sandbox(42, empty=True) as sandbox:
        yield Sender(sandbox)


@pytest.fixture(params=["v41", "v42", "v43", "v44"])
def admin_of_each(request: pytest.FixtureRequest) -> Generator[Sender]:
    """The administrator of an empty sandbox of each version."""
    with Sandbox(request.param, empty=True) as sandbox:
        yield Sender(sandbox)
