"""Checks of what nobody uses or sees: favorites, files of icons, and types of values that DHIS2 gives up.

Source: the SQL of the files `data-integrity-checks/analytical_objects/*.yaml` and others of dhis2-core.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from dhis2w_sandbox.data.value_types import NUMERIC
from dhis2w_sandbox.server import Server
from dhis2w_sandbox.services import statistics
from dhis2w_sandbox.services.icons import CustomIcons
from dhis2w_sandbox.services.integrity_findings import RULES, Findings, Rule, by_name, issue, rule

Json = dict[str, Any]

_VIEWED = {
    "visualizations_not_viewed_one_year": ("visualization", "VISUALIZATION_VIEW"),
    "maps_not_viewed_one_year": ("map", "MAP_VIEW"),
    "dashboards_not_viewed_one_year": ("dashboard", "DASHBOARD_VIEW"),
}
_YEAR = timedelta(days=365)


def _not_viewed(type: str, event: str) -> Rule:
    def look(server: Server) -> Findings:
        seen = statistics.last_views(server, event)
        limit = server.clock().replace(tzinfo=None) - _YEAR
        documents = server.store.all(type)
        issues: list[Json] = []
        for row in by_name(documents):
            time = seen.get(row["id"])
            if time is None or datetime.fromisoformat(time) <= limit:
                issues.append(issue(row, time.replace("T", " ") if time else None))
        return Findings(issues, len(documents))

    return look


RULES.update({name: _not_viewed(*about) for name, about in _VIEWED.items()})


@rule("file_resources_no_icon")
def _files_without_icon(server: Server) -> Findings:
    used = {row["fileResource"]["id"] for row in CustomIcons(server).all()}
    files = [row for row in server.store.all("fileResource") if row.get("domain") == "ICON"]
    return Findings([issue(row, row.get("storageKey")) for row in files if row["id"] not in used], len(files))


@rule("push_analysis_no_recipients")
def _push_analyses(server: Server) -> Findings:
    """All of them: DHIS2 compares them with user groups, and none is one."""
    found = server.store.all("pushAnalysis")
    return Findings([issue(row) for row in found], len(found))


@rule("visualizations_wrong_sort_order")
def _wrong_places(server: Server) -> Findings:
    """None: items of a chart have no place of their own here."""
    return Findings([], len(server.store.all("visualization")))


@rule("tracker_associate_is_deprecated")
def _associates(server: Server) -> Findings:
    types = (("dataElement", "Data Element"), ("trackedEntityAttribute", "Tracked Entity Attribute"))
    rows = [(row, words) for type, words in types for row in server.store.all(type)]
    return Findings(
        [issue(row, words) for row, words in rows if row.get("valueType") == "TRACKER_ASSOCIATE"], len(rows)
    )


_ANY_OPERATOR = frozenset({"COORDINATE"})
"""Types of values that 2.41 lets be added up or not."""


@rule("data_elements_aggregate_aggregation_operator")
def _wrong_operators(server: Server) -> Findings:
    elements = server.store.all("dataElement")
    issues: list[Json] = []
    for row in elements:
        is_number = row["valueType"] in {*NUMERIC, "BOOLEAN", "TRUE_ONLY"}
        if row["valueType"] not in _ANY_OPERATOR and is_number == (row["aggregationType"] == "NONE"):
            issues.append(issue(row, f"{row['valueType']} ({row['aggregationType']})"))
    return Findings(issues, len(elements))
