"""Jobs as the services that start them wait for them; the waiting itself is `dhis2w_client.jobs`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dhis2w_client.jobs.job_run import JobRun, job_of
from dhis2w_client.jobs.service import JobService

if TYPE_CHECKING:
    from dhis2w_client.json_value import Json
    from dhis2w_client.metadata.metadata_api import MetadataApi

__all__ = ["JobRun", "job_of", "summary_of", "wait_for"]


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
        JobFailedError: It failed, and is of a type that leaves no report.
    """
    return (await JobService(api).wait(job, within=within, summary=False)).messages


async def summary_of(api: MetadataApi, job: JobRun) -> Json:
    """What a job made: its report; None where there is none (yet)."""
    return await JobService(api).summary(job)
