"""Rules of single types: what an endpoint refuses, drops or fills in."""

from __future__ import annotations

from typing import Any

import pytest
from writer import Json, Writer, element, error_rows

TEXT = {"valueType": "TEXT", "aggregationType": "NONE", "shortName": "A"}
EXCHANGE: Json = {
    "name": "Sends",
    "source": {"requests": [{"name": "One", "dx": ["ruleElement"], "pe": ["2024"], "ou": ["ruleUnit001"]}]},
    "target": {"type": "EXTERNAL", "api": {"url": "https://dhis2.example", "accessToken": "d2pat_abc"}},
}


def program(uid: str, **values: Any) -> Json:
    return {"id": uid, "name": uid, "shortName": uid, "programType": "WITHOUT_REGISTRATION", **values}


@pytest.fixture
def ruled(admin: Writer) -> Writer:
    """With two elements and a program."""
    payload = {
        "dataElements": [element("ruleElement"), element("ruleElemen2", valueType="TEXT", aggregationType="NONE")],
        "programs": [program("ruleProgram")],
    }
    admin.write("POST", "/api/metadata", payload)
    return admin


def test_a_job_needs_its_type(admin: Writer) -> None:
    status, answer = admin.json("POST", "/api/jobConfigurations", {"name": "Nothing"})
    assert (status, "jobType" in answer["message"]) == (500, True)
    job = {"name": "Nightly", "jobType": "ANALYTICS_TABLE", "cronExpression": "0 0 3 ? * *"}
    assert admin.json("POST", "/api/jobConfigurations", job)[0] == 201


@pytest.mark.parametrize(
    ("part", "change", "wanted"),
    [
        ("target", {"type": "EXTERNAL"}, "E6304"),
        ("target", {"type": "EXTERNAL", "api": {"accessToken": "x"}}, "E4000"),
        ("target", {"type": "EXTERNAL", "api": {"url": "https://dhis2.example"}}, "E6305"),
        ("source", {"requests": []}, "E6302"),
        ("source", {"requests": [{"name": "One", "dx": ["ruleElement"], "pe": ["2024"]}]}, "E6303"),
    ],
)
def test_an_exchange_says_whence_and_whither(admin: Writer, part: str, change: Json, wanted: str) -> None:
    errors = admin.refused("POST", "/api/metadata", {"aggregateDataExchanges": [{**EXCHANGE, part: change}]})
    assert [code for code, _ in errors] == [wanted]
    admin.write("POST", "/api/metadata", {"aggregateDataExchanges": [EXCHANGE]})


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        ('{"type": "Point", "coordinates": [1, 2]}', None),
        ('{"type": "Point"}', "E6004"),
        ('{"type": "Feature"}', "E6005"),
        ("Point", "E6004"),
        ("[1]", "E6004"),
    ],
)
def test_shapes_in_attribute_values(admin: Writer, value: str, wanted: str | None) -> None:
    attribute = {"id": "ruleShape01", "name": "Shape", "valueType": "GEOJSON", "organisationUnitAttribute": True}
    admin.write("POST", "/api/attributes", attribute)
    unit = {
        "name": "Here",
        "shortName": "Here",
        "openingDate": "2020-01-01",
        "attributeValues": [{"attribute": {"id": "ruleShape01"}, "value": value}],
    }
    if wanted is None:
        admin.write("POST", "/api/organisationUnits", unit)
    else:
        assert [code for code, _ in admin.refused("POST", "/api/organisationUnits", unit)] == [wanted]


def test_references_within_embedded_objects_are_checked(admin: Writer) -> None:
    stage = {"name": "Stage", "programStageDataElements": [{"id": "stageElem01", "dataElement": {"id": "nowhere0001"}}]}
    _, answer = admin.json("POST", "/api/metadata", {"programStages": [stage]})
    error = next(error for error in error_rows(answer["response"]) if error["errorCode"] == "E5002")
    assert error["mainKlass"] == "org.hisp.dhis.program.ProgramStageDataElement"
    assert error["message"] == (
        "Invalid reference [nowhere0001] (DataElement) on object [stageElem01] (ProgramStageDataElement)"
        " for association `dataElement`"
    )


def test_those_within_embedded_values_are_left_to_the_database(admin: Writer) -> None:
    """ReferencesCheck looks at properties of the kind REFERENCE, and `dataSetElements` are COMPLEX."""
    data_set = {
        "name": "Monthly",
        "shortName": "Monthly",
        "periodType": "Monthly",
        "dataSetElements": [{"dataElement": {"id": "nowhere0001"}}],
    }
    status, answer = admin.json("POST", "/api/metadata", {"dataSets": [data_set]})
    assert status == 409
    assert answer["message"].endswith(": org.hisp.dhis.dataset.DataSetElement.dataElement")


def test_two_rules_of_a_program_have_two_names(ruled: Writer) -> None:
    rule = {"name": "Rule", "condition": "true", "program": {"id": "ruleProgram"}}
    ruled.write("POST", "/api/programRules", rule)
    other = {**rule, "name": "RULE"}
    assert [code for code, _ in ruled.refused("POST", "/api/programRules", other)] == ["E4057"]
    ruled.write("POST", "/api/programs", program("ruleProgra2"))
    ruled.write("POST", "/api/programRules", {**other, "program": {"id": "ruleProgra2"}})


def test_a_variable_has_the_type_of_its_source(ruled: Writer) -> None:
    variable = {
        "id": "ruleVariabl",
        "name": "latest",
        "program": {"id": "ruleProgram"},
        "programRuleVariableSourceType": "DATAELEMENT_NEWEST_EVENT_PROGRAM",
        "dataElement": {"id": "ruleElement"},
        "valueType": "TEXT",
    }
    ruled.write("POST", "/api/programRuleVariables", variable)
    stored = ruled.get("/api/programRuleVariables/ruleVariabl?fields=:owner")
    assert (stored["valueType"], stored["dataElement"]["id"]) == ("INTEGER", "ruleElement")
    calculated = {**variable, "programRuleVariableSourceType": "CALCULATED_VALUE"}
    ruled.write("PUT", "/api/programRuleVariables/ruleVariabl", calculated)
    stored = ruled.get("/api/programRuleVariables/ruleVariabl?fields=:owner")
    assert (stored["valueType"], "dataElement" in stored) == ("TEXT", False)


def test_a_section_follows_its_data_set(ruled: Writer) -> None:
    members = [{"dataElement": {"id": uid}} for uid in ("ruleElement", "ruleElemen2")]
    data_set = {
        "id": "ruleDataSet",
        "name": "Monthly",
        "shortName": "Monthly",
        "periodType": "Monthly",
        "dataSetElements": members,
    }
    section: Json = {
        "id": "ruleSection",
        "name": "Part",
        "dataSet": {"id": "ruleDataSet"},
        "dataElements": [row["dataElement"] for row in members],
    }
    ruled.write("POST", "/api/metadata", {"dataSets": [data_set], "sections": [section]})
    ruled.write("PUT", "/api/dataSets/ruleDataSet", {**data_set, "dataSetElements": members[1:]})
    assert ruled.get("/api/sections/ruleSection?fields=dataElements") == {"dataElements": [{"id": "ruleElemen2"}]}


def test_data_access_only_where_there_is_data(ruled: Writer) -> None:
    with_data = {"sharing": {"public": "rwrw----"}}
    assert [
        code for code, _ in ruled.refused("PUT", "/api/dataElements/ruleElement/sharing", with_data["sharing"])
    ] == ["E3016"]
    status, _ = ruled.json("PUT", "/api/programs/ruleProgram/sharing", with_data["sharing"])
    assert status == 204


def test_the_older_sharing_drops_or_keeps_data_access(ruled: Writer) -> None:
    body = {"object": {"publicAccess": "rwrw----"}}
    for type, uid in (("dataElement", "ruleElement"), ("program", "ruleProgram")):
        ruled.json("PUT", f"/api/sharing?type={type}&id={uid}", body)
    shared = ruled.get("/api/sharing?type=program&id=ruleProgram")["object"]["publicAccess"]
    assert shared == "rwrw----"
    assert ruled.get("/api/dataElements/ruleElement?fields=sharing")["sharing"]["public"] == "rw------"


def test_groups_are_listed_by_name(ruled: Writer) -> None:
    for uid, name in (("ruleGroupZ1", "Zulu"), ("ruleGroupA1", "Alpha")):
        ruled.write("POST", "/api/userGroups", {"id": uid, "name": name})
    groups = [{"id": uid, "access": "r-------"} for uid in ("ruleGroupZ1", "ruleGroupA1")]
    body = {"object": {"publicAccess": "--------", "userGroupAccesses": groups}}
    ruled.json("PUT", "/api/sharing?type=program&id=ruleProgram", body)
    listed = ruled.get("/api/sharing?type=program&id=ruleProgram")["object"]["userGroupAccesses"]
    assert [row["name"] for row in listed] == ["Alpha", "Zulu"]


def test_option_sets_as_csv(admin: Writer) -> None:
    rows = (
        "Name,UID,Code,Option,UID,Code\n"
        "Sex,ruleSexes01,SEX,Male,ruleOption1,M\n"
        "Sex,ruleSexes01,SEX,Female,ruleOption2,F\n"
    )
    reply = admin.send("POST", "/api/metadata?classKey=OPTION_SET", rows.encode(), "application/csv")
    assert reply.status == 200, reply.body
    stored = admin.get("/api/optionSets/ruleSexes01?fields=name,options[code]")
    assert stored == {"name": "Sex", "options": [{"code": "M"}, {"code": "F"}]}


def test_the_values_of_an_attribute_protect_it(ruled: Writer) -> None:
    ruled.write("POST", "/api/attributes", {**TEXT, "id": "ruleText001", "name": "Text", "dataElementAttribute": True})
    values = [{"attribute": {"id": "ruleText001"}, "value": "x"}]
    ruled.write("PUT", "/api/dataElements/ruleElement", element("ruleElement", attributeValues=values))
    assert [code for code, _ in ruled.refused("DELETE", "/api/attributes/ruleText001")] == ["E4030"]
    ruled.write("PUT", "/api/dataElements/ruleElement", element("ruleElement"))
    assert ruled.json("DELETE", "/api/attributes/ruleText001")[0] == 200


def test_data_access_of_members_only_where_there_is_data(ruled: Writer) -> None:
    ruled.write("POST", "/api/userGroups", {"id": "ruleGroupA1", "name": "Alpha"})
    members = {"userGroups": {"ruleGroupA1": {"id": "ruleGroupA1", "access": "rwr-----"}}}
    sharing = {"public": "rw------", **members}
    errors = ruled.refused("PUT", "/api/dataElements/ruleElement/sharing", sharing)
    assert [code for code, _ in errors] == ["E3016"]
    assert ruled.json("PUT", "/api/programs/ruleProgram/sharing", sharing)[0] == 204


def test_grey_fields_are_of_the_section(ruled: Writer) -> None:
    members = [{"dataElement": {"id": uid}} for uid in ("ruleElement", "ruleElemen2")]
    data_set = {
        "id": "ruleDataSet",
        "name": "Monthly",
        "shortName": "Monthly",
        "periodType": "Monthly",
        "dataSetElements": members,
    }
    combos = ruled.get("/api/categoryOptionCombos?fields=id&filter=code:eq:default")["categoryOptionCombos"]
    grey = [{**row, "categoryOptionCombo": combos[0]} for row in members]
    section: Json = {
        "id": "ruleSection",
        "name": "Part",
        "dataSet": {"id": "ruleDataSet"},
        "dataElements": [row["dataElement"] for row in members],
        "greyedFields": grey,
    }
    ruled.write("POST", "/api/metadata", {"dataSets": [data_set], "sections": [section]})
    assert len(ruled.get("/api/sections/ruleSection?fields=greyedFields")["greyedFields"]) == 2
    ruled.write("PUT", "/api/sections/ruleSection", {**section, "dataElements": section["dataElements"][:1]})
    kept = ruled.get("/api/sections/ruleSection?fields=greyedFields[dataElement]")["greyedFields"]
    assert kept == [{"dataElement": {"id": "ruleElement"}}]


def test_who_made_something_that_stays_cannot_go(ruled: Writer) -> None:
    maker = ruled.another("maker", "ALL")
    uid = ruled.get("/api/users?filter=username:eq:maker&fields=id")["users"][0]["id"]
    maker.write("POST", "/api/userGroups", {"id": "ruleGroupM1", "name": "Made"})
    maker.write("POST", "/api/dataElements", element("ruleElemen3"))
    status, answer = ruled.json("DELETE", f"/api/users/{uid}")
    assert (status, answer["response"]["errorReports"][0]["errorCode"]) == (409, "E4030")
