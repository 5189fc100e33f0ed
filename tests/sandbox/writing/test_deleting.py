"""What a deletion meets: vetoes, cascades, references that go; and the tables behind it."""

from __future__ import annotations

import pytest
from writer import Writer, element

from dhis2w_sandbox.metadata.defaults import NOT_REQUIRED, UNSET, VALUES
from dhis2w_sandbox.metadata.deleting import CASCADES, KEEPS_ITS_USERS, PARTS, VETOES
from dhis2w_sandbox.metadata.endpoint_rules import RULES as ENDPOINT_RULES
from dhis2w_sandbox.metadata.foreign_keys import FOREIGN_KEYS, TABLES
from dhis2w_sandbox.metadata.payload_checks import PAYLOAD_CHECKS
from dhis2w_sandbox.metadata.type_rules import RULES as TYPE_RULES
from dhis2w_sandbox.schemas import Schema, load_schemas

VERSIONS = ("v41", "v42", "v43", "v44")


def veto_text(admin: Writer, target: str) -> str:
    status, answer = admin.json("DELETE", target)
    assert status == 409, answer
    (error,) = answer["response"]["errorReports"]
    assert error["errorCode"] == "E4030"
    return error["message"].partition("another object: ")[2]


def test_an_indicator_protects_the_elements_in_its_formula(admin_of_each: Writer) -> None:
    indicator = {"name": "Rate", "shortName": "Rate", "numerator": "#{delElement1}", "denominator": "1"}
    admin_of_each.write(
        "POST",
        "/api/metadata",
        {
            "dataElements": [element("delElement1")],
            "indicatorTypes": [{"id": "delIndType1", "name": "Percent", "factor": 100}],
            "indicators": [{"id": "delIndicat1", **indicator, "indicatorType": {"id": "delIndType1"}}],
        },
    )
    assert veto_text(admin_of_each, "/api/dataElements/delElement1") == "Indicator (Rate)"
    assert veto_text(admin_of_each, "/api/indicatorTypes/delIndType1") == "Indicator (Rate)"


def test_a_unit_with_children_names_them(admin_of_each: Writer) -> None:
    base = {"shortName": "x", "openingDate": "2020-01-01"}
    root = {"id": "delOrgUnit1", "name": "Root", **base}
    children = [{"id": f"delOrgUnit{n}", "name": f"C{n}", **base, "parent": {"id": "delOrgUnit1"}} for n in (2, 3)]
    admin_of_each.write("POST", "/api/metadata", {"organisationUnits": [root, *children]})
    assert veto_text(admin_of_each, "/api/organisationUnits/delOrgUnit1") == "OrganisationUnit (C2,C3)"


def test_a_deleted_category_combination_is_replaced_by_the_default(admin_of_each: Writer) -> None:
    combo = {"id": "delCatComb1", "name": "Combo", "dataDimensionType": "DISAGGREGATION"}
    rows = [element("delElement1", categoryCombo={"id": "delCatComb1"})]
    admin_of_each.write("POST", "/api/metadata", {"categoryCombos": [combo], "dataElements": rows})
    admin_of_each.write("DELETE", "/api/categoryCombos/delCatComb1")
    stored = admin_of_each.get("/api/dataElements/delElement1?fields=categoryCombo")
    assert stored == {"categoryCombo": {"id": "bjDvmb4bfuf"}}


def test_a_program_takes_its_parts_with_it(admin_of_each: Writer) -> None:
    program = {"id": "delProgram1", "name": "P", "shortName": "P", "programType": "WITHOUT_REGISTRATION"}
    link = {"program": {"id": "delProgram1"}}
    admin_of_each.write("POST", "/api/programs", program)
    admin_of_each.write("POST", "/api/programStages", {"id": "delProStag1", "name": "S", **link})
    admin_of_each.write("POST", "/api/programRules", {"id": "delProRule1", "name": "R", **link})
    action = {"programRuleActionType": "SHOWWARNING", "content": "x", "programRule": {"id": "delProRule1"}}
    admin_of_each.write("POST", "/api/programRuleActions", {"id": "delRulActi1", **action})
    admin_of_each.write("DELETE", "/api/programs/delProgram1")
    left = ("program", "programStage", "programRule", "programRuleAction")
    assert [admin_of_each.server.store.all(type) for type in left] == [[], [], [], []]


def test_nothing_refers_to_what_is_gone(admin_of_each: Writer) -> None:
    group = {"id": "delDeGroup1", "name": "G", "shortName": "G", "dataElements": [{"id": "delElement1"}]}
    data_set = {"id": "delDataSet1", "name": "D", "shortName": "D", "periodType": "Monthly"}
    elements = [{"dataSet": {"id": "delDataSet1"}, "dataElement": {"id": "delElement1"}}]
    item = {"dataDimensionItemType": "DATA_ELEMENT", "dataElement": {"id": "delElement1"}}
    admin_of_each.write(
        "POST",
        "/api/metadata",
        {
            "dataElements": [element("delElement1")],
            "dataElementGroups": [group],
            "dataSets": [{**data_set, "dataSetElements": elements}],
            "visualizations": [{"id": "delVisuali1", "name": "V", "type": "COLUMN", "dataDimensionItems": [item]}],
        },
    )
    admin_of_each.write("DELETE", "/api/dataElements/delElement1")
    store = admin_of_each.server.store
    assert store.referrers("dataElement", "delElement1") == []
    assert "delElement1" not in str([store.all(type) for type in store.types()])


def constraint_text(admin: Writer, target: str) -> str:
    status, answer = admin.json("DELETE", target)
    assert (status, "response" in answer, "errorCode" in answer) == (409, False, False), answer
    return answer["message"]


def test_what_only_the_database_forbids(admin_of_each: Writer) -> None:
    """No deletion handler cleans the option set of an attribute: PostgreSQL refuses, and nothing changes."""
    option = {"id": "delOption01", "name": "A", "code": "A", "optionSet": {"id": "delOptSet01"}}
    attribute = {"id": "delAttribu1", "name": "Kind", "valueType": "TEXT", "dataElementAttribute": True}
    payload = {
        "optionSets": [{"id": "delOptSet01", "name": "Kinds", "valueType": "TEXT", "options": [{"id": "delOption01"}]}],
        "options": [option],
        "attributes": [{**attribute, "optionSet": {"id": "delOptSet01"}}],
    }
    admin_of_each.write("POST", "/api/metadata", payload)
    text = constraint_text(admin_of_each, "/api/optionSets/delOptSet01")
    assert text.startswith(
        'ERROR: update or delete on table "optionset" violates foreign key constraint "fk_attribute_optionsetid"'
        ' on table "attribute"\n  Detail: Key (optionsetid)=('
    )
    assert text.endswith(') is still referenced from table "attribute".')
    store = admin_of_each.server.store
    assert [store.get("option", "delOption01"), store.get("optionSet", "delOptSet01")].count(None) == 0
    admin_of_each.write("PUT", "/api/attributes/delAttribu1", attribute)
    admin_of_each.write("DELETE", "/api/optionSets/delOptSet01")


def test_who_made_an_attribute_stays(admin_of_each: Writer) -> None:
    maker = admin_of_each.another("maker", "ALL")
    uid = admin_of_each.get("/api/users?filter=username:eq:maker&fields=id")["users"][0]["id"]
    maker.write("POST", "/api/constants", {"name": "Pi", "shortName": "Pi", "value": 3.14})
    assert '"fk_constant_userid" on table "constant"' in constraint_text(admin_of_each, f"/api/users/{uid}")


def test_notifications_and_forms_go_with_their_program(admin_of_each: Writer) -> None:
    template = {
        "id": "delProNoti1",
        "name": "Hello",
        "messageTemplate": "x",
        "notificationTrigger": "ENROLLMENT",
        "notificationRecipient": "USER_GROUP",
    }
    program = {"id": "delProgram1", "name": "P", "shortName": "P", "programType": "WITH_REGISTRATION"}
    payload = {
        "programNotificationTemplates": [template],
        "programs": [{**program, "notificationTemplates": [{"id": "delProNoti1"}]}],
    }
    admin_of_each.write("POST", "/api/metadata", payload)
    admin_of_each.write("DELETE", "/api/programs/delProgram1")
    assert admin_of_each.server.store.all("programNotificationTemplate") == []


def test_what_embedded_rows_survive(admin_of_each: Writer) -> None:
    """A dimension goes with one of its groups, whatever else it has; a layer of a map stays without its legend."""
    groups = [{"id": f"delOuGroup{n}", "name": f"G{n}", "shortName": f"G{n}"} for n in (1, 2)]
    listed = [{"id": row["id"]} for row in groups]
    dimension = {"organisationUnitGroupSet": {"id": "delOuGrSet1"}, "organisationUnitGroups": listed}
    layer = {"layer": "thematic1", "legendSet": {"id": "delLegndSt1"}}
    payload = {
        "legendSets": [{"id": "delLegndSt1", "name": "L"}],
        "organisationUnitGroups": groups,
        "organisationUnitGroupSets": [{"id": "delOuGrSet1", "name": "S", "shortName": "S"}],
        "visualizations": [
            {"id": "delVisuali1", "name": "V", "type": "COLUMN", "organisationUnitGroupSetDimensions": [dimension]}
        ],
        "maps": [{"id": "delMap00001", "name": "M", "mapViews": [layer]}],
    }
    admin_of_each.write("POST", "/api/metadata", payload)
    admin_of_each.write("DELETE", "/api/organisationUnitGroups/delOuGroup1")
    admin_of_each.write("DELETE", "/api/legendSets/delLegndSt1")
    store = admin_of_each.server.store
    assert (store.get("visualization", "delVisuali1") or {})["organisationUnitGroupSetDimensions"] == []
    (view,) = (store.get("map", "delMap00001") or {})["mapViews"]
    assert "legendSet" not in view


def test_the_default_category_combination_stays(admin_of_each: Writer) -> None:
    assert admin_of_each.send("DELETE", "/api/categoryCombos/bjDvmb4bfuf").status == 200
    assert admin_of_each.server.store.get("categoryCombo", "bjDvmb4bfuf")


def every(name: str) -> list[Schema]:
    found = [load_schemas(version).by_singular.get(name) for version in VERSIONS]
    return [schema for schema in found if schema]


def has_path(schema: Schema, version: str, path: str) -> bool:
    key, _, rest = path.partition(".")
    prop = schema.properties.get(key)
    inner = load_schemas(version).of(prop) if prop and rest else None
    return prop is not None and (not rest or inner is None or has_path(inner, version, rest))


def exists(type: str, path: str) -> bool:
    pairs = [(version, load_schemas(version).by_singular.get(type)) for version in VERSIONS]
    return any(schema is not None and has_path(schema, version, path) for version, schema in pairs)


LINKS = [
    *((row.type, row.path) for rows in VETOES.values() for row in rows),
    *((row.type, row.path) for rows in FOREIGN_KEYS.values() for row in rows),
    *(link for links in CASCADES.values() for link in links),
    *((type, key) for type, parts in PARTS.items() for key, _ in parts),
]


@pytest.mark.parametrize(("type", "path"), sorted(set(LINKS)))
def test_the_tables_of_deletion_name_real_links(type: str, path: str) -> None:
    assert exists(type, path)


def test_every_foreign_key_points_to_a_known_table() -> None:
    assert set(FOREIGN_KEYS) <= set(TABLES)


def test_one_link_has_one_consequence() -> None:
    found = [
        (type, row[:2]) for table in (VETOES, FOREIGN_KEYS, CASCADES) for type, rows in table.items() for row in rows
    ]
    assert [pair for pair in found if found.count(pair) > 1] == []


def test_the_tables_name_real_types() -> None:
    named = {*VETOES, *CASCADES, *KEEPS_ITS_USERS, *ENDPOINT_RULES, *PAYLOAD_CHECKS, *VALUES, *UNSET, *NOT_REQUIRED}
    assert [type for type in sorted({*named, *(type for type, _ in TYPE_RULES)}) if not every(type)] == []


def test_the_tables_of_defaults_name_real_properties() -> None:
    keys = [(type, key) for table in (VALUES, UNSET, NOT_REQUIRED) for type, row in table.items() for key in row]
    assert [pair for pair in keys if not exists(*pair)] == []
