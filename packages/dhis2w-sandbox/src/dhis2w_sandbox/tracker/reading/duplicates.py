"""`/api/potentialDuplicates`: tracked entities that may be the same, and their merge.

Source: `DeduplicationController` and `PotentialDuplicateRequestParams` of dhis2-core.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

from dhis2w_sandbox.bodies import json_object
from dhis2w_sandbox.call import SOURCE, Call, Reply
from dhis2w_sandbox.errors import Dhis2Refusal, bad_request, conflict, forbidden, not_found
from dhis2w_sandbox.routing import Endpoints
from dhis2w_sandbox.tracker.ownership import Scope
from dhis2w_sandbox.tracker.reading.choices import Choice
from dhis2w_sandbox.tracker.reading.duplicate_pairs import STATUSES, Merge, MergeChoice, Pair, Pairs
from dhis2w_sandbox.tracker.reading.paging import PAGE_SIZE, Paging, page_json, read_paging
from dhis2w_sandbox.tracker.reading.parameters import UID, Parameters, no_uid, path_uid
from dhis2w_sandbox.tracker.reading.sorting import in_order
from dhis2w_sandbox.tracker.reading.tracked_entities import found_entity
from dhis2w_sandbox.tracker.record_store import RecordStore
from dhis2w_sandbox.tracker.records import TrackedEntity

Json = dict[str, Any]

endpoints = Endpoints()

DEFAULT_FIELDS = "id,created,lastUpdated,original,duplicate,status"


@endpoints.add("GET", "/api/potentialDuplicates", SOURCE)
def potential_duplicates(call: Call) -> Reply:
    """List pairs, open ones if not said otherwise."""
    parameters = Parameters(call)
    paging = _paging(parameters)
    named = [uid for text in parameters.texts("trackedEntities") for uid in text.split(",")]
    entities = set(named if _of_41(call) else parameters.uids("trackedEntities"))
    status = parameters.one_of("status", STATUSES) or "OPEN"
    pairs = [
        pair
        for pair in Pairs(call.server).all()
        if status in {"ALL", pair.status} and (not entities or entities & {pair.original, pair.duplicate})
    ]
    rows = [pair.as_json() for pair in pairs]
    keys = [{**row, "uid": row["id"], "id": number} for number, row in enumerate(rows)]
    order = parameters.order()
    unknown = next((key.field for key in order if key.field not in _ORDERS), None)
    if unknown is not None:
        name = f"Unable to locate Attribute  with the the given name [{unknown}]"
        raise bad_request(f"{name} on this ManagedType [{_CLASS_41 if _of_41(call) else _CLASS}]", None)
    rows = [rows[key["id"]] for key in in_order(keys, order, lambda key, field: key[field])]
    choice = Choice.of(call, DEFAULT_FIELDS)
    shown = [choice.picked(row) for row in paging.cut(rows)]
    return Reply.json(page_json(call, "potentialDuplicates", shown, paging, len(rows)))


_CLASS_41 = "org.hisp.dhis.deduplication.PotentialDuplicate"
_CLASS = "org.hisp.dhis.tracker.deduplication.PotentialDuplicate"
_ORDERS = frozenset(
    [
        "id",
        "uid",
        "created",
        "lastUpdated",
        "createdByUserName",
        "lastUpdatedByUserName",
        "original",
        "duplicate",
        "status",
    ]
)


def _of_41(call: Call) -> bool:
    return call.server.behaviour.takes_old_tracker_parameters


def _paging(parameters: Parameters) -> Paging:
    """The page, never with totals; 2.41 takes any number for it, and leaves the pager out without showing more."""
    if not parameters.server.behaviour.takes_old_tracker_parameters:
        return read_paging(parameters, counts=False)
    on, skipped = parameters.flag("paging"), parameters.flag("skipPaging")
    if on is not None and on == skipped:
        text = "Paging can either be enabled or disabled. Prefer 'paging' as 'skipPaging' will be removed."
        raise bad_request(text)
    page, size = parameters.integer("page"), parameters.integer("pageSize")
    shows_pager = on if on is not None else not skipped
    positive = (page if page and page > 0 else 1), (size if size is not None and size >= 0 else PAGE_SIZE)
    return Paging(shows_pager, *positive, cuts=not skipped)


@endpoints.add("GET", "/api/potentialDuplicates/{uid}", SOURCE)
def potential_duplicate(call: Call) -> Reply:
    """Show a pair."""
    return Reply.json(_pair(call).as_json())


@endpoints.add("POST", "/api/potentialDuplicates", SOURCE)
def mark(call: Call) -> Reply:
    """Note that two tracked entities may be the same."""
    body, pairs, now, me = json_object(call), Pairs(call.server), call.server.now(), call.user.username
    original, duplicate = (_named(call, body, key) for key in ("original", "duplicate"))
    if _of_41(call):
        scope = Scope(call.server, call.user, RecordStore(call.server))
        for entity in [_entity_of_41(call, original), _entity_of_41(call, duplicate)]:
            if not scope.reads_entity(entity):
                raise forbidden(f"You don't have read access to '{entity.uid}'.")
    if pairs.has(original, duplicate):
        raise conflict(f"'{original}' and '{duplicate} is already marked as a potential duplicate")
    for uid in () if _of_41(call) else (original, duplicate):
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
    find = _entity_of_41 if _of_41(call) else found_entity
    original, duplicate = (find(call, uid, None) for uid in (pair.original, pair.duplicate))
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


def _entity_of_41(call: Call, uid: str, program: str | None = None) -> TrackedEntity:
    del program
    entity = RecordStore(call.server).tracked_entities.get(uid)
    if entity is None or entity.deleted:
        raise _lost(f"No tracked entity found with id '{uid}'.")
    return entity


def _lost(text: str) -> Dhis2Refusal:
    return Dhis2Refusal(404, text, "E1005")


def _named(call: Call, body: Json, key: str) -> str:
    uid = body.get(key)
    if uid is None:
        raise bad_request(f"Missing required input property '{key}'")
    if _of_41(call) and not UID.fullmatch(str(uid)):
        raise bad_request(f"'{uid}' is not valid value for property '{key}'")
    if not isinstance(uid, str) or not UID.fullmatch(uid):
        raise Dhis2Refusal(
            400,
            f"JSON parse error: Cannot construct instance of `org.hisp.dhis.common.UID`, problem: {no_uid(str(uid))}",
        )
    return uid


def _pair(call: Call) -> Pair:
    uid = call.parts["uid"] if _of_41(call) else path_uid(call)
    pair = Pairs(call.server).get(uid)
    if pair is None and _of_41(call):
        raise _lost(f"No potentialDuplicate records found with id '{uid}'.")
    if pair is None:
        raise not_found("PotentialDuplicate", uid)
    return pair


def _put(call: Call, pair: Pair, status: str) -> None:
    changed = replace(pair, status=status, updated=call.server.now(), updated_by=call.user.username)
    Pairs(call.server).put(changed)
