"""Jobs: waiting, what they report, one that never begins, cancelling.

Who starts them is the superuser of the server, who stays: a job that ran once remembers who started it for hours.
Evidence: recordings `data/import-async`, `tracker/async`, `tracker/jobs-configurations`.
"""

from __future__ import annotations

from typing import Any

import pytest

from dhis2w_client import ObjectNotFoundError
from dhis2w_client.jobs import JobNotStartedError, JobRun
from dhis2w_client.metadata import Bundle, new_uid
from dhis2w_client.sync import Dhis2Client
from dhis2w_client.tracker import PushOptions
from tests.contract.ground import Ground
from tests.contract.place import Place

# three jobs, which a server begins up to 20 seconds after they were asked for, one of a type at a time
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
