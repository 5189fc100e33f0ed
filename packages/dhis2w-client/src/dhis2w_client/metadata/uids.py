"""DHIS2's identifiers: making and checking them without a server."""

from __future__ import annotations

import re
import secrets
import string
from collections.abc import Callable, Container

_UID = re.compile(r"[a-zA-Z][a-zA-Z0-9]{10}")
_REST = string.ascii_letters + string.digits


def is_uid(text: str) -> bool:
    """Whether a text can be a UID: a letter, then ten letters or digits (`CodeGenerator.isValidUid`)."""
    return _UID.fullmatch(text) is not None


def new_uid(choose: Callable[[str], str] = secrets.choice) -> str:
    """A UID that nobody has: 62 letters and digits in eleven places leave no chance of a second one.

    Args:
        choose: Picks one letter of a text; give one that repeats itself for repeatable UIDs.
    """
    return choose(string.ascii_letters) + "".join(choose(_REST) for _ in range(10))


def new_uids(count: int, *, taken: Container[str] = (), choose: Callable[[str], str] = secrets.choice) -> list[str]:
    """Different UIDs.

    Args:
        count: How many.
        taken: UIDs that are in use.
        choose: Picks one letter of a text.
    """
    made: dict[str, None] = {}
    while len(made) < count:
        uid = new_uid(choose)
        if uid not in taken:
            made[uid] = None
    return list(made)
