"""The loop of every push: rows are cut into chunks, sent, and what became of them is written down.

Each chunk is in the journal before it is sent, and what became of it is there before the next request or wait. So,
whatever ends the process, the next run sends what is left. Of a chunk whose answer was lost the server is read back
before anything is sent again.
"""

from __future__ import annotations

import asyncio
import gc
from collections import deque
from collections.abc import Callable, Generator, Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol

from dhis2w_client.clock import SYSTEM_CLOCK, Clock
from dhis2w_client.data_values.value_reader import InvalidDataValuesError
from dhis2w_client.errors import (
    AnswerTimeoutError,
    ConnectionLostError,
    GatewayError,
    MalformedAnswerError,
    PayloadTooLargeError,
)
from dhis2w_core.transfers.chunk import Chunk, Outcome
from dhis2w_core.transfers.chunk_size import SMALLEST, ChunkSize
from dhis2w_core.transfers.transfer_journal import TransferJournal

TRIES = 5
"""How often a chunk whose answer is lost is sent, before it is given up for now."""
TOO_MUCH = (PayloadTooLargeError, AnswerTimeoutError, GatewayError)
LOST = (AnswerTimeoutError, ConnectionLostError, GatewayError, MalformedAnswerError, InvalidDataValuesError)
"""After these the server may have done the work, or is still at it."""
LONGEST_WAIT = 60.0
"""Seconds before the server is read back after a lost answer, at most: it may still be at work."""

ALLOCATIONS = 200_000
"""Objects that are made between two runs of the garbage collector while rows pass; Python's own figure is 700."""

Progress = Callable[[int, float], None]
"""Is told how many rows are decided, and how much of the source has been read (0 to 1)."""


class RowSource(Protocol):
    """The rows of a file, one part after another."""

    position: int
    """Number of the next row, from 0."""

    @property
    def share(self) -> float:
        """How much of the file has been read, from 0 to 1."""
        ...

    def take(self, count: int, /) -> Chunk:
        """The next rows, as many as there are up to `count`; none at the end."""
        ...


class Deliver(Protocol):
    """Sends a chunk to the server."""

    async def __call__(self, chunk: Chunk, *, read_back: bool) -> Outcome:
        """Send it, and say what became of each row.

        Args:
            chunk: The rows.
            read_back: It may have been sent before: see first what the server has, and send only the rest.
        """
        ...


@dataclass(slots=True)
class PushRun:
    """One run of a push, from where the last one stopped to the end of the source."""

    source: RowSource
    journal: TransferJournal
    deliver: Deliver
    rows_at_once: int
    fewest_rows: int = SMALLEST
    """Rows below which a chunk is not cut again."""
    at_once: int = 1
    """Chunks that are under way at the same time, at most."""
    places: Callable[[Chunk], frozenset[Hashable]] = lambda _: frozenset()
    """Where the rows of a chunk go: chunks that share a place are sent one after the other, in their order."""
    progress: Progress = field(default=lambda _rows, _share: None)
    clock: Clock = SYSTEM_CLOCK
    _size: ChunkSize = field(init=False)
    _decided: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        self._size = ChunkSize(self.rows_at_once, self.rows_at_once, self.fewest_rows)

    async def send_all(self) -> int:
        """Send what was not sent yet; returns how many rows the source has.

        Raises:
            Dhis2Error: The server cannot be reached or refuses as such. What is under way is ended first; the next run
                goes on behind it.
        """
        with _rare_collections():
            return await self._send_all()

    async def _send_all(self) -> int:
        under_way: dict[asyncio.Task[None], frozenset[Hashable]] = {}
        try:
            for chunk, lost in self._chunks():
                places = self.places(chunk) if self.at_once > 1 else frozenset[Hashable]()
                while len(under_way) >= self.at_once or not all(map(places.isdisjoint, under_way.values())):
                    await self._one_ended(under_way)
                under_way[asyncio.create_task(self._send(chunk, lost))] = places
                await asyncio.sleep(0)  # it begins, and while it is under way the next one is read
            while under_way:
                await self._one_ended(under_way)
        except asyncio.CancelledError:
            for task in under_way:
                task.cancel()
            raise
        finally:
            await asyncio.gather(*under_way, return_exceptions=True)
        return self.source.position

    async def _one_ended(self, under_way: dict[asyncio.Task[None], frozenset[Hashable]]) -> None:
        """Wait until one of some tasks has ended; raises what it raised."""
        self.journal.save()
        ended, _ = await asyncio.wait(under_way, return_when=asyncio.FIRST_COMPLETED)
        for task in ended:
            del under_way[task]
        for task in ended:
            task.result()

    def _chunks(self) -> Iterator[tuple[Chunk, bool]]:
        """What is to be sent, and whether it may have been sent before."""
        known = [(first, last, False) for first, last in self.journal.unfinished()]
        known += [(first, last, True) for first, last in self.journal.finished()]
        for first, last, done in sorted(known):
            chunk = self.source.take(last - first)
            if done:
                self._decided += len(chunk)
            else:
                yield chunk, True
        while chunk := self.source.take(self._size.rows):
            yield chunk, False

    async def _send(self, chunk: Chunk, lost: bool) -> None:
        """Send a chunk until it is decided, in parts where it is too much."""
        self.journal.begin(chunk)
        parts = deque([chunk])
        tries = 0
        while parts:
            self.journal.save()
            try:
                outcome = await self.deliver(parts[0], read_back=lost)
            except TOO_MUCH + LOST as error:
                lost = lost or isinstance(error, LOST)
                tries += isinstance(error, LOST)
                smaller = self._size.after_failure(len(parts[0])) if isinstance(error, TOO_MUCH) else None
                if tries > TRIES or not (smaller or isinstance(error, LOST)):
                    raise
                self._size = smaller or self._size
                parts = deque(self._cut(parts))
                if lost:
                    self.journal.save()
                    await self.clock.sleep(min(LONGEST_WAIT, 2.0**tries))
                continue
            self.journal.end(parts[0], outcome)
            self._decided += len(parts.popleft())
            self.progress(self._decided, self.source.share)
            self._size, tries = self._size.after_success(), 0

    def _cut(self, parts: deque[Chunk]) -> list[Chunk]:
        """Chunks of the size that holds now; that they are cut is written down, because none may be forgotten."""
        rows = self._size.rows
        smaller = [part.part(begin, begin + rows) for part in parts for begin in range(0, len(part), rows)]
        self.journal.begin(*smaller)
        return smaller


@contextmanager
def _rare_collections() -> Generator[None]:
    """The garbage collector looks at each row that is under way, in vain: it does so less often while millions pass."""
    usual = gc.get_threshold()
    if not 0 < usual[0] < ALLOCATIONS:  # another push is under way, or whoever runs this decided otherwise
        yield
        return
    gc.set_threshold(ALLOCATIONS, *usual[1:])
    try:
        yield
    finally:
        gc.set_threshold(*usual)
