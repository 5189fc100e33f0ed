"""Sending chunks of tracker's objects, and judging each row by what DHIS2 says about all that is nested in it.

Every object has its UID before it is sent, so that sending it twice makes it once. After a lost answer the server is
read back all the same: what is there as it was sent is not sent again, and sets off no second notification. What
DHIS2 had answered for when the rest of a chunk was too large, or its answer lost, is remembered and not sent again.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal, TypeAlias

from dhis2w_client.errors import (
    BadRequestError,
    ConflictError,
    Dhis2Error,
    GatewayError,
    InvalidRequestError,
    PayloadTooLargeError,
    ServerError,
)
from dhis2w_client.jobs.errors import SummaryMissingError
from dhis2w_client.json_value import as_array, as_object, is_number
from dhis2w_client.tracker.kind import RELATIONSHIPS
from dhis2w_client.tracker.payload import with_uids
from dhis2w_core.transfers.chunk import Chunk, Outcome, RefusedRow
from dhis2w_core.transfers.tracker_advice import DELETED_ALREADY, advice_on
from dhis2w_core.transfers.tracker_rows import Row, kind_of, objects_in
from dhis2w_core.transfers.tracker_there import TrackerThere

if TYPE_CHECKING:
    from dhis2w_client.client import Dhis2Client
    from dhis2w_client.reports import ReportRow
    from dhis2w_client.tracker import PushOptions, TrackerReport

CHILD_OF_REFUSED = "E5000"
"""An object is refused because the one that it hangs on is."""
NEVER_CHANGED = "E4015"
"""A relationship is there already, and DHIS2 never changes one."""
OTHER_PARTS = "Other parts of the row may be stored; sending it again, repaired, makes nothing twice."

FAILED_ON = (
    "DHIS2 fails on this row, and its log says why: see what stands in it twice, correct it, or leave the row out."
)
LONGEST_FAILURE = 300
"""Characters of what DHIS2 says when it fails: it may print whole objects."""
MOST_THAT_FAIL = 8
"""Rows that DHIS2 may fail on one by one, and on nothing else, before the push is given up: it fails on everything."""
Failure: TypeAlias = "ServerError | SummaryMissingError"
FAILURES = (ServerError, SummaryMissingError)
"""DHIS2 failed, or the job that imports ended without a report."""
Decision: TypeAlias = "RefusedRow | Literal['accepted', 'unchanged']"
"""What became of a row."""


@dataclass(frozen=True, slots=True)
class DeliverObjects:
    """Sends chunks of tracker's objects to a server."""

    client: Dhis2Client
    options: PushOptions
    background: bool = False
    _decided: dict[int, Decision] = field(default_factory=dict[int, Decision], init=False, repr=False)
    """The rows of chunks that were broken off which DHIS2 had answered for, by their line."""

    async def __call__(self, chunk: Chunk, *, read_back: bool) -> Outcome:
        """Send rows; of a payload that DHIS2 refuses or fails on as a whole, halves, until the row is found.

        Raises:
            ServerError: The server fails, and not because of some rows.
            Dhis2Error: It cannot be reached or refuses as such.
        """
        sending = _Sending(self, chunk, self._decided_before(chunk) | {each.row: each for each in unsound(chunk)})
        todo = sending.open(range(len(chunk)))
        if read_back:
            todo = await sending.not_there(todo)
        try:
            for part in apart(todo, chunk.values):
                await sending.send(part)
        except Dhis2Error:
            self._decided.update({chunk.lines[row - chunk.first]: each for row, each in sending.decided.items()})
            raise
        return sending.outcome()

    def _decided_before(self, chunk: Chunk) -> dict[int, Decision]:
        """What became of those of some rows that were in a chunk which was broken off."""
        found: dict[int, Decision] = {}
        for row, line in enumerate(chunk.lines, chunk.first):
            if (decision := self._decided.pop(line, None)) is not None:
                found[row] = replace(decision, row=row) if isinstance(decision, RefusedRow) else decision
        return found

    async def there(self, rows: Sequence[Row]) -> frozenset[int]:
        """The positions of the rows that the server has as they are to be."""
        return await TrackerThere(self.client, self.options).of(rows)

    async def verdict(self, rows: Sequence[Row]) -> Verdict | None:
        """Send rows together, and read what DHIS2 says; None where it does not say which row it means."""
        try:
            report = await self.client.tracker.push(
                payload_of(rows), self.options, background=self.background, repeat=False
            )
        except (BadRequestError, ConflictError, PayloadTooLargeError) as error:
            if isinstance(error, PayloadTooLargeError) and len(rows) > 1:
                raise  # from now on fewer rows are sent at once
            return Verdict({0: (error.code, error.message)}) if len(rows) == 1 else None
        return Verdict.of(report, rows, deletes=self.options.strategy == "DELETE")


@dataclass(slots=True)
class _Sending:
    """One chunk on its way, and what became of its rows so far."""

    deliver: DeliverObjects
    chunk: Chunk
    decided: dict[int, Decision]
    """By the number of the row in the source."""
    answers: int = 0
    """Requests that DHIS2 did not fail on."""

    def outcome(self) -> Outcome:
        """What became of all rows."""
        decisions = self.decided.values()
        refused = [each for each in decisions if isinstance(each, RefusedRow)]
        counts = Counter(each for each in decisions if not isinstance(each, RefusedRow))
        return Outcome(counts["accepted"], counts["unchanged"], 0, tuple(refused))

    def open(self, positions: Sequence[int]) -> list[int]:
        """Those of some rows that are not decided."""
        return [position for position in positions if self.chunk.first + position not in self.decided]

    async def not_there(self, positions: list[int]) -> list[int]:
        """Those of some rows that the server has not as they are to be; the others are accepted."""
        there = await self.deliver.there([self.chunk.values[position] for position in positions])
        for at in there:
            self._decide(positions[at], "accepted")
        return self.open(positions)

    def _decide(self, position: int, decision: Decision) -> None:
        self.decided[self.chunk.first + position] = decision

    async def send(self, positions: list[int]) -> None:
        """Send rows none of which is the same object as another."""
        waiting = deque([positions])
        failing: dict[int, Failure] = {}
        while waiting:
            some = waiting.popleft()
            try:
                verdict = await self._verdict(some)
            except FAILURES as error:
                if not _may_be_of_a_row(error):
                    raise
                some = await self.not_there(some)
                if len(some) == 1:
                    failing[some[0]] = error
                    self._give_up_where_all_fail(failing)
                    continue
                verdict = None
            if verdict:
                self._note(some, verdict)
            elif some:
                half = len(some) // 2
                waiting.extendleft((some[half:], some[:half]))
        for position, error in failing.items():
            await self._refuse(position, error)

    async def _verdict(self, positions: Sequence[int]) -> Verdict | None:
        verdict = await self.deliver.verdict([self.chunk.values[position] for position in positions])
        self.answers += 1
        return verdict

    def _give_up_where_all_fail(self, failing: Mapping[int, Failure]) -> None:
        if len(failing) > MOST_THAT_FAIL and not self.answers:
            raise next(iter(failing.values()))

    async def _refuse(self, position: int, error: Failure) -> None:
        """Refuse a row that DHIS2 fails on alone, and again, while others pass; else it was not the row."""
        if not self.answers:
            raise error
        try:
            await self._verdict([position])
        except FAILURES as again:
            if not _may_be_of_a_row(again):
                raise
        else:
            raise error
        told = error.message if len(error.message) <= LONGEST_FAILURE else f"{error.message[:LONGEST_FAILURE]}…"
        self._decide(position, self.chunk.refused(position, None, told, FAILED_ON))

    def _note(self, positions: Sequence[int], verdict: Verdict) -> None:
        for at, position in enumerate(positions):
            if at in verdict.refused:
                code, problem = verdict.refused[at]
                advice = what_to_do(code, self.chunk.values[position])
                self._decide(position, self.chunk.refused(position, code, problem, advice))
            else:
                self._decide(position, "unchanged" if at in verdict.unchanged else "accepted")


def _may_be_of_a_row(error: Failure) -> bool:
    """Whether DHIS2 itself failed on what it was sent; a proxy or a page of the container says nothing of rows."""
    return isinstance(error, SummaryMissingError) or (not isinstance(error, GatewayError) and bool(error.dhis2_message))


def unsound(chunk: Chunk) -> list[RefusedRow]:
    """The rows that DHIS2 would refuse with all that is sent with them: a UID is none, or a place."""
    problems = ((position, _flaw(row)) for position, row in enumerate(chunk.values))
    return [chunk.refused(position, None, problem) for position, problem in problems if problem]


def _flaw(row: Row) -> str | None:
    try:
        with_uids({kind_of(row).key: [row]})
    except InvalidRequestError as error:
        return error.message
    place = as_object(row.get("geometry"))
    if place.get("type") == "Point" and not all(is_number(each) for each in as_array(place.get("coordinates"))):
        return "The longitude and the latitude are not both numbers."
    return None


def payload_of(rows: Sequence[Row]) -> dict[str, list[Row]]:
    """What tracker takes: the rows in the lists of their kinds."""
    payload: dict[str, list[Row]] = {}
    for row in rows:
        payload.setdefault(kind_of(row).key, []).append(row)
    return payload


def apart(positions: Sequence[int], rows: Sequence[Row]) -> list[list[int]]:
    """Positions in parts, each to be sent after the other, such that none has the same object twice.

    DHIS2 does not say what becomes of the second one; sent later it is an update, as it would be from another chunk.
    """
    parts: list[list[int]] = [[]]
    seen: set[object] = set()
    for position in positions:
        own = _identities(rows[position])
        if not seen.isdisjoint(own):
            parts.append([])
            seen = set()
        seen |= own
        parts[-1].append(position)
    return [part for part in parts if part]


def _identities(row: Row) -> set[object]:
    """What is the same object where it is the same: UIDs, and the two ends of relationships."""
    found: set[object] = set()
    for kind, each in objects_in(row):
        found.add(each.get(kind.uid))
        if kind is RELATIONSHIPS:
            found.add((each.get("relationshipType"), frozenset((str(each.get("from")), str(each.get("to"))))))
    return found


@dataclass(frozen=True, slots=True)
class Verdict:
    """What DHIS2 said about rows that were sent together."""

    refused: Mapping[int, tuple[str | None, str]]
    """Code and problem of each row that was refused, by its position."""
    unchanged: frozenset[int] = frozenset()
    """The positions of what is as it was."""

    @classmethod
    def of(cls, report: TrackerReport, rows: Sequence[Row], *, deletes: bool = False) -> Verdict | None:
        """From a report; None where it does not say which row it means.

        Args:
            report: What DHIS2 said.
            rows: What was sent.
            deletes: The rows were to be deleted.
        """
        owners = {str(each.get(kind.uid)): at for at, row in enumerate(rows) for kind, each in objects_in(row)}
        complaints: dict[int, list[ReportRow]] = {}
        for error in report.errors:
            at = 0 if len(rows) == 1 else owners.get(error.uid or "")
            if at is None:
                return None
            complaints.setdefault(at, []).append(error)
        there = {each.uid for each in report.warnings if each.code == NEVER_CHANGED}
        unchanged = {at for at, row in enumerate(rows) if row.get(RELATIONSHIPS.uid) in there}
        if deletes:
            unchanged |= {at for at, errors in complaints.items() if all(e.code in DELETED_ALREADY for e in errors)}
        refused = {at: _reason(errors, rows[at]) for at, errors in complaints.items() if at not in unchanged}
        return cls(refused, frozenset(unchanged))


def _reason(errors: Sequence[ReportRow], row: Row) -> tuple[str | None, str]:
    """The first code, and all problems; what is refused for its parent alone is told only where nothing else is."""
    own = [error for error in errors if error.code != CHILD_OF_REFUSED] or list(errors)
    uid = row.get(kind_of(row).uid)
    texts = [error.message if error.uid in (uid, None) else f"{_named(error)}: {error.message}" for error in own]
    return own[0].code, " ".join(dict.fromkeys(texts))


def _named(error: ReportRow) -> str:
    return f"{(error.klass or 'object').lower().replace('_', ' ')} {error.uid}"


def what_to_do(code: str | None, row: Row) -> str | None:
    """What a person can do about a refused row."""
    parts = [advice_on(code)]
    if sum(1 for _ in objects_in(row)) > 1:
        parts.append(OTHER_PARTS)
    return " ".join(part for part in parts if part) or None
