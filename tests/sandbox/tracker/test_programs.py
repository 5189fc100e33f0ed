"""What is there beside the objects of programs: copies, units, notifications, descriptions of indicators."""

from typing import Any

import pytest
from looking import CLERK, hire_clerk, refused
from registering import CARE, FIRST, NAME, OTHER, ROOT, UNIT, VISIT, WEIGHT, Registrar

Json = dict[str, Any]


def test_a_program_is_copied_with_what_it_has(registrar: Registrar) -> None:
    """`CopyService.copyProgram`: names of program and indicators get a prefix, everything an identifier of its own."""
    rows: Json = {
        "programIndicators": [
            {"id": "IndiWeight1", "name": "Heavy", "shortName": "Heavy", "program": {"id": CARE}, "expression": "1"}
        ],
        "programRuleVariables": [
            {
                "id": "VarWeight01",
                "name": "weight",
                "program": {"id": CARE},
                "programStage": {"id": VISIT},
                "programRuleVariableSourceType": "DATAELEMENT_NEWEST_EVENT_PROGRAM_STAGE",
                "dataElement": {"id": WEIGHT},
                "valueType": "NUMBER",
            }
        ],
        "programSections": [
            {
                "id": "SectPerson1",
                "name": "Who",
                "sortOrder": 1,
                "program": {"id": CARE},
                "trackedEntityAttributes": [{"id": NAME}],
            }
        ],
        "programStageSections": [
            {
                "id": "SectVisit01",
                "name": "What",
                "sortOrder": 1,
                "programStage": {"id": VISIT},
                "dataElements": [{"id": WEIGHT}],
            }
        ],
    }
    made = registrar.request("POST", "/api/metadata", rows)
    assert made.status == 200, made.body.decode()
    reply = registrar.request("POST", f"/api/programs/{CARE}/copy?prefix=Second%20")
    uid = reply.headers["Location"].rpartition("/")[2]
    assert (reply.status, reply.parsed()["message"]) == (201, f"Program created: '{uid}'")
    fields = (
        "name,shortName,organisationUnits[id],programTrackedEntityAttributes[trackedEntityAttribute[id]],"
        "programStages[id,name,program[id],programStageDataElements[dataElement[id]],programStageSections[name]],"
        "programSections[name,trackedEntityAttributes[id]],programIndicators[name,shortName],"
        "programRuleVariables[name,programStage[id]]"
    )
    copied = registrar.request("GET", f"/api/programs/{uid}?fields={fields}").parsed()
    assert (copied["name"], copied["shortName"]) == ("Second Care", "Care")
    assert {row["id"] for row in copied["organisationUnits"]} == {ROOT, UNIT, OTHER}
    assert len(copied["programTrackedEntityAttributes"]) == 3
    stages = {row["name"]: row for row in copied["programStages"]}
    assert {*stages} == {"First", "Visit"}
    assert not {row["id"] for row in stages.values()} & {FIRST, VISIT}
    assert all(row["program"]["id"] == uid for row in stages.values())
    assert len(stages["Visit"]["programStageDataElements"]) == 3
    assert stages["Visit"]["programStageSections"] == [{"name": "What"}]
    assert copied["programSections"] == [{"name": "Who", "trackedEntityAttributes": [{"id": NAME}]}]
    assert copied["programIndicators"] == [{"name": "Second Heavy", "shortName": "Second Heavy"}]
    assert copied["programRuleVariables"] == [{"name": "weight", "programStage": {"id": stages["Visit"]["id"]}}]


def test_only_who_may_change_a_program_copies_it(registrar: Registrar) -> None:
    """`CopyService.copyProgram`."""
    hire_clerk(registrar, UNIT)
    told = refused(registrar.request("POST", f"/api/programs/{CARE}/copy", user=CLERK))
    assert told == (403, f"You don't have write permissions for Program {CARE}")
    assert registrar.request("POST", "/api/programs/ProgNope001/copy").status == 404


def test_units_of_programs_are_those_below_the_clerks_own(registrar: Registrar) -> None:
    """`ProgramController.getOrgUnitsAssociations`, `AbstractOrganisationUnitAssociationsQueryBuilder`."""
    hire_clerk(registrar, UNIT)
    target = f"/api/programs/orgUnits?programs={CARE}"
    assert {*registrar.request("GET", target).parsed()[CARE]} == {ROOT, UNIT, OTHER}
    store = registrar.sandbox.server.store
    program = store.get("program", CARE) or {}
    store.put("program", CARE, {**program, "sharing": {**program["sharing"], "public": "r-------"}})
    assert registrar.request("GET", target, user=CLERK).parsed() == {CARE: [UNIT]}
    unknown = refused(registrar.request("GET", "/api/programs/orgUnits?programs=ProgNope001"))
    assert unknown == (409, "Objects of type `Program` not found or not accessible: `[ProgNope001]`")
    assert registrar.request("GET", "/api/programs/orgUnits").status == 400


def test_templates_of_a_program_are_listed_latest_first(registrar: Registrar) -> None:
    """`ProgramNotificationTemplateRequestParamsMapper`, `HibernateProgramNotificationTemplateStore`."""
    root = "/api/programNotificationTemplates/filter"
    if registrar.sandbox.server.version == "v41":
        assert registrar.request("GET", f"{root}?program={CARE}").status == 501
        return
    for number in (1, 2):
        template: Json = {
            "id": f"TempNotify{number}",
            "name": f"Note {number}",
            "messageTemplate": "Hello",
            "notificationTrigger": "ENROLLMENT",
            "notificationRecipient": "TRACKED_ENTITY_INSTANCE",
        }
        assert registrar.request("POST", "/api/programNotificationTemplates", template).status == 201
    store = registrar.sandbox.server.store
    program = store.get("program", CARE) or {}
    templates = [{"id": "TempNotify1"}, {"id": "TempNotify2"}]
    store.put("program", CARE, {**program, "notificationTemplates": templates})
    body = registrar.request("GET", f"{root}?program={CARE}&pageSize=1").parsed()
    assert [row["id"] for row in body["programNotificationTemplates"]] == ["TempNotify2"]
    assert (body["pager"]["total"], body["pager"]["pageCount"]) == (2, 2)
    assert refused(registrar.request("GET", root)) == (409, "`program` or `programStage` must be specified.")
    both = refused(registrar.request("GET", f"{root}?program={CARE}&programStage={VISIT}"))
    assert both == (409, "`program` and `programStage` cannot be processed together.")


def test_no_message_waits(registrar: Registrar) -> None:
    """`ProgramNotificationInstanceController`: 2.41 counts always, 2.43 wants an event or an enrollment."""
    registrar.register()
    root = "/api/programNotificationInstances"
    body = registrar.request("GET", f"{root}?enrollment=EnrollAnn01").parsed()
    assert body["programNotificationInstances"] == []
    oldest = registrar.sandbox.server.version == "v41"
    assert ("total" in body["pager"]) is oldest
    assert registrar.request("GET", f"{root}?event=EventNope01").status == (200 if oldest else 404)
    splits = registrar.sandbox.server.behaviour.splits_events
    assert registrar.request("GET", root).status == (400 if splits else 200)
    hire_clerk(registrar, UNIT)
    assert registrar.request("GET", root, user=CLERK).status == 403


@pytest.mark.parametrize("part", ["expression", "filter"])
def test_an_indicator_is_described_in_names(registrar: Registrar, part: str) -> None:
    """`ProgramIndicatorController`, `ProgramItemStageElement`, `ProgramItemAttribute`, `ProgramVariableItem`."""
    target = f"/api/programIndicators/{part}/description"
    compared = " > 3" if part == "filter" else ""
    text = f"#{{{VISIT}.{WEIGHT}}} + V{{event_count}}{compared}"
    body = registrar.request("POST", target, text.encode(), "text/plain").parsed()
    assert (body["status"], body["message"]) == ("OK", "Valid")
    assert body["description"] == f"Visit\\.Weight + Event count (ACTIVE or COMPLETED status only){compared}"
    in_json = registrar.request("POST", target, {"expression": text}).parsed()
    assert in_json["description"] == body["description"]
    lost = registrar.request("POST", target, b"A{AttrNope001} > 1", "text/plain").parsed()
    assert (lost["status"], lost["description"]) == ("ERROR", "Tracked entity attribute AttrNope001 not found.")
    broken = registrar.request("POST", target, b"1 +", "text/plain").parsed()
    assert (broken["status"], broken["message"]) == ("ERROR", "Expression is not valid")
