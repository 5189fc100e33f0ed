"""The one way in which plans are carried out: show, ask, write down, apply, tell."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from dhis2w_core.journal import Journal

if TYPE_CHECKING:
    from dhis2w_client.client import Dhis2Client
    from dhis2w_core.plan import Plan, Preview

Consent = Callable[["Preview"], bool]
"""Shows a preview, and says whether it may be done."""


@dataclass(frozen=True, slots=True)
class Execution:
    """What became of a plan."""

    state: Literal["previewed", "declined", "nothing to do", "done"]
    preview: Preview
    result: object = None
    """What is to be told, when it is done."""
    run: str | None = None
    """The name under which the journal has it."""


async def execute(
    plan: Plan,
    client: Dhis2Client,
    *,
    operation: str,
    consent: Consent,
    dry_run: bool = False,
    journal: Journal | None = None,
) -> Execution:
    """Carry a plan out.

    Args:
        plan: What to do.
        client: The connected client.
        operation: Name of the operation that made the plan.
        consent: Shows the preview, and says whether it may be done.
        dry_run: Stop before asking; nothing is done.
        journal: Where it is written down. Default: the user's.

    Raises:
        JournalError: It cannot be written down, so it was not done.
        StaleObjectError: An object is not any more what the plan was made for; nothing was written.
        PartlyDoneError: The server refused after something was written.
        Dhis2Error: The server refused; nothing was written.
    """
    preview = plan.preview()
    if not preview.lines:
        return Execution("nothing to do", preview)
    if dry_run:
        return Execution("previewed", preview)
    if not consent(preview):
        return Execution("declined", preview)
    journal = journal or Journal()
    log = journal.begin(
        operation=operation,
        base_url=client.base_url,
        title=preview.title,
        undo=preview.undo,
        fingerprint=plan.fingerprint(),
        steps=plan.steps,
    )
    try:
        result = await plan.apply(client, log.step_done)
    except BaseException:
        log.end("failed")
        raise
    log.end("done")
    if plan.takes_back:
        journal.mark_taken_back(plan.takes_back)
    return Execution("done", preview, result, log.name)
