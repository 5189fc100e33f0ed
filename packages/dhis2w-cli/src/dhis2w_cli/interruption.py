"""What is left when a command ends in the middle: what is done, and which command goes on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dhis2w_cli.errors import RunInterruptedError
from dhis2w_client.errors import AnswerError, ApiError, Dhis2Error, NoAnswerError

if TYPE_CHECKING:
    from dhis2w_core.operation_index import IndexEntry
    from dhis2w_core.plan import Plan
    from dhis2w_core.transfers.file_pushes import FilePushes

WAITS = "seconds"
"""The parameter of operations that wait for a job of the server."""
OF_THE_SERVER = (NoAnswerError, AnswerError, ApiError)
"""Errors after which the same command can go on; others say themselves what has to be done first."""


@dataclass(frozen=True, slots=True)
class UnderWay:
    """A plan that was confirmed."""

    plan: Plan
    base_url: str
    """The server it is for."""


def interruption(
    entry: IndexEntry, arguments: Mapping[str, object], under_way: UnderWay | None, command: str
) -> RunInterruptedError:
    """What Ctrl-C leaves.

    Args:
        entry: The operation.
        arguments: Its arguments.
        under_way: The plan, once it was confirmed.
        command: What was typed, to be typed again.
    """
    if under_way is None:
        return RunInterruptedError(" ".join(("Interrupted.", _left_by_looking(entry, arguments))).rstrip())
    if pushes := _as_pushes(under_way.plan):
        done, step = _left_by_pushes(pushes, under_way.base_url, command)
        return RunInterruptedError(f"Interrupted. {done}", next_step=step)
    if WAITS in {each.name for each in entry.parameters}:
        return RunInterruptedError(
            "Interrupted. The server goes on with what it was asked for.",
            next_step="`d2w jobs history` shows what became of it.",
        )
    step = "Look at the server before you run it again."
    if entry.undo != "none":
        step = "`d2w journal list` shows what was written, `d2w undo` takes it back."
    return RunInterruptedError("Interrupted. It was being sent: it may be done, or not.", next_step=step)


def tell_how_to_go_on(error: Dhis2Error, under_way: UnderWay, command: str) -> None:
    """Let an error of the server that ended a push in the middle say what is done, and which command goes on."""
    pushes = _as_pushes(under_way.plan) if isinstance(error, OF_THE_SERVER) else None
    if pushes and _rows_done(pushes, under_way.base_url) is not None:
        error.next_step = " ".join(
            filter(None, (error.next_step, *_left_by_pushes(pushes, under_way.base_url, command)))
        )


def _as_pushes(plan: Plan) -> FilePushes | None:
    from dhis2w_core.transfers.file_pushes import FilePushes

    return plan if isinstance(plan, FilePushes) else None


def _left_by_looking(entry: IndexEntry, arguments: Mapping[str, object]) -> str:
    if entry.effect in ("write", "destroy"):
        return "Nothing was sent."
    return f"{arguments['to']} was not written." if arguments.get("to") else ""


def _left_by_pushes(pushes: FilePushes, base_url: str, command: str) -> tuple[str, str]:
    """What is done of a push, and how it goes on."""
    rows = _rows_done(pushes, base_url)
    if rows is None:
        return "Nothing was sent.", f"To begin again: {command}"
    condition = ", with the same piped into it" if _is_piped(pushes) else ""
    goes_on = f"The same command goes on{condition}: {command}"
    if rows == 0:
        return "What the server did with the first part is not known.", goes_on
    count = "1 row is" if rows == 1 else f"{rows:,} rows are"
    return f"{count} done, and written down.", goes_on


def _rows_done(pushes: FilePushes, base_url: str) -> int | None:
    """How many rows the journals have as sent or refused; None where there is no journal, as nothing was sent."""
    from dhis2w_core.transfers.transfer_journal import transfers

    known = {each.source: each.rows for each in reversed(transfers()) if each.base_url == base_url}
    done = [known[name] for push in pushes.pushes if (name := str(push.source.resolve())) in known]
    return sum(done) if done else None


def _is_piped(pushes: FilePushes) -> bool:
    from dhis2w_core.transfers.spooled_input import is_spooled

    return any(is_spooled(push.source) for push in pushes.pushes)
