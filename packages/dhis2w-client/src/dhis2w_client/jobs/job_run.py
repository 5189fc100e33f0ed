"""One run of a job, and what its story says: decisions, no I/O.

Source: `SystemController`, `JobScheduler`, `JobProgress` of dhis2-core; recordings `data/import-async`,
`meta/import-strategy`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from dhis2w_client.json_value import as_array, as_object, as_text

if TYPE_CHECKING:
    from dhis2w_client.json_value import Json

MAKES_SUMMARY = frozenset(
    {"DATAVALUE_IMPORT", "METADATA_IMPORT", "GEOJSON_IMPORT", "COMPLETE_DATA_SET_REGISTRATION_IMPORT"}
)
"""Jobs that leave a report at `/api/system/taskSummaries`; a tracker import leaves one of its own."""
TRACKER_IMPORT = "TRACKER_IMPORT_JOB"
ENDED_BADLY = frozenset({"FAILED", "STOPPED"})


@dataclass(frozen=True, slots=True)
class JobRun:
    """One run of a job."""

    type: str
    """DHIS2's type of the job: `METADATA_IMPORT`."""
    id: str
    """UID of the job."""


@dataclass(frozen=True, slots=True)
class Notification:
    """One thing that a job told."""

    message: str
    level: str
    """`INFO`, `WARN`, `ERROR`, `LOOP`, `DEBUG`."""
    time: str | None
    completed: bool
    """Whether the job says that it is done with this."""


@dataclass(frozen=True, slots=True)
class JobOutcome:
    """How a job ended."""

    job: JobRun
    story: tuple[Notification, ...]
    """What it told, first to last."""
    status: str | None
    """`COMPLETED`, or None where the server does not say (any more)."""
    summary: Json = None
    """Its report, as it came; None for jobs that make none."""

    @property
    def messages(self) -> tuple[str, ...]:
        """What it told, in words, first to last."""
        return tuple(each.message for each in self.story)


def makes_summary(job: JobRun) -> bool:
    """Whether a job leaves a report."""
    return job.type in MAKES_SUMMARY or job.type == TRACKER_IMPORT


Phase = Literal["silent", "running", "told completed"]


def job_of(answer: object) -> JobRun | None:
    """The job that an answer says was started; None where it says no such thing."""
    response = as_object(as_object(answer).get("response"))
    type, id = as_text(response.get("jobType")), as_text(response.get("id"))
    if type is None and "/tracker/jobs/" in (as_text(response.get("location")) or ""):
        type = TRACKER_IMPORT
    return JobRun(type, id) if type and id else None


def story_of(answer: object) -> tuple[Notification, ...]:
    """What a job told, first to last; the server has it the other way round."""
    rows = [as_object(row) for row in as_array(answer)]
    return tuple(
        Notification(
            message=as_text(row.get("message")) or "",
            level=as_text(row.get("level")) or "INFO",
            time=as_text(row.get("time")),
            completed=row.get("completed") is True,
        )
        for row in reversed(rows)
    )


def phase_of(story: tuple[Notification, ...]) -> Phase:
    """How far a story is. An empty one means not started, forgotten or unknown: never done."""
    if not story:
        return "silent"
    return "told completed" if any(each.completed for each in story) else "running"


def ended_as(configuration: object) -> str | None:
    """How a job ended, by its configuration; None while it runs or waits, and where there is no telling.

    A job that ran once is `DISABLED` when it has ended.
    """
    row = as_object(configuration)
    if as_text(row.get("jobStatus")) in ("RUNNING", "NOT_STARTED"):
        return None
    last = as_text(row.get("lastExecutedStatus"))
    return last if last not in (None, "NOT_STARTED", "RUNNING") else None
