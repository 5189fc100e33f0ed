"""`client.jobs`: one way to wait for every kind of job.

Source: `SystemController` (`/api/system/tasks`, `/api/system/taskSummaries`), `JobConfigurationController`,
`TrackerImportController`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from dhis2w_client.errors import ForbiddenError, NotFoundError
from dhis2w_client.jobs.errors import JobFailedError, JobNotStartedError, JobTimeoutError, SummaryMissingError
from dhis2w_client.jobs.job_run import (
    ENDED_BADLY,
    TRACKER_IMPORT,
    JobOutcome,
    JobRun,
    Notification,
    ended_as,
    makes_summary,
    phase_of,
    story_of,
)
from dhis2w_client.json_value import as_object
from dhis2w_client.replies import value_of
from dhis2w_client.write_report import write_report

if TYPE_CHECKING:
    from dhis2w_client.json_value import Json
    from dhis2w_client.metadata.metadata_api import MetadataApi
    from dhis2w_client.pages import Row

FIRST_WAIT = 0.5
"""Seconds before a job is asked about for the second time; each time it is twice as long, up to `LONGEST_WAIT`."""
LONGEST_WAIT = 5.0
"""Seconds between two questions, at most."""
SUMMARY_WAIT = 20.0
"""Seconds to wait for the report of a job that is done: an import tells that it is, and stores its report after."""

Progress = Callable[[Notification], None]


class JobService:
    """Jobs that run in the background: `client.jobs`."""

    def __init__(self, api: MetadataApi) -> None:
        self._api = api

    async def wait(
        self, job: JobRun, *, within: float = 600.0, progress: Progress | None = None, summary: bool = True
    ) -> JobOutcome:
        """Wait until a job is done, and read its report.

        Most jobs begin up to 20 seconds after they were asked for, one of a type at a time.

        Args:
            job: The job.
            within: Seconds to wait at most.
            progress: Is called with each thing that the job tells, as it is seen.
            summary: Read the report of a job that makes one; False where the caller reads it, failed or not.

        Raises:
            JobNotStartedError: It told nothing in time; it may still begin.
            JobTimeoutError: It is not done in time; it goes on running.
            JobFailedError: It failed or was stopped, and left no report.
            SummaryMissingError: It is done, but its report does not come: it crashed and only looks completed.
        """
        story = await self._until_done(job, within, progress or (lambda _: None))
        status = ended_as(await self.configuration(job.id))
        failed = status in ENDED_BADLY or (bool(story) and story[-1].level == "ERROR")
        if not makes_summary(job):
            if failed:
                raise _failed(job, status, story)
            return JobOutcome(job, story, status)
        if not summary:
            return JobOutcome(job, story, status)
        # an import that refuses everything "fails" too, and its report says what it refused
        report = await self.summary(job) if failed else await self._summary_when_stored(job)
        if report is None:
            raise _failed(job, status, story)
        return JobOutcome(job, story, status, report)

    async def _until_done(self, job: JobRun, within: float, progress: Progress) -> tuple[Notification, ...]:
        clock = self._api.clock
        until = clock.monotonic() + within
        pause = FIRST_WAIT
        shown: Counter[Notification] = Counter()
        while True:
            story = await self.story(job)
            seen: Counter[Notification] = Counter()
            for told in story:
                seen[told] += 1
                if seen[told] > shown[told]:  # the same can be told twice in one moment
                    progress(told)
            shown |= seen
            if phase_of(story) == "told completed":
                return story
            left = until - clock.monotonic()
            # notifications can be dropped or forgotten; the configuration still knows
            if (pause >= LONGEST_WAIT or left <= 0) and ended_as(await self.configuration(job.id)):
                return story
            if left <= 0:
                raise _late(job, within, started=bool(story))
            await clock.sleep(min(pause, left))
            pause = min(pause * 2, LONGEST_WAIT)

    async def story(self, job: JobRun) -> tuple[Notification, ...]:
        """What a job has told so far, first to last; nothing before it begins, and after it is forgotten."""
        path = f"tracker/jobs/{job.id}" if job.type == TRACKER_IMPORT else f"system/tasks/{job.type}/{job.id}"
        try:
            return story_of(value_of(await self._api.ask("GET", path)))
        except NotFoundError:
            return ()

    async def summary(self, job: JobRun) -> Json:
        """The report of a job, as it came; None where there is none (yet)."""
        tracker = job.type == TRACKER_IMPORT
        path = f"tracker/jobs/{job.id}/report" if tracker else f"system/taskSummaries/{job.type}/{job.id}"
        try:
            return cast("Json", value_of(await self._api.ask("GET", path)) or None)
        except NotFoundError:
            return None

    async def _summary_when_stored(self, job: JobRun) -> Json:
        clock = self._api.clock
        until = clock.monotonic() + SUMMARY_WAIT
        pause = FIRST_WAIT
        while True:
            found = await self.summary(job)
            if found is not None:
                return found
            if clock.monotonic() >= until:
                raise SummaryMissingError(
                    f"The job {job.type} {job.id} says that it is done, but the server has no report of it: it may "
                    "have crashed.",
                    job=job.id,
                    next_step="Read back what it was to write before you start it again.",
                )
            await clock.sleep(pause)
            pause = min(pause * 2, LONGEST_WAIT)

    async def configuration(self, id: str) -> Row:
        """A job's configuration, with `jobStatus` and `lastExecutedStatus`.

        Empty where the server does not know the job, or does not show it to this user.

        Args:
            id: UID of the job.
        """
        try:
            return as_object(value_of(await self._api.ask("GET", f"jobConfigurations/{id}")))
        except (NotFoundError, ForbiddenError):
            return {}

    async def list(self, type: str | None = None) -> list[Row]:
        """The jobs of the instance, with how they ended last.

        Args:
            type: Only those of this type: `ANALYTICS_TABLE`.
        """
        fields = "id,name,jobType,jobStatus,enabled,cronExpression,delay,lastExecuted,lastExecutedStatus"
        return await self._api.rows("jobConfigurations", fields, f"jobType:eq:{type}" if type else None)

    async def running(self, type: str) -> list[JobRun]:
        """The jobs of a type that have told something and are not done: look here before you start another.

        Args:
            type: Type of the jobs: `DATAVALUE_IMPORT`.
        """
        stories = as_object(value_of(await self._api.ask("GET", f"system/tasks/{type}")))
        return [JobRun(type, id) for id, rows in stories.items() if phase_of(story_of(rows)) == "running"]

    async def cancel(self, id: str) -> None:
        """Ask a running job to stop at its next step; what it did until then stays.

        Args:
            id: UID of the job.

        Raises:
            ObjectNotFoundError: There is no such job.
        """
        write_report(await self._api.ask("POST", f"jobConfigurations/{id}/cancel"))


def _failed(job: JobRun, status: str | None, story: tuple[Notification, ...]) -> JobFailedError:
    said = f": {story[-1].message}" if story else ""
    return JobFailedError(
        f"The job {job.type} {job.id} ended as {status or 'FAILED'}{said}.",
        job=job.id,
        next_step="The server's log says more; look at what it did before you start it again.",
    )


def _late(job: JobRun, within: float, *, started: bool) -> JobTimeoutError:
    if started:
        return JobTimeoutError(
            f"The job {job.type} {job.id} is not done after {within:g} seconds.",
            job=job.id,
            next_step="It goes on running; wait longer, or ask for its summary later.",
        )
    return JobNotStartedError(
        f"The job {job.type} {job.id} has not begun after {within:g} seconds.",
        job=job.id,
        next_step="It waits behind another job of its type, or the server has forgotten it; do not start it twice.",
    )
