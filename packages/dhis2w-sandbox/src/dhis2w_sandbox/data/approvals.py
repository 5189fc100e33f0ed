"""`/api/dataApprovals`: how far data of a workflow is approved, and what the user may do about it.

Source: `DataApprovalController`, `DefaultDataApprovalService` of dhis2-core; recordings `data/approval`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dhis2w_sandbox.bodies import json_object
from dhis2w_sandbox.call import RECORDED, Call, Reply
from dhis2w_sandbox.data.approval_store import Approval, ApprovalKey, Approvals
from dhis2w_sandbox.data.entry_rules import EntryRules
from dhis2w_sandbox.data.parameters import day, listed
from dhis2w_sandbox.data.periods import TYPES, Period, between
from dhis2w_sandbox.data.selecting import strict_period
from dhis2w_sandbox.documents import linked
from dhis2w_sandbox.errors import Dhis2Refusal
from dhis2w_sandbox.metadata.units import children_of, lineage
from dhis2w_sandbox.routing import Endpoints

Json = dict[str, Any]

endpoints = Endpoints()

APPROVE = ["F_APPROVE_DATA", "F_APPROVE_DATA_LOWER_LEVELS"]
ACCEPT = ["F_ACCEPT_DATA_LOWER_LEVELS"]


@dataclass(frozen=True)
class Status:
    """How far one piece of data is."""

    key: ApprovalKey
    state: str
    approval: Approval | None
    permissions: Json


class Board:
    """The approvals of a server as one user sees them."""

    def __init__(self, call: Call) -> None:
        self.call = call
        self.rules = EntryRules(call.server, call.user)
        self.approvals = Approvals(call.server)

    def workflow(self, name: str) -> Json:
        """A workflow; 409 where there is none."""
        document = self.rules.document("dataApprovalWorkflow", name)
        if document is None:
            raise Dhis2Refusal(409, f"Data approval workflow does not exist: {name}")
        return document

    def workflows(self, names: list[str], data_sets: list[str]) -> list[Json]:
        """The workflows that are named, directly or by a data set."""
        found = [self.workflow(name) for name in names]
        for name in data_sets:
            data_set = self.rules.document("dataSet", name)
            if data_set is None:
                raise Dhis2Refusal(409, f"Data set does not exist: {name}")
            workflow = linked(data_set, "workflow")
            if workflow is None:
                raise Dhis2Refusal(409, f"Data set does not have an approval workflow: {name}")
            found.append(self.workflow(workflow))
        return found

    def period(self, text: str) -> Period:
        """A period; refused where it is none."""
        if self.call.server.behaviour.enters_data_in_groups:
            return strict_period(self.rules, text)
        period = self.rules.period(text)
        if period is None:
            raise Dhis2Refusal(409, f"Illegal period identifier: {text}")
        return period

    def key(self) -> tuple[Json, ApprovalKey]:
        """What the parameters of a request for one piece of data name."""
        call = self.call
        unit = call.required("ou")
        workflow = self.workflows(listed(call, "wf"), listed(call, "ds"))
        if not workflow:
            raise Dhis2Refusal(409, "Either workflow or data set must be specified")
        period = self.period(call.required("pe"))
        if self.rules.document("organisationUnit", unit) is None:
            raise Dhis2Refusal(409, f"Organisation unit does not exist: {unit}")
        attribute = call.param("aoc") or self.rules.default_combo
        return workflow[0], ApprovalKey(workflow[0]["id"], period.iso, unit, attribute)

    def levels(self, workflow: Json) -> dict[int, str]:
        """The approval levels of a workflow by the level of their units."""
        rows = (self.rules.document("dataApprovalLevel", row["id"]) for row in workflow.get("dataApprovalLevels") or ())
        return {int(row["orgUnitLevel"]): row["id"] for row in rows if row}

    def status(self, workflow: Json, key: ApprovalKey) -> Status:
        """How far the data is, and what the user may do."""
        approval = self.approvals.get(key)
        state = self._state(workflow, key, approval)
        return Status(key, state, approval, self._permissions(key, state, approval))

    def _state(self, workflow: Json, key: ApprovalKey, approval: Approval | None) -> str:
        path = lineage(self.rules.store, self.rules.document("organisationUnit", key.unit) or {"id": key.unit})
        levels = self.levels(workflow)
        if any(self.approvals.get(key._replace(unit=unit)) for unit in path[:-1]):
            return "APPROVED_ABOVE"
        if approval is not None:
            return "APPROVED_HERE"
        if len(path) not in levels:
            return "UNAPPROVED_ABOVE" if any(level < len(path) for level in levels) else "UNAPPROVABLE"
        return "UNAPPROVED_READY" if self._ready_below(key, len(path), levels) else "UNAPPROVED_WAITING"

    def _ready_below(self, key: ApprovalKey, level: int, levels: dict[int, str]) -> bool:
        """Whether everything at the next lower level of the workflow is approved."""
        lower = min((other for other in levels if other > level), default=None)
        if lower is None:
            return True
        units = [key.unit]
        for _ in range(lower - level):
            units = [child for unit in units for child in children_of(self.rules.store, unit)]
        return all(self.approvals.get(key._replace(unit=unit)) for unit in units)

    def _permissions(self, key: ApprovalKey, state: str, approval: Approval | None) -> Json:
        user = self.call.user
        own = {row["id"] for row in user.document.get("organisationUnits") or ()}
        is_own, is_below = key.unit in own, self.rules.in_hierarchy(key.unit) and key.unit not in own
        may = (is_own and user.has_any(["F_APPROVE_DATA"])) or (is_below and user.has_any(APPROVE[1:]))
        row: Json = {
            "mayApprove": may and state in {"UNAPPROVED_READY", "APPROVED_HERE"},
            "mayUnapprove": may and state == "APPROVED_HERE",
            "mayAccept": False,
            "mayUnaccept": False,
            "mayReadData": True,
        }
        if approval is not None:
            creator = self.call.server.user(approval.creator)
            names = (creator.document.get("firstName"), creator.document.get("surname")) if creator else ()
            row |= {"approvedBy": " ".join(name for name in names if name), "approvedAt": approval.created}
            if approval.accepted:
                row["acceptedAt"] = approval.created
        return row

    def approve(self, workflow: Json, key: ApprovalKey) -> None:
        """Approve; 409 without a word where the user may not, or not yet."""
        status = self.status(workflow, key)
        if not status.permissions["mayApprove"]:
            raise Dhis2Refusal(409, None)
        level = self.levels(workflow)[len(self.rules.path(key.unit))]
        if status.approval is None:
            row = Approval(key, level, True, self.call.server.now(), self.call.user.uid)
            self.approvals.put(row)
            self.approvals.note(row, "APPROVE", row.created, row.creator)

    def unapprove(self, workflow: Json, key: ApprovalKey) -> None:
        """Take an approval back; 409 without a word where there is none, or the user may not."""
        status = self.status(workflow, key)
        if not status.permissions["mayUnapprove"] or status.approval is None:
            raise Dhis2Refusal(409, None)
        self.approvals.delete(key)
        self.approvals.note(status.approval, "UNAPPROVE", self.call.server.now(), self.call.user.uid)


@endpoints.add("GET", "/api/dataApprovals", RECORDED)
def read_status(call: Call) -> Reply:
    """Say how far data of a workflow is approved for a period and unit, and what the user may do."""
    board = Board(call)
    status = board.status(*board.key())
    return Reply.json({**status.permissions, "state": status.state})


@endpoints.add("POST", "/api/dataApprovals", RECORDED, requires=APPROVE)
def approve(call: Call) -> Reply:
    """Approve data of a workflow for a period and unit."""
    board = Board(call)
    board.approve(*board.key())
    return Reply(204)


@endpoints.add("DELETE", "/api/dataApprovals", RECORDED, requires=APPROVE)
def unapprove(call: Call) -> Reply:
    """Take an approval back."""
    board = Board(call)
    board.unapprove(*board.key())
    return Reply(204)


@endpoints.add("POST", "/api/dataAcceptances", RECORDED, versions=["v41"])
@endpoints.add("POST", "/api/dataApprovals/dataAcceptances", RECORDED, versions=["v42", "v43", "v44"])
def accept(call: Call) -> Reply:
    """Accept an approval: never to be done where no setting asks for it."""
    board = Board(call)
    status = board.status(*board.key())
    if not status.permissions["mayAccept"]:
        raise Dhis2Refusal(409, None)
    return Reply(204)


@endpoints.add("DELETE", "/api/dataAcceptances", RECORDED, versions=["v41"])
@endpoints.add("DELETE", "/api/dataApprovals/dataAcceptances", RECORDED, versions=["v42", "v43", "v44"])
def unaccept(call: Call) -> Reply:
    """Take an acceptance back; what is accepted by itself stays so."""
    board = Board(call)
    status = board.status(*board.key())
    if status.approval is None:
        raise Dhis2Refusal(409, None)
    return Reply(204)


@endpoints.add("GET", "/api/dataApprovals/multiple", RECORDED)
@endpoints.add("GET", "/api/dataApprovals/approvals", RECORDED)
def read_many(call: Call) -> Reply:
    """Say how far data is for several workflows, periods and units."""
    board = Board(call)
    workflows = board.workflows(listed(call, "wf"), listed(call, "ds"))
    attributes = listed(call, "aoc") or [board.rules.default_combo]
    rows: list[Json] = []
    for workflow in workflows:
        for period in _periods(call, board, workflow):
            for unit in listed(call, "ou"):
                for attribute in attributes:
                    key = ApprovalKey(workflow["id"], period.iso, unit, attribute)
                    rows.append(_short(board.status(workflow, key)))
    return Reply.json(rows)


def _periods(call: Call, board: Board, workflow: Json) -> list[Period]:
    start, end = day(call, "startDate"), day(call, "endDate")
    if start and end:
        return list(between(TYPES[workflow["periodType"]], start.date(), end.date()))
    return [board.period(text) for text in listed(call, "pe")]


def _short(status: Status) -> Json:
    row: Json = {
        "wf": status.key.workflow,
        "pe": status.key.period,
        "ou": status.key.unit,
        "aoc": status.key.attribute,
        "state": status.state,
        "level": status.approval.level if status.approval else None,
        "permissions": _bare(status.permissions),
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
        workflow = board.workflows([], [name])[0]
        for period in _periods(call, board, workflow):
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
    workflow, key = board.key()
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


@endpoints.add("POST", "/api/dataApprovals/approvals", RECORDED, requires=APPROVE)
def approve_many(call: Call) -> Reply:
    """Approve several pieces of data."""
    board = Board(call)
    for workflow, key in _keys(call, board):
        board.approve(workflow, key)
    return Reply(204)


@endpoints.add("POST", "/api/dataApprovals/unapprovals", RECORDED, requires=APPROVE)
def unapprove_many(call: Call) -> Reply:
    """Take several approvals back."""
    board = Board(call)
    for workflow, key in _keys(call, board):
        board.unapprove(workflow, key)
    return Reply(204)


def _keys(call: Call, board: Board) -> list[tuple[Json, ApprovalKey]]:
    body = json_object(call)
    periods: list[str] = body.get("pe") or []
    rows: list[Json] = body.get("approvals") or []
    return [
        (workflow, ApprovalKey(workflow["id"], period.iso, row["ou"], row.get("aoc") or board.rules.default_combo))
        for workflow in board.workflows(body.get("wf") or [], body.get("ds") or [])
        for period in map(board.period, periods)
        for row in rows
    ]


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
