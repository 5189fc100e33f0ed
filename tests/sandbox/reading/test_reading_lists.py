"""Lists: order, query, pages and their links, parameters that are wrong, CSV, places in the hierarchy."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reader import ADMIN, Reader

from dhis2w_sandbox import Sandbox
from dhis2w_sandbox.call import Call
from dhis2w_sandbox.metadata.csv_lists import cell
from dhis2w_sandbox.metadata.java_order import hash_order, merged_order, text_hash
from dhis2w_sandbox.metadata.querying import ListParams, page_of, pager

Json = dict[str, Any]


@pytest.fixture
def stocked(read_each: Reader) -> Reader:
    """Four data elements whose names differ in case."""
    for uid, name in (
        ("dataElemen1", "beta"),
        ("dataElemen2", "Alpha"),
        ("dataElemen3", "Gamma"),
        ("x0000000004", "b"),
    ):
        read_each.put_element(uid, name=name, code=name.upper())
    return read_each


def test_a_list_without_fields_has_id_and_display_name(stocked: Reader) -> None:
    answer = stocked("/api/dataElements?filter=id:eq:dataElemen1")
    assert answer == {
        "pager": {"page": 1, "total": 1, "pageSize": 50, "pageCount": 1},
        "dataElements": [{"id": "dataElemen1", "displayName": "beta"}],
    }


def test_names_are_sorted_as_the_database_of_the_version_does(stocked: Reader) -> None:
    with_case = ["dataElemen2", "dataElemen3", "x0000000004", "dataElemen1"]
    without = ["dataElemen2", "x0000000004", "dataElemen1", "dataElemen3"]
    by_code_points = stocked.sandbox.server.behaviour.sorts_without_case_in_memory_only
    assert stocked.ids("/api/dataElements") == (with_case if by_code_points else without)
    assert stocked.ids("/api/dataElements?order=name:asc") == with_case
    assert stocked.ids("/api/dataElements?order=name:desc") == with_case[::-1]
    assert stocked.ids("/api/dataElements?order=displayName:iasc") == without


def test_an_unknown_sort_key_is_the_versions_business(stocked: Reader) -> None:
    reply = stocked.reply("/api/dataElements?order=nosuch:asc")
    assert reply.status == (400 if stocked.sandbox.server.behaviour.unknown_order_is_error else 200)


def test_a_query_looks_at_name_code_and_id(stocked: Reader) -> None:
    assert stocked.ids("/api/dataElements?query=ALPH") == ["dataElemen2"]
    assert stocked.ids("/api/dataElements?query=x0000000004") == ["x0000000004"]
    assert stocked.ids("/api/dataElements?query=GAMMA") == ["dataElemen3"]


@pytest.mark.parametrize("parameter", ["pageSize=many", "page=two", "paging=nonsense", "rootJunction=XOR"])
def test_a_malformed_parameter_is_refused_since_2_42(stocked: Reader, parameter: str) -> None:
    lenient = stocked.sandbox.server.behaviour.lenient_list_parameters
    assert stocked.reply(f"/api/dataElements?{parameter}").status == (200 if lenient else 400)


def test_a_page_beyond_the_end_is_empty_under_the_number_of_the_last(stocked: Reader) -> None:
    answer = stocked("/api/dataElements?pageSize=3&page=9")
    assert answer["dataElements"] == []
    assert answer["pager"]["page"] == 2
    assert answer["pager"]["prevPage"] == "http://h.example.org/api/dataElements?pageSize=3"


def test_a_page_of_nothing_and_of_less(stocked: Reader) -> None:
    answer = stocked("/api/dataElements?pageSize=0")
    assert (answer["dataElements"], answer["pager"]["pageSize"], answer["pager"]["pageCount"]) == ([], 1, 4)
    assert stocked("/api/dataElements?pageSize=-1")["message"] == "max-results cannot be negative"
    assert "pager" not in stocked("/api/dataElements?paging=false")


@given(total=st.integers(0, 60), size=st.integers(1, 20))
def test_pages_give_every_object_once(total: int, size: int) -> None:
    documents: list[Json] = [{"id": number} for number in range(total)]
    pages = range(1, total // size + 2)
    params = [ListParams([], [], page=page, page_size=size) for page in pages]
    assert [row for one in params for row in page_of(one, documents)] == documents


@given(total=st.integers(0, 60), size=st.integers(-3, 20), page=st.integers(-3, 90))
def test_a_pager_stays_within_its_bounds(total: int, size: int, page: int) -> None:
    call = _call()
    schema = call.server.schemas.by_singular["dataElement"]
    row = pager(call, schema, ListParams([], [], page=page, page_size=size), total)
    assert 1 <= row["page"] <= max(row["pageCount"], 1)
    assert row["pageCount"] * row["pageSize"] >= total
    assert ("nextPage" in row) == (row["page"] < row["pageCount"])
    assert ("prevPage" in row) == (row["page"] > 1)


_SANDBOX = Sandbox(42, empty=True)


def _call() -> Call:
    server = _SANDBOX.server
    path = "/api/dataElements"
    return Call(
        server=server,
        method="GET",
        path=path,
        raw_path=path,
        query=[],
        headers={},
        body=b"",
        base_url="http://h",
        suffix=None,
        parts={"type": "dataElements"},
        sender=server.user(ADMIN),
    )


def test_links_list_their_parameters_as_javas_maps_do() -> None:
    names = hash_order(["filter", "fields", "nosuchparam", "page", "pageSize"], text_hash)
    assert [name for name in names if not name.startswith("page")] == ["filter", "nosuchparam", "fields"]


@given(st.lists(st.text(max_size=12), unique=True, max_size=60))
def test_hash_order_loses_nothing(names: list[str]) -> None:
    assert sorted(hash_order(names, text_hash)) == sorted(names)
    assert hash_order(hash_order(names, text_hash), text_hash) == hash_order(names, text_hash)


def test_maps_are_put_into_one_as_small_as_the_first_allows() -> None:
    pages = [["anqaNum0000-202401-anqaA000000", "anqaNum0000-202402-anqaA000000", "anqaNum0000-202403-anqaA000000"]]
    pages += [[name.replace("anqaA", "anqaB") for name in pages[0]]]
    short = [name[12:24] for name in merged_order(pages, text_hash)]
    assert short == ["202403-anqaB", "202402-anqaB", "202402-anqaA", "202401-anqaB", "202401-anqaA", "202403-anqaA"]
    assert merged_order([[], ["b", "a"]], text_hash) == ["a", "b"]


def test_2_41_gives_sets_in_the_order_of_their_hashes(read_each: Reader) -> None:
    for number in (1, 2, 3):
        read_each.put_element(f"mfiDataElm{number}")
    members = [{"id": f"mfiDataElm{number}"} for number in (1, 2, 3)]
    read_each.put("dataElementGroup", "deGroup0001", dataElements=members)
    shown = read_each("/api/dataElementGroups/deGroup0001?fields=dataElements")["dataElements"]
    assert shown == (members[::-1] if read_each.sandbox.server.behaviour.sets_come_by_hash else members)


def test_a_type_that_may_not_be_read_is_forbidden(read: Reader) -> None:
    read.put_user("user0000001", "ada")
    schema = next(row for row in read.sandbox.server.schemas.all if row.authorities("READ") and row.endpoint)
    answer = read(f"/api{schema.endpoint}", "ada")
    assert (answer["httpStatusCode"], answer["errorCode"]) == (403, "E1006")


def test_default_objects_are_counted_but_not_listed(read: Reader) -> None:
    answer = read("/api/categoryCombos?fields=name&defaults=EXCLUDE")
    assert (answer["pager"]["total"], answer["categoryCombos"]) == (1, [])


def test_csv_has_a_column_for_what_is_simple(read: Reader) -> None:
    read.put_element("dataElemen1", name="Fever, high", code="DE_1")
    read.put("dataElementGroup", "deGroup0001", dataElements=[{"id": "dataElemen1"}])
    fields = "fields=id,name,zeroIsSignificant,categoryCombo,dataElementGroups"
    reply = read.reply(f"/api/dataElements.csv?{fields}")
    assert reply.body.decode().splitlines() == [
        "id,name,zeroIsSignificant,dataElementGroups",
        'dataElemen1,"Fever, high",,deGroup0001',
    ]
    other = read.reply(f"/api/dataElements?{fields}&skipHeader=true&separator=;", Accept="text/csv")
    assert other.body.decode() == '"dataElemen1";"Fever, high";;"deGroup0001"\n'


@given(st.text(max_size=40))
def test_a_csv_cell_can_be_read_back(text: str) -> None:
    shown = cell(text, ",")
    quoted = shown.startswith('"')
    assert (shown[1:-1].replace('""', '"') if quoted else shown) == text
    assert quoted or not set(text) & set(',"\n\r')


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("/orgUnit0001?includeChildren=true", ["orgUnit0001", "orgUnit0002", "orgUnit0004"]),
        ("/orgUnit0001/children", ["orgUnit0001", "orgUnit0002", "orgUnit0004"]),
        ("/orgUnit0001?includeDescendants=true", ["orgUnit0001", "orgUnit0002", "orgUnit0003", "orgUnit0004"]),
        ("/orgUnit0003?includeAncestors=true", ["orgUnit0001", "orgUnit0002", "orgUnit0003"]),
        ("/orgUnit0003/parents", ["orgUnit0001", "orgUnit0002"]),
        ("/orgUnit0001/parents", []),
        ("/orgUnit0001?level=2", ["orgUnit0003"]),
        ("/orgUnit0001?level=0", ["orgUnit0001"]),
        ("?level=2", ["orgUnit0002", "orgUnit0004"]),
        ("?maxLevel=1", ["orgUnit0001"]),
        ("?userOnly=true", ["orgUnit0002"]),
        ("?withinUserHierarchy=true", ["orgUnit0002", "orgUnit0003"]),
        ("?userDataViewFallback=true", ["orgUnit0001"]),
    ],
)
def test_units_are_listed_by_their_place(read_each: Reader, target: str, expected: list[str]) -> None:
    parents = {"orgUnit0001": None, "orgUnit0002": "orgUnit0001", "orgUnit0003": "orgUnit0002"}
    for uid, parent in {**parents, "orgUnit0004": "orgUnit0001"}.items():
        read_each.put("organisationUnit", uid, **({"parent": {"id": parent}} if parent else {}))
    read_each.put_user("user0000001", "ada", organisationUnits=[{"id": "orgUnit0002"}])
    assert sorted(read_each.ids(f"/api/organisationUnits{target}", "ada")) == expected


def test_units_with_a_geometry_are_geojson(read: Reader) -> None:
    point = {"type": "Point", "coordinates": [1.5, 2.5]}
    read.put("organisationUnit", "orgUnit0001", name="Root", code="OU_1")
    read.put("organisationUnit", "orgUnit0002", name="Child", parent={"id": "orgUnit0001"}, geometry=point)
    features = read("/api/organisationUnits.geojson?level=1&level=2")["features"]
    assert [row["id"] for row in features] == ["orgUnit0002"]
    assert features[0]["geometry"] == point
    assert features[0]["properties"]["parentGraph"] == "orgUnit0001"
