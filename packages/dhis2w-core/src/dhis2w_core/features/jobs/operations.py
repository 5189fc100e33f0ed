"""Jobs that DHIS2 runs in the background: by plan, or on demand."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from dhis2w_client.jobs.job_run import JobRun
from dhis2w_client.json_value import as_array, as_object
from dhis2w_core.operation import operation
from dhis2w_core.plan import Action, Change
from dhis2w_core.planned_changes import first_rows, found_id, planned_updates

if TYPE_CHECKING:
    from dhis2w_client.client import Dhis2Client
    from dhis2w_client.jobs.job_run import Notification

TYPE = "jobConfigurations"


@operation("jobs list", effect="read")
async def list_jobs(client: Dhis2Client, *, type: str | None = None, limit: int = 0) -> list[dict[str, Any]]:
    """List the jobs of the instance, with their plan and how they ended last.

    Source: "Job configurations" in DHIS2's developer guide; `JobConfigurationController`.

    Args:
        type: Only those of a type: `ANALYTICS_TABLE`.
        limit: At most so many; 0 lists all.
    """
    fields = "id,name,jobType,enabled,cronExpression,delay,jobStatus,lastExecuted,lastExecutedStatus,nextExecutionTime"
    filters = [f"jobType:eq:{type}"] if type else []
    return await first_rows(client, TYPE, fields, limit=limit, filters=filters)


@operation("jobs run", effect="write")
async def run(client: Dhis2Client, job: str) -> Action:
    """Have a job run now; what it does cannot be undone.

    Args:
        job: Its name, code or UID.
    """
    uid = await found_id(client, TYPE, job)

    async def perform(client: Dhis2Client) -> dict[str, Any]:
        await client.post(f"{TYPE}/{uid}/execute")
        return {"started": job, "job": uid}

    return Action(f"Run job {job}", perform, {"job": f"{job} ({uid})"})


@operation("jobs cancel", effect="write")
async def cancel(client: Dhis2Client, job: str) -> Action:
    """Ask a running job to stop; it does so at its next step, and what it did until then stays.

    Args:
        job: Its name, code or UID.
    """
    uid = await found_id(client, TYPE, job)

    async def perform(client: Dhis2Client) -> dict[str, Any]:
        await client.jobs.cancel(uid)
        return {"asked to stop": job, "job": uid}

    return Action(f"Cancel job {job}", perform, {"job": f"{job} ({uid})"})


@operation("jobs enable", effect="write", undo="full")
async def enable(client: Dhis2Client, job: str) -> Change:
    """Let a job run by its plan.

    Args:
        job: Its name, code or UID.
    """
    return await _set_enabled(client, job, enabled=True)


@operation("jobs disable", effect="write", undo="full")
async def disable(client: Dhis2Client, job: str) -> Change:
    """Let a job run no more.

    Args:
        job: Its name, code or UID.
    """
    return await _set_enabled(client, job, enabled=False)


async def _set_enabled(client: Dhis2Client, job: str, *, enabled: bool) -> Change:
    uid = await found_id(client, TYPE, job)
    return await planned_updates(client, TYPE, [uid], lambda before: before | {"enabled": enabled})


@operation("jobs history", effect="read")
async def history(client: Dhis2Client, type: str | None = None) -> list[dict[str, Any]]:
    """List the runs that the server remembers, the latest first, and what each said last.

    Source: `SystemController`, `GET /api/system/tasks`; DHIS2 keeps them until it is started again.

    Args:
        type: Only those of a type: `METADATA_IMPORT`.
    """
    answer = as_object(await client.get(f"system/tasks/{type}" if type else "system/tasks"))
    runs = {type: answer} if type else {name: as_object(found) for name, found in answer.items()}
    rows = [
        {"type": name, "job": job, "time": last.get("time"), "completed": last.get("completed"), **_said(last)}
        for name, jobs in runs.items()
        for job, story in jobs.items()
        if (last := as_object(next(iter(as_array(story)), None)))
    ]
    return sorted(rows, key=lambda row: str(row["time"]), reverse=True)


@operation("jobs watch", effect="read")
async def watch(client: Dhis2Client, type: str, job: str, *, seconds: int = 86_400) -> AsyncIterator[dict[str, Any]]:
    """Tell what a job says, as it says it, until it is done; a job that fails is an error.

    Args:
        type: Its type, as what started it told: `ANALYTICS_TABLE`.
        job: Its UID.
        seconds: How long to watch at most.
    """
    return _told(client, JobRun(type, job), seconds)


async def _told(client: Dhis2Client, job: JobRun, seconds: float) -> AsyncIterator[dict[str, Any]]:
    heard: asyncio.Queue[Notification | None] = asyncio.Queue()
    waiting = asyncio.ensure_future(client.jobs.wait(job, within=seconds, progress=heard.put_nowait, summary=False))
    waiting.add_done_callback(lambda _: heard.put_nowait(None))
    try:
        while (told := await heard.get()) is not None:
            yield asdict(told)
        await waiting
    finally:
        waiting.cancel()


def _said(row: dict[str, object]) -> dict[str, object]:
    return {"level": row.get("level"), "message": row.get("message")}
