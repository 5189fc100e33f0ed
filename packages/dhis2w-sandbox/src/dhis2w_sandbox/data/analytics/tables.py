"""The analytics tables: what of the stored values an analytics query sees, and the job that builds them.

Source: `ResourceTableController`, `AnalyticsTableType` of dhis2-core; recordings `data/analytics-before-tables`,
`data/analytics-no-output-types`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from dhis2w_sandbox.call import RECORDED, SOURCE, Call, Reply
from dhis2w_sandbox.data.analytics import event_tables
from dhis2w_sandbox.data.analytics.table_story import TYPES, tell_building, tell_resources
from dhis2w_sandbox.data.completeness import Registrations
from dhis2w_sandbox.data.values import Values, among
from dhis2w_sandbox.errors import Dhis2Refusal, message
from dhis2w_sandbox.routing import Endpoints
from dhis2w_sandbox.server import Server
from dhis2w_sandbox.tasks import Job

Json = dict[str, Any]

endpoints = Endpoints()

CACHED = {"Cache-Control": "max-age=60, public"}
"""How long an answer may be kept, by the usual setting."""

_NUMBER = re.compile(r"[-+]?[0-9]*\.?[0-9]+([eE][-+]?[0-9]+)?")

# Which tables a parameter leaves out.
_SKIPS = {
    "skipAggregate": TYPES[:4],
    "skipEvents": ("EVENT",),
    "skipEnrollment": ("ENROLLMENT",),
    "skipOrgUnitOwnership": ("OWNERSHIP",),
    "skipValidationResult": ("VALIDATION_RESULT",),
    "skipTrackedEntities": TYPES[8:],
}


class Fact(NamedTuple):
    """One row of the data value table."""

    element: str
    period: str
    unit: str
    combo: str
    attribute: str
    value: str
    first_day: str
    last_day: str


def build(server: Server, *, outliers: bool) -> None:
    """Build the tables anew from what is stored now."""
    Values(server)
    Registrations(server)
    sql = server.store.sql
    sql.execute("DROP TABLE IF EXISTS analytics_value")
    sql.execute("DROP TABLE IF EXISTS analytics_completeness")
    sql.execute("DROP TABLE IF EXISTS analytics_number")
    sql.execute(
        "CREATE TABLE analytics_value AS SELECT element, period, unit, combo, attribute, value, first_day, last_day"
        " FROM data_value WHERE deleted = 0 AND value IS NOT NULL"
    )
    sql.execute(
        "CREATE TABLE analytics_number AS SELECT element, unit, combo, attribute, value"
        " FROM data_value WHERE value IS NOT NULL"
    )
    sql.execute(
        "CREATE TABLE analytics_completeness AS SELECT data_set, period, unit, attribute, date, first_day, last_day"
        " FROM complete_registration WHERE completed = 1"
    )
    kept = server.configuration.read("dataOutputPeriodTypes", [])
    server.configuration.write("analytics period types", [row["name"] for row in kept])
    server.configuration.write("analytics outliers", outliers)
    server.configuration.write("lastAnalyticsTableSuccess", server.now())


def is_built(server: Server) -> bool:
    """Whether there are tables."""
    return server.configuration.read("lastAnalyticsTableSuccess") is not None


def require(server: Server, position: int = 54) -> None:
    """409 E7144 where there are no tables; `position` is where the database's query names one."""
    if not is_built(server):
        detail = f'ERROR: relation "analytics" does not exist\n  Position: {position}'
        shown = "SqlState: 42P01" if server.behaviour.hides_sql_errors else detail
        text = message(server.version, "E7144")
        if not server.behaviour.hides_sql_errors:
            text += " (SqlState: 42P01)"
        raise Dhis2Refusal(409, text, "E7144", dev_message=shown, headers=dict(CACHED))


def position_in_query(columns: Iterable[str]) -> int:
    """Where DHIS2's query names its table, counted from 1, by the columns that it groups by."""
    grouped = ",".join(f'ax."{column}"' for column in columns)
    return len(f"select {grouped}, sum(value) as value from ") + 1  # noqa: S608 - only its length is wanted


def has_periods(server: Server, types: Iterable[str]) -> bool:
    """Whether the tables have a column for these period types; older versions have one for every type."""
    if not server.behaviour.limits_output_periods:
        return True
    return set(types) <= set(server.configuration.read("analytics period types", []))


def facts(server: Server, elements: Iterable[str]) -> list[Fact]:
    """The rows of some data elements."""
    condition, args = among("element", elements)
    rows = server.store.sql.execute(f"SELECT * FROM analytics_value WHERE {condition}", args)  # noqa: S608 - placeholders only
    return [Fact(*row) for row in rows]


def numbers_by_place(server: Server, elements: Iterable[str]) -> dict[tuple[str, str, str, str], list[float]]:
    """The numbers of some data elements by element, unit and combos: what outliers are measured by.

    DHIS2 counts deleted values among them.
    """
    condition, args = among("element", elements)
    found: dict[tuple[str, str, str, str], list[float]] = {}
    for *place, text in server.store.sql.execute(f"SELECT * FROM analytics_number WHERE {condition}", args):  # noqa: S608 - placeholders only
        if _NUMBER.fullmatch(text):
            element, unit, combo, attribute = place
            found.setdefault((element, unit, combo, attribute), []).append(float(text))
    return found


def reports(server: Server, data_set: str) -> list[tuple[str, str, str, str]]:
    """Unit, date, first and last day of each registration of a data set."""
    rows = server.store.sql.execute(
        "SELECT unit, date, first_day, last_day FROM analytics_completeness WHERE data_set = ?", (data_set,)
    )
    return rows.fetchall()


@endpoints.add("POST", "/api/resourceTables/analytics", RECORDED, requires=["F_PERFORM_MAINTENANCE"])
@endpoints.add("PUT", "/api/resourceTables/analytics", SOURCE, requires=["F_PERFORM_MAINTENANCE"])
def build_analytics(call: Call) -> Reply:
    """Build the analytics tables, as a job."""
    skipped = [type for name, types in _SKIPS.items() if call.flag(name) for type in types]
    parameters: Json = {
        "skipTableTypes": skipped,
        "skipPrograms": [],
        "skipResourceTables": call.flag("skipResourceTables"),
        "skipOutliers": call.flag("skipOutliers"),
    }
    job = Job(call.server, "ANALYTICS_TABLE", parameters)
    job.start(lambda: _finished(job, run_analytics))
    return job.reply(call)


def run_analytics(job: Job) -> None:
    """Build the tables that the job's parameters do not skip."""
    skipped: list[str] = job.parameters.get("skipTableTypes") or []
    build(job.server, outliers=not job.parameters.get("skipOutliers"))
    if "EVENT" not in skipped:
        event_tables.build_events(job.server)
    if "ENROLLMENT" not in skipped:
        event_tables.build_enrollments(job.server)
    if "TRACKED_ENTITY_INSTANCE" not in skipped:
        event_tables.build_entities(job.server)
        job.server.configuration.write("analytics tracked entities", True)
    tell_building(job, skipped, with_resources=not job.parameters.get("skipResourceTables"))
    job.tell("Analytics tables updated: 00:00:00.000", completed=True)


def _finished(job: Job, run: Callable[[Job], None]) -> None:
    run(job)
    job.finish()


@endpoints.add("POST", "/api/resourceTables", RECORDED, requires=["F_PERFORM_MAINTENANCE"])
@endpoints.add("PUT", "/api/resourceTables", SOURCE, requires=["F_PERFORM_MAINTENANCE"])
def build_resources(call: Call) -> Reply:
    """Build the resource tables, as a job: nothing here depends on them."""
    job = Job(call.server, "RESOURCE_TABLE", {})
    job.start(lambda: _finished(job, run_resources))
    return job.reply(call)


def run_resources(job: Job) -> None:
    """Tell the story of building the resource tables."""
    job.tell("Generating resource tables", dataType="PARAMETERS")
    tell_resources(job)
    job.tell("Resource tables generated: 00:00:00.000", completed=True)


@endpoints.add("GET", "/api/analytics/tableTypes", RECORDED)
def table_types(call: Call) -> Reply:
    """List the types of tables."""
    del call
    return Reply.json(list(TYPES))
