"""`POST /api/metadata`: strategies, modes, references, and what is told of them."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest
from writer import Writer, element

GROUP = {"id": "impDeGroup1", "name": "Group", "shortName": "Group"}


def stats(answer: dict[str, Any]) -> dict[str, int]:
    return {key: value for key, value in answer["response"]["stats"].items() if value}


def test_references_within_a_payload_need_no_order(admin_of_each: Writer) -> None:
    group = {**GROUP, "dataElements": [{"id": "impElement1"}]}
    answer = admin_of_each.write(
        "POST", "/api/metadata", {"dataElementGroups": [group], "dataElements": [element("impElement1")]}
    )
    assert stats(answer) == {"created": 2, "total": 2}
    stored = admin_of_each.get("/api/dataElementGroups/impDeGroup1?fields=dataElements")
    assert stored == {"dataElements": [{"id": "impElement1"}]}


def test_one_wrong_object_keeps_all_out(admin: Writer) -> None:
    wrong = element("impElement2", categoryCombo={"id": "nowhereComb"})
    errors = admin.refused("POST", "/api/metadata", {"dataElements": [element("impElement1"), wrong]})
    assert errors == [("E5002", "categoryCombo")]
    assert admin.server.store.all("dataElement") == []


def test_without_atomicity_the_good_ones_stay(admin: Writer) -> None:
    status, answer = admin.json(
        "POST", "/api/metadata?atomicMode=NONE", {"dataElements": [element("impElement1"), {"id": "impElement2"}]}
    )
    assert (status, stats(answer)) == (409, {"created": 1, "ignored": 1, "total": 2})
    assert [row["id"] for row in admin.server.store.all("dataElement")] == ["impElement1"]


def test_a_dry_run_stores_nothing(admin_of_each: Writer) -> None:
    answer = admin_of_each.write(
        "POST", "/api/metadata?importMode=VALIDATE", {"dataElements": [element("impElement1")]}
    )
    assert stats(answer) == {"created": 1, "total": 1}
    assert admin_of_each.server.store.all("dataElement") == []


def test_a_failure_in_the_middle_gives_everything_back(admin: Writer) -> None:
    """A required reference that is not there is found by the database, after other objects were written."""
    rows = [element("impElement1"), element("impElement2", categoryCombo={"id": "nowhereComb"})]
    status, answer = admin.json("POST", "/api/metadata?atomicMode=NONE", {"dataElements": rows})
    assert status == 409
    assert answer["message"].startswith("org.hibernate.PropertyValueException")
    assert admin.server.store.all("dataElement") == []


@pytest.mark.parametrize("strategy", ["NEW", "UPDATES", "SYNC", "DELETES", "NEW_AND_UPDATES"])
def test_strategies_without_checks_fail_as_they_do_in_dhis2(admin_of_each: Writer, strategy: str) -> None:
    target = f"/api/metadata?importStrategy={strategy}"
    assert admin_of_each.send("POST", target, {"dataElements": [element("impElement1")]}).status == 500


def test_an_update_replaces_the_whole_object_but_not_its_origin(admin_of_each: Writer) -> None:
    admin_of_each.write("POST", "/api/dataElements", element("impElement1", description="words", code="C"))
    before = admin_of_each.get("/api/dataElements/impElement1?fields=:owner")
    admin_of_each.write("PUT", "/api/dataElements/impElement1", element("impElement1", name="New"))
    after = admin_of_each.get("/api/dataElements/impElement1?fields=:owner")
    assert "description" not in after
    assert "code" not in after
    assert after["name"] == "New"
    assert after["created"] == before["created"]


def test_by_code_in_the_version_where_it_works(admin_of_each: Writer) -> None:
    admin_of_each.write("POST", "/api/constants", {"id": "impConstan1", "name": "C", "shortName": "C", "code": "PI"})
    change = {"code": "PI", "name": "Changed", "shortName": "C", "value": 3}
    answer = admin_of_each.write("POST", "/api/metadata?identifier=CODE", {"constants": [change]})
    assert stats(answer) == {"updated": 1, "total": 1}
    assert admin_of_each.get("/api/constants/impConstan1?fields=name,value") == {"name": "Changed", "value": 3.0}


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"name": "x" * 231}, [("E4001", "name")]),
        ({"id": "short"}, [("E4002", "id"), ("E4014", None)]),
        ({"shortName": ""}, [("E4000", "shortName")]),
        ({"url": "gopher://x"}, [("E4004", "url")]),
        ({"legendSets": [{"id": "nowhereLegS"}]}, [("E5002", "legendSets")]),
        ({"translations": [{"locale": "fr", "property": "NAME"}]}, [("E4000", None)]),
        ({"attributeValues": [{"attribute": {"id": "nowhereAttr"}, "value": "1"}]}, [("E5002", None), ("E6012", None)]),
    ],
)
def test_what_a_data_element_is_refused_for(
    admin: Writer, values: dict[str, Any], expected: list[tuple[str, str | None]]
) -> None:
    assert admin.refused("POST", "/api/metadata", {"dataElements": [element("impElement1", **values)]}) == expected


def test_unique_values_count_in_the_store_and_in_the_payload(admin: Writer) -> None:
    admin.write("POST", "/api/dataElements", element("impElement1", code="C"))
    rows = [element("impElement2", code="C"), element("impElement3", code="D"), element("impElement4", code="D")]
    assert admin.refused("POST", "/api/metadata", {"dataElements": rows}) == [("E5003", "code"), ("E5003", "code")]


def test_attribute_values_are_checked_by_the_attribute(admin_of_each: Writer) -> None:
    attribute = {"name": "N", "valueType": "INTEGER", "dataElementAttribute": True, "unique": True, "mandatory": True}
    admin_of_each.write("POST", "/api/attributes", {"id": "impAttribu1", **attribute})

    def values(value: str) -> dict[str, Any]:
        return {"attributeValues": [{"attribute": {"id": "impAttribu1"}, "value": value}]}

    assert admin_of_each.refused("POST", "/api/dataElements", element("impElement1")) == [("E4011", "value")]
    assert admin_of_each.refused("POST", "/api/dataElements", element("impElement1", **values("x"))) == [
        ("E6006", None)
    ]
    admin_of_each.write("POST", "/api/dataElements", element("impElement1", **values("7")))
    assert admin_of_each.refused("POST", "/api/dataElements", element("impElement2", **values("7"))) == [
        ("E4009", "value")
    ]


def test_bodies_may_be_packed_and_may_be_csv(admin_of_each: Writer) -> None:
    packed = gzip.compress(json.dumps({"dataElements": [element("impElement1")]}).encode())
    assert admin_of_each.send("POST", "/api/metadata", packed).status == 200
    table = b"name,uid,code,shortName\nFrom a table,impElement2,T,Table\n"
    target = "/api/metadata?classKey=DATA_ELEMENT"
    assert admin_of_each.send("POST", target, table, "application/csv").status == 200
    stored = admin_of_each.get("/api/dataElements/impElement2?fields=name,code,valueType")
    assert stored == {"name": "From a table", "code": "T", "valueType": "INTEGER"}


def test_a_job_tells_its_story_and_its_result(admin_of_each: Writer) -> None:
    answer = admin_of_each.write("POST", "/api/metadata?async=true", {"dataElements": [element("impElement1")]})
    job = answer["response"]["id"]
    story: Any = admin_of_each.get(answer["response"]["relativeNotifierEndpoint"])
    assert story[0]["completed"] is True
    assert story[0]["message"].startswith("Import complete with status OK, 1 created")
    summary = admin_of_each.get(f"/api/system/taskSummaries/METADATA_IMPORT/{job}")
    assert summary["stats"]["created"] == 1


def test_what_the_sender_may_not_create_or_change(admin_of_each: Writer) -> None:
    admin_of_each.write("POST", "/api/dataElements", element("impElement1"))
    reader = admin_of_each.another("reader")
    rows = {"dataElements": [element("impElement1"), element("impElement2")]}
    assert reader.refused("POST", "/api/metadata", rows) == [("E3001", None), ("E3000", None)]


def test_organisation_units_come_in_any_order(admin_of_each: Writer) -> None:
    child = {"id": "impOrgUnit2", "name": "C", "shortName": "C", "openingDate": "2020-01-01"}
    root = {"id": "impOrgUnit1", "name": "R", "shortName": "R", "openingDate": "2020-01-01"}
    rows = [{**child, "parent": {"id": "impOrgUnit1"}}, root]
    admin_of_each.write("POST", "/api/metadata", {"organisationUnits": rows})
    stored = admin_of_each.get("/api/organisationUnits/impOrgUnit2?fields=path,level,parent")
    assert stored == {"path": "/impOrgUnit1/impOrgUnit2", "level": 2, "parent": {"id": "impOrgUnit1"}}
