"""Maintenance of tracker data, and how much of it there is: over the demo country, which has some."""

from collections.abc import Generator

import pytest
from sender import Sender

from dhis2w_sandbox import Sandbox


@pytest.fixture(params=["v41", "v42", "v43", "v44"])
def country(request: pytest.FixtureRequest) -> Generator[Sender]:
    with Sandbox(request.param) as sandbox:
        yield Sender(sandbox)


def _count(country: Sender, table: str, where: str = "1") -> int:
    return country.server.store.sql.execute(f"SELECT count(*) FROM {table} WHERE {where}").fetchone()[0]  # noqa: S608 - constants


def test_a_deleted_enrollment_goes_for_good_with_its_events(country: Sender) -> None:
    before = country.read("/api/system/objectCounts")
    uid = country.server.store.sql.execute("SELECT enrollment FROM event WHERE enrollment IS NOT NULL").fetchone()[0]
    events = _count(country, "event")

    reply = country("POST", "/api/tracker?async=false&importStrategy=DELETE", {"enrollments": [{"enrollment": uid}]})
    assert reply.status == 200, reply.body
    after = country.read("/api/system/objectCounts")
    country("POST", "/api/maintenance/softDeletedEnrollmentRemoval")

    assert after["enrollment"] == before["enrollment"] - 1
    assert _count(country, "enrollment", "deleted = 1") == 0
    assert _count(country, "event") < events
    assert country.read("/api/system/objectCounts")["enrollment"] == after["enrollment"]
