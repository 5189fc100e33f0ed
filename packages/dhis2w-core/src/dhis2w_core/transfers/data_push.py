"""Sending a file of data values: in chunks, with a journal; killed at any point, the same command goes on.

A value has a natural key, so that sending it twice stores it once. Of a chunk whose answer was lost the server is read
back first, and only what it has not is sent again, when no more of it comes to be there.

What can go wrong all the same: an import whose answer was lost, which stores nothing until the chunk that was sent
again and a later chunk with the same key are stored, has the last word on that key. So has one that outlives its push,
against whatever is written next. No request tells what a server is still at.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from dhis2w_client.clock import SYSTEM_CLOCK, Clock
from dhis2w_client.data_values.data_value import PLACE
from dhis2w_client.data_values.push_options import DataValueOptions
from dhis2w_client.data_values.value_batch import ValueBatch
from dhis2w_core.errors import OperationError
from dhis2w_core.transfers.checked_delivery import CheckedDelivery
from dhis2w_core.transfers.chunk import Chunk, Outcome, RefusedRow
from dhis2w_core.transfers.column import Column
from dhis2w_core.transfers.file_push import FilePush
from dhis2w_core.transfers.json_head import json_head
from dhis2w_core.transfers.metadata_check import MetadataCheck
from dhis2w_core.transfers.object_names import OTHERS, PLURALS, ObjectNames
from dhis2w_core.transfers.push_run import Deliver, Progress, PushRun
from dhis2w_core.transfers.reject_file import texts_of, write_rejects
from dhis2w_core.transfers.source_rows import SourceRows
from dhis2w_core.transfers.spooled_input import rejects_beside
from dhis2w_core.transfers.transfer_journal import TransferJournal
from dhis2w_core.transfers.values_there import ValuesThere
from dhis2w_core.transfers.what_to_do import what_to_do

if TYPE_CHECKING:
    from dhis2w_client.client import Dhis2Client
    from dhis2w_client.data_values.grouping import DataSetFacts
    from dhis2w_client.data_values.import_report import DataValueReport
    from dhis2w_core.operation import PushReport
    from dhis2w_core.plan import ObjectChange, Preview, Record

BETWEEN_READS = 5.0
"""Seconds after which the server is read back once more, where a part of what may have been sent is there."""


@dataclass(frozen=True, slots=True)
class DataPush:
    """The plan to send a file of data values; it holds no values."""

    source: Path
    source_digest: str
    columns: Mapping[str, str] = field(default_factory=dict[str, str])
    """Columns of the file by DHIS2's key."""
    constants: Mapping[str, str] = field(default_factory=dict[str, str])
    """What each row has that does not say it itself, by DHIS2's key."""
    options: DataValueOptions = field(default_factory=DataValueOptions)
    data_set: str | None = None
    rejects: Path | None = None
    """Where refused rows are written. Default: beside the source, `NAME.rejects.csv`."""
    rows_at_once: int = 10_000
    restart: bool = False
    check: bool = True
    """Check the rows against the server's metadata first, and send only what passes."""
    background: bool = False
    """Each chunk is a job; DHIS2 runs one at a time."""
    progress: Progress = field(default=lambda _rows, _share: None, repr=False)
    clock: Clock = field(default=SYSTEM_CLOCK, repr=False)
    steps: tuple[ObjectChange, ...] = ()
    takes_back: str | None = None

    def with_head(self) -> DataPush:
        """The plan with what a JSON file says beside its values, which goes before what is given, as in DHIS2.

        Raises:
            OperationError: It says that a data set is complete, which a push does not register.
        """
        told = json_head(self.source)
        head = told.all
        if head.get("completeDate"):
            raise OperationError(
                f"{self.source.name} has a completeDate; a push sends values, and registers no completion.",
                next_step="Take it out, push, and then register it: client.data_values.completions.register.",
            )
        return replace(
            self,
            constants={**self.constants, **told.common_cells()},
            options=self.options.with_head(head),
            data_set=head.get("dataSet", self.data_set),
        )

    def preview(self) -> Preview:
        """The file, and how it is sent."""
        return self._file.preview("data values", self.options.strategy)

    def fingerprint(self) -> str:
        """From the file's content and the options."""
        return self._file.fingerprint()

    async def _delivery(self, client: Dhis2Client) -> Deliver:
        deliver = await DeliverValues.of(
            client, self.options, self.data_set, background=self.background, clock=self.clock
        )
        if not self.check:
            return deliver
        return CheckedDelivery(await MetadataCheck.of(client, self.options, self.data_set), deliver)

    def _rows(self) -> SourceRows:
        return SourceRows(self.source, self.columns, self.constants, needed=PLACE)

    async def _write_rejects(self, client: Dhis2Client, refused: Iterator[RefusedRow]) -> Path:
        """The file of the refused rows."""
        target = self.rejects or rejects_beside(self.source, "csv")
        with self._rows() as rows:
            names = ObjectNames(client, PLURALS, OTHERS)
            return await write_rejects(names, rows, refused, target, cells=texts_of, advice=what_to_do)

    @property
    def _file(self) -> FilePush:
        return FilePush(self.source, self.source_digest, self._way, self.restart)

    @property
    def _way(self) -> str:
        """What makes another transfer of the same file."""
        return repr((sorted(self.columns.items()), sorted(self.constants.items()), self.options, self.data_set))

    async def apply(self, client: Dhis2Client, record: Record) -> PushReport:  # noqa: ARG002 - its journal is its own
        """Send what was not sent yet.

        Raises:
            StalePlanError: The file changed since the plan was made.
            OperationError: The file changed since a part of it was sent, or is none of data values.
            Dhis2Error: The server cannot be reached or refuses as such; the same command goes on later.
        """

        async def run(journal: TransferJournal) -> int:
            with self._rows() as source:
                push = PushRun(
                    source,
                    journal,
                    await self._delivery(client),
                    self.rows_at_once,
                    at_once=client.dialect.imports_at_once,
                    places=_places,
                    progress=self.progress,
                    clock=self.clock,
                )
                return await push.send_all()

        return await self._file.apply(client.base_url, run, partial(self._write_rejects, client))


@dataclass(frozen=True, slots=True)
class DeliverValues:
    """Sends chunks of data values to a server."""

    client: Dhis2Client
    options: DataValueOptions
    data_set: str | None = None
    data_sets: Sequence[DataSetFacts] | None = None
    """Among which the client finds the one of each value, where this version asks for it."""
    background: bool = False
    """As jobs."""
    clock: Clock = SYSTEM_CLOCK

    @classmethod
    async def of(
        cls,
        client: Dhis2Client,
        options: DataValueOptions,
        data_set: str | None,
        *,
        background: bool = False,
        clock: Clock = SYSTEM_CLOCK,
    ) -> DeliverValues:
        """For a server: what decides about data sets is read once, where it is needed."""
        asks = client.dialect.groups_data_values_by_data_set
        facts = await client.data_values.data_set_facts(options, data_set) if asks else None
        return cls(client, options, data_set, facts, background, clock)

    async def __call__(self, chunk: Chunk, *, read_back: bool) -> Outcome:
        """Send rows; of those that 2.43 refused with their group alone, until each was judged for itself.

        A row with the key of an earlier one is sent after it, as it would be from another chunk.
        """
        everything = range(len(chunk))
        todo = await self._unsent(chunk.values) if read_back else everything
        accepted = len(chunk) - len(todo)
        unchanged = skipped = 0
        refused: list[RefusedRow] = []
        waiting: list[tuple[Sequence[int], str | None]] = [(todo, None)]
        while waiting:
            numbers, reason = waiting.pop()
            if not numbers:
                continue
            whole = len(numbers) == len(chunk)
            values = chunk.values if whole else [chunk.values[number] for number in numbers]
            batch = ValueBatch(values, self.client.dialect, chunk.columns if whole else None)
            report = await self.client.data_values.push(
                batch,
                self.options,
                data_set=self.data_set,
                data_sets=self.data_sets,
                background=self.background,
                encode=orjson.dumps,
            )
            again = [numbers[each.index] for each in report.refusals if each.collateral and each.index is not None]
            all_alike = len(again) == len(numbers)
            # a reason that half of the rows have as well is not in the rows
            hopeless = len(numbers) == 1 or (all_alike and report.refusals[0].message == reason)
            refused += [
                chunk.refused(numbers[index], code, problem)
                for index, (code, problem) in _final(report, hopeless=hopeless).items()
            ]
            if all_alike and not hopeless:
                half = len(numbers) // 2
                # the first half is sent first: of two values with one key the later one counts
                waiting += [(part, report.refusals[0].message) for part in (numbers[half:], numbers[:half])]
            elif again and not hopeless:
                waiting.append((again, None))
            accepted, unchanged = accepted + report.accepted, unchanged + report.unchanged
            skipped += report.skipped + report.vanished
        return Outcome(accepted, unchanged, skipped, tuple(refused))

    async def _unsent(self, values: Sequence[dict[str, Any]]) -> Sequence[int]:
        """The positions of the values that have to be sent again, when the server stores no more of them.

        Where a part is there, the import may still be at work; what it stores late would come after what is sent now.
        """
        there = ValuesThere(self.client, self.options)
        todo = await there.unsent(values)
        while 0 < len(todo) < len(values):
            await self.clock.sleep(BETWEEN_READS)
            before, todo = len(todo), await there.unsent(values)
            if len(todo) >= before:
                break
        return todo


def _places(chunk: Chunk) -> frozenset[tuple[object, object]]:
    """Units and periods: imports that share one could lock each other, and of two values of a key the last counts."""
    units, periods = (Column.of(chunk.columns.get(name, [""] * len(chunk))) for name in ("orgUnit", "period"))
    return frozenset(units.pairs(periods))


def _final(report: DataValueReport, *, hopeless: bool) -> dict[int, tuple[str | None, str]]:
    """What is refused for good, by position: what was judged for itself, and the first reason of each."""
    found: dict[int, tuple[str | None, str]] = {}
    for each in report.refusals:
        if each.index is not None and (hopeless or not each.collateral):
            found.setdefault(each.index, (each.code, each.message))
    return found
