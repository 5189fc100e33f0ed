"""Reading sets of data values piece by piece, in bounded memory: bytes in, rows out; no I/O."""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Mapping
from typing import Any, Protocol, cast

from dhis2w_client.errors import Dhis2Error
from dhis2w_client.json_value import as_object

_START = re.compile(rb'"dataValues"\s*:\s*\[')
BOM = b"\xef\xbb\xbf"
"""What some programs for Windows put before text in UTF-8."""
ENOUGH = 256 * 1024
"""Bytes that are parsed at once."""
HEAD_KEYS = ("period", "orgUnit", "attributeOptionCombo")
FLAGS = ("followup", "deleted")
CSV_NAMES = {
    name.lower(): name
    for name in (
        "dataElement",
        "period",
        "orgUnit",
        "categoryOptionCombo",
        "attributeOptionCombo",
        "value",
        "storedBy",
        "lastUpdated",
        "comment",
        "followup",
        "deleted",
    )
}
"""The columns of a CSV export, by their names in lower case."""
Row = dict[str, Any]


class InvalidDataValuesError(Dhis2Error, ValueError):
    """The content is no set of data values, or ends too early."""


class ValueReader(Protocol):
    """Takes bytes, gives rows."""

    def feed(self, piece: bytes) -> list[Row]:
        """The rows that are complete with this piece."""
        ...

    def end(self) -> list[Row]:
        """The rows that are left.

        Raises:
            InvalidDataValuesError: The content ends too early.
        """
        ...


class JsonValueReader:
    """Reads `{"dataValues": […]}` or a list of values; what stands in the head is put into each value."""

    def __init__(self) -> None:
        self._buffer = b""
        self._begin = b""
        """What the rest has to stand behind, to be JSON; empty before the list begins."""
        self.head: dict[str, str] = {}
        """What stands beside the list: `dataSet`, `completeDate`, `idScheme` …; truths are `true` and `false`."""

    def feed(self, piece: bytes) -> list[Row]:
        """The rows that are complete with this piece."""
        self._buffer += piece
        if not self._begin and not self._list_begins():
            return []
        return self._cut() if len(self._buffer) >= ENOUGH else []

    def end(self) -> list[Row]:
        """The rows that are left.

        Raises:
            InvalidDataValuesError: The content is no set of data values, or ends too early.
        """
        from pydantic_core import from_json

        if not self._begin and not self._buffer.strip():
            raise InvalidDataValuesError("There is nothing where data values are due.")
        try:
            rest = from_json(self._begin + self._buffer)
        except ValueError:
            rest = None
        self._buffer = b""
        if isinstance(rest, dict):
            whole = cast("dict[str, object]", rest)
            values = whole.get("dataValues", [])
            self.head |= texts_of_object(whole)
        else:
            values = cast("object", rest)
        if not isinstance(values, list):
            raise InvalidDataValuesError("The data values are broken JSON, or end too early.")
        return self._with_head(cast("list[Row]", values))

    def _list_begins(self) -> bool:
        self._buffer = self._buffer.removeprefix(BOM)
        start = self._buffer.lstrip()
        if start.startswith(b"["):
            self._begin, self._buffer = b"[", start[1:]
            return True
        match = _START.search(self._buffer)
        if match is None:
            return False
        self.head = _head(self._buffer[: match.start()])
        self._begin, self._buffer = b'{"dataValues":[', self._buffer[match.end() :]
        return True

    def _cut(self) -> list[Row]:
        """The rows up to the last end of an object that is the end of a value."""
        from pydantic_core import from_json

        end = self._buffer.rfind(b"},")
        while end >= 0:
            try:
                rows = from_json(b"".join((b"[", memoryview(self._buffer)[: end + 1], b"]")), cache_strings="all")
            except ValueError:  # inside of a text, or of an object within a value
                end = self._buffer.rfind(b"},", 0, end)
                continue
            self._buffer = self._buffer[end + 2 :]
            return self._with_head(rows)
        return []

    def _with_head(self, rows: list[Row]) -> list[Row]:
        common = {key: self.head[key] for key in HEAD_KEYS if key in self.head}
        return [common | row for row in rows] if common else rows


def _head(before: bytes) -> dict[str, str]:
    from pydantic_core import from_json

    try:
        found = as_object(from_json(before.rstrip().rstrip(b",") + b"}"))
    except ValueError:
        return {}
    return texts_of_object(found)


def texts_of_object(row: Mapping[str, object]) -> dict[str, str]:
    """What of an object is a text or a truth, as text."""
    scalars = {key: value for key, value in row.items() if isinstance(value, str | bool)}
    return {key: str(value).lower() if isinstance(value, bool) else value for key, value in scalars.items()}


class CsvValueReader:
    """Reads CSV with a header line; columns are known by name, whatever their case."""

    def __init__(self) -> None:
        self._decode = codecs.getincrementaldecoder("utf-8-sig")()
        self._buffer = ""
        self._names: list[str] | None = None

    def feed(self, piece: bytes) -> list[Row]:
        """The rows that are complete with this piece.

        Raises:
            InvalidDataValuesError: The first line does not name the columns.
        """
        self._buffer += self._decode.decode(piece)
        end = self._buffer.rfind("\n") + 1
        while end and self._buffer.count('"', 0, end) % 2:  # the line break is inside of quotes
            end = self._buffer.rfind("\n", 0, end - 1) + 1
        whole, self._buffer = self._buffer[:end], self._buffer[end:]
        return self._rows(whole)

    def end(self) -> list[Row]:
        """The rows that are left.

        Raises:
            InvalidDataValuesError: A quote is not closed.
        """
        whole, self._buffer = self._buffer + self._decode.decode(b"", final=True), ""
        if whole.count('"') % 2:
            raise InvalidDataValuesError("The CSV ends within quotes.")
        return self._rows(whole)

    def _rows(self, text: str) -> list[Row]:
        lines = csv.reader(text.splitlines(keepends=True), skipinitialspace=True)
        rows: list[Row] = []
        for cells in lines:
            if self._names is None:
                self._names = _column_names(cells)
            elif cells:
                rows.append(_csv_row(self._names, cells))
        return rows


def _column_names(cells: list[str]) -> list[str]:
    names = [CSV_NAMES.get(name.strip().lower(), name.strip()) for name in cells]
    if "dataElement" not in names:
        raise InvalidDataValuesError(
            f"The CSV has no column `dataelement`; its first line is {','.join(names)[:80]!r}.",
            next_step="The first line names the columns: dataelement,period,orgunit,value …",
        )
    return names


def _csv_row(names: list[str], cells: list[str]) -> Row:
    row: Row = {name: cell for name, cell in zip(names, cells, strict=False) if cell != ""}
    for flag in FLAGS:
        if flag in row:
            row[flag] = row[flag] == "true"
    return row
