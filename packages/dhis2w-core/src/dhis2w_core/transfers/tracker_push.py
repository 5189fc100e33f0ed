"""Sending a file of tracker's objects: in chunks, with a journal; killed at any point, the same command goes on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from dhis2w_client.clock import SYSTEM_CLOCK, Clock
from dhis2w_client.tracker.push_options import PushOptions
from dhis2w_core.transfers.checked_delivery import CheckedDelivery
from dhis2w_core.transfers.deliver_objects import DeliverObjects
from dhis2w_core.transfers.event_cells import cells_of
from dhis2w_core.transfers.file_push import FilePush
from dhis2w_core.transfers.object_names import OF_TRACKER, ObjectNames
from dhis2w_core.transfers.push_run import Deliver, Progress, PushRun
from dhis2w_core.transfers.reject_file import write_rejects
from dhis2w_core.transfers.spooled_input import rejects_beside
from dhis2w_core.transfers.tracker_check import TrackerCheck, can_check
from dhis2w_core.transfers.tracker_rows import TrackerRows

if TYPE_CHECKING:
    from dhis2w_client.client import Dhis2Client
    from dhis2w_core.operation import PushReport
    from dhis2w_core.plan import ObjectChange, Preview, Record
    from dhis2w_core.transfers.chunk import RefusedRow
    from dhis2w_core.transfers.transfer_journal import TransferJournal


@dataclass(frozen=True, slots=True)
class TrackerPush:
    """The plan to send a file of tracker's objects; it holds none of them."""

    source: Path
    source_digest: str
    columns: Mapping[str, str] = field(default_factory=dict[str, str])
    """Columns of a table by DHIS2's key or a data element."""
    constants: Mapping[str, str] = field(default_factory=dict[str, str])
    """What each line of a table has that does not say it itself."""
    options: PushOptions = field(default_factory=lambda: PushOptions(partial=True))
    background: bool = False
    """Each chunk is a job; DHIS2 runs one at a time."""
    rejects: Path | None = None
    """Where refused rows are written. Default: beside the source, `NAME.rejects.csv` or `NAME.rejects.ndjson`."""
    rows_at_once: int = 500
    restart: bool = False
    check: bool = True
    """Check the rows against the server's metadata first, and send only what passes."""
    progress: Progress = field(default=lambda _rows, _share: None, repr=False)
    clock: Clock = field(default=SYSTEM_CLOCK, repr=False)
    steps: tuple[ObjectChange, ...] = ()
    takes_back: str | None = None

    def preview(self) -> Preview:
        """The file, and how it is sent."""
        return self._file.preview("tracker objects", self.options.strategy)

    def fingerprint(self) -> str:
        """From the file's content and the options."""
        return self._file.fingerprint()

    @property
    def _file(self) -> FilePush:
        return FilePush(self.source, self.source_digest, self._way, self.restart)

    @property
    def _way(self) -> str:
        """What makes another transfer of the same file."""
        return repr(("tracker", sorted(self.columns.items()), sorted(self.constants.items()), self.options))

    async def apply(self, client: Dhis2Client, record: Record) -> PushReport:  # noqa: ARG002 - its journal is its own
        """Send what was not sent yet.

        Raises:
            StalePlanError: The file changed since the plan was made.
            OperationError: The file changed since a part of it was sent, or is none of tracker's.
            Dhis2Error: The server cannot be reached or refuses as such; the same command goes on later.
        """

        async def run(journal: TransferJournal) -> int:
            with self._rows() as source:
                deliver = await self._delivery(client)
                push = PushRun(
                    source,
                    journal,
                    deliver,
                    self.rows_at_once,
                    fewest_rows=1,  # one entity can have years of events
                    progress=self.progress,
                    clock=self.clock,
                )
                return await push.send_all()

        return await self._file.apply(client.base_url, run, partial(self._write_rejects, client))

    async def _delivery(self, client: Dhis2Client) -> Deliver:
        deliver = DeliverObjects(client, self.options, self.background)
        if not self.check or not can_check(self.options):
            return deliver
        return CheckedDelivery(await TrackerCheck.of(client, self.options), deliver)

    def _rows(self) -> TrackerRows:
        return TrackerRows(self.source, self.source_digest, self.columns, self.constants)

    async def _write_rejects(self, client: Dhis2Client, refused: Iterator[RefusedRow]) -> Path:
        """The file of the refused rows, with the UIDs that they were sent with: what is stored is not made twice."""
        with self._rows() as rows:
            ending = "csv" if rows.is_flat else "ndjson"
            target = self.rejects or rejects_beside(self.source, ending)
            names = ObjectNames(client, {}, OF_TRACKER)
            return await write_rejects(names, rows, refused, target, cells=cells_of if rows.is_flat else None)
