"""`/api/potentialDuplicates`: tracked entities that may be the same, and their merge.

Source: `DeduplicationController` and `PotentialDuplicateRequestParams` of dhis2-core.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

from dhis2w_sandbox.bodies import json_object
from dhis2w_sandbox.call import SOURCE, Call, Reply
from dhis2w_sandbox.errors import Dhis2Refusal, bad_request, conflict, not_found
from dhis2w_sandbox.routing import Endpoints
from dhis2w_sandbox.tracker.reading.choices import Choice
from dhis2w_sandbox.tracker.reading.duplicate_pairs import STATUSES, Merge, MergeChoice, Pair, Pairs
from dhis2w_sandbox.tracker.reading.paging import page_json, read_paging
from dhis2w_sandbox.tracker.reading.parameters import UID, Parameters, no_uid, path_uid
from dhis2w_sandbox.tracker.reading.sorting import in_order
from dhis2w_sandbox.tracker.reading.tracked_entities import found_entity

Json = dict[str, Any]

endpoints = Endpoints()

DEFAULT_FIELDS = "id,created,lastUpdated,original,duplicate,status"


@endpoints.add("GET", "/api/potentialDuplicates", SOURCE)
def potential_duplicates(call: Call) -> Reply:
    """List pairs, open ones if not said otherwise."""
    parameters = Parameters(call)
    paging, entities = read_paging(parameters), set(parameters.uids("trackedEntities"))
    status = parameters.one_of("status", STATUSES) or "OPEN"
    pairs = [
        pair
        for pair in Pairs(call.server).all()
        if status in {"ALL", pair.status} and (not entities or entities & {pair.original, pair.duplicate})
    ]
    rows = in_order([pair.as_json() for pair in pairs], parameters.order(), lambda row, field: row.get(field))
    choice = Choice.of(call, DEFAULT_FIELDS)
    shown = [choice.picked(row) for row in paging.cut(rows)]
    return Reply.json(page_json(call, "potentialDuplicates", shown, paging, len(rows)))


@endpoints.add("GET", "/api/potentialDuplicates/{uid}", SOURCE)
def potential_duplicate(call: Call) -> Reply:
    """Show a pair."""
    return Reply.json(_pair(call).as_json())


@endpoints.add("POST", "/api/potentialDuplicates", SOURCE)
def mark(call: Call) -> Reply:
    """Note that two tracked entities may be the same."""
    body, pairs, now, me = json_object(call), Pairs(call.server), call.server.now(), call.user.username
    original, duplicate = (_named(body, key) for key in ("original", "duplicate"))
    if pairs.has(original, duplicate):
        raise conflict(f"'{original}' and '{duplicate} is already marked as a potential duplicate")
    for uid in (original, duplicate):
        found_entity(call, uid, None)
    status = body.get("status") or "OPEN"
    if status != "OPEN":
        raise Dhis2Refusal(409, f"Invalid status {status}, creating potential duplicate is allowed using: OPEN")
    pair = Pair(call.server.new_uid(), original, duplicate, "OPEN", now, now, me, me)
    pairs.put(pair)
    return Reply.json(pair.as_json())


@endpoints.add("PUT", "/api/potentialDuplicates/{uid}", SOURCE)
def set_status(call: Call) -> Reply:
    """Open a pair again, or say that it is none."""
    pair = _pair(call)
    call.required("status", "DeduplicationStatus")
    status = Parameters(call).one_of("status", STATUSES) or "OPEN"
    if status == "MERGED":
        raise bad_request("Can't update a potential duplicate to MERGED")
    if pair.status == "MERGED":
        raise bad_request("Can't update a potential duplicate that is already MERGED")
    _put(call, pair, status)
    return Reply(200)


@endpoints.add("POST", "/api/potentialDuplicates/{uid}/merge", SOURCE)
def merge(call: Call) -> Reply:
    """Merge the duplicate of a pair into its original: all of it, or what the body names."""
    pair = _pair(call)
    by_hand = Parameters(call).one_of("mergeStrategy", ("AUTO", "MANUAL")) == "MANUAL"
    original, duplicate = (found_entity(call, uid, None) for uid in (pair.original, pair.duplicate))
    run = Merge(call.server, call.user, original, duplicate)
    if by_hand:
        choice = _choice(json_object(call) if call.body.strip() else {})
        run.check(choice)
    else:
        choice = run.everything()
    run.run(choice)
    _put(call, pair, "MERGED")
    return Reply(200)


def _choice(body: Json) -> MergeChoice:
    parts = (body.get(key) or () for key in ("trackedEntityAttributes", "enrollments", "relationships"))
    return MergeChoice(*(frozenset(cast("list[str]", part)) for part in parts))


def _named(body: Json, key: str) -> str:
    uid = body.get(key)
    if uid is None:
        raise bad_request(f"Missing required input property '{key}'")
    if not isinstance(uid, str) or not UID.fullmatch(uid):
        raise Dhis2Refusal(
            400,
            f"JSON parse error: Cannot construct instance of `org.hisp.dhis.common.UID`, problem: {no_uid(str(uid))}",
        )
    return uid


def _pair(call: Call) -> Pair:
    uid = path_uid(call)
    pair = Pairs(call.server).get(uid)
    if pair is None:
        raise not_found("PotentialDuplicate", uid)
    return pair


def _put(call: Call, pair: Pair, status: str) -> None:
    changed = replace(pair, status=status, updated=call.server.now(), updated_by=call.user.username)
    Pairs(call.server).put(changed)
