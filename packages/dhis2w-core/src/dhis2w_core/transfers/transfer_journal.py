"""The journal of one transfer: what was sent and what came back, so that it can be taken up again. It holds no values.

What is written is on the disk before the next request is sent (`save`, `synchronous=FULL`).
"""

from __future__ import annotations

import hashlib
import sqlite3
import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from dhis2w_core.errors import FileBusyError, OperationError
from dhis2w_core.places import state_folder
from dhis2w_core.private_file import locked, make_private_folder
from dhis2w_core.transfers.chunk import Chunk, Outcome, RefusedRow

LIFETIME = 30 * 86_400.0
"""Seconds that the journal of a transfer that did not end is kept, since it was last written."""
_TABLES = """
CREATE TABLE IF NOT EXISTS head (source TEXT NOT NULL, digest TEXT NOT NULL, base_url TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS chunk (
    first INTEGER PRIMARY KEY, last INTEGER NOT NULL, done INTEGER NOT NULL,
    accepted INTEGER NOT NULL DEFAULT 0, unchanged INTEGER NOT NULL DEFAULT 0, skipped INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS refusal (
    row INTEGER PRIMARY KEY, line INTEGER NOT NULL, code TEXT, problem TEXT NOT NULL, what_to_do TEXT
);
"""


class TransferJournal:
    """The journal of one source to one server; `open` gives it."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self._db = sqlite3.connect(file, isolation_level=None)
        self._db.execute("PRAGMA journal_mode=WAL")  # one write to the disk for each commit
        self._db.execute("PRAGMA synchronous=FULL")
        self._db.executescript(_TABLES)

    @classmethod
    @contextmanager
    def open(
        cls, source: Path, digest: str, base_url: str, options: str, *, restart: bool = False
    ) -> Generator[TransferJournal]:
        """The journal of a transfer: a new one, or that of a run which did not end.

        Args:
            source: The file that is sent.
            digest: Its SHA-256.
            base_url: The server.
            options: Whatever else makes another transfer.
            restart: Forget a run that did not end.

        Raises:
            OperationError: A run did not end, and the file is another one since; or a run is at it just now.
        """
        purge_transfers()
        name = hashlib.sha256("\n".join((base_url, str(source.resolve()), options)).encode()).hexdigest()[:16]
        file = _folder() / f"{name}.sqlite"
        with ExitStack() as stack:
            try:
                stack.enter_context(locked(file, seconds=0))
            except FileBusyError:
                raise OperationError(f"Another process is sending {source} to {base_url}.") from None
            if restart:
                _remove(file)
            journal = cls(file)
            stack.callback(journal.leave)
            journal.begin_or_go_on(source, digest, base_url)
            yield journal

    def begin_or_go_on(self, source: Path, digest: str, base_url: str) -> None:
        """Write down what is sent, or see that it is still the same.

        Raises:
            OperationError: It is not.
        """
        known = self._db.execute("SELECT digest FROM head").fetchone()
        if known is None:
            self._db.execute("INSERT INTO head VALUES (?, ?, ?)", (str(source.resolve()), digest, base_url))
        elif known[0] != digest:
            raise OperationError(
                f"{source} has changed since a part of it was sent.",
                next_step="Bring the file back as it was to go on, or begin anew with --restart.",
            )

    def save(self) -> None:
        """Bring what was written to the disk, at once: to wait for the disk takes longer than to write."""
        if self._db.in_transaction:
            self._db.execute("COMMIT")

    def close(self) -> None:
        """Close it; what was written stays."""
        self.save()
        self._db.close()

    def leave(self) -> None:
        """Close it, and remove it where nothing was begun: there is nothing to go on with."""
        if not self.file.exists():  # it was forgotten
            return
        if self.unfinished() or self.finished():
            self.close()
        else:
            self.forget()

    def state(self) -> TransferState:
        """What is known of the transfer."""
        source, base_url = self._db.execute("SELECT source, base_url FROM head").fetchone() or ("", "")
        sent = sum(last - first for first, last in self.finished())
        return TransferState(self.file.stem, source, base_url, sent, self.counts()["refused"], _last_written(self.file))

    def unfinished(self) -> list[tuple[int, int]]:
        """First and last row (not included) of each chunk of which no answer is known, in their order."""
        return self._db.execute("SELECT first, last FROM chunk WHERE NOT done ORDER BY first").fetchall()

    def finished(self) -> list[tuple[int, int]]:
        """First and last row (not included) of each chunk that is done, in their order."""
        return self._db.execute("SELECT first, last FROM chunk WHERE done ORDER BY first").fetchall()

    def begin(self, *parts: Chunk) -> None:
        """Write down that rows are about to be sent; `save` before they are. Several: a chunk is cut into these."""
        rows = [(part.first, part.last) for part in parts]
        self._write("INSERT OR REPLACE INTO chunk (first, last, done) VALUES (?, ?, 0)", rows)

    def end(self, chunk: Chunk, outcome: Outcome) -> None:
        """Write down what became of rows that were sent; what is lost before `save` is read back from the server."""
        change = "UPDATE chunk SET done = 1, accepted = ?, unchanged = ?, skipped = ? WHERE first = ?"
        self._write(change, [(outcome.accepted, outcome.unchanged, outcome.skipped, chunk.first)])
        self._write(
            "INSERT OR REPLACE INTO refusal VALUES (?, ?, ?, ?, ?)",
            [(each.row, each.line, each.code, each.problem, each.what_to_do) for each in outcome.refused],
        )

    def totals(self) -> Outcome:
        """What became of all rows, the refused ones in the order of the source; `refusals` does without memory."""
        counts = self.counts()
        return Outcome(counts["accepted"], counts["unchanged"], counts["skipped"], tuple(self.refusals()))

    def counts(self) -> dict[str, int]:
        """How many rows were `accepted`, `unchanged`, `refused` and `skipped`."""
        sums = "SELECT coalesce(sum(accepted), 0), coalesce(sum(unchanged), 0), coalesce(sum(skipped), 0) FROM chunk"
        accepted, unchanged, skipped = self._db.execute(sums).fetchone()
        (refused,) = self._db.execute("SELECT count(*) FROM refusal").fetchone()
        return {"accepted": accepted, "unchanged": unchanged, "refused": refused, "skipped": skipped}

    def refusals(self) -> Iterator[RefusedRow]:
        """The refused rows one by one, in the order of the source."""
        rows = self._db.execute("SELECT row, line, code, problem, what_to_do FROM refusal ORDER BY row")
        return (RefusedRow(*row) for row in rows)

    def forget(self) -> None:
        """Remove it: there is nothing to go on with."""
        self.close()
        _remove(self.file)

    def _write(self, change: str, rows: Sequence[tuple[object, ...]]) -> None:
        if not self._db.in_transaction:
            self._db.execute("BEGIN")
        self._db.executemany(change, rows)


@dataclass(frozen=True, slots=True)
class TransferState:
    """A transfer that did not end."""

    name: str
    source: str
    base_url: str
    rows: int
    """How many rows are decided."""
    refused: int
    last_written: float
    """Seconds since 1970."""


def transfers() -> list[TransferState]:
    """The transfers that did not end, the newest first."""
    found: list[TransferState] = []
    for file in _folder().glob("*.sqlite"):
        with closing(TransferJournal(file)) as journal:
            found.append(journal.state())
    return sorted(found, key=lambda each: -each.last_written)


def purge_transfers(older_than: float = LIFETIME) -> int:
    """Delete the journals that were not written for so many seconds, and say how many; none that is in use."""
    count = 0
    for file in _folder().glob("*.sqlite"):
        with suppress(FileBusyError), locked(file, seconds=0):
            if _last_written(file) <= time.time() - older_than:
                _remove(file)
                count += 1
    return count


def _folder() -> Path:
    folder = state_folder() / "transfers"
    make_private_folder(folder)
    return folder


def _parts(file: Path) -> list[Path]:
    """The files of a database."""
    return [file, *(file.with_name(file.name + end) for end in ("-wal", "-shm"))]


def _last_written(file: Path) -> float:
    return max((part.stat().st_mtime for part in _parts(file) if part.exists()), default=0.0)


def _remove(file: Path) -> None:
    for part in _parts(file):
        part.unlink(missing_ok=True)
