"""Parameters of the endpoints of data: dates, numbers and lists, as DHIS2's web framework reads them."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Any, cast

from dhis2w_sandbox.bodies import json_body, json_object
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


# The parts of a JSON body, as Jackson reads them into a field's type


def sent_text(call: Call, name: str) -> str | None:
    """A text of the body: numbers count as their text; 400 where it is a list or an object."""
    return _text(call, json_object(call).get(name))


def sent_texts(call: Call, name: str) -> list[str] | None:
    """A list of texts of the body; 400 where it is no list."""
    rows = json_object(call).get(name)
    if rows is None:
        return None
    if not isinstance(rows, list):
        raise _unreadable(call, "java.util.ArrayList<java.lang.String>")
    return [text for row in cast("list[Any]", rows) if (text := _text(call, row)) is not None]


def sent_objects(call: Call, name: str) -> list[dict[str, Any]] | None:
    """A list of objects of the body; 400 where it is no list, or holds something else."""
    rows = json_object(call).get(name)
    if rows is None:
        return None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in cast("list[Any]", rows)):
        raise _unreadable(call, "java.util.ArrayList<java.lang.Object>")
    return cast("list[dict[str, Any]]", rows)


def sent_list(call: Call, type: str) -> list[Any]:
    """The body, which is a list; 400 where it is something else, or holds what is no `type` (`text` or `object`)."""
    rows = json_body(call)
    if rows is None:
        raise Dhis2Refusal(400, "Required request body is missing")
    kind = str if type == "text" else dict
    if not isinstance(rows, list) or not all(isinstance(row, kind) for row in cast("list[Any]", rows)):
        raise _unreadable(call, "java.util.ArrayList<java.lang.Object>")
    return cast("list[Any]", rows)


def sent_day(call: Call, name: str) -> date | None:
    """A day of the body, written `2026-01-31`; None where it is missing or written in another way."""
    text = sent_text(call, name)
    if text is None or not re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def sent_number(call: Call, name: str) -> float | None:
    """A number of the body, which may be a text; 400 where it is none."""
    text = sent_text(call, name)
    if text is None:
        return None
    try:
        return float(text)
    except ValueError as error:
        raise _unreadable(call, "java.lang.Double") from error


def _text(call: Call, value: Any) -> str | None:
    if isinstance(value, list | dict):
        raise _unreadable(call, "java.lang.String")
    if value is None or isinstance(value, str):
        return value
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


def _unreadable(call: Call, type: str) -> Dhis2Refusal:
    text = f"Cannot deserialize value of type `{type}` from what the body has"
    return Dhis2Refusal(400, call.server.behaviour.unreadable_body.format(text, 1, 1))
