"""The shape of a JSON value as words: `text`, `list link Category`, `map model UserAccess`, `enum ValueType`.

`text`, `integer`, `number`, `boolean`, `date`, `any` and `object` (free keys) stand alone; `enum`, `model` and `link`
(an object of its own, of which only a reference is sent) are followed by a name. `list`, `map` (text keys) and `items`
(a list that may come as a map) come before. `looseText` is text in whose place a number may come.
"""

from __future__ import annotations

from dataclasses import dataclass

WRAPPERS = ("items", "list", "map")


@dataclass(frozen=True)
class Shape:
    """A parsed shape: `wrappers` from outside in, the kind of what is inside, and its name where the kind has one."""

    wrappers: tuple[str, ...]
    kind: str
    name: str = ""

    @classmethod
    def parse(cls, text: str) -> Shape:
        """Read the words."""
        words = text.split()
        count = next(index for index, word in enumerate(words) if word not in WRAPPERS)
        return cls(tuple(words[:count]), words[count], " ".join(words[count + 1 :]))

    def __str__(self) -> str:
        return " ".join([*self.wrappers, self.kind, *([self.name] if self.name else [])])

    def inside(self, wrapper: str) -> Shape:
        """This shape inside another wrapper."""
        return Shape((wrapper, *self.wrappers), self.kind, self.name)
