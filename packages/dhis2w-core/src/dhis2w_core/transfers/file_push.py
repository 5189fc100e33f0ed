"""What every push of a file does around its run: the file is the same, the journal is kept, the report adds up."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from dhis2w_core.errors import StalePlanError
from dhis2w_core.operation import PushReport
from dhis2w_core.plan import Preview, PreviewLine
from dhis2w_core.transfers.chunk import RefusedRow
from dhis2w_core.transfers.source_rows import digest_of
from dhis2w_core.transfers.transfer_journal import TransferJournal

Run = Callable[[TransferJournal], Awaitable[int]]
"""Sends what the journal does not know as sent; returns how many rows the file has."""
WriteRejects = Callable[[Iterator[RefusedRow]], Awaitable[Path]]
"""Writes the refused rows, of which there are some; returns the file."""


@dataclass(frozen=True, slots=True)
class FilePush:
    """One file on its way to one server."""

    source: Path
    digest: str
    """SHA-256 of the file when the plan was made."""
    way: str
    """What makes another transfer of the same file."""
    restart: bool = False
    """Forget a run that did not end."""

    def preview(self, content: str, strategy: str) -> Preview:
        """The file, and how it is sent.

        Args:
            content: What is in it, in words.
            strategy: What may be done on the server.
        """
        lines = (
            PreviewLine(self.source.name, "bytes", None, self.source.stat().st_size),
            PreviewLine(self.source.name, "strategy", None, strategy),
        )
        return Preview(f"Send the {content} of {self.source}", "write", "none", "An import cannot be undone.", lines)

    def fingerprint(self) -> str:
        """From the file's content and the way."""
        return hashlib.sha256(f"{self.digest} {self.way}".encode()).hexdigest()[:16]

    async def apply(self, base_url: str, run: Run, write_rejects: WriteRejects) -> PushReport:
        """Send what was not sent yet; the journal is forgotten when all is done.

        Args:
            base_url: The server.
            run: Sends it.
            write_rejects: Writes what was refused.

        Returns:
            Counts of rows that add up (`read` is the sum of all others), and the file of what was refused.

        Raises:
            StalePlanError: The file changed since the plan was made.
            OperationError: The file changed since a part of it was sent.
        """
        if digest_of(self.source) != self.digest:
            raise StalePlanError(f"{self.source} has changed since the plan was made; nothing was sent.")
        with TransferJournal.open(self.source, self.digest, base_url, self.way, restart=self.restart) as journal:
            read = await run(journal)
            counts = journal.counts()
            rejects = str(await write_rejects(journal.refusals())) if counts["refused"] else None
            journal.forget()
        return PushReport(read=read, **counts, rejects=rejects)
