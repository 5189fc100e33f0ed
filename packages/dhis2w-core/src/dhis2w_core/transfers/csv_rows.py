"""The rows of a CSV file, block by block.

A block without quotes whose lines are all of one width is cut at its commas at once, without a step for each line, and
gives columns; the others are read by Python's `csv`. Cells are parted by what parts those of the first line: commas,
semicolons (as Excel writes them where the comma is in numbers) or tabs.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Generator, Iterator, Sequence
from itertools import chain
from typing import Any, BinaryIO

from dhis2w_core.errors import OperationError
from dhis2w_core.transfers.row_block import RowBlock

BLOCK = 256 * 1024
"""Characters that are read at once."""
LONGEST_CELL = 16 * 1024 * 1024
"""Characters: a shape on a map has many. Python's own limit is 128 KiB; some limit there is, for a quote that is not
closed makes one cell of the rest of the file."""
csv.field_size_limit(max(csv.field_size_limit(), LONGEST_CELL))
NO_END = "unexpected end of data"
"""What Python says of a quote that is not closed."""
_QUOTED = re.compile('"[^"]*"')
_EXCEL = re.compile("sep=(.)\\s*", re.IGNORECASE)
"""The line in which Excel says what parts the cells."""


class CsvRows:
    """The rows of a CSV file in UTF-8, whose first line names the columns.

    Args:
        file: The file; whoever opened it closes it.
        name: What it is called in errors.
        key_of: The key for the name of a column; None where the column is no part of the rows.
        check: Is told the columns before the first row.
    """

    def __init__(
        self,
        file: BinaryIO,
        name: str,
        key_of: Callable[[str], str | None],
        check: Callable[[list[str]], None] = lambda _: None,
    ) -> None:
        self._file = file
        self._name = name
        self._key_of = key_of
        self._check = check
        self._parted_by = ","
        self._keys: list[str | None] = []
        self._line = 0
        """Lines that were read."""

    def blocks(self) -> Generator[RowBlock]:
        """The rows.

        Raises:
            OperationError: It is no CSV in UTF-8, or a line has more cells than there are columns.
        """
        text = io.TextIOWrapper(self._file, encoding="utf-8-sig", newline="")
        try:
            self._read_header(text)
            while block := text.read(BLOCK) + text.readline():
                yield self._cut(block) or self._read(block, text)
        except UnicodeDecodeError as error:
            self._line = self._undecodable_line() - 1
            raise self._broken(error) from None
        finally:
            text.detach()

    def _read_header(self, text: io.TextIOWrapper) -> None:
        first = text.readline()
        if said := _EXCEL.fullmatch(first):
            self._parted_by, first, self._line = said[1], text.readline(), 1
        else:
            bare = _QUOTED.sub("", first)
            self._parted_by = max(",;\t", key=bare.count)
        table = csv.reader(chain([first], text), delimiter=self._parted_by)
        try:
            header = [cell.strip() for cell in next(table, list[str]())]
        except csv.Error as error:
            raise self._broken(error) from None
        self._keys = list(map(self._key_of, header))
        self._check(header)
        self._line += table.line_num

    def _cut(self, block: str) -> RowBlock | None:
        """The rows of a plain block; None where it is none."""
        comma = self._parted_by
        width = len(self._keys)
        lines = block.replace("\r\n", "\n")
        if '"' in lines or "\r" in lines:
            return None
        if not lines.endswith("\n"):
            lines += "\n"
        cells = lines.replace("\n", f"{comma}\n{comma}").split(comma)
        count = lines.count("\n")
        if len(cells) != count * (width + 1) + 1 or set(cells[width :: width + 1]) != {"\n"}:
            return None  # the lines are of several widths
        texts: dict[str, str] = {}  # the same text is one object: it is hashed once, and takes its memory once
        columns: dict[str, list[str]] = {}
        for position, key in enumerate(self._keys):
            column = cells[position : -1 : width + 1]
            if key is not None and any(column):
                columns[key] = list(map(texts.setdefault, column, column))
        if not columns:
            return None
        begin = self._line + 1
        self._line += count
        keys, rows = list(columns), zip(*columns.values(), strict=True)
        if any("" in column for column in columns.values()):
            values = [_without_blanks(keys, row) for row in rows]
        else:
            values = [dict(zip(keys, row)) for row in rows]  # noqa: B905 - a column makes a key and a cell
        return RowBlock(values, list(range(begin, begin + count)), dict(columns))

    def _read(self, block: str, rest: io.TextIOWrapper) -> RowBlock:
        """The rows of any block; what is in quotes may end behind it."""
        part = io.StringIO(block, newline="")
        raw: list[str] = []

        def noted() -> Iterator[str]:
            for line in chain(part, rest):
                raw.append(line)
                yield line

        table = csv.reader(noted(), delimiter=self._parted_by)
        values: list[dict[str, Any]] = []
        lines: list[int] = []
        begun = 1
        try:
            while part.tell() < len(block) and (cells := next(table, None)) is not None:
                if len(raw) > 1:
                    self._check_end(raw)
                raw.clear()
                if cells:
                    values.append(self._row(cells, self._line + table.line_num))
                    lines.append(self._line + table.line_num)
                begun = table.line_num + 1
        except csv.Error as error:
            self._line += begun - 1
            raise self._broken(error) from None
        self._line += table.line_num
        return RowBlock.of(values, lines)

    def _check_end(self, lines: Sequence[str]) -> None:
        """Refuse a row of several lines whose last cell has no end: it would be made of the rest of the file.

        Raises:
            csv.Error: It is such a row.
        """
        try:
            next(csv.reader(lines, delimiter=self._parted_by, strict=True))
        except csv.Error as error:
            if NO_END in str(error):
                raise

    def _row(self, cells: Sequence[str], line: int) -> dict[str, Any]:
        if len(cells) > len(self._keys):
            raise OperationError(
                f"{self._name}, line {line}: there are more cells than columns.",
                next_step="Put what has a comma in it into quotes.",
            )
        return _without_blanks(self._keys, cells)

    def _undecodable_line(self) -> int:
        """The number of the first line that is not in UTF-8."""
        self._file.seek(0)
        return next((number for number, line in enumerate(self._file, 1) if not _is_utf8(line)), 1)

    def _broken(self, error: Exception) -> OperationError:
        if any(words in str(error) for words in (NO_END, "field limit")):
            return OperationError(
                f"{self._name}, line {self._line + 1}: a cell that begins in this row has no end.",
                next_step="Close the quote that is open there.",
            )
        return OperationError(
            f"{self._name}, line {self._line + 1}: this is no CSV in UTF-8: {error}.",
            next_step="Save it as CSV in UTF-8.",
        )


def _without_blanks(keys: Sequence[str | None], cells: Sequence[str]) -> dict[str, Any]:
    """A row without cells that are empty or under no key; it may end early."""
    return {key: cell for key, cell in zip(keys, cells, strict=False) if key is not None and cell != ""}


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True
