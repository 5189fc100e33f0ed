"""The gist API: columns, transforms, links, pages, filters."""

from typing import Any

import pytest
from reader import Reader

from dhis2w_sandbox.metadata.gist import GistField, parse_field


@pytest.fixture
def stocked(read_each: Reader) -> Reader:
    """Three data elements, two of them in a group."""
    for number, name in enumerate(("Fever", "Cough", "Pain"), 1):
        read_each.put_element(f"dataElemen{number}", name=name, code=f"DE_{number}")
    members = [{"id": "dataElemen1"}, {"id": "dataElemen2"}]
    read_each.put("dataElementGroup", "deGroup0001", name="Group", dataElements=members)
    return read_each


def test_fields_are_split_outside_brackets() -> None:
    assert parse_field("groups[id,name::rename(label)]") == [
        GistField(("groups", "id"), "groups.id"),
        GistField(("groups", "name"), "groups.label"),
    ]
    assert parse_field("groups~member(abc)@rename(x)") == [GistField(("groups",), "x", "member", "abc")]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ("name", "Fever"),
        ("id,code", {"id": "dataElemen1", "code": "DE_1"}),
        ("id,description", {"id": "dataElemen1"}),
        ("id,categoryCombo", {"id": "dataElemen1", "categoryCombo": "bjDvmb4bfuf"}),
        ("id,categoryCombo[name]", {"id": "dataElemen1", "categoryCombo": {"name": "default"}}),
        ("id,dataElementGroups::ids", {"id": "dataElemen1", "dataElementGroups": ["deGroup0001"]}),
        ("dataElementGroups::id-objects", [{"id": "deGroup0001"}]),
        ("dataElementGroups::size,id", {"dataElementGroups": 1, "id": "dataElemen1"}),
        ("dataElementGroups::isNotEmpty", True),
        ("dataElementGroups::member(deGroup0001)", True),
        ("dataElementGroups.name", ["Group"]),
        ("name::rename(label),id", {"label": "Fever", "id": "dataElemen1"}),
    ],
)
def test_a_gist_has_what_is_asked_for(stocked: Reader, fields: str, expected: Any) -> None:
    assert stocked(f"/api/dataElements/dataElemen1/gist?fields={fields}&references=false") == expected


def test_a_gist_links_to_what_it_leaves_out(stocked: Reader) -> None:
    shown = stocked("/api/dataElements/dataElemen1/gist?fields=id,categoryCombo,dataElementGroups")
    assert shown["dataElementGroups"] == ["deGroup0001"]
    assert shown["apiEndpoints"] == {
        "categoryCombo": "/categoryCombos/bjDvmb4bfuf/gist",
        "dataElementGroups": "/dataElements/dataElemen1/dataElementGroups/gist",
    }
    absolute = stocked("/api/dataElements/dataElemen1/gist?fields=id,categoryCombo&absoluteUrls=true")
    assert absolute["apiEndpoints"]["categoryCombo"].startswith("http://h.example.org/api/categoryCombos/")


def test_a_list_has_a_pager_that_counts_on_demand(stocked: Reader) -> None:
    answer = stocked("/api/dataElements/gist?fields=name&pageSize=2&order=name")
    assert answer["dataElements"] == ["Cough", "Fever"]
    assert answer["pager"]["nextPage"].endswith("page=2")
    counted = stocked("/api/dataElements/gist?fields=name&pageSize=2&totalPages=true&page=2")
    assert (counted["pager"]["total"], counted["pager"]["pageCount"]) == (3, 2)
    assert "nextPage" not in counted["pager"]
    beyond = stocked("/api/dataElements/gist?fields=name&page=9")
    assert (beyond["dataElements"], beyond["pager"]["page"]) == ([], 9)
    assert ("nextPage" in beyond["pager"]) is stocked.sandbox.server.behaviour.gist_always_names_next_page
    assert stocked("/api/dataElements/gist?fields=name&headless=true&filter=code:eq:DE_3") == ["Pain"]


def test_the_members_of_a_list_and_the_others(stocked: Reader) -> None:
    members = "/api/dataElementGroups/deGroup0001/dataElements/gist?fields=id"
    assert stocked(members)["dataElements"] == ["dataElemen1", "dataElemen2"]
    assert stocked(f"{members}&inverse=true")["dataElements"] == ["dataElemen3"]
    assert stocked("/api/dataElementGroups/deGroup0001/nosuch/gist")["message"] == "No such property: nosuch"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("name:LIKE:o", ["dataElemen2"]),
        ("name~startsWith~fe", ["dataElemen1"]),
        ("code:in:[DE_1,DE_3]", ["dataElemen1", "dataElemen3"]),
        ("dataElementGroups:in:[deGroup0001]", ["dataElemen1", "dataElemen2"]),
        ("dataElementGroups:empty", ["dataElemen3"]),
        ("canWrite", None),
    ],
)
def test_filters_take_other_separators_and_any_case(stocked: Reader, text: str, expected: list[str] | None) -> None:
    answer = stocked(f"/api/dataElements/gist?fields=id&filter={text}")
    assert answer.get("dataElements") == expected
    assert expected is not None or answer["httpStatusCode"] == 400


def test_everything_is_shorter_in_a_list_than_alone(stocked: Reader) -> None:
    listed = stocked("/api/dataElements/gist")["dataElements"][0]
    alone = stocked("/api/dataElements/dataElemen1/gist")
    assert listed["dataElementGroups"] == 1
    assert alone["dataElementGroups"] == ["deGroup0001"]
    assert "sharing" not in alone


def test_a_gist_of_nothing_is_not_found(stocked: Reader) -> None:
    assert stocked.reply("/api/dataElements/nothing0001/gist").status == 404
    assert stocked.reply("/api/dataElements/gist?fields=nosuch").status == 400
    assert stocked.reply("/api/dataElements/gist?describe=true").status == 501


@pytest.mark.parametrize(
    ("query", "bridged"),
    [
        ("fields=id,name", True),
        ("fields=id,displayName,categoryCombo[name]&filter=name:like:e&order=name", True),
        ("", False),
        ("fields=*", False),
        ("fields=id,dataElementGroups[id]&filter=name:token:e", False),
        ("fields=id&order=name:iasc", False),
        ("fields=id&query=Fever", False),
        ("fields=id&paging=false", False),
        ("fields=id&gist=false", False),
    ],
)
def test_plain_lists_are_answered_by_the_gist_api_since_2_44(stocked: Reader, query: str, bridged: bool) -> None:
    answer = stocked(f"/api/dataElements?{query}")
    assert answer.get("gist", False) is (bridged and stocked.sandbox.server.behaviour.bridges_lists_to_gist)
    assert all("id" in row for row in answer["dataElements"])
    assert not answer.get("gist") or list(answer) == ["pager", "gist", "dataElements"]
