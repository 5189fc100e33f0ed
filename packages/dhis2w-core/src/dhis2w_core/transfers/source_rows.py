"""The rows of a file, read as a stream: CSV, NDJSON or JSON."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Callable, Collection, Generator, Mapping, Sequence
from functools import lru_cache, partial
from itertools import chain, islice
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, Self, cast

from pydantic_core import from_json

from dhis2w_client.data_values.data_value import KNOWN
from dhis2w_client.data_values.value_reader import BOM, CSV_NAMES, InvalidDataValuesError, JsonValueReader
from dhis2w_client.errors import Dhis2Warning
from dhis2w_client.pages import collector_paused
from dhis2w_core.errors import OperationError
from dhis2w_core.transfers.chunk import Chunk
from dhis2w_core.transfers.csv_rows import CsvRows
from dhis2w_core.transfers.row_block import RowBlock
from dhis2w_core.transfers.spooled_input import name_of
from dhis2w_core.transfers.table_columns import check_columns

BLOCK = 256 * 1024
"""Bytes that are read at once."""
ROWS = 2000
"""Lines of a table that are read at once."""
LEFT_TO_SERVER = frozenset({"created", "lastUpdated"})
"""What exports have, and imports do not read."""
NOTES = frozenset({"source_line", "problem", "code", "what_to_do"})
"""Columns of a reject file that are not part of its rows."""


class ColumnsLeftOutWarning(Dhis2Warning):
    """Columns of a table are not sent, because DHIS2 knows nothing by their names."""


class SourceRow(NamedTuple):
    """One row, and where it is."""

    line: int
    """Line of the file, from 1; in JSON the number of the value."""
    value: dict[str, Any]
    """The row with DHIS2's keys."""


def digest_of(file: Path) -> str:
    """SHA-256 of a file.

    Raises:
        OperationError: It cannot be read.
    """
    try:
        state = file.stat()
        return _digest(file, state.st_size, state.st_mtime_ns, state.st_ino)
    except OSError as error:
        raise OperationError(f"{file} cannot be read: {error.strerror}.") from None


@lru_cache(maxsize=32)
def _digest(file: Path, *_state: int) -> str:
    """The digest of a file as it is; what says so is part of the key."""
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


class SourceRows:
    """The rows of a file, one part after another; a context manager.

    The kind is known by the end of the file's name: `.csv`, `.ndjson` or `.jsonl`, `.json`, `.parquet`.

    Args:
        file: The file.
        columns: Columns of the file by DHIS2's key: `{"orgUnit": "facility"}`. Default: DHIS2's keys, in any case.
        constants: What each row has that does not say it itself, by DHIS2's key: `{"period": "202401"}`.
        needed: Keys for which a table of data values has to have a column, where no constant is one.

    Raises:
        OperationError: The file has another kind, a line that is no row, or not the columns that are needed.

    Warns:
        ColumnsLeftOutWarning: A table of data values has columns that no value has.
    """

    def __init__(
        self,
        file: Path,
        columns: Mapping[str, str] | None = None,
        constants: Mapping[str, str] | None = None,
        needed: Collection[str] = (),
    ) -> None:
        kind, name = file.suffix.lower(), name_of(file)
        names = {source: key for key, source in (columns or {}).items()}
        lacking = [key for key in needed if key not in (constants or {})]

        def check(header: list[str]) -> None:
            keys = [_key(column, names) for column in header]
            check_columns(name, header, keys, columns or {}, lacking)
            if needed and (unknown := [key for key in keys if key and key not in KNOWN | LEFT_TO_SERVER]):
                told = f"{name}: no part of data values, and not sent: {', '.join(unknown)}."
                warnings.warn(told, ColumnsLeftOutWarning, stacklevel=2)

        readers = {".ndjson": _ndjson, ".jsonl": _ndjson, ".json": _json, ".parquet": partial(_parquet, check=check)}
        if kind != ".csv" and kind not in readers:
            raise OperationError(
                f"{name} is neither CSV nor JSON nor Parquet by its name.",
                next_step="End it in .csv, .ndjson, .json or .parquet.",
            )
        self._file: BinaryIO = file.open("rb")
        self._size = file.stat().st_size
        in_header = kind == ".csv"
        of_csv = CsvRows(self._file, name, partial(_key, names=names), check)
        self._blocks = of_csv.blocks() if in_header else readers[kind](self._file, name)
        self._names = None if in_header else names
        """DHIS2's keys of columns; None where they are in the header, once for all rows."""
        self._constants = constants
        self._left = RowBlock()
        self.position = 0
        """Number of the next row, from 0."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._blocks.close()
        self._file.close()

    @property
    def share(self) -> float:
        """How much of the file has been read, from 0 to 1."""
        return self._file.tell() / self._size if self._size else 1.0

    def take(self, count: int) -> Chunk:
        """The next rows, as many as there are up to `count`; none at the end."""
        rows = RowBlock()
        with collector_paused():
            while len(rows) < count and (block := self._left or next(self._blocks, None)) is not None:
                self._left = block
                rows.append(block.cut(count - len(rows)))
        chunk = Chunk(self.position, rows.values, rows.lines, rows.columns)
        self.position = chunk.last
        return self._in_keys(chunk)

    def _in_keys(self, chunk: Chunk) -> Chunk:
        """The rows with DHIS2's keys, without notes, and with the constants; most are so already."""
        values = chunk.values
        if self._names is not None and any(_key(name, self._names) != name for name in chunk.columns):
            values = _renamed(values, self._names)
        if self._constants:
            values = [{**self._constants, **value} for value in values]
        return chunk if values is chunk.values else Chunk(chunk.first, values, chunk.lines)


def source_rows(file: Path, columns: Mapping[str, str] | None = None) -> Generator[SourceRow]:
    """The rows of a file one by one, as `SourceRows` gives them.

    Raises:
        OperationError: As `SourceRows` does.
    """
    with SourceRows(file, columns) as rows:
        while chunk := rows.take(ROWS):
            yield from map(SourceRow, chunk.lines, chunk.values)


def _ndjson(file: BinaryIO, name: str) -> Generator[RowBlock]:
    if file.read(len(BOM)) != BOM:
        file.seek(0)
    lines = ((number, line) for number, line in enumerate(file, 1) if not line.isspace())
    while some := list(islice(lines, ROWS)):
        yield RowBlock.of([_object(line, name, number) for number, line in some], [number for number, _ in some])


def _object(line: bytes, name: str, number: int) -> dict[str, Any]:
    try:
        value = from_json(line)
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise OperationError(f"{name}, line {number}: this is no JSON object.")
    return cast("dict[str, Any]", value)


def _json(file: BinaryIO, name: str) -> Generator[RowBlock]:
    reader = JsonValueReader()
    number = 1
    pieces = (reader.feed(piece) for piece in iter(lambda: file.read(BLOCK), b""))
    for values in chain(pieces, (_ended(reader, name) for _ in range(1))):
        if not {dict}.issuperset(map(type, values)):
            raise OperationError(f"{name}: something between the values {number} and {number + len(values)} is none.")
        yield RowBlock.of(values, list(range(number, number + len(values))))
        number += len(values)


def _ended(reader: JsonValueReader, name: str) -> list[dict[str, Any]]:
    try:
        return reader.end()
    except InvalidDataValuesError as error:
        raise OperationError(
            f"{name}: {error.message}", next_step="It is JSON in UTF-8 with a list dataValues, or a list of values."
        ) from None


def _parquet(file: BinaryIO, name: str, check: Callable[[list[str]], None]) -> Generator[RowBlock]:
    from dhis2w_core.transfers.parquet_rows import parquet_rows

    number = 1
    for values in parquet_rows(file, name, ROWS, check):
        yield RowBlock.of(values, list(range(number, number + len(values))))
        number += len(values)


def _renamed(values: Sequence[dict[str, Any]], names: Mapping[str, str]) -> list[dict[str, Any]]:
    """The rows with DHIS2's keys, and without notes."""
    keys = {name: _key(name, names) for name in set[str]().union(*values)}
    return [
        {key: content for name, content in value.items() if (key := keys[name]) and content is not None}
        for value in values
    ]


def _key(name: str, names: Mapping[str, str]) -> str | None:
    """DHIS2's key for a column; None for a note."""
    return names.get(name) or (None if name in NOTES or not name else CSV_NAMES.get(name.lower(), name))
