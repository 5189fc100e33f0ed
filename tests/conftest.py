"""What every test shares: the recordings beside the checkout, and a watch over what sandboxes share."""

import json
import os
from collections.abc import Generator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from dhis2w_sandbox.country.prepared import PREPARED

# A busy machine is no failure of a property.
settings.register_profile("calm", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True)
settings.register_profile(
    "quick", settings.get_profile("calm"), max_examples=25
)  # `make test`; `make test-all` tries 100
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


@pytest.fixture(scope="session", autouse=True)
def no_document_was_changed_in_place() -> Generator[None]:
    """Sandboxes share the documents of the demo country, so whoever changes one in place changes it for all."""
    yield
    for store in PREPARED.values():
        for type, uid, text in store.sql.execute("SELECT type, uid, document FROM object"):
            assert store.get(type, uid) == json.loads(text), f"{type} {uid} was changed in place"
