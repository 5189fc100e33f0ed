"""Favorites as their endpoints take them: axes that become what a favorite owns, and come back."""

from __future__ import annotations

from typing import Any

import pytest
from writer import Json, Writer, element

UNIT = {"id": "favOrgUnit1", "name": "Here", "shortName": "Here", "openingDate": "2020-01-01"}
OPTION = {"id": "favCatOpti1", "name": "Female", "shortName": "Female"}
PROGRAM = {"id": "favProgram1", "name": "P", "shortName": "P", "programType": "WITHOUT_REGISTRATION"}


@pytest.fixture
def country(admin_of_each: Writer) -> Writer:
    """With something for each kind of dimension."""
    data_set = {"id": "favDataSet1", "name": "Forms", "shortName": "Forms", "periodType": "Monthly"}
    category = {"id": "favCategor1", "name": "Sex", "shortName": "Sex", "dataDimensionType": "DISAGGREGATION"}
    payload = {
        "dataElements": [element("favElement1"), element("favElement2", domainType="TRACKER")],
        "dataSets": [data_set],
        "organisationUnits": [UNIT],
        "organisationUnitGroups": [{"id": "favOuGroup1", "name": "Clinics", "shortName": "Clinics"}],
        "categoryOptions": [OPTION],
        "categories": [{**category, "categoryOptions": [{"id": "favCatOpti1"}]}],
        "programs": [PROGRAM],
        "programStages": [{"id": "favProStag1", "name": "S", "program": {"id": "favProgram1"}}],
    }
    admin_of_each.write("POST", "/api/metadata", payload)
    return admin_of_each


def axis(name: str, *items: str, **rest: Any) -> Json:
    return {"dimension": name, "items": [{"id": item} for item in items], **rest}


SHOWN = ",".join(f"{axis}[id,items[dimensionItem,name]]" for axis in ("columns", "rows", "filters"))
AXES: Json = {
    "columns": [
        axis("dx", "favElement1", "favDataSet1.ACTUAL_REPORTS", "nowhere0001"),
        axis("favCategor1", "favCatOpti1"),
    ],
    "rows": [axis("ou", "favOrgUnit1", "USER_ORGUNIT_CHILDREN", "LEVEL-2", "OU_GROUP-favOuGroup1")],
    "filters": [axis("pe", "202401", "LAST_12_MONTHS")],
}


def stored(writer: Writer, type: str, uid: str) -> Json:
    document = writer.server.store.get(type, uid)
    assert document
    return document


def shape(axes: list[Json]) -> list[tuple[str, list[str]]]:
    return [(row["id"], [item["dimensionItem"] for item in row["items"]]) for row in axes]


def test_the_axes_become_what_a_visualization_owns(country: Writer) -> None:
    country.write("POST", "/api/visualizations", {"id": "favVisuali1", "name": "V", "type": "COLUMN", **AXES})
    document = stored(country, "visualization", "favVisuali1")
    assert document["columnDimensions"] == ["dx", "favCategor1"]
    assert [row["dataDimensionItemType"] for row in document["dataDimensionItems"]] == [
        "DATA_ELEMENT",
        "REPORTING_RATE",
    ]
    assert document["organisationUnits"] == [{"id": "favOrgUnit1"}]
    assert (document["organisationUnitLevels"], document["userOrganisationUnitChildren"]) == ([2], True)
    assert [row["id"] for row in document["periods"]] == ["202401"]
    assert document["rawPeriods"] == ["202401", "LAST_12_MONTHS"]
    assert document["categoryDimensions"][0]["categoryOptions"] == [{"id": "favCatOpti1"}]


def test_the_axes_come_back(country: Writer) -> None:
    country.write("POST", "/api/visualizations", {"id": "favVisuali1", "name": "V", "type": "COLUMN", **AXES})
    shown = country.get(f"/api/visualizations/favVisuali1?fields={SHOWN}")
    assert shape(shown["columns"]) == [
        ("dx", ["favElement1", "favDataSet1.ACTUAL_REPORTS"]),
        ("favCategor1", ["favCatOpti1"]),
    ]
    assert shown["columns"][0]["items"][1]["name"] == "Forms - Actual reports"
    assert set(shape(shown["rows"])[0][1]) == {
        "favOrgUnit1",
        "USER_ORGUNIT_CHILDREN",
        "LEVEL-2",
        "OU_GROUP-favOuGroup1",
    }
    assert shape(shown["filters"]) == [("pe", ["202401", "LAST_12_MONTHS"])]


def test_the_endpoint_keeps_nothing_beside_the_axes(country: Writer) -> None:
    """What an import of metadata takes as it comes."""
    item = {"dataDimensionItemType": "DATA_ELEMENT", "dataElement": {"id": "favElement1", "name": "x"}}
    body = {
        "id": "favVisuali1",
        "name": "V",
        "type": "COLUMN",
        "dataDimensionItems": [item],
        "columnDimensions": ["dx"],
    }
    country.write("POST", "/api/visualizations", body)
    document = stored(country, "visualization", "favVisuali1")
    assert (document["dataDimensionItems"], document["columnDimensions"]) == ([], [])
    country.write("POST", "/api/metadata", {"visualizations": [{**body, "filters": AXES["filters"]}]})
    document = stored(country, "visualization", "favVisuali1")
    assert document["dataDimensionItems"] == [
        {"dataDimensionItemType": "DATA_ELEMENT", "dataElement": {"id": "favElement1"}}
    ]
    assert document["rawPeriods"] == ["202401", "LAST_12_MONTHS"]


def test_a_put_replaces_the_dimensions(country: Writer) -> None:
    body = {"id": "favVisuali1", "name": "V", "type": "COLUMN"}
    country.write("POST", "/api/visualizations", {**body, **AXES})
    country.write("PUT", "/api/visualizations/favVisuali1", {**body, "columns": [axis("dx", "favElement1")]})
    document = stored(country, "visualization", "favVisuali1")
    assert (document["columnDimensions"], document["rowDimensions"], document["organisationUnits"]) == (["dx"], [], [])


def test_the_layers_of_a_map_have_axes(country: Writer) -> None:
    layer = {"layer": "thematic1", **AXES}
    country.write("POST", "/api/maps", {"id": "favMap00001", "name": "M", "mapViews": [layer]})
    (shown,) = country.get(f"/api/maps/favMap00001?fields=mapViews[{SHOWN}]")["mapViews"]
    assert shape(shown["columns"])[0] == ("dx", ["favElement1", "favDataSet1.ACTUAL_REPORTS"])
    assert shape(shown["filters"]) == [("pe", ["202401", "LAST_12_MONTHS"])]


def test_events_have_simple_dimensions_and_repetitions(country: Writer) -> None:
    stage = {"programStage": {"id": "favProStag1"}}
    columns = [
        axis("favElement2", filter="GT:3", repetition={"indexes": [1, 0]}, **stage),
        axis("eventDate", "LAST_12_MONTHS"),
    ]
    body = {"id": "favEvtVisu1", "name": "E", "type": "LINE_LIST", "program": {"id": "favProgram1"}, "columns": columns}
    country.write("POST", "/api/eventVisualizations", body)
    document = stored(country, "eventVisualization", "favEvtVisu1")
    assert document["columnDimensions"] == ["favProgram1.favProStag1.favElement2", "eventDate"]
    (row,) = document["dataElementDimensions"]
    assert (row["dataElement"], row["programStage"], row["filter"]) == (
        {"id": "favElement2"},
        {"id": "favProStag1"},
        "GT:3",
    )
    assert document["simpleDimensions"] == [
        {"parent": "COLUMN", "dimension": "eventDate", "values": ["LAST_12_MONTHS"]}
    ]
    (repetition,) = document["repetitions"]
    assert (repetition["program"], repetition["indexes"]) == ("favProgram1", [1, 0])


def test_an_item_goes_with_its_object(country: Writer) -> None:
    visualization = {"id": "favVisuali1", "name": "V", "type": "COLUMN", **AXES}
    country.write("POST", "/api/visualizations", visualization)
    layer = {"layer": "thematic1", **AXES}
    country.write("POST", "/api/maps", {"id": "favMap00001", "name": "M", "mapViews": [layer]})
    paths = {row.path for row in country.server.store.referrers("dataSet", "favDataSet1")}
    assert paths == {"dataDimensionItems.reportingRate.dataSet", "mapViews.dataDimensionItems.reportingRate.dataSet"}
    country.write("DELETE", "/api/dataSets/favDataSet1")
    for document in (
        stored(country, "visualization", "favVisuali1"),
        stored(country, "map", "favMap00001")["mapViews"][0],
    ):
        assert [row["dataDimensionItemType"] for row in document["dataDimensionItems"]] == ["DATA_ELEMENT"]
