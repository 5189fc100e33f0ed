"""Whether a text asks to read something, or orders to write."""

from __future__ import annotations

import re
from typing import Literal, TypeAlias

Intent: TypeAlias = Literal["read", "write"]

_POLITE = re.compile(
    r"^((please|pls|kindly|hi|hello|hey|dear \w+|sorry|ok|so|can|could|would|will|you|i|we|want|need|like|wish|have"
    r"|must|should|how|do|does|to|help|me|us|try|just|now)\b[, ]*)+"
)
_ASKED_FOR = r"(who|whose|which|what|when|where|how (many|much|far|long|often|old|big|fast))\b"
_LEADS = r"[,;:.]|\b(know|see|tell me|find out|check|say|explain|understand|and|or|of|in|from|by|for)"
_READS = (
    r"is|are|am|was|were|did|does|do (?!not)|has|have|any|show|list|find|tell me|display|search|look|see|check"
    r"|get (?!rid)|fetch|verify|print|dump|draw|open|give me|read|explain"
)
_QUESTION = re.compile(rf"^({_READS})\b|(^|({_LEADS}) ){_ASKED_FOR}")
_ORDER = re.compile(r"\b(should|shall|must|let|make|no longer|not .*any ?more)\b")
_THINGS = re.compile(
    r"(all|names of|number of|ratio of|the (list|number|names|whole|entire)|a list)\b"
    r"|(\w+ ){0,2}\w+s (that|who|which|with|without|of|under|below)\b"
)
"""Things that are named, with nothing said of what is to be done with them: they are to be listed."""


def intent_of(text: str) -> Intent | None:
    """What a text asks for, where it tells by its form."""
    lower = text.strip().lower()
    plain = _POLITE.sub("", lower)
    if _QUESTION.search(lower) or _QUESTION.search(plain):
        return "read"
    if _ORDER.search(lower):
        return "write"
    return "read" if _THINGS.match(plain) else None


def first_word(text: str) -> str:
    """The first word of a text that is not there to be polite."""
    return _POLITE.sub("", text.strip().lower()).partition(" ")[0]
