"""Showing a plan before it is carried out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dhis2w_cli.cell import cell, printable
from dhis2w_core.plan import Preview, PreviewLine

LINES_SHOWN = 200


def preview_lines(preview: Preview) -> Iterator[str]:
    """The preview as lines: what is there now with `-`, what would be with `+`."""
    yield printable(preview.title)
    shown = ""
    for line in preview.lines[:LINES_SHOWN]:
        if line.object and line.object != shown:
            shown = line.object
            yield f"  {printable(shown)}"
        yield from _line(line)
    if len(preview.lines) > LINES_SHOWN:
        yield f"  … and {len(preview.lines) - LINES_SHOWN} more"
    yield f"  ({preview.undo_note.replace('`', '')})"


def _line(line: PreviewLine) -> Iterator[str]:
    name = printable(line.field)
    if not name:
        yield f"    {cell(line.after)}"
        return
    if line.before is not None:
        yield f"    - {name}: {cell(line.before)}"
    if line.after is not None:
        yield f"    + {name}: {cell(line.after)}"


def preview_facts(preview: Preview) -> dict[str, Any]:
    """The preview for programs."""
    return {
        "plan": preview.title,
        "effect": preview.effect,
        "undo": preview.undo,
        "changes": [
            {"object": line.object, "field": line.field, "before": line.before, "after": line.after}
            for line in preview.lines
        ],
    }
