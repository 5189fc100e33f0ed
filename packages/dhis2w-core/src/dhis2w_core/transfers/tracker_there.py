"""Which of some objects a server has already as they are to be, after an answer was lost."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

from dhis2w_client.errors import BadRequestError, ConflictError, ForbiddenError, InvalidRequestError, NotFoundError
from dhis2w_client.tracker.kind import ENROLLMENTS, ENTITIES, EVENTS, IN_PAYLOADS, TrackerKind
from dhis2w_core.transfers.tracker_rows import kind_of

if TYPE_CHECKING:
    from dhis2w_client.client import Dhis2Client
    from dhis2w_client.tracker import PushOptions, TrackerSelection
    from dhis2w_client.tracker.tracker_list import TrackerList

Row = Mapping[str, Any]
AT_ONCE = 100
"""Objects that are read back with one request."""
PARTS: Mapping[str, str] = {ENTITIES.key: "tracked_entities", ENROLLMENTS.key: "enrollments", EVENTS.key: "events"}
"""What a selection calls the UIDs of each kind. Relationships cannot be asked for so; DHIS2 never changes one."""
UNANSWERED = (BadRequestError, ConflictError, ForbiddenError, InvalidRequestError, NotFoundError)
"""What is raised where objects cannot be asked for, or the user may not see them."""
LEFT_TO_SERVER = frozenset({"createdAt", "updatedAt", "createdBy", "updatedBy", "storedBy", "completedBy", "deleted"})
"""Properties that DHIS2 sets itself, whatever is sent."""


@dataclass(frozen=True, slots=True)
class TrackerThere:
    """Reads back what may have been sent before."""

    client: Dhis2Client
    options: PushOptions

    async def of(self, rows: Sequence[Row]) -> frozenset[int]:
        """The positions of the rows that are stored as they are to be.

        What cannot be asked for, or the user may not see, counts as not there; sending it again changes nothing. So do
        all rows that are to be deleted (DHIS2 says of itself what is deleted already), and rows whose identifiers are
        no UIDs.
        """
        if self.options.strategy == "DELETE" or self._has_schemes:
            return frozenset()
        groups: dict[tuple[str, str | None], list[str]] = {}
        for row in rows:
            kind = kind_of(row)
            if kind.key in PARTS:
                program = None if kind is ENTITIES else row.get("program")
                groups.setdefault((kind.key, program), []).append(str(row.get(kind.uid)))
        stored: dict[str, Row] = {}
        for (key, program), uids in groups.items():
            for start in range(0, len(uids), AT_ONCE):
                stored |= await self._stored(IN_PAYLOADS[key], program, uids[start : start + AT_ONCE])
        return frozenset(at for at, row in enumerate(rows) if holds(stored.get(_uid(row)), row))

    @property
    def _has_schemes(self) -> bool:
        return any(name.endswith("IdScheme") and value for name, value in self.options.params(background=False).items())

    async def _stored(self, kind: TrackerKind, program: str | None, uids: Sequence[str]) -> dict[str, Row]:
        """The objects with these UIDs that are not deleted."""
        selection: dict[str, Any] = {PARTS[kind.key]: uids, "fields": "*"} | ({"program": program} if program else {})
        rows = _list_of(self.client, kind).rows(**cast("TrackerSelection", selection))
        try:
            return {str(row[kind.uid]): row async for row in rows}
        except UNANSWERED:
            return {}


async def known_to_server(client: Dhis2Client, objects: Iterable[tuple[TrackerKind, str | None, str]]) -> set[str]:
    """The UIDs of the objects that are stored, or may be, where the server does not say; for who may see everything.

    Args:
        client: The client that is asked.
        objects: Kind, program (events need theirs) and UID of each.
    """
    groups: dict[tuple[TrackerKind, str | None], list[str]] = {}
    for kind, program, uid in objects:
        groups.setdefault((kind, program), []).append(uid)
    found: set[str] = set()
    for (kind, program), uids in groups.items():
        for start in range(0, len(uids), AT_ONCE):
            some = sorted(uids)[start : start + AT_ONCE]
            selection: dict[str, Any] = {PARTS[kind.key]: some, "fields": kind.uid, "org_unit_mode": "ALL"}
            rows = _list_of(client, kind).rows(
                **cast("TrackerSelection", selection | ({"program": program} if program else {}))
            )
            try:
                found.update([str(row[kind.uid]) async for row in rows])
            except UNANSWERED:
                found.update(some)
    return found


def _list_of(client: Dhis2Client, kind: TrackerKind) -> TrackerList[Any]:
    tracker = client.tracker
    lists = {ENTITIES: tracker.tracked_entities, ENROLLMENTS: tracker.enrollments, EVENTS: tracker.events}
    return lists[kind]


def _uid(row: Row) -> str:
    return str(row.get(kind_of(row).uid))


def holds(stored: object, sent: object) -> bool:
    """Whether what is stored has all that was sent; it may have more.

    A doubtful case is a no: then the row is sent again, which changes nothing.
    """
    if isinstance(sent, Mapping):
        row, there = cast("Row", sent), cast("Row", stored)
        return isinstance(stored, Mapping) and all(
            holds(there.get(key), value) for key, value in row.items() if key not in LEFT_TO_SERVER
        )
    if isinstance(sent, list):
        items = cast("list[object]", sent)
        parts = cast("list[object]", stored) if isinstance(stored, list) else []
        if all(isinstance(item, Mapping) for item in items):
            return all(any(holds(part, item) for part in parts) for item in items)
        return len(parts) == len(items) and all(map(holds, parts, items))  # coordinates have an order
    return stored == sent or _plain(stored) == _plain(sent)


def _plain(value: object) -> object:
    """A value as it can be compared: dates as points in time, numbers and truths as text."""
    if value is None:
        return None
    text = str(value).lower() if isinstance(value, bool) else str(value)
    try:
        return datetime.fromisoformat(text).isoformat()
    except ValueError:
        return text
