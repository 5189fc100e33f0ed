"""Waiting for a job that DHIS2 runs in the background, such as an asynchronous import.

Source: `SystemController` (`/api/system/tasks`, `/api/system/taskSummaries`); recording `meta/import-strategy`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from dhis2w_client.json_value import as_array, as_object, as_text
from dhis2w_client.metadata.errors import JobTimeoutError
from dhis2w_client.replies import value_of

if TYPE_CHECKING:
    from dhis2w_client.json_value import Json
    from dhis2w_client.metadata.metadata_api import MetadataApi

FIRST_WAIT = 0.5
"""Seconds before a job is asked about for the second time; each time it is twice as long, up to `LONGEST_WAIT`."""
LONGEST_WAIT = 5.0
"""Seconds between two questions, at most."""


@dataclass(frozen=True, slots=True)
class JobRun:
    """One run of a job."""

    type: str
    """DHIS2's type of the job: `METADATA_IMPORT`."""
    id: str
    """UID of the job."""


def job_of(answer: object) -> JobRun | None:
    """The job that an answer says was started; None where it says no such thing."""
    response = as_object(as_object(answer).get("response"))
    type, id = as_text(response.get("jobType")), as_text(response.get("id"))
    return JobRun(type, id) if type and id else None


async def wait_for(api: MetadataApi, job: JobRun, within: float) -> tuple[str, ...]:
    """Wait until a job is done.

    Args:
        api: The connection.
        job: The job.
        within: Seconds to wait at most.

    Returns:
        What the job told, from first to last.

    Raises:
        JobTimeoutError: It is not done in time; it goes on running.
    """
    until = api.clock.monotonic() + within
    pause = FIRST_WAIT
    while True:
        story = [as_object(row) for row in as_array(value_of(await api.ask("GET", _path("tasks", job))))]
        if story and story[0].get("completed") is True:
            return tuple(as_text(row.get("message")) or "" for row in reversed(story))
        left = until - api.clock.monotonic()
        if left <= 0:
            raise JobTimeoutError(
                f"The job {job.type} {job.id} is not done after {within:g} seconds.",
                job=job.id,
                next_step="It goes on running; wait longer, or ask for its summary later.",
            )
        await api.clock.sleep(min(pause, left))
        pause = min(pause * 2, LONGEST_WAIT)


async def summary_of(api: MetadataApi, job: JobRun) -> Json:
    """What a job made: its report; None where there is none (yet)."""
    return cast("Json", value_of(await api.ask("GET", _path("taskSummaries", job))) or None)


def _path(what: str, job: JobRun) -> str:
    return f"system/{what}/{job.type}/{job.id}"
