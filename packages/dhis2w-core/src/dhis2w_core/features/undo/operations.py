"""Taking back what was written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dhis2w_core.journal import Journal
from dhis2w_core.operation import operation
from dhis2w_core.plan import Change
from dhis2w_core.undo import plan_undo, run_to_undo

if TYPE_CHECKING:
    from dhis2w_client.client import Dhis2Client


@operation("undo", effect="destroy", undo="full")
async def undo(client: Dhis2Client, run: str | None = None) -> Change:
    """Take back the last run that changed objects on this server, or the run that is named.

    Refused when somebody changed an object since. DHIS2 has no conditional writes: it is checked, then written.

    Args:
        run: Name of a run, as `d2w journal list` shows it.
    """
    return await plan_undo(client, run_to_undo(Journal(), client.base_url, run))


@operation("journal list", effect="local")
async def runs() -> list[dict[str, Any]]:
    """List what was written from this machine, the newest first, and whether it can be taken back.

    The journal keeps a run for 30 days.
    """
    return [
        {
            "run": run.head.run,
            "operation": run.head.operation,
            "server": run.head.base_url,
            "what": run.head.title,
            "state": "undone" if run.taken_back else run.state,
            "undo": run.head.undo if run.done else "none",
        }
        for run in Journal().runs()
    ]


@operation("journal purge", effect="local")
async def purge(*, days: int = 30) -> dict[str, Any]:
    """Delete runs from the journal; they cannot be taken back any more.

    Args:
        days: Delete what is older than this; 0 deletes everything.
    """
    return {"deleted": Journal().purge(days * 86_400.0)}
