"""Words without their endings: `facilities` and `facility`, `organisation` and `organization` are one word each."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

_WORD = re.compile(r"[a-z0-9]+")
_ELISION = re.compile(r"\b(?:[cdjlmnst]|qu)'(?=\w)", re.IGNORECASE)
"""What French leaves of a word before a vowel: `d'organisation`."""
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_SPELLINGS = (
    (re.compile(r"(?<=[iy])s(?=(e|ed|es|er|ing|ation|ations)$)"), "z"),
    (re.compile(r"(?<=\w{3})our(?=s?$)"), "or"),
)
"""British spellings and their American ones."""
_ENDINGS = (
    (("ies", "y", 2), ("ied", "y", 2), ("ings", "", 3), ("ing", "", 3), ("es", "", 3), ("ed", "", 3), ("s", "", 3)),
    (("ment", "", 4), ("ly", "", 3), ("ion", "", 4), ("e", "", 3)),
)
"""Endings, what stands for each, and how many letters must stay; of each row one is taken off."""


def words(text: str) -> list[str]:
    """The words of a text in small letters without accents; `dataElements` is two."""
    parted = _ELISION.sub("", _CAMEL.sub(" ", text.replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")))
    plain = unicodedata.normalize("NFKD", parted).encode("ascii", "ignore").decode()
    return _WORD.findall(plain.lower().replace("'s ", " ").replace("'", ""))


@cache
def stem(word: str) -> str:
    """A word without common endings of English: `shared`, `sharing` and `shares` are one."""
    for spelling, other in _SPELLINGS:
        word = spelling.sub(other, word)
    for row in _ENDINGS:
        for ending, instead, stay in row:
            if word.endswith(ending) and len(word) - len(ending) >= stay and not word.endswith("ss"):
                word = word[: -len(ending)] + instead
                break
    doubled = len(word) > 3 and word[-1] == word[-2] and word[-1] not in "aeos"
    return word[:-1] if doubled else word
