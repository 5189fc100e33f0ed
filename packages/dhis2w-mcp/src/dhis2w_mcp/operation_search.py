"""Finding operations by words, the way people ask, without a network or a model.

The ranking is BM25 over what the index says of an operation and over phrases that people ask for it with, weighted by
where a word stands; the phrase that is nearest to the question counts more, and so does what has the effect that a
question or an order asks for.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from dhis2w_mcp.agent_face import offered
from dhis2w_mcp.question import asks_to_read
from dhis2w_mcp.thesaurus import Said, Thesaurus, read_words

if TYPE_CHECKING:
    from dhis2w_core.operation_index import IndexEntry

WEIGHTS = {"name": 3.0, "phrases": 1.5, "summary": 2.0, "area": 0.7, "parameters": 0.5, "description": 0.5}
"""How much a word counts by where it stands; `phrases` count for each of them that has it."""
MOST_PHRASES = 3
K1, B = 3.0, 0.3
NEAREST = 1.0
"""How much the nearest phrase of an operation counts."""
INTENDED = 1.3
"""How much more an operation counts whose effect is what a text asks for: a question reads, an order writes."""


class OperationSearch:
    """Finds operations among those given.

    Args:
        entries: The operations.
        areas: What each area is about.
    """

    def __init__(self, entries: Iterable[IndexEntry], areas: Mapping[str, str]) -> None:
        table = read_words()
        asked: Mapping[str, str] = table["operations"]
        self._thesaurus = Thesaurus(table)
        self._entries = list(entries)
        self._phrases = [self._phrases_of(asked.get(entry.name, "")) for entry in self._entries]
        self._documents = [
            self._document(entry, areas, phrases) for entry, phrases in zip(self._entries, self._phrases, strict=True)
        ]
        self._length = [sum(document.values()) for document in self._documents]
        self._mean = sum(self._length) / max(len(self._length), 1)
        self._in_documents = Counter(word for document in self._documents for word in document)

    def find(self, text: str, *, area: str | None = None, limit: int = 8) -> list[IndexEntry]:
        """The operations that fit a text, the best first; none that has no word of it."""
        said = self._thesaurus.said(text, corrected=True)
        reads = asks_to_read(text)
        scored = [
            (self._score(number, said) * (INTENDED if _reads(entry) == reads else 1.0), -number)
            for number, entry in enumerate(self._entries)
        ]
        best = [self._entries[-number] for score, number in sorted(scored, reverse=True) if score > 0]
        return [entry for entry in best if area in (None, entry.words[0])][:limit]

    def _score(self, number: int, said: Sequence[Said]) -> float:
        document = self._documents[number]
        total = sum(self._best(document, each, self._length[number]) for each in said)
        nearest = max((self._likeness(phrase, said) for phrase in self._phrases[number]), default=0.0)
        return total * (1 + NEAREST * nearest)

    def _best(self, document: Mapping[str, float], said: Said, length: float) -> float:
        """What a word counts in a document: as it was said, or by what it means."""
        saturated = K1 * (1 - B + B * length / self._mean)
        return max(
            weight * self._rarity(word) * document[word] * (K1 + 1) / (document[word] + saturated)
            if word in document
            else 0.0
            for word, weight in said.alternatives().items()
        )

    def _likeness(self, phrase: Sequence[Said], said: Sequence[Said]) -> float:
        """How near a phrase is to what was said: 1 where each has all of the other."""
        there = _words_of(phrase)
        shared = sum(
            max(weight * self._rarity(word) if word in there else 0.0 for word, weight in each.alternatives().items())
            for each in said
        )
        whole = sum(each.weight * self._rarity(each.word) for each in said)
        own = sum(each.weight * self._rarity(each.word) for each in phrase)
        return shared / math.sqrt(whole * own) if whole and own else 0.0

    def _rarity(self, word: str) -> float:
        known = self._in_documents.get(word, 0)
        return math.log(1 + (len(self._documents) - known + 0.5) / (known + 0.5))

    def _phrases_of(self, texts: str) -> list[list[Said]]:
        phrases = [self._thesaurus.said(text) for text in texts.split(";")]
        for phrase in phrases:
            self._thesaurus.learn(phrase)
        return phrases

    def _document(
        self, entry: IndexEntry, areas: Mapping[str, str], phrases: Sequence[Sequence[Said]]
    ) -> dict[str, float]:
        texts = {
            "name": entry.name,
            "summary": entry.summary,
            "area": areas.get(entry.words[0], ""),
            "parameters": " ".join(
                f"{each.name} {each.help} {' '.join(each.choices)}" for each in offered(entry)
            ),
            "description": entry.description,
        }
        document: defaultdict[str, float] = defaultdict(float)
        for place, text in texts.items():
            said = self._thesaurus.said(text)
            self._thesaurus.learn(said)
            for word in _words_of(said):
                document[word] += WEIGHTS[place]
        for word, times in Counter(word for phrase in phrases for word in _words_of(phrase)).items():
            document[word] += WEIGHTS["phrases"] * min(times, MOST_PHRASES)
        return document


def _words_of(said: Iterable[Said]) -> set[str]:
    return {word for each in said for word in each.alternatives()}


def _reads(entry: IndexEntry) -> bool:
    return entry.effect in ("read", "local")

