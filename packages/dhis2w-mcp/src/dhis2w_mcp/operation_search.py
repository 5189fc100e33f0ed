"""Finding operations by words, the way people ask, without a network or a model.

The ranking is BM25 over what the index says of an operation and over phrases that people ask for it with, weighted by
where a word stands; an operation counts more that has the effect which a question or an order asks for.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, TypeAlias

from dhis2w_mcp.agent_face import offered
from dhis2w_mcp.question import Intent, first_word, intent_of
from dhis2w_mcp.thesaurus import Thesaurus, read_words

if TYPE_CHECKING:
    from dhis2w_core.operation_index import IndexEntry

WEIGHTS = {"name": 1.5, "summary": 1.5, "area": 0.7, "parameters": 0.5, "description": 0.5}
"""How much a word counts by where it stands in the index."""
PHRASE_WEIGHT, MOST_PHRASES = 3.0, 4
"""How much a word counts for each phrase that has it, and for how many of them at most."""
K1, B = 3.0, 0.75
LONGEST_TEXT = 1_000
"""Characters of a text that are looked at."""
INTENDED = 1.5
"""How much more an operation counts whose effect is what a text asks for."""

Asked: TypeAlias = list[dict[str, float]]
"""For each word of a text, what it finds: that word and what it means, and how much each counts."""


class OperationSearch:
    """Finds operations among those given.

    Args:
        entries: The operations.
        areas: What each area is about.
    """

    def __init__(self, entries: Iterable[IndexEntry], areas: Mapping[str, str]) -> None:
        table = read_words()
        texts: Mapping[str, str] = table["operations"]
        self._thesaurus = Thesaurus(table)
        self._orders = {f"@{meaning}" for meaning in table["orders"]["meanings"].split()}
        self._entries = list(entries)
        self._documents = [self._document(entry, areas, texts.get(entry.name, "")) for entry in self._entries]
        lengths = [sum(document.values()) for document in self._documents]
        mean = sum(lengths) / max(len(lengths), 1)
        self._saturations = [K1 * (1 - B + B * length / mean) for length in lengths]
        self._known_in = Counter(word for document in self._documents for word in document)

    def find(self, text: str, *, area: str | None = None, limit: int = 8) -> list[IndexEntry]:
        """The operations that fit a text, the best first; none that has no word of it."""
        text = text[:LONGEST_TEXT]
        said = self._thesaurus.said(text, corrected=True)
        asked = [{word: weight * self._rarity(word) for word, weight in each.alternatives().items()} for each in said]
        intent = self._intent(text)
        scored = [
            (self._score(number, asked) * (INTENDED if _intent_of(entry) == intent else 1.0), -number)
            for number, entry in enumerate(self._entries)
        ]
        best = [self._entries[-number] for score, number in sorted(scored, reverse=True) if score > 0]
        return [entry for entry in best if area in (None, entry.words[0])][:limit]

    def _intent(self, text: str) -> Intent | None:
        """What a text asks for, where it tells."""
        begins = self._thesaurus.said(first_word(text), corrected=True)
        ordered = any(each.meanings & self._orders for each in begins)
        return intent_of(text) or ("write" if ordered else None)

    def _score(self, number: int, asked: Asked) -> float:
        document, saturation = self._documents[number], self._saturations[number]
        return sum(
            weight * document[word] * (K1 + 1) / (document[word] + saturation)
            for each in asked
            for word, weight in each.items()
            if word in document
        )

    def _rarity(self, word: str) -> float:
        known = self._known_in.get(word, 0)
        return math.log(1 + (len(self._documents) - known + 0.5) / (known + 0.5))

    def _document(self, entry: IndexEntry, areas: Mapping[str, str], phrases: str) -> dict[str, float]:
        """The words of an operation, and how much each counts."""
        texts = {
            "name": entry.name,
            "summary": entry.summary,
            "area": areas.get(entry.words[0], ""),
            "parameters": " ".join(f"{each.name} {each.help} {' '.join(each.choices)}" for each in offered(entry)),
            "description": entry.description,
        }
        document: defaultdict[str, float] = defaultdict(float)
        for place, text in texts.items():
            for word in self._found_by(text):
                document[word] += WEIGHTS[place]
        for word, times in Counter(word for text in phrases.split(";") for word in self._found_by(text)).items():
            document[word] += PHRASE_WEIGHT * min(times, MOST_PHRASES)
        return document

    def _found_by(self, text: str) -> frozenset[str]:
        """What a text of ours can be found by."""
        said = self._thesaurus.said(text[:1].lower() + text[1:])
        self._thesaurus.learn(said)
        return frozenset(word for each in said for word in each.alternatives())


def _intent_of(entry: IndexEntry) -> Intent:
    return "read" if entry.effect in ("read", "local") else "write"
