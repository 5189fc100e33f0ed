"""Complete data set registrations: what is refused and why, identifiers, strategies, jobs, and taking them back."""

import json
from typing import Any

import pytest
from entering import COUNT, DATA_SET, OTHER, ROOT, UNIT, Clerk, value

Json = dict[str, Any]
PATH = "/api/completeDataSetRegistrations"
PLACE = f"dataSet={DATA_SET}&period=202401&orgUnit={UNIT}"


def registration(**more: Any) -> Json:
    return {"dataSet": DATA_SET, "period": "202401", "organisationUnit": UNIT, "date": "2024-02-05"} | more


def register(clerk: Clerk, *rows: Json, query: str = "", **head: Any) -> tuple[int, Json]:
    reply = clerk.send("POST", f"{PATH}?{query}", {**head, "completeDataSetRegistrations": list(rows)})
    return reply.status, json.loads(reply.body)["response"]


def registered(clerk: Clerk, query: str = PLACE) -> list[Json]:
    reply = clerk.send("GET", f"{PATH}?{query}")
    assert reply.status == 200
    return json.loads(reply.body).get("completeDataSetRegistrations", [])


def change(clerk: Clerk, type: str, uid: str, **more: Any) -> None:
    store = clerk.sandbox.server.store
    store.put(type, uid, {**(store.get(type, uid) or {}), **more})


def test_what_is_not_known_is_a_conflict_and_the_rest_is_registered(clerk: Clerk) -> None:
    rows = (registration(), registration(dataSet="NoDataSet01"), registration(organisationUnit="NoOrgUnit01"))
    status, summary = register(clerk, *rows)
    assert (status, summary["status"], summary["description"]) == (200, "SUCCESS", "Import process complete.")
    assert summary["importCount"] == {"imported": 1, "updated": 0, "ignored": 2, "deleted": 0}
    assert summary["conflicts"] == [
        {"object": "NoDataSet01", "value": "Data set not found or not accessible"},
        {"object": "NoOrgUnit01", "value": "Organisation unit not found or not accessible"},
    ]


@pytest.mark.parametrize(
    ("query", "row", "about", "text"),
    [
        ("strictPeriods=true", {"period": "2024Q1"}, "2024Q1", "Period type of period: 2024Q1 is not equal to"),
        (
            "requireAttributeOptionCombo=true&attributeOptionComboIdScheme=CODE",
            {},
            "Attribute option combo",
            "Attribute",
        ),
    ],
)
def test_strict_parameters(clerk: Clerk, query: str, row: Json, about: str, text: str) -> None:
    status, summary = register(clerk, registration(**row), query=query)
    assert (status, summary["status"], summary["importCount"]["ignored"]) == (409, "ERROR", 1)
    assert summary["conflicts"][0]["object"] == about
    assert summary["conflicts"][0]["value"].startswith(text)
    assert register(clerk, registration(**row))[0] == 200


def test_a_unit_that_has_not_the_set_is_refused_when_strict(clerk: Clerk) -> None:
    change(clerk, "dataSet", DATA_SET, organisationUnits=[{"id": OTHER}])
    status, summary = register(clerk, registration(), query="strictOrganisationUnits=true")
    text = f"Data set {DATA_SET} is not assigned to organisation unit {UNIT}"
    assert (status, summary["conflicts"]) == (409, [{"object": DATA_SET, "value": text}])


def test_a_missing_compulsory_value_is_told_and_may_refuse(clerk: Clerk) -> None:
    change(clerk, "dataSet", DATA_SET, compulsoryDataElementOperands=[{"dataElement": {"id": COUNT}}])
    text = "Count needs to be filled. It is compulsory."
    status, summary = register(clerk, registration())
    assert (status, summary["conflicts"]) == (200, [{"object": "dataElementOperand", "value": text}])
    change(clerk, "dataSet", DATA_SET, compulsoryFieldsCompleteOnly=True)
    assert register(clerk, registration(period="202402"))[0] == 409
    clerk.import_values(value(period="202402"))
    assert register(clerk, registration(period="202402"))[1]["conflicts"] == []


def test_strategies_and_dry_run(clerk: Clerk) -> None:
    assert register(clerk, registration(), query="importStrategy=UPDATE")[0] == 409
    assert register(clerk, registration(), dryRun=True)[1]["importCount"]["imported"] == 1
    assert registered(clerk) == []
    register(clerk, registration())
    assert register(clerk, registration(), query="importStrategy=CREATE")[1]["importCount"]["ignored"] == 1
    assert register(clerk, registration(date="2024-02-06"))[1]["importCount"]["updated"] == 1
    assert [row["date"] for row in registered(clerk)] == ["2024-02-06"]
    assert register(clerk, registration(), query="importStrategy=DELETE")[1]["importCount"]["deleted"] == 1
    assert registered(clerk) == []


def test_objects_are_named_by_the_scheme_that_is_asked_for(clerk: Clerk) -> None:
    change(clerk, "dataSet", DATA_SET, code="FIRST")
    assert register(clerk, registration(dataSet="FIRST"), dataSetIdScheme="CODE")[0] == 200
    rows = registered(clerk, f"{PLACE}&dataSetIdScheme=CODE&orgUnitIdScheme=NAME")
    assert [(row["dataSet"], row["organisationUnit"]) for row in rows] == [("FIRST", "Here")]
    assert [row["dataSet"] for row in registered(clerk, f"{PLACE}&idScheme=ATTRIBUTE:AttrAttr001")] == [DATA_SET]


def test_xml_goes_in_and_comes_out(clerk: Clerk) -> None:
    head = '<completeDataSetRegistrations xmlns="http://dhis2.org/schema/dxf/2.0">'
    place = f'period="202401" dataSet="{DATA_SET}" organisationUnit="{UNIT}"'
    row = f'<completeDataSetRegistration {place} completed="false"/>'
    reply = clerk.send("POST", PATH, f"{head}{row}</completeDataSetRegistrations>".encode(), "application/xml")
    assert (reply.status, reply.media) == (200, "application/xml")
    assert b'<importCount imported="1" updated="0" ignored="0" deleted="0"/>' in reply.body
    assert [row["completed"] for row in registered(clerk)] == [False]
    body = clerk.send("GET", f"{PATH}.xml?{PLACE}").body
    assert place.encode() in body


@pytest.mark.parametrize(
    ("query", "code"),
    [
        (f"dataSet={DATA_SET}&orgUnit={UNIT}", "E2002"),
        (f"period=202401&orgUnit={UNIT}", "E2013"),
        (f"dataSet={DATA_SET}&startDate=2024-02-01&endDate=2024-01-01&orgUnit={UNIT}", "E2004"),
        (f"dataSet={DATA_SET}&createdDuration=soon&orgUnit={UNIT}", "E2005"),
        (f"dataSet={DATA_SET}&period=202401", "E2006"),
        (f"dataSet={DATA_SET}&period=202401&orgUnit={UNIT}&limit=-1", "E2009"),
    ],
)
def test_questions_that_lack_something(clerk: Clerk, query: str, code: str) -> None:
    reply = clerk.send("GET", f"{PATH}?{query}")
    assert (reply.status, json.loads(reply.body)["errorCode"]) == (409, code)


def test_a_body_that_is_no_registration(clerk: Clerk) -> None:
    reply = clerk.send("POST", PATH, b"[]")
    description = json.loads(reply.body)["response"]["description"]
    assert reply.status == 409
    assert description.startswith(
        "The import process failed: Cannot deserialize value of type `org.hisp.dhis.dxf2.dataset"
    )


def test_as_a_job(clerk: Clerk) -> None:
    reply = clerk.send("POST", f"{PATH}?async=true", {"completeDataSetRegistrations": [registration()]})
    answer = json.loads(reply.body)["response"]
    assert (reply.status, answer["jobType"]) == (200, "COMPLETE_DATA_SET_REGISTRATION_IMPORT")
    story = json.loads(clerk.send("GET", answer["relativeNotifierEndpoint"]).body)
    assert story[0]["message"] == "Import complete with status SUCCESS, 1 created, 0 updated, 0 deleted, 0 ignored"
    assert len(registered(clerk)) == 1


def test_taking_back(clerk: Clerk) -> None:
    register(clerk, registration(), registration(organisationUnit=OTHER))
    query = f"ds={DATA_SET}&pe=202401&ou="
    assert clerk.send("DELETE", f"{PATH}?{query}NoOrgUnit01").status == 409
    assert clerk.send("DELETE", f"{PATH}?{query}{UNIT}&cc=NoCatCombo1").status == 409
    assert clerk.send("DELETE", f"{PATH}?{query}{UNIT}").status == 204
    assert registered(clerk) == []
    assert clerk.send("DELETE", f"{PATH}?{query}{ROOT}&multiOu=true").status == 204
    assert registered(clerk, PLACE.replace(UNIT, OTHER)) == []


def complete(clerk: Clerk, **more: Any) -> tuple[int, Json]:
    body = {"dataSet": DATA_SET, "period": "202401", "orgUnit": UNIT, **more}
    reply = clerk.send("POST", "/api/dataEntry/dataSetCompletion", body)
    return reply.status, json.loads(reply.body or b"{}")


def test_the_app_takes_a_registration_back_without_deleting_it(clerk: Clerk) -> None:
    register(clerk, registration(storedBy="ann"))
    assert complete(clerk, completed=False)[0] == 200
    (row,) = registered(clerk)
    assert (row["completed"], row["storedBy"], row["date"]) == (False, "ann", "2024-02-05")


def test_the_app_completes_nothing_that_lacks_a_compulsory_value(clerk: Clerk) -> None:
    operands = [{"dataElement": {"id": COUNT}}]
    change(clerk, "dataSet", DATA_SET, compulsoryDataElementOperands=operands, compulsoryFieldsCompleteOnly=True)
    status, refusal = complete(clerk)
    assert status == 409
    assert "Count" in refusal["message"]
    clerk.import_values(value())
    assert complete(clerk)[0] == 200


def test_the_app_names_a_combo_with_its_options_or_none(clerk: Clerk) -> None:
    assert complete(clerk, attribute={"combo": "bjDvmb4bfuf"})[1]["errorCode"] == "E2040"
    assert complete(clerk, attribute={"combo": "NoCatCombo1", "options": ["x"]})[1]["errorCode"] == "E1110"
