"""Telling an error: to people in words, to programs (`-o json`) as JSON, both on standard error."""

from __future__ import annotations

import json
import sys
from typing import Any

from dhis2w_cli.cell import printable
from dhis2w_cli.exit_codes import ExitCode, exit_code_of
from dhis2w_client.errors import Dhis2Error

ATTRIBUTES = ("status", "code", "method", "path", "dhis2_message", "done")


def tell_error(error: Dhis2Error, output: str) -> int:
    """Print an error on standard error, and give its exit code."""
    code = exit_code_of(error)
    text = (
        json.dumps({"error": facts_of(error)}, ensure_ascii=False, default=str) if output == "json" else words_of(error)
    )
    sys.stderr.write(text + "\n")
    return code


def tell_usage(message: str, output: str, usage: str, command: str) -> int:
    """Print what is wrong with the command line.

    Args:
        message: What is wrong.
        output: The format that is asked for.
        usage: What the command takes, in one line.
        command: The command as far as it is known: `d2w data push`.
    """
    from dhis2w_core.errors import OperationError

    step = f"{usage.removeprefix('Usage:').strip()} (`{command} --help` says more)"
    return tell_error(OperationError(message, next_step=step), output)


def words_of(error: Dhis2Error) -> str:
    """An error for people: what happened, then what to do."""
    is_error = exit_code_of(error) is not ExitCode.INTERRUPTED
    lines = [f"error: {printable(error.message)}" if is_error else printable(error.message)]
    if step := next_step_of(error):
        lines.append(f"next: {printable(step)}")
    return "\n".join(lines)


NEXT_STEPS = {
    ExitCode.NOT_FOUND: "Check the id and the type: `d2w metadata search TEXT` finds objects.",
    ExitCode.REFUSED: "Correct what is named above, and try again.",
    ExitCode.NOT_AUTHENTICATED: "`d2w profile show` says which profile is used, `d2w profile verify` tries it.",
    ExitCode.UNREACHABLE: "`d2w profile show` says which server is meant; -v shows the requests.",
    ExitCode.NOT_CONFIRMED: "Answer y, or give --yes.",
    ExitCode.USAGE: "`--help` behind the command shows how it is used.",
    ExitCode.PARTLY_DONE: "`d2w undo` takes back what was done.",
    ExitCode.INTERRUPTED: "",
}


BY_CODE = {
    "E7144": "The analytics tables are not built: `d2w analytics refresh` builds them.",
    "E7124": "The server knows none of them, or you may not see them: `d2w metadata search TEXT` finds objects.",
    "E7143": "The server does not know it, or you may not see it: `d2w metadata search TEXT` finds objects.",
}
"""What to do about errors of DHIS2 by their code, where the client knows no more."""


def next_step_of(error: Dhis2Error) -> str:
    """What to do about an error: what it says itself, or else what its code or its exit code suggests."""
    by_code = BY_CODE.get(getattr(error, "code", None) or "")
    return error.next_step or by_code or NEXT_STEPS.get(exit_code_of(error), "-v shows the requests.")


def facts_of(error: Dhis2Error) -> dict[str, Any]:
    """An error for programs."""
    facts: dict[str, Any] = {"type": type(error).__name__, "message": error.message, "next_step": next_step_of(error)}
    facts |= {name: value for name in ATTRIBUTES if (value := getattr(error, name, None)) is not None}
    rows = getattr(error, "rows", ())
    if rows:
        names = ("message", "code", "uid", "klass", "property", "value", "index", "severity")
        facts["rows"] = [{name: getattr(row, name) for name in names} for row in rows]
    return facts | {"exit_code": int(exit_code_of(error))}
