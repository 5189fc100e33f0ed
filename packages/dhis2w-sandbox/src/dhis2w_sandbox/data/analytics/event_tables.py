"""The analytics tables of tracker: events and enrollments as they were when the tables were built.

Source: `JdbcEventAnalyticsTableManager`, `JdbcEnrollmentAnalyticsTableManager` of dhis2-core.
"""

from __future__ import annotations

from dhis2w_sandbox.server import Server
from dhis2w_sandbox.tracker.record_store import RecordStore, RecordTable
from dhis2w_sandbox.tracker.records import Enrollment, Event, TrackedEntity

_PREFIX = "analytics_"


def build_events(server: Server) -> None:
    """Copy the events, and what their data elements add to aggregate analytics: values by program and element."""
    events = RecordStore(server).events
    _copy(server, events.name)
    server.store.sql.execute("DELETE FROM analytics_value WHERE element LIKE '%.%'")
    server.store.sql.executemany(
        "INSERT INTO analytics_value (element, period, unit, combo, attribute, value, first_day, last_day)"
        " VALUES (?, '', ?, '', ?, ?, ?, ?)",
        (
            (f"{event.program}.{value.element}", event.unit, event.attribute_option_combo, value.value, day, day)
            for event in events.select("NOT deleted AND occurred_at IS NOT NULL")
            for value in event.values
            for day in [(event.occurred_at or "")[:10]]
        ),
    )


def build_enrollments(server: Server) -> None:
    """Copy the enrollments."""
    _copy(server, RecordStore(server).enrollments.name)


def build_entities(server: Server) -> None:
    """Copy the tracked entities."""
    _copy(server, RecordStore(server).tracked_entities.name)


def event_table(server: Server) -> RecordTable[Event]:
    """The events as they were when the tables were built."""
    table = RecordStore(server).events
    table.name = _PREFIX + table.name
    return table


def enrollment_table(server: Server) -> RecordTable[Enrollment]:
    """The enrollments as they were when the tables were built."""
    table = RecordStore(server).enrollments
    table.name = _PREFIX + table.name
    return table


def entity_table(server: Server) -> RecordTable[TrackedEntity]:
    """The tracked entities as they were when the tables were built."""
    table = RecordStore(server).tracked_entities
    table.name = _PREFIX + table.name
    return table


def _copy(server: Server, name: str) -> None:
    server.store.sql.execute(f"DROP TABLE IF EXISTS {_PREFIX}{name}")
    server.store.sql.execute(f"CREATE TABLE {_PREFIX}{name} AS SELECT * FROM {name} WHERE NOT deleted")  # noqa: S608 - only constants
