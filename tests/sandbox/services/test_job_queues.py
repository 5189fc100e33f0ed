"""Queues of jobs, and the jobs as the scheduler lists them."""

from typing import Any

import pytest
from sender import Sender

Json = dict[str, Any]
QUEUES = "/api/scheduler/queues"
NIGHT = {"cronExpression": "0 0 1 ? * *", "sequence": ["jobConfigU1", "jobConfigU2"]}


@pytest.fixture
def with_jobs(admin_of_each: Sender) -> Sender:
    for number in (1, 2, 3):
        job: Json = {
            "id": f"jobConfigU{number}",
            "name": f"Look {number}",
            "jobType": "DATA_INTEGRITY",
            "schedulingType": "CRON",
            "cronExpression": f"0 0 {number} ? * *",
            "jobParameters": {"type": "REPORT"},
        }
        assert admin_of_each("POST", "/api/jobConfigurations", job).status == 201
    return admin_of_each


def test_a_queue_is_made_once_and_leaves_its_jobs_switched_off(with_jobs: Sender) -> None:
    assert with_jobs("POST", f"{QUEUES}/night", NIGHT).status == 201
    assert with_jobs("POST", f"{QUEUES}/night", NIGHT).parsed()["errorCode"] == "E7021"
    assert with_jobs.read(f"{QUEUES}/night") == {"name": "night", **NIGHT}
    assert with_jobs.read(QUEUES) == ["night"]
    fields = "queueName,queuePosition,cronExpression"
    second = with_jobs.read(f"/api/jobConfigurations/jobConfigU2?fields={fields}")
    assert second == {"queueName": "night", "queuePosition": 1}
    assert with_jobs("DELETE", f"{QUEUES}/night").status == 204
    assert with_jobs("GET", f"{QUEUES}/night").parsed()["errorCode"] == "E7020"
    assert with_jobs.read("/api/jobConfigurations/jobConfigU1?fields=enabled,cronExpression") == {"enabled": False}


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"sequence": ["jobConfigU1"]}, 409, "E7024"),
        ({"sequence": []}, 409, "E7024"),
        ({"cronExpression": "0 0 1 ?"}, 409, "E7005"),
        ({"sequence": ["jobConfigU1", "jobConfigU2", "jobConfigNo"]}, 404, "E1005"),
    ],
)
def test_what_is_no_queue(with_jobs: Sender, change: Json, status: int, code: str) -> None:
    reply = with_jobs("POST", f"{QUEUES}/night", NIGHT | change)
    assert (reply.status, reply.parsed()["errorCode"]) == (status, code)
    assert with_jobs.read(QUEUES) == []


def test_a_job_is_in_one_queue_and_no_system_job_in_any(with_jobs: Sender) -> None:
    with_jobs("POST", f"{QUEUES}/night", NIGHT)
    other = with_jobs("POST", f"{QUEUES}/day", NIGHT | {"sequence": ["jobConfigU2", "jobConfigU3"]})
    assert other.parsed()["message"] == "Job `jobConfigU2` is already used in another queue: `night`"
    jobs = with_jobs.read("/api/jobConfigurations?paging=false&fields=id,configurable")["jobConfigurations"]
    system = next(job["id"] for job in jobs if not job["configurable"])
    refused = with_jobs("POST", f"{QUEUES}/day", NIGHT | {"sequence": ["jobConfigU3", system]})
    assert refused.parsed()["errorCode"] == "E7023"


def test_a_queue_is_changed_and_renamed(with_jobs: Sender) -> None:
    with_jobs("POST", f"{QUEUES}/night", NIGHT)
    assert with_jobs("PUT", f"{QUEUES}/night", NIGHT | {"sequence": ["jobConfigU3", "jobConfigU1"]}).status == 204
    assert with_jobs.read(f"{QUEUES}/night")["sequence"] == ["jobConfigU3", "jobConfigU1"]
    assert with_jobs("PUT", f"{QUEUES}/night", {"name": "day"}).status == 204
    assert with_jobs.read(QUEUES) == ["day"]
    assert with_jobs.read(f"{QUEUES}/day")["cronExpression"] == "0 0 1 ? * *"


def test_the_scheduler_lists_queues_as_one_entry(with_jobs: Sender) -> None:
    with_jobs("POST", f"{QUEUES}/night", NIGHT)
    rows = {row["name"]: row for row in with_jobs.read("/api/scheduler?order=name")}
    assert list(rows) == sorted(rows)
    assert (rows["night"]["type"], rows["night"]["configurable"]) == ("Sequence", True)
    assert [step["id"] for step in rows["night"]["sequence"]] == NIGHT["sequence"]
    assert "nextExecutionTime" not in rows["night"]["sequence"][1]
    assert not {"Look 1", "Look 2"} & set(rows)
    assert [row["name"] for row in with_jobs.read("/api/scheduler/queueable")] == ["Look 3"]


def test_stories_are_forgotten_by_type_and_all(with_jobs: Sender) -> None:
    for number in (1, 2):
        with_jobs("POST", f"/api/jobConfigurations/jobConfigU{number}/execute")
        assert with_jobs.read("/api/system/tasks")["DATA_INTEGRITY"]
        path = "/api/system/tasks/DATA_INTEGRITY" if number == 1 else "/api/system/tasks"
        assert with_jobs("DELETE", path).status == 204
        assert with_jobs.read("/api/system/tasks/DATA_INTEGRITY") == {}


@pytest.mark.parametrize(
    ("cron", "words"),
    [
        ("0 0 25 ? * *", "Invalid value for HourOfDay (valid values 0 - 23): 25 '25' in cron expression"),
        ("0 0 1 32 * *", "Invalid value for DayOfMonth (valid values 1 - 28/31): 32 '32' in cron expression"),
        ("0 x 1 ? * *", "For input string: \"x\" 'x' in cron expression"),
        ("0 0/0 1 ? * *", "Incrementer delta must be 1 or higher '0/0' in cron expression"),
        ("0 30-10 1 ? * *", "Minimum value must be less than maximum value '30-10' in cron expression"),
        ("0 0 1", 'Cron expression must consist of 6 fields (found 3 in "0 0 1")'),
        ("", "must not be empty"),
        (None, "must not be empty"),
    ],
)
def test_what_is_no_cron_expression(with_jobs: Sender, cron: str | None, words: str) -> None:
    reply = with_jobs("POST", f"{QUEUES}/night", NIGHT | {"cronExpression": cron})
    assert (reply.status, reply.parsed()["errorCode"]) == (409, "E7005")
    assert words in reply.parsed()["message"]


@pytest.mark.parametrize("cron", ["@daily", "0 0/15 1-3 L JAN-MAR MON,FRI", "0 0 1 ? * MON#2", "*/5 * * 15W * FRI-7"])
def test_what_is_a_cron_expression(with_jobs: Sender, cron: str) -> None:
    assert with_jobs("POST", f"{QUEUES}/night", NIGHT | {"cronExpression": cron}).status == 201


def test_a_queue_of_an_odd_body_is_refused(with_jobs: Sender) -> None:
    assert with_jobs("POST", f"{QUEUES}/night", {}).parsed()["errorCode"] == "E7005"
    assert with_jobs("POST", f"{QUEUES}/night", NIGHT | {"sequence": None}).parsed()["errorCode"] == "E7024"
    assert with_jobs("POST", f"{QUEUES}/night", NIGHT | {"sequence": "jobConfigU1"}).status == 400
    assert with_jobs("POST", f"{QUEUES}/night", []).status == 400
