"""`/api/maintenance/…`: what puts a server's house in order, each action at once and without an answer.

What analytics tables, caches and paths need is nothing here: the sandbox works them out whenever it is asked.
Source: `MaintenanceController` and `DefaultMaintenanceService` of dhis2-core; recordings `services/maintenance`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dhis2w_sandbox.call import RECORDED, Call, Reply
from dhis2w_sandbox.errors import Dhis2Refusal
from dhis2w_sandbox.metadata import option_combos
from dhis2w_sandbox.metadata.deleting import delete
from dhis2w_sandbox.routing import Endpoints
from dhis2w_sandbox.services import sql_views
from dhis2w_sandbox.services.differences import differences

Json = dict[str, Any]
Action = Callable[[Call], None]

endpoints = Endpoints()

_MAY = ["F_PERFORM_MAINTENANCE"]


def _work_out_when_asked(call: Call) -> None:
    del call


def _clear_caches(call: Call) -> None:
    call.server.used_tokens.clear()
    call.server.kept.clear()


def _remove_expired_invitations(call: Call) -> None:
    now = call.server.now()
    for user in call.server.store.all("user"):
        if user.get("invitation") and "" < user.get("restoreExpiry", "") < now:
            delete(call.server, "user", user["id"])


def _update_option_combos(call: Call) -> None:
    for combo in call.server.store.all("categoryCombo"):
        option_combos.generate(call.server, call.user, combo)


ACTIONS: dict[str, Action] = {
    "analyticsTablesClear": _work_out_when_asked,
    "analyticsTablesAnalyze": _work_out_when_asked,
    "expiredInvitationsClear": _remove_expired_invitations,
    "ouPathsUpdate": _work_out_when_asked,
    "periodPruning": _work_out_when_asked,
    "zeroDataValueRemoval": _work_out_when_asked,
    "softDeletedDataValueRemoval": _work_out_when_asked,
    "softDeletedEventRemoval": _work_out_when_asked,
    "softDeletedEnrollmentRemoval": _work_out_when_asked,
    "softDeletedRelationshipRemoval": _work_out_when_asked,
    "softDeletedTrackedEntityRemoval": _work_out_when_asked,
    "sqlViewsCreate": sql_views.create_all,
    "sqlViewsDrop": sql_views.drop_all,
    "categoryOptionComboUpdate": _update_option_combos,
    "cacheClear": _clear_caches,
    "cache": _clear_caches,
}
"""What each action does; rooms with data of their own put their removals here."""

# As parameters of several actions at once, two have other names.
_AS_PARAMETER = {"analyticsTableClear": "analyticsTablesClear", "analyticsTableAnalyze": "analyticsTablesAnalyze"}


def perform(call: Call) -> Reply:
    """Perform one action."""
    name = call.path.rpartition("/")[2]
    ACTIONS[name](call)
    return _done(call, silent=name == "analyticsTablesClear")


for _name in ACTIONS:
    endpoints.add("POST", f"/api/maintenance/{_name}", RECORDED, requires=_MAY)(perform)
    endpoints.add("PUT", f"/api/maintenance/{_name}", RECORDED, requires=_MAY)(perform)


@endpoints.add("POST", "/api/maintenance", RECORDED, requires=_MAY)
@endpoints.add("PUT", "/api/maintenance", RECORDED, requires=_MAY)
def perform_several(call: Call) -> Reply:
    """Perform the actions that are `true`; names that are none do nothing."""
    for name, value in call.query:
        action = ACTIONS.get(_AS_PARAMETER.get(name, name))
        if action is not None and value.lower() == "true":
            action(call)
    return _done(call)


@endpoints.add("POST", "/api/maintenance/categoryOptionComboUpdate/categoryCombo/{uid}", RECORDED, requires=_MAY)
@endpoints.add("PUT", "/api/maintenance/categoryOptionComboUpdate/categoryCombo/{uid}", RECORDED, requires=_MAY)
def update_option_combos(call: Call) -> Reply:
    """Make the option combinations of one category combination anew."""
    server, uid = call.server, call.parts["uid"]
    combo = server.store.get("categoryCombo", uid)
    if combo is None:
        raise Dhis2Refusal(409, f"CategoryCombo does not exist: {uid}")
    before = _combos_of(call, uid)
    option_combos.generate(server, call.user, combo)
    after = _combos_of(call, uid)
    made, gone = len(after - before), len(before - after)
    counts = {"imported": made, "updated": 0, "deleted": gone, "ignored": 0}
    response: Json = {
        "status": "SUCCESS",
        **counts,
        "importSummaries": [],
        "total": made + gone,
        "responseType": "ImportSummaries",
    }
    return Reply.message(200, "Import was successful.", response=response)


@endpoints.add("POST", "/api/maintenance/dataPruning/organisationUnits/{uid}", RECORDED, requires=["ALL"])
def prune_unit(call: Call) -> Reply:
    """Remove the data of an organisation unit."""
    return _pruned(call, "organisationUnit", "Organisation unit")


@endpoints.add("POST", "/api/maintenance/dataPruning/dataElements/{uid}", RECORDED, requires=["ALL"])
def prune_element(call: Call) -> Reply:
    """Remove the data of a data element."""
    return _pruned(call, "dataElement", "Data element")


PRUNERS: list[Callable[[Call, str, str], None]] = []
"""What removes the data of an object (type, identifier); rooms with data of their own add theirs."""


def _pruned(call: Call, type: str, words: str) -> Reply:
    uid = call.parts["uid"]
    if call.server.store.get(type, uid) is None:
        raise Dhis2Refusal(409, f"{words} does not exist: {uid}")
    for prune in PRUNERS:
        prune(call, type, uid)
    return Reply.message(200, "Data was pruned successfully")


@endpoints.add("GET", "/api/maintenance/appReload", RECORDED, requires=_MAY)
def reload_apps(call: Call) -> Reply:
    """Look for apps again."""
    del call
    return Reply.message(200, "Apps reloaded")


def _combos_of(call: Call, uid: str) -> set[str]:
    rows = call.server.store.referrers("categoryCombo", uid)
    return {row.uid for row in rows if row.type == "categoryOptionCombo"}


def _done(call: Call, *, silent: bool = False) -> Reply:
    if not differences(call.server).answers_maintenance:
        return Reply(204)
    return Reply() if silent else Reply.message(200)
