"""What can be scheduled, and which jobs run and have run, in every version."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sender import Sender

from dhis2w_sandbox import Sandbox
from dhis2w_sandbox.schedule import Clock

TYPES = "/api/jobConfigurations/jobTypes"
COMPLETED = "/api/scheduling/completed"
LOOK = {
    "id": "jobConfigU1",
    "name": "Look",
    "jobType": "DATA_INTEGRITY",
    "cronExpression": "0 0 3 ? * *",
    "jobParameters": {"type": "SUMMARY"},
}


def test_types_of_jobs_are_listed_with_their_parameters(admin_of_each: Sender) -> None:
    rows = {row["jobType"]: row for row in admin_of_each.read(TYPES)["jobTypes"]}
    assert len(rows) == (20 if admin_of_each.server.version in {"v43", "v44"} else 21)
    assert rows["CONTINUOUS_ANALYTICS_TABLE"]["schedulingType"] == "FIXED_DELAY"
    assert rows["META_DATA_SYNC"]["name"] == "Meta data sync"
    assert "HOUSEKEEPING" not in rows
    years, types, *_ = rows["ANALYTICS_TABLE"]["jobParameters"]
    assert (years["name"], years["fieldName"], "defaultValue" in years) == ("lastYears", "Last years", False)
    assert (types["itemKlass"], types["defaultValue"]) == ("org.hisp.dhis.analytics.AnalyticsTableType", [])
    assert "TRACKED_ENTITY_INSTANCE" in types["constants"]


def test_parameters_are_those_of_the_version(admin_of_each: Sender) -> None:
    rows = admin_of_each.read("/api/jobConfigurations/jobTypesExtended")
    old = admin_of_each.server.version == "v41"
    assert ("trackerProgramPageSize" in rows["META_DATA_SYNC"]) == old
    assert ("TRACKED_ENTITY_DATA_SYNC" in rows) != old
    assert rows["HTML_PUSH_ANALYTICS"]["mode"]["required"]
    assert rows["RESOURCE_TABLE"] == {}


def test_what_has_run_is_told_by_type(admin_of_each: Sender) -> None:
    assert admin_of_each.read("/api/scheduling/running") == {}
    assert admin_of_each.read("/api/scheduling/running/types") == []
    assert admin_of_each("GET", "/api/scheduling/running/analytics_table").body == b""
    assert admin_of_each("GET", f"{COMPLETED}/DATA_INTEGRITY").body == b""
    assert admin_of_each("POST", "/api/jobConfigurations", LOOK).status == 201
    assert admin_of_each("POST", "/api/jobConfigurations/jobConfigU1/execute").status == 200

    [process] = admin_of_each.read(COMPLETED)["DATA_INTEGRITY"]
    count = sum(not row["isSlow"] for row in admin_of_each.read("/api/dataIntegrity"))
    stages = [f"Data Integrity summary checks [{count}/{count}]"]
    assert (process["jobId"], process["status"], process["stages"]) == ("jobConfigU1", "SUCCESS", stages)
    assert admin_of_each.read(f"{COMPLETED}/data_integrity")["sequence"][0]["jobId"] == "jobConfigU1"
    other = {**LOOK, "id": "jobConfigU2", "name": "Other", "cronExpression": "0 0 4 ? * *"}
    assert admin_of_each("POST", "/api/jobConfigurations", other).status == 201
    assert admin_of_each("GET", f"{COMPLETED}/DATA_INTEGRITY").body == b"", "what never ran counts as the latest"


@pytest.mark.parametrize(("method", "path"), [("GET", "running"), ("GET", "completed"), ("POST", "cancel")])
def test_a_type_must_be_known(admin: Sender, method: str, path: str) -> None:
    reply = admin(method, f"/api/scheduling/{path}/nothing")
    assert (reply.status, reply.parsed()["message"]) == (
        400,
        "No enum constant org.hisp.dhis.scheduling.JobType.NOTHING",
    )
    assert admin("POST", "/api/scheduling/cancel/predictor").status == 204


@pytest.mark.parametrize("version", ["41", "42", "43", "44"])
def test_a_job_of_an_import_runs_by_the_clock(version: str) -> None:
    clock = Clock(datetime(2026, 1, 15, 12, tzinfo=UTC))
    with Sandbox(version, empty=True, clock=clock) as sandbox:
        admin = Sender(sandbox)
        assert admin("POST", "/api/metadata", {"jobConfigurations": [LOOK]}).status == 200
        fields = "/api/jobConfigurations/jobConfigU1?fields=nextExecutionTime,lastExecuted"
        assert admin.read(fields) == {"nextExecutionTime": "2026-01-16T03:00:00.000"}
        clock.advance(86400)
        assert admin.read(fields)["lastExecuted"] == "2026-01-16T12:00:00.000"
