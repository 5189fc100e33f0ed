"""Answers of tools: what was found as structured content, what failed as an error of the tool with its next step."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

from fastmcp.tools import ToolResult

from dhis2w_client.errors import Dhis2Error

FACTS = ("status", "code", "method", "path", "dhis2_message", "done", "changed")
"""Attributes of errors that say more."""
NEXT_STEPS = {
    "E1005": "search_metadata finds objects by UID, code or name.",
    "E7144": "The analytics tables are not built: propose 'maintenance analytics'; 'jobs watch' follows it.",
}
"""What agents do about errors of DHIS2 by their code, where the client knows no more."""
NO_NEXT_STEP = "Correct what is named, and call again."


async def answered(work: Awaitable[dict[str, Any]], text: Callable[[str], str]) -> ToolResult:
    """What became of a call.

    Args:
        work: The call.
        text: Takes secrets out of texts of an error.
    """
    try:
        found = await work
    except Dhis2Error as error:
        return failed(error, text)
    return ToolResult(content=json.dumps(found, ensure_ascii=False, default=str), structured_content=found)


def failed(error: Dhis2Error, text: Callable[[str], str]) -> ToolResult:
    """An error as an error of the tool."""
    facts = {name: value for name in FACTS if (value := getattr(error, name, None)) not in (None, [], "")}
    rows = [row.message for row in getattr(error, "rows", ())][:10]
    told: dict[str, Any] = {
        "error": type(error).__name__,
        "message": error.message,
        "next_step": error.next_step or NEXT_STEPS.get(getattr(error, "code", None) or "", NO_NEXT_STEP),
        **facts,
        **({"rows": rows} if rows else {}),
    }
    shown = text(json.dumps(told, ensure_ascii=False, default=str))
    return ToolResult(content=shown, structured_content=json.loads(shown), is_error=True)
