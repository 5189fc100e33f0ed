"""What is looked at, and what it means: each function makes findings of facts, and asks nobody."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING

from dhis2w_core.features.doctor.finding import Finding, severity_named

if TYPE_CHECKING:
    from dhis2w_client.integrity import IntegrityResult

CLOCK_SECONDS = 60.0
"""How far two clocks may be apart: tokens and `lastUpdated` filters go wrong beyond."""
ANALYTICS_HOURS = 48.0
"""How old analytics tables may be, which most instances build every night."""
NEVER = "1970-01-01"
"""The day on which, as servers from 2.42 on say, tables were built that never were."""
SHOWN = 3
"""How many objects a sentence names."""


def connection_findings(base_url: str, version: str, *, known: bool, loopback: bool) -> list[Finding]:
    """Whether the connection is private, and the version one that is known."""
    private = base_url.startswith("https://") or loopback
    return [
        Finding("connection", "transport", "OK", f"{base_url} is reached.")
        if private
        else Finding(
            "connection", "transport", "SEVERE", f"Passwords travel to {base_url} in clear.", "Serve DHIS2 by HTTPS."
        ),
        Finding("connection", "version", "OK", f"DHIS2 {version}.")
        if known
        else Finding("connection", "version", "WARNING", f"DHIS2 {version} is not known to this program."),
    ]


def clock_finding(server_time: str | None, offset: timedelta | None, now: datetime) -> Finding:
    """Whether the server's clock and ours agree.

    Args:
        server_time: `serverDate` of the server, a local time.
        offset: How far the server's zone is from UTC at that time; None where the zone is not known here.
        now: Our time.
    """
    if server_time is None or offset is None:
        return Finding("clock", "skew", "INFO", "The server does not say which time it has.")
    moment = datetime.fromisoformat(server_time)
    told = moment if moment.tzinfo else moment.replace(tzinfo=timezone(offset))
    seconds = (told - now).total_seconds()
    if abs(seconds) <= CLOCK_SECONDS:
        return Finding("clock", "skew", "OK", f"The clocks are {abs(seconds):.0f} s apart.")
    side = "ahead of" if seconds > 0 else "behind"
    return Finding(
        "clock",
        "skew",
        "WARNING",
        f"The server's clock is {abs(seconds):,.0f} s {side} ours.",
        "Set both by a time server.",
    )


def analytics_finding(built: str | None, server_time: str | None) -> Finding:
    """Whether analytics tables are there, and not too old.

    Args:
        built: `lastAnalyticsTableSuccess`, in the server's local time.
        server_time: `serverDate`, likewise.
    """
    next_step = "`d2w maintenance analytics` builds them; a job of type ANALYTICS_TABLE does so every night."
    if built is None or server_time is None or built.startswith(NEVER):
        return Finding("analytics", "tables", "WARNING", "Analytics tables were never built.", next_step)
    age = datetime.fromisoformat(server_time).replace(tzinfo=None) - datetime.fromisoformat(built).replace(tzinfo=None)
    hours = age.total_seconds() / 3600
    if hours <= ANALYTICS_HOURS:
        return Finding("analytics", "tables", "OK", f"Analytics tables are {hours:.0f} hours old.")
    return Finding("analytics", "tables", "WARNING", f"Analytics tables are {hours / 24:.0f} days old.", next_step)


def job_findings(failed: Sequence[Mapping[str, object]]) -> list[Finding]:
    """Which jobs failed."""
    if not failed:
        return [Finding("jobs", "failed", "OK", "No job has failed.")]
    names = _named([str(job.get("name") or job.get("id")) for job in failed])
    next_step = "`d2w jobs list` shows them; the server's log says why."
    return [Finding("jobs", "failed", "SEVERE", f"{len(failed)} jobs failed: {names}.", next_step)]


def integrity_findings(results: Iterable[IntegrityResult]) -> list[Finding]:
    """What DHIS2's own checks found."""
    found: list[Finding] = []
    for result in results:
        name = result.check.name
        if result.error is not None or result.count < 0:
            reason = result.error or "no reason given"
            found.append(Finding("integrity", name, "INFO", f"The check itself failed: {reason}"))
        elif result.count == 0:
            found.append(Finding("integrity", name, "OK", result.check.title))
        else:
            severity = severity_named(result.check.severity)
            what = f"{result.check.title}: {result.count} found."
            found.append(Finding("integrity", name, severity, what, result.check.recommendation))
    return found


def duplicate_findings(type: str, rows: Iterable[Mapping[str, object]]) -> list[Finding]:
    """Objects of one type that people cannot tell apart: the same name but for case and spaces, at the same place."""
    same: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for row in rows:
        name = " ".join(str(row.get("name", "")).casefold().split())
        same[name, str(row.get("parent") or "")].append(str(row.get("name", "")))
    doubles = [names for names in same.values() if len(names) > 1]
    if not doubles:
        return [Finding("duplicates", type, "OK", f"Every one of {type} has a name of its own.")]
    shown = _named([f"{names[0]} ({len(names)} times)" for names in doubles])
    return [
        Finding(
            "duplicates",
            type,
            "WARNING",
            f"{len(doubles)} names in {type} are there more than once: {shown}.",
            f"`d2w metadata list {type} --search NAME` shows them; some types can be merged.",
        )
    ]


def unused_finding(type: str, users: str, rows: Iterable[Mapping[str, object]]) -> Finding:
    """Objects that nobody uses.

    Args:
        type: Their plural.
        users: What is to use them, in words.
        rows: The objects that are not used.
    """
    names = [str(row.get("name") or row.get("id")) for row in rows]
    if not names:
        return Finding("unused", type, "OK", f"Every one of {type} has {users}.")
    return Finding("unused", type, "INFO", f"{len(names)} of {type} have no {users}: {_named(names)}.")


def utc_now() -> datetime:
    """Our time."""
    return datetime.now(UTC)


def _named(names: Sequence[str]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more
