"""Metadata that comes as CSV: each import class, and what of its rows counts."""

from __future__ import annotations

import pytest
from writer import Json, Writer, element

from dhis2w_sandbox.metadata.csv_bundle import IMPORT_CLASSES, read_bundle

SET = {"id": "csvOptSet01", "name": "Set", "code": "SET", "valueType": "TEXT"}


@pytest.fixture
def optioned(admin: Writer) -> Writer:
    """With an option set of two options."""
    options = [{"id": f"csvOption0{n}", "name": f"O{n}", "code": f"C{n}"} for n in (1, 2)]
    listed = [{"id": row["id"]} for row in options]
    admin.write("POST", "/api/metadata", {"options": options, "optionSets": [{**SET, "options": listed}]})
    return admin


def sent(writer: Writer, import_class: str, *rows: str) -> Json:
    text = "\n".join(("header", *rows)).encode()
    reply = writer.send("POST", f"/api/metadata?classKey={import_class}", text, "application/csv")
    return {"status": reply.status, "body": reply.body}


def test_validation_rules(admin: Writer) -> None:
    row = "Rule,csvValRule1,VR,About,Do,HIGH,,less_than,Quarterly,#{abc},Left,,#{def},Right,SKIP_IF_ANY_VALUE_MISSING"
    assert sent(admin, "VALIDATION_RULE", row)["status"] == 200
    rule = admin.get("/api/validationRules/csvValRule1?fields=importance,operator,periodType,leftSide,rightSide")
    assert (rule["importance"], rule["operator"], rule["periodType"]) == ("HIGH", "less_than", "Quarterly")
    assert (rule["leftSide"]["expression"], rule["leftSide"]["missingValueStrategy"]) == ("#{abc}", "NEVER_SKIP")
    assert rule["rightSide"]["missingValueStrategy"] == "SKIP_IF_ANY_VALUE_MISSING"


def test_option_groups(optioned: Writer) -> None:
    rows = (
        "Group,csvOptGrou1,G,Grp,csvOptSet01,csvOption01",
        "Group,csvOptGrou1,G,Grp,csvOptSet01,,C2",
        "Other,csvOptGrou2,H,Oth,csvOptSet01,nowhere0001",
    )
    assert sent(optioned, "OPTION_GROUP", *rows)["status"] == 200
    (group,) = optioned.get("/api/optionGroups?fields=id,shortName,options,optionSet")["optionGroups"]
    assert sorted(row["id"] for row in group.pop("options")) == ["csvOption01", "csvOption02"]
    assert group == {"id": "csvOptGrou1", "shortName": "Grp", "optionSet": {"id": "csvOptSet01"}}


def test_option_group_sets_and_their_members(optioned: Writer) -> None:
    rows = ("Sets,csvOptGrSt1,S,true,About,,SET", "Lost,csvOptGrSt2,L,true,About,nowhere0001")
    assert sent(optioned, "OPTION_GROUP_SET", *rows)["status"] == 200
    assert sent(optioned, "OPTION_GROUP", "Group,csvOptGrou1,G,Grp,csvOptSet01,csvOption01")["status"] == 200
    assert sent(optioned, "OPTION_GROUP_SET_MEMBERSHIP", "csvOptGrSt1,csvOptGrou1")["status"] == 200
    (group_set,) = optioned.get("/api/optionGroupSets?fields=id,optionGroups,optionSet")["optionGroupSets"]
    assert group_set["optionGroups"] == [{"id": "csvOptGrou1"}]


def test_members_replace_the_members(admin: Writer) -> None:
    kind = {"id": "csvIndType1", "name": "T", "factor": 1}
    indicator = {"numerator": "1", "denominator": "1", "indicatorType": {"id": "csvIndType1"}}
    indicators = [{"id": f"csvIndicat{n}", "name": f"I{n}", "shortName": f"I{n}", **indicator} for n in (1, 2)]
    group = {"id": "csvIndGrou1", "name": "G", "indicators": [{"id": "csvIndicat1"}]}
    admin.write(
        "POST", "/api/metadata", {"indicatorTypes": [kind], "indicators": indicators, "indicatorGroups": [group]}
    )
    assert sent(admin, "INDICATOR_GROUP_MEMBERSHIP", "csvIndGrou1,csvIndicat2")["status"] == 200
    stored = admin.get("/api/indicatorGroups/csvIndGrou1?fields=indicators")
    assert stored == {"indicators": [{"id": "csvIndicat2"}]}


def test_members_of_element_groups_lack_the_short_name(admin: Writer) -> None:
    """DHIS2 sends itself a group without what it requires."""
    group = {"id": "csvDeGroup1", "name": "G", "shortName": "G"}
    admin.write("POST", "/api/metadata", {"dataElements": [element("csvElement1")], "dataElementGroups": [group]})
    answer = sent(admin, "DATA_ELEMENT_GROUP_MEMBERSHIP", "csvDeGroup1,csvElement1")
    assert answer["status"] == 409
    assert b"E4000" in answer["body"]


def test_columns_are_cut_to_their_width(admin: Writer) -> None:
    name = "N" * 240
    assert sent(admin, "CATEGORY_OPTION", f"{name},csvCatOpti1")["status"] == 200
    stored = admin.get("/api/categoryOptions/csvCatOpti1?fields=name,shortName")
    assert stored == {"name": name[:230], "shortName": name[:50]}


@pytest.mark.parametrize("import_class", IMPORT_CLASSES)
def test_every_class_reads_an_empty_file(admin: Writer, import_class: str) -> None:
    bundle = read_bundle(admin.server, import_class, "header\n", has_header=True)
    assert all(rows == [] for rows in bundle.values())
