"""The loop of a push: how many chunks are under way, in which order, and what is left after a failure."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Hashable
from contextlib import closing
from pathlib import Path

import pytest

from dhis2w_client import ConnectionLostError, PayloadTooLargeError
from dhis2w_client.clock import Clock
from dhis2w_core.errors import OperationError
from dhis2w_core.transfers.chunk import Chunk, Outcome
from dhis2w_core.transfers.push_run import ALLOCATIONS, PushRun
from dhis2w_core.transfers.source_rows import SourceRows
from dhis2w_core.transfers.transfer_journal import TransferJournal


class Server:
    """Takes chunks, each when it is told to; remembers what it got, and what was under way at the same time."""

    def __init__(self) -> None:
        self.began: list[tuple[int, int, bool]] = []
        self.under_way: set[int] = set()
        self.together: list[frozenset[int]] = []
        self.failures: dict[int, Exception] = {}

    async def __call__(self, chunk: Chunk, *, read_back: bool) -> Outcome:
        self.began.append((chunk.first, chunk.last, read_back))
        self.under_way.add(chunk.first)
        self.together.append(frozenset(self.under_way))
        for _ in range(10):
            await asyncio.sleep(0)  # others come first
        self.under_way.discard(chunk.first)
        if chunk.first in self.failures:
            raise self.failures.pop(chunk.first)
        return Outcome(accepted=len(chunk))


def units_of(chunk: Chunk) -> frozenset[Hashable]:
    return frozenset(value["orgUnit"] for value in chunk.values)


def source(folder: Path, units: str) -> Path:
    """A file with one row for each letter, which is its unit."""
    file = folder / "rows.csv"
    file.write_text("orgUnit\n" + "".join(f"{unit}\n" for unit in units), "utf-8")
    return file


async def at_once(_: float) -> None:
    """Wait for nothing."""


def send(file: Path, server: Server, *, rows_at_once: int = 1, at_once_most: int = 1) -> tuple[int, Outcome]:
    """One run; the rows of the source, and what became of all."""
    with TransferJournal.open(file, "digest", "http://server", "way") as journal, SourceRows(file) as rows:
        run = PushRun(
            rows, journal, server, rows_at_once, at_once=at_once_most, places=units_of, clock=Clock(sleep=at_once)
        )
        read = asyncio.run(run.send_all())
        return read, journal.totals()


def test_chunks_of_other_places_are_under_way_together(tmp_path: Path) -> None:
    server = Server()
    assert send(source(tmp_path, "ABCDEF"), server, at_once_most=3) == (6, Outcome(accepted=6))
    assert max(map(len, server.together)) == 3


def test_chunks_that_share_a_place_follow_each_other(tmp_path: Path) -> None:
    server = Server()
    assert send(source(tmp_path, "AABAB"), server, at_once_most=3) == (5, Outcome(accepted=5))
    unit_of = dict(enumerate("AABAB"))
    assert all(len({unit_of[first] for first in group}) == len(group) for group in server.together)
    assert max(map(len, server.together)) == 2
    assert [first for first, _, _ in server.began] == sorted(first for first, _, _ in server.began)


def test_one_at_a_time_where_the_version_takes_no_more(tmp_path: Path) -> None:
    server = Server()
    send(source(tmp_path, "ABC"), server)
    assert max(map(len, server.together)) == 1


def test_after_a_failure_what_is_under_way_ends_and_the_next_run_sends_the_rest(tmp_path: Path) -> None:
    server = Server()
    server.failures[1] = OperationError("refused as such")
    file = source(tmp_path, "ABCDEF")
    with pytest.raises(OperationError, match="refused as such"):
        send(file, server, at_once_most=3)
    assert not server.under_way
    done = {first for first, _, _ in server.began} - {1}
    again = Server()
    assert send(file, again, at_once_most=3) == (6, Outcome(accepted=6))
    assert {first for first, _, _ in again.began} == set(range(6)) - done
    assert (1, 2, True) in again.began


def test_no_part_of_a_chunk_that_was_cut_is_forgotten(tmp_path: Path) -> None:
    server = Server()
    server.failures |= {0: PayloadTooLargeError("too large", method="POST", path="/", status=413)}
    file = source(tmp_path, "A" * 400)
    server.failures[200] = OperationError("stop")
    with pytest.raises(OperationError, match="stop"):
        send(file, server, rows_at_once=400)
    assert server.began == [(0, 400, False), (0, 200, False), (200, 400, False)]
    again = Server()
    assert send(file, again, rows_at_once=400) == (400, Outcome(accepted=400))
    assert again.began == [(200, 400, True)]


def test_after_a_lost_answer_every_part_is_read_back(tmp_path: Path) -> None:
    server = Server()
    server.failures[0] = ConnectionLostError("gone", method="POST", path="/")
    assert send(source(tmp_path, "AA"), server, rows_at_once=2) == (2, Outcome(accepted=2))
    assert server.began == [(0, 2, False), (0, 2, True)]


@pytest.mark.parametrize("at_once_most", [1, 3])
def test_what_is_known_is_on_the_disk_before_each_request(tmp_path: Path, at_once_most: int) -> None:
    """Another process would see it, if this one were killed now."""
    file = source(tmp_path, "ABCDEF")
    ended: set[tuple[int, int]] = set()
    seen: list[tuple[set[tuple[int, int]], set[tuple[int, int]]]] = []

    class Watching(Server):
        async def __call__(self, chunk: Chunk, *, read_back: bool) -> Outcome:
            rows = (chunk.first, chunk.last)
            with closing(TransferJournal(journal_file)) as other:
                assert rows in other.unfinished()
                seen.append((set(other.finished()), set(ended)))
            outcome = await super().__call__(chunk, read_back=read_back)
            ended.add(rows)
            return outcome

    with TransferJournal.open(file, "digest", "http://server", "way") as journal, SourceRows(file) as rows:
        journal_file = journal.file
        asyncio.run(PushRun(rows, journal, Watching(), 1, at_once=at_once_most, places=units_of).send_all())
    assert len(ended) == 6
    assert all(on_disk == known for on_disk, known in seen)


def test_what_ended_is_on_the_disk_while_another_is_awaited(tmp_path: Path) -> None:
    """The second chunk ends first, and the third has to wait for the first one."""
    file = source(tmp_path, "ABA")
    second_ended = asyncio.Event()

    class Watching(Server):
        async def __call__(self, chunk: Chunk, *, read_back: bool) -> Outcome:
            if chunk.first == 0:
                await second_ended.wait()
                for _ in range(10):
                    await asyncio.sleep(0)  # the run looks whether it can go on
                with closing(TransferJournal(journal_file)) as other:
                    assert (1, 2) in other.finished()
            outcome = await super().__call__(chunk, read_back=read_back)
            if chunk.first == 1:
                second_ended.set()
            return outcome

    with TransferJournal.open(file, "digest", "http://server", "way") as journal, SourceRows(file) as rows:
        journal_file = journal.file
        asyncio.run(PushRun(rows, journal, Watching(), 1, at_once=2, places=units_of).send_all())
        assert journal.counts()["accepted"] == 3


def test_the_collector_runs_as_before_when_a_push_is_over(tmp_path: Path) -> None:
    """Also where two are under way at once, and where it was switched off."""
    before = gc.get_threshold()
    usual = (700, 10, 10)
    seen: list[int] = []

    async def look(chunk: Chunk, *, read_back: bool) -> Outcome:  # noqa: ARG001 - as every delivery
        seen.append(gc.get_threshold()[0])
        return Outcome(len(chunk))

    async def push(name: str) -> None:
        (tmp_path / name).mkdir()
        file = source(tmp_path / name, "ABCD")
        with TransferJournal.open(file, "digest", "http://server", "way") as journal, SourceRows(file) as rows:
            await PushRun(rows, journal, look, 2).send_all()

    async def both() -> None:
        await asyncio.gather(push("a"), push("b"))

    try:
        gc.set_threshold(*usual)
        asyncio.run(both())
        assert gc.get_threshold() == usual
        assert seen[0] == ALLOCATIONS
        gc.set_threshold(0)
        asyncio.run(push("c"))
        assert gc.get_threshold()[0] == 0
    finally:
        gc.set_threshold(*before)
    assert seen[-1] == 0
