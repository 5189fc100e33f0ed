"""What the job that builds the analytics tables tells, table by table.

Source: `DefaultAnalyticsTableGenerator`, `DefaultAnalyticsTableService` and the managers of the tables in dhis2-core;
recordings `data/analytics-query`, `data/analytics-events` of 2.41. The sandbox makes no indexes, and says so.
"""

from __future__ import annotations

from typing import NamedTuple

from dhis2w_sandbox.server import Server
from dhis2w_sandbox.services.validation_analysis import Results
from dhis2w_sandbox.tasks import Job
from dhis2w_sandbox.tracker.record_store import RecordStore

TYPES = (
    "DATA_VALUE",
    "COMPLETENESS",
    "COMPLETENESS_TARGET",
    "ORG_UNIT_TARGET",
    "VALIDATION_RESULT",
    "EVENT",
    "ENROLLMENT",
    "OWNERSHIP",
    "TRACKED_ENTITY_INSTANCE_EVENTS",
    "TRACKED_ENTITY_INSTANCE_ENROLLMENTS",
    "TRACKED_ENTITY_INSTANCE",
)
"""The types of tables, in the order in which they are built."""


class Size(NamedTuple):
    """How many tables of a type there are to build, and how many parts these have: one for each year."""

    tables: int
    parts: int


def tell_building(job: Job, skipped: list[str], *, with_resources: bool) -> None:
    """Tell how the tables are built, from the start to the last but one message."""
    job.tell("Analytics table update process", dataType="PARAMETERS", data={"lastYears": None, **job.parameters})
    if with_resources:
        tell_resources(job)
    for type in TYPES:
        if type not in skipped:
            _tell_table(job, type)
    job.tell("Updating system settings")
    job.tell("Invalidate analytics caches")


def tell_resources(job: Job) -> None:
    """Tell how the resource tables are built, between the removal and the making of the views."""
    for stage, done in (("Drop SQL views", 0), ("Generating resource tables", 1), ("Create SQL views", 0)):
        _tell_stage(job, stage, done)


def _tell_table(job: Job, type: str) -> None:
    size = _size(job.server, type)
    job.tell(f"Validating analytics table: {type}")
    job.tell(f"Validated analytics tables with outcome: {'false' if size is None else 'true'}")
    if size is None:
        return
    nothing, drop, create, populate, hooks, index, analyze, swap = (
        stage.format(type, size.parts) for stage in job.server.behaviour.analytics_table_stages
    )
    if not size.tables:
        job.tell(nothing)
        job.tell("Table updated aborted, no table or partitions to be updated")
        return
    job.tell("Performing pre-create table work")
    _tell_stage(job, drop, size.tables)
    _tell_stage(job, create, size.tables)
    _tell_stage(job, populate, size.parts)
    for stage in (hooks, index, analyze):
        job.tell(stage)
    _tell_stage(job, "Drop SQL views", 0)
    _tell_stage(job, swap, size.tables)
    _tell_stage(job, "Create SQL views", 0)


def _tell_stage(job: Job, stage: str, done: int) -> None:
    job.tell(stage)
    job.tell(f"{done} successful and 0 failed items")


def _size(server: Server, type: str) -> Size | None:
    """What there is to build; None where nothing is stored that would fill it."""
    if type in {"DATA_VALUE", "COMPLETENESS"}:
        table = "data_value" if type == "DATA_VALUE" else "complete_registration"
        years = server.store.sql.execute(f"SELECT DISTINCT substr(first_day, 1, 4) FROM {table}").fetchall()  # noqa: S608 - only constants
        return Size(1, len(years)) if years else None
    if type in {"COMPLETENESS_TARGET", "ORG_UNIT_TARGET"}:
        return Size(1, 1)
    if type == "VALIDATION_RESULT":
        return Size(1, 1) if Results(server).all() else None
    if type in {"EVENT", "ENROLLMENT"}:
        return _size_of_programs(server, type)
    owners = server.store.all("program" if type == "OWNERSHIP" else "trackedEntityType")
    return Size(len(owners), len(owners))


def _size_of_programs(server: Server, type: str) -> Size | None:
    """One table for each program, those of events cut into years."""
    events = RecordStore(server).events.select("NOT deleted")
    if not events:
        return None
    if type == "ENROLLMENT":
        programs = len(server.store.all("program"))
        return Size(programs, programs)
    years = {(event.program, (event.occurred_at or event.scheduled_at or "")[:4]) for event in events}
    return Size(len({program for program, _ in years}), len(years))
