"""Which of tracker's records a request is about: `orgUnitMode` and its units, programs, and what the user may read.

Source: `RequestParamsValidator`, `OperationsParamsValidator` and `OrgUnitQueryBuilder` of dhis2-core.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dhis2w_sandbox.call import Call
from dhis2w_sandbox.documents import linked
from dhis2w_sandbox.errors import Dhis2Refusal, bad_request, forbidden
from dhis2w_sandbox.metadata import access
from dhis2w_sandbox.metadata.units import UNIT, lineage
from dhis2w_sandbox.tracker.ownership import Scope
from dhis2w_sandbox.tracker.reading.parameters import Parameters
from dhis2w_sandbox.tracker.record_store import RecordStore
from dhis2w_sandbox.tracker.records import TrackedEntity

Json = dict[str, Any]

MODES = ("SELECTED", "CHILDREN", "DESCENDANTS", "ACCESSIBLE", "CAPTURE", "ALL")
_BY_UNITS = MODES[:3]
_EVERYWHERE = "F_TRACKED_ENTITY_INSTANCE_SEARCH_IN_ALL_ORGUNITS"
_NO_CAPTURE = "User needs to be assigned data capture org units"


def read_mode(parameters: Parameters, units: Sequence[str], entities: Sequence[str] | None = None) -> str:
    """`orgUnitMode`, or what holds without it; 400 where it does not fit the units.

    Args:
        parameters: the request's.
        units: the units that it names.
        entities: the tracked entities that it names, where those do instead of units.
    """
    old = parameters.server.behaviour.takes_old_tracker_parameters
    mode = parameters.either("ouMode", "orgUnitMode", MODES) if old else parameters.one_of("orgUnitMode", MODES)
    if mode is None:
        return "SELECTED" if units else "ACCESSIBLE"
    if mode not in _BY_UNITS and units:
        raise bad_request(
            f"orgUnitMode {mode} cannot be used with orgUnits. Please remove the orgUnit parameter and try again."
        )
    if mode in _BY_UNITS and not units and not entities:
        raise bad_request(
            f"At least one org unit is required for orgUnitMode: {mode}. Please add one org unit or use a different"
            " orgUnitMode."
            if entities is None
            else f"At least one org unit or tracked entity is required for orgUnitMode: {mode}. Please add one of the"
            " two or use a different orgUnitMode."
        )
    return mode


class Reach:
    """What one request may reach.

    Args:
        call: the request.
        mode: its `orgUnitMode`.
        units: the units that it names.
    """

    def __init__(self, call: Call, mode: str = "ACCESSIBLE", units: Sequence[str] = ()) -> None:
        self.server = call.server
        self.store = call.server.store
        self.user = call.user
        self.records = RecordStore(call.server)
        self.scope = Scope(call.server, call.user, self.records)
        self.mode = mode
        self.units = frozenset(units)
        self._covered: dict[str, bool] = {}

    def covers(self, unit: str) -> bool:
        """Whether a unit is among those that the mode is about."""
        if unit not in self._covered:
            self._covered[unit] = self._is_covered(unit)
        return self._covered[unit]

    def _is_covered(self, unit: str) -> bool:
        if self.mode == "ALL":
            return True
        if self.mode in {"ACCESSIBLE", "CAPTURE"}:
            return self.scope.searches(unit) if self.mode == "ACCESSIBLE" else self.scope.captures(unit)
        line = lineage(self.store, self.store.get(UNIT, unit) or {"id": unit})
        near = {"SELECTED": line[-1:], "CHILDREN": line[-2:], "DESCENDANTS": line}[self.mode]
        return not self.units.isdisjoint(near)

    def owns(self, entity: str, program: Json, owner: str) -> bool:
        """Whether an entity that a unit owns in a program is reached, by the mode and by the program's access level."""
        by_units = self.mode in _BY_UNITS or self.server.behaviour.limits_owners_by_units
        if by_units and not self.covers(owner):
            return False
        if self.mode == "ALL" or self.user.is_super:
            return True
        if self.mode == "CAPTURE" and not self.scope.captures(owner):
            return False
        return self.scope.has_ownership(entity, program, owner)

    def owns_in(self, entity: TrackedEntity, program: Json) -> bool:
        """Whether an entity is reached in a program that it was ever enrolled in."""
        owner = self.records.owner(entity.uid, program["id"])
        return owner is not None and self.owns(entity.uid, program, owner.unit)

    def owns_somewhere(self, entity: TrackedEntity) -> bool:
        """Whether an entity is reached in any program for its type."""
        return self.scope.may("read", "trackedEntityType", entity.type) and any(
            self.scope.may("read", "program", program["id"])
            and self.owns(entity.uid, program, self.scope.owner_unit(entity.uid, program["id"]) or entity.unit)
            for program in self.scope.programs_of(entity.type)
        )

    def check_units(self) -> None:
        """400 for unknown units, 403 for those out of the user's search scope."""
        for unit in self.units:
            if self.store.get(UNIT, unit) is None:
                raise bad_request(f"Organisation unit does not exist: {unit}")
            if not self.user.is_super and not self.scope.searches(unit):
                raise forbidden(f"Organisation unit is not part of the search scope: {unit}")

    def check_event_unit(self) -> None:
        """As `check_units`, in the words of lists of events; superusers are no exception."""
        for unit in self.units:
            if self.store.get(UNIT, unit) is None:
                raise bad_request(f"Organisation unit is specified but does not exist: {unit}")
            if not self.scope.searches(unit):
                raise forbidden(f"Organisation unit is not part of your search scope: {unit}")

    def check_mode(self, program: Json | None) -> None:
        """403 (in older versions 400) where the user has no units for the mode, or no authority."""
        capture, search = (self.user.document.get(key) for key in ("organisationUnits", "teiSearchOrganisationUnits"))
        closed = program is not None and program.get("accessLevel") in {"CLOSED", "PROTECTED"}
        if self.mode == "ALL":
            if not self.user.has_any([_EVERYWHERE]):
                who = "Current user" if self.server.behaviour.tells_tracker_denials else "User"
                raise self._denied(f"{who} is not authorized to query across all organisation units")
        elif self.mode == "CAPTURE" or closed:
            if not capture:
                raise self._denied(_NO_CAPTURE)
        elif not capture and not search:
            raise self._denied("User needs to be assigned either search or data capture org units")

    def _denied(self, text: str) -> Dhis2Refusal:
        return bad_request(text) if self.server.behaviour.tells_tracker_denials else forbidden(text)

    def program(self, uid: str | None) -> Json | None:
        """A program that was asked for; 400 where the user sees none, 403 where they may not read its data."""
        if uid is None:
            return None
        found = self.store.get("program", uid)
        schema = self.server.schemas.by_singular["program"]
        if found is None or not access.can_read(self.user, schema, found):
            raise bad_request(f"Program is specified but does not exist: {uid}")
        if not self.scope.may("read", "program", uid):
            raise forbidden(f"User has no access to program: {uid}")
        return found

    def tracker_program(self, uid: str | None) -> Json | None:
        """As `program`, of those with registration; 400 for others."""
        program = self.program(uid)
        if program is None:
            return None
        if program.get("programType") == "WITHOUT_REGISTRATION":
            raise bad_request(f"Program specified is not a tracker program: {uid}")
        type = linked(program, "trackedEntityType")
        if not self.scope.may("read", "trackedEntityType", type):
            raise forbidden(f"User is not authorized to read data from selected program's tracked entity type: {type}")
        return program

    def event_program(self, uid: str | None) -> Json | None:
        """As `program`, of those without registration; 400 for others."""
        program = self.program(uid)
        if program is not None and program.get("programType") != "WITHOUT_REGISTRATION":
            raise bad_request(f"Program specified is not an event program: {uid}")
        return program

    def entity_type(self, uid: str | None) -> Json | None:
        """A tracked entity type that was asked for; 400 where there is none, 403 where its data may not be read."""
        if uid is None:
            return None
        found = self.store.get("trackedEntityType", uid)
        if found is None:
            raise bad_request(f"Tracked entity type is specified but does not exist: {uid}")
        if not self.scope.may("read", "trackedEntityType", uid):
            raise forbidden(f"User is not authorized to read data from selected tracked entity type: {uid}")
        return found

    def check_entity(self, uid: str | None, *, deleted: bool) -> None:
        """400 for a tracked entity that does not exist, 403 where the data of its type may not be read."""
        if uid is None:
            return
        entity = self.records.tracked_entities.get(uid)
        if entity is None or (entity.deleted and not deleted):
            raise bad_request(f"Tracked entity is specified but does not exist: {uid}")
        if not self.scope.may("read", "trackedEntityType", entity.type):
            raise forbidden(f"User is not authorized to read data from type of selected tracked entity: {entity.type}")
