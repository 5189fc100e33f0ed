"""`/api/dataApprovals`: how far data of a workflow is approved, and what the user may do about it.

Source: `DataApprovalController`, `DefaultDataApprovalService` of dhis2-core; recordings `data/approval`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from dhis2w_sandbox.bodies import json_object
from dhis2w_sandbox.call import RECORDED, SOURCE, Call, Reply
from dhis2w_sandbox.data.approval_board import Board, Level, Move, Status, accept, approve, unaccept, unapprove
from dhis2w_sandbox.data.approval_store import ApprovalKey, Approvals
from dhis2w_sandbox.data.entry_rules import EntryRules
from dhis2w_sandbox.data.parameters import day, listed
from dhis2w_sandbox.data.periods import TYPES, Period, between
from dhis2w_sandbox.data.selecting import strict_period
from dhis2w_sandbox.documents import linked
from dhis2w_sandbox.errors import Dhis2Refusal, argument_text
from dhis2w_sandbox.routing import Endpoints

Json = dict[str, Any]

endpoints = Endpoints()

APPROVE = ["F_APPROVE_DATA", "F_APPROVE_DATA_LOWER_LEVELS"]
ACCEPT = ["F_ACCEPT_DATA_LOWER_LEVELS"]


def _workflow(board: Board, name: str) -> Json:
    document = board.rules.document("dataApprovalWorkflow", name)
    if document is None:
        raise Dhis2Refusal(409, f"Data approval workflow does not exist: {name}")
    return document


def _workflow_of(board: Board, name: str) -> Json:
    """The workflow of a data set."""
    data_set = board.rules.document("dataSet", name)
    if data_set is None:
        raise Dhis2Refusal(409, f"Data set does not exist: {name}")
    workflow = linked(data_set, "workflow")
    if workflow is None:
        raise Dhis2Refusal(409, f"Data set does not have an approval workflow: {name}")
    return _workflow(board, workflow)


def _workflows(board: Board, names: list[str], data_sets: list[str]) -> list[Json]:
    """The workflows that are named, directly or by a data set."""
    found = [*(_workflow_of(board, name) for name in data_sets), *(_workflow(board, name) for name in names)]
    if not found:
        raise Dhis2Refusal(409, "Either data sets or data approval workflows must be specified")
    return list({row["id"]: row for row in found}.values())


def _one_workflow(board: Board) -> Json:
    data_set, name = board.call.param("ds"), board.call.param("wf")
    if data_set is not None:
        return _workflow_of(board, data_set)
    if name is None:
        raise Dhis2Refusal(409, "Either data set or data approval workflow must be specified")
    return _workflow(board, name)


def _period(board: Board, text: str) -> Period:
    """A period; refused where it is none."""
    if board.call.server.behaviour.enters_data_in_groups:
        return strict_period(board.rules, text)
    period = board.rules.period(text)
    if period is None:
        raise Dhis2Refusal(409, f"Illegal period identifier: {text}")
    return period


def _unit(board: Board, uid: str | None) -> str:
    if uid is None or board.rules.document("organisationUnit", uid) is None:
        raise Dhis2Refusal(409, f"Organisation unit does not exist: {argument_text(uid)}")
    return uid


def _attribute(board: Board, uid: str | None) -> str:
    if uid and board.rules.document("categoryOptionCombo", uid) is None:
        raise Dhis2Refusal(409, f"Attribute option combo does not exist: {uid}")
    return uid or board.rules.default_combo


def _key(board: Board, workflow: Json) -> ApprovalKey:
    """What the parameters of a request name."""
    call = board.call
    unit, period = call.required("ou"), _period(board, call.required("pe"))
    return ApprovalKey(workflow["id"], period.iso, _unit(board, unit), _attribute(board, call.param("aoc")))


def _wanted(board: Board, workflows: list[Json]) -> Iterator[tuple[Json, ApprovalKey, Level | None]]:
    """What the parameters of a request to move something name."""
    board.call.required("pe")
    for workflow in workflows:
        key = _key(board, workflow)
        yield workflow, key, board.level_for(key.unit)


@endpoints.add("GET", "/api/dataApprovals", RECORDED)
def read_status(call: Call) -> Reply:
    """Say how far data of a workflow is approved for a period and unit, and what the user may do."""
    board = Board(call)
    call.required("ou")
    workflow = _one_workflow(board)
    status = board.status(workflow, _key(board, workflow))
    return Reply.json({**status.permissions, "state": status.state})


@endpoints.add("POST", "/api/dataApprovals", RECORDED, requires=APPROVE)
def approve_one(call: Call) -> Reply:
    """Approve data of a workflow for a period and unit."""
    board = Board(call)
    return _moved(board, approve, "APPROVE", _wanted(board, [_one_workflow(board)]))


@endpoints.add("DELETE", "/api/dataApprovals", RECORDED, requires=APPROVE)
def unapprove_one(call: Call) -> Reply:
    """Take an approval back, of one workflow or several."""
    board = Board(call)
    workflows = _workflows(board, listed(call, "wf"), listed(call, "ds"))
    return _moved(board, unapprove, "UNAPPROVE", _wanted(board, workflows))


@endpoints.add("POST", "/api/dataAcceptances", RECORDED, versions=["v41"], requires=ACCEPT)
@endpoints.add("POST", "/api/dataApprovals/dataAcceptances", RECORDED, versions=["v42", "v43", "v44"], requires=ACCEPT)
def accept_one(call: Call) -> Reply:
    """Accept an approval: never to be done where no setting asks for it."""
    board = Board(call)
    return _moved(board, accept, "ACCEPT", _wanted(board, [_one_workflow(board)]))


@endpoints.add("DELETE", "/api/dataAcceptances", RECORDED, versions=["v41"], requires=ACCEPT)
@endpoints.add(
    "DELETE", "/api/dataApprovals/dataAcceptances", RECORDED, versions=["v42", "v43", "v44"], requires=ACCEPT
)
def unaccept_one(call: Call) -> Reply:
    """Take an acceptance back; what is accepted by itself stays so."""
    board = Board(call)
    return _moved(board, unaccept, "UNACCEPT", _wanted(board, [_one_workflow(board)]))


def _moved(board: Board, move: Move, action: str, wanted: Iterable[tuple[Json, ApprovalKey, Level | None]]) -> Reply:
    board.move(move, action, wanted)
    return Reply(204)


@endpoints.add("GET", "/api/dataApprovals/multiple", RECORDED)
@endpoints.add("GET", "/api/dataApprovals/approvals", RECORDED)
def read_many(call: Call) -> Reply:
    """Say how far data is for several workflows, periods and units."""
    board = Board(call)
    call.required("wf", "Set")
    call.required("ou", "Set")
    workflows = _workflows(board, listed(call, "wf"), [])
    dates = [call.param(name) for name in ("startDate", "endDate")]
    if call.param("pe") is None and None in dates:
        raise Dhis2Refusal(409, "Must have either pe or both startDate and endDate.")
    if call.param("pe") is not None and dates != [None, None]:
        raise Dhis2Refusal(409, "Cannot have both pe and startDate or endDate.")
    attributes = listed(call, "aoc") or [board.rules.default_combo]
    keys = [
        (workflow, ApprovalKey(workflow["id"], period.iso, _unit(board, unit), _attribute(board, attribute)))
        for workflow in workflows
        for period in _periods(board, workflow)
        if period.type.name == workflow["periodType"]
        for unit in listed(call, "ou")
        for attribute in attributes
    ]
    return Reply.json([_short(board.status(workflow, key)) for workflow, key in keys])


def _periods(board: Board, workflow: Json) -> list[Period]:
    call = board.call
    start, end = day(call, "startDate"), day(call, "endDate")
    if start and end:
        return list(between(TYPES[workflow["periodType"]], start.date(), end.date()))
    return [_period(board, text) for text in listed(call, "pe")]


def _short(status: Status) -> Json:
    """A status among several: nothing but its place where no approval applies."""
    row: Json = {
        "wf": status.key.workflow,
        "pe": status.key.period,
        "ou": status.key.unit,
        "aoc": status.key.attribute,
        "state": status.state if status.applies else None,
        "level": status.approval.level if status.approval else None,
        "permissions": _bare(status.permissions) if status.applies else None,
    }
    return {key: value for key, value in row.items() if value is not None}


def _bare(permissions: Json) -> Json:
    return {key: value for key, value in permissions.items() if key.startswith("may")}


@endpoints.add("GET", "/api/dataApprovals/status", RECORDED)
def read_data_set_status(call: Call) -> Reply:
    """Say how far the data of data sets is, with what and who in full."""
    board = Board(call)
    rows: list[Json] = []
    for name in listed(call, "ds"):
        workflow = _workflow_of(board, name)
        for period in _periods(board, workflow):
            for unit in listed(call, "ou"):
                key = ApprovalKey(workflow["id"], period.iso, unit, board.rules.default_combo)
                rows.append(_long(board, name, period, board.status(workflow, key)))
    return Reply.json({"dataApprovalStateResponses": rows})


def _long(board: Board, data_set: str, period: Period, status: Status) -> Json:
    named = board.call.server.behaviour.names_periods
    row: Json = {
        "state": status.state,
        "period": {"code": period.iso, "name": period.iso, "id": period.iso} if named else {},
        "organisationUnit": _named(board.rules.document("organisationUnit", status.key.unit) or {}, with_code=False),
        "permissions": status.permissions,
        "dataSet": _named(board.rules.document("dataSet", data_set) or {}),
    }
    if status.approval:
        creator = board.call.server.user(status.approval.creator)
        row["createdDate"] = status.approval.created
        row["createdByUsername"] = creator.username if creator else None
    return row


def _named(document: Json, *, with_code: bool = True) -> Json:
    keys = ("lastUpdated", *(["code"] if with_code else []), "created", "name", "id")
    return {key: document[key] for key in keys if key in document}


@endpoints.add("GET", "/api/dataApprovals/categoryOptionCombos", RECORDED)
def read_combos(call: Call) -> Reply:
    """Say how far the data of each attribute combo is."""
    board = Board(call)
    workflow = _workflows(board, listed(call, "wf"), listed(call, "ds"))[0]
    key = _key(board, workflow)
    status = board.status(workflow, key)
    unit = board.rules.document("organisationUnit", key.unit) or {}
    row: Json = {
        "ou": key.unit,
        "ouName": unit.get("name"),
        "permissions": _bare(status.permissions),
        "id": key.attribute,
    }
    if status.approval:
        level = board.rules.document("dataApprovalLevel", status.approval.level) or {}
        row["accepted"] = status.approval.accepted
        row["level"] = {"level": str(level.get("level")), "id": level.get("id")}
    return Reply.json([row])


@endpoints.add("POST", "/api/dataApprovals/approvals", RECORDED)
def approve_many(call: Call) -> Reply:
    """Approve several pieces of data."""
    board = Board(call)
    return _moved(board, approve, "APPROVE", _listed(board))


@endpoints.add("POST", "/api/dataApprovals/unapprovals", RECORDED)
def unapprove_many(call: Call) -> Reply:
    """Take several approvals back."""
    board = Board(call)
    return _moved(board, unapprove, "UNAPPROVE", _listed(board))


@endpoints.add("POST", "/api/dataAcceptances/acceptances", SOURCE, versions=["v41"])
@endpoints.add("POST", "/api/dataApprovals/dataAcceptances/acceptances", SOURCE, versions=["v42", "v43", "v44"])
def accept_many(call: Call) -> Reply:
    """Accept several approvals."""
    board = Board(call)
    return _moved(board, accept, "ACCEPT", _listed(board))


@endpoints.add("POST", "/api/dataAcceptances/unacceptances", SOURCE, versions=["v41"])
@endpoints.add("POST", "/api/dataApprovals/dataAcceptances/unacceptances", SOURCE, versions=["v42", "v43", "v44"])
def unaccept_many(call: Call) -> Reply:
    """Take several acceptances back."""
    board = Board(call)
    return _moved(board, unaccept, "UNACCEPT", _listed(board))


def _listed(board: Board) -> Iterator[tuple[Json, ApprovalKey, Level | None]]:
    """What the body of a request names; what is no period is passed over, and an unknown combo is the default one."""
    body = json_object(board.call)
    workflows = _workflows(board, body.get("wf") or [], body.get("ds") or [])
    periods = [period for text in body.get("pe") or () if (period := board.rules.period(text))]
    if not periods:
        raise Dhis2Refusal(409, "Approvals must have periods")
    rows: list[Json] = body.get("approvals") or []
    for row in rows:
        combo, unit = row.get("aoc"), _unit(board, row.get("ou"))
        attribute = combo if board.rules.document("categoryOptionCombo", combo) else board.rules.default_combo
        for workflow in workflows:
            for period in periods:
                yield workflow, ApprovalKey(workflow["id"], period.iso, unit, str(attribute)), None


@endpoints.add("GET", "/api/audits/dataApproval", RECORDED)
def audits(call: Call) -> Reply:
    """List what was approved and taken back, by whom."""
    rules = EntryRules(call.server, call.user)
    wanted = {"level": listed(call, "dal"), "unit": listed(call, "ou"), "workflow": listed(call, "wf")}
    rows: list[Json] = []
    for row in sorted(Approvals(call.server).audits(), key=lambda row: row.key):
        if any(
            values and value not in values
            for value, values in (
                (row.level, wanted["level"]),
                (row.key.unit, wanted["unit"]),
                (row.key.workflow, wanted["workflow"]),
            )
        ):
            continue
        rows.append(
            {
                "created": row.created,
                "action": row.action,
                "creator": {"id": row.creator},
                "period": period_json(call, rules, row.key.period),
                "workflow": {"id": row.key.workflow},
                "level": {"id": row.level},
                "organisationUnit": {"id": row.key.unit},
                "attributeOptionCombo": {"id": row.key.attribute},
            }
        )
    return Reply.json(paged(call, "dataApprovalAudits", rows))


def period_json(call: Call, rules: EntryRules, iso: str) -> Json:
    """A period inside an audit: its identifier, or, where it has none any more, its days."""
    period = rules.period(iso)
    if call.server.behaviour.names_periods or period is None:
        return {"id": iso}
    return {
        "periodType": period.type.name,
        "startDate": f"{period.start.isoformat()}T00:00:00.000",
        "endDate": f"{period.end.isoformat()}T00:00:00.000",
    }


def paged(call: Call, key: str, rows: list[Json]) -> Json:
    """A page of rows with its pager; all rows without one where paging is off."""
    if (call.param("paging") or "").lower() == "false" or call.flag("skipPaging"):
        return {key: rows}
    page, size = int(call.param("page") or 1), int(call.param("pageSize") or 50)
    pager = {"page": page, "pageCount": -(-len(rows) // size), "total": len(rows), "pageSize": size}
    return {"pager": pager, key: rows[(page - 1) * size : page * size]}
