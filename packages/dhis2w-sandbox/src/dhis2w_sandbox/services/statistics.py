"""`/api/dataStatistics`, `/api/metrics`, `/api/cluster`: who looked at what, and how the server is.

Source: `DataStatisticsController`, `ClusterController` of dhis2-core; recordings `services/statistics`.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from dhis2w_sandbox.call import RECORDED, Call, Reply
from dhis2w_sandbox.errors import Dhis2Refusal, NotInSandbox
from dhis2w_sandbox.metadata.querying import int_param
from dhis2w_sandbox.routing import ALL_VERSIONS, Endpoints
from dhis2w_sandbox.server import Server
from dhis2w_sandbox.services.differences import differences
from dhis2w_sandbox.system import NEVER_STORED

Json = dict[str, Any]

endpoints = Endpoints()

_EVENTS = {
    "VISUALIZATION_VIEW": "visualization",
    "MAP_VIEW": "map",
    "EVENT_REPORT_VIEW": "eventReport",
    "EVENT_CHART_VIEW": "eventChart",
    "EVENT_VISUALIZATION_VIEW": "eventVisualization",
    "DASHBOARD_VIEW": "dashboard",
    "PASSIVE_DASHBOARD_VIEW": "dashboard",
    "DATA_SET_REPORT_VIEW": "dataSet",
    "TOTAL_VIEW": None,
    "ACTIVE_USERS": None,
}
_INTERVALS = ("DAY", "WEEK", "MONTH", "YEAR")


def _views(server: Server) -> Any:
    sql = server.store.sql
    sql.execute("CREATE TABLE IF NOT EXISTS view_event (event TEXT, object TEXT, user TEXT, time TEXT)")
    return sql


def last_views(server: Server, event: str) -> dict[str, str]:
    """When each favorite was last looked at in a way (`MAP_VIEW`, …), by its identifier."""
    rows = _views(server).execute("SELECT object, max(time) FROM view_event WHERE event = ? GROUP BY object", (event,))
    return {uid: time for uid, time in rows if uid}


@endpoints.add("POST", "/api/dataStatistics", RECORDED)
def note_view(call: Call) -> Reply:
    """Note that the sender looked at something."""
    event = _event(call)
    row = (event, call.param("favorite"), call.user.username, call.server.now())
    _views(call.server).execute("INSERT INTO view_event VALUES (?, ?, ?, ?)", row)
    return Reply(201)


@endpoints.add("GET", "/api/dataStatistics/favorites/{uid}", RECORDED)
def views_of(call: Call) -> Reply:
    """Count the views of one object."""
    row = _views(call.server).execute("SELECT count(*) FROM view_event WHERE object = ?", (call.parts["uid"],))
    return Reply.json({"views": row.fetchone()[0]})


@endpoints.add("GET", "/api/dataStatistics/favorites", RECORDED)
def top_views(call: Call) -> Reply:
    """List what was looked at most."""
    event = _event(call)
    type = _EVENTS[event] or ""
    sql, arguments = "SELECT object, count(*) FROM view_event WHERE event = ?", [event]
    if call.param("username"):
        sql, arguments = f"{sql} AND user = ?", [*arguments, call.param("username") or ""]
    order = "ASC" if (call.param("sortOrder") or "").upper() == "ASC" else "DESC"
    rows = _views(call.server).execute(f"{sql} GROUP BY object ORDER BY count(*) {order}", arguments).fetchall()
    found = [(document, views) for uid, views in rows if (document := call.server.store.get(type, uid))]
    shown = [
        {
            "position": position,
            "name": document["name"],
            "views": views,
            "id": document["id"],
            "created": f"{document['created'][:10]}T00:00:00.000",
        }
        for position, (document, views) in enumerate(found[: int_param(call, "pageSize", 20)], 1)
    ]
    return Reply.json(shown, headers=dict(NEVER_STORED))


@endpoints.add("GET", "/api/dataStatistics", RECORDED)
def snapshots(call: Call) -> Reply:
    """List the daily counts of the job that makes them; on this server it never ran."""
    start, end = call.required("startDate", "Date"), call.required("endDate", "Date")
    _one_of(call, "interval", "EventInterval", _INTERVALS)
    if start > end:
        return Reply.message(409, "Start date is after end date", word="ERROR")
    return Reply.json([], headers=dict(NEVER_STORED))


def _only_as_text(answer: Callable[[Call], Reply]) -> Callable[[Call], Reply]:
    """Refuse a request that does not ask for text."""

    def checked(call: Call) -> Reply:
        if not call.headers.get("accept", "").startswith("text/plain"):
            raise Dhis2Refusal(406, differences(call.server).no_representation)
        return answer(call)

    checked.__doc__ = answer.__doc__
    return checked


@endpoints.add("GET", "/api/metrics", RECORDED, suffixes="*")
@_only_as_text
def metrics(call: Call) -> Reply:
    """Show what is measured: nothing, as monitoring is switched off."""
    del call
    return Reply.text("", "text/plain")


@endpoints.add("GET", "/api/dataSummary/metrics", RECORDED, versions=ALL_VERSIONS - {"v41"}, suffixes="*")
@_only_as_text
def summary_metrics(call: Call) -> Reply:
    """Show how many objects there are, as a monitoring system reads it."""
    kinds = sorted(type for type in call.server.store.types() if not type.startswith("_"))
    head = ["# HELP data_summary_object_counts Count of metadata objects", "# TYPE data_summary_object_counts gauge"]
    rows = [f'data_summary_object_counts{{type="{type}"}} {len(call.server.store.all(type))}' for type in kinds]
    return Reply.text("\n".join([*head, *rows]) + "\n", "text/plain")


@endpoints.add("GET", "/api/dataSummary", RECORDED, requires=["F_PERFORM_MAINTENANCE"])
def summary(call: Call) -> Reply:
    """Refuse to sum up the use of the server to those who may not see it; the sandbox keeps no such numbers."""
    raise NotInSandbox(call.path)


@endpoints.add("GET", "/api/cluster/leader", RECORDED)
def leader(call: Call) -> Reply:
    """Say which server of a cluster leads: this one, there is no other."""
    node = call.server.configuration.read("nodeUuid")
    if node is None:
        node = str(uuid.UUID(int=call.server.random.getrandbits(128), version=4))
        call.server.configuration.write("nodeUuid", node)
    ids = {"leaderNodeId": "", "leaderNodeUuid": node, "currentNodeId": "", "currentNodeUuid": node}
    return Reply.json({**ids, "leader": True})


@endpoints.add("GET", "/api/audits/files/{uid}", RECORDED)
def audited_file(call: Call) -> Reply:
    """Show the file of a value that was overwritten; this server keeps none."""
    return Reply.message(404, f"No file found with uid '{call.parts['uid']}'", word="ERROR")


@endpoints.add("GET", "/api/audits/trackedEntity", RECORDED)
def entity_audits(call: Call) -> Reply:
    """List who looked at which tracked entity; this server has none."""
    if call.param("trackedEntities") is None and differences(call.server).audits_need_entities:
        raise Dhis2Refusal(500, 'Cannot invoke "java.util.Collection.stream()" because "uids" is null')
    return Reply.json({"trackedEntityAudits": []})


def _event(call: Call) -> str:
    return _one_of(call, "eventType", "DataStatisticsEventType", tuple(_EVENTS))


def _one_of(call: Call, name: str, java_type: str, names: tuple[str, ...]) -> str:
    value = call.required(name, java_type)
    if value.upper() not in names:
        raise Dhis2Refusal(
            400, f"Value '{value}' is not valid for parameter {name}. Valid values are: [{', '.join(names)}]"
        )
    return value.upper()
