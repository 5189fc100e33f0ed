"""How single objects are shown: presets, nesting, transformers, other sides, access, languages."""

from typing import Any

import pytest
from reader import ADMIN, Reader

Json = dict[str, Any]


@pytest.fixture
def stocked(read: Reader) -> Reader:
    """Two data elements in a group."""
    read.put_element("dataElemen1", name="Fever", code="DE_1", shortName="Fev")
    read.put_element("dataElemen2", name="Cough", code="DE_2")
    read.put("dataElementGroup", "deGroup0001", name="Group", dataElements=[{"id": "dataElemen1"}])
    return read


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ("id,code", {"id": "dataElemen1", "code": "DE_1"}),
        ("ID,Name", {}),
        ("nosuch,id", {"id": "dataElemen1"}),
        (":nosuch", {}),
        ("", {}),
        ("categoryCombo", {"categoryCombo": {"id": "bjDvmb4bfuf"}}),
        ("categoryCombo[name]", {"categoryCombo": {"name": "default"}}),
        ("categoryCombo[!name]", {"categoryCombo": {"id": "bjDvmb4bfuf"}}),
        ("categoryCombo[categories[categoryOptions[name]]]", None),
        ("dataElementGroups", {"dataElementGroups": [{"id": "deGroup0001"}]}),
        ("name::size,dataElementGroups::isEmpty", {"name": 5, "dataElementGroups": False}),
        ("dataElementGroups::pluck(name)[name]", {"dataElementGroups": ["Group"]}),
        ("dataElementGroups::pluck(name)", {"dataElementGroups": [{"id": "deGroup0001"}]}),
        ("dataElementGroups::keyBy(name)[name]", {"dataElementGroups": {"Group": {"name": "Group"}}}),
        ("code::rename(c)", {"c": "DE_1"}),
        ("id,name::rename()", {"id": "dataElemen1", "": "Fever"}),
        ("displayName,displayFormName,displayShortName", None),
    ],
)
def test_fields_choose_what_is_shown(stocked: Reader, fields: str, expected: Json | None) -> None:
    shown = stocked(f"/api/dataElements/dataElemen1?fields={fields}")
    nested = {"categoryCombo": {"categories": [{"categoryOptions": [{"name": "default"}]}]}}
    names = {"displayName": "Fever", "displayFormName": "Fever", "displayShortName": "Fev"}
    assert shown == (expected if expected is not None else nested if "Options" in fields else names)


def test_rows_with_the_same_key_become_a_list(stocked: Reader) -> None:
    stocked.put("dataElementGroup", "deGroup0002", name="Group", dataElements=[{"id": "dataElemen1"}])
    shown = stocked("/api/dataElements/dataElemen1?fields=dataElementGroups::keyBy(name)[name,id]")
    assert [row["id"] for row in shown["dataElementGroups"]["Group"]] == ["deGroup0001", "deGroup0002"]


def test_everything_has_what_the_server_computes_in_each_version(read_each: Reader) -> None:
    read_each.put_element("dataElemen1", optionSet={"id": "optionSet01"})
    shown = read_each("/api/dataElements/dataElemen1")
    assert shown["href"] == "http://h.example.org/api/dataElements/dataElemen1"
    assert shown["optionSetValue"] is True
    assert shown["dataElementGroups"] == shown["legendSets"] == shown["attributeValues"] == []
    assert shown["createdBy"] == shown["user"] == read_each("/api/dataElements/dataElemen1/createdBy")["createdBy"]
    assert shown["createdBy"]["username"] == "admin"
    assert shown["access"]["delete"] is True
    assert "_password" not in read_each(f"/api/users/{ADMIN}")
    assert "description" not in shown


@pytest.mark.parametrize(("fields", "linked"), [("*", True), (":owner", False), ("href", True), ("id,name", False)])
def test_href_is_worked_out_only_where_it_is_asked_for(stocked: Reader, fields: str, linked: bool) -> None:
    assert ("href" in stocked(f"/api/dataElements/dataElemen1?fields={fields}")) is linked


def test_one_property_can_be_asked_for(stocked: Reader) -> None:
    assert stocked("/api/dataElements/dataElemen1/name") == {"name": "Fever"}
    assert stocked("/api/dataElements/dataElemen1/categoryCombo?fields=name") == {"categoryCombo": {"name": "default"}}
    assert stocked("/api/dataElements/dataElemen1/nosuch") == {}


def test_an_object_is_found_without_its_type(stocked: Reader) -> None:
    assert stocked("/api/identifiableObjects/deGroup0001?fields=name") == {"name": "Group"}
    missing = stocked("/api/identifiableObjects/nothing0001")
    assert (missing["httpStatusCode"], missing["errorCode"]) == (404, "E1005")


def test_an_attribute_is_shown_as_a_property(stocked: Reader) -> None:
    stocked.put("attribute", "attribute01", name="Colour", valueType="TEXT")
    stocked.put("attribute", "attribute02", name="Shape", valueType="JSON")
    values = [
        {"attribute": {"id": "attribute01"}, "value": "red"},
        {"attribute": {"id": "attribute02"}, "value": '{"round": true}'},
    ]
    stocked.put_element("dataElemen3", attributeValues=values)
    shown = stocked("/api/dataElements/dataElemen3?fields=attribute01,attribute02,attribute03")
    assert shown == {"attribute01": "red", "attribute02": {"round": True}}


def test_attribute_values_can_show_their_attribute(stocked: Reader) -> None:
    stocked.put("attribute", "attribute01", name="Colour", valueType="TEXT")
    stocked.put_element("dataElemen3", attributeValues=[{"attribute": {"id": "attribute01"}, "value": "red"}])
    shown = stocked("/api/dataElements/dataElemen3?fields=attributeValues[value,attribute[id,name]]")
    attribute = {"id": "attribute01", "name": "Colour"}
    assert shown == {"attributeValues": [{"value": "red", "attribute": attribute}]}


def test_names_come_in_the_language_that_each_version_hears(read_each: Reader) -> None:
    french = [{"locale": "fr", "property": "NAME", "value": "Fièvre"}]
    read_each.put_element("dataElemen1", name="Fever", translations=french)
    path = "/api/dataElements/dataElemen1?fields=name,displayName&locale=fr"
    needs_translate = read_each.sandbox.server.behaviour.locale_needs_translate
    assert read_each(path) == {"name": "Fever", "displayName": "Fever" if needs_translate else "Fièvre"}
    assert read_each(f"{path}&translate=true")["displayName"] == "Fièvre"


def test_default_objects_can_be_left_out(stocked: Reader) -> None:
    shown = stocked("/api/dataElements/dataElemen1?fields=code,categoryCombo[name]&defaults=EXCLUDE")
    assert shown == {"code": "DE_1"}


def test_an_odd_identifier_is_refused_in_the_way_of_the_version(read_each: Reader) -> None:
    version = read_each.sandbox.server.version
    statuses = [read_each.reply(f"/api/dataElements/{uid}").status for uid in ("short", "1234567890a", "nothing0001")]
    expected = {"v41": [404, 404, 404], "v42": [405, 404, 404], "v43": [405, 400, 404], "v44": [405, 400, 404]}
    assert statuses == expected[version]


def test_what_may_not_be_read_is_not_there(read: Reader) -> None:
    read.put_user("user0000001", "ada")
    hidden: Json = {"owner": ADMIN, "public": "--------", "users": {}, "userGroups": {}}
    read.put_element("dataElemen1", sharing=hidden)
    read.put_element("dataElemen2")
    assert read.ids("/api/dataElements?fields=id", "ada") == ["dataElemen2"]
    assert read.reply("/api/dataElements/dataElemen1", "ada").status == 404
    assert read("/api/dataElements/dataElemen2?fields=access", "ada")["access"]["update"] is False


def test_a_group_lets_its_members_read(read: Reader) -> None:
    read.put_user("user0000001", "ada")
    read.put("userGroup", "userGroup01", users=[{"id": "user0000001"}])
    rows = {"userGroup01": {"id": "userGroup01", "access": "r-------"}}
    read.put_element("dataElemen1", sharing={"owner": ADMIN, "public": "--------", "userGroups": rows})
    shown = read("/api/dataElements/dataElemen1?fields=sharing", "ada")
    assert shown["sharing"]["userGroups"]["userGroup01"]["displayName"] == "userGroup01"


def test_units_know_their_place(read: Reader) -> None:
    read.put("organisationUnit", "orgUnit0001", name="Root")
    read.put("organisationUnit", "orgUnit0002", name="Child", parent={"id": "orgUnit0001"})
    shown = read("/api/organisationUnits/orgUnit0002?fields=path,level,leaf,ancestors[name],parent[name]")
    assert shown == {
        "path": "/orgUnit0001/orgUnit0002",
        "level": 2,
        "leaf": True,
        "ancestors": [{"name": "Root"}],
        "parent": {"name": "Root"},
    }
    assert read("/api/organisationUnits/orgUnit0001?fields=leaf,children") == {
        "leaf": False,
        "children": [{"id": "orgUnit0002"}],
    }


def test_the_axes_of_a_favorite_come_from_what_it_owns(read: Reader) -> None:
    read.put_element("dataElemen1", name="Fever")
    read.put(
        "visualization",
        "visualizat1",
        columnDimensions=["dx"],
        rowDimensions=["pe"],
        filterDimensions=["ou"],
        dataDimensionItems=[{"dataElement": {"id": "dataElemen1"}}],
        rawPeriods=["LAST_MONTH", "202301"],
        userOrganisationUnit=True,
        organisationUnitLevels=[2],
    )
    axes = "columns[dimension,items[id,name]],rows[items],filters[items[id]]"
    shown = read(f"/api/visualizations/visualizat1?fields={axes}")
    assert shown == {
        "columns": [{"dimension": "dx", "items": [{"id": "dataElemen1", "name": "Fever"}]}],
        "rows": [{"items": [{"id": "LAST_MONTH"}, {"id": "202301"}]}],
        "filters": [{"items": [{"id": "USER_ORGUNIT"}, {"id": "LEVEL-2"}]}],
    }
    assert read("/api/visualizations?fields=columns")["visualizations"] == [{"columns": []}]


def test_what_lives_inside_another_object_is_found_by_itself(read_each: Reader) -> None:
    items = [{"id": "dashItem001", "text": "Hello"}, {"id": "dashItem002", "reports": [{"id": "report00001"}]}]
    read_each.put("dashboard", "dashboard01", dashboardItems=items)
    assert read_each.ids("/api/dashboardItems?fields=id") == ["dashItem001", "dashItem002"]
    assert read_each("/api/dashboardItems/dashItem001?fields=type,contentCount") == {"type": "TEXT", "contentCount": 1}
    assert read_each("/api/dashboards/dashboard01?fields=itemCount,dashboardItems[type]") == {
        "itemCount": 2,
        "dashboardItems": [{"type": "TEXT"}, {"type": "REPORTS"}],
    }


def test_a_role_knows_its_users_and_a_data_set_its_sections_in_order(read: Reader) -> None:
    read.put_user("user0000001", "ada")
    assert read("/api/userRoles/rser0000001?fields=users") == {"users": [{"id": "user0000001"}]}
    read.put("dataSet", "dataSet0001")
    read.put("section", "section0001", dataSet={"id": "dataSet0001"}, sortOrder=2)
    read.put("section", "section0002", dataSet={"id": "dataSet0001"}, sortOrder=1)
    shown = read("/api/dataSets/dataSet0001?fields=sections,formType")
    assert shown == {"sections": [{"id": "section0002"}, {"id": "section0001"}], "formType": "SECTION"}
