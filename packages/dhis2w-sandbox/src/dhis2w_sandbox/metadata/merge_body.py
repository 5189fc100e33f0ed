"""What the bodies of merges share: identifiers, and the word for what becomes of data.

Source: `UIDStdDeserializer`, `DataMergeStrategy` of dhis2-core; the refusals are the web framework's.
"""

from __future__ import annotations

import re
from typing import Any

from dhis2w_sandbox.call import Call
from dhis2w_sandbox.errors import Dhis2Refusal

STRATEGIES = ("DISCARD", "LAST_UPDATED")

_UID = re.compile(r"[a-zA-Z][a-zA-Z0-9]{10}")


def strategy(call: Call, value: Any) -> str | None:
    """What becomes of data: one of `STRATEGIES`, or None where the body says nothing.

    Raises:
        Dhis2Refusal: 400, it is another word.
    """
    if value is None or value in STRATEGIES:
        return value
    raise _unreadable(
        call,
        f'Cannot deserialize value of type `org.hisp.dhis.merge.DataMergeStrategy` from String "{value}":'
        f" not one of the values accepted for Enum class: [{', '.join(STRATEGIES)}]",
    )


def uid(call: Call, value: Any) -> str | None:
    """An identifier, or None where the body has none.

    Raises:
        Dhis2Refusal: 400, it has not the form of one.
    """
    if value is None or not str(value).strip():
        return None
    if not _UID.fullmatch(str(value)):
        words = f"UID must be an alphanumeric string of 11 characters starting with a letter, but was: {value}"
        raise _unreadable(call, words)
    return str(value)


def _unreadable(call: Call, text: str) -> Dhis2Refusal:
    return Dhis2Refusal(400, call.server.behaviour.unreadable_body.format(text, 1, 1))
