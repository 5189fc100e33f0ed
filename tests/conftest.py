"""What every test shares: the recordings beside the checkout."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# A busy machine is no failure of a property.
settings.register_profile("calm", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True)
settings.load_profile("calm")

SHARED = Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of recordings beside the checkout; absent elsewhere, and then the test is skipped.

    `.ci/run` sets `D2W_REQUIRE_SHARED`, so that nothing is skipped where the recordings must be.
    """
    if SHARED.is_dir():
        return SHARED
    if os.environ.get("D2W_REQUIRE_SHARED"):
        pytest.fail(f"D2W_REQUIRE_SHARED is set, but there is no {SHARED}")
    pytest.skip("needs the recorded answers of real servers in ../shared, which are not part of the project")
