"""Pairs of entities that may be the same, and their merge."""

from typing import Any

from looking import CLERK, get, hire_clerk, refused, register_two
from registering import CARE, OTHER, ROOT, UNIT, Registrar, enrollment, person

from dhis2w_sandbox import Sandbox

PAIRS = "/api/potentialDuplicates"


def _pair(registrar: Registrar, original: str = "PersonAnn01", duplicate: str = "PersonBob01") -> str:
    reply = registrar.request("POST", PAIRS, {"original": original, "duplicate": duplicate})
    assert reply.status == 200, reply.body
    return reply.parsed()["id"]


def test_a_pair_is_listed_while_it_is_open(registrar: Registrar) -> None:
    register_two(registrar)
    uid = _pair(registrar)
    rows = get(registrar, f"{PAIRS}?fields=id,status").parsed()["potentialDuplicates"]
    assert rows == [{"id": uid, "status": "OPEN"}]
    assert registrar.request("PUT", f"{PAIRS}/{uid}?status=INVALID").status == 200
    assert get(registrar, PAIRS).parsed()["potentialDuplicates"] == []
    assert get(registrar, f"{PAIRS}/{uid}").parsed()["status"] == "INVALID"


def test_a_pair_is_noted_once_whichever_way_round(registrar: Registrar) -> None:
    register_two(registrar)
    _pair(registrar)
    reply = registrar.request("POST", PAIRS, {"original": "PersonBob01", "duplicate": "PersonAnn01"})
    assert reply.status == 409


def test_two_in_one_program_are_not_merged_by_themselves(registrar: Registrar) -> None:
    register_two(registrar)
    uid = _pair(registrar)
    status, text = refused(registrar.request("POST", f"{PAIRS}/{uid}/merge"))
    assert (status, text.endswith("Both entities enrolled in the same program.")) == (409, True)


def test_a_merge_moves_what_the_original_has_not(registrar: Registrar) -> None:
    registrar.send(trackedEntities=[person("PersonAnn01")])
    twin = person("PersonAnn02", orgUnit=OTHER, enrollments=[enrollment("EnrollAnn02")])
    twin["attributes"].append({"attribute": "AttrNumber1", "value": "7"})
    registrar.send(trackedEntities=[twin])
    uid = _pair(registrar, duplicate="PersonAnn02")
    assert registrar.request("POST", f"{PAIRS}/{uid}/merge").status == 200
    fields = "fields=attributes[value],enrollments[enrollment]"
    merged = get(registrar, f"/api/tracker/trackedEntities/PersonAnn01?{fields}").parsed()
    assert sorted(row["value"] for row in merged["attributes"]) == ["7", "Ann"]
    assert merged["enrollments"] == [{"enrollment": "EnrollAnn02"}]
    assert get(registrar, "/api/tracker/trackedEntities/PersonAnn02").status == 404
    assert get(registrar, f"{PAIRS}/{uid}").parsed()["status"] == "MERGED"


def test_a_merge_by_hand_moves_what_is_named(registrar: Registrar) -> None:
    register_two(registrar)
    uid = _pair(registrar)
    merge = f"{PAIRS}/{uid}/merge?mergeStrategy=MANUAL"
    status, text = refused(registrar.request("POST", merge, {"trackedEntityAttributes": ["AttrAge0001"]}))
    assert (status, text) == (409, "Merging conflict: Duplicate has no attribute 'AttrAge0001'.")
    assert registrar.request("POST", merge, {"trackedEntityAttributes": ["AttrName001"]}).status == 200
    merged = get(registrar, "/api/tracker/trackedEntities/PersonAnn01?fields=attributes[value]").parsed()
    assert merged["attributes"] == [{"value": "Bob"}]


def test_a_merge_is_in_the_change_log_of_the_original(registrar: Registrar) -> None:
    """`HibernatePotentialDuplicateStore.moveTrackedEntityAttributeValues`."""
    store = registrar.sandbox.server.store
    type = store.get("trackedEntityType", "TypePerson1") or {}
    store.put("trackedEntityType", type["id"], {**type, "allowAuditLog": True, "enableChangeLog": True})
    register_two(registrar)
    uid = _pair(registrar)
    chosen = {"trackedEntityAttributes": ["AttrName001", "AttrNumber1"]}
    assert registrar.request("POST", f"{PAIRS}/{uid}/merge?mergeStrategy=MANUAL", chosen).status == 200
    logs = get(registrar, "/api/tracker/trackedEntities/PersonAnn01/changeLogs").parsed()["changeLogs"]
    changes = [(row["type"], row["change"]["attributeValue"]) for row in logs[:2]]
    renamed = {"attribute": "AttrName001", "previousValue": "Ann", "currentValue": "Bob"}
    assert ("UPDATE", renamed) in changes
    assert ("CREATE", {"attribute": "AttrNumber1", "currentValue": "7"}) in changes


def test_who_may_not_write_a_program_moves_no_enrollment_of_it(registrar: Registrar) -> None:
    """`DeduplicationHelper.getUserAccessErrors`."""
    registrar.send(trackedEntities=[person("PersonAnn01")])
    registrar.send(trackedEntities=[person("PersonAnn02", enrollments=[enrollment("EnrollAnn02")])])
    hire_clerk(registrar, ROOT)
    uid = _pair(registrar, duplicate="PersonAnn02")
    store = registrar.sandbox.server.store
    program = store.get("program", CARE) or {}
    sharing: dict[str, Any] = {**program["sharing"], "public": "rwr-----"}
    store.put("program", CARE, {**program, "sharing": sharing})
    told = refused(registrar.request("POST", f"{PAIRS}/{uid}/merge", user=CLERK))
    assert told == (403, "Insufficient access: Missing data write access to one or more Programs.")


def test_links_that_go_both_ways_are_the_same_either_way(registrar: Registrar) -> None:
    """`DeduplicationHelper.isSameRelationship`."""
    end: dict[str, Any] = {"relationshipEntity": "TRACKED_ENTITY_INSTANCE", "trackedEntityType": {"id": "TypePerson1"}}
    siblings: dict[str, Any] = {"id": "RelaSibling", "name": "Siblings", "fromToName": "a", "toFromName": "b"}
    both: dict[str, Any] = {"bidirectional": True, "fromConstraint": end, "toConstraint": end}
    sharing = {"sharing": {"public": "rwrw----"}}
    made = registrar.request("POST", "/api/metadata", {"relationshipTypes": [{**siblings, **both, **sharing}]})
    assert made.status == 200, made.body
    registrar.send(trackedEntities=[person("PersonAnn01"), person("PersonAnn02"), person("PersonBob01")])

    def link(uid: str, source: str, target: str) -> dict[str, Any]:
        ends = {
            "from": {"trackedEntity": {"trackedEntity": source}},
            "to": {"trackedEntity": {"trackedEntity": target}},
        }
        return {"relationship": uid, "relationshipType": "RelaSibling", **ends}

    links = [link("LinkAnnBob1", "PersonAnn01", "PersonBob01"), link("LinkBobAnn2", "PersonBob01", "PersonAnn02")]
    assert registrar.send(relationships=links)[0] == 200
    uid = _pair(registrar, duplicate="PersonAnn02")
    merge = f"{PAIRS}/{uid}/merge?mergeStrategy=MANUAL"
    told = refused(registrar.request("POST", merge, {"relationships": ["LinkBobAnn2"]}))
    same = "Invalid relationship 'LinkBobAnn2'. A similar relationship already exists on original."
    assert told == (409, f"Merging conflict: {same}")


def test_pairs_are_sorted_by_what_they_have(registrar: Registrar) -> None:
    """`HibernatePotentialDuplicateStore`: `id` is the number of the row, and nobody counts the pages."""
    registrar.send(trackedEntities=[person("PersonAnn01"), person("PersonAnn02"), person("PersonBob01")])
    first, second = _pair(registrar), _pair(registrar, "PersonAnn02")
    for order, uids in (("id:desc", [second, first]), ("uid", sorted([first, second])), ("original", [first, second])):
        rows = get(registrar, f"{PAIRS}?fields=id&order={order}").parsed()["potentialDuplicates"]
        assert [row["id"] for row in rows] == uids
    assert "total" not in get(registrar, f"{PAIRS}?totalPages=true").parsed()["pager"]
    status, text = refused(get(registrar, f"{PAIRS}?order=name"))
    assert (status, text.startswith("Unable to locate Attribute  with the the given name [name]")) == (400, True)


def test_refusals_of_pairs_in_41() -> None:
    """`DeduplicationController` of 2.41: `getTrackedEntity`, `canReadTrackedEntity`, `checkValidTrackedEntity`."""
    with Sandbox("v41", empty=True) as sandbox:
        registrar = Registrar.of(sandbox)
        register_two(registrar)
        hire_clerk(registrar, UNIT)

        def noted(original: str, duplicate: str, user: str = "admin") -> tuple[int, str]:
            body = {"original": original, "duplicate": duplicate}
            return refused(registrar.request("POST", PAIRS, body, user=user))

        assert noted("PersonAnn01", "nobody") == (400, "'nobody' is not valid value for property 'duplicate'")
        assert noted("PersonAnn01", "PersonZoe01") == (404, "No tracked entity found with id 'PersonZoe01'.")
        assert noted("PersonAnn01", "PersonBob01", CLERK) == (403, "You don't have read access to 'PersonBob01'.")
        assert refused(get(registrar, f"{PAIRS}/x")) == (404, "No potentialDuplicate records found with id 'x'.")
        assert refused(get(registrar, f"{PAIRS}?paging=true&skipPaging=true"))[0] == 400
        _pair(registrar)
        _pair(registrar, "PersonAnn01", "PersonAnn01")
        shown = get(registrar, f"{PAIRS}?paging=false&pageSize=1").parsed()
        assert (list(shown), len(shown["potentialDuplicates"])) == (["potentialDuplicates"], 1)
        assert len(get(registrar, f"{PAIRS}?skipPaging=true&pageSize=1").parsed()["potentialDuplicates"]) == 2
