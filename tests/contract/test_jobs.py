"""Jobs: waiting, what they report, one that never begins, cancelling.

Who starts them is the superuser of the server, who stays: a job that ran once remembers who started it for hours.
Evidence: recordings `data/import-async`, `tracker/async`, `tracker/jobs-configurations`.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import suppress
from typing import Any

import pytest

from dhis2w_client import ObjectNotFoundError
from dhis2w_client.clock import Clock
from dhis2w_client.jobs import JobNotStartedError, JobRun, JobTimeoutError, Notification
from dhis2w_client.jobs.errors import JobError
from dhis2w_client.jobs.job_run import job_of
from dhis2w_client.metadata import Bundle, new_uid
from dhis2w_client.sync import Dhis2Client
from dhis2w_client.tracker import PushOptions
from dhis2w_sandbox import Sandbox
from dhis2w_sandbox.schedule import Clock as Time
from tests.contract.conftest import LIVE_URL, TARGETS, started
from tests.contract.ground import Ground
from tests.contract.place import Place
from tests.contract.server import Server

# jobs, which a server begins up to 20 seconds after they were asked for, one of a type at a time
pytestmark = pytest.mark.timeout(1800)


def test_an_import_of_metadata_in_the_background(client: Dhis2Client, place: Place) -> None:
    element = place.element("background")
    report = client.metadata.import_bundle(Bundle({"dataElements": [element]}), background=True)
    assert (report.status, report.counts.created) == ("OK", 1)
    assert client.data_elements.get(str(element["id"])).name == element["name"]


def test_a_job_refuses_data_values_as_a_direct_import_does(
    client: Dhis2Client, ground: Ground, months: tuple[str, str, str]
) -> None:
    rows = [ground.value(ground.count, month, "many") for month in months]
    direct = client.data_values.push(rows, data_set=ground.first_set)
    job = client.data_values.push(rows, data_set=ground.first_set, background=True)
    assert (job.refused, job.accepted) == (direct.refused, direct.accepted) == (3, 0)
    assert {(each.index, each.code) for each in job.refusals} == {(each.index, each.code) for each in direct.refusals}


def test_a_job_refuses_people_as_a_direct_push_does(client: Dhis2Client, ground: Ground) -> None:
    person: dict[str, Any] = {"trackedEntity": new_uid(), "trackedEntityType": ground.person, "orgUnit": "nOtKnown001"}
    payload, options = {"trackedEntities": [person]}, PushOptions(partial=True)
    direct = client.tracker.push(payload, options)
    job = client.tracker.push(payload, options, background=True)
    assert [(row.code, row.uid) for row in job.errors] == [("E1049", person["trackedEntity"])]
    assert (job.errors, job.counts) == (direct.errors, direct.counts)


def test_a_job_that_never_began_is_no_job_that_is_done(client: Dhis2Client) -> None:
    never = JobRun("DATAVALUE_IMPORT", new_uid())
    assert client.jobs.story(never) == ()
    with pytest.raises(JobNotStartedError):
        client.jobs.wait(never, within=0)


def test_jobs_are_listed_and_cancelled(client: Dhis2Client, place: Place) -> None:
    uid = new_uid()
    parameters = {"checks": ["orgunits_invalid_geometry"], "type": "SUMMARY"}
    made = {"id": uid, "name": place.name("job"), "jobType": "DATA_INTEGRITY", "cronExpression": "0 0 3 ? * *"}
    client.job_configurations.create({**made, "enabled": False, "jobParameters": parameters})
    assert uid in {row["id"] for row in client.jobs.list("DATA_INTEGRITY")}
    client.jobs.cancel(uid)
    with pytest.raises(ObjectNotFoundError):
        client.jobs.cancel(new_uid())
    assert client.job_configurations.delete(uid).counts.deleted == 1


@pytest.fixture(params=TARGETS)
def queueing(request: pytest.FixtureRequest) -> Generator[Dhis2Client]:
    """The superuser's client of a server on which jobs wait for their turn.

    On a sandbox time passes only while the client waits.
    """
    if LIVE_URL:
        with started(request.param) as server, server.connect() as client:
            yield client
        return
    time = Time()

    async def wait(seconds: float) -> None:
        time.advance(seconds)

    def since_its_beginning() -> float:
        return time.now.timestamp()

    clock = Clock(monotonic=since_its_beginning, sleep=wait)
    with (
        Sandbox(request.param, clock=time, job_delay=15) as sandbox,
        sandbox.serve() as url,
        Server(url, "admin", "district").connect(clock=clock) as client,
    ):
        yield client


def test_who_waits_too_short_can_go_on_waiting(queueing: Dhis2Client) -> None:
    place = Place(queueing)
    element = place.element("late")
    try:
        job = job_of(queueing.post("metadata", {"dataElements": [element]}, params={"async": True}))
        assert job
        assert job.type == "METADATA_IMPORT"
        assert is_late(queueing, job) or LIVE_URL  # which may be quick
        told: list[Notification] = []
        outcome = queueing.jobs.wait(job, progress=told.append)
        assert outcome.story == tuple(told)
        assert told[-1].completed
        assert isinstance(outcome.summary, dict)
        assert queueing.data_elements.get(str(element["id"])).name == element["name"]
    finally:
        place.clear()


def is_late(client: Dhis2Client, job: JobRun) -> bool:
    """Whether a job is not done at once."""
    try:
        client.jobs.wait(job, within=0)
    except JobTimeoutError:
        return True
    return False


def test_a_job_that_is_cancelled_is_not_waited_for_in_vain(queueing: Dhis2Client) -> None:
    person = {"trackedEntity": new_uid(), "trackedEntityType": "nOtKnown001", "orgUnit": "nOtKnown002"}
    job = job_of(queueing.post("tracker", {"trackedEntities": [person]}, params={"async": True}))
    assert job
    queueing.jobs.cancel(job.id)
    if LIVE_URL:  # which may have done it before it was asked to stop
        with suppress(JobError):
            assert queueing.jobs.wait(job).summary
        return
    with pytest.raises(JobError) as stopped:
        queueing.jobs.wait(job)
    assert stopped.value.job == job.id


def test_a_job_of_each_kind_tells_what_it_does(
    client: Dhis2Client, ground: Ground, months: tuple[str, str, str]
) -> None:
    value = ground.value(ground.count, months[0])
    person = {"trackedEntity": new_uid(), "trackedEntityType": ground.person, "orgUnit": ground.here}
    jobs = [
        job_of(
            client.post("dataValueSets", {"dataSet": ground.first_set, "dataValues": [value]}, params={"async": True})
        ),
        job_of(client.post("tracker", {"trackedEntities": [person]}, params={"async": True})),
    ]
    for job in jobs:
        assert job
        told: list[Notification] = []
        outcome = client.jobs.wait(job, progress=told.append)
        assert outcome.story == tuple(told) == client.jobs.story(job)
        assert outcome.messages
        assert outcome.status == "COMPLETED"
        assert isinstance(outcome.summary, dict), job.type
        assert job not in client.jobs.running(job.type)
    assert client.data_values.get(ground.count, months[0], ground.here) == "1"
    assert client.tracker.tracked_entities.get(person["trackedEntity"]).trackedEntityType == ground.person


def test_a_configured_job_is_run_and_waited_for(client: Dhis2Client, place: Place) -> None:
    uid = new_uid()
    parameters = {"checks": ["orgunits_invalid_geometry"], "type": "SUMMARY"}
    made = {"id": uid, "name": place.name("job"), "jobType": "DATA_INTEGRITY", "cronExpression": "0 0 3 ? * *"}
    client.job_configurations.create({**made, "enabled": True, "jobParameters": parameters})
    client.post(f"jobConfigurations/{uid}/execute")
    outcome = client.jobs.wait(JobRun("DATA_INTEGRITY", uid))
    assert outcome.status == "COMPLETED"
    assert outcome.summary is None
    assert client.jobs.configuration(uid)["lastExecutedStatus"] == "COMPLETED"
    (listed,) = (row for row in client.jobs.list("DATA_INTEGRITY") if row["id"] == uid)
    assert listed["lastExecutedStatus"] == "COMPLETED"
    assert client.job_configurations.delete(uid).counts.deleted == 1
