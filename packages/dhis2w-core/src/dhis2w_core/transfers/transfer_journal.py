"""The journal of one transfer: what was sent and what came back, so that it can be taken up again. It holds no values.

What is written is on the disk before the next request is sent (`synchronous=FULL`).
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Generator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Self

from dhis2w_core.errors import OperationError
from dhis2w_core.places import state_folder
from dhis2w_core.private_file import make_private_folder
from dhis2w_core.transfers.chunk import Chunk, Outcome, RefusedRow

_TABLES = """
CREATE TABLE IF NOT EXISTS head (source TEXT NOT NULL, digest TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS chunk (
    first INTEGER PRIMARY KEY, last INTEGER NOT NULL, done INTEGER NOT NULL,
    accepted INTEGER NOT NULL DEFAULT 0, unchanged INTEGER NOT NULL DEFAULT 0, skipped INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS refusal (
    row INTEGER PRIMARY KEY, line INTEGER NOT NULL, code TEXT, problem TEXT NOT NULL,    what_to_do TEXT
);
"""


class TransferJournal:
    """The journal of one source to one server; a context manager."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self._db = sqlite3.connect(file, isolation_level=None)
        self._db.execute("PRAGMA journal_mode=WAL")  # one write to the disk for each commit
        self._db.execute("PRAGMA synchronous=FULL")
        self._db.executescript(_TABLES)

    @classmethod
    def open(cls, source: Path, digest: str, base_url: str, options: str, *, restart: bool = False) -> Self:
        """The journal of a transfer: a new one, or that of a run which did not end.

        Args:
            source: The file that is sent.
            digest: Its SHA-256.
            base_url: The server.
            options: Whatever else makes another transfer.
            restart: Forget a run that did not end.

        Raises:
            OperationError: A run did not end, and the file is another one since.
        """
        folder = state_folder() / "transfers"
        make_private_folder(folder)
        name = hashlib.sha256("\n".join((base_url, str(source.resolve()), options)).encode()).hexdigest()[:16]
        file = folder / f"{name}.sqlite"
        if restart:
            file.unlink(missing_ok=True)
        journal = cls(file)
        known = journal._db.execute("SELECT digest FROM head").fetchone()
        if known is None:
            journal._db.execute("INSERT INTO head VALUES (?, ?)", (str(source), digest))
        elif known[0] != digest:
            journal.close()
            raise OperationError(
                f"{source} has changed since a part of it was sent.",
                next_step="Bring the file back as it was to go on, or begin anew with --restart.",
            )
        return journal

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close it; what was written stays."""
        self._db.close()

    def unfinished(self) -> list[tuple[int, int]]:
        """First and last row (not included) of each chunk of which no answer is known, in their order."""
        return self._db.execute("SELECT first, last FROM chunk WHERE NOT done ORDER BY first").fetchall()

    def finished(self) -> list[tuple[int, int]]:
        """First and last row (not included) of each chunk that is done, in their order."""
        return self._db.execute("SELECT first, last FROM chunk WHERE done ORDER BY first").fetchall()

    def begin(self, *parts: Chunk) -> None:
        """Write down that rows are about to be sent; before they are. Several: a chunk is cut into these."""
        rows = [(part.first, part.last) for part in parts]
        with self._writing() as cursor:
            cursor.executemany("INSERT OR REPLACE INTO chunk (first, last, done) VALUES (?, ?, 0)", rows)

    def end(self, chunk: Chunk, outcome: Outcome) -> None:
        """Write down what became of rows that were sent."""
        change = "UPDATE chunk SET done = 1, accepted = ?, unchanged = ?, skipped = ? WHERE first = ?"
        with self._writing() as cursor:
            cursor.execute(change, (outcome.accepted, outcome.unchanged, outcome.skipped, chunk.first))
            cursor.executemany(
                "INSERT OR REPLACE INTO refusal VALUES (?, ?, ?, ?, ?)",
                [(each.row, each.line, each.code, each.problem, each.what_to_do) for each in outcome.refused],
            )

    def totals(self) -> Outcome:
        """What became of all rows, the refused ones in the order of the source."""
        sums = "SELECT coalesce(sum(accepted), 0), coalesce(sum(unchanged), 0), coalesce(sum(skipped), 0) FROM chunk"
        refused = self._db.execute("SELECT row, line, code, problem, what_to_do FROM refusal ORDER BY row")
        accepted, unchanged, skipped = self._db.execute(sums).fetchone()
        return Outcome(accepted, unchanged, skipped, tuple(RefusedRow(*row) for row in refused))

    def forget(self) -> None:
        """Remove it: the transfer is complete."""
        self.close()
        self.file.unlink(missing_ok=True)

    @contextmanager
    def _writing(self) -> Generator[sqlite3.Cursor]:
        with closing(self._db.cursor()) as cursor:
            cursor.execute("BEGIN")
            yield cursor
            cursor.execute("COMMIT")
