"""Waiting for jobs: what each story means, on a server that tells a scripted one."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from typing import Any

import httpx2
import pytest

from dhis2w_client import BasicAuth, Dhis2Client, ForbiddenError
from dhis2w_client.clock import Clock
from dhis2w_client.jobs import (
    JobFailedError,
    JobNotStartedError,
    JobOutcome,
    JobRun,
    JobTimeoutError,
    Notification,
    SummaryMissingError,
)
from dhis2w_client.jobs.job_run import job_of

IMPORT = JobRun("DATAVALUE_IMPORT", "jobAaaaaaa1")
TABLES = JobRun("ANALYTICS_TABLE", "jobAaaaaaa1")
TRACKER = JobRun("TRACKER_IMPORT_JOB", "jobAaaaaaa1")


def told(message: str, *, completed: bool = False, level: str = "INFO") -> dict[str, Any]:
    return {"message": message, "level": level, "completed": completed, "time": "2024-03-15T10:22:05.123"}


@dataclass
class Script:
    """What the server answers at each second of the clock; the last answer stays."""

    stories: list[list[dict[str, Any]]]
    configuration: dict[str, Any] | int = 404
    summaries: list[Any] = field(default_factory=list[Any])
    seconds: float = 0.0
    asked: list[str] = field(default_factory=list[str])

    def clock(self) -> Clock:
        async def sleep(seconds: float) -> None:
            self.seconds += seconds

        return Clock(monotonic=lambda: self.seconds, sleep=sleep)

    def answer(self, request: httpx2.Request) -> httpx2.Response:
        path = request.url.path
        self.asked.append(path)
        if path == "/api/system/info":
            return httpx2.Response(200, json={"version": "2.42.1"})
        if "taskSummaries" in path or path.endswith("/report"):
            found = self.summaries.pop(0) if self.summaries else None
            if found is None and path.endswith("/report"):
                return httpx2.Response(404, json={"status": "ERROR", "httpStatusCode": 404, "message": "Not found"})
            return httpx2.Response(200, json=found) if found else httpx2.Response(200)
        if "jobConfigurations" in path:
            if isinstance(self.configuration, int):
                return httpx2.Response(self.configuration, json={"status": "ERROR", "message": "no"})
            return httpx2.Response(200, json=self.configuration)
        story = self.stories.pop(0) if len(self.stories) > 1 else self.stories[0]
        return httpx2.Response(200, json=story)


def wait(script: Script, job: JobRun, **options: Any) -> JobOutcome:
    async def run() -> JobOutcome:
        transport = httpx2.MockTransport(script.answer)
        auth = BasicAuth("admin", "district")
        async with Dhis2Client("http://127.0.0.1", auth, transport=transport, clock=script.clock()) as client:
            return await client.jobs.wait(job, **options)

    return asyncio.run(run())


def test_a_story_is_told_first_to_last_and_each_thing_once() -> None:
    seen: list[Notification] = []
    begun, done = told("begun"), told("done", completed=True)
    outcome = wait(Script([[], [begun], [begun], [done, begun]]), TABLES, progress=seen.append)
    assert outcome.messages == ("begun", "done")
    assert [each.message for each in seen] == ["begun", "done"]


def test_any_completed_notification_ends_the_wait() -> None:
    assert wait(Script([[told("afterwards"), told("done", completed=True)]]), TABLES).messages == ("done", "afterwards")


def test_the_report_is_stored_after_the_import_says_that_it_is_done() -> None:
    script = Script([[told("done", completed=True)]], summaries=[None, None, {"status": "SUCCESS"}])
    assert wait(script, IMPORT).summary == {"status": "SUCCESS"}
    assert script.seconds == pytest.approx(1.5)


def test_a_job_that_crashed_looks_completed_but_has_no_report() -> None:
    with pytest.raises(SummaryMissingError, match="may have crashed") as caught:
        wait(Script([[told("Importing", completed=True)]]), IMPORT)
    assert caught.value.job == IMPORT.id


def test_an_import_that_refused_everything_failed_and_has_a_report() -> None:
    story = [[told("refused", completed=True, level="ERROR")]]
    script = Script(story, {"lastExecutedStatus": "FAILED"}, [{"status": "ERROR"}])
    outcome = wait(script, IMPORT)
    assert (outcome.status, outcome.summary) == ("FAILED", {"status": "ERROR"})


@pytest.mark.parametrize("status", ["FAILED", "STOPPED"])
def test_a_job_that_ended_badly_is_an_error(status: str) -> None:
    script = Script([[told("tables", completed=True)]], {"jobStatus": "DISABLED", "lastExecutedStatus": status})
    with pytest.raises(JobFailedError, match=f"ended as {status}: tables"):
        wait(script, TABLES)


def test_a_job_that_never_starts_is_told_from_one_that_takes_long() -> None:
    with pytest.raises(JobNotStartedError, match="has not begun after 30 seconds"):
        wait(Script([[]]), TABLES, within=30)
    with pytest.raises(JobTimeoutError, match="not done after 30 seconds") as caught:
        wait(Script([[told("begun")]], {"jobStatus": "RUNNING", "lastExecutedStatus": "COMPLETED"}), TABLES, within=30)
    assert not isinstance(caught.value, JobNotStartedError)


def test_a_story_that_the_server_forgot_is_no_reason_to_wait_for_ever() -> None:
    script = Script([[]], {"jobStatus": "DISABLED", "lastExecutedStatus": "COMPLETED"})
    outcome = wait(script, TABLES)
    assert (outcome.status, outcome.story) == ("COMPLETED", ())
    assert script.seconds < 10


def test_a_user_who_may_not_see_jobs_can_wait_all_the_same() -> None:
    assert wait(Script([[told("done", completed=True)]], 403), TABLES).status is None


def test_tracker_jobs_have_paths_of_their_own() -> None:
    script = Script([[told("done", completed=True)]], summaries=[{"status": "OK"}])
    assert wait(script, TRACKER).summary == {"status": "OK"}
    assert "/api/tracker/jobs/jobAaaaaaa1" in script.asked
    assert "/api/tracker/jobs/jobAaaaaaa1/report" in script.asked


def test_pauses_grow_and_end_with_the_time_given() -> None:
    script = Script([[told("begun")]])
    with pytest.raises(JobTimeoutError):
        wait(script, TABLES, within=12)
    assert script.seconds == 12
    assert len([path for path in script.asked if "tasks" in path]) == 6


def test_an_answer_says_which_job_it_started() -> None:
    started = {"response": {"jobType": "DATAVALUE_IMPORT", "id": "jobAaaaaaa1"}}
    assert job_of(started) == IMPORT
    tracker = {"response": {"id": "jobAaaaaaa1", "location": "https://host/api/tracker/jobs/jobAaaaaaa1"}}
    assert job_of(tracker) == TRACKER
    assert job_of({"response": {"importCount": {}}}) is None
    assert job_of(json.loads("null")) is None


def test_errors_of_the_server_stay_what_they_are() -> None:
    def refuse(request: httpx2.Request) -> httpx2.Response:
        if request.url.path == "/api/system/info":
            return httpx2.Response(200, json={"version": "2.42.1"})
        return httpx2.Response(403, json={"status": "ERROR", "httpStatusCode": 403, "message": "no"})

    async def run() -> None:
        auth = BasicAuth("admin", "district")
        async with Dhis2Client("http://127.0.0.1", auth, transport=httpx2.MockTransport(refuse)) as client:
            with pytest.raises(ForbiddenError):
                await client.jobs.cancel("jobAaaaaaa1")

    asyncio.run(run())
