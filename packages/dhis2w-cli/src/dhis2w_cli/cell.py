"""A value as the text of one cell of a table."""

from __future__ import annotations

import json
from typing import Any, cast

NAMES = ("displayName", "name", "username", "code")
VALUES_OF = ("dataElement", "attribute")
"""What an object of tracker says that its `value` is of."""
MEMBERS_SHOWN = 3


def printable(text: str) -> str:
    """The text without what a terminal would obey: control characters are escaped, line ends stay."""
    return "".join(each if each.isprintable() or each == "\n" else repr(each)[1:-1] for each in text)


def cell(value: object) -> str:
    """A value as one line: an object by its name and id, a list by its first members, anything else as JSON."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return _of_object(cast("dict[str, Any]", value))
    if isinstance(value, (list, tuple)):
        members = cast("list[Any]", value)
        more = f" and {len(members) - MEMBERS_SHOWN} more" if len(members) > MEMBERS_SHOWN else ""
        return ", ".join(map(cell, members[:MEMBERS_SHOWN])) + more
    return printable(str(value)).replace("\n", " ")


def _of_object(value: dict[str, Any]) -> str:
    what = next((str(value[key]) for key in VALUES_OF if value.get(key)), None)
    if what and "value" in value:
        return printable(f"{what}={value['value']}").replace("\n", " ")
    name = next((str(value[key]) for key in NAMES if value.get(key)), None)
    if name and value.get("id"):
        return printable(f"{name} ({value['id']})").replace("\n", " ")
    if list(value) == ["id"]:
        return printable(str(value["id"]))
    return printable(name or json.dumps(value, ensure_ascii=False, default=str)).replace("\n", " ")
