"""What a text says, in words and in what they mean: `clinic` and `facility` mean the same to people who ask.

The words are in `search_words.toml`; names of people and places, dates and identifiers are recognised by their shape.
"""

from __future__ import annotations

import re
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any

from dhis2w_mcp.word_stems import stem, words

WORDS = Path(__file__).with_name("search_words.toml")
LONGEST_PHRASE = 4
TYPO_LENGTH = 5
"""Letters that a word must have to be taken for a misspelt one."""
TYPO_LIKENESS = 0.8
MEANING_WEIGHT = 0.5
"""How much a word counts that means the same, beside the word that was said."""
BEGINNING, BEGINNING_WEIGHT = 5, 0.2
"""How many letters a word shares with others of its kind, and how much they count: `approve` and `approver`."""
PAIR_WEIGHT = 0.3
"""How much two words count that stand together: `not in`, `who can`."""

SHAPES = {
    "@name": r"\"[^\"]+\"|(?<!\w)'[^']+'(?!\w)|“[^”]+”|«[^»]+»",
    "@user": r"[\w.+-]+@[\w-]+\.[\w.]+",
    "@route": r"https?://\S+",
    "@setting": r"\bkey[A-Z]\w+",
    "@uid": r"\b(?=[A-Za-z]*\d|[A-Za-z]+[A-Z][A-Za-z]*[A-Z])[A-Za-z][A-Za-z0-9]{10}\b",
    "@period": r"\b(19|20)\d\d(-?\d\d|[QWS]\d+)?\b",
    "@number": r"\b\d+([.,]\d+)*\b",
}
"""What is known by its shape, and what it means."""
_SHAPES = [(meaning, re.compile(shape)) for meaning, shape in SHAPES.items()]
_CAPITAL = re.compile(r"(?:^|(?<=[a-z,] ))[A-Z][a-z]+\b")
"""A word with a capital that begins the text, or stands within a sentence."""


@dataclass(frozen=True, slots=True)
class Said:
    """A word or phrase of a text."""

    word: str
    meanings: frozenset[str]
    weight: float = 1.0

    def alternatives(self) -> dict[str, float]:
        """What it finds, and how much each counts."""
        begins = {f"{self.word[:BEGINNING]}-": BEGINNING_WEIGHT} if len(self.word) > BEGINNING else {}
        return {self.word: self.weight} | begins | dict.fromkeys(self.meanings, MEANING_WEIGHT)


class Thesaurus:
    """The words of people.

    Args:
        table: The content of `search_words.toml`.
    """

    def __init__(self, table: Mapping[str, Any]) -> None:
        forms: Mapping[str, str] = table["forms"]
        self._forms = dict(pair.split("=") for text in forms.values() for pair in text.split())
        self._stop = set(self._stems(table["stop"]["words"]))
        self._meanings: defaultdict[str, set[str]] = defaultdict(set)
        for meaning, row in table["same"].items():
            for phrase in row.split():
                self._meanings[" ".join(self._stems(phrase.replace("_", " ")))].add(f"@{meaning}")
        self.known: set[str] = {word for phrase in self._meanings for word in phrase.split()}

    def learn(self, said: Iterable[Said]) -> None:
        """Know the words of a text, so that they are not taken for misspelt ones, nor for names."""
        self.known.update(each.word for each in said if each.word.isalpha())
        self.__dict__.pop("_by_initial", None)

    def said(self, text: str, *, corrected: bool = False) -> list[Said]:
        """What a text says, without words that say nothing.

        Args:
            text: The text.
            corrected: Whether a word that is not known stands for the nearest one that is.
        """
        found, rest = _shapes(text)
        names = [name for name in _CAPITAL.findall(rest) if self._is_name(name, began=rest.startswith(name))]
        if names:
            found.append(Said("@name", frozenset({"@name"})))
            rest = re.sub(rf"\b({'|'.join(names)})\b", " ", rest)
        stems = self._stems(rest)
        if corrected:
            stems = [self._corrected(word) for word in stems]
        return [*found, *self._parted(stems)]

    def _is_name(self, word: str, *, began: bool) -> bool:
        """Whether a word with a capital is a name; a word that began the text has a capital anyway."""
        small = stem(word.lower())
        return small not in self._meanings and not (began and (small in self.known or small in self._stop))

    def _parted(self, stems: list[str]) -> list[Said]:
        """The longest phrases that are known, the words between them, and each two words that stand together."""
        said: dict[str, Said] = {}
        start = 0
        while start < len(stems):
            size = self._phrase_size(stems[start:])
            phrase = " ".join(stems[start : start + size])
            said[phrase] = Said(phrase, frozenset(self._meanings.get(phrase, ())))
            for word in stems[start : start + size]:
                said.setdefault(word, Said(word, frozenset()))
            start += size
        pairs = [Said(f"{one}+{other}", frozenset(), PAIR_WEIGHT) for one, other in pairwise(stems)]
        return [*(each for word, each in said.items() if word not in self._stop), *pairs]

    def _phrase_size(self, stems: list[str]) -> int:
        """How many of the first words are a phrase that is known; 1 where none are."""
        sizes = range(min(LONGEST_PHRASE, len(stems)), 1, -1)
        return next((size for size in sizes if " ".join(stems[:size]) in self._meanings), 1)

    def _stems(self, text: str) -> list[str]:
        return [stem(part) for word in words(text) for part in self._forms.get(word, word).split("_")]

    def _corrected(self, word: str) -> str:
        if word in self.known or word in self._stop or len(word) < TYPO_LENGTH or not word.isalpha():
            return word
        near = get_close_matches(word, self._by_initial.get(word[0], ()), n=1, cutoff=TYPO_LIKENESS)
        return near[0] if near else word

    @cached_property
    def _by_initial(self) -> dict[str, list[str]]:
        found: defaultdict[str, list[str]] = defaultdict(list)
        for word in sorted(self.known):
            found[word[:1]].append(word)
        return found


def _shapes(text: str) -> tuple[list[Said], str]:
    """What is known by its shape, and the text without it."""
    found: list[Said] = []
    for meaning, shape in _SHAPES:
        text, times = shape.subn(" ", text)
        if times:
            found.append(Said(meaning, frozenset({meaning})))
    return found, text


def read_words() -> dict[str, Any]:
    """The words of people, as they are kept in the package."""
    return tomllib.loads(WORDS.read_text(encoding="utf-8"))
