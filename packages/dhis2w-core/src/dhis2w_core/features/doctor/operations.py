"""One report of what is wrong with an instance."""

from __future__ import annotations

from collections.abc import Awaitable
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from dhis2w_client.errors import ForbiddenError
from dhis2w_client.json_value import as_array, as_object, as_text
from dhis2w_core.errors import OperationError
from dhis2w_core.operation import Findings, operation

if TYPE_CHECKING:
    from dhis2w_client.client import Dhis2Client
    from dhis2w_core.features.doctor.finding import Finding

FailOn = Literal["INFO", "WARNING", "SEVERE", "CRITICAL", "never"]
NAMED = (
    "dataElements",
    "indicators",
    "dataSets",
    "programs",
    "optionSets",
    "categoryOptions",
    "organisationUnitGroups",
    "dashboards",
)
"""Types whose objects people choose by name, though DHIS2 lets names come twice in most of them."""
UNUSED = (
    ("userRoles", "user", "users:empty"),
    ("userGroups", "user", "users:empty"),
    ("dataElements", "data set or program", None),
    ("indicators", "group", "indicatorGroups:empty"),
)
"""Types, who is to use their objects, and the filter that finds those that nobody does."""


@operation("doctor", effect="read")
async def doctor(
    client: Dhis2Client,
    *,
    fail_on: FailOn = "WARNING",
    all: bool = False,
    integrity: bool = True,
    junit: Path | None = None,
    seconds: int = 600,
) -> Findings:
    """Examine an instance, and tell what is wrong with it.

    Looked at are connection, clock, age of analytics, failed jobs, DHIS2's checks of integrity, names that come twice,
    and objects that nobody uses. Nothing is changed. The exit code says whether something is as bad as `--fail-on`, or
    worse.

    Args:
        fail_on: From which severity on something is wrong.
        all: Show what is well, too.
        integrity: Run DHIS2's checks of integrity, which takes the authority `F_PERFORM_MAINTENANCE` and some time.
        junit: A file to write the report to as JUnit XML, for CI servers.
        seconds: How long to wait for the checks of integrity.
    """
    from dhis2w_core.features.doctor.junit import junit_xml

    findings = await _examined(client, integrity=integrity, seconds=seconds)
    if junit is not None:
        suite = f"doctor {client.base_url}"
        _write(junit, junit_xml(findings, suite=suite, fail_on="CRITICAL" if fail_on == "never" else fail_on))
    wrong = fail_on != "never" and any(finding.is_at_least(fail_on) for finding in findings)
    shown = [finding.row for finding in findings if all or finding.severity != "OK"]
    return Findings(shown, wrong)


async def _examined(client: Dhis2Client, *, integrity: bool, seconds: float) -> list[Finding]:
    from dhis2w_core.features.doctor.examination import integrity_findings

    async def checked() -> list[Finding]:
        return integrity_findings(await client.maintenance.integrity.run(within=seconds))

    return [
        *await _about_the_server(client),
        *await _unless_refused("jobs", _jobs(client)),
        *await _unless_refused("duplicates", _duplicates(client)),
        *await _unless_refused("unused", _unused(client)),
        *(await _unless_refused("integrity", checked()) if integrity else []),
    ]


async def _unless_refused(area: str, examination: Awaitable[list[Finding]]) -> list[Finding]:
    """The findings, or the one that the user may not look at it."""
    from dhis2w_core.features.doctor.finding import Finding

    try:
        return await examination
    except ForbiddenError as error:
        return [Finding(area, "access", "INFO", f"Not looked at: {error.message}", error.next_step or "")]


async def _about_the_server(client: Dhis2Client) -> list[Finding]:
    from dhis2w_client.base_url import is_loopback
    from dhis2w_client.versions import minor_version
    from dhis2w_core.features.doctor.examination import (
        analytics_finding,
        clock_finding,
        connection_findings,
        utc_now,
    )

    info = as_object(await client.get("system/info"))
    time = as_text(info.get("serverDate"))
    known = minor_version(client.raw_version) == client.version.number
    return [
        *connection_findings(client.base_url, client.raw_version, known=known, loopback=is_loopback(client.base_url)),
        clock_finding(time, _offset(as_text(info.get("serverTimeZoneId")), time), utc_now()),
        analytics_finding(as_text(info.get("lastAnalyticsTableSuccess")), time),
    ]


async def _jobs(client: Dhis2Client) -> list[Finding]:
    from dhis2w_core.features.doctor.examination import job_findings

    return job_findings([as_object(row) for row in as_array(await client.get("jobConfigurations/errors"))])


async def _duplicates(client: Dhis2Client) -> list[Finding]:
    from dhis2w_core.features.doctor.examination import duplicate_findings

    found: list[Finding] = []
    for type in NAMED:
        found += duplicate_findings(type, [row async for row in client.collection(type).rows(fields="id,name")])
    units = client.organisation_units.rows(fields="id,name,parent[id]")
    placed = [{**row, "parent": as_object(row.get("parent")).get("id")} async for row in units]
    return [*found, *duplicate_findings("organisationUnits", placed)]


async def _unused(client: Dhis2Client) -> list[Finding]:
    from dhis2w_core.features.doctor.examination import unused_finding

    found: list[Finding] = []
    for type, users, filter in UNUSED:
        rows = await _unused_elements(client) if filter is None else await _rows(client, type, filter)
        found.append(unused_finding(type, users, rows))
    return found


async def _rows(client: Dhis2Client, type: str, filter: str) -> list[dict[str, Any]]:
    return [row async for row in client.collection(type).rows(fields="id,name", filters=filter)]


async def _unused_elements(client: Dhis2Client) -> list[dict[str, Any]]:
    """Data elements that are in no data set, and in no stage of a program."""
    stages = client.program_stages.rows(fields="programStageDataElements[dataElement[id]]")
    used = {
        as_object(as_object(link).get("dataElement")).get("id")
        async for row in stages
        for link in as_array(row.get("programStageDataElements"))
    }
    rows = await _rows(client, "dataElements", "dataSetElements:empty")
    return [row for row in rows if row["id"] not in used]


def _offset(zone: str | None, time: str | None) -> timedelta | None:
    """How far a zone is from UTC at a time of its own; None where the zone is not known on this machine."""
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    if zone is None or time is None:
        return None
    try:
        return datetime.fromisoformat(time).replace(tzinfo=ZoneInfo(zone)).utcoffset()
    except (ZoneInfoNotFoundError, ValueError):
        return None


def _write(path: Path, content: bytes) -> None:
    from dhis2w_client.whole_file import written_whole

    try:
        with written_whole(path) as file:
            file.write(content)
    except OSError as error:
        raise OperationError(f"{path} cannot be written: {error.strerror}.") from None
