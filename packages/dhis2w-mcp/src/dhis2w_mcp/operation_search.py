"""Finding operations by words, the way people ask, without a network or a model.

The ranking is BM25 over what the index says of an operation, weighted by where a word stands. Words of people are
widened by a small reviewed table (`search_words.toml`) of what DHIS2 and the index call the same thing.
"""

from __future__ import annotations

import math
import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from dhis2w_mcp.agent_face import offered

if TYPE_CHECKING:
    from dhis2w_core.operation_index import IndexEntry

_TABLE = tomllib.loads(Path(__file__).with_name("search_words.toml").read_text(encoding="utf-8"))
_FORMS = dict(pair.split("=") for pair in _TABLE["forms"]["words"].split())
WEIGHTS = {"name": 4.0, "asked": 4.0, "summary": 3.0, "area": 1.0, "parameters": 1.0, "description": 1.0}
"""How much a word counts by where it stands; `asked` are the words of the table."""
WIDENED = 0.6
"""How much a word of the table counts beside the word that was asked for."""
K1, B = 1.2, 0.4
INTENDED = 1.2
"""How much more an operation counts whose effect is what a text asks for: a question reads, an order writes."""
_QUESTION = re.compile(
    r"\b(who|whose|which|what|when|where|why|how)\b"
    r"|^(is|are|am|was|were|did|does|do|can|could|has|have|show|list|find|tell me)\b"
)

TERMS = {
    "dataset": re.compile(r"\bdata[ -]?sets?\b"),
    "dataelement": re.compile(r"\bdata[ -]?elements?\b"),
    "orgunit": re.compile(r"\borg(anisation|anization)?[ -]?units?\b"),
    "optioncombo": re.compile(r"\b(category )?option[ -]combos?\b"),
}
"""Terms of DHIS2 that are one word, however they are spelt."""
_WORD = re.compile(r"[a-z0-9]+")
_SUFFIXES = ("ings", "ing", "ies", "es", "ed", "s", "e")


class OperationSearch:
    """Finds operations among those given.

    Args:
        entries: The operations.
        areas: What each area is about.
    """

    def __init__(self, entries: Iterable[IndexEntry], areas: Mapping[str, str]) -> None:
        self._stop = {stem(word) for word in _TABLE["stop"]["words"].split()}
        self._wider = _by_stem(_TABLE["words"])
        asked: Mapping[str, str] = _TABLE["operations"]
        self._entries = list(entries)
        self._documents = [self._weighted(entry, areas, asked.get(entry.name, "")) for entry in self._entries]
        self._length = [sum(document.values()) for document in self._documents]
        self._mean = sum(self._length) / max(len(self._length), 1)
        self._in_documents = Counter(word for document in self._documents for word in document)

    def find(self, text: str, *, area: str | None = None, limit: int = 8) -> list[IndexEntry]:
        """The operations that fit a text, the best first; none that has no word of it."""
        asked = self._asked(text)
        reads = bool(_QUESTION.search(text.strip().lower()))
        scored = [
            (self._score(number, asked) * (INTENDED if _reads(entry) == reads else 1.0), -number)
            for number, entry in enumerate(self._entries)
        ]
        best = [self._entries[-number] for score, number in sorted(scored, reverse=True) if score > 0]
        return [entry for entry in best if area in (None, entry.words[0])][:limit]

    def _asked(self, text: str) -> dict[str, float]:
        """The stems of a text with their weights, and those that mean the same."""
        said = stems(text)
        words = [word for word in said if word not in self._stop]
        asked = dict.fromkeys(words, 1.0)
        phrases = [*words, *(f"{one} {two}" for one, two in pairwise(said))]
        for phrase in phrases:
            for other in self._wider.get(phrase, ()):
                asked[other] = max(asked.get(other, 0.0), WIDENED)
        return asked

    def _score(self, number: int, asked: Mapping[str, float]) -> float:
        document, length = self._documents[number], self._length[number]
        total = 0.0
        for word, weight in asked.items():
            found = document.get(word, 0.0)
            if found:
                known = self._in_documents[word]
                rarity = math.log(1 + (len(self._documents) - known + 0.5) / (known + 0.5))
                total += weight * rarity * found * (K1 + 1) / (found + K1 * (1 - B + B * length / self._mean))
        return total

    def _weighted(self, entry: IndexEntry, areas: Mapping[str, str], asked: str) -> Counter[str]:
        parameters = " ".join(f"{each.name} {each.help} {' '.join(each.choices)}" for each in offered(entry))
        texts = {
            "name": entry.name,
            "asked": asked,
            "summary": entry.summary,
            "area": areas.get(entry.words[0], ""),
            "parameters": parameters,
            "description": entry.description,
        }
        document: Counter[str] = Counter()
        for place, text in texts.items():
            for word in set(stems(text, terms=place != "name")) - self._stop:
                document[word] += WEIGHTS[place]  # pyright: ignore[reportArgumentType] # a Counter may hold fractions
        return document


def _reads(entry: IndexEntry) -> bool:
    return entry.effect in ("read", "local")


def stems(text: str, *, terms: bool = True) -> list[str]:
    """The words of a text without their endings; `dataElements` is two words.

    Args:
        text: The text.
        terms: Whether a term of DHIS2 is one word: `data set` is another thing than to set data.
    """
    parted = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text).lower()
    for term, pattern in TERMS.items() if terms else ():
        parted = pattern.sub(term, parted)
    return [stem(_FORMS.get(word, word)) for word in _WORD.findall(parted)]


def stem(word: str) -> str:
    """A word without a common ending of English, so that `shared`, `sharing` and `shares` are one."""
    for suffix in _SUFFIXES:
        if word.endswith(suffix) and len(word) - len(suffix) >= 3 and not word.endswith("ss"):
            base = word[: -len(suffix)]
            return f"{base}y" if suffix == "ies" else base
    return word


def _by_stem(words: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    return {" ".join(stems(asked)): tuple(stems(meant)) for asked, meant in words.items()}
