"""`client.maintenance.integrity`: DHIS2's own checks of its metadata and data.

Source: "Data integrity" in DHIS2's developer guide, `DataIntegrityController`; recording `services/integrity`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dhis2w_client.errors import InvalidRequestError, UnexpectedShapeError
from dhis2w_client.jobs.job_run import job_of
from dhis2w_client.jobs.service import JobService
from dhis2w_client.json_value import as_array, as_count, as_object, as_text
from dhis2w_client.replies import value_of

if TYPE_CHECKING:
    from dhis2w_client.metadata.metadata_api import MetadataApi

RUN_SECONDS = 600.0
"""Seconds to wait for checks, where nobody says how long."""


@dataclass(frozen=True, slots=True)
class IntegrityCheck:
    """One check that DHIS2 has."""

    name: str
    """DHIS2's name of it: `indicator_groups_scarce`."""
    title: str
    """What it looks for."""
    section: str
    severity: str
    """`INFO`, `WARNING`, `SEVERE` or `CRITICAL`."""
    slow: bool
    """Whether it runs only when it is named."""
    recommendation: str = field(default="", repr=False)
    """What to do about what it finds."""


@dataclass(frozen=True, slots=True)
class IntegrityIssue:
    """One object that a check found."""

    id: str
    name: str
    comment: str = ""


@dataclass(frozen=True, slots=True)
class IntegrityResult:
    """What a check found."""

    check: IntegrityCheck
    count: int
    """How many objects; -1 where the check itself failed."""
    percentage: float | None = None
    """How many of all objects of the type, where DHIS2 says it."""
    error: str | None = None
    """Why the check failed."""
    issues: tuple[IntegrityIssue, ...] = ()
    """The objects, where details were asked for."""
    issues_type: str | None = None
    """The plural of the objects' type."""


class IntegrityService:
    """Checks of the integrity of metadata and data: `client.maintenance.integrity`."""

    def __init__(self, api: MetadataApi) -> None:
        self._api = api

    async def checks(self, *names: str, section: str | None = None, slow: bool | None = None) -> list[IntegrityCheck]:
        """The checks that the server has.

        Args:
            names: Only these; `group*` stands for all that begin so.
            section: Only those of a section.
            slow: Only those that are slow, or are not.
        """
        params = {"checks": ",".join(names) or None, "section": section, "slow": slow}
        answer = value_of(await self._api.ask("GET", "dataIntegrity", params=params))
        return [_check(as_object(row)) for row in as_array(answer)]

    async def run(self, *names: str, details: bool = False, within: float = RUN_SECONDS) -> tuple[IntegrityResult, ...]:
        """Run checks, wait for them, and read what they found.

        Args:
            names: Which; none runs all that are not slow. A name that the server does not have would be passed over in
                silence, so they are looked up first.
            details: Whether to name the objects.
            within: Seconds to wait at most.

        Returns:
            One result for each check, in the order in which the server has them.

        Raises:
            InvalidRequestError: The server has no such check; nothing was run.
            JobTimeoutError: They are not done in time; they go on running.
            JobFailedError: The job failed.
            ForbiddenError: The authority `F_PERFORM_MAINTENANCE` is missing.
        """
        wanted = await self._wanted(names)
        kind = "details" if details else "summary"
        named = ",".join(check.name for check in wanted)
        reply = await self._api.ask("POST", f"dataIntegrity/{kind}", params={"checks": named})
        job = job_of(value_of(reply))
        if job is None:
            raise UnexpectedShapeError(
                f"{reply.asked} did not say which job it started.", method="POST", path=reply.path, status=reply.status
            )
        await JobService(self._api).wait(job, within=within)
        found = as_object(value_of(await self._api.ask("GET", f"dataIntegrity/{kind}", params={"checks": named})))
        return tuple(_result(check, found) for check in wanted if check.name in found)

    async def _wanted(self, names: Iterable[str]) -> list[IntegrityCheck]:
        asked = list(dict.fromkeys(names))
        known = await self.checks(*asked, slow=None if asked else False)
        unknown = [name for name in asked if "*" not in name and all(check.name != name for check in known)]
        if unknown or not known:
            what = unknown[0] if unknown else ", ".join(asked)
            raise InvalidRequestError(
                f"The server has no integrity check {what!r}.", next_step="`checks()` lists those that it has."
            )
        return known


def _check(row: Mapping[str, object]) -> IntegrityCheck:
    return IntegrityCheck(
        as_text(row.get("name")) or "",
        as_text(row.get("displayName")) or "",
        as_text(row.get("section")) or "",
        as_text(row.get("severity")) or "",
        row.get("isSlow") is True,
        as_text(row.get("recommendation")) or "",
    )


def _result(check: IntegrityCheck, found: Mapping[str, object]) -> IntegrityResult:
    row = as_object(found[check.name])
    issues = tuple(map(_issue, map(as_object, as_array(row.get("issues")))))
    percentage = row.get("percentage")
    return IntegrityResult(
        check,
        len(issues) if "issues" in row else as_count(row.get("count")),
        float(percentage) if isinstance(percentage, (int, float)) else None,
        as_text(row.get("error")),
        issues,
        as_text(row.get("issuesIdType")),
    )


def _issue(row: Mapping[str, object]) -> IntegrityIssue:
    return IntegrityIssue(
        as_text(row.get("id")) or "", as_text(row.get("name")) or "", as_text(row.get("comment")) or ""
    )
