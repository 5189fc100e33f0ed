"""`/api/scheduler`: the jobs as the scheduler sees them, and queues of jobs that run one after another.

Source: `JobSchedulerController`, `SchedulerEntry` and `DefaultJobQueueService` of dhis2-core; recordings
`tracker/jobs-configurations`.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from dhis2w_sandbox.call import RECORDED, SOURCE, Call, Reply
from dhis2w_sandbox.data.parameters import sent_text, sent_texts
from dhis2w_sandbox.errors import Dhis2Refusal, message, not_found
from dhis2w_sandbox.metadata.computed import HOUSEKEEPING_JOBS
from dhis2w_sandbox.routing import Endpoints
from dhis2w_sandbox.server import stamp
from dhis2w_sandbox.services.cron import refusal_of
from dhis2w_sandbox.services.differences import differences
from dhis2w_sandbox.services.jobs import LATEST, TYPE, next_time_within

Json = dict[str, Any]

endpoints = Endpoints()


@endpoints.add("GET", "/api/scheduler", SOURCE)
def entries(call: Call) -> Reply:
    """List jobs and queues, the next to run first, or by name (`order=name`); none that runs once only."""
    by_identifier: dict[str, list[Json]] = {}
    for job in call.server.store.all(TYPE):
        if not _runs_once(job):
            by_identifier.setdefault(job.get("queueName") or job["id"], []).append(job)
    rows = [_entry(call, sorted(jobs, key=_position)) for jobs in by_identifier.values()]
    if call.param("order") == "name":
        return Reply.json(sorted(rows, key=lambda row: row["name"]))
    return Reply.json(sorted(rows, key=lambda row: row.get("nextExecutionTime") or "~"))


@endpoints.add("GET", "/api/scheduler/queueable", SOURCE)
def queueable(call: Call) -> Reply:
    """List by name the jobs with a cron expression that are in no queue."""
    jobs = [
        job
        for job in call.server.store.all(TYPE)
        if _is_configurable(job) and job.get("schedulingType") == "CRON" and not job.get("queueName")
    ]
    return Reply.json(sorted((_entry(call, [job]) for job in jobs), key=lambda row: row["name"]))


def _entry(call: Call, jobs: list[Json]) -> Json:
    """A job, or a queue in its order, without what nobody set."""
    now = call.server.clock().replace(tzinfo=None)
    trigger = jobs[0]
    queue = trigger.get("queueName")
    time = next_time_within(trigger, now)
    latest = time + LATEST if time and trigger.get("schedulingType") == "CRON" else None
    row: Json = {
        "name": queue or trigger["name"],
        "type": "Sequence" if queue else trigger["jobType"],
        "cronExpression": trigger.get("cronExpression"),
        "delay": trigger.get("delay"),
        "nextExecutionTime": stamp(time) if time else None,
        "maxDelayedExecutionTime": stamp(latest) if latest else None,
        "secondsToNextExecutionTime": int((time - now).total_seconds()) if time else None,
        "secondsToMaxDelayedExecutionTime": int((latest - now).total_seconds()) if latest else None,
        "status": _status(trigger),
        "enabled": trigger.get("enabled", True),
        "configurable": bool(queue) or _is_configurable(trigger),
        "sequence": [_step(job, now) for job in jobs],
    }
    return _set(row)


def _step(job: Json, now: datetime) -> Json:
    time = next_time_within(job, now)
    row: Json = {
        "id": job["id"],
        "name": job["name"],
        "type": job["jobType"],
        "cronExpression": job.get("cronExpression"),
        "delay": job.get("delay"),
        "nextExecutionTime": stamp(time) if time else None,
        "status": _status(job),
    }
    return _set(row)


def _set(row: Json) -> Json:
    return {key: value for key, value in row.items() if value is not None}


def _status(job: Json) -> str:
    return job.get("jobStatus") or ("SCHEDULED" if job.get("enabled", True) else "DISABLED")


def _is_configurable(job: Json) -> bool:
    return job.get("configurable", True) and job["jobType"] not in HOUSEKEEPING_JOBS


def _runs_once(job: Json) -> bool:
    times = ("cronExpression", "delay", "queueName")
    return job.get("schedulingType") == "ONCE_ASAP" and not any(job.get(key) for key in times)


def _position(job: Json) -> int:
    return job.get("queuePosition") or 0


@endpoints.add("GET", "/api/scheduler/queues", SOURCE)
def queues(call: Call) -> Reply:
    """List the names of queues."""
    return Reply.json(sorted({job["queueName"] for job in call.server.store.all(TYPE) if job.get("queueName")}))


@endpoints.add("GET", "/api/scheduler/queues/{name}", RECORDED)
def queue(call: Call) -> Reply:
    """Show a queue: jobs that run one after another."""
    jobs = _queue(call)
    cron = jobs[0].get("cronExpression")
    row: Json = {"name": call.parts["name"], "cronExpression": cron, "sequence": [job["id"] for job in jobs]}
    return Reply.json(row)


@endpoints.add("POST", "/api/scheduler/queues/{name}", RECORDED)
def make_queue(call: Call) -> Reply:
    """Make a queue of two jobs at least, which nobody else has in a queue."""
    _make(call, call.parts["name"], sent_text(call, "cronExpression"), sent_texts(call, "sequence") or [])
    return Reply(201)


@endpoints.add("PUT", "/api/scheduler/queues/{name}", SOURCE)
def change_queue(call: Call) -> Reply:
    """Replace the jobs of a queue, its expression, and its name where another is sent."""
    name = call.parts["name"]
    cron, sequence = sent_text(call, "cronExpression"), sent_texts(call, "sequence") or []
    new_name, old = sent_text(call, "name") or name, _queue(call)
    if new_name != name:
        cron = cron or old[0].get("cronExpression")
        _leave(call, old)
        _make(call, new_name, cron, sequence or [job["id"] for job in old])
        return Reply(204)
    _join(call, name, cron, sequence)
    _leave(call, (job for job in old if job["id"] not in sequence))
    return Reply(204)


@endpoints.add("DELETE", "/api/scheduler/queues/{name}", RECORDED)
def delete_queue(call: Call) -> Reply:
    """Remove a queue; its jobs stay, switched off and without an expression."""
    _leave(call, _queue(call))
    return Reply(204)


def _in_queue(call: Call, name: str) -> list[Json]:
    return sorted((job for job in call.server.store.all(TYPE) if job.get("queueName") == name), key=_position)


def _queue(call: Call) -> list[Json]:
    name = call.parts["name"]
    jobs = _in_queue(call, name)
    if not jobs:
        raise Dhis2Refusal(404, message(call.server.version, "E7020", name), "E7020")
    return jobs


def _make(call: Call, name: str, cron: str | None, sequence: list[str]) -> None:
    if _in_queue(call, name):
        raise _conflict(call, "E7021", name)
    _join(call, name, cron, sequence)


def _join(call: Call, name: str, cron: str | None, sequence: list[str]) -> None:
    """Put jobs into a queue in their order; only the first keeps an expression."""
    _check_cron(call, cron)
    jobs = {uid: job for uid in sequence if (job := call.server.store.get(TYPE, uid))}
    if len(jobs) < 2:
        raise _conflict(call, "E7024")
    for job in jobs.values():
        if job.get("queueName") not in {None, name}:
            raise _conflict(call, "E7022", job["id"], job["queueName"])
    for job in jobs.values():
        if not _is_configurable(job):
            raise _conflict(call, "E7023", job["id"])
    for position, uid in enumerate(sequence):
        if uid not in jobs:
            raise not_found("JobConfiguration", uid)
        place = {"queueName": name, "queuePosition": position, "cronExpression": None if position else cron}
        call.server.store.put(TYPE, uid, {**jobs[uid], **place, "lastUpdated": call.server.now()})


def _check_cron(call: Call, cron: str | None) -> None:
    found = refusal_of(cron, differences(call.server).empty_cron)
    if found is not None:
        raise _conflict(call, "E7005", found)


def _leave(call: Call, jobs: Iterable[Json]) -> None:
    alone: Json = {"queueName": None, "queuePosition": None, "cronExpression": None, "enabled": False}
    for job in list(jobs):
        call.server.store.put(TYPE, job["id"], {**job, **alone, "lastUpdated": call.server.now()})


def _conflict(call: Call, code: str, *args: str) -> Dhis2Refusal:
    return Dhis2Refusal(409, message(call.server.version, code, *args), code)
