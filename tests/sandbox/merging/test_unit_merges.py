"""Merging and splitting organisation units: who belongs to them afterwards."""

from typing import Any

import pytest
from country import ids, load, send, stored, uid

from dhis2w_sandbox import Sandbox
from dhis2w_sandbox.call import Reply

Json = dict[str, Any]

ROOT, NORTH, SOUTH, CLINIC, EAST = (uid(name) for name in ("root", "north", "south", "clinic", "east"))


def _unit(name: str, parent: str | None = None) -> Json:
    row = {"id": name, "name": name, "shortName": name, "openingDate": "2020-01-01"}
    return {**row, **({"parent": {"id": parent}} if parent else {})}


@pytest.fixture
def units(every: Sandbox) -> Sandbox:
    held = [{"id": NORTH}, {"id": SOUTH}]
    load(
        every,
        organisationUnits=[
            _unit(ROOT),
            _unit(NORTH, ROOT),
            _unit(SOUTH, ROOT),
            _unit(EAST, ROOT),
            _unit(CLINIC, NORTH),
        ],
        organisationUnitGroups=[{"id": uid("group"), "name": "G", "shortName": "G", "organisationUnits": held}],
        dataSets=[
            {
                "id": uid("set"),
                "name": "S",
                "shortName": "S",
                "periodType": "Monthly",
                "organisationUnits": [{"id": NORTH}],
            }
        ],
    )
    admin = stored(every, "user", "M5zQapPyTZI")
    every.server.store.put("user", admin["id"], {**admin, "teiSearchOrganisationUnits": held})
    return every


def _merge(sandbox: Sandbox, **body: Any) -> Reply:
    return send(sandbox, "POST", "/api/organisationUnits/merge", body)


def _split(sandbox: Sandbox, **body: Any) -> Reply:
    return send(sandbox, "POST", "/api/organisationUnits/split", body)


def _refusal(reply: Reply) -> str:
    assert (reply.status, reply.parsed()["status"]) == (409, "ERROR")
    return reply.parsed()["errorCode"]


def test_what_belongs_to_the_sources_moves(units: Sandbox) -> None:
    reply = _merge(units, sources=[NORTH, SOUTH], target=EAST)
    assert (reply.status, reply.parsed()["message"]) == (200, "Organisation units merged")
    assert ids(stored(units, "organisationUnitGroup", uid("group")), "organisationUnits") == [EAST]
    assert ids(stored(units, "dataSet", uid("set")), "organisationUnits") == [EAST]
    assert ids(stored(units, "user", "M5zQapPyTZI"), "teiSearchOrganisationUnits") == [EAST]
    path = send(units, "GET", f"/api/organisationUnits/{CLINIC}?fields=path").parsed()["path"]
    assert path == f"/{ROOT}/{EAST}/{CLINIC}"
    assert units.server.store.get("organisationUnit", NORTH) is None


def test_limits_of_values_go_in_a_merge_and_move_in_a_split(units: Sandbox) -> None:
    def limit(name: str, unit: str) -> None:
        units.server.store.put("minMaxDataElement", name, {"id": name, "source": {"id": unit}})

    limit(uid("limit1"), NORTH)
    limit(uid("limit2"), SOUTH)
    _merge(units, sources=[NORTH], target=EAST)
    assert units.server.store.get("minMaxDataElement", uid("limit1")) is None
    _split(units, source=SOUTH, targets=[EAST, CLINIC], primaryTarget=CLINIC)
    assert stored(units, "minMaxDataElement", uid("limit2"))["source"] == {"id": CLINIC}


def test_sources_may_be_kept(units: Sandbox) -> None:
    assert _merge(units, sources=[NORTH], target=EAST, deleteSources=False).status == 200
    assert stored(units, "organisationUnit", NORTH)
    assert ids(stored(units, "organisationUnitGroup", uid("group")), "organisationUnits") == [SOUTH, EAST]


def test_a_unit_cannot_be_merged_into_what_is_below_it(units: Sandbox) -> None:
    assert _refusal(_merge(units, sources=[NORTH], target=CLINIC)) == "E1504"


def test_bad_bodies_of_merges(units: Sandbox) -> None:
    assert _refusal(_merge(units)) == "E1500"
    assert _refusal(_merge(units, sources=[NORTH])) == "E1501"
    assert _refusal(_merge(units, sources=[NORTH], target=uid("nowhere"))) == "E1501"
    assert _refusal(_merge(units, sources=[NORTH], target=NORTH)) == "E1502"
    assert _refusal(_merge(units, sources=[uid("nowhere")], target=NORTH)) == "E1503"
    assert _merge(units, sources=[NORTH], target=SOUTH, dataValueMergeStrategy="KEEP").status == 400


def test_a_split_gives_children_to_the_primary_target_and_the_rest_to_all(units: Sandbox) -> None:
    reply = _split(units, source=NORTH, targets=[SOUTH, EAST], primaryTarget=EAST)
    assert (reply.status, reply.parsed()["message"]) == (200, "Organisation unit split")
    assert stored(units, "organisationUnit", CLINIC)["parent"] == {"id": EAST}
    assert set(ids(stored(units, "dataSet", uid("set")), "organisationUnits")) == {SOUTH, EAST}
    assert units.server.store.get("organisationUnit", NORTH) is None


def test_the_first_target_is_primary_where_none_is_named(units: Sandbox) -> None:
    assert _split(units, source=NORTH, targets=[SOUTH, EAST], deleteSource=False).status == 200
    assert stored(units, "organisationUnit", CLINIC)["parent"] == {"id": SOUTH}
    assert stored(units, "organisationUnit", NORTH)


def test_bad_bodies_of_splits(units: Sandbox) -> None:
    assert _refusal(_split(units)) == "E1510"
    assert _refusal(_split(units, source=NORTH, targets=[EAST])) == "E1511"
    assert _refusal(_split(units, source=NORTH, targets=[EAST, NORTH])) == "E1512"
    assert _refusal(_split(units, source=NORTH, targets=[EAST, SOUTH], primaryTarget=uid("nowhere"))) == "E1513"
    assert _refusal(_split(units, source=NORTH, targets=[EAST, SOUTH], primaryTarget=CLINIC)) == "E1514"
    assert _refusal(_split(units, source=NORTH, targets=[EAST, uid("nowhere")])) == "E1515"
    assert _refusal(_split(units, source=NORTH, targets=[EAST, CLINIC])) == "E1516"
