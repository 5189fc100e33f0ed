"""Removes for good what was deleted: the maintenance actions for tracker data, and how much of these data there is.

Source: `JdbcMaintenanceStore` and `Statistics` of dhis2-core.
"""

from __future__ import annotations

from collections.abc import Callable

from dhis2w_sandbox.call import Call
from dhis2w_sandbox.server import Server
from dhis2w_sandbox.services.maintenance import ACTIONS
from dhis2w_sandbox.tracker.record_store import RecordStore

# What goes in which order: with an enrollment its events, with a tracked entity its enrollments, their events, its
# owners and its values.
_STATEMENTS = {
    "softDeletedEventRemoval": ("DELETE FROM event WHERE deleted = 1",),
    "softDeletedEnrollmentRemoval": (
        "DELETE FROM event WHERE enrollment IN (SELECT uid FROM enrollment WHERE deleted = 1)",
        "DELETE FROM enrollment WHERE deleted = 1",
    ),
    "softDeletedTrackedEntityRemoval": (
        "DELETE FROM event WHERE enrollment IN (SELECT uid FROM enrollment WHERE tracked_entity IN"
        " (SELECT uid FROM tracked_entity WHERE deleted = 1))",
        *(
            f"DELETE FROM {table} WHERE tracked_entity IN (SELECT uid FROM tracked_entity WHERE deleted = 1)"  # noqa: S608 - constants
            for table in ("enrollment", "program_owner", "temporary_owner", "attribute_value")
        ),
        "DELETE FROM tracked_entity WHERE deleted = 1",
    ),
    "softDeletedRelationshipRemoval": ("DELETE FROM relationship WHERE deleted = 1",),
}


def _remover(statements: tuple[str, ...]) -> Callable[[Call], None]:
    def remove(call: Call) -> None:
        RecordStore(call.server)
        for statement in statements:
            call.server.store.sql.execute(statement)

    return remove


def connect() -> None:
    """Fill in the table of maintenance actions: done once, when the sandbox is imported."""
    ACTIONS.update({name: _remover(statements) for name, statements in _STATEMENTS.items()})


def record_counts(server: Server) -> dict[str, int]:
    """How many tracker objects there are that are not deleted, by the names that versions count them under."""
    RecordStore(server)

    def count(table: str, where: str = "1") -> int:
        rows = server.store.sql.execute(f"SELECT count(*) FROM {table} WHERE deleted = 0 AND {where}")  # noqa: S608 - constants
        return rows.fetchone()[0]

    entities, enrollments, events = count("tracked_entity"), count("enrollment"), count("event")
    return {
        "trackedEntity": entities,
        "trackedEntityInstance": entities,
        "enrollment": enrollments,
        "programInstance": enrollments,
        "event": events,
        "programStageInstance": events,
        "trackerevent": count("event", "single = 0"),
        "singleevent": count("event", "single = 1"),
    }
