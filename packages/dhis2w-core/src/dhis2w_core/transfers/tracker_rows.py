"""The rows of a tracker file, read as a stream: each one an object with all that is nested in it, and all with UIDs.

What has no UID gets one that follows from the file's content and the row's number: reading the file again gives the
same, so that an interrupted push doubles nothing, though nobody wrote the UIDs down.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Callable, Generator, Iterator, Mapping
from itertools import count, islice
from pathlib import Path
from typing import Any, NamedTuple, Self

from dhis2w_client.errors import InvalidRequestError
from dhis2w_client.tracker.kind import ENROLLMENTS, ENTITIES, EVENTS, IN_PAYLOADS, RELATIONSHIPS, TrackerKind
from dhis2w_client.tracker.payload import objects_of, with_uids
from dhis2w_core.errors import OperationError
from dhis2w_core.transfers.chunk import Chunk
from dhis2w_core.transfers.event_cells import event_of
from dhis2w_core.transfers.json_lists import NAMELESS, JsonLists
from dhis2w_core.transfers.source_rows import BLOCK, NOTES, ROWS, SourceRows
from dhis2w_core.transfers.spooled_input import name_of

Row = dict[str, Any]
LISTS = (*IN_PAYLOADS, NAMELESS)
"""The lists of a JSON file, in the order in which they are read."""
_TELLING: tuple[tuple[TrackerKind, frozenset[str]], ...] = (
    (RELATIONSHIPS, frozenset({"relationship", "relationshipType"})),
    (EVENTS, frozenset({"event", "programStage", "dataValues", "scheduledAt"})),
    (ENROLLMENTS, frozenset({"enrollment", "enrolledAt"})),
    (ENTITIES, frozenset({"trackedEntity", "trackedEntityType"})),
)
"""The properties by which an object is told, the first that fits: an event has the UID of its enrollment, too."""


def kind_of(row: Mapping[str, Any]) -> TrackerKind:
    """What an object is, by its properties; an event where nothing else tells."""
    return next((kind for kind, names in _TELLING if not names.isdisjoint(row)), EVENTS)


def objects_in(row: Row) -> Iterator[tuple[TrackerKind, Row]]:
    """An object, and all that is nested in it."""
    yield kind_of(row), row
    yield from objects_of(row)


class TrackerRows:
    """The rows of a file of tracker, one part after another; a context manager.

    The kind of file is known by the end of its name. CSV has one event in each line, and a column for each data
    element. NDJSON has an object in each line. JSON is what tracker gives and takes: `{"trackedEntities": […]}`,
    `{"events": […]}`; of several lists, entities come first, then enrollments, events and relationships.

    Args:
        file: The file.
        digest: Its SHA-256, of which UIDs are made.
        columns: Columns of the file by DHIS2's key or a data element: `{"orgUnit": "facility", "qrur9Dvnyt5": "age"}`.
        constants: What each line of a table has that does not say it itself: `{"program": "VBqh0ynB2wv"}`.

    Raises:
        OperationError: The file has another kind, or something in it is no object.
    """

    def __init__(
        self,
        file: Path,
        digest: str,
        columns: Mapping[str, str] | None = None,
        constants: Mapping[str, str] | None = None,
    ) -> None:
        self._digest = digest
        self.is_flat = file.suffix.lower() not in (".json", ".ndjson", ".jsonl")
        """Whether it is a table of events."""
        is_json = file.suffix.lower() == ".json"
        lines = None if is_json else SourceRows(file, columns, constants if self.is_flat else None)
        self._source = _LineRows(lines, is_flat=self.is_flat) if lines else _JsonRows(file)
        self._rows = self._source.read()
        self.position = 0
        """Number of the next row, from 0."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._rows.close()

    @property
    def share(self) -> float:
        """How much of the file has been read, from 0 to 1."""
        return self._source.share

    def take(self, rows: int) -> Chunk:
        """The next rows, as many as there are up to `rows`; none at the end."""
        found = list(islice(self._rows, rows))
        values = [self._with_uids(number, row) for number, row in enumerate(found, self.position)]
        chunk = Chunk(self.position, values, [row.line for row in found])
        self.position = chunk.last
        return chunk

    def _with_uids(self, number: int, row: _Found) -> Row:
        """The object with UIDs wherever there can be one; as it is where one of those that are there is none."""
        key = row.kind.key
        try:
            return with_uids({key: [row.value]}, letters(f"{self._digest} {number}"))[key][0]
        except InvalidRequestError:
            return row.value


def letters(seed: str) -> Callable[[str], str]:
    """What picks one letter of a text after another, the same ones for the same seed."""
    numbers = _numbers(seed)
    return lambda text: text[next(numbers) % len(text)]


def _numbers(seed: str) -> Iterator[int]:
    """Numbers below 65,536 that look like chance, without an end."""
    for block in count():
        yield from struct.unpack(">16H", hashlib.sha256(f"{seed} {block}".encode()).digest())


class _Found(NamedTuple):
    """An object, and where it is."""

    line: int
    kind: TrackerKind
    value: Row


class _LineRows:
    """The objects of a file that has one in each line."""

    def __init__(self, lines: SourceRows, *, is_flat: bool) -> None:
        self._source = lines
        self._is_flat = is_flat
        self.share = 0.0

    def read(self) -> Generator[_Found]:
        with self._source:
            while chunk := self._source.take(ROWS):
                self.share = self._source.share
                for line, value in zip(chunk.lines, chunk.values, strict=True):
                    row = event_of(value) if self._is_flat else value
                    yield _Found(line, kind_of(row), row)


class _JsonRows:
    """The objects of the lists of a JSON file, in the order in which they hang on each other."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self.share = 0.0

    def read(self) -> Generator[_Found]:
        numbers = count(1)
        first = JsonLists(ENTITIES.key, LISTS)
        yield from self._rows_of(first, numbers)
        for key in LISTS[1:]:
            if key in first.found:
                yield from self._rows_of(JsonLists(key, LISTS), numbers)

    def _rows_of(self, reader: JsonLists, numbers: Iterator[int]) -> Generator[_Found]:
        size = self._file.stat().st_size
        named = IN_PAYLOADS.get(reader.wanted)
        try:
            with self._file.open("rb") as file:
                while piece := file.read(BLOCK):
                    for row in reader.feed(piece):
                        value = {key: content for key, content in row.items() if key not in NOTES}
                        yield _Found(next(numbers), named or kind_of(value), value)
                    self.share = file.tell() / size
            reader.end()
        except ValueError as error:
            raise OperationError(
                f"{name_of(self._file)} is no JSON of tracker: {error}.",
                next_step=f"It is an object with one or more of the lists {', '.join(IN_PAYLOADS)}.",
            ) from None
