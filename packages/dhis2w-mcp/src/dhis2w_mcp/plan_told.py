"""A plan as agents see it: what it would do, without what is withheld."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from dhis2w_mcp.result_page import compact, plain

if TYPE_CHECKING:
    from dhis2w_core.plan import Plan, Preview, PreviewLine
    from dhis2w_mcp.withholding import Withholding

LINES_TOLD = 50
NAMING = ("name", "displayName", "firstName", "surname", "username", "email")
"""The properties that a plan calls its objects by."""


def confirmation_of(preview: Preview) -> str:
    """What the second field of a commit must say: the beginning of the plan's title, which names no object."""
    return " ".join(preview.title.split()[:3])


def hidden_names(plan: Plan, withholding: Withholding) -> tuple[str, ...]:
    """The names of a plan's objects that are withheld, the longest first."""
    states = [(step.type, state) for step in plan.steps for state in (step.before, step.after) if state]
    found = {
        value
        for type_name, state in states
        for key in NAMING
        if isinstance(value := state.get(key), str) and value and withholding.of_type(type_name, key, value) != value
    }
    return tuple(sorted(found, key=len, reverse=True))


def shown_preview(preview: Preview, hidden: Sequence[str], withholding: Withholding, operation: str) -> dict[str, Any]:
    """The preview of an operation's plan as agents see it."""

    def shown(text: str) -> str:
        for name in hidden:
            text = text.replace(name, "(withheld)")
        return withholding.text(text)

    lines = [shown(_line(line, withholding, operation)) for line in preview.lines[:LINES_TOLD]]
    more = len(preview.lines) - LINES_TOLD
    return {
        "would": shown(preview.title),
        "objects": len({line.object for line in preview.lines if line.object}),
        "changes": lines + ([f"(and {more:,} more)"] if more > 0 else []),
        "undo": preview.undo,
        "undo_note": preview.undo_note.replace("`d2w undo`", "undo"),
    }


def shown_difference(shown: str, key: str, before: Any, now: Any, withholding: Withholding) -> str:
    """What somebody changed meanwhile."""
    if not key:
        return f"{shown}: was {before}, is {now}"
    type_name = shown.partition(" ")[0]
    was, is_now = (compact(withholding.of_type(type_name, key, plain(value))) for value in (before, now))
    return f"{shown} {key}: was {was!r}, is {is_now!r}"


def _line(line: PreviewLine, withholding: Withholding, operation: str) -> str:
    if not line.field:
        return f"{line.object}: {line.after}".removeprefix(": ")
    type_name = line.object.partition(" ")[0]
    before, after = (
        compact(withholding.of_type(type_name, line.field, plain(value), operation))
        for value in (line.before, line.after)
    )
    change = f"{after!r}" if line.before is None else f"{before!r} becomes {after!r}"
    return f"{line.object} {line.field}: {change}".strip()
