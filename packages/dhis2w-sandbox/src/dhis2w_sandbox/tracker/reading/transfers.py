"""`/api/tracker/ownership`: which unit owns a tracked entity in a program, and who may work with it for a while.

Source: `TrackerOwnershipController` and `DefaultTrackerOwnershipManager` of dhis2-core; recordings `tracker/access`.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from dhis2w_sandbox.call import RECORDED, Call, Reply
from dhis2w_sandbox.documents import linked
from dhis2w_sandbox.errors import Dhis2Refusal, bad_request, forbidden, not_found
from dhis2w_sandbox.metadata.units import UNIT
from dhis2w_sandbox.routing import Endpoints
from dhis2w_sandbox.server import stamp
from dhis2w_sandbox.tracker.reading.parameters import Parameters
from dhis2w_sandbox.tracker.reading.reach import Reach
from dhis2w_sandbox.tracker.reading.tracked_entities import found_entity
from dhis2w_sandbox.tracker.records import Owner, TrackedEntity

Json = dict[str, Any]

endpoints = Endpoints()

_HOURS_OF_GRANT = 3
_NOT_GRANTED = "Temporary ownership not created."


@endpoints.add("PUT", "/api/tracker/ownership/transfer", RECORDED)
def transfer(call: Call) -> Reply:
    """Make another unit the owner of a tracked entity in a program."""
    uid, program, unit = _entity(call), _program(call), _unit(call)
    if call.server.behaviour.checks_transfers:
        _transfer_checked(call, uid, program, unit)
    else:
        _transfer(call, uid, program, unit)
    return Reply.message(200, "Ownership transferred")


def _transfer(call: Call, uid: str, program_uid: str, unit: str) -> None:
    """As older versions do it: nothing happens where the program or the unit is unknown."""
    behaviour, reach = call.server.behaviour, Reach(call)
    program = call.server.store.get("program", program_uid)
    if not behaviour.tells_tracker_denials and program and program.get("programType") == "WITHOUT_REGISTRATION":
        raise Dhis2Refusal(400, "this must be a bug in how the TrackedEntityOperationParams are built")
    entity = found_entity(call, uid, None if behaviour.tells_tracker_denials else program_uid)
    if program is None or call.server.store.get(UNIT, unit) is None:
        return
    if not behaviour.tells_tracker_denials and not reach.scope.searches(unit):
        raise forbidden("Tracked entity not transferred. Org unit supplied is not in the user scope.")
    if not reach.scope.owns(uid, program):
        raise forbidden("User does not have access to change ownership for the entity-program combination")
    if not _is_assigned(program, unit):
        raise forbidden(f"The program {program_uid} is not associated to the org unit {unit}")
    _check_write(reach, program_uid)
    _own(reach, entity, program_uid, unit)


def _check_write(reach: Reach, program: str) -> None:
    if not reach.scope.may("write", "program", program):
        raise forbidden(f"Current user doesn't have data write access to the provided program {program}.")


def _transfer_checked(call: Call, uid: str, program_uid: str, unit: str) -> None:
    """As newer versions do it: whatever does not fit is refused."""
    reach, store = Reach(call), call.server.store
    program = _tracker_program(reach, program_uid)
    entity = found_entity(call, uid, program_uid)
    _check_write(reach, program_uid)
    what = "Tracked entity not transferred."
    if store.get(UNIT, unit) is None:
        raise Dhis2Refusal(404, f"{what} Org unit supplied does not exist.", "E1005")
    if not reach.scope.searches(unit):
        raise forbidden(f"{what} Org unit supplied is not in the user scope.")
    if not reach.scope.owns(uid, program):
        raise forbidden(f"{what} User does not have access to change ownership for the entity-program combination")
    if not _is_assigned(program, unit):
        raise forbidden(f"{what} The program {program_uid} is not associated to the org unit {unit}")
    owner = reach.records.owner(uid, program_uid)
    if owner is None:
        raise bad_request(
            f"{what} No owner found for the combination of tracked entity {uid} and program {program_uid}"
        )
    if owner.unit == unit:
        raise bad_request(f"{what} The owner of the tracked entity {uid} and program {program_uid} is already {unit}")
    _own(reach, entity, program_uid, unit)


@endpoints.add("POST", "/api/tracker/ownership/override", RECORDED)
def override(call: Call) -> Reply:
    """Let the sender work with a tracked entity that another unit owns, for three hours."""
    reason = call.required("reason")
    reach, uid, program_uid = Reach(call), _entity(call), _program(call)
    grant = _granted_checked if call.server.behaviour.checks_transfers else _granted
    entity, program = grant(reach, uid, program_uid)
    till = stamp(call.server.clock() + timedelta(hours=_HOURS_OF_GRANT))
    reach.records.tracked_entities.put(replace(entity, updated_at=call.server.now()))
    reach.records.grant_temporarily(uid, program["id"], call.user.uid, reason, till)
    return Reply.message(200, "Temporary Ownership granted")


def _granted(reach: Reach, uid: str, program_uid: str) -> tuple[TrackedEntity, Json]:
    """The entity and the program of a grant, as older versions check it; 403 where it is not allowed."""
    program = reach.store.get("program", program_uid)
    if program is None:
        raise forbidden(f"{_NOT_GRANTED} Program supplied does not exist.")
    entity = reach.records.tracked_entities.get(uid)
    if entity is None:
        raise forbidden(f"{_NOT_GRANTED} Tracked entity supplied does not exist.")
    _check_not_super(reach)
    if program.get("programType") == "WITHOUT_REGISTRATION":
        raise forbidden(f"{_NOT_GRANTED} Program supplied is not a tracker program.")
    _check_protected(program)
    _check_owner_searched(reach, entity, program_uid)
    if not reach.scope.may("read", "program", program_uid):
        raise forbidden(f"{_NOT_GRANTED} User has no data read access to program: {program_uid}")
    _check_type_read(reach, entity)
    _check_same_type(program, entity)
    return entity, program


def _granted_checked(reach: Reach, uid: str, program_uid: str) -> tuple[TrackedEntity, Json]:
    """As newer versions check it: first that there is such a program (400) and such an entity (404)."""
    program = reach.store.get("program", program_uid)
    if program is None:
        raise bad_request(f"Provided program, {program_uid}, does not exist.")
    if program.get("programType") == "WITHOUT_REGISTRATION":
        raise bad_request(f"Provided program, {program_uid}, is not a tracker program.")
    if not reach.scope.may("read", "program", program_uid):
        raise forbidden(f"Current user doesn't have data read access to the provided program {program_uid}.")
    entity = reach.records.tracked_entities.get(uid)
    if entity is None:
        raise Dhis2Refusal(404, f"{_NOT_GRANTED} Tracked entity supplied does not exist.", "E1005")
    _check_type_read(reach, entity)
    _check_protected(program)
    _check_same_type(program, entity)
    _check_not_super(reach)
    _check_owner_searched(reach, entity, program_uid)
    return entity, program


def _check_not_super(reach: Reach) -> None:
    if reach.user.is_super:
        raise forbidden(f"{_NOT_GRANTED} Current user is a superuser.")


def _check_protected(program: Json) -> None:
    level = program.get("accessLevel") or "OPEN"
    if level != "PROTECTED":
        raise forbidden(
            f"{_NOT_GRANTED} Temporary ownership can only be granted to protected programs. {program['id']} access"
            f" level is {level}."
        )


def _check_owner_searched(reach: Reach, entity: TrackedEntity, program: str) -> None:
    if not reach.scope.is_search_unit(reach.scope.owner_unit(entity.uid, program) or entity.unit):
        raise forbidden(
            f"{_NOT_GRANTED} The owner of the entity-program combination is not in the user's search scope."
        )


def _check_type_read(reach: Reach, entity: TrackedEntity) -> None:
    if not reach.scope.may("read", "trackedEntityType", entity.type):
        raise forbidden(f"{_NOT_GRANTED} User has no data read access to tracked entity type: {entity.type}")


def _check_same_type(program: Json, entity: TrackedEntity) -> None:
    type = linked(program, "trackedEntityType")
    if type != entity.type:
        raise forbidden(
            f"{_NOT_GRANTED} The tracked entity type of the program {type} differs from that of the tracked entity"
            f" {entity.type}."
        )


def _tracker_program(reach: Reach, uid: str) -> Json:
    try:
        program = reach.tracker_program(uid)
    except Dhis2Refusal as refusal:
        raise not_found("Program", uid) if refusal.status == 400 else refusal from refusal
    if program is None:
        raise not_found("Program", uid)
    return program


def _entity(call: Call) -> str:
    old = call.server.behaviour.takes_old_tracker_parameters
    named = Parameters(call).uid("trackedEntity") or (Parameters(call).uid("trackedEntityInstance") if old else None)
    if named is None and old:
        raise bad_request("Required request parameter 'trackedEntity' is not present")
    return named or call.required("trackedEntity", "UID")


def _program(call: Call) -> str:
    call.required("program", "String" if call.server.behaviour.takes_old_tracker_parameters else "UID")
    return Parameters(call).uid("program") or ""


def _unit(call: Call) -> str:
    """The new owner: 400 where no parameter names it, or two of them do."""
    name, *former = call.server.behaviour.transfer_unit_parameters
    if not former:
        return call.required(name, "UID")
    given = [Parameters(call).uid(one) for one in (name, *former)]
    if all(given):
        raise bad_request(
            f"Only one parameter of '{former[0]}' and '{name}' must be specified. Prefer '{name}' as '{former[0]}' will"
            " be removed."
        )
    found = next((uid for uid in given if uid), None)
    if found is None:
        raise bad_request(f"Required request parameter '{name}' is not present")
    return found


def _is_assigned(program: Json, unit: str) -> bool:
    return any(row["id"] == unit for row in program.get("organisationUnits") or ())


def _own(reach: Reach, entity: TrackedEntity, program: str, unit: str) -> None:
    owner = reach.records.owner(entity.uid, program)
    if owner is not None and owner.unit != unit:
        now = reach.server.now()
        reach.records.put_owner(Owner(entity.uid, program, unit, now, reach.user.username))
        if reach.server.behaviour.takes_old_tracker_parameters:
            reach.records.tracked_entities.put(replace(entity, updated_at=now))
