"""Parameters that both ways to find outliers have: constants and decimal numbers, as DHIS2's web framework reads them.

Source: `OutlierDetectionQuery`, `OutlierQueryParams`, `CrudControllerAdvice` of dhis2-core.
"""

from __future__ import annotations

from collections.abc import Sequence

from dhis2w_sandbox.call import Call
from dhis2w_sandbox.errors import Dhis2Refusal


def constant(call: Call, name: str, constants: Sequence[str]) -> str | None:
    """One of some constants, None where nothing was sent; 400 where it is another."""
    text = call.param(name)
    if text and text not in constants:
        raise Dhis2Refusal(
            400, f"Value '{text}' is not valid for parameter {name}. Valid values are: [{', '.join(constants)}]"
        )
    return text or None


def decimal(call: Call, name: str) -> float | None:
    """A number; 400 where it is none."""
    text = call.param(name)
    if not text:
        return None
    try:
        return float(text)
    except ValueError as error:
        wrong = f"Value '{text}' is not valid for parameter {name}."
        raise Dhis2Refusal(400, f'{wrong} For input string: "{text}"') from error
