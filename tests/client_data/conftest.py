"""A server of each version with the demo country, and what of it can be written into."""

from __future__ import annotations

from collections.abc import Generator

import pytest

from dhis2w_sandbox import Sandbox


@pytest.fixture(params=[41, 42, 43, 44])
def empty(request: pytest.FixtureRequest) -> Generator[Sandbox]:
    """A server of each version with two data sets and three units; see `small_country`."""
    with Sandbox(request.param, empty=True) as sandbox:
        yield sandbox
