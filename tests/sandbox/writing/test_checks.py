"""Checks that look at other objects: rule actions, patterns, category model, options, hierarchy, secrets."""

from __future__ import annotations

from itertools import islice
from typing import Any

import pytest
from writer import Json, Writer, element, error_rows

from dhis2w_sandbox.metadata.text_patterns import PatternError, fits, parse
from dhis2w_sandbox.metadata.units import descendants

UNIT = {"shortName": "x", "openingDate": "2020-01-01"}


def codes(errors: list[tuple[str, str | None]]) -> list[str]:
    return [code for code, _ in errors]


@pytest.fixture
def ruled(admin_of_each: Writer) -> Writer:
    """With a program of one stage with one element, and a rule."""
    program = {"id": "chkProgram1", "name": "P", "shortName": "P", "programType": "WITH_REGISTRATION"}
    stage = {"id": "chkProStag1", "name": "S", "program": {"id": "chkProgram1"}}
    payload = {
        "dataElements": [element(f"chkElement{n}", domainType="TRACKER") for n in (1, 2)],
        "optionGroups": [],
        "programs": [{**program, "programStages": [{"id": "chkProStag1"}]}],
        "programStages": [{**stage, "programStageDataElements": [{"dataElement": {"id": "chkElement1"}}]}],
        "programRules": [{"id": "chkProRule1", "name": "R", "condition": "true", "program": {"id": "chkProgram1"}}],
    }
    admin_of_each.write("POST", "/api/metadata", payload)
    return admin_of_each


def link(uid: str) -> Json:
    return {"id": uid}


@pytest.mark.parametrize(
    ("type", "values", "wanted"),
    [
        ("ASSIGN", {}, "E4050"),
        ("ASSIGN", {"content": "#{x}"}, None),
        ("HIDEFIELD", {}, "E4044"),
        ("HIDEFIELD", {"dataElement": link("chkElement2")}, "E4047"),
        ("HIDEFIELD", {"dataElement": link("chkElement1")}, None),
        ("HIDEOPTION", {"dataElement": link("chkElement1")}, "E4040"),
        ("SHOWOPTIONGROUP", {"dataElement": link("chkElement1")}, "E4040"),
        ("HIDESECTION", {}, "E4036"),
        ("HIDEPROGRAMSTAGE", {}, "E4038"),
        ("HIDEPROGRAMSTAGE", {"programStage": link("chkProStag1"), "dataElement": link("chkElement1")}, "E4058"),
        ("HIDEPROGRAMSTAGE", {"programStage": link("chkProStag1")}, None),
        ("SENDMESSAGE", {}, "E4035"),
        ("SENDMESSAGE", {"templateUid": "nowhere0001"}, "E4034"),
        ("SHOWWARNING", {}, None),
    ],
)
def test_what_a_rule_action_needs(ruled: Writer, type: str, values: Json, wanted: str | None) -> None:
    action = {"programRuleActionType": type, "programRule": link("chkProRule1"), **values}
    if wanted is None:
        ruled.write("POST", "/api/programRuleActions", action)
    else:
        assert codes(ruled.refused("POST", "/api/programRuleActions", action)) == [wanted]


def test_a_template_that_a_rule_names(ruled: Writer) -> None:
    template = {
        "id": "chkProNoti1",
        "name": "Hello",
        "messageTemplate": "x",
        "notificationTrigger": "PROGRAM_RULE",
        "notificationRecipient": "USER_GROUP",
    }
    ruled.write("POST", "/api/programNotificationTemplates", template)
    action = {"programRuleActionType": "SENDMESSAGE", "templateUid": "chkProNoti1", "programRule": link("chkProRule1")}
    ruled.write("POST", "/api/programRuleActions", action)
    status, _ = ruled.json("DELETE", "/api/programNotificationTemplates/chkProNoti1")
    assert status == (409 if ruled.server.behaviour.protects_templates else 200)


def test_the_next_date_is_of_the_stage(ruled: Writer) -> None:
    stage = {"id": "chkProStag1", "name": "S", "program": link("chkProgram1")}
    rows = [{"dataElement": link("chkElement1")}]
    body = {**stage, "programStageDataElements": rows, "nextScheduleDate": link("chkElement1")}
    assert codes(ruled.refused("PUT", "/api/programStages/chkProStag1", body)) == ["E6001"]


def test_category_mappings_of_programs(admin: Writer) -> None:
    mapping: Json = {"id": "chkMapping1", "categoryId": "chkCategor1", "mappingName": "M", "optionMappings": []}
    option = {"optionId": "chkCatOpti1", "filter": "true"}
    body = {
        "name": "P",
        "shortName": "P",
        "programType": "WITH_REGISTRATION",
        "categoryMappings": [
            {**mapping, "optionMappings": [option, option]},
            mapping,
            {**mapping, "id": "bad", "mappingName": "N", "optionMappings": [{**option, "optionId": "x"}]},
        ],
    }
    errors = codes(admin.refused("POST", "/api/programs", body))
    assert sorted(errors) == ["E4075", "E4076", "E4077", "E4079", "E4080"]


@pytest.mark.parametrize(
    ("pattern", "kind", "wanted"),
    [
        ('"A" + SEQUENTIAL(###)', "TEXT", []),
        ("ORG_UNIT_CODE(...) + RANDOM(##)", "TEXT", []),
        ('"A" + ', "TEXT", ["E4019"]),
        ("NOSUCH(##)", "TEXT", ["E4019"]),
        ('"A"', "TEXT", ["E4021"]),
        ("RANDOM(##) + SEQUENTIAL(#)", "TEXT", ["E4021"]),
        ("SEQUENTIAL(##)", "NUMBER", ["E4010"]),
        ("RANDOM(X#)", "NUMBER", ["E4010", "E4022"]),
    ],
)
def test_patterns_of_generated_values(admin: Writer, pattern: str, kind: str, wanted: list[str]) -> None:
    body = {
        "name": "Number",
        "shortName": "Number",
        "aggregationType": "NONE",
        "valueType": kind,
        "generated": True,
        "pattern": pattern,
    }
    if wanted:
        assert codes(admin.refused("POST", "/api/trackedEntityAttributes", body)) == wanted
    else:
        admin.write("POST", "/api/trackedEntityAttributes", body)


def test_the_words_about_a_broken_pattern() -> None:
    with pytest.raises(PatternError, match=r"Could not parse expression: Unexpected '\+' at position 1"):
        parse('+ "A"')
    with pytest.raises(PatternError, match="Supplied expression was null or empty"):
        parse(None)
    assert fits(parse('"12" + SEQUENTIAL(##)'), "NUMBER")
    assert not fits(parse('"A" + SEQUENTIAL(##)'), "NUMBER")


def test_two_options_of_a_set_differ(admin_of_each: Writer) -> None:
    admin_of_each.write("POST", "/api/optionSets", {"id": "chkOptSet01", "name": "Set", "valueType": "MULTI_TEXT"})
    option = {"name": "One", "code": "1", "optionSet": link("chkOptSet01")}
    admin_of_each.write("POST", "/api/options", {"id": "chkOption01", **option})
    assert codes(admin_of_each.refused("POST", "/api/options", {**option, "name": "Uno"})) == ["E4028"]
    assert codes(admin_of_each.refused("POST", "/api/options", {**option, "name": "Two", "code": "2,3"})) == ["E1118"]
    admin_of_each.write("PUT", "/api/options/chkOption01", option)


def test_how_large_a_category_may_be(admin_of_each: Writer) -> None:
    options = [{"id": f"chkCatOpt{n:02}", "name": f"O{n}", "shortName": f"O{n}"} for n in range(51)]
    category = {"name": "Big", "shortName": "Big", "dataDimensionType": "DISAGGREGATION"}
    admin_of_each.write("POST", "/api/metadata", {"categoryOptions": options})
    body = {**category, "categoryOptions": [link(row["id"]) for row in options]}
    status, answer = admin_of_each.json("POST", "/api/categories", body)
    if admin_of_each.server.behaviour.checks_option_combos:
        assert (status, answer["response"]["errorReports"][0]["errorCode"]) == (409, "E1127")
    else:
        assert status == 201


def test_all_option_combinations_at_once(admin_of_each: Writer) -> None:
    options = [{"id": f"chkCatOpti{n}", "name": f"O{n}", "shortName": f"O{n}"} for n in (1, 2)]
    category = {"id": "chkCategor1", "name": "C", "shortName": "C", "dataDimensionType": "DISAGGREGATION"}
    combo = {"id": "chkCatComb1", "name": "CC", "dataDimensionType": "DISAGGREGATION"}
    payload: Json = {
        "categoryOptions": options,
        "categories": [{**category, "categoryOptions": [link(row["id"]) for row in options]}],
        "categoryCombos": [{**combo, "categories": [link("chkCategor1")]}],
    }
    admin_of_each.write("POST", "/api/metadata", payload)

    def option_combo(n: int, option: int) -> Json:
        return {
            "id": f"chkOptComb{n}",
            "name": f"O{n}",
            "categoryCombo": link("chkCatComb1"),
            "categoryOptions": [link(f"chkCatOpti{option}")],
        }

    def answer(*rows: Json) -> list[str]:
        status, body = admin_of_each.json("POST", "/api/metadata?importMode=VALIDATE", {"categoryOptionCombos": rows})
        return [error["errorCode"] for error in error_rows(body["response"])] if status == 409 else []

    whole = admin_of_each.server.behaviour.wants_whole_option_combo_sets
    assert answer(option_combo(1, 1)) == (["E1130"] if whole else [])
    assert answer(option_combo(1, 1), option_combo(2, 1)) == (["E1131", "E1131"] if whole else [])
    assert answer(option_combo(1, 1), option_combo(2, 2)) == []


def test_a_unit_below_itself(admin_of_each: Writer) -> None:
    rows: list[Json] = [
        {"id": "chkOrgUnit1", "name": "Up", **UNIT},
        {"id": "chkOrgUnit2", "name": "Down", **UNIT, "parent": link("chkOrgUnit1")},
    ]
    admin_of_each.write("POST", "/api/metadata", {"organisationUnits": rows})
    status, _ = admin_of_each.json(
        "PUT", "/api/organisationUnits/chkOrgUnit1", {**rows[0], "parent": link("chkOrgUnit2")}
    )
    assert status == (500 if admin_of_each.server.behaviour.unit_circle else 200)
    below = descendants(admin_of_each.server.store, "chkOrgUnit1")
    assert list(islice(below, 5)) == ["chkOrgUnit1", "chkOrgUnit2"]


def test_who_may_move_a_unit(admin: Writer) -> None:
    rows: list[Json] = [
        {"id": "chkOrgUnit1", "name": "Up", **UNIT},
        {"id": "chkOrgUnit2", "name": "Down", **UNIT, "parent": link("chkOrgUnit1")},
    ]
    admin.write("POST", "/api/metadata", {"organisationUnits": rows})
    clerk = admin.another("clerk", "F_ORGANISATIONUNIT_ADD")
    moved = {**rows[1], "parent": None}
    assert codes(clerk.refused("PUT", "/api/organisationUnits/chkOrgUnit2", moved)) == ["E1520"]
    mover = admin.another("mover", "F_ORGANISATIONUNIT_ADD", "F_ORGANISATIONUNIT_MOVE")
    assert codes(mover.refused("PUT", "/api/organisationUnits/chkOrgUnit2", moved)) == ["E1522"]


def relationship(uid: str, entity: str, **values: Any) -> Json:
    end = {"relationshipEntity": entity, **values}
    return {"id": uid, "name": uid, "fromToName": "to", "fromConstraint": end, "toConstraint": end}


def test_the_ends_of_a_relationship(ruled: Writer) -> None:
    lacking = relationship("chkRelType1", "PROGRAM_INSTANCE", programStage=link("chkProStag1"))
    assert codes(ruled.refused("POST", "/api/relationshipTypes", lacking)) == ["E4023", "E4023", "E4024", "E4024"]
    view = {"trackerDataView": {"attributes": [], "dataElements": ["chkElement2"]}}
    foreign = relationship("chkRelType1", "PROGRAM_STAGE_INSTANCE", programStage=link("chkProStag1"), **view)
    assert codes(ruled.refused("POST", "/api/relationshipTypes", foreign)) == ["E4314"] * 2
    view["trackerDataView"]["dataElements"] = ["chkElement1"]
    fitting = relationship("chkRelType1", "PROGRAM_STAGE_INSTANCE", programStage=link("chkProStag1"), **view)
    ruled.write("POST", "/api/relationshipTypes", fitting)


def test_the_criteria_of_a_working_list(ruled: Writer) -> None:
    criteria = {
        "enrolledAt": {"type": "ABSOLUTE"},
        "assignedUserMode": "PROVIDED",
        "ouMode": "SELECTED",
        "dataFilters": [{"dataItem": "nowhere0001"}],
        "attributeValueFilters": [{"eq": "x"}],
    }
    body = {
        "name": "L",
        "program": link("chkProgram1"),
        "programStage": link("chkProStag1"),
        "programStageQueryCriteria": criteria,
    }
    errors = codes(ruled.refused("POST", "/api/programStageWorkingLists", body))
    assert sorted(errors) == ["E4062", "E4063", "E4064", "E4066", "E4067"]


def test_nobody_is_shown_the_secret_of_an_exchange(admin_of_each: Writer) -> None:
    source = {"requests": [{"name": "r", "dx": ["x"], "pe": ["2024"], "ou": ["y"]}]}
    api = {"url": "https://dhis2.example", "username": "u", "password": "hidden!", "accessToken": "hidden!"}
    exchange = {"id": "chkExchang1", "name": "E", "source": source, "target": {"type": "EXTERNAL", "api": api}}
    admin_of_each.write("POST", "/api/metadata", {"aggregateDataExchanges": [exchange]})
    for target in ("/api/aggregateDataExchanges/chkExchang1", "/api/metadata?fields=:all"):
        reply = admin_of_each.send("GET", target)
        assert b"hidden!" not in reply.body
        assert b"https://dhis2.example" in reply.body


def test_the_targets_of_event_hooks_are_completed(admin_of_each: Writer) -> None:
    targets = [{"type": "webhook", "url": "https://hook.example"}, {"type": "kafka", "topic": "mine"}]
    hook = {"id": "chkEvtHook1", "name": "H", "source": {"path": "metadata", "fields": "id"}, "targets": targets}
    admin_of_each.write("POST", "/api/eventHooks", hook)
    shown = admin_of_each.get("/api/eventHooks/chkEvtHook1?fields=targets")["targets"]
    assert [row["clientId"][:12] for row in shown] == ["dhis2-webhoo", "dhis2-kafka-"]
    assert (shown[0]["contentType"], shown[1]["bootstrapServers"], shown[1]["topic"]) == (
        "application/json",
        "localhost:9092",
        "mine",
    )


def test_a_refused_object_is_found_by_no_reference(admin_of_each: Writer) -> None:
    """What is left of a payload after the checks refers to what is there, and not to what was refused."""
    group = {"id": "chkDeGroup1", "name": "G", "shortName": "G"}
    rows = [element("chkElement1"), element("chkElement2", name=None)]
    listed = [link("chkElement1"), link("chkElement2")]
    payload = {"dataElements": rows, "dataElementGroups": [{**group, "dataElements": listed}]}
    status, answer = admin_of_each.json("POST", "/api/metadata?atomicMode=NONE", payload)
    assert (status, answer["status"]) == (409, "WARNING")
    stored = admin_of_each.get("/api/dataElementGroups/chkDeGroup1?fields=dataElements")
    assert stored == {"dataElements": [link("chkElement1")]}
