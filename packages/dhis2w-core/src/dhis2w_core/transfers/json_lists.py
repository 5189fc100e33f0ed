"""The lists of a JSON object, read piece by piece in bounded memory: bytes in, rows out; no I/O."""

from __future__ import annotations

import re
from collections.abc import Container
from typing import Any, cast

from pydantic_core import from_json

Row = dict[str, Any]
NAMELESS = ""
"""The name of a list that is the whole content."""
_TO_NEXT_BRACKET = re.compile(rb'(?:[^"{}\[\]]++|"(?:[^"\\]++|\\.)*+")*+([{}\[\]])', re.DOTALL)
"""Up to the next bracket that is not inside of a text."""
_KEY = re.compile(rb'"([^"\\]*)"\s*:\s*\[$')


class JsonLists:
    """Reads the rows of one list of `{"events": […], "pager": {…}}`, or of a list that stands by itself.

    Each byte is looked at once, however deep the rows are nested.

    Args:
        wanted: Name of the list; `NAMELESS` for one that stands by itself.
        known: The names that lists of rows have; others are passed over.
    """

    def __init__(self, wanted: str, known: Container[str]) -> None:
        self.found: list[str] = []
        """The names of the lists that were seen."""
        self.wanted = wanted
        self._known = known
        self._buffer: bytes = b""
        self._place: int = 0
        """Up to where the buffer was looked at."""
        self._depth = 0
        self._list_depth: int | None = None
        """The depth inside of the list in which the reader is; None outside of lists."""
        self._reads = False
        """Whether this list is wanted."""
        self._is_first = True
        """Whether no row of this list was given yet."""

    def feed(self, piece: bytes) -> list[Row]:
        """The rows that are complete with this piece.

        Raises:
            ValueError: The list is broken, or holds something that is no object.
        """
        self._buffer += piece
        rows: list[Row] = []
        begin = cut = 0
        while match := _TO_NEXT_BRACKET.match(self._buffer, self._place):
            self._place = match.end()
            if match[1] in (b"{", b"["):
                self._depth += 1
                if match[1] == b"[" and self._list_depth is None and self._begins(match[0]):
                    begin = cut = self._place
                continue
            self._depth -= 1
            if self._list_depth == self._depth + 1:
                rows += self._parsed(self._buffer[begin : match.start(1)])
                self._list_depth, self._reads = None, False
            elif self._list_depth == self._depth:
                cut = self._place
        rows += self._parsed(self._buffer[begin:cut])
        done: int = cut if self._reads else self._place
        self._buffer, self._place = self._buffer[done:], self._place - done
        return rows

    def end(self) -> None:
        """There is no more.

        Raises:
            ValueError: The content ends too early, or has no list that is known.
        """
        if self._depth or self._buffer.strip():
            raise ValueError("it ends too early")
        if not self.found:
            raise ValueError("it has no list that is known")

    def _begins(self, text: bytes) -> bool:
        """Whether a list of rows begins at the end of a text; what it is called is kept."""
        key = _KEY.search(text)
        name = NAMELESS if self._depth == 1 else key[1].decode() if key and self._depth == 2 else None
        if name is None or name not in self._known:
            return False
        self.found.append(name)
        self._list_depth, self._reads, self._is_first = self._depth, name == self.wanted, True
        return True

    def _parsed(self, text: bytes) -> list[Row]:
        """The rows of a part of the list."""
        text = text.strip()
        if not self._reads or not text:
            return []
        if not self._is_first:
            text = text.removeprefix(b",")
        self._is_first = False
        try:
            rows = cast("list[object]", from_json(b"[" + text + b"]", cache_strings="all"))
        except ValueError as error:
            raise ValueError(f"the list {self.wanted} is broken JSON: {error}") from None
        if any(type(row) is not dict for row in rows):
            raise ValueError(f"the list {self.wanted} holds something that is no object")
        return cast("list[Row]", rows)
