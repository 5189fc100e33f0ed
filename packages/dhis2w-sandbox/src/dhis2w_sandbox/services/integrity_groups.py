"""What holds too little, what nobody holds, and who is in several groups that exclude one another.

Source: the SQL of the files `data-integrity-checks/**/*.yaml` of dhis2-core.
"""

from __future__ import annotations

from typing import Any

from dhis2w_sandbox.server import Server
from dhis2w_sandbox.services.integrity_findings import (
    RULES,
    Findings,
    Rule,
    by_name,
    holders,
    ids_in,
    issue,
    named,
    rule,
    those,
)

Json = dict[str, Any]


# What holds nothing, and what nobody holds


_SCARCE = {
    "data_element_groups_scarce": ("dataElementGroup", "dataElements"),
    "indicator_groups_scarce": ("indicatorGroup", "indicators"),
    "program_indicator_groups_scarce": ("programIndicatorGroup", "programIndicators"),
    "indicator_group_sets_scarce": ("indicatorGroupSet", "indicatorGroups"),
    "validation_rule_groups_scarce": ("validationRuleGroup", "validationRules"),
    "orgunit_groups_scarce": ("organisationUnitGroup", "organisationUnits"),
    "category_option_groups_scarce": ("categoryOptionGroup", "categoryOptions"),
    "category_option_group_sets_scarce": ("categoryOptionGroupSet", "categoryOptionGroups"),
    "user_groups_scarce": ("userGroup", "users"),
}
_FEWEST = 2

_EMPTY = {
    "categories_no_options": ("category", "categoryOptions"),
    "datasets_empty": ("dataSet", "dataSetElements.dataElement"),
    "datasets_not_assigned_to_org_units": ("dataSet", "organisationUnits"),
    "options_sets_empty": ("optionSet", "options"),
    "dashboards_no_items": ("dashboard", "dashboardItems"),
    "user_roles_no_authorities": ("userRole", "authorities"),
}

_LONELY = {
    "category_options_no_categories": ("categoryOption", "category", "categoryOptions"),
    "indicators_not_grouped": ("indicator", "indicatorGroup", "indicators"),
    "organisation_units_without_groups": ("organisationUnit", "organisationUnitGroup", "organisationUnits"),
    "user_roles_with_no_users": ("userRole", "user", "userRoles"),
    "validation_rules_without_groups": ("validationRule", "validationRuleGroup", "validationRules"),
}


def _scarce(type: str, key: str) -> Rule:
    def look(server: Server) -> Findings:
        documents = server.store.all(type)
        counted = [(row, len(ids_in(row, key))) for row in by_name(documents)]
        return Findings([issue(row, str(count)) for row, count in counted if count < _FEWEST], len(documents))

    return look


def _empty(type: str, key: str) -> Rule:
    return lambda server: those(server.store, type, lambda row: not ids_in(row, key))


def _lonely(type: str, holder: str, key: str) -> Rule:
    def look(server: Server) -> Findings:
        held = holders(server.store, holder, key)
        return those(server.store, type, lambda row: row["id"] not in held)

    return look


RULES.update({name: _scarce(*about) for name, about in _SCARCE.items()})
RULES.update({name: _empty(*about) for name, about in _EMPTY.items()})
RULES.update({name: _lonely(*about) for name, about in _LONELY.items()})


# Groups of a set that exclude one another


def _excess(
    server: Server, type: str, group: str, members: str, *, sets: tuple[str, str]
) -> list[tuple[Json, Json, list[Json]]]:
    """Who is in several groups of a set: the member, the set and the groups."""
    set_type, groups = sets
    held = holders(server.store, group, members)
    found: list[tuple[Json, Json, list[Json]]] = []
    for document in server.store.all(type):
        for group_set in server.store.all(set_type):
            mine = [row for row in held.get(document["id"], ()) if row["id"] in ids_in(group_set, groups)]
            if len(mine) > 1:
                found.append((document, group_set, mine))
    return found


@rule("data_elements_violating_exclusive_group_sets")
def _elements_in_several_groups(server: Server) -> Findings:
    sets = ("dataElementGroupSet", "dataElementGroups")
    rows = _excess(server, "dataElement", "dataElementGroup", "dataElements", sets=sets)
    issues = [issue(row, _braces(group_set, groups), named(groups)) for row, group_set, groups in rows]
    return Findings(issues, len(server.store.all("dataElement")))


def _braces(group_set: Json, groups: list[Json]) -> str:
    return f"{group_set['name']} :{{{','.join(row['name'] for row in groups)}}}"


@rule("category_options_excess_groupset_membership")
def _options_in_several_groups(server: Server) -> Findings:
    sets = ("categoryOptionGroupSet", "categoryOptionGroups")
    rows = _excess(server, "categoryOption", "categoryOptionGroup", "categoryOptions", sets=sets)
    issues = [issue(row, _braces(group_set, groups)) for row, group_set, groups in rows]
    return Findings(issues, len(server.store.all("categoryOption")))


@rule("indicators_violating_exclusive_group_sets")
def _indicators_in_several_groups(server: Server) -> Findings:
    sets = ("indicatorGroupSet", "indicatorGroups")
    rows = _excess(server, "indicator", "indicatorGroup", "indicators", sets=sets)
    issues = [issue(row, None, named(groups)) for row, _, groups in rows]
    return Findings(issues, len(server.store.all("indicator")))


@rule("organisation_units_violating_exclusive_group_sets")
def _units_in_several_groups(server: Server) -> Findings:
    sets = ("organisationUnitGroupSet", "organisationUnitGroups")
    rows = _excess(server, "organisationUnit", "organisationUnitGroup", "organisationUnits", sets=sets)
    refs: dict[str, list[str]] = {}
    for unit, group_set, groups in rows:
        shown = ", ".join(f"oug_uid: {row['id']}; oug_name: {row['name']}" for row in groups)
        text = f"ougs_name: {group_set['name']}; ougs_id: {group_set['id']}; groups: [{shown}]"
        refs.setdefault(unit["id"], []).append(text)
    issues = [
        issue(server.store.get("organisationUnit", uid) or {"id": uid}, None, texts) for uid, texts in refs.items()
    ]
    held = holders(server.store, "organisationUnitGroup", "organisationUnits")
    pairs = {
        (uid, group_set["id"])
        for uid, groups in held.items()
        for group_set in server.store.all(sets[0])
        if any(row["id"] in ids_in(group_set, sets[1]) for row in groups)
    }
    return Findings(issues, len(pairs), len(rows))


@rule("org_units_not_in_compulsory_group_sets")
def _units_without_compulsory_groups(server: Server) -> Findings:
    held = holders(server.store, "organisationUnitGroup", "organisationUnits")
    wanted = [
        set(ids_in(row, "organisationUnitGroups"))
        for row in server.store.all("organisationUnitGroupSet")
        if row.get("compulsory")
    ]

    def lacks(unit: Json) -> bool:
        mine = {row["id"] for row in held.get(unit["id"], ())}
        return any(groups.isdisjoint(mine) for groups in wanted)

    return those(server.store, "organisationUnit", lacks)
