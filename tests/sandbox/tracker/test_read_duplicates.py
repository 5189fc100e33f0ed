"""Pairs of entities that may be the same, and their merge."""

from looking import get, refused, register_two
from registering import OTHER, Registrar, enrollment, person

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
