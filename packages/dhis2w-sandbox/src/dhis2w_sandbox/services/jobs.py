"""`/api/jobConfigurations/{uid}/…`: what can be done with a job beside changing it.

A job that runs now runs to its end while its request is answered. What the clock says to run (a cron expression, a
fixed delay, a job that waits) runs before the next request: `run_due`. Once, however often its time has passed.
Source: `JobConfigurationController`, `DefaultJobSchedulerService`, `JobConfiguration` of
dhis2-core; recordings `tracker/jobs-configurations`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from dhis2w_sandbox.call import RECORDED, SOURCE, Call, Reply
from dhis2w_sandbox.data.analytics import tables
from dhis2w_sandbox.errors import Dhis2Refusal, ErrorReport, NotInSandbox, conflict, not_found
from dhis2w_sandbox.metadata import computed
from dhis2w_sandbox.metadata.computed import HOUSEKEEPING_JOBS
from dhis2w_sandbox.metadata.hooks import Hook, register
from dhis2w_sandbox.metadata.rendering import Rendering
from dhis2w_sandbox.routing import Endpoints
from dhis2w_sandbox.schemas import Schema
from dhis2w_sandbox.server import Server, stamp
from dhis2w_sandbox.services import integrity
from dhis2w_sandbox.services.cron import next_run, refusal_of
from dhis2w_sandbox.tasks import Job
from dhis2w_sandbox.user import User

Json = dict[str, Any]

endpoints = Endpoints()

TYPE = "jobConfiguration"


def _check_integrity(job: Job) -> None:
    """Check for what the parameters name: summaries, details, or, in 2.41, a report that tells more."""
    kind, names = _integrity_of(job.server, job.type, job.parameters)
    reports = _reports(job.server, job.parameters)
    if reports:
        job.tell("Starting data integrity job")
    integrity.run_job(job, kind, names)
    if reports:
        job.tell("Data integrity checks completed in 0.000000 sec..", completed=True)


def _reports(server: Server, parameters: Json) -> bool:
    return server.behaviour.reports_integrity and parameters.get("type") in {None, "REPORT"}


def _integrity_of(server: Server, type: str, parameters: Json) -> tuple[str, list[str]]:
    """What a job looks for (`summary` or `details`), and the checks that it runs; none stands for all."""
    names: list[str] = parameters.get("checks") or []
    if _reports(server, parameters):
        return "details", names or integrity.reported(server.version)
    details = parameters.get("type") == "DETAILS" or type == "DATA_INTEGRITY_DETAILS"
    return "details" if details else "summary", names


RUNNERS: dict[str, Callable[[Job], None]] = {
    "DATA_INTEGRITY": _check_integrity,
    "DATA_INTEGRITY_DETAILS": _check_integrity,
    "ANALYTICS_TABLE": tables.run_analytics,
    "RESOURCE_TABLE": tables.run_resources,
}
"""How jobs of a type run; those of other types are not here."""


def run_due(server: Server) -> None:
    """Run what the clock says: jobs that wait, then those whose next time has come."""
    for work in server.schedule.due():
        with server.store.transaction():
            work()
    if server.schedule.looked_within(seconds=1):
        return
    for job in server.store.all(TYPE):
        next_time = _next_time(job) if job.get("enabled", True) and job["jobType"] in RUNNERS else None
        if next_time is not None and next_time <= server.clock().replace(tzinfo=None):
            with server.store.transaction():
                _run(server, job)


def _next_time(job: Json) -> datetime | None:
    """When a job is to run next, without a zone; None for one that nothing lets run."""
    last = datetime.fromisoformat(job.get("lastExecuted") or job.get("created") or "2000-01-01")
    if job.get("schedulingType") == "FIXED_DELAY" and job.get("delay"):
        return last + timedelta(seconds=job["delay"])
    if job.get("schedulingType") == "CRON" and job.get("cronExpression"):
        return next_run(job["cronExpression"], last)
    return None


LATEST = timedelta(hours=4)
"""How long after its time a job may still run."""


def _next_time_shown(rendering: Rendering, schema: Schema, job: Json) -> str | None:
    """When a job runs next: the time of the last four hours where it has not run since, even if it is switched off."""
    del schema
    time = next_time_within(job, rendering.server.clock().replace(tzinfo=None))
    return stamp(time) if time else None


def _latest_time_shown(rendering: Rendering, schema: Schema, job: Json) -> str | None:
    del schema
    time = next_time_within(job, rendering.server.clock().replace(tzinfo=None))
    return stamp(time + LATEST) if time and job.get("schedulingType") == "CRON" else None


def next_time_within(job: Json, now: datetime) -> datetime | None:
    """JobTrigger.nextExecutionTime."""
    if job.get("queueName") and job.get("queuePosition"):
        return None
    last = datetime.fromisoformat(job["lastExecuted"]) if job.get("lastExecuted") else None
    kind = job.get("schedulingType")
    if kind == "CRON":
        second = timedelta(seconds=1)
        return next_run(job.get("cronExpression") or "", max(now - LATEST, last + second if last else now - LATEST))
    if kind == "FIXED_DELAY":
        return (last + timedelta(seconds=job["delay"]) if last else now) if job.get("delay") else None
    return last or now


computed.BY_TYPE[(TYPE, "nextExecutionTime")] = _next_time_shown
computed.BY_TYPE[(TYPE, "maxDelayedExecutionTime")] = _latest_time_shown


def _run(server: Server, job: Json) -> None:
    """Run a job of the stored configuration; one that runs only once is switched off by that."""
    run = Job(server, job["jobType"], job.get("jobParameters") or {"type": None, "checks": None})
    run.uid = job["id"]
    RUNNERS[job["jobType"]](run)
    once = job.get("schedulingType") == "ONCE_ASAP"
    after: Json = {"enabled": False, "jobStatus": "DISABLED"} if once else {}
    ended = {"lastExecuted": run.created, "lastExecutedStatus": "COMPLETED", "lastUpdated": server.now()}
    server.store.put(TYPE, job["id"], {**job, **ended, **after})


def _check_cron(server: Server, user: User, new: Json, old: Json | None) -> list[ErrorReport]:
    """E7005, with a message that DHIS2 does not fill in; E7000 where a job of the type runs at that time already."""
    del user
    cron, klass = new.get("cronExpression"), "org.hisp.dhis.scheduling.JobConfiguration"
    if not isinstance(cron, str) or not cron:
        return []
    if refusal_of(cron, "") is not None:
        return [ErrorReport("E7005", (), klass)]
    others = (job for job in server.store.all(TYPE) if old is None or job["id"] != old["id"])
    taken = any(job["jobType"] == new.get("jobType") and job.get("cronExpression") == cron for job in others)
    return [ErrorReport("E7000", (cron,), klass)] if taken else []


register(TYPE, Hook(check=_check_cron))


@endpoints.add("POST", "/api/jobConfigurations/{uid}/enable", RECORDED)
def enable(call: Call) -> Reply:
    """Switch a job on."""
    job = _modifiable(call)
    if job.get("schedulingType") == "CRON" and not job.get("cronExpression"):
        raise conflict("Job requires schedule setup before it can be enabled.")
    _put(call, job, enabled=True, jobStatus="SCHEDULED")
    return Reply(204)


@endpoints.add("POST", "/api/jobConfigurations/{uid}/disable", RECORDED)
def disable(call: Call) -> Reply:
    """Switch a job off."""
    _put(call, _modifiable(call), enabled=False, jobStatus="DISABLED")
    return Reply(204)


@endpoints.add("POST", "/api/jobConfigurations/{uid}/execute", RECORDED)
def execute(call: Call) -> Reply:
    """Run a job now; one that runs only once is switched off by that."""
    job = _found(call)
    if not job.get("enabled", True):
        raise conflict("Failed to transition job into ONCE_ASAP state.")
    if job["jobType"] not in RUNNERS:
        raise NotInSandbox(f"jobs of the type {job['jobType']}")
    _run(call.server, job)
    return Reply.json({"klass": "org.hisp.dhis.scheduling.JobConfiguration", "index": 0, "errorReports": []})


@endpoints.add("POST", "/api/jobConfigurations/{uid}/cancel", RECORDED)
def cancel(call: Call) -> Reply:
    """Ask a job to stop: one that still waits never runs; none runs for longer than a request."""
    job = _found(call)
    if call.server.schedule.cancel(job["id"]):
        _put(call, job, enabled=False, jobStatus="DISABLED", lastExecutedStatus="STOPPED")
    return Reply(204)


@endpoints.add("POST", "/api/jobConfigurations/{uid}/revert", RECORDED)
def revert(call: Call) -> Reply:
    """Take a running job for failed; none runs."""
    _found(call)
    raise conflict("Job is not running")


@endpoints.add("GET", "/api/jobConfigurations/{uid}/errors", RECORDED)
def errors_of(call: Call) -> Reply:
    """Show the errors that a job met: none."""
    _found(call)
    return Reply.json({})


@endpoints.add("GET", "/api/jobConfigurations/{uid}/progress", SOURCE)
def progress(call: Call) -> Reply:
    """Show how far a job is: it is done, in one stage; nothing where it never ran."""
    job = _found(call)
    return Reply.json(progress_of(call.server, job) if job.get("lastExecuted") else {})


def progress_of(server: Server, job: Json) -> Json:
    """How a job went that has run, in one stage; that of data integrity has an item for each check."""
    begin = job.get("lastExecuted") or job["created"]
    step: Json = {"status": "SUCCESS", "startedTime": begin, "completedTime": job["lastUpdated"]}
    step |= {"description": job["name"], "complete": True}
    stage: Json = {**step, "onFailure": "PARENT", "totalItems": 0, "items": []}
    if job["jobType"].startswith("DATA_INTEGRITY"):
        step |= {"description": "Data integrity check", "duration": 0}
        kind, names = _integrity_of(server, job["jobType"], job.get("jobParameters") or {})
        stage = integrity.stage_of(server, kind, names, step)
    return {"sequence": [{**step, "jobId": job["id"], "userId": server.behaviour.system_user, "stages": [stage]}]}


@endpoints.add("GET", "/api/jobConfigurations/{uid}/progress/errors", RECORDED)
def progress_errors(call: Call) -> Reply:
    """List the errors that a job met: none; from 2.42 on, this fails once the job has run."""
    if _found(call).get("lastExecuted") and call.server.behaviour.fails_on_errors_of_jobs:
        raise Dhis2Refusal(500, None)
    return Reply.json([])


@endpoints.add("GET", "/api/jobConfigurations/errors", RECORDED, requires=["F_JOB_LOG_READ"])
@endpoints.add("GET", "/api/jobConfigurations/due", RECORDED)
@endpoints.add("GET", "/api/jobConfigurations/stale", SOURCE)
def no_jobs(call: Call) -> Reply:
    """List the jobs that failed, are due or have got stuck: none."""
    del call
    return Reply.json([])


@endpoints.add("POST", "/api/jobConfigurations/clean", RECORDED, requires=["F_PERFORM_MAINTENANCE"])
def clean(call: Call) -> Reply:
    """Remove jobs that ran once, some minutes ago; they are not kept here."""
    call.required("minutes", "int")
    return Reply(204)


def _found(call: Call) -> Json:
    job = call.server.store.get(TYPE, call.parts["uid"])
    if job is None:
        raise not_found("JobConfiguration", call.parts["uid"])
    return job


def _modifiable(call: Call) -> Json:
    job = _found(call)
    if job["jobType"] in HOUSEKEEPING_JOBS:
        raise conflict(f"Job {job['id']} is a system job that cannot be modified.")
    return job


def _put(call: Call, job: Json, **changes: Any) -> None:
    call.server.store.put(TYPE, job["id"], {**job, **changes, "lastUpdated": call.server.now()})
