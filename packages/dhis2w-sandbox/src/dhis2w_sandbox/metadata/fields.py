"""The `fields` language: `id,name,dataElements[id,code],!created,groups::pluck(name)[name],:owner`.

Two parsers: the forgiving one of 2.41 to 2.43, which drops what it does not understand, and the strict one of 2.44.
Source: `FieldFilterParser` of dhis2-core (2.42), `Fields` of its master branch.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

ALL = "all"


class Transformer(NamedTuple):
    """One `::name(parameter;parameter)`."""

    name: str
    parameters: tuple[str, ...] = ()


@dataclass(frozen=True)
class Field:
    """One thing that an expression asks for."""

    path: tuple[str, ...]
    """The keys that lead to it, its own last; of a preset the name of the preset last."""
    exclude: bool = False
    preset: bool = False
    transformers: tuple[Transformer, ...] = ()


class BrokenFieldsError(ValueError):
    """An expression that even the forgiving parser cannot read: DHIS2 then answers 200 with an empty body."""


class FieldsSyntaxError(ValueError):
    """An expression that the strict parser refuses."""


@lru_cache(maxsize=1024)
def parse(text: str) -> tuple[Field, ...]:
    """Parse as 2.41 to 2.43 do: unknown characters vanish, a missing bracket is forgiven.

    Raises:
        BrokenFieldsError: one closing bracket too many, or a colon at the very end.
    """
    return tuple(dict.fromkeys(_Forgiving(text).fields()))


class _Forgiving:
    """The state of the forgiving parser, which reads one character at a time."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.found: list[Field] = []
        self.path: list[str] = []
        self._start_field()

    def fields(self) -> list[Field]:
        index = 0
        while index < len(self.text):
            index = self._step(index) + 1
        self._end_field()
        return self.found

    def _step(self, index: int) -> int:
        """Take the character at an index; return the index of the last one that was taken."""
        char = self.text[index]
        if self._at_transformer(index):
            return self._transformers(index)
        if char == ",":
            self._end_field()
        elif char in "[(":
            name = self._end_field()
            self.path.append(name)
        elif char in "])":
            self._end_field()
            if not self.path:
                raise BrokenFieldsError(f"{self.text!r} closes more than it opens")
            self.path.pop()
        elif char == "!":
            self.exclude = True
        elif char == ":":
            self.preset = True
        elif char == "*":
            self.name += ALL
            self.preset = True
        elif char.isalnum() or char in "{}":
            self.name += char
        return index

    def _at_transformer(self, index: int) -> bool:
        char = self.text[index]
        if char == ":" and index + 1 == len(self.text) and index:
            raise BrokenFieldsError(f"{self.text!r} ends in a colon")
        return char in "~|" or self.text.startswith("::", index)

    def _transformers(self, index: int) -> int:
        """Take a chain of transformers, up to the end of the field or the bracket behind it."""
        name = word = ""
        parameters: list[str] = []
        inside = False
        while index < len(self.text):
            char = self.text[index]
            if char in ":~|":
                self._add_transformer(name or word, parameters)
                name, word, parameters = "", "", []
                index += 1 if char == ":" else 0
            elif char.isalnum() or char in "*{}!":
                word += char
            elif char == "(":
                inside, name, word = True, word, ""
            elif inside and char == ";":
                parameters.append(word)
                word = ""
            elif inside and char == ")":
                parameters.append(word)
                word = ""
                break
            elif char == "," or (char in "[]" and not inside):
                index -= 1
                break
            index += 1
        self._add_transformer(name or word, parameters)
        return index

    def _add_transformer(self, name: str, parameters: list[str]) -> None:
        if name:
            self.transformers.append(Transformer(name, tuple(parameters)))

    def _start_field(self) -> None:
        self.name = ""
        self.exclude = False
        self.preset = False
        self.transformers: list[Transformer] = []

    def _end_field(self) -> str:
        name = self.name
        if name:
            path = (*self.path, name)
            self.found.append(Field(path, self.exclude, self.preset, tuple(self.transformers)))
        self._start_field()
        return name


# What the strict grammar of 2.44 calls a name, a marker before it, and the sign of a transformer.
_NAME = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.")
_PATH_NAME = _NAME - {"-", "."}
_EXCLUDE_MARKERS = "!-"
_MARKERS = ":*" + _EXCLUDE_MARKERS
_TRANSFORM_MARKERS = ":~@|"


@lru_cache(maxsize=1024)
def parse_strict(text: str) -> tuple[Field, ...]:
    """Parse as 2.44 does: dotted paths and `-name` are taken, anything malformed is not.

    Raises:
        FieldsSyntaxError: with DHIS2's message.
    """
    found: list[Field] = []
    _Strict(text).take_fields(0, (), found)
    return tuple(dict.fromkeys(found))


class _Strict:
    """The strict parser: every method takes an index and returns the one behind what it took."""

    def __init__(self, text: str) -> None:
        self.text = text

    def take_fields(self, index: int, parent: tuple[str, ...], found: list[Field]) -> int:
        nested = index > 0
        while index < len(self.text):
            index = self._take_field(index, nested, parent, found)
            if index >= len(self.text) or self.text[index] in "])":
                return index
            if self.text[index] != ",":
                raise self._expected(",", index)
            index += 1
        return index

    def _take_field(self, index: int, nested: bool, parent: tuple[str, ...], found: list[Field]) -> int:
        start = self._skip_space(index)
        if start >= len(self.text) or self.text[start] == "," or (nested and self.text[start] in "])"):
            return start
        index = start
        while index < len(self.text) and self.text[index] in _MARKERS:
            index += 1
        index = self._skip_name(index)
        if index == start:
            raise self._expected("a name character", index)
        path, exclude, preset = _path_of(self.text[start:index], parent)
        at = len(found)
        found.append(Field(path, exclude, preset))
        index = self._skip_space(index)
        transformers: list[Transformer] = []
        index = self._take_transformers(index, transformers)
        found[at] = Field(path, exclude, preset, tuple(transformers))
        return self._take_children(index, path, found)

    def _take_transformers(self, index: int, found: list[Transformer]) -> int:
        while index < len(self.text) and self.text[index] in _TRANSFORM_MARKERS:
            marker = self.text[index]
            index += 1
            if self.text.startswith(marker, index):
                index += 1
            end = self._skip_name(index)
            if end == index:
                raise self._expected("a name character", index)
            name = self.text[index:end]
            parameters: list[str] = []
            index = self._take_parameters(end, parameters)
            found.append(Transformer(name, tuple(parameters)))
        return index

    def _take_parameters(self, index: int, found: list[str]) -> int:
        if not self.text.startswith("(", index):
            return index
        index += 1
        while index < len(self.text) and self.text[index] != ")":
            end = self._skip_name(index)
            if end == index:
                raise self._expected("a name character", index)
            found.append(self.text[index:end])
            index = end
            if index >= len(self.text):
                return index
            if self.text[index] not in "),;":
                raise self._expected(",", index)
            if self.text[index] != ")":
                index += 1
        if index >= len(self.text):
            raise self._expected(")", index)
        return index + 1

    def _take_children(self, index: int, path: tuple[str, ...], found: list[Field]) -> int:
        if index >= len(self.text) or self.text[index] not in "[(":
            return index
        index = self._skip_space(index + 1)
        if index >= len(self.text):
            return index
        if self.text[index] in "])":
            return index + 1
        index = self.take_fields(index, path, found)
        return index + 1 if index < len(self.text) else index

    def _skip_name(self, index: int) -> int:
        while index < len(self.text) and self.text[index] in _NAME:
            index += 1
        return index

    def _skip_space(self, index: int) -> int:
        while self.text.startswith(" ", index):
            index += 1
        return index

    def _expected(self, what: str, index: int) -> FieldsSyntaxError:
        found = self.text[index] if index < len(self.text) else "EOI"
        return FieldsSyntaxError(
            f"Expected {what} at position {index} but found: {found}\n  {self.text}\n  {' ' * index}^"
        )


def _path_of(name: str, parent: tuple[str, ...]) -> tuple[tuple[str, ...], bool, bool]:
    """The path that a name with markers stands for, whether it excludes, and whether it is a preset."""
    if len(name) >= 2 and name[0] in _EXCLUDE_MARKERS and name[1] in ":*":
        name = name[1:]
    if name == "*":
        return (*parent, ALL), False, True
    keys: list[str] = []
    exclude = preset = False
    for segment in [name] if parent else name.split("."):
        marker = segment[:1] if segment[:1] and segment[0] in ":" + _EXCLUDE_MARKERS else ""
        key = segment[len(marker) :]
        if not key:
            raise FieldsSyntaxError("A property path segment cannot be empty")
        if preset:
            raise FieldsSyntaxError("A property path with preset must always feature the preset at the tail")
        if strange := next((char for char in key if char not in _PATH_NAME), None):
            raise FieldsSyntaxError(f"A property path contained an illegal character: {strange}")
        exclude = exclude or marker in ("!", "-")
        preset = marker == ":"
        keys.append(key)
    return (*parent, *keys), exclude, preset
