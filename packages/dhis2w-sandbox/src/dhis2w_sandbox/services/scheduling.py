"""`/api/scheduling`: which jobs run and which have run, by their type.

A job runs to its end while a request is answered: none runs when somebody looks.
Source: `SchedulingController`, `DefaultJobSchedulerService`, `HibernateJobConfigurationStore` of dhis2-core.
"""

from __future__ import annotations

from typing import Any

from dhis2w_sandbox.call import SOURCE, Call, Reply
from dhis2w_sandbox.errors import Dhis2Refusal
from dhis2w_sandbox.routing import Endpoints
from dhis2w_sandbox.services.jobs import TYPE, progress_of

Json = dict[str, Any]

endpoints = Endpoints()

_ENDED = {"COMPLETED", "FAILED", "STOPPED"}


@endpoints.add("GET", "/api/scheduling/running", SOURCE)
def running(call: Call) -> Reply:
    """Show the jobs that run, by type: none."""
    del call
    return Reply.json({})


@endpoints.add("GET", "/api/scheduling/running/types", SOURCE)
def running_types(call: Call) -> Reply:
    """List the types of the jobs that run: none."""
    del call
    return Reply.json([])


@endpoints.add("GET", "/api/scheduling/running/{type}", SOURCE)
def running_of_type(call: Call) -> Reply:
    """Show how far the running job of a type is: nothing, none runs."""
    _type(call)
    return Reply()


@endpoints.add("GET", "/api/scheduling/completed", SOURCE)
def completed(call: Call) -> Reply:
    """Show the latest job of each type of which some have run."""
    types = dict.fromkeys(job["jobType"] for job in call.server.store.all(TYPE) if _has_run(job))
    return Reply.json({type: _outline(call, job) for type in types if (job := _latest(call, type))})


@endpoints.add("GET", "/api/scheduling/completed/{type}", SOURCE)
def completed_of_type(call: Call) -> Reply:
    """Show how the latest job of a type went; nothing where one of them has never run, which counts as later."""
    job = _latest(call, _type(call))
    return Reply.json(progress_of(call.server, job)) if job else Reply()


@endpoints.add("POST", "/api/scheduling/cancel/{type}", SOURCE)
def cancel(call: Call) -> Reply:
    """Ask the running job of a type to stop; none runs."""
    _type(call)
    return Reply(204)


def _type(call: Call) -> str:
    """The type that the path names, in any letters; 400 where there is none."""
    name = call.parts["type"].upper()
    known = call.server.schemas.by_singular[TYPE].properties["jobType"].constants or []
    if name not in known:
        raise Dhis2Refusal(400, f"No enum constant org.hisp.dhis.scheduling.JobType.{name}")
    return name


def _has_run(job: Json) -> bool:
    return bool(job.get("lastExecuted")) or job.get("lastExecutedStatus") in _ENDED


def _latest(call: Call, type: str) -> Json | None:
    """The job of a type that ran last; None where one never ran: the database puts that first."""
    jobs = [job for job in call.server.store.all(TYPE) if job["jobType"] == type]
    if not jobs or not all(_has_run(job) for job in jobs):
        return None
    return max(jobs, key=lambda job: job.get("lastExecuted") or job["created"])


def _outline(call: Call, job: Json) -> list[Json]:
    """A job's progress without what its stages are made of."""
    shown = ("jobId", "status", "description", "startedTime", "completedTime")
    return [
        {**{key: step[key] for key in shown}, "stages": [_stage(stage) for stage in step["stages"]]}
        for step in progress_of(call.server, job)["sequence"]
    ]


def _stage(stage: Json) -> str:
    """A stage by its words, with how many of its items are done where there are several."""
    words, total = stage["description"], stage["totalItems"]
    return f"{words} [{len(stage['items'])}/{total}]" if total > 1 else words
