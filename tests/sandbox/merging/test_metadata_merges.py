"""Merging metadata: reports, refusals, and what refers to the sources afterwards."""

from typing import Any

import pytest
from country import errors_of, ids, load, merge, report_of, send, stored, uid

from dhis2w_sandbox import Sandbox

Json = dict[str, Any]

ONE, TWO, THREE = uid("one"), uid("two"), uid("three")


def _indicator_types(sandbox: Sandbox) -> None:
    load(
        sandbox,
        indicatorTypes=[{"id": name, "name": name, "factor": factor} for name, factor in ((ONE, 1), (TWO, 100))],
        indicators=[
            {
                "id": name,
                "name": name,
                "shortName": name,
                "indicatorType": {"id": ONE},
                "numerator": "1",
                "denominator": denominator,
            }
            for name, denominator in ((uid("first"), "1"), (uid("second"), f"N{{{uid('first')}}}"))
        ],
    )


def test_indicator_types(every: Sandbox) -> None:
    _indicator_types(every)
    reply = merge(every, "indicatorTypes", [ONE], TWO)
    name = "INDICATOR_TYPE" if every.server.version == "v41" else "IndicatorType"
    assert report_of(reply) == {
        "mergeErrors": [],
        "mergeType": name,
        "sourcesDeleted": [ONE],
        "message": f"{name} merge complete",
    }
    assert stored(every, "indicator", uid("first"))["indicatorType"] == {"id": TWO}
    assert every.server.store.get("indicatorType", ONE) is None


def test_indicators_are_renamed_in_expressions_and_favorites(every: Sandbox) -> None:
    _indicator_types(every)
    third, first = uid("third"), uid("first")
    load(
        every,
        indicators=[
            {
                "id": third,
                "name": "T",
                "shortName": "T",
                "indicatorType": {"id": ONE},
                "numerator": "1",
                "denominator": "1",
            }
        ],
        indicatorGroups=[{"id": uid("group"), "name": "G", "indicators": [{"id": first}, {"id": third}]}],
        visualizations=[
            {
                "id": uid("chart"),
                "name": "C",
                "type": "COLUMN",
                "dataDimensionItems": [{"dataDimensionItemType": "INDICATOR", "indicator": {"id": first}}],
            }
        ],
    )
    assert merge(every, "indicators", [first], third, deleteSources=False).status == 200
    assert stored(every, "indicator", uid("second"))["denominator"] == f"N{{{third}}}"
    assert ids(stored(every, "indicatorGroup", uid("group")), "indicators") == [third]
    items = stored(every, "visualization", uid("chart"))["dataDimensionItems"]
    assert items[0]["indicator"] == {"id": third}
    assert stored(every, "indicator", first)


def test_what_every_merge_asks_for(every: Sandbox) -> None:
    _indicator_types(every)
    old = every.server.version == "v41"
    missing = uid("missing")
    named: list[str | None] = [] if old else ["IndicatorType"]
    assert errors_of(merge(every, "indicatorTypes", [], TWO)) == [("E1530", named)]
    assert errors_of(merge(every, "indicatorTypes", [ONE], None)) == [("E1531", ["TARGET", None] if old else named)]
    assert errors_of(merge(every, "indicatorTypes", [ONE], ONE)) == [("E1532", named * 2)]
    assert errors_of(merge(every, "indicatorTypes", [missing], missing)) == [
        ("E1533", ["SOURCE", *named, missing]),
        ("E1533", ["TARGET", *named, missing]),
    ]
    assert stored(every, "indicator", uid("first"))["indicatorType"] == {"id": ONE}
    reply = merge(every, "indicatorTypes", ["short"], TWO)
    assert reply.status == 400
    assert "UID must be an alphanumeric string of 11 characters" in reply.parsed()["message"]


def test_a_merge_needs_its_authority(every: Sandbox) -> None:
    send(every, "POST", "/api/userRoles", {"id": uid("role"), "name": "R"})
    user = {"firstName": "A", "surname": "B", "username": "ada_l", "password": "Orange#Bicycle71"}
    send(every, "POST", "/api/users", {**user, "userRoles": [{"id": uid("role")}]})
    ada = "Basic YWRhX2w6T3JhbmdlI0JpY3ljbGU3MQ=="
    reply = send(every, "POST", "/api/indicators/merge", {}, authorization=ada)
    assert reply.status == 403
    assert reply.parsed()["message"].startswith("Access is denied")


def _element(name: str, **more: Any) -> Json:
    row = {"id": name, "name": name, "shortName": name, "valueType": "NUMBER", "domainType": "AGGREGATE"}
    return {**row, "aggregationType": "SUM", **more}


def _elements_of(data_set: Json) -> list[str]:
    return [row["dataElement"]["id"] for row in data_set["dataSetElements"]]


def test_data_elements(since_42: Sandbox) -> None:
    load(
        since_42,
        dataElements=[_element(ONE), _element(TWO), _element(THREE, valueType="TEXT")],
        dataElementGroups=[{"id": uid("group"), "name": "G", "shortName": "G", "dataElements": [{"id": ONE}]}],
        dataSets=[
            {
                "id": name,
                "name": name,
                "shortName": name,
                "periodType": "Monthly",
                "dataSetElements": [{"dataElement": {"id": element}} for element in elements],
            }
            for name, elements in ((uid("source"), [ONE]), (uid("both"), [ONE, TWO]))
        ],
    )
    assert errors_of(merge(since_42, "dataElements", [ONE], TWO)) == [("E1534", [])]
    strategy = {"dataMergeStrategy": "LAST_UPDATED"}
    assert errors_of(merge(since_42, "dataElements", [THREE], TWO, **strategy)) == [("E1550", ["NUMBER", "[TEXT]"])]
    assert merge(since_42, "dataElements", [ONE], TWO, dataMergeStrategy="KEEP").status == 400
    assert merge(since_42, "dataElements", [ONE], TWO, **strategy).status == 200
    assert ids(stored(since_42, "dataElementGroup", uid("group")), "dataElements") == [TWO]
    assert _elements_of(stored(since_42, "dataSet", uid("source"))) == [TWO]
    assert _elements_of(stored(since_42, "dataSet", uid("both"))) == [TWO]


def test_when_the_fate_of_data_is_asked_for(since_42: Sandbox) -> None:
    missing = ("E1533", ["SOURCE", "DataElement", ONE])
    load(since_42, dataElements=[_element(TWO)])
    assert errors_of(merge(since_42, "dataElements", [ONE], TWO)) == [missing]
    default = "HllvX50cXC0"
    found = errors_of(merge(since_42, "categoryOptionCombos", [ONE], default))
    assert [code for code, _ in found] == ["E1533", "E1534"]


def test_a_source_that_is_kept_stays_beside_the_target(since_42: Sandbox) -> None:
    load(
        since_42,
        dataElements=[_element(ONE), _element(TWO)],
        dataSets=[
            {
                "id": uid("both"),
                "name": "B",
                "shortName": "B",
                "periodType": "Monthly",
                "dataSetElements": [{"dataElement": {"id": ONE}}, {"dataElement": {"id": TWO}}],
            }
        ],
    )
    assert merge(since_42, "dataElements", [ONE], TWO, dataMergeStrategy="DISCARD", deleteSources=False).status == 200
    assert _elements_of(stored(since_42, "dataSet", uid("both"))) == [ONE, TWO]


def _category_model(sandbox: Sandbox) -> None:
    options = [uid("option1"), uid("option2")]
    every = [{"id": option} for option in options]
    load(
        sandbox,
        organisationUnits=[{"id": uid("unit"), "name": "U", "shortName": "U", "openingDate": "2020-01-01"}],
        categoryOptions=[
            {"id": options[0], "name": "O1", "shortName": "O1"},
            {"id": options[1], "name": "O2", "shortName": "O2", "organisationUnits": [{"id": uid("unit")}]},
        ],
        categories=[
            {
                "id": name,
                "name": name,
                "shortName": name,
                "dataDimensionType": "DISAGGREGATION",
                "categoryOptions": every,
            }
            for name in (uid("cat1"), uid("cat2"))
        ],
        categoryCombos=[
            {"id": name, "name": name, "dataDimensionType": "DISAGGREGATION", "categories": [{"id": category}]}
            for name, category in ((uid("combo1"), uid("cat1")), (uid("combo2"), uid("cat2")))
        ],
        categoryOptionCombos=[
            {
                "id": uid(f"{combo}coc{number}"),
                "name": f"{combo} {number}",
                "categoryCombo": {"id": uid(combo)},
                "categoryOptions": [{"id": option}],
            }
            for combo in ("combo1", "combo2")
            for number, option in enumerate(options, 1)
        ],
        dataElements=[_element(uid("element"), categoryCombo={"id": uid("combo2")})],
    )


def test_category_options_take_units_along(since_42: Sandbox) -> None:
    _category_model(since_42)
    assert merge(since_42, "categoryOptions", [uid("option2")], uid("option1")).status == 200
    assert ids(stored(since_42, "categoryOption", uid("option1")), "organisationUnits") == [uid("unit")]
    assert ids(stored(since_42, "category", uid("cat1")), "categoryOptions") == [uid("option1")]
    combo = stored(since_42, "categoryOptionCombo", uid("combo1coc2"))
    assert ids(combo, "categoryOptions") == [uid("option1")]


def test_the_default_option_is_never_merged(since_42: Sandbox) -> None:
    _category_model(since_42)
    assert merge(since_42, "categoryOptions", ["xYerKDKCefk"], uid("option1")).status == 501
    assert stored(since_42, "categoryOption", "xYerKDKCefk")


def test_categories_and_combinations_become_one_and_leave_duplicates(since_43: Sandbox) -> None:
    _category_model(since_43)
    assert merge(since_43, "categories", [uid("cat2")], uid("cat1")).status == 200
    assert ids(stored(since_43, "categoryCombo", uid("combo2")), "categories") == [uid("cat1")]
    reply = merge(since_43, "categoryCombos", [uid("combo2")], uid("combo1"))
    assert report_of(reply)["message"].endswith("data integrity check `category_option_combos_have_duplicates`")
    assert stored(since_43, "dataElement", uid("element"))["categoryCombo"] == {"id": uid("combo1")}
    one, other = uid("combo1coc1"), uid("combo2coc1")
    assert stored(since_43, "categoryOptionCombo", other)["categoryCombo"] == {"id": uid("combo1")}
    strategy = {"dataMergeStrategy": "DISCARD", "deleteSources": False}
    assert errors_of(merge(since_43, "categoryOptionCombos", [uid("combo1coc2")], one, **strategy)) == [("E1540", [])]
    assert report_of(merge(since_43, "categoryOptionCombos", [other], one, **strategy))["sourcesDeleted"] == [other]
    assert since_43.server.store.get("categoryOptionCombo", other) is None


def test_what_categories_and_combinations_refuse(since_43: Sandbox) -> None:
    _category_model(since_43)
    combos = merge(since_43, "categoryCombos", [uid("combo2")], uid("combo1"))
    assert errors_of(combos) == [("E1545", [uid("combo2"), uid("cat2")])]
    load(
        since_43,
        categories=[
            {
                "id": uid("cat3"),
                "name": "C3",
                "shortName": "C3",
                "dataDimensionType": "DISAGGREGATION",
                "categoryOptions": [{"id": uid("option1")}],
            }
        ],
        categoryCombos=[
            {
                "id": uid("combo3"),
                "name": "B3",
                "dataDimensionType": "DISAGGREGATION",
                "categories": [{"id": uid("cat1")}, {"id": uid("cat2")}],
            }
        ],
    )
    different = merge(since_43, "categories", [uid("cat3")], uid("cat1"))
    assert errors_of(different) == [("E1535", [uid("option1"), f"{uid('option1')}, {uid('option2')}"])]
    assert errors_of(merge(since_43, "categories", [uid("cat2")], uid("cat1"))) == [("E1536", [uid("combo3")])]
    every = [{"id": uid("option1")}, {"id": uid("option2")}]
    cat4 = {"id": uid("cat4"), "name": "C4", "shortName": "C4", "categoryOptions": every}
    load(since_43, categories=[{**cat4, "dataDimensionType": "DISAGGREGATION"}])
    shared = merge(since_43, "categories", [uid("cat1"), uid("cat2")], uid("cat4"))
    assert errors_of(shared) == [("E1537", [f"[{uid('combo3')}]"])]


def test_odd_option_combinations_are_in_the_way_of_merging_combinations(since_43: Sandbox) -> None:
    _category_model(since_43)
    merge(since_43, "categories", [uid("cat2")], uid("cat1"))
    load(since_43, categoryOptions=[{"id": uid("option3"), "name": "O3", "shortName": "O3"}])
    odd = stored(since_43, "categoryOptionCombo", uid("combo2coc1"))
    both = {**odd, "categoryOptions": [{"id": uid("option1")}, {"id": uid("option3")}]}
    since_43.server.store.put("categoryOptionCombo", odd["id"], both)
    assert errors_of(merge(since_43, "categoryCombos", [uid("combo2")], uid("combo1"))) == [
        ("E1546", ["1", "2", uid("combo2coc1")]),
        ("E1547", [uid("option3")]),
    ]


def test_duplicates_are_in_the_way_of_merging_combinations(since_43: Sandbox) -> None:
    _category_model(since_43)
    merge(since_43, "categories", [uid("cat2")], uid("cat1"))
    combo = stored(since_43, "categoryOptionCombo", uid("combo2coc1"))
    twin = {**combo, "id": uid("twin"), "name": "twin"}
    since_43.server.store.put("categoryOptionCombo", twin["id"], twin)
    found = errors_of(merge(since_43, "categoryCombos", [uid("combo2")], uid("combo1")))
    assert found == [("E1548", ["combo2 1", uid("combo2")]), ("E1548", ["twin", uid("combo2")])]


@pytest.mark.parametrize("plural", ["dataElements", "categoryOptions", "categories", "categoryCombos"])
def test_41_merges_neither_data_elements_nor_categories(plural: str) -> None:
    with Sandbox(41, empty=True) as sandbox:
        assert merge(sandbox, plural, [ONE], TWO).status == 405
