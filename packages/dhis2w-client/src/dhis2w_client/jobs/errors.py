"""What can go wrong with a job, beside the errors of every call (`dhis2w_client.errors`)."""

from __future__ import annotations

from dhis2w_client.errors import Dhis2Error


class JobError(Dhis2Error):
    """Something about one job."""

    def __init__(self, message: str, *, job: str, next_step: str | None = None) -> None:
        super().__init__(message, next_step=next_step)
        self.job = job
        """UID of the job."""


class JobTimeoutError(JobError, TimeoutError):
    """A job was not done in time; it goes on running on the server."""


class JobNotStartedError(JobTimeoutError):
    """A job told nothing in time: it waits for its turn, or the server does not know it (any more)."""


class JobFailedError(JobError):
    """A job ended without doing its work: it failed, was stopped, or crashed and only looks completed."""


class SummaryMissingError(JobError):
    """A job is done, but the server has no report of it, so what it did is not known."""
