"""What jobs tell while they run, and how they ended: `/api/system/tasks` and `/api/system/taskSummaries`.

A job runs to its end before its request is answered, unless the sandbox lets jobs wait (`dhis2w_sandbox.schedule`);
what is kept is its story. Other rooms start jobs by `Job`.
Source: `SystemController`, `JobConfigurationWebMessageResponse` and `Notifier` of dhis2-core.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from dhis2w_sandbox.call import RECORDED, SOURCE, Call, Reply
from dhis2w_sandbox.errors import Dhis2Refusal, NotInSandbox
from dhis2w_sandbox.routing import Endpoints
from dhis2w_sandbox.server import Server

Json = dict[str, Any]

endpoints = Endpoints()

NO_STORE = {"Cache-Control": "no-store"}


def _tables(server: Server) -> None:
    server.store.sql.execute(
        "CREATE TABLE IF NOT EXISTS notification"
        " (number INTEGER PRIMARY KEY, job_type TEXT NOT NULL, job TEXT NOT NULL, content TEXT NOT NULL)"
    )
    server.store.sql.execute(
        "CREATE TABLE IF NOT EXISTS summary (job_type TEXT NOT NULL, job TEXT NOT NULL, content TEXT NOT NULL)"
    )


class Job:
    """One run of a job.

    Args:
        server: where it runs.
        type: DHIS2's `JobType`, `METADATA_IMPORT` for example.
        parameters: what the job's configuration shows as `jobParameters`.
    """

    def __init__(self, server: Server, type: str, parameters: Json) -> None:
        _tables(server)
        self.server = server
        self.type = type
        self.parameters = parameters
        self.uid = server.new_uid()
        self.created = server.now()
        self.name = f"{type} ({int(server.clock().timestamp() * 1000)})"

    def start(self, work: Callable[[], None]) -> None:
        """Do the job's work now, or let it wait for its time: until then its configuration says so."""
        if self.server.schedule.delay:
            waiting = self._document("NOT_STARTED", "NOT_STARTED", enabled=True)
            self.server.store.put("jobConfiguration", self.uid, waiting)
        self.server.schedule.start(self.uid, work)

    def tell(self, text: str, *, completed: bool = False, level: str = "INFO", **more: Any) -> None:
        """Add a message to the story; `more` are its further keys (`dataType`, `data`)."""
        uid = self.server.new_uid()
        row = {
            "uid": uid,
            "level": level,
            "category": self.type,
            "time": self.server.now(),
            "message": text,
            "completed": completed,
            **more,
            "id": uid,
        }
        self.server.store.sql.execute(
            "INSERT INTO notification (job_type, job, content) VALUES (?, ?, ?)",
            (self.type, self.uid, json.dumps(row)),
        )

    def summarize(self, summary: Json) -> None:
        """Keep the job's result."""
        self.server.store.sql.execute(
            "INSERT INTO summary (job_type, job, content) VALUES (?, ?, ?)",
            (self.type, self.uid, json.dumps(summary)),
        )

    def finish(self, status: str = "COMPLETED") -> None:
        """Keep the job's configuration as it is when the job has run, with how that ended (COMPLETED, FAILED)."""
        self.server.store.put("jobConfiguration", self.uid, self._document("DISABLED", status, enabled=False))

    def _document(self, status: str, last_status: str, *, enabled: bool) -> Json:
        return {
            "id": self.uid,
            "name": self.name,
            "created": self.created,
            "lastUpdated": self.server.now(),
            "jobType": self.type,
            "jobStatus": status,
            "lastExecutedStatus": last_status,
            "schedulingType": "ONCE_ASAP",
            "enabled": enabled,
            "configurable": False,
            "jobParameters": self.parameters,
        }

    def reply(self, call: Call) -> Reply:
        """The answer to the request that started the job: where to ask for its story."""
        response: Json = {
            "name": self.name,
            "id": self.uid,
            "created": self.created,
            "jobType": self.type,
            "jobStatus": "NOT_STARTED",
            **({"jobParameters": self.parameters} if self.parameters else {}),
            "relativeNotifierEndpoint": f"/api/system/tasks/{self.type}/{self.uid}",
        }
        if call.server.behaviour.names_job_response:
            response["responseType"] = "JobConfiguration"
        location = {"Location": f"{call.base_url}/api/system/tasks/{self.type}"}
        return Reply.message(200, f"Initiated {self.name}", headers=location, response=response)


def _job_type(call: Call) -> str:
    names = call.server.schemas.by_singular["jobConfiguration"].properties["jobType"].constants or []
    asked = call.parts["type"]
    found = next((name for name in names if name == asked.upper()), None)
    if found is None:
        shown = f"Value '{asked}' is not valid for path parameter jobType. Valid values are: [{', '.join(names)}]"
        raise Dhis2Refusal(400, shown)
    return found


def _job_uid(call: Call) -> str:
    job = call.parts["job"]
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9]{10}", job):
        form = "UID must be an alphanumeric string of 11 characters starting with a letter, but was: "
        raise Dhis2Refusal(400, f"Value '{job}' is not valid for path parameter jobId. {form}{job}")
    return job


def story_of(server: Server, type: str, job: str) -> list[Json]:
    """What a job told, latest first."""
    _tables(server)
    rows = server.store.sql.execute(
        "SELECT content FROM notification WHERE job_type = ? AND job = ? ORDER BY number DESC", (type, job)
    )
    return [json.loads(content) for (content,) in rows]


def summary_of(server: Server, type: str, job: str) -> Json | None:
    """The result of a job; None where there is none."""
    _tables(server)
    row = server.store.sql.execute("SELECT content FROM summary WHERE job_type = ? AND job = ?", (type, job)).fetchone()
    return json.loads(row[0]) if row else None


def _jobs(server: Server, type: str) -> list[str]:
    rows = server.store.sql.execute(
        "SELECT job FROM notification WHERE job_type = ? GROUP BY job ORDER BY min(number) DESC", (type,)
    )
    return [job for (job,) in rows]


@endpoints.add("GET", "/api/system/tasks", RECORDED)
def all_tasks(call: Call) -> Reply:
    """The stories of every job, by type and identifier."""
    _tables(call.server)
    rows = call.server.store.sql.execute("SELECT DISTINCT job_type FROM notification").fetchall()
    stories = {type: {job: story_of(call.server, type, job) for job in _jobs(call.server, type)} for (type,) in rows}
    return Reply.json(stories, headers=NO_STORE)


@endpoints.add("GET", "/api/system/tasks/{type}", RECORDED)
def tasks_of_type(call: Call) -> Reply:
    """The stories of the jobs of a type, by identifier."""
    _tables(call.server)
    type = _job_type(call)
    return Reply.json({job: story_of(call.server, type, job) for job in _jobs(call.server, type)}, headers=NO_STORE)


@endpoints.add("GET", "/api/system/tasks/{type}/{job}", RECORDED)
def task(call: Call) -> Reply:
    """The story of a job, latest first."""
    _tables(call.server)
    return Reply.json(story_of(call.server, _job_type(call), _job_uid(call)), headers=NO_STORE)


@endpoints.add("DELETE", "/api/system/tasks", SOURCE)
def forget_all_tasks(call: Call) -> Reply:
    """Forget every story."""
    _forget(call, "1 = 1")
    return Reply(204)


@endpoints.add("DELETE", "/api/system/tasks/{type}", SOURCE)
def forget_tasks(call: Call) -> Reply:
    """Forget the stories of the jobs of a type."""
    _forget(call, "job_type = ?", _job_type(call))
    return Reply(204)


def _forget(call: Call, where: str, *args: str) -> None:
    if call.param("maxCount") or call.param("maxAge"):
        raise NotInSandbox("maxCount and maxAge of stories of jobs")
    _tables(call.server)
    for table in ("notification", "summary"):
        call.server.store.sql.execute(f"DELETE FROM {table} WHERE {where}", args)  # noqa: S608 - placeholders only


@endpoints.add("DELETE", "/api/system/tasks/{type}/{job}", RECORDED)
def forget_task(call: Call) -> Reply:
    """Forget the story of a job."""
    _tables(call.server)
    where = "job_type = ? AND job = ?"
    for table in ("notification", "summary"):
        call.server.store.sql.execute(f"DELETE FROM {table} WHERE {where}", (_job_type(call), _job_uid(call)))  # noqa: S608 - placeholders only
    return Reply(204)


@endpoints.add("GET", "/api/system/taskSummaries/{type}", RECORDED)
def summaries(call: Call) -> Reply:
    """The results of the jobs of a type, by identifier."""
    _tables(call.server)
    rows = call.server.store.sql.execute("SELECT job, content FROM summary WHERE job_type = ?", (_job_type(call),))
    return Reply.json({job: json.loads(content) for job, content in rows}, headers=NO_STORE)


@endpoints.add("GET", "/api/system/taskSummaries/{type}/{job}", RECORDED)
def summary(call: Call) -> Reply:
    """The result of a job; nothing where there is none."""
    found = summary_of(call.server, _job_type(call), _job_uid(call))
    return Reply.json(found, headers=NO_STORE) if found is not None else Reply(headers=NO_STORE)
