"""Forms of data sets: values, sections, own forms; versions and category combos."""

import json
from typing import Any

import pytest
from entering import AVERAGE, COLOUR, COMBO, COUNT, DATA_SET, UNIT, Clerk, value

Json = dict[str, Any]
PATH = f"/api/dataSets/{DATA_SET}"


def form(clerk: Clerk, query: str = f"ou={UNIT}&pe=202401") -> Json:
    reply = clerk.send("GET", f"{PATH}/form?{query}")
    assert reply.status == 200
    return json.loads(reply.body)


def test_a_form_has_the_values_of_its_period(clerk: Clerk) -> None:
    clerk.import_values(value(text="5", comment="about"), value(period="202402", text="6"))
    fields = {field["dataElement"]: field for field in form(clerk)["groups"][0]["fields"]}
    assert (fields[COUNT]["value"], fields[COUNT]["comment"]) == ("5", "about")
    assert "value" not in fields[AVERAGE]
    assert fields[COLOUR]["optionSet"] == "OptnSetAaa1"


def test_sections_are_groups_without_greyed_fields(clerk: Clerk) -> None:
    head = {"dataSet": {"id": DATA_SET}}
    store = clerk.sandbox.server.store
    default = next(row["id"] for row in store.all("categoryOptionCombo"))
    grey = [{"dataElement": {"id": COUNT}, "categoryOptionCombo": {"id": default}}]
    sections = [
        {
            "name": "Last",
            "sortOrder": 2,
            "dataElements": [{"id": COUNT}, {"id": AVERAGE}],
            "greyedFields": grey,
            **head,
        },
        {"name": "First", "sortOrder": 1, "dataElements": [{"id": COLOUR}], **head},
    ]
    for section in sections:
        assert clerk.send("POST", "/api/sections", section).status == 201
    groups = form(clerk)["groups"]
    assert [(group["label"], group["dataElementCount"]) for group in groups] == [("First", 1), ("Last", 2)]
    assert [field["dataElement"] for field in groups[1]["fields"]] == [AVERAGE]


def test_versions(clerk: Clerk) -> None:
    before = json.loads(clerk.send("GET", f"{PATH}/version").body)["version"]
    assert clerk.send("POST", f"{PATH}/version").status == 204
    assert json.loads(clerk.send("GET", f"{PATH}/version").body) == {"version": before + 1}
    missing = clerk.send("GET", "/api/dataSets/NoDataSet01/version")
    assert (missing.status, json.loads(missing.body)["message"]) == (409, "Data set does not exist: NoDataSet01")


def test_category_combos(clerk: Clerk) -> None:
    reply = clerk.send("GET", f"{PATH}/categoryCombos?fields=id,name")
    assert json.loads(reply.body) == {"categoryCombos": [{**COMBO, "name": "default"}]}


@pytest.mark.parametrize("name", ["form", "customDataEntryForm"])
def test_an_own_form(clerk: Clerk, name: str) -> None:
    assert clerk.send("POST", f"{PATH}/{name}", b"<b>Count</b>", "text/html").status == 204
    assert clerk.send("POST", f"{PATH}/form", {"style": "COMFORTABLE"}).status == 204
    reply = clerk.send("GET", f"{PATH}?fields=dataEntryForm[name,style,htmlCode]")
    own = {"name": "First", "style": "COMFORTABLE", "htmlCode": "<b>Count</b>"}
    assert json.loads(reply.body) == {"dataEntryForm": own}


def test_an_own_form_begins_with_html(clerk: Clerk) -> None:
    reply = clerk.send("POST", f"{PATH}/form", {"style": "COMFORTABLE"})
    assert (reply.status, json.loads(reply.body)["message"]) == (400, "Missing required parameter 'htmlCode'")


def test_a_form_of_ones_own_is_put_as_html_and_shown(clerk: Clerk) -> None:
    path = f"/api/dataEntry/customForms/{DATA_SET}"
    refused = clerk.send("GET", path)
    assert (refused.status, refused.parsed()["errorCode"]) == (409, "E1114")
    assert clerk.send("PUT", f"{PATH}/form", b"<p>Count</p>", "text/html").status == 204
    shown = clerk.send("GET", path).parsed()
    assert (shown["dataSetId"], shown["form"], shown["displayDensity"]) == (DATA_SET, "<p>Count</p>", "NORMAL")
    assert clerk.send("PUT", f"{PATH}/form", {"htmlCode": "<p/>"}).status == 415
    field = f'<input id="{COUNT}-HllvX50cXC0-val" />'.encode()
    assert clerk.send("PUT", f"{PATH}/form", field, "text/html").status == 204
    assert clerk.send("GET", path).status == 501


def test_a_report_of_a_set_is_written_about(clerk: Clerk) -> None:
    path = f"/api/interpretations/dataSetReport/{DATA_SET}"
    made = clerk.send("POST", f"{path}?pe=202401&ou={UNIT}", b"Too few", "text/plain")
    assert made.status == 201
    fields = "fields=type,text,dataSet[id],period[id],organisationUnit[id]"
    shown = clerk.send("GET", f"/api/interpretations?{fields}").parsed()["interpretations"]
    assert [(row["type"], row["text"], row["dataSet"]["id"]) for row in shown] == [
        ("DATASET_REPORT", "Too few", DATA_SET)
    ]
    for query, words in (
        (f"pe=never&ou={UNIT}", "Period identifier not valid: never"),
        ("pe=202401&ou=x", "is not acc"),
    ):
        reply = clerk.send("POST", f"{path}?{query}", b"Too few", "text/plain")
        assert reply.status == 409
        assert words in reply.parsed()["message"]


def test_a_type_of_period_has_a_label(clerk: Clerk) -> None:
    reply = clerk.send("PUT", "/api/periodTypes", {"name": "Monthly", "label": "Lune"})
    if clerk.sandbox.server.version in {"v41", "v42"}:
        assert reply.status == 405
        return
    assert (reply.status, reply.parsed()["message"]) == (200, "Monthly updated successfully.")
    rows = {row["name"]: row for row in clerk.send("GET", "/api/periodTypes").parsed()["periodTypes"]}
    assert (rows["Monthly"]["label"], rows["Monthly"]["displayLabel"]) == ("Lune", "Lune")
    assert "label" not in rows["Yearly"]
    unknown = clerk.send("PUT", "/api/periodTypes", {"name": "Never"})
    assert (unknown.status, unknown.parsed()["message"]) == (400, "Never does not exist.")


def test_a_report_of_a_set_shows_what_a_unit_has_entered(clerk: Clerk) -> None:
    clerk.import_values(value(text="5"), value(period="202402", text="6"), value(COLOUR, text="RED"))
    path = "/api/dataSetReport"
    query = f"ds={DATA_SET}&ou={UNIT}&pe=202402,202401&selectedUnitOnly=true"
    [grid] = clerk.send("GET", f"{path}?{query}").parsed()
    assert (grid["title"], grid["subtitle"]) == ("First default", "Here January 2024, February 2024")
    assert [row["name"] for row in grid["headers"]] == ["Data element", "Value"]
    assert grid["rows"] == [["Count", "11.0"], ["Average", None]], "texts are not added up"
    for changed, words in (
        (f"ds=no&ou={UNIT}&pe=2024", "Data set does not exist: no"),
        (f"ds={DATA_SET}&ou=no&pe=2024", "Organisation unit does not exist: no"),
        (f"ds={DATA_SET}&ou={UNIT}&pe=2024,never", "Period does not exist: [2024, never]"),
    ):
        reply = clerk.send("GET", f"{path}?{changed}")
        assert (reply.status, reply.parsed()["message"]) == (409, words)
    assert clerk.send("GET", f"{path}?ds={DATA_SET}&ou={UNIT}&pe=2024").status == 501
    assert clerk.send("GET", f"{path}.xls?{query}").status == 501
    assert clerk.send("GET", f"{path}?ds={DATA_SET}").status == 400
