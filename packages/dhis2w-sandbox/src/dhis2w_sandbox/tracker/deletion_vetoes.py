"""Which metadata tracker data keep from being deleted: what a record refers to, even one that is marked as deleted.

Source: `TrackedEntityDeletionHandler`, `EnrollmentDeletionHandler`, `EventDeletionHandler` (from 2.43 on
`TrackerEventDeletionHandler` and `SingleEventDeletionHandler`), `TrackedEntityAttributeValueDeletionHandler` and
`IdObjectDeletionHandler` of dhis2-core.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from dhis2w_sandbox.metadata.deleting import OTHER_VETOES
from dhis2w_sandbox.server import Server
from dhis2w_sandbox.tracker.record_store import RecordStore


class _Holder(NamedTuple):
    """Rows that hold an object; `?` is its identifier."""

    table: str
    where: str
    name: str
    """How the message calls them."""


def _events(where: str) -> tuple[_Holder, ...]:
    return (
        _Holder("event", f"single = 0 AND {where}", "TrackerEvent"),
        _Holder("event", f"single = 1 AND {where}", "SingleEvent"),
    )


_NAMED = "instr(document, '\"' || ? || '\"') > 0"
_MADE_BY = "? IN (json_extract(document, '$.created_by.uid'), json_extract(document, '$.updated_by.uid'))"
_VALUES = "TrackedEntityAttributeValue (Some values are still assigned to this attribute)"
_HOLDERS = {
    "organisationUnit": (_Holder("tracked_entity", "unit = ?", "TrackedEntity"),),
    "trackedEntityType": (_Holder("tracked_entity", "type = ?", "TrackedEntity"),),
    "trackedEntityAttribute": (_Holder("attribute_value", "attribute = ?", _VALUES),),
    "program": (_Holder("enrollment", "program = ?", "Enrollment"), *_events("program = ?")),
    "programStage": _events("stage = ?"),
    "dataElement": _events(_NAMED),
    "user": (
        _Holder("tracked_entity", _MADE_BY, "TrackedEntity"),
        _Holder("enrollment", _MADE_BY, "Enrollment"),
        *_events(_MADE_BY),
    ),
}


def connect() -> None:
    """Add the vetoes to those of the room that deletes: done once, when the sandbox is imported."""
    for type, holders in _HOLDERS.items():
        OTHER_VETOES.setdefault(type, []).append(_veto(holders))


def _veto(holders: tuple[_Holder, ...]) -> Callable[[Server, str], str | None]:
    def check(server: Server, uid: str) -> str | None:
        RecordStore(server)
        return next((_name(server, holder) for holder in holders if _holds(server, holder, uid)), None)

    return check


def _holds(server: Server, holder: _Holder, uid: str) -> bool:
    query = f"SELECT 1 FROM {holder.table} WHERE {holder.where} LIMIT 1"  # noqa: S608 - constants
    return server.store.sql.execute(query, [uid]).fetchone() is not None


def _name(server: Server, holder: _Holder) -> str:
    return holder.name if holder.table != "event" or server.behaviour.splits_events else "Event"
