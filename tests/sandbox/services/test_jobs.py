"""Jobs: switched on and off, run at once, put into queues."""

from sender import Sender

JOB = {"id": "jobConfigU1", "name": "Integrity", "jobType": "DATA_INTEGRITY"}


def test_a_job_without_schedule_runs_once(admin_of_each: Sender) -> None:
    admin_of_each("POST", "/api/jobConfigurations", JOB)

    assert admin_of_each("POST", "/api/jobConfigurations/jobConfigU1/execute").status == 200

    shown = admin_of_each.read("/api/jobConfigurations/jobConfigU1?fields=enabled,lastExecutedStatus")
    story = admin_of_each.read("/api/system/tasks/DATA_INTEGRITY/jobConfigU1")
    assert shown == {"enabled": False, "lastExecutedStatus": "COMPLETED"}
    assert story[0]["completed"]
    assert admin_of_each("POST", "/api/jobConfigurations/jobConfigU1/execute").status == 409
    ran = [admin_of_each.read(f"/api/dataIntegrity/{kind}/completed") for kind in ("summary", "details")]
    assert sum(len(checks) for checks in ran) > 5


def test_a_job_says_when_it_runs_next(admin_of_each: Sender) -> None:
    admin_of_each("POST", "/api/jobConfigurations", {**JOB, "cronExpression": "0 0 3 ? * *", "enabled": False})
    path = "/api/jobConfigurations/jobConfigU1"

    shown = admin_of_each.read(f"{path}?fields=nextExecutionTime,maxDelayedExecutionTime")

    assert {key: text[11:] for key, text in shown.items()} == {
        "nextExecutionTime": "03:00:00.000",
        "maxDelayedExecutionTime": "07:00:00.000",
    }
    assert shown["nextExecutionTime"][:10] == shown["maxDelayedExecutionTime"][:10]
    assert admin_of_each.read(f"{path}/progress/errors") == []


def test_the_errors_of_a_job_that_ran_cannot_be_read(admin_of_each: Sender) -> None:
    admin_of_each("POST", "/api/jobConfigurations", JOB)
    admin_of_each("POST", "/api/jobConfigurations/jobConfigU1/execute")

    reply = admin_of_each("GET", "/api/jobConfigurations/jobConfigU1/progress/errors")

    assert reply.status == (500 if admin_of_each.sandbox.server.behaviour.fails_on_errors_of_jobs else 200)


def test_the_servers_own_jobs_stay_on(admin: Sender) -> None:
    path = "/api/jobConfigurations?fields=id,configurable&filter=jobType:eq:HOUSEKEEPING"
    (job,) = admin.read(path)["jobConfigurations"]

    assert job["configurable"] is False
    assert admin("POST", f"/api/jobConfigurations/{job['id']}/disable").status == 409


def test_a_schedule_must_be_one(admin: Sender) -> None:
    refused = admin("POST", "/api/jobConfigurations", {**JOB, "cronExpression": "every day"})

    assert refused.parsed()["response"]["errorReports"][0]["errorCode"] == "E7005"
    assert admin("POST", "/api/jobConfigurations", {**JOB, "cronExpression": "0 0 12 ? * MON-FRI"}).status == 201


def test_a_job_that_cannot_run_here_says_so(admin: Sender) -> None:
    admin("POST", "/api/jobConfigurations", {**JOB, "jobType": "PREDICTOR"})

    assert admin("POST", "/api/jobConfigurations/jobConfigU1/execute").status == 501
