"""Sending a file of data values: in chunks, with a journal; killed at any point, the same command goes on.

A value has a natural key, so that sending it twice stores it once. Of a chunk whose answer was lost the server is read
back first, and only what it has not is sent again.
"""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dhis2w_client.clock import SYSTEM_CLOCK, Clock
from dhis2w_client.data_values.data_value import ValueKey, key_of, problem_of, text_of
from dhis2w_client.data_values.push_options import DataValueOptions
from dhis2w_client.data_values.selection import DataValueSelection
from dhis2w_client.data_values.value_reader import InvalidDataValuesError
from dhis2w_client.errors import (
    AnswerTimeoutError,
    ConnectionLostError,
    GatewayError,
    MalformedAnswerError,
    PayloadTooLargeError,
)
from dhis2w_core.errors import StalePlanError
from dhis2w_core.plan import Preview, PreviewLine
from dhis2w_core.transfers.chunk_size import ChunkSize
from dhis2w_core.transfers.source_rows import SourceRow, digest_of, source_rows
from dhis2w_core.transfers.transfer_journal import Outcome, RefusedRow, TransferJournal

if TYPE_CHECKING:
    from dhis2w_client.client import Dhis2Client
    from dhis2w_client.data_values.import_report import DataValueReport
    from dhis2w_core.plan import ObjectChange, Record

UNITS_AT_ONCE = 50
"""Organisation units that are read back with one request."""
TRIES = 5
"""How often a chunk whose answer is lost is sent, before it is given up for now."""
TOO_MUCH = (PayloadTooLargeError, AnswerTimeoutError, GatewayError)
LOST = (AnswerTimeoutError, ConnectionLostError, GatewayError, MalformedAnswerError, InvalidDataValuesError)
"""After these the server may have done the work, or is still at it."""
LONGEST_WAIT = 60.0
"""Seconds before the server is read back after a lost answer, at most: it may still be at work."""

Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class DataPush:
    """The plan to send a file of data values; it holds no values."""

    source: Path
    source_digest: str
    columns: Mapping[str, str] = field(default_factory=dict[str, str])
    options: DataValueOptions = field(default_factory=DataValueOptions)
    data_set: str | None = None
    rejects: Path | None = None
    """Where refused rows are written. Default: beside the source, `NAME.rejects.csv`."""
    rows_at_once: int = 10_000
    restart: bool = False
    progress: Progress = field(default=lambda _: None, repr=False)
    clock: Clock = field(default=SYSTEM_CLOCK, repr=False)
    steps: tuple[ObjectChange, ...] = ()
    takes_back: str | None = None

    def preview(self) -> Preview:
        """The file, and how it is sent."""
        lines = (
            PreviewLine(self.source.name, "bytes", None, self.source.stat().st_size),
            PreviewLine(self.source.name, "strategy", None, self.options.strategy),
        )
        return Preview(f"Send the data values of {self.source}", "write", "none", "An import cannot be undone.", lines)

    def fingerprint(self) -> str:
        """From the file's content and the options."""
        return hashlib.sha256(f"{self.source_digest} {self._way}".encode()).hexdigest()[:16]

    @property
    def _way(self) -> str:
        """What makes another transfer of the same file."""
        return repr((sorted(self.columns.items()), self.options, self.data_set))

    async def apply(self, client: Dhis2Client, record: Record) -> dict[str, object]:  # noqa: ARG002 - its journal is its own
        """Send what was not sent yet.

        Raises:
            StalePlanError: The file changed since the plan was made.
            OperationError: The file changed since a part of it was sent, or is none of data values.
            Dhis2Error: The server cannot be reached or refuses as such; the same command goes on later.
        """
        if digest_of(self.source) != self.source_digest:
            raise StalePlanError(f"{self.source} has changed since the plan was made; nothing was sent.")
        opened = TransferJournal.open(self.source, self.source_digest, client.base_url, self._way, restart=self.restart)
        with opened as journal:
            read = await self._send_all(client, journal)
            totals, refused = journal.totals(), journal.refusals()
            rejects = self._write_rejects(refused)
            journal.forget()
        counts: dict[str, object] = {"read": read, "accepted": totals.accepted, "unchanged": totals.unchanged}
        return counts | {"refused": len(refused), "skipped": totals.skipped, "rejects": rejects and str(rejects)}

    async def _send_all(self, client: Dhis2Client, journal: TransferJournal) -> int:
        doubt = journal.in_doubt
        done = doubt[0] if doubt else journal.next_row
        with closing(source_rows(self.source, self.columns)) as source:
            rows = islice(source, done, None)
            pending = list(islice(rows, doubt[1] - doubt[0])) if doubt else []
            return await self._send_from(client, journal, done, pending, rows)

    async def _send_from(
        self,
        client: Dhis2Client,
        journal: TransferJournal,
        done: int,
        pending: list[SourceRow],
        rows: Iterator[SourceRow],
    ) -> int:
        """Send rows, those in doubt first; returns how many there are in all."""
        size = ChunkSize(self.rows_at_once)
        lost = bool(pending)
        tries = 0
        while pending := pending or list(islice(rows, size.rows)):
            chunk, rest = pending[: size.rows], pending[size.rows :]
            journal.begin(done, done + len(chunk))
            try:
                outcome, refused = await self._send(client, chunk, done, read_back=lost)
            except TOO_MUCH + LOST as error:
                tries += 1
                smaller = size.after_failure() if isinstance(error, TOO_MUCH) else size
                if tries > TRIES or smaller is None:
                    raise
                size, lost, pending = smaller, lost or isinstance(error, LOST), chunk + rest
                if lost:
                    await self.clock.sleep(min(LONGEST_WAIT, 2.0**tries))
                continue
            journal.end(done, outcome, refused)
            done, pending, lost, tries = done + len(chunk), rest, False, 0
            size = size.after_success()
            self.progress(done)
        return done

    async def _send(
        self, client: Dhis2Client, chunk: Sequence[SourceRow], first: int, *, read_back: bool
    ) -> tuple[Outcome, list[RefusedRow]]:
        """Send rows; of those that 2.43 refused with their group alone, until each was judged for itself."""
        there = await self._there(client, chunk) if read_back else {}
        known = [number for number, row in enumerate(chunk) if _is_there(row.value, there)] if there else []
        todo = sorted(set(range(len(chunk))) - set(known))
        accepted, unchanged, skipped = len(known), 0, 0
        refused: list[RefusedRow] = []
        waiting: list[tuple[list[int], str | None]] = [(todo, None)] if todo else []
        while waiting:
            numbers, reason = waiting.pop()
            values = [chunk[number].value for number in numbers]
            report = await client.data_values.push(values, self.options, data_set=self.data_set)
            again = [numbers[each.index] for each in report.refusals if each.collateral and each.index is not None]
            all_alike = len(again) == len(numbers)
            # a reason that half of the rows have as well is not in the rows
            hopeless = len(numbers) == 1 or (all_alike and report.refusals[0].message == reason)
            refused += [
                RefusedRow(first + numbers[index], chunk[numbers[index]].line, code, problem)
                for index, (code, problem) in _final(report, hopeless=hopeless).items()
            ]
            if all_alike and not hopeless:
                half = len(numbers) // 2
                waiting += [(part, report.refusals[0].message) for part in (numbers[:half], numbers[half:])]
            elif again and not hopeless:
                waiting.append((again, None))
            accepted, unchanged = accepted + report.accepted, unchanged + report.unchanged
            skipped += report.skipped + report.vanished
        return Outcome(accepted, unchanged, skipped), refused

    async def _there(self, client: Dhis2Client, chunk: Sequence[SourceRow]) -> dict[ValueKey, str]:
        """What the server has of the places of some rows."""
        if self.options.strategy != "CREATE_AND_UPDATE":
            return {}
        every = [(row.value, key_of(row.value)) for row in chunk]
        keys = [key for value, key in every if problem_of(value, key, client.dialect) is None]
        units = sorted({key.org_unit for key in keys if key.org_unit})
        found: dict[ValueKey, str] = {}
        for start in range(0, len(units), UNITS_AT_ONCE):
            some = units[start : start + UNITS_AT_ONCE]
            of_them = [key for key in keys if key.org_unit in some]
            selection = DataValueSelection(
                data_elements=tuple(sorted({key.data_element for key in of_them if key.data_element})),
                periods=tuple(sorted({key.period for key in of_them})),
                org_units=tuple(some),
                schemes=self.options.schemes,
            )
            async for row in client.data_values.rows(selection):
                found[key_of(row)] = f"{row.get('value')}\n{row.get('comment')}"
        return found

    def _write_rejects(self, refused: Sequence[RefusedRow]) -> Path | None:
        """Write the refused rows as they were, with what is wrong; the file can be repaired and sent."""
        if not refused:
            return None
        target = self.rejects or self.source.with_name(f"{self.source.stem}.rejects.csv")
        wanted = {each.row: each for each in refused}
        with closing(source_rows(self.source)) as source:
            rows = [(wanted[number], row) for number, row in enumerate(source) if number in wanted]
        names = list(dict.fromkeys(name for _, row in rows for name in row.value))
        unfinished = target.with_name(target.name + ".part")
        with unfinished.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow([*names, "source_line", "code", "problem"])
            for why, row in rows:
                cells = [_cell(row.value.get(name)) for name in names]
                writer.writerow([*cells, why.line, why.code or "", why.problem])
        unfinished.replace(target)
        return target


def _final(report: DataValueReport, *, hopeless: bool) -> dict[int, tuple[str | None, str]]:
    """What is refused for good, by position: what was judged for itself, and the first reason of each."""
    found: dict[int, tuple[str | None, str]] = {}
    for each in report.refusals:
        if each.index is not None and (hopeless or not each.collateral):
            found.setdefault(each.index, (each.code, each.message))
    return found


def _is_there(value: Mapping[str, Any], there: Mapping[ValueKey, str]) -> bool:
    if value.get("followup") or value.get("deleted"):
        return False
    return there.get(key_of(value)) == f"{text_of(value.get('value'))}\n{value.get('comment')}"


def _cell(value: object) -> str:
    return "" if value is None else text_of(value) if not isinstance(value, (dict, list)) else json.dumps(value)
