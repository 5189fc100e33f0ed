"""Data approval: how far data is approved, and what may be done about it: `client.data_values.approvals`.

Source: "Data approval" in DHIS2's developer guide; `DataApprovalController`, `DefaultDataApprovalService` of
dhis2-core; recordings `data/approval`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from dhis2w_client.errors import Dhis2Error, InvalidRequestError
from dhis2w_client.json_value import as_array, as_object, as_text
from dhis2w_client.replies import value_of
from dhis2w_client.write_report import write_report

if TYPE_CHECKING:
    from dhis2w_client.metadata.metadata_api import MetadataApi

PATH = "dataApprovals"
UNITS_AT_ONCE = 100
"""Units that fit into one URL beside what else is asked."""
State: TypeAlias = Literal[
    "UNAPPROVABLE",
    "UNAPPROVED_ABOVE",
    "UNAPPROVED_WAITING",
    "UNAPPROVED_READY",
    "APPROVED_ABOVE",
    "APPROVED_HERE",
    "ACCEPTED_HERE",
]
Verb: TypeAlias = Literal["approve", "unapprove", "accept", "unaccept"]

UNAPPROVED = frozenset({"UNAPPROVED_ABOVE", "UNAPPROVED_WAITING", "UNAPPROVED_READY"})
DONE: Mapping[Verb, frozenset[str]] = {
    "approve": frozenset({"APPROVED_ABOVE", "APPROVED_HERE", "ACCEPTED_HERE"}),
    "unapprove": UNAPPROVED,
    "accept": frozenset({"ACCEPTED_HERE"}),
    "unaccept": UNAPPROVED | {"APPROVED_HERE"},
}
"""The states in which there is nothing to do any more."""
BULK: Mapping[Verb, str] = {
    "approve": "approvals",
    "unapprove": "unapprovals",
    "accept": "acceptances",
    "unaccept": "unacceptances",
}
"""The path of each for several pieces."""
MEANINGS: Mapping[str, str] = {
    "UNAPPROVABLE": "no approval applies to it, or you may not see its unit",
    "UNAPPROVED_ABOVE": "it is approved for a unit above",
    "UNAPPROVED_WAITING": "it waits until all below is approved",
    "UNAPPROVED_READY": "it is ready to be approved",
    "APPROVED_ABOVE": "it is approved for a unit above, where that is taken back first",
    "APPROVED_HERE": "it is approved",
    "ACCEPTED_HERE": "it is approved and accepted",
}


@dataclass(frozen=True, slots=True)
class Approvable:
    """Data that is approved as one piece: those of a workflow, for a period and a unit and all that is below it."""

    period: str
    """The period, of the workflow's type: `202401`."""
    org_unit: str
    """UID of the unit."""
    workflow: str | None = None
    """UID of the workflow."""
    data_set: str | None = None
    """UID of a data set, in the place of its workflow."""
    attribute_option_combo: str | None = None
    """UID of the combo. Default: the default combo."""


@dataclass(frozen=True, slots=True)
class ApprovalStatus:
    """How far a piece of data is approved, and what you may do about it."""

    what: Approvable
    state: str
    """`UNAPPROVED_READY`, `APPROVED_HERE` …; `MEANINGS` has them in words."""
    may_approve: bool = False
    """Whether you may approve it, or, where it is approved, at the next higher level."""
    may_unapprove: bool = False
    may_accept: bool = False
    """Never where the server does not ask for acceptance (`keyAcceptanceRequiredForApproval`)."""
    may_unaccept: bool = False
    may_read_data: bool = False
    level: str | None = None
    """UID of the level that approved it; only where several were asked for."""
    approved_by: str | None = None
    """Who approved it; only where one was asked for, as the times are."""
    approved_at: str | None = None
    accepted_by: str | None = None
    accepted_at: str | None = None


class ApprovalRefusedError(Dhis2Error):
    """Data is not in the state for what was to be done, or you may not do it; nothing was sent."""

    def __init__(self, message: str, *, refused: tuple[ApprovalStatus, ...], next_step: str | None = None) -> None:
        super().__init__(message, next_step=next_step)
        self.refused = refused
        """How far the data is that stands in the way."""


class ApprovalService:
    """Data approval; `status`, `statuses`, `approve`, `unapprove`, `accept`, `unaccept`, `move`, `look`.

    All may be repeated: what is as it is to be is left alone. DHIS2 refuses with no word why, so it is asked first
    how far the data is, and what stands in the way is told (`ApprovalRefusedError`).
    """

    def __init__(self, api: MetadataApi) -> None:
        self._api = api

    async def status(self, what: Approvable) -> ApprovalStatus:
        """Read how far one piece of data is.

        Args:
            what: The piece.

        Raises:
            InvalidRequestError: It names neither workflow nor data set.
            InvalidPeriodError: Its period is none.
            ConflictError: Something of it does not exist, or the data set has no workflow.
        """
        answer = await self._api.read(PATH, self._params(what))
        return status_of(what, answer, answer)

    async def statuses(
        self,
        workflow: str,
        periods: Sequence[str],
        org_units: Sequence[str],
        *,
        attribute_option_combos: Sequence[str] = (),
    ) -> list[ApprovalStatus]:
        """Read how far data of a workflow is for several periods and units.

        What DHIS2 has not stored a period of is not listed: nothing is approved there.

        Args:
            workflow: UID of the workflow.
            periods: The periods, of the workflow's type.
            org_units: UIDs of the units.
            attribute_option_combos: UIDs of the combos. Default: the default combo.

        Raises:
            InvalidRequestError: No period or no unit.
            InvalidPeriodError: A period is none.
            ConflictError: Something of it does not exist.
        """
        if not (periods and org_units):
            raise InvalidRequestError("Say which periods and units.")
        named = ",".join(self._api.period(period) for period in periods)
        found: list[ApprovalStatus] = []
        for start in range(0, len(org_units), UNITS_AT_ONCE):
            params = {
                "wf": workflow,
                "pe": named,
                "ou": ",".join(org_units[start : start + UNITS_AT_ONCE]),
                "aoc": ",".join(attribute_option_combos) or None,
            }
            rows = as_array(value_of(await self._api.ask("GET", f"{PATH}/multiple", params=params)))
            found.extend(_status_of_row(as_object(row)) for row in rows)
        return found

    async def approve(self, what: Approvable | Iterable[Approvable]) -> int:
        """Approve data.

        Several pieces of one workflow and period are sent at once, which DHIS2 does all or none of.

        Args:
            what: The piece, or the pieces.

        Returns:
            How many were approved; those that were already are left alone.

        Raises:
            ApprovalRefusedError: Some may not be approved; nothing was sent.
            InvalidRequestError: One names neither workflow nor data set.
            InvalidPeriodError: A period is none.
            ConflictError: Something does not exist, or DHIS2 refused after all.
        """
        return await self.move("approve", what)

    async def unapprove(self, what: Approvable | Iterable[Approvable]) -> int:
        """Take approvals back; see `approve`.

        Args:
            what: The piece, or the pieces.

        Returns:
            How many were taken back.
        """
        return await self.move("unapprove", what)

    async def accept(self, what: Approvable | Iterable[Approvable]) -> int:
        """Accept what is approved, one level below yours; see `approve`.

        Args:
            what: The piece, or the pieces.

        Returns:
            How many were accepted.
        """
        return await self.move("accept", what)

    async def unaccept(self, what: Approvable | Iterable[Approvable]) -> int:
        """Take acceptances back; see `approve`.

        Args:
            what: The piece, or the pieces.

        Returns:
            How many were taken back.
        """
        return await self.move("unaccept", what)

    async def move(self, verb: Verb, what: Approvable | Iterable[Approvable]) -> int:
        """Do what a word says: `approve`, `unapprove`, `accept` or `unaccept`; see `approve`.

        Args:
            verb: The word.
            what: The piece, or the pieces.

        Returns:
            How many were changed.
        """
        pieces = [what] if isinstance(what, Approvable) else list(what)
        to_do = needing(verb, await self.look(pieces))
        if len(pieces) == 1:
            for piece in to_do:
                await self._send(verb, piece)
        else:
            for (workflow, period), several in _by_request(to_do).items():
                await self._send_many(verb, workflow, period, several)
        return len(to_do)

    async def look(self, pieces: Sequence[Approvable]) -> list[ApprovalStatus]:
        """Read how far several pieces of data are, in their order, with few requests.

        Args:
            pieces: The pieces; in the answer they have their workflow in the place of a data set.

        Raises:
            InvalidRequestError: One names neither workflow nor data set, or a data set without workflow.
            InvalidPeriodError: A period is none.
            ConflictError: Something of one does not exist.
        """
        if len(pieces) == 1:
            return [await self.status(pieces[0])]
        named = await self._with_workflows(pieces)
        found: dict[tuple[str, str, str | None], ApprovalStatus] = {}
        for (workflow, period), several in _by_request(named).items():
            for combo, units in _units_by_combo(several).items():
                combos = [combo] if combo else []
                for row in await self.statuses(workflow, [period], units, attribute_option_combos=combos):
                    found[row.what.org_unit, f"{workflow} {period}", combo] = row
        # what is not listed is of a period that DHIS2 has not stored, or not of the workflow's type
        places = [(piece.org_unit, f"{piece.workflow} {piece.period}", piece.attribute_option_combo) for piece in named]
        return [
            replace(found[place], what=piece) if place in found else await self.status(piece)
            for place, piece in zip(places, named, strict=True)
        ]

    async def _send(self, verb: Verb, what: Approvable) -> None:
        method = "POST" if verb in ("approve", "accept") else "DELETE"
        write_report(await self._api.ask(method, self._root(verb), params=self._params(what)))

    async def _send_many(self, verb: Verb, workflow: str, period: str, pieces: Sequence[Approvable]) -> None:
        rows = [_without_none({"ou": each.org_unit, "aoc": each.attribute_option_combo}) for each in pieces]
        body = {"wf": [workflow], "pe": [period], "approvals": rows}
        write_report(await self._api.ask("POST", f"{self._root(verb)}/{BULK[verb]}", body=body))

    def _root(self, verb: Verb) -> str:
        return self._api.dialect.acceptances_path if verb in ("accept", "unaccept") else PATH

    async def _with_workflows(self, pieces: Iterable[Approvable]) -> list[Approvable]:
        known: dict[str | None, str] = {}
        for piece in pieces:
            if piece.workflow is None and piece.data_set not in known:
                known[piece.data_set] = await self._workflow_of(piece.data_set)
        return [
            replace(
                piece,
                period=self._api.period(piece.period),
                workflow=piece.workflow or known[piece.data_set],
                data_set=None,
            )
            for piece in pieces
        ]

    async def _workflow_of(self, data_set: str | None) -> str:
        if data_set is None:
            raise _nameless()
        answer = await self._api.read(f"dataSets/{data_set}", {"fields": "workflow"})
        uid = as_text(as_object(answer.get("workflow")).get("id"))
        if uid is None:
            raise InvalidRequestError(f"The data set {data_set} has no approval workflow.")
        return uid

    def _params(self, what: Approvable) -> dict[str, Any]:
        if what.workflow is None and what.data_set is None:
            raise _nameless()
        return {
            "wf": what.workflow,
            "ds": None if what.workflow else what.data_set,
            "pe": self._api.period(what.period),
            "ou": what.org_unit,
            "aoc": what.attribute_option_combo,
        }


def needing(verb: Verb, statuses: Iterable[ApprovalStatus]) -> list[Approvable]:
    """Those pieces that something is to be done for.

    Args:
        verb: What is to be done.
        statuses: How far the pieces are.

    Raises:
        ApprovalRefusedError: Some are in another state, or the user may not.
    """
    wanted = [status for status in statuses if status.state not in DONE[verb]]
    refused = tuple(status for status in wanted if not getattr(status, f"may_{verb}"))
    if refused:
        raise ApprovalRefusedError(_refusal(verb, refused), refused=refused, next_step=NEXT_STEPS[verb])
    return [status.what for status in wanted]


def _by_request(pieces: Iterable[Approvable]) -> dict[tuple[str, str], list[Approvable]]:
    """Pieces by workflow and period, which they name."""
    found: dict[tuple[str, str], list[Approvable]] = {}
    for piece in pieces:
        found.setdefault((str(piece.workflow), piece.period), []).append(piece)
    return found


def _units_by_combo(pieces: Iterable[Approvable]) -> dict[str | None, list[str]]:
    found: dict[str | None, list[str]] = {}
    for piece in pieces:
        found.setdefault(piece.attribute_option_combo, []).append(piece.org_unit)
    return found


NEXT_STEPS: Mapping[Verb, str] = {
    "approve": "Data is approved from the lowest level up, by who has the authority F_APPROVE_DATA or"
    " F_APPROVE_DATA_LOWER_LEVELS.",
    "unapprove": "Data is taken back from the highest level down, by who may approve it.",
    "accept": "Data is accepted by who has the authority F_ACCEPT_DATA_LOWER_LEVELS one level above, and only where"
    " the server asks for it (keyAcceptanceRequiredForApproval).",
    "unaccept": "An acceptance is taken back by who may accept, and only where the server asks for acceptance"
    " (keyAcceptanceRequiredForApproval).",
}
SHOWN = 5
"""Pieces that an error names."""


def _refusal(verb: Verb, refused: Sequence[ApprovalStatus]) -> str:
    lines = [
        f"{status.what.org_unit} in {status.what.period} is {status.state}: {MEANINGS.get(status.state, 'not known')}"
        for status in refused[:SHOWN]
    ]
    more = [f"{len(refused) - SHOWN} more"] if len(refused) > SHOWN else []
    return f"You cannot {verb} it: {'; '.join([*lines, *more])}."


def status_of(what: Approvable, row: Mapping[str, object], permissions: Mapping[str, object]) -> ApprovalStatus:
    """A status, from what DHIS2 says of it."""
    return ApprovalStatus(
        what,
        as_text(row.get("state")) or "UNAPPROVABLE",  # DHIS2 leaves it out, where it asks for several
        may_approve=permissions.get("mayApprove") is True,
        may_unapprove=permissions.get("mayUnapprove") is True,
        may_accept=permissions.get("mayAccept") is True,
        may_unaccept=permissions.get("mayUnaccept") is True,
        may_read_data=permissions.get("mayReadData") is True,
        level=as_text(row.get("level")),
        approved_by=as_text(permissions.get("approvedBy")),
        approved_at=as_text(permissions.get("approvedAt")),
        accepted_by=as_text(permissions.get("acceptedBy")),
        accepted_at=as_text(permissions.get("acceptedAt")),
    )


def _status_of_row(row: Mapping[str, object]) -> ApprovalStatus:
    what = Approvable(
        as_text(row.get("pe")) or "",
        as_text(row.get("ou")) or "",
        workflow=as_text(row.get("wf")),
        attribute_option_combo=as_text(row.get("aoc")),
    )
    return status_of(what, row, as_object(row.get("permissions")))


def _nameless() -> InvalidRequestError:
    return InvalidRequestError("Say which workflow, or which data set.")


def _without_none(row: Mapping[str, str | None]) -> dict[str, str]:
    return {key: value for key, value in row.items() if value is not None}
