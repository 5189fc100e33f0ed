"""Whether a text asks to read something, or orders to write."""

from __future__ import annotations

import re

_POLITE = re.compile(
    r"^((please|pls|kindly|hi|hello|hey|dear \w+|sorry|ok|so|can|could|would|will|you|i|we|want|need|like|wish|have"
    r"|must|should|how|do|does|to|help|me|us|try|just|now)\b[, ]*)+"
)
_ASKED_FOR = r"(who|whose|which|what|when|where|how (many|much|far|long|often|old|big|fast))\b"
_LEADS = r"[,;:.]|\b(know|see|tell me|find out|check|say|explain|understand|and|or|of|in|from|by|for)"
_READS = (
    r"is|are|am|was|were|did|does|do|has|have|any|show|list|find|tell me|display|search|look|see|check|get|fetch|verify"
    r"|print|dump|draw|open|give me|read|explain|all|names of|number of|the (list|number|names|whole|entire)|a list"
)
_QUESTION = re.compile(rf"^({_READS})\b|(^|({_LEADS}) ){_ASKED_FOR}")
_ORDER = re.compile(r"\b(should|must|let|make|no longer|not .*any ?more)\b")


def asks(text: str) -> bool:
    """Whether a text asks to read something."""
    lower = text.strip().lower()
    return bool(_QUESTION.search(lower) or _QUESTION.search(_POLITE.sub("", lower)))


def orders(text: str) -> bool:
    """Whether a text says that something is to be done."""
    return bool(_ORDER.search(text.lower()))


def first_word(text: str) -> str:
    """The first word of a text that is not there to be polite."""
    return _POLITE.sub("", text.strip().lower()).partition(" ")[0]
