"""Reading lists and objects."""

from __future__ import annotations

import json

import pytest

from dhis2w_client import BadRequestError, InvalidRequestError, ObjectNotFoundError, where
from dhis2w_client.sync import Dhis2Client
from tests.contract.place import Place

TYPES = {"a": "NUMBER", "b": "TEXT", "c": "NUMBER", "d": "INTEGER", "e": "TEXT"}


@pytest.fixture
def elements(client: Dhis2Client, place: Place) -> dict[str, str]:
    """Five data elements: UID by the text in their names."""
    rows = {text: place.element(text, valueType=type, aggregationType="NONE") for text, type in TYPES.items()}
    client.data_elements.create_many(rows.values())
    return {text: str(row["id"]) for text, row in rows.items()}


def test_three_depths(client: Dhis2Client, elements: dict[str, str]) -> None:
    read = client.data_elements.get
    assert read(elements["a"], fields="id").to_dict() == {"id": elements["a"]}
    combo = read(elements["a"], fields="categoryCombo[id,name]").to_dict()["categoryCombo"]
    assert combo["name"] == "default"
    deep = read(elements["a"], fields="categoryCombo[categories[categoryOptions[name]]]").to_dict()
    assert deep == {"categoryCombo": {"categories": [{"categoryOptions": [{"name": "default"}]}]}}


def test_filters_and_order(client: Dhis2Client, place: Place, elements: dict[str, str]) -> None:
    def found(*filters: object, order: str = "name:asc") -> str:
        mine = [where("name").starts_with(place.mark), *map(str, filters)]
        listed = client.data_elements.list(filters=mine, order=order, fields="id,name")
        return "".join((element.name or "")[-1] for element in listed)

    assert found() == "abcde"
    assert found(order="name:desc") == "edcba"
    assert found(where("name").eq(place.name("b"))) == "b"
    assert found(where("name").eq(place.name("B"))) == ""
    assert found(where("name").ieq(place.name("B"))) == "b"
    assert found(where("name").ilike(place.name("C"))) == "c"
    assert found(where("valueType").is_in(["TEXT", "INTEGER"])) == "bde"
    assert found(where("id").eq(elements["d"])) == "d"
    assert found("description:null") == "abcde"
    assert found(where("code").gt(place.name("c"))) == "de"
    assert found(where("categoryCombo.name").eq("default"), where("valueType").ne("TEXT")) == "acd"


def test_one_of_several_conditions(client: Dhis2Client, place: Place, elements: dict[str, str]) -> None:
    either = [where("name").eq(place.name("a")), where("id").eq(elements["e"])]
    listed = client.data_elements.list(filters=either, root_junction="OR", fields="id", order="name")
    assert [element.id for element in listed] == [elements["a"], elements["e"]]


def test_a_query_looks_into_names(client: Dhis2Client, place: Place, elements: dict[str, str]) -> None:
    assert client.data_elements.count(query=place.mark.upper()) == len(elements)


def test_pages(client: Dhis2Client, place: Place, elements: dict[str, str]) -> None:
    mine = where("name").starts_with(place.mark)
    page = client.data_elements.list(page=2, page_size=2, filters=mine, order="name", fields="id")
    assert [element.id for element in page] == [elements["c"], elements["d"]]
    assert page.pager
    assert (page.pager.page, page.pager.page_size, page.pager.total, page.pager.page_count) == (2, 2, 5, 3)
    assert client.data_elements.count(filters=mine) == 5
    assert client.data_elements.list(page=9, page_size=2, filters=mine) == []


def test_walks_see_every_object_once(client: Dhis2Client, place: Place, elements: dict[str, str]) -> None:
    mine = where("name").starts_with(place.mark)
    walked = [element.id for element in client.data_elements.iterate(filters=mine, page_size=2)]
    # the order of the database, whose rules for letters differ
    assert sorted(str(uid) for uid in walked) == sorted(elements.values())
    rows = client.data_elements.rows(filters=mine, page_size=2, order="name:desc", fields="id")
    assert [row["id"] for row in rows] == [elements[text] for text in "edcba"]
    with client.data_elements.stream(filters=mine, fields="id", order="name") as pieces:
        streamed = json.loads(b"".join(pieces))
    assert streamed["dataElements"] == [{"id": elements[text]} for text in "abcde"]


def test_the_comma_trap(client: Dhis2Client, place: Place) -> None:
    place.create_element("one, two")
    place.create_element("one")
    with_comma = where("name").eq(place.name("one, two"))
    if client.dialect.splits_filters_at_commas:
        with pytest.raises(InvalidRequestError):
            client.data_elements.list(filters=with_comma)
        assert client.data_elements.count(filters=where("name").like(place.name("one"))) == 2
    else:
        assert client.data_elements.count(filters=with_comma) == 1


def test_what_a_filter_cannot_be(client: Dhis2Client) -> None:
    for filter in ("nosuch:eq:1", "name:zz:1", "created:ge:not a date", "valueType:eq:text"):
        with pytest.raises(BadRequestError):
            client.data_elements.list(filters=filter)


def test_unknown_fields_are_left_out(client: Dhis2Client, elements: dict[str, str]) -> None:
    assert client.data_elements.get(elements["a"], fields="id,nosuch").to_dict() == {"id": elements["a"]}


def test_an_object_that_is_not_there(client: Dhis2Client, place: Place) -> None:
    uid = str(place.element("never made")["id"])
    with pytest.raises(ObjectNotFoundError) as refused:
        client.data_elements.get(uid)
    assert (refused.value.status, refused.value.code) == (404, "E1005")
    assert uid in str(refused.value)


def test_models_keep_all_that_came(client: Dhis2Client, elements: dict[str, str]) -> None:
    for fields in ("*", ":owner", ":all,categoryCombo[*]"):
        sent = client.get(f"dataElements/{elements['a']}", params={"fields": fields})
        assert client.data_elements.get(elements["a"], fields=fields).to_dict() == sent
        assert client.data_elements.get(elements["a"], fields=fields, validate=True).to_dict() == sent


def test_the_gist_of_a_list(client: Dhis2Client, place: Place, elements: dict[str, str]) -> None:
    asked = {"filter": f"name:startsWith:{place.mark}", "fields": "id,name", "order": "name"}
    answer = client.get("dataElements/gist", params=asked)
    assert isinstance(answer, dict)
    assert answer["dataElements"] == [{"id": elements[text], "name": place.name(text)} for text in "abcde"]
    headless = client.get("dataElements/gist", params=asked | {"headless": True})
    assert headless == answer["dataElements"]
    assert client.get(f"dataElements/{elements['b']}/gist", params={"fields": "id,valueType"}) == {
        "id": elements["b"],
        "valueType": "TEXT",
    }


def test_lists_are_the_same_from_either_backend(client: Dhis2Client, place: Place, elements: dict[str, str]) -> None:
    mine = where("name").starts_with(place.mark)
    listed = [
        client.data_elements.list(filters=mine, order="name", fields="id,name", params=params)
        for params in (None, {"gist": client.dialect.answers_lists_by_gist})
    ]
    assert [element.id for element in listed[0]] == list(elements.values())
    assert listed[0] == listed[1]
