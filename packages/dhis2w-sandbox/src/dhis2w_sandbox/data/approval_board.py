"""How far data of a workflow is approved, what a user may do about it, and what becomes of it when they do.

Source: `DefaultDataApprovalService`, `HibernateDataApprovalStore.getDataApprovalStatuses`,
`DataApprovalPermissionsEvaluator` and `DefaultDataApprovalLevelService` of dhis2-core, which are the same in all
versions. Left out: levels for groups of category options, and days and units of attribute options.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from dhis2w_sandbox.call import Call
from dhis2w_sandbox.data.approval_store import Approval, ApprovalKey, Approvals
from dhis2w_sandbox.data.entry_rules import EntryRules
from dhis2w_sandbox.data.periods import parse
from dhis2w_sandbox.documents import linked
from dhis2w_sandbox.errors import Dhis2Refusal
from dhis2w_sandbox.metadata.units import children_of, lineage

Json = dict[str, Any]

APPROVED = frozenset({"APPROVED_ABOVE", "APPROVED_HERE", "ACCEPTED_HERE"})
HERE = frozenset({"APPROVED_HERE", "ACCEPTED_HERE"})
NOTHING_ALLOWED: Json = {
    "mayApprove": False,
    "mayUnapprove": False,
    "mayAccept": False,
    "mayUnaccept": False,
    "mayReadData": True,
}


class Level(NamedTuple):
    """One level of a workflow."""

    uid: str
    number: int
    """1 is the highest."""
    unit_level: int


@dataclass(frozen=True)
class Status:
    """How far one piece of data is."""

    key: ApprovalKey
    state: str
    approval: Approval | None
    action: Level | None
    """The level that approved, or else the one that would."""
    permissions: Json
    applies: bool = True
    """Whether approval applies to this piece of data at all."""


Move = Callable[["Board", Json, ApprovalKey, "Level | None"], "Approval | None"]
"""What becomes of one piece of data: the approval to store; None where nothing is to be done."""


class Board:
    """The approvals of a server as one user sees them."""

    def __init__(self, call: Call) -> None:
        self.call = call
        self.rules = EntryRules(call.server, call.user)
        self.approvals = Approvals(call.server)
        self.needs_acceptance = bool(call.server.setting("acceptanceRequiredForApproval", False))

    # Levels

    def levels(self, workflow: Json) -> list[Level]:
        """The levels of a workflow, the highest first."""
        return self._sorted(row["id"] for row in workflow.get("dataApprovalLevels") or ())

    def _sorted(self, uids: Iterable[str]) -> list[Level]:
        rows = [row for uid in uids if (row := self.rules.document("dataApprovalLevel", uid))]
        found = (Level(row["id"], int(row["level"]), int(row["orgUnitLevel"])) for row in rows)
        return sorted(found, key=lambda level: level.number)

    def _readable(self, level: Level) -> bool:
        return self.rules.can_read("dataApprovalLevel", self.rules.document("dataApprovalLevel", level.uid) or {})

    def _user_levels(self, levels: list[Level]) -> list[Level]:
        """The levels from the user's own down."""
        own: list[Json] = self.call.user.document.get("organisationUnits") or []
        top = min((self._depth(row["id"]) for row in own), default=None)
        if top is None:
            return []
        start = next((at for at, row in enumerate(levels) if row.unit_level >= top and self._readable(row)), None)
        return levels[start:] if start is not None else []

    def level_for(self, unit: str) -> Level:
        """The level of a unit among all that the user has, or else the lowest of them; 409 where they have none."""
        mine = self._user_levels(self._sorted(row["id"] for row in self.rules.store.all("dataApprovalLevel")))
        depth = self._depth(unit)
        exact = next((level for level in mine if level.unit_level == depth), None)
        found = exact or max(mine, key=lambda level: level.unit_level, default=None)
        if found is None:
            raise Dhis2Refusal(409, f"Approval level not found for org unit: {unit}")
        return found

    def _depth(self, unit: str) -> int:
        return len(self.rules.path(unit))

    # Status

    def status(self, workflow: Json, key: ApprovalKey) -> Status:
        """How far the data is, and what the user may do."""
        levels = self.levels(workflow)
        if not levels or not self.rules.may_view(key.unit) or not self._is_collected(workflow, key.unit):
            return Status(key, "UNAPPROVABLE", None, None, NOTHING_ALLOWED, applies=False)
        mine = self._user_levels(levels) or levels[-1:]
        approval = self.approvals.get(key)
        if approval and not self.call.user.is_super and approval.level not in {level.uid for level in mine}:
            approval = None
        depth = self._depth(key.unit)
        here = _last(levels, lambda level: level.unit_level == depth)
        action = next((level for level in levels if approval and level.uid == approval.level), None) or here
        state = self._state(workflow, key, levels, mine[0], approval)
        permissions, state = self._permissions(key.unit, levels, state, action)
        return Status(key, state, approval, action, self._told(permissions, approval))

    def _state(
        self, workflow: Json, key: ApprovalKey, levels: list[Level], own: Level, approval: Approval | None
    ) -> str:
        depth = self._depth(key.unit)
        here = _last(levels, lambda level: level.unit_level == depth)
        above = _last(levels, lambda level: level.unit_level < depth)
        if self._is_approved_above(key, levels, own, approval):
            return "APPROVED_ABOVE"
        if approval is not None:
            return "ACCEPTED_HERE" if approval.accepted else "APPROVED_HERE"
        if here is None:
            return "UNAPPROVED_ABOVE" if above else "UNAPPROVABLE"
        return "UNAPPROVED_READY" if self._is_ready_below(workflow, key, levels) else "UNAPPROVED_WAITING"

    def _is_approved_above(self, key: ApprovalKey, levels: list[Level], own: Level, approval: Approval | None) -> bool:
        depth = self._depth(key.unit)
        above_user = _last(levels, lambda level: level.number < own.number)
        above = above_user if depth == own.unit_level else _last(levels, lambda level: level.unit_level < depth)
        if above is None:
            return False
        if approval and approval.accepted and self.needs_acceptance and above == above_user:
            return False  # what is above the user's own level is hidden from them
        path = lineage(self.rules.store, self.rules.document("organisationUnit", key.unit) or {"id": key.unit})
        found = self.approvals.get(key._replace(unit=path[above.unit_level - 1]))
        return found is not None and found.level == above.uid

    def _is_ready_below(self, workflow: Json, key: ApprovalKey, levels: list[Level]) -> bool:
        """Whether every unit of the next lower level that has data is approved, and accepted where that is needed."""
        depth = self._depth(key.unit)
        below = next((level for level in levels if level.unit_level > depth), None)
        if below is None:
            return True
        units = [key.unit]
        for _ in range(below.unit_level - depth):
            units = [child for unit in units for child in children_of(self.rules.store, unit)]
        found = (self.approvals.get(key._replace(unit=unit)) for unit in units if self._is_collected(workflow, unit))
        return all(row and row.level == below.uid and (row.accepted or not self.needs_acceptance) for row in found)

    def _is_collected(self, workflow: Json, unit: str) -> bool:
        """Whether a data set of the workflow is assigned to a unit, or to one below it."""
        links = self.rules.store.referrers("dataApprovalWorkflow", workflow["id"])
        data_sets = [self.rules.document("dataSet", row.uid) or {} for row in links if row.type == "dataSet"]
        return any(self.rules.is_below(each, {unit}) for row in data_sets for each in self.rules.units_of(row))

    def _permissions(self, unit: str, levels: list[Level], state: str, action: Level | None) -> tuple[Json, str]:
        """What the user may do, and the state as it is shown: nothing is accepted where no setting asks for that."""
        mine = self._level_at(unit, levels)
        if mine is None:
            return NOTHING_ALLOWED, state
        user = self.call.user
        approves, approves_below = user.has_any(["F_APPROVE_DATA"]), user.has_any(["F_APPROVE_DATA_LOWER_LEVELS"])
        own = levels.index(mine)
        place = levels.index(action) if action else len(levels) - 1
        goes_on = state in APPROVED and action is not None and place > 0
        target = place - 1 if goes_on else place
        accepted = state == "ACCEPTED_HERE"
        may_approve = ((approves and own == target) or (approves_below and own < target)) and (
            goes_on and (accepted or not self.needs_acceptance) if state in APPROVED else state == "UNAPPROVED_READY"
        )
        may_unapprove = state in HERE and (
            (approves and own == place and (not accepted or not self.needs_acceptance))
            or (approves_below and own < place)
        )
        accepts = user.has_any(["F_ACCEPT_DATA_LOWER_LEVELS"]) and (
            own == place - 1 or (approves_below and own < place)
        )
        sees_unapproved = not self._hides_unapproved() or user.has_any(["F_VIEW_UNAPPROVED_DATA"])
        may_accept, may_unaccept = accepts and state == "APPROVED_HERE", accepts and accepted
        may_unapprove = may_unapprove or (accepts and state in HERE)
        permissions: Json = {
            "mayApprove": may_approve,
            "mayUnapprove": may_unapprove,
            "mayAccept": may_accept and self.needs_acceptance,
            "mayUnaccept": may_unaccept and self.needs_acceptance,
            "mayReadData": any((may_approve, may_unapprove, may_accept, may_unaccept, own >= place, sees_unapproved)),
        }
        return permissions, "APPROVED_HERE" if accepted and not self.needs_acceptance else state

    def _hides_unapproved(self) -> bool:
        return int(self.call.server.setting("ignoreAnalyticsApprovalYearThreshold", -1)) >= 0

    def _level_at(self, unit: str, levels: list[Level]) -> Level | None:
        """The level at which the user may approve data of a unit: that of the unit of their own which is above it."""
        own: list[Json] = self.call.user.document.get("organisationUnits") or []
        top = next((row["id"] for row in own if self.rules.is_below(unit, {row["id"]})), None)
        if top is None:
            return None
        depth = self._depth(top)
        return next((level for level in levels if level.unit_level >= depth and self._readable(level)), None)

    def _told(self, permissions: Json, approval: Approval | None) -> Json:
        """The permissions with who approved, and when."""
        if approval is None:
            return permissions
        creator = self.call.server.user(approval.creator)
        names = (creator.document.get("firstName"), creator.document.get("surname")) if creator else ()
        by = {"approvedBy": " ".join(name for name in names if name), "approvedAt": approval.created}
        return permissions | by | {"acceptedAt": approval.updated}

    # Moves

    def move(self, move: Move, action: str, wanted: Iterable[tuple[Json, ApprovalKey, Level | None]]) -> None:
        """Do the same to several pieces of data: to all of them, or, where one is refused, to none."""
        moved = [move(self, *each) for each in wanted]
        for row in moved:
            if row is None:
                continue
            if action == "UNAPPROVE":
                self.approvals.delete(row.key)
            else:
                self.approvals.put(row)
            self.approvals.note(row, action, self.call.server.now(), self.call.user.uid)

    def period_fits(self, workflow: Json, key: ApprovalKey) -> bool:
        """Whether a period is of the type of a workflow."""
        period = parse(key.period, self.call.server.behaviour.period_types)
        return period is not None and period.type.name == workflow.get("periodType")


def approve(board: Board, workflow: Json, key: ApprovalKey, level: Level | None) -> Approval | None:
    """Approve at a level, or else at the next one; 409 without a word where that may not be."""
    status, levels = board.status(workflow, key), board.levels(workflow)
    combos = board.rules.combos_of(linked(workflow, "categoryCombo") or "")
    if key.attribute not in combos or not board.period_fits(workflow, key) or not status.applies:
        raise Dhis2Refusal(409, None)
    if status.state in APPROVED and status.action:
        if level and level.number >= status.action.number:
            return None
        wanted = levels[max(levels.index(status.action) - 1, 0)]
    else:
        wanted = status.action
    if wanted is None or (level and level.number != wanted.number) or not status.permissions["mayApprove"]:
        raise Dhis2Refusal(409, None)
    if len(board.rules.path(key.unit)) != wanted.unit_level:
        raise Dhis2Refusal(409, None)
    now = board.call.server.now()
    return Approval(key, wanted.uid, not board.needs_acceptance, now, board.call.user.uid, now)


def unapprove(board: Board, workflow: Json, key: ApprovalKey, level: Level | None) -> Approval | None:
    """Take an approval back; 409 without a word where there is none, or the user may not."""
    status = board.status(workflow, key)
    _check_applies(status, level)
    if not status.permissions["mayUnapprove"]:
        raise Dhis2Refusal(409, None)
    if status.action is None or (level and level.number < status.action.number):
        return None
    return status.approval


def accept(board: Board, workflow: Json, key: ApprovalKey, level: Level | None) -> Approval | None:
    """Accept an approval; nothing is done twice, and 409 without a word is what may not be."""
    status = board.status(workflow, key)
    _check_applies(status, level)
    level = level or status.action
    if status.approval and status.action and level:
        is_accepted = status.state == "ACCEPTED_HERE" and level.number == status.action.number
        if is_accepted or level.number > status.action.number:
            return None
    if not status.permissions["mayAccept"] or status.approval is None:
        raise Dhis2Refusal(409, None)
    return replace(status.approval, accepted=True, updated=board.call.server.now())


def unaccept(board: Board, workflow: Json, key: ApprovalKey, level: Level | None) -> Approval | None:
    """Take an acceptance back; what is not accepted stays so, and what is not approved makes the server fail."""
    status = board.status(workflow, key)
    if not status.applies and level:
        return None
    _check_applies(status, level)
    level = level or status.action
    if status.approval is None or status.action is None or level is None:
        raise Dhis2Refusal(500, _NO_LEVEL)
    is_accepted = status.state == "ACCEPTED_HERE"
    if (not is_accepted and level.number == status.action.number) or level.number < status.action.number:
        return None
    if not status.permissions["mayUnaccept"]:
        raise Dhis2Refusal(409, None)
    return replace(status.approval, accepted=False, updated=board.call.server.now())


_NO_LEVEL = (
    'Cannot invoke "org.hisp.dhis.dataapproval.DataApprovalLevel.getLevel()" because the return value of'
    ' "org.hisp.dhis.dataapproval.DataApprovalStatus.getApprovedLevel()" is null'
)
_NO_STATUS = 'Cannot invoke "org.hisp.dhis.dataapproval.DataApprovalStatus.getActionLevel()" because "status" is null'


def _check_applies(status: Status, level: Level | None) -> None:
    """Where approval does not apply the server refuses, or, asked for many at once, fails."""
    if not status.applies:
        raise Dhis2Refusal(409, None) if level else Dhis2Refusal(500, _NO_STATUS)


def _last(levels: list[Level], fits: Callable[[Level], bool]) -> Level | None:
    return next((level for level in reversed(levels) if fits(level)), None)
