"""Sending chunks of tracker's objects, and judging each row by what DHIS2 says about all that is nested in it.

Every object has its UID before it is sent, so that sending it twice makes it once. After a lost answer the server is
read back all the same: what is there as it was sent is not sent again, and sets off no second notification.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dhis2w_client.errors import BadRequestError, ConflictError, InvalidRequestError, PayloadTooLargeError
from dhis2w_client.json_value import as_array, as_object, is_number
from dhis2w_client.tracker.kind import RELATIONSHIPS
from dhis2w_client.tracker.payload import with_uids
from dhis2w_core.transfers.chunk import Chunk, Outcome, RefusedRow
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
DELETED_ALREADY = ("E1082", "E1113", "E1114")
"""An object was deleted before, and keeps its UID."""
WHAT_TO_DO: Mapping[str, str] = {
    **dict.fromkeys(DELETED_ALREADY, "DHIS2 never takes the UID of a deleted object again: remove it from the row."),
    **dict.fromkeys(("E1002", "E1030", "E1080"), "It is there already: send it with the strategy UPDATE."),
    **dict.fromkeys(("E1063", "E1032", "E1081"), "It is not there: send it with the strategy CREATE."),
    "E4012": "Send the row again when both ends are there.",
}
"""What a person can do, by DHIS2's code, where the problem itself does not say it."""
OTHER_PARTS = "Other parts of the row may be stored; sending it again, repaired, makes nothing twice."


@dataclass(frozen=True, slots=True)
class DeliverObjects:
    """Sends chunks of tracker's objects to a server."""

    client: Dhis2Client
    options: PushOptions
    background: bool = False

    async def __call__(self, chunk: Chunk, *, read_back: bool) -> Outcome:
        """Send rows; of a payload that DHIS2 refuses as a whole, halves, until it says which row it means."""
        refused = unsound(chunk)
        known = {each.row - chunk.first for each in refused}
        there = await TrackerThere(self.client, self.options).of(chunk.values) if read_back else frozenset[int]()
        todo = [position for position in range(len(chunk)) if position not in known | there]
        waiting = deque(apart(todo, chunk.values))
        accepted, unchanged = len(there - known), 0
        while waiting:
            positions = waiting.popleft()
            rows = [chunk.values[position] for position in positions]
            try:
                report = await self.client.tracker.push(
                    payload_of(rows), self.options, background=self.background, repeat=False
                )
                verdict = Verdict.of(report, rows, deletes=self.options.strategy == "DELETE")
            except (BadRequestError, ConflictError, PayloadTooLargeError) as error:
                if isinstance(error, PayloadTooLargeError) and len(rows) > 1:
                    raise  # from now on fewer rows are sent at once
                verdict = Verdict({0: (error.code, error.message)}) if len(rows) == 1 else None
            if verdict is None:
                half = len(positions) // 2
                waiting.extendleft((positions[half:], positions[:half]))
                continue
            refused += [
                chunk.refused(positions[at], code, problem, what_to_do(code, rows[at]))
                for at, (code, problem) in verdict.refused.items()
            ]
            unchanged += verdict.unchanged
            accepted += len(rows) - len(verdict.refused) - verdict.unchanged
        return Outcome(accepted, unchanged, 0, tuple(refused))


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
    unchanged: int = 0

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
        return cls(refused, len(unchanged))


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
    parts = [WHAT_TO_DO.get(code or "")]
    if sum(1 for _ in objects_in(row)) > 1:
        parts.append(OTHER_PARTS)
    return " ".join(part for part in parts if part) or None
