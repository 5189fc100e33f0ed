"""The demo country of each version, for one test alone."""

from __future__ import annotations

from collections.abc import Generator

import pytest

from dhis2w_sandbox import Sandbox

PROGRAM, STAGE = "VF6oAQbqxax", "q9C9TL3vqRN"
GIVEN_NAME, FAMILY_NAME = "GUBfqIwenQz", "El8aHj8ZeGV"
WEIGHT, HEIGHT = "RnlWGeZQKmM", "OUuo3JFs4g7"
ANNA = {GIVEN_NAME: "Anna", FAMILY_NAME: "Bell"}
UNIT, OTHER_UNIT = "neINw0qT1QU", "stk4rJdCDUu"


@pytest.fixture(params=[41, 42, 43, 44])
def sandbox(request: pytest.FixtureRequest) -> Generator[Sandbox]:
    with Sandbox(request.param) as made:
        yield made
