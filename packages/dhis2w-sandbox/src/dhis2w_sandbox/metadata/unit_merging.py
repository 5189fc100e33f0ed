"""`POST /api/organisationUnits/merge` and `/split`: what belongs to units moves to others.

Source: `DefaultOrgUnitMergeService`, `DefaultOrgUnitSplitService`, their validators and handlers of dhis2-core;
recordings `meta/merge-units`. What becomes of data is the business of the rooms that keep data.
"""

from __future__ import annotations

from typing import Any, cast

from dhis2w_sandbox.bodies import json_object
from dhis2w_sandbox.call import RECORDED, Call, Reply
from dhis2w_sandbox.errors import Dhis2Refusal, conflict, message
from dhis2w_sandbox.metadata import merge_body
from dhis2w_sandbox.metadata.repointing import DATA_MERGES, DATA_SPLITS, delete_merged, repoint
from dhis2w_sandbox.metadata.units import UNIT, lineage
from dhis2w_sandbox.routing import Endpoints
from dhis2w_sandbox.server import Server

Json = dict[str, Any]

endpoints = Endpoints()

_HOLDERS = ("categoryOption", "dataSet", "organisationUnitGroup", "program", "user")
_FAVORITES = ("eventChart", "eventReport", "eventVisualization", "mapView", "visualization")

# The links to a unit that move with it. Which limits of values (minMaxDataElement) do is another matter.
LINKS = frozenset(
    {
        *((type, "organisationUnits") for type in (*_HOLDERS, *_FAVORITES)),
        ("interpretation", "organisationUnit"),
        ("map", "mapViews.organisationUnits"),
        ("organisationUnit", "parent"),
        ("user", "dataViewOrganisationUnits"),
        ("user", "teiSearchOrganisationUnits"),
    }
)
_LIMITS = ("minMaxDataElement", "source")


@endpoints.add("POST", "/api/organisationUnits/merge", RECORDED, requires=["F_ORGANISATION_UNIT_MERGE"])
def merge_units(call: Call) -> Reply:
    """Merge units into one; the sources are deleted unless the body says otherwise."""
    body, server = json_object(call), call.server
    strategy = merge_body.strategy(call, body.get("dataValueMergeStrategy"))
    merge_body.strategy(call, body.get("dataApprovalMergeStrategy"))
    sources = _present(call, body.get("sources"), "E1503")
    target = _unit(server, body.get("target"))
    if not sources:
        raise _refused(call, "E1500")
    if target is None:
        raise _refused(call, "E1501")
    if target["id"] in sources:
        raise _refused(call, "E1502")
    if not set(sources).isdisjoint(lineage(server.store, target)):
        raise _refused(call, "E1504")
    for merge in DATA_MERGES:
        merge(server, UNIT, sources, target["id"], strategy)
    repoint(server, UNIT, sources, [target["id"]], LINKS)
    for source in sources:
        for row in server.store.referrers(UNIT, source):
            if (row.type, row.path) == _LIMITS:
                server.store.delete(row.type, row.uid)
    _finish(call, [target["id"]], sources if body.get("deleteSources") is not False else [])
    return Reply.message(200, "Organisation units merged")


@endpoints.add("POST", "/api/organisationUnits/split", RECORDED, requires=["F_ORGANISATION_UNIT_SPLIT"])
def split_unit(call: Call) -> Reply:
    """Split a unit into others, of which the primary one gets its children; it is deleted unless the body says no."""
    body, server = json_object(call), call.server
    source = _unit(server, body.get("source"))
    targets = _present(call, body.get("targets"), "E1515")
    primary = _unit(server, body.get("primaryTarget") or next(iter(targets), None))
    if source is None:
        raise _refused(call, "E1510")
    if len(targets) < 2:
        raise _refused(call, "E1511")
    if source["id"] in targets:
        raise _refused(call, "E1512")
    if primary is None:
        raise _refused(call, "E1513")
    if primary["id"] not in targets:
        raise _refused(call, "E1514")
    for target in targets:
        if source["id"] in lineage(server.store, server.store.get(UNIT, target) or {"id": target}):
            raise _refused(call, "E1516", target)
    ordered = list(dict.fromkeys([primary["id"], *targets]))
    for split in DATA_SPLITS:
        split(server, source["id"], primary["id"])
    repoint(server, UNIT, [source["id"]], ordered, LINKS | {_LIMITS})
    _finish(call, ordered, [source["id"]] if body.get("deleteSource") is not False else [])
    return Reply.message(200, "Organisation unit split")


def _unit(server: Server, uid: Any) -> Json | None:
    return server.store.get(UNIT, uid) if isinstance(uid, str) else None


def _present(call: Call, uids: Any, code: str) -> list[str]:
    """The identifiers of a list, each once; the first that is no unit is refused."""
    found = list(dict.fromkeys(str(uid) for uid in cast("list[Any]", uids or [])))
    unknown = next((uid for uid in found if _unit(call.server, uid) is None), None)
    if unknown is not None:
        raise _refused(call, code, unknown)
    return found


def _refused(call: Call, code: str, *args: str) -> Dhis2Refusal:
    return conflict(message(call.server.version, code, *args), code)


def _finish(call: Call, changed: list[str], gone: list[str]) -> None:
    server = call.server
    for uid in changed:
        stamped = {"lastUpdated": server.now(), "lastUpdatedBy": {"id": call.user.uid}}
        server.store.put(UNIT, uid, {**(server.store.get(UNIT, uid) or {}), **stamped})
    for uid in gone:
        delete_merged(server, UNIT, uid)
