"""What puts the house of an instance in order: tables, caches, removals, checks of integrity."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

from dhis2w_client.maintenance import ACTIONS, Table
from dhis2w_core.errors import OperationError
from dhis2w_core.operation import operation
from dhis2w_core.plan import Action
from dhis2w_core.planned_changes import found_id

if TYPE_CHECKING:
    from dhis2w_client.client import Dhis2Client
    from dhis2w_client.jobs.job_run import JobRun


@operation("maintenance actions", effect="local")
async def actions() -> list[dict[str, Any]]:
    """List what DHIS2 can do at once, and whether something is lost for good by it.

    Source: "Maintenance" in DHIS2's developer guide; `MaintenanceController`.
    """
    return [{"action": each.name, "does": each.does, "removes": each.removes} for each in ACTIONS.values()]


@operation("maintenance run", effect="destroy")
async def run(action: Sequence[str]) -> Action:
    """Have DHIS2 do one thing after the other; what is removed is lost for good.

    Args:
        action: Names, as `maintenance actions` shows them.
    """
    unknown = [name for name in action if name not in ACTIONS]
    if unknown:
        raise OperationError(f"DHIS2 has no action {unknown[0]!r}.", next_step="See `d2w maintenance actions`.")

    async def perform(client: Dhis2Client) -> list[dict[str, Any]]:
        await client.maintenance.run(*action)
        return [{"done": name} for name in action]

    removes = any(ACTIONS[name].removes for name in action)
    facts = {name: ACTIONS[name].does for name in action}
    return Action("Run maintenance", perform, facts, effect="destroy" if removes else "write")


@operation("maintenance analytics", effect="write")
async def analytics(*, without: Sequence[Table] = (), last_years: int | None = None) -> Action:
    """Begin to build the analytics tables; `jobs watch` shows how far they are.

    Args:
        without: A group of tables that stays as it is.
        last_years: Only the data of so many years; 0 is the current one.
    """

    async def perform(client: Dhis2Client) -> dict[str, Any]:
        return _told(await client.maintenance.refresh_analytics(without=without, last_years=last_years))

    facts = {"without": list(without), "years": last_years}
    return Action("Build the analytics tables", perform, {key: value for key, value in facts.items() if value})


@operation("maintenance resource-tables", effect="write")
async def resource_tables() -> Action:
    """Begin to build the resource tables, on which analytics rest; `jobs watch` shows how far they are."""

    async def perform(client: Dhis2Client) -> dict[str, Any]:
        return _told(await client.maintenance.refresh_resource_tables())

    return Action("Build the resource tables", perform)


@operation("maintenance option-combos", effect="destroy")
async def option_combos(client: Dhis2Client, category_combo: str) -> Action:
    """Create the option combos that a category combo lacks, and delete those that it has no more.

    Args:
        category_combo: Its name, code or UID.
    """
    uid = await found_id(client, "categoryCombos", category_combo)

    async def perform(client: Dhis2Client) -> dict[str, Any]:
        await client.maintenance.update_option_combos(uid)
        return {"updated": category_combo, "id": uid}

    return Action("Update option combos", perform, {"category combo": f"{category_combo} ({uid})"}, effect="destroy")


@operation("maintenance prune", effect="destroy")
async def prune(client: Dhis2Client, type: Literal["organisationUnits", "dataElements"], object: str) -> Action:
    """Delete all data of an organisation unit or a data element, for good.

    Args:
        type: What it is.
        object: Its name, code or UID.
    """
    uid = await found_id(client, type, object)

    async def perform(client: Dhis2Client) -> dict[str, Any]:
        await client.maintenance.prune_data(type, uid)
        return {"pruned": object, "id": uid}

    return Action(f"Delete all data of {object}", perform, {"all data of": f"{type} {uid}"}, effect="destroy")


@operation("maintenance checks", effect="read")
async def checks(client: Dhis2Client, text: str | None = None) -> list[dict[str, Any]]:
    """List the checks of integrity that the server has.

    Args:
        text: Only those with this in their name or section.
    """
    found = await client.maintenance.integrity.checks()
    return [
        {"check": each.name, "section": each.section, "severity": each.severity, "slow": each.slow}
        for each in found
        if text is None or text.lower() in f"{each.name} {each.section}".lower()
    ]


@operation("maintenance integrity", effect="read")
async def integrity(
    client: Dhis2Client, check: Sequence[str] = (), *, details: bool = False, all: bool = False, seconds: int = 600
) -> list[dict[str, Any]]:
    """Run checks of integrity, and show what they found; nothing is changed by them.

    Args:
        check: Names, as `maintenance checks` shows them; without any, all that are not slow.
        details: Name each object.
        all: Show checks that found nothing, too.
        seconds: How long to wait for them.
    """
    results = await client.maintenance.integrity.run(*check, details=details, within=seconds)
    shown = [result for result in results if all or result.count]
    if not details:
        return [
            {"check": r.check.name, "severity": r.check.severity, "count": r.count, "title": r.check.title}
            for r in shown
        ]
    return [
        {"check": r.check.name, "type": r.issues_type, "id": issue.id, "name": issue.name, "comment": issue.comment}
        for r in shown
        for issue in r.issues
    ]


def _told(job: JobRun) -> dict[str, Any]:
    return {"started": job.type, "job": job.id}
