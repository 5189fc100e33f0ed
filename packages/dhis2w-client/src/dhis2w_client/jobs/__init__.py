"""Jobs that DHIS2 runs in the background: waiting for them, their reports, cancelling them."""

from __future__ import annotations

from dhis2w_client._lazy import lazy_names

TYPE_CHECKING = False  # as `typing` has it; importing `typing` takes longer than everything else here

if TYPE_CHECKING:
    from dhis2w_client.jobs.errors import JobFailedError, JobNotStartedError, JobTimeoutError, SummaryMissingError
    from dhis2w_client.jobs.job_run import JobOutcome, JobRun, Notification
    from dhis2w_client.jobs.service import JobService

HOMES = {
    name: f"dhis2w_client.jobs.{module}"
    for module, names in {
        "errors": ("JobFailedError", "JobNotStartedError", "JobTimeoutError", "SummaryMissingError"),
        "job_run": ("JobOutcome", "JobRun", "Notification"),
        "service": ("JobService",),
    }.items()
    for name in names
}

__all__ = [
    "JobFailedError",
    "JobNotStartedError",
    "JobOutcome",
    "JobRun",
    "JobService",
    "JobTimeoutError",
    "Notification",
    "SummaryMissingError",
]

__getattr__, __dir__ = lazy_names(__name__, HOMES)
