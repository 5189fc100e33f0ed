"""Taking a run back: a `Change` that makes of the objects what the journal says they were."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dhis2w_client.errors import StaleObjectError
from dhis2w_core.errors import JournalError
from dhis2w_core.object_state import digest, read_state
from dhis2w_core.plan import Change, ObjectChange

if TYPE_CHECKING:
    from dhis2w_client.client import Dhis2Client
    from dhis2w_core.journal import Journal, Run
    from dhis2w_core.plan import StepDone

OPERATION = "undo"
"""Name of the operation whose runs are not undone unless they are named: the next `d2w undo` goes further back."""


def run_to_undo(journal: Journal, base_url: str, name: str | None = None) -> Run:
    """The run of a name, or the last one on a server that changed something and was not taken back.

    Raises:
        JournalError: There is none, it is of another server, it cannot be taken back, or it was already.
    """
    if name is None:
        for run in journal.runs():
            if run.head.base_url == base_url and run.done and not run.taken_back and run.head.operation != OPERATION:
                return run
        raise JournalError(
            f"The journal has nothing to undo on {base_url}.", next_step="`d2w journal list` shows what there is."
        )
    run = journal.find(name)
    if run.head.base_url != base_url:
        raise JournalError(f"Run {name} was on {run.head.base_url}, not on {base_url}.")
    if run.taken_back:
        raise JournalError(f"Run {name} was undone already.")
    if not run.done:
        reason = "it cannot be undone" if run.head.undo == "none" else "it wrote nothing"
        raise JournalError(f"Run {name} ({run.head.title}): {reason}.")
    return run


async def plan_undo(client: Dhis2Client, run: Run) -> Change:
    """The change that takes a run back, its last step first.

    Raises:
        StaleObjectError: Somebody changed an object since.
    """
    steps = [await _inverse(client, run.steps[done.step], done) for done in reversed(run.done)]
    return Change(f"Undo: {run.head.title}", tuple(steps), takes_back=run.head.run)


async def _inverse(client: Dhis2Client, step: ObjectChange, done: StepDone) -> ObjectChange:
    now = await read_state(client, step.type, done.id)
    if digest(now) != done.after:
        shown = ObjectChange(step.type, done.id, now or step.before, None).shown
        found = "was deleted" if now is None else "was made again" if done.after is None else "was changed"
        raise StaleObjectError(
            f"{shown} {found} by somebody since; it is left alone, and so is the rest of the run.",
            read=None,
            found=(now or {}).get("lastUpdated"),
            next_step="Look at the object, and change it by hand.",
        )
    return ObjectChange(step.type, done.id, now, step.before)
