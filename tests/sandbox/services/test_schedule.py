"""Jobs that wait for the clock, and jobs that it lets run."""

from datetime import UTC, datetime

import pytest
from sender import Sender

from dhis2w_sandbox import Sandbox
from dhis2w_sandbox.schedule import Clock
from dhis2w_sandbox.services.cron import next_run

CONSTANT = {"id": "waitingCon1", "name": "Pi", "shortName": "Pi", "value": 3}
IMPORT = "/api/metadata?async=true"


@pytest.fixture(params=["v41", "v42", "v43", "v44"])
def waiting(request: pytest.FixtureRequest) -> tuple[Sender, Clock]:
    """The administrator of a server whose jobs wait for a minute, and its clock."""
    clock = Clock()
    return Sender(Sandbox(request.param, empty=True, clock=clock, job_delay=60)), clock


def _started(admin: Sender) -> str:
    reply = admin("POST", IMPORT, {"constants": [CONSTANT]})
    assert reply.status == 200, reply.body
    return reply.parsed()["response"]["id"]


def test_a_job_runs_when_its_time_has_come_and_not_before(waiting: tuple[Sender, Clock]) -> None:
    admin, clock = waiting
    job = _started(admin)

    clock.advance(59)
    assert admin.read(f"/api/system/tasks/METADATA_IMPORT/{job}") == []
    assert admin("GET", "/api/constants/waitingCon1").status == 404
    assert admin.read(f"/api/jobConfigurations/{job}?fields=jobStatus") == {"jobStatus": "NOT_STARTED"}
    assert admin("GET", f"/api/system/taskSummaries/METADATA_IMPORT/{job}").body == b""

    clock.advance(1)
    assert admin.read(f"/api/system/tasks/METADATA_IMPORT/{job}")[0]["completed"] is True
    assert admin.read("/api/constants/waitingCon1?fields=name") == {"name": "Pi"}
    assert admin.read(f"/api/system/taskSummaries/METADATA_IMPORT/{job}")["status"] == "OK"


def test_a_job_that_is_cancelled_while_it_waits_never_runs(waiting: tuple[Sender, Clock]) -> None:
    admin, clock = waiting
    job = _started(admin)

    assert admin("POST", f"/api/jobConfigurations/{job}/cancel").status == 204
    clock.advance(120)

    assert admin("GET", "/api/constants/waitingCon1").status == 404
    assert admin.read(f"/api/jobConfigurations/{job}?fields=lastExecutedStatus") == {"lastExecutedStatus": "STOPPED"}


def test_data_values_are_imported_at_their_time_too(waiting: tuple[Sender, Clock]) -> None:
    admin, clock = waiting
    job = admin("POST", "/api/dataValueSets?async=true", {"dataValues": []}).parsed()["response"]["id"]

    assert admin.read(f"/api/system/tasks/DATAVALUE_IMPORT/{job}") == []
    clock.advance(60)

    assert admin.read(f"/api/system/tasks/DATAVALUE_IMPORT/{job}")[0]["completed"] is True


@pytest.mark.parametrize(
    "how",
    [{"schedulingType": "CRON", "cronExpression": "0 0 3 * * ?"}, {"schedulingType": "FIXED_DELAY", "delay": 54000}],
)
def test_a_job_runs_by_its_configuration(how: dict[str, object]) -> None:
    clock = Clock(datetime(2026, 1, 15, 12, tzinfo=UTC))
    admin = Sender(Sandbox(42, empty=True, clock=clock))
    job = {"id": "nightlyJob1", "name": "Nightly", "jobType": "RESOURCE_TABLE", **how}
    assert admin("POST", "/api/jobConfigurations", job).status == 201
    stories = "/api/system/tasks/RESOURCE_TABLE/nightlyJob1"

    clock.advance(15 * 3600 - 1)
    assert admin.read(stories) == []
    clock.advance(2)
    once = len(admin.read(stories))
    clock.advance(3600)
    again = len(admin.read(stories))

    assert once == again > 0
    assert admin.read("/api/jobConfigurations/nightlyJob1?fields=lastExecutedStatus") == {
        "lastExecutedStatus": "COMPLETED"
    }


def test_a_job_that_is_switched_off_does_not_run() -> None:
    clock = Clock()
    admin = Sender(Sandbox(42, empty=True, clock=clock))
    job = {"id": "nightlyJob1", "name": "Nightly", "jobType": "RESOURCE_TABLE", "cronExpression": "0 0 3 * * ?"}
    admin("POST", "/api/jobConfigurations", {**job, "schedulingType": "CRON"})
    admin("POST", "/api/jobConfigurations/nightlyJob1/disable")
    clock.advance(7 * 86400)

    assert admin.read("/api/system/tasks/RESOURCE_TABLE/nightlyJob1") == []


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("0 0 3 * * ?", "2026-01-16T03:00:00"),
        ("0 */15 * * * *", "2026-01-15T12:15:00"),
        ("30 0 12 * * *", "2026-01-15T12:00:30"),
        ("0 0 8-10 ? * MON", "2026-01-19T08:00:00"),
        ("0 0 0 1 FEB,MAR *", "2026-02-01T00:00:00"),
        ("0 0 0 29 2 *", "2028-02-29T00:00:00"),
        ("0 0 0 * * 7", "2026-01-18T00:00:00"),
        ("0 0 0 31 2 *", None),
        ("0 0 0 L * *", None),
        ("every day", None),
    ],
)
def test_the_next_time_of_a_cron_expression(expression: str, expected: str | None) -> None:
    found = next_run(expression, datetime(2026, 1, 15, 12))
    assert (found.isoformat() if found else None) == expected
