"""Jobs that DHIS2 runs in the background: by plan, or on demand."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TYPE_CHECKING, Any

from dhis2w_client.json_value import as_array, as_object
from dhis2w_core.errors import OperationError
from dhis2w_core.operation import operation
from dhis2w_core.plan import Action, Change
from dhis2w_core.planned_changes import first_rows, found_id, planned_updates

if TYPE_CHECKING:
    from dhis2w_client.client import Dhis2Client

FIRST_WAIT = 0.5
"""Seconds before a job is asked about for the second time; each time it is twice as long, up to `LONGEST_WAIT`."""
LONGEST_WAIT = 5.0
"""Seconds between two questions, at most."""
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
    return await _asked(client, job, "execute", "Run")


@operation("jobs cancel", effect="write")
async def cancel(client: Dhis2Client, job: str) -> Action:
    """Ask a running job to stop; it does so at its next step, and what it did until then stays.

    Args:
        job: Its name, code or UID.
    """
    return await _asked(client, job, "cancel", "Cancel")


async def _asked(client: Dhis2Client, job: str, what: str, title: str) -> Action:
    uid = await found_id(client, TYPE, job)

    async def perform(client: Dhis2Client) -> dict[str, Any]:
        await client.post(f"{TYPE}/{uid}/{what}")
        return {"asked to": what, "job": job, "id": uid}

    return Action(f"{title} job {job}", perform, {"job": f"{job} ({uid})"})


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
async def watch(client: Dhis2Client, type: str, job: str) -> AsyncIterator[dict[str, Any]]:
    """Tell what a job says, as it says it, until it is done.

    Args:
        type: Its type, as what started it told: `ANALYTICS_TABLE`.
        job: Its UID.
    """
    return story_of(client, f"system/tasks/{type}/{job}")


async def story_of(
    client: Dhis2Client, path: str, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
) -> AsyncIterator[dict[str, Any]]:
    """What a job says, each word once, until it is done.

    Args:
        client: The connected client.
        path: Where its notifications are.
        sleep: Waits so many seconds.

    Raises:
        OperationError: Its last word is an error.
    """
    told = 0
    pause = FIRST_WAIT
    while True:
        story = [as_object(row) for row in reversed(as_array(await client.get(path)))]
        for row in story[told:]:
            yield {"time": row.get("time"), **_said(row), "completed": row.get("completed")}
            if row.get("completed") is True:
                _refuse_failed(row)
                return
        told = len(story)
        await sleep(pause)
        pause = min(pause * 2, LONGEST_WAIT)


def _said(row: dict[str, object]) -> dict[str, object]:
    return {"level": row.get("level"), "message": row.get("message")}


def _refuse_failed(row: dict[str, object]) -> None:
    if row.get("level") == "ERROR":
        raise OperationError(f"The job failed: {row.get('message')}", next_step="The server's log says more.")
