"""A TOML file as text, edited where it must change and nowhere else: comments, order and spelling stay.

`tomllib` reads values; this cuts the text of a file that `tomllib` has accepted into statements, so that one of them
can be replaced, added or taken out.
"""

from __future__ import annotations

import itertools
import json
import re
import tomllib
from dataclasses import dataclass, replace
from datetime import date, time
from typing import TYPE_CHECKING, TypeAlias, cast

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Mapping

TomlPath: TypeAlias = tuple[str, ...]
"""The keys that lead to a table or value, for example `("profiles", "prod", "base_url")`."""

_KEY = r"""(?:[A-Za-z0-9_-]+|"(?:\\.|[^"\\\n])*"|'[^'\n]*')"""
_KEYS = rf"{_KEY}(?:[ \t]*\.[ \t]*{_KEY})*"
_TRIVIA = re.compile(r"[ \t]*(?:#[^\n]*)?(?:\r?\n|\Z)")
_HEADER = re.compile(rf"(?P<before>[ \t]*\[\[?[ \t]*)(?P<key>{_KEYS})(?P<after>[ \t]*\]\]?[^\n]*(?:\n|\Z))")
_ASSIGNMENT = re.compile(rf"(?P<before>[ \t]*)(?P<key>{_KEYS})(?P<after>[ \t]*=[ \t]*)")
_VALUE_PART = re.compile(
    r'"""(?:\\.|[^\\])*?"{3,5}'
    r"|'''.*?'{3,5}"
    r'|"(?:\\.|[^"\\\n])*"'
    r"|'[^'\n]*'"
    r"|(?P<comment>\#[^\n]*)"
    r"|(?P<open>[\[{])"
    r"|(?P<close>[\]}])"
    r"|(?P<end>\n)"
    r"|(?P<space>[ \t\r]+)"
    r"""|[^"'\#\[\]{}\s]+""",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Statement:
    """A piece of the file: a comment or blank line, the header of a table, or a key with its value."""

    before: str
    """Text up to the key; all of it for a comment or blank line."""
    key: str = ""
    """The key as it is spelt, with its dots; empty for a comment or blank line."""
    after: str = ""
    """Text between key and value, or to the end of the line of a header."""
    value: str | None = None
    """The value as it is spelt; `None` for a header, comment or blank line."""
    rest: str = ""
    """What follows the value: a comment, the line end."""
    path: TomlPath = ()
    """Where the header or value belongs; empty for a comment or blank line."""

    def __repr__(self) -> str:
        return f"Statement({'.'.join(self.path)})"  # a value may be a secret

    @property
    def is_header(self) -> bool:
        """Whether this begins a table."""
        return bool(self.key) and self.value is None

    @property
    def is_blank(self) -> bool:
        """Whether this is an empty line."""
        return not self.text.strip()

    def is_in(self, table: TomlPath) -> bool:
        """Whether this begins a table or is a value right in it."""
        return bool(self.key) and (self.path if self.is_header else self.path[:-1]) == table

    @property
    def text(self) -> str:
        """The piece as it stands in the file."""
        return f"{self.before}{self.key}{self.after}{self.value or ''}{self.rest}"

    @property
    def key_spans(self) -> list[tuple[int, int]]:
        """Where each part of a dotted key stands in it."""
        return [found.span() for found in re.finditer(_KEY, self.key)]


class TomlText:
    """The statements of a file, and edits of them; `str()` gives the text.

    Every edit takes a file that `tomllib` accepts, and does what it says for the usual spellings. A rare one (a table
    inside an inline table) may come out wrong, so whoever writes the result compares what it means first.
    """

    def __init__(self, text: str) -> None:
        self._newline = "\r\n" if "\r\n" in text else "\n"
        self._statements = list(_statements(text))

    def __str__(self) -> str:
        return "".join(statement.text for statement in self._statements)

    def __repr__(self) -> str:
        return f"TomlText({len(self._statements)} statements)"

    def offset_of(self, path: TomlPath) -> int:
        """Where the first statement at or below a path begins, in characters."""
        before = itertools.takewhile(lambda statement: not _is_below(statement.path, path), self._statements)
        return sum(len(statement.text) for statement in before)

    def add_table(self, path: TomlPath, values: Mapping[str, object]) -> None:
        """Append a table at the end of the file."""
        self._end_line(len(self._statements) - 1)
        if self._statements and not self._statements[-1].is_blank:
            self._statements.append(Statement(self._newline))
        self._statements.append(self._header(path))
        self._statements += [self._assignment(path, key, value) for key, value in values.items()]

    def remove(self, path: TomlPath) -> None:
        """Take out a table with all below it, or a value, and the comments inside; comments that follow it stay."""
        for index, statement in enumerate(self._statements):
            if statement.value is not None and statement.path and statement.path == path[:-1]:
                self._set_inside(index, path[-1], None)
        kept: list[Statement] = []
        trivia: list[Statement] = []
        removing = False
        for statement in [*self._statements, None]:
            if statement and not statement.key:
                trivia.append(statement)
                continue
            goes = statement is not None and _is_below(statement.path, path)
            if removing and not goes and (not kept or kept[-1].is_blank):
                trivia = list(itertools.dropwhile(lambda piece: piece.is_blank, trivia))
            if not (removing and goes):
                kept += trivia
            if statement and not goes:
                kept.append(statement)
            trivia, removing = [], goes
        self._statements = kept

    def rename(self, path: TomlPath, new_name: str) -> None:
        """Give the last key of a path another name, wherever it is spelt."""
        for index, statement in enumerate(self._statements):
            position = len(path) - 1 - (len(statement.path) - len(statement.key_spans))
            if _is_below(statement.path, path) and position >= 0:
                start, end = statement.key_spans[position]
                key = statement.key[:start] + _spelt((new_name,)) + statement.key[end:]
                self._statements[index] = replace(statement, key=key)
        self._statements = list(_statements(str(self)))

    def set_value(self, path: TomlPath, value: object) -> None:
        """Give a value to a key of a table: in its place when it is there, else after the last value of the table."""
        for index, statement in enumerate(self._statements):
            if statement.path == path and statement.value is not None:
                self._statements[index] = replace(statement, value=toml_value(value))
                return
        self.remove(path)  # it may be a table of its own
        table, key = path[:-1], path[-1]
        for index, statement in reversed(list(enumerate(self._statements))):
            if statement.value is not None and table and statement.path == table:
                self._set_inside(index, key, value)
                return
            if statement.is_in(table):
                self._set_after(index, table, key, value)
                return
        if table:
            self._set_above_subtables(table, key, value)
        else:
            self._set_at_the_top(key, value)

    def _set_inside(self, index: int, key: str, value: object) -> None:
        """Write an inline table anew; without the key when the value is `None`."""
        inline = self._statements[index]
        content = {**tomllib.loads(f"table = {inline.value}")["table"], key: value}
        kept = {each: item for each, item in content.items() if item is not None}
        self._statements[index] = replace(inline, value=toml_value(kept))

    def _set_after(self, index: int, table: TomlPath, key: str, value: object) -> None:
        """Write a line after another of the same table, with the same dotted keys before it."""
        neighbour = self._statements[index]
        prefix = "" if neighbour.is_header else neighbour.key[: neighbour.key_spans[-1][0]]
        self._end_line(index)
        self._statements.insert(index + 1, self._assignment(table, key, value, prefix))

    def _set_above_subtables(self, table: TomlPath, key: str, value: object) -> None:
        """Write the header that a table with nothing but tables in it lacks."""
        below = (index for index, statement in enumerate(self._statements) if _is_below(statement.path, table))
        first = next(below, len(self._statements))
        self._statements[first:first] = [
            self._header(table),
            self._assignment(table, key, value),
            Statement(self._newline),
        ]

    def _set_at_the_top(self, key: str, value: object) -> None:
        """Write a line before the first table, and before the comment that belongs to that table."""
        self._end_line(len(self._statements) - 1)
        line = self._assignment((), key, value)
        top = next((index for index, statement in enumerate(self._statements) if statement.key), None)
        if top is None:
            self._statements.append(line)
            return
        while top and not self._statements[top - 1].is_blank:
            top -= 1
        self._statements[top:top] = [line, Statement(self._newline)]

    def _header(self, path: TomlPath) -> Statement:
        return Statement("[", _spelt(path), f"]{self._newline}", path=path)

    def _assignment(self, table: TomlPath, key: str, value: object, prefix: str = "") -> Statement:
        return Statement("", prefix + _spelt((key,)), " = ", toml_value(value), self._newline, (*table, key))

    def _end_line(self, index: int) -> None:
        """End a line; the last of a file may lack its end."""
        if self._statements and not self._statements[index].text.endswith("\n"):
            last = self._statements[index]
            self._statements[index] = replace(last, rest=last.rest + self._newline)


def toml_value(value: object) -> str:
    """A text, truth value, number, time, list or mapping as TOML spells it, on one line.

    Raises:
        TypeError: Anything else.
    """
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007F")
        case int() | float():
            return str(value)
        case date() | time():
            return value.isoformat()
        case list():
            return f"[{', '.join(map(toml_value, cast('list[object]', value)))}]"
        case dict():
            items = cast("dict[str, object]", value).items()
            return f"{{ {', '.join(f'{_spelt((key,))} = {toml_value(item)}' for key, item in items)} }}"
        case _:
            raise TypeError(f"{type(value).__name__} is not written into a profile")


def _statements(text: str) -> Generator[Statement]:
    """Cut a text that `tomllib` has accepted; the pieces put together are the text."""
    position = 0
    table: TomlPath = ()
    while position < len(text):
        if found := _TRIVIA.match(text, position):
            yield Statement(found[0])
            position = found.end()
        elif found := _HEADER.match(text, position):
            table = _names(found["key"])
            yield Statement(found["before"], found["key"], found["after"], path=table)
            position = found.end()
        elif found := _ASSIGNMENT.match(text, position):
            value_end, end = _value_ends(text, found.end())
            value, rest = text[found.end() : value_end], text[value_end:end]
            path = (*table, *_names(found["key"]))
            yield Statement(found["before"], found["key"], found["after"], value, rest, path)
            position = end
        else:
            raise ValueError(f"no statement at character {position}")


def _value_ends(text: str, position: int) -> tuple[int, int]:
    """Where the value that begins at `position` ends, and where its line does."""
    depth, value_end = 0, position
    while part := _VALUE_PART.match(text, position):
        position = part.end()
        if part["end"] and not depth:
            break
        depth += bool(part["open"]) - bool(part["close"])
        if not (part["space"] or part["comment"] or part["end"]):
            value_end = position
    return value_end, position


def _spelt(path: Iterable[str]) -> str:
    """A key as it is written: bare where TOML allows it."""
    return ".".join(key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else toml_value(key) for key in path)


def _names(key: str) -> TomlPath:
    """What the parts of a key are called."""
    return tuple(_name(found[0]) for found in re.finditer(_KEY, key))


def _name(part: str) -> str:
    return next(iter(tomllib.loads(f"{part} = 0"))) if part[0] in "\"'" else part


def _is_below(path: TomlPath, top: TomlPath) -> bool:
    return bool(path) and path[: len(top)] == top
