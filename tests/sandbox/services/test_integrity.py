"""Checks of data integrity: the list of them, and what each finds in a server that was made to be wrong."""

from __future__ import annotations

from typing import Any

import pytest
from sender import Sender

from dhis2w_sandbox import Sandbox
from dhis2w_sandbox.services.integrity import checks_of
from dhis2w_sandbox.services.integrity_findings import RULES

Json = dict[str, Any]
PATH = "/api/dataIntegrity"


def _run(admin: Sender, name: str) -> tuple[Json, list[Json]]:
    """The summary of a check, and its issues."""
    for kind in ("summary", "details"):
        assert admin("POST", f"{PATH}/{kind}?checks={name}").status == 200
    return admin.read(f"{PATH}/{name}/summary"), admin.read(f"{PATH}/{name}/details")["issues"]


def _named(uid: str, name: str | None = None, **more: Any) -> Json:
    return {"id": uid, "name": name or uid, "shortName": name or uid, **more}


def _put(admin: Sender, type: str, *documents: Json) -> None:
    """Store objects as they are, past everything that would refuse them."""
    for document in documents:
        admin.server.store.put(type, document["id"], document)


def _ids(*uids: str) -> list[Json]:
    return [{"id": uid} for uid in uids]


def test_every_check_of_the_version_is_listed(admin_of_each: Sender) -> None:
    rows = admin_of_each.read(PATH)
    expected = {"v41": 96, "v42": 110, "v43": 111, "v44": 112}
    assert len(rows) == expected[admin_of_each.server.version]
    by_name = {row["name"]: row for row in rows}
    assert by_name["orgunits_orphaned"]["severity"] == "CRITICAL"
    assert by_name["orgunits_orphaned"]["code"] == "OO"
    slow = admin_of_each.read(f"{PATH}?slow=true")
    assert {row["name"] for row in slow} == {row["name"] for row in rows if row["isSlow"]}
    some = admin_of_each.read(f"{PATH}?section=Group%20size&programmatic=false")
    assert {row["section"] for row in some} == {"Group size"}
    assert len(some) == 9


def test_a_run_of_all_leaves_out_what_is_slow(admin_of_each: Sender) -> None:
    assert admin_of_each("POST", f"{PATH}/summary").status == 200
    found = admin_of_each.read(f"{PATH}/summary")
    checks = checks_of(admin_of_each.server.version)
    assert set(found) == {name for name, check in checks.items() if not check.is_slow}
    slow = admin_of_each("POST", f"{PATH}/summary?checks=indicators_with_invalid_numerator")
    assert slow.status == 501


def test_every_rule_belongs_to_a_check(admin: Sender) -> None:
    del admin
    assert set(RULES) <= {name for version in ("v41", "v42", "v43", "v44") for name in checks_of(version)}


@pytest.mark.parametrize("name", sorted(RULES))
def test_every_rule_looks_at_the_demo_country(name: str) -> None:
    version = next(version for version in ("v43", "v44", "v42", "v41") if name in checks_of(version))
    with Sandbox(version) as sandbox:
        found = RULES[name](sandbox.server)
    assert len(found.issues) >= 0
    assert all("name" in issue for issue in found.issues)


def test_units(admin: Sender) -> None:
    _put(
        admin,
        "organisationUnit",
        _named("unitTop0001", "Top", openingDate="2000-01-01", geometry=_square(10)),
        _named("unitInside1", "In", parent={"id": "unitTop0001"}, geometry=_point(5, 5)),
        _named("unitOutside", "Out  side", parent={"id": "unitTop0001"}, geometry=_point(50, 5)),
        _named("unitNull001", "out side ", parent={"id": "unitTop0001"}, geometry=_point(0.1, 0.2)),
        _named("unitAlone01", "Alone", openingDate="2020-01-01", closedDate="2010-01-01"),
    )
    expected = {
        "orgunits_multiple_spaces": ["unitOutside"],
        "orgunits_trailing_spaces": ["unitNull001"],
        "orgunits_orphaned": ["unitAlone01"],
        "orgunits_multiple_roots": ["unitTop0001", "unitAlone01"],
        "orgunits_openingdate_gt_closeddate": ["unitAlone01"],
        "orgunits_null_island": ["unitNull001"],
        "orgunits_not_contained_by_parent": ["unitOutside"],
        "orgunits_no_coordinates": ["unitAlone01"],
        "orgunits_same_name_and_parent": ["unitOutside", "unitNull001"],
        "org_units_with_cyclic_references": [],
    }
    for name, uids in expected.items():
        summary, issues = _run(admin, name)
        assert [row["id"] for row in issues] == uids, name
        assert summary["count"] == len(uids), name
    assert _run(admin, "orgunits_no_coordinates")[0]["percentage"] == 20.0
    assert _run(admin, "orgunits_null_island")[1][0]["comment"] == "POINT(0.1 0.2)"
    assert _run(admin, "orgunits_not_contained_by_parent")[0]["percentage"] == pytest.approx(100 / 3)


def _point(*place: float) -> Json:
    return {"type": "Point", "coordinates": list(place)}


def _square(size: float) -> Json:
    return {"type": "Polygon", "coordinates": [[[0, 0], [size, 0], [size, size], [0, size], [0, 0]]]}


def test_units_that_are_each_others_parents(admin: Sender) -> None:
    _put(admin, "organisationUnit", _named("unitAaaaaa1", parent={"id": "unitBbbbbb1"}))
    _put(admin, "organisationUnit", _named("unitBbbbbb1", parent={"id": "unitAaaaaa1"}), _named("unitCcccccc"))
    summary, issues = _run(admin, "org_units_with_cyclic_references")
    assert [row["id"] for row in issues] == ["unitAaaaaa1", "unitBbbbbb1"]
    assert "percentage" not in summary


def test_groups_that_exclude_one_another(admin: Sender) -> None:
    _put(admin, "organisationUnit", _named("unitAaaaaa1", "A"), _named("unitBbbbbb1", "B"))
    for number in (1, 2):
        group = _named(f"unitGroup0{number}", f"G{number}", organisationUnits=_ids("unitAaaaaa1"))
        _put(admin, "organisationUnitGroup", group)
    sets = _named("unitGrpSet1", "Set", organisationUnitGroups=_ids("unitGroup01", "unitGroup02"), compulsory=True)
    _put(admin, "organisationUnitGroupSet", sets)
    summary, issues = _run(admin, "organisation_units_violating_exclusive_group_sets")
    assert (summary["count"], summary["percentage"]) == (1, 100.0)
    groups = "oug_uid: unitGroup01; oug_name: G1, oug_uid: unitGroup02; oug_name: G2"
    assert issues[0]["refs"] == [f"ougs_name: Set; ougs_id: unitGrpSet1; groups: [{groups}]"]
    assert [row["name"] for row in _run(admin, "org_units_not_in_compulsory_group_sets")[1]] == ["B"]
    assert [row["name"] for row in _run(admin, "organisation_units_without_groups")[1]] == ["B"]
    assert [row["comment"] for row in _run(admin, "orgunit_groups_scarce")[1]] == ["1", "1"]


def test_elements_and_indicators(admin: Sender) -> None:
    aggregate = {"domainType": "AGGREGATE", "aggregationType": "SUM"}
    _put(
        admin,
        "dataElement",
        _named("elementNum1", "Number", valueType="NUMBER", **aggregate),
        _named("elementTxt1", "Text", valueType="TEXT", **aggregate),
        _named("elementOne1", "None", valueType="INTEGER", domainType="AGGREGATE", aggregationType="NONE"),
        _named("elementTrk1", "Tracker", valueType="TEXT", domainType="TRACKER", aggregationType="SUM"),
    )
    link = [{"dataElement": {"id": "elementNum1"}}]
    for number, type in enumerate(("Monthly", "Weekly")):
        _put(admin, "dataSet", _named(f"dataSet000{number}", type, periodType=type, dataSetElements=link))
    _put(
        admin,
        "indicator",
        _named("indicator01", numerator="#{a} + #{b}", denominator="1"),
        _named("indicator02", numerator="#{a}+#{b}", denominator="1"),
        _named("indicator03", numerator="#{b}+#{a}", denominator="1"),
    )
    expected = {
        "data_elements_without_datasets": ["elementOne1", "elementTxt1"],
        "data_elements_cannot_aggregate_operator_not_none": ["elementTxt1"],
        "data_elements_can_aggregate_with_none_operator": ["elementOne1"],
        "data_elements_aggregate_with_different_period_types": ["elementNum1"],
        "datasets_not_assigned_to_org_units": ["dataSet0000", "dataSet0001"],
        "indicators_exact_duplicates": ["indicator01", "indicator02"],
        "indicators_duplicated_terms": ["indicator01", "indicator02", "indicator03"],
        "indicators_not_grouped": ["indicator01", "indicator02", "indicator03"],
    }
    for name, uids in expected.items():
        assert sorted(row["id"] for row in _run(admin, name)[1]) == sorted(uids), name
    assert _run(admin, "data_elements_without_datasets")[0]["percentage"] == 66.0
    assert _run(admin, "data_elements_aggregate_with_different_period_types")[1][0]["comment"] == "Monthly;Weekly"


def test_options_and_categories(admin: Sender) -> None:
    _put(admin, "option", _named("optionAaaa1", sortOrder=1), _named("optionBbbb1", sortOrder=3))
    _put(admin, "optionSet", _named("optionSet01", options=_ids("optionAaaa1", "optionBbbb1")), _named("optionSet02"))
    assert [row["comment"] for row in _run(admin, "option_sets_wrong_sort_order")[1]] == ["3 != 2"]
    assert [row["id"] for row in _run(admin, "options_sets_empty")[1]] == ["optionSet02"]
    _put(admin, "categoryOption", _named("catOption01", "Yes"), _named("catOption02", "No"))
    for number in (1, 2):
        _put(admin, "category", _named(f"category00{number}", f"C{number}", categoryOptions=_ids("catOption01")))
    combo: Json = {"categories": _ids("category001", "category002")}
    _put(admin, "categoryCombo", _named("catCombo001", "X", **combo), _named("catCombo002", "Y", **combo))
    for number in (1, 2):
        parts: Json = {"categoryCombo": {"id": "catCombo001"}, "categoryOptions": _ids("catOption02")}
        _put(admin, "categoryOptionCombo", _named(f"optCombo00{number}", **parts))
    expected = {
        "categories_same_category_options": ["category001", "category002"],
        "categories_unique_category_combo": ["catCombo001", "catCombo002"],
        "category_options_no_categories": ["catOption02"],
        "category_options_shared_within_category_combo": ["catCombo001", "catCombo002"],
        "category_option_combos_disjoint": ["optCombo001", "optCombo002"],
        "cocs_wrong_cardinality": ["catCombo001", "catCombo001"],
        "category_option_combos_have_duplicates": ["optCombo001", "optCombo002"],
        "invalid_category_combos": ["catCombo002"],
        "category_combos_unused": ["bjDvmb4bfuf", "catCombo001", "catCombo002"],
        "categories_one_default_category": [],
    }
    for name, uids in expected.items():
        assert sorted(row["id"] for row in _run(admin, name)[1]) == uids, name
    assert _run(admin, "categories_same_category_options")[0]["count"] == 1


def test_programs_and_users(admin: Sender) -> None:
    _put(admin, "program", _named("programAaa1", "P", programType="WITH_REGISTRATION"))
    _put(admin, "programRule", _named("progRule001", "R", program={"id": "programAaa1"}))
    summary, issues = _run(admin, "program_rules_no_priority")
    assert (summary["percentage"], issues[0]["refs"]) == (100.0, ["P:programAaa1"])
    words = "Tracker program without tracked entity type"
    assert _run(admin, "programs_inconsistent_tracked_entity_type")[1][0]["comment"] == words
    action = {"id": "progAction1", "programRule": {"id": "progRule001"}, "programRuleActionType": "HIDESECTION"}
    _put(admin, "programRuleAction", action)
    assert [row["id"] for row in _run(admin, "program_rule_actions_without_section")[1]] == ["progRule001"]
    assert _run(admin, "program_rules_no_action")[1] == []
    admins = _run(admin, "users_with_all_authority")[1]
    assert admins == [{"id": "M5zQapPyTZI", "name": "admin", "comment": "Active", "refs": ["Superuser"]}]
    _put(admin, "user", {"id": "userAaaaaa1", "username": "-a", "userRoles": []})
    for name in ("users_with_no_user_role", "users_with_invalid_usernames"):
        assert _run(admin, name)[1] == [{"id": "userAaaaaa1", "name": "-a", "comment": "disabled:false"}]


def test_a_line_that_crosses_itself(admin: Sender) -> None:
    bow = {"type": "Polygon", "coordinates": [[[0, 0], [2, 2], [2, 0], [0, 2], [0, 0]]]}
    _put(admin, "organisationUnit", _named("unitBowtie1", geometry=bow), _named("unitSquare1", geometry=_square(1)))
    summary, issues = _run(admin, "orgunits_invalid_geometry")
    assert summary["percentage"] == 50.0
    assert issues == [{"id": "unitBowtie1", "name": "unitBowtie1", "comment": "Self-intersection[1 1]"}]


def test_what_nobody_looked_at_for_a_year(admin: Sender) -> None:
    _put(admin, "dashboard", _named("dashboard01", "Seen"), _named("dashboard02", "Unseen"))
    assert admin("POST", "/api/dataStatistics?eventType=DASHBOARD_VIEW&favorite=dashboard01").status == 201
    summary, issues = _run(admin, "dashboards_not_viewed_one_year")
    assert (summary["percentage"], issues) == (50.0, [{"id": "dashboard02", "name": "Unseen"}])
