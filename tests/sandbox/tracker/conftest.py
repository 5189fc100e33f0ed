"""Empty sandboxes that hold what tracker needs."""

from collections.abc import Generator

import pytest
from registering import Registrar

from dhis2w_sandbox import Sandbox


@pytest.fixture(params=["v41", "v42", "v43", "v44"])
def registrar(request: pytest.FixtureRequest) -> Generator[Registrar]:
    """Somebody who registers persons, in each version."""
    with Sandbox(request.param, empty=True) as sandbox:
        yield Registrar.of(sandbox)


@pytest.fixture(params=["v41", "v42"])
def older_registrar(request: pytest.FixtureRequest) -> Generator[Registrar]:
    """Somebody who registers persons where single events are events like others."""
    with Sandbox(request.param, empty=True) as sandbox:
        yield Registrar.of(sandbox)


@pytest.fixture(params=["v43", "v44"])
def newer_registrar(request: pytest.FixtureRequest) -> Generator[Registrar]:
    """Somebody who registers persons where single events are apart."""
    with Sandbox(request.param, empty=True) as sandbox:
        yield Registrar.of(sandbox)
