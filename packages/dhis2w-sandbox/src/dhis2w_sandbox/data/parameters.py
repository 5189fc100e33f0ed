"""Parameters of the endpoints of data: dates, numbers and lists, as DHIS2's web framework reads them."""

from __future__ import annotations

import re
from datetime import datetime

from dhis2w_sandbox.call import Call
from dhis2w_sandbox.errors import Dhis2Refusal


def listed(call: Call, name: str) -> list[str]:
    """The values of a parameter that may be repeated, each with commas; double ones once."""
    parts = (part.strip() for value in call.params(name) for part in value.split(","))
    return list(dict.fromkeys(part for part in parts if part))


def day(call: Call, name: str) -> datetime | None:
    """A date or time; 400 where it is none."""
    text = call.param(name)
    if not text:
        return None
    try:
        return datetime.fromisoformat(text.removesuffix("Z")).replace(tzinfo=None)
    except ValueError as error:
        raise Dhis2Refusal(
            400, f"Value '{text}' is not valid for parameter {name}. Invalid format: \"{text}\""
        ) from error


def number(call: Call, name: str) -> int | None:
    """A whole number; 400 where it is none."""
    text = call.param(name)
    if not text:
        return None
    if not re.fullmatch(r"-?\d+", text):
        raise Dhis2Refusal(400, f"Value '{text}' is not valid for parameter {name}. It should be of type Integer")
    return int(text)
