"""Relationships: what they may link, that they are never changed, and that they go with what they link."""

from typing import Any

import pytest
from looking import CLERK, hire_clerk, refused
from registering import CARE, PERSON, PUBLIC, UNIT, Registrar, codes, counts, person, warnings

Json = dict[str, Any]

SIBLING = "RelaSiblng1"


@pytest.fixture
def siblings(registrar: Registrar) -> Registrar:
    """Two persons, and a type that links such both ways."""
    end = {"relationshipEntity": "TRACKED_ENTITY_INSTANCE", "trackedEntityType": {"id": PERSON}}
    type = {
        "id": SIBLING,
        "name": "Sibling",
        "fromToName": "sibling of",
        "toFromName": "sibling of",
        "bidirectional": True,
        "fromConstraint": end,
        "toConstraint": end,
        "sharing": PUBLIC,
    }
    assert registrar.request("POST", "/api/metadata", {"relationshipTypes": [type]}).status == 200
    registrar.send(trackedEntities=[person(), person("PersonBob01")])
    return registrar


def _link(uid: str = "LinkFirst01", source: str = "PersonAnn01", target: str = "PersonBob01", **more: Any) -> Json:
    ends = {"from": {"trackedEntity": {"trackedEntity": source}}, "to": {"trackedEntity": {"trackedEntity": target}}}
    return {"relationship": uid, "relationshipType": SIBLING, **ends, **more}


def test_a_relationship_is_made_once_and_never_changed(siblings: Registrar) -> None:
    _, report = siblings.send(relationships=[_link()])
    assert counts(report) == (1, 0, 0, 0)
    _, report = siblings.send("reportMode=FULL", relationships=[_link()])
    assert (counts(report), warnings(report)) == ((0, 0, 0, 1), ["E4015"])


@pytest.mark.parametrize(
    ("row", "code"),
    [
        (_link(source="PersonBob01"), "E4000"),
        (_link(target="PersonNope1"), "E4012"),
        (_link(relationshipType="RelaNope001"), "E4006"),
        (_link(to=None), "E4001"),
        (_link(to={"event": {"event": "EventNope01"}}), "E4010"),
    ],
)
def test_what_may_not_be_linked(siblings: Registrar, row: Json, code: str) -> None:
    _, report = siblings.send(relationships=[row])
    assert codes(report) == [code]


def test_the_other_way_round_is_the_same_link(siblings: Registrar) -> None:
    siblings.send(relationships=[_link()])
    mirrored = _link("LinkSecond1", "PersonBob01", "PersonAnn01")
    _, report = siblings.send(relationships=[mirrored])
    assert codes(report) == ["E4018"]


def test_a_repetition_in_one_payload_is_dropped_without_a_word(siblings: Registrar) -> None:
    siblings.send(relationships=[_link(), _link("LinkSecond1", "PersonBob01", "PersonAnn01")])
    assert [row.uid for row in siblings.records.relationships.select()] == ["LinkFirst01"]


def test_a_relationship_goes_with_what_it_links(siblings: Registrar) -> None:
    siblings.send(relationships=[_link()])
    siblings.send("importStrategy=DELETE", trackedEntities=[{"trackedEntity": "PersonBob01"}])
    link = siblings.records.relationships.get("LinkFirst01")
    assert link is not None
    assert link.deleted
    _, report = siblings.send("importStrategy=DELETE", relationships=[_link()])
    assert codes(report) == ["E4017"]


def test_a_relationship_is_read_by_who_reads_its_type_and_its_sides(siblings: Registrar) -> None:
    """`RelationshipOperationParamsMapper` refuses with 403, `DefaultTrackerAccessManager.canRead` looks at the type."""
    siblings.send(relationships=[_link()])
    siblings.register("PersonCid01")
    hire_clerk(siblings, UNIT)
    root = "/api/tracker/relationships"
    store = siblings.sandbox.server.store
    program = store.get("program", CARE) or {}
    closed: Json = {**program["sharing"], "public": "--------"}
    assert siblings.request("GET", f"{root}/LinkFirst01", user=CLERK).status == 200
    type = store.get("relationshipType", SIBLING) or {}
    store.put("relationshipType", SIBLING, {**type, "sharing": {**type["sharing"], "public": "r-------"}})
    assert siblings.request("GET", f"{root}/LinkFirst01", user=CLERK).status in {403, 404}
    assert siblings.request("GET", f"{root}?trackedEntity=PersonAnn01", user=CLERK).parsed()["relationships"] == []
    store.put("program", CARE, {**program, "sharing": closed})
    denied = refused(siblings.request("GET", f"{root}?trackedEntity=PersonAnn01", user=CLERK))
    assert denied == (403, "User has no access to TrackedEntity:PersonAnn01")


def test_2_41_takes_the_former_name_of_a_tracked_entity(siblings: Registrar) -> None:
    """`RelationshipRequestParamsMapper`."""
    siblings.send(relationships=[_link()])
    reply = siblings.request("GET", "/api/tracker/relationships?tei=PersonAnn01")
    assert reply.status == (200 if siblings.sandbox.server.version == "v41" else 400)
