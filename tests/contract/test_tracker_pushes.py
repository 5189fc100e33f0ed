"""Tracker pushed with every strategy, at once and as jobs; relationships; lists as models, rows and pages; duplicates.

Pairs that may be duplicates stay on a server for ever, as DHIS2 deletes none; these are merged or dismissed, and named
at the end of a run.
Evidence: recordings `tracker/modes-and-refusals`, `tracker/async`, `tracker/relationships`, `tracker/working-lists`,
`tracker/export-events`; `TrackerImportController`, `DeduplicationController`.
"""

from __future__ import annotations

from typing import Any

import pytest

from dhis2w_client import BadRequestError, ConflictError, InvalidRequestError, ObjectNotFoundError
from dhis2w_client.metadata import new_uid
from dhis2w_client.sync import Dhis2Client
from dhis2w_client.tracker import PushOptions
from tests.contract.ground import Ground
from tests.contract.place import Row
from tests.contract.server import Server
from tests.contract.test_tracker import DAY, ids, register

# strategies as jobs: each is begun up to 20 seconds after it was asked for, one at a time
pytestmark = pytest.mark.timeout(1800)


def person(ground: Ground, name: str, uid: str = "") -> Row:
    return {
        "trackedEntity": uid or new_uid(),
        "trackedEntityType": ground.person,
        "orgUnit": ground.here,
        "attributes": [{"attribute": ground.name, "value": name}],
    }


def name_of(client: Dhis2Client, uid: object) -> str | None:
    """The name of somebody; None where there is nobody."""
    try:
        found = client.tracker.tracked_entities.get(str(uid), fields="attributes")
    except ObjectNotFoundError:
        return None
    return next((each.value for each in found.attributes or []), None)


@pytest.mark.parametrize("background", [False, True], ids=["at-once", "job"])
def test_each_strategy_does_what_it_says(client: Dhis2Client, ground: Ground, background: bool) -> None:
    first, second = person(ground, "Ada"), person(ground, "Eve")

    def push(strategy: Any, *people: Row) -> tuple[int, int, int, int, set[str | None]]:
        options = PushOptions(strategy=strategy, partial=True)
        report = client.tracker.push({"trackedEntities": list(people)}, options, background=background)
        counts = report.counts
        codes = {row.code for row in report.errors}
        return counts.created, counts.updated, counts.deleted, counts.ignored, codes

    assert push("CREATE", first) == (1, 0, 0, 0, set())
    assert push("CREATE", first, second) == (1, 0, 0, 1, {"E1002"})
    assert push("UPDATE", person(ground, "Bea", str(first["trackedEntity"]))) == (0, 1, 0, 0, set())
    assert push("UPDATE", person(ground, "Nobody")) == (0, 0, 0, 1, {"E1063"})
    third = person(ground, "Ida")
    assert push("CREATE_AND_UPDATE", first, third) == (1, 1, 0, 0, set())
    assert [name_of(client, row["trackedEntity"]) for row in (first, second, third)] == ["Ada", "Eve", "Ida"]
    gone = [{"trackedEntity": row["trackedEntity"]} for row in (first, second)]
    assert push("DELETE", *gone) == (0, 0, 2, 0, set())
    assert [name_of(client, row["trackedEntity"]) for row in (first, second, third)] == [None, None, "Ida"]


@pytest.mark.parametrize("background", [False, True], ids=["at-once", "job"])
def test_all_is_refused_or_only_what_is_wrong(client: Dhis2Client, ground: Ground, background: bool) -> None:
    good, bad = person(ground, "Ada"), person(ground, "Eve") | {"orgUnit": "nOtKnown001"}
    payload = {"trackedEntities": [good, bad]}
    with pytest.raises(ConflictError) as refused:
        client.tracker.push(payload, background=background)
    assert [(row.code, row.uid) for row in refused.value.rows] == [("E1049", bad["trackedEntity"])]
    tried = client.tracker.push({"trackedEntities": [good]}, PushOptions(dry_run=True), background=background)
    assert tried.errors == ()
    assert name_of(client, good["trackedEntity"]) is None
    partly = client.tracker.push(payload, PushOptions(partial=True), background=background)
    assert [(row.code, row.uid) for row in partly.errors] == [("E1049", bad["trackedEntity"])]
    assert name_of(client, good["trackedEntity"]) == "Ada"


def test_what_has_no_uid_gets_it_here_and_is_made_once(worker: Dhis2Client, ground: Ground) -> None:
    named = person(ground, "Ada")
    del named["trackedEntity"]
    report = worker.tracker.push({"trackedEntities": [named]})
    (uid,) = report.uids["trackedEntities"]
    again = worker.tracker.push(report.sent)
    assert (report.counts.created, again.counts.created, again.counts.updated) == (1, 0, 1)
    assert again.uids["trackedEntities"] == [uid]


def test_somebody_is_enrolled_later_and_again_after_the_first_time(worker: Dhis2Client, ground: Ground) -> None:
    tracker = worker.tracker
    entity = tracker.register(ground.person, ground.here, {ground.name: "Ada"}).uids["trackedEntities"][0]
    uid = new_uid()
    for _ in range(2):
        tracker.enrol(entity, ground.program, ground.here, enrolled_at=DAY, occurred_at=DAY, uid=uid)
    with pytest.raises(ConflictError) as twice:
        tracker.enrol(entity, ground.program, ground.here, enrolled_at=DAY, occurred_at=DAY)
    assert {row.code for row in twice.value.rows} == {"E1015"}
    tracker.enrollments.patch(uid, {"status": "COMPLETED"})
    tracker.enrol(entity, ground.program, ground.here, enrolled_at=DAY, occurred_at=DAY)
    where: dict[str, Any] = {"tracked_entities": entity, "program": ground.program, "org_unit_mode": "ACCESSIBLE"}
    assert sorted(row.status or "" for row in tracker.enrollments.iterate(**where)) == ["ACTIVE", "COMPLETED"]


def test_every_list_is_read_as_models_rows_and_pages(worker: Dhis2Client, ground: Ground) -> None:
    tracker = worker.tracker
    people = [ids(register(worker, ground, f"List {number}")) for number in range(3)]
    for _, enrollment in people:
        tracker.add_event(ground.program, ground.stage, ground.here, enrollment=enrollment, occurred_at=DAY)
    links = [link(ground, people[0][0], other) for other, _ in people[1:]]
    tracker.push({"relationships": links})
    inside: dict[str, Any] = {"program": ground.program, "org_units": ground.root, "org_unit_mode": "DESCENDANTS"}
    lists: list[tuple[Any, str, dict[str, Any]]] = [
        (tracker.tracked_entities, "trackedEntity", inside),
        (tracker.enrollments, "enrollment", inside),
        (tracker.events, "event", inside),
        (tracker.relationships, "relationship", {"tracked_entities": people[0][0]}),
    ]
    for read, key, where in lists:
        rows = [row[key] for row in read.rows(page_size=2, **where)]
        assert len(rows) == len(set(rows)) == read.count(**where) >= len(links), key
        assert [getattr(model, key) for model in read.iterate(page_size=2, **where)] == rows, key
        pages = [read.page(number, page_size=2, total=True, order=["createdAt:asc"], **where) for number in (1, 2)]
        assert pages[0].pager.total == len(rows), key
        together = [getattr(model, key) for page in pages for model in page]
        assert len(together) == len(set(together)) == min(4, len(rows)), key
        assert getattr(read.get(rows[0]), key) == rows[0]
        with read.stream(**where) as pieces:
            content = b"".join(pieces).decode()
        assert all(uid in content for uid in rows), key


def link(ground: Ground, first: str, second: str) -> Row:
    return {
        "relationship": new_uid(),
        "relationshipType": ground.link,
        "from": {"trackedEntity": {"trackedEntity": first}},
        "to": {"trackedEntity": {"trackedEntity": second}},
    }


def test_relationships_are_made_once_read_and_deleted(worker: Dhis2Client, ground: Ground) -> None:
    tracker = worker.tracker
    first, second = (ids(register(worker, ground, name))[0] for name in ("Ada", "Eve"))
    made = link(ground, first, second)
    assert tracker.push({"relationships": [made]}).counts.created == 1
    again = tracker.push({"relationships": [made]}, PushOptions(partial=True))
    assert again.counts.created == 0
    (found,) = tracker.relationships.iterate(tracked_entities=second, fields="*")
    assert (found.relationship, found.relationshipType) == (made["relationship"], ground.link)
    with pytest.raises(InvalidRequestError):
        tracker.relationships.patch(str(made["relationship"]), {})
    assert tracker.relationships.delete(str(made["relationship"])).counts.deleted == 1
    with pytest.raises(ObjectNotFoundError):
        tracker.relationships.get(str(made["relationship"]))


def test_a_pair_is_flagged_and_merged_or_dismissed(server: Server, worker: Dhis2Client, ground: Ground) -> None:
    pairs = worker.tracker.duplicates
    uids = [worker.tracker.push({"trackedEntities": [person(ground, name)]}) for name in ("Ada", "Ada", "Eve")]
    first, second, other = (report.uids["trackedEntities"][0] for report in uids)
    same, apart = pairs.flag(first, second), pairs.flag(first, other)
    server.left.extend(("potentialDuplicates", str(pair.id)) for pair in (same, apart))
    with pytest.raises(ConflictError):
        pairs.flag(second, first)
    with pytest.raises(InvalidRequestError):
        pairs.flag(first, first)
    assert {pair.id for pair in pairs.list(tracked_entities=[first])} == {same.id, apart.id}
    with pytest.raises(ConflictError):
        pairs.merge(str(apart.id))
    pairs.dismiss(str(apart.id))
    pairs.merge(str(same.id))
    assert (name_of(worker, first), name_of(worker, second)) == ("Ada", None)
    told = {pair.id: pair.status for pair in pairs.list(tracked_entities=[first], status="ALL")}
    assert told == {same.id: "MERGED", apart.id: "INVALID"}
    assert pairs.list(tracked_entities=[first]) == []
    with pytest.raises(BadRequestError):
        pairs.dismiss(str(same.id))


def test_an_owner_hands_over_once(worker: Dhis2Client, ground: Ground) -> None:
    entity, _ = ids(register(worker, ground))
    worker.tracker.transfer(entity, ground.program, ground.there)
    if worker.dialect.checks_new_owners:
        with pytest.raises(BadRequestError):
            worker.tracker.transfer(entity, ground.program, ground.there)
    worker.tracker.transfer(entity, ground.program, ground.here)
    found = worker.tracker.tracked_entities.get(entity, program=ground.program, fields="programOwners")
    assert [owner.orgUnit for owner in found.programOwners or []] == [ground.here]
