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
