"""Checks of programs, their rules, tracked entity attributes and users.

Source: the SQL of the files `data-integrity-checks/**/*.yaml` and `DefaultDataIntegrityService` of dhis2-core.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from dhis2w_sandbox.documents import linked
from dhis2w_sandbox.server import Server
from dhis2w_sandbox.services.integrity_findings import (
    RULES,
    Findings,
    Rule,
    ids_in,
    is_blank,
    issue,
    pointed_at,
    rule,
    those,
)

Json = dict[str, Any]


# Programs


def _with_program(server: Server, type: str, broken: Callable[[Json], bool]) -> Findings:
    documents = server.store.all(type)
    issues: list[Json] = []
    for row in documents:
        program: Json = server.store.get("program", linked(row, "program") or "") or {}
        ref = f"{program.get('name') or 'NULL'}:{program.get('id') or 'NULL'}"
        issues += [issue(row, None, [ref])] if broken(row) else []
    return Findings(issues, len(documents))


@rule("program_rules_no_action")
def _rules_without_action(server: Server) -> Findings:
    held = pointed_at(server.store, "programRuleAction", "programRule")
    return _with_program(server, "programRule", lambda row: row["id"] not in held)


@rule("program_rules_without_condition")
def _rules_without_condition(server: Server) -> Findings:
    return _with_program(server, "programRule", lambda row: row.get("condition") is None)


@rule("program_rules_no_priority")
def _rules_without_priority(server: Server) -> Findings:
    return _with_program(server, "programRule", lambda row: row.get("priority") is None)


@rule("program_indicators_without_expression")
def _without_expression(server: Server) -> Findings:
    return _with_program(server, "programIndicator", lambda row: row.get("expression") is None)


@rule("program_rules_message_no_template")
def _messages_without_template(server: Server) -> Findings:
    actions = server.store.all("programRuleAction")
    bad = {linked(row, "programRule") for row in actions if _sends(row) and not _template_of(row)}
    return those(server.store, "programRule", lambda row: row["id"] in bad)


def _sends(action: Json) -> bool:
    return action.get("programRuleActionType") in {"SENDMESSAGE", "SCHEDULEMESSAGE"}


def _template_of(action: Json) -> str | None:
    return action.get("templateUid") or linked(action, "notificationTemplate")


@rule("program_rules_inconsistent_program_program_stage")
def _rules_of_other_stages(server: Server) -> Findings:
    def broken(rule: Json) -> bool:
        stage = server.store.get("programStage", linked(rule, "programStage") or "")
        return stage is not None and linked(stage, "program") != linked(rule, "program")

    return those(server.store, "programRule", broken)


def _broken_actions(types: Iterable[str], lacks: Callable[[Json], bool]) -> Rule:
    wanted = set(types)

    def look(server: Server) -> Findings:
        found: dict[str, list[str]] = {}
        for action in server.store.all("programRuleAction"):
            if action.get("programRuleActionType") in wanted and lacks(action):
                found.setdefault(linked(action, "programRule") or "", []).append(f"{action.get('name')}:{action['id']}")
        rules = ((server.store.get("programRule", uid), refs) for uid, refs in found.items())
        return Findings([issue(row, None, refs) for row, refs in rules if row])

    return look


_DATA_ACTIONS = ("HIDEFIELD", "SETMANDATORYFIELD", "HIDEOPTION", "HIDEOPTIONGROUP", "SHOWOPTIONGROUP")
RULES["program_rule_actions_without_data_object"] = _broken_actions(
    _DATA_ACTIONS, lambda row: not linked(row, "dataElement") and not linked(row, "trackedEntityAttribute")
)
RULES["program_rule_actions_without_notification"] = _broken_actions(
    ("SENDMESSAGE", "SCHEDULEMESSAGE"), lambda row: not _template_of(row)
)
RULES["program_rule_actions_without_section"] = _broken_actions(
    ("HIDESECTION",), lambda row: not linked(row, "programStageSection")
)
RULES["program_rule_actions_without_stage_id"] = _broken_actions(
    ("HIDEPROGRAMSTAGE",), lambda row: not linked(row, "programStage")
)


def _variables_without(words: str, key: str) -> Rule:
    def look(server: Server) -> Findings:
        found: dict[str, list[str]] = {}
        for row in server.store.all("programRuleVariable"):
            if (row.get("programRuleVariableSourceType") or "").startswith(words) and not linked(row, key):
                found.setdefault(linked(row, "program") or "", []).append(f"{row.get('name')}:{row['id']}")
        programs = ((server.store.get("program", uid), refs) for uid, refs in found.items())
        return Findings([issue(row, None, refs) for row, refs in programs if row])

    return look


RULES["program_rule_variables_without_data_element"] = _variables_without("DATAELEMENT_", "dataElement")
RULES["program_rule_variables_without_attribute"] = _variables_without("TEI_", "trackedEntityAttribute")


@rule("programs_inconsistent_tracked_entity_type")
def _inconsistent_programs(server: Server) -> Findings:
    programs = server.store.all("program")
    words = {
        "WITHOUT_REGISTRATION": "Single event program with tracked entity type",
        "WITH_REGISTRATION": "Tracker program without tracked entity type",
    }
    issues = [
        issue(row, words[row["programType"]])
        for row in programs
        if (linked(row, "trackedEntityType") is not None) == (row["programType"] == "WITHOUT_REGISTRATION")
    ]
    return Findings(issues, len(programs))


@rule("program_stages_no_programs")
def _stray_stages(server: Server) -> Findings:
    stages = server.store.all("programStage")
    issues = [issue(row, "HAS_DATA: false") for row in stages if linked(row, "program") is None]
    return Findings(issues, len(stages))


@rule("programs_custom_data_entry_forms_empty")
def _empty_program_forms(server: Server) -> Findings:
    store, programs = server.store, server.store.all("program")
    held = [(store.get("program", linked(row, "program") or ""), row, row["name"]) for row in store.all("programStage")]
    issues: list[Json] = []
    for program, holder, words in [*held, *((row, row, "Enrollment") for row in programs)]:
        form = store.get("dataEntryForm", linked(holder, "dataEntryForm") or "")
        if program and form and is_blank(form):
            issues.append(issue(program, words))
    return Findings(issues, len(programs))


@rule("tracked_entity_attributes_invalid_trigram_search_configuration")
def _invalid_searches(server: Server) -> Findings:
    def broken(row: Json) -> bool:
        searched = not {"LIKE", "EW"}.issubset(row.get("blockedSearchOperators") or ())
        if not row.get("trigramIndexable"):
            return searched
        return not searched or (row.get("minCharactersToSearch") or 0) < _SHORTEST

    return those(server.store, "trackedEntityAttribute", broken)


_SHORTEST = 3
"""How many letters of a text such an index finds."""


@rule("tracked_entity_attributes_trigram_index_out_of_sync")
def _not_indexed(server: Server) -> Findings:
    return those(
        server.store,
        "trackedEntityAttribute",
        lambda row: (
            bool(row.get("trigramIndexable")) and not {"LIKE", "EW"}.issubset(row.get("blockedSearchOperators") or ())
        ),
    )


@rule("tracked_entity_attributes_trigram_index_overview")
def _indexed(server: Server) -> Findings:
    return Findings([], len(server.store.all("trackedEntityAttribute")))


# Users


def _user_issue(user: Json, comment: str | None, refs: list[str] | None = None) -> Json:
    return issue({**user, "name": user.get("username") or ""}, comment, refs)


def _disabled(user: Json) -> str:
    return f"disabled:{'true' if user.get('disabled') else 'false'}"


@rule("users_with_no_user_role")
def _without_role(server: Server) -> Findings:
    users = server.store.all("user")
    return Findings([_user_issue(row, _disabled(row)) for row in users if not ids_in(row, "userRoles")], len(users))


@rule("users_with_invalid_usernames")
def _bad_names(server: Server) -> Findings:
    users = server.store.all("user")
    good = re.compile(r"(?=.{4,255}$)[a-zA-Z0-9]+(?:[-_.@][a-zA-Z0-9]+)*")
    bad = (row for row in users if not good.fullmatch(row.get("username") or ""))
    return Findings([_user_issue(row, _disabled(row)) for row in bad], len(users))


def _with_authority(authority: str) -> Rule:
    def look(server: Server) -> Findings:
        users = server.store.all("user")
        roles = {
            row["id"]: row["name"]
            for row in server.store.all("userRole")
            if authority in (row.get("authorities") or ())
        }
        issues = [
            _user_issue(row, "Disabled" if row.get("disabled") else "Active", names)
            for row in users
            if (names := [roles[uid] for uid in ids_in(row, "userRoles") if uid in roles])
        ]
        return Findings(issues, len(users))

    return look


RULES["users_with_all_authority"] = _with_authority("ALL")
RULES["users_with_app_hub_authority"] = _with_authority("M_DHIS_WEB_APP_MANAGEMENT")


def _outside(key: str) -> Rule:
    """Who enters data for units that are not themselves among the others: DHIS2 compares whole paths."""

    def look(server: Server) -> Findings:
        users = server.store.all("user")
        issues: list[Json] = []
        for user in users:
            others = set(ids_in(user, key))
            outside = [uid for uid in ids_in(user, "organisationUnits") if others and uid not in others]
            names = [row["name"] for uid in outside if (row := server.store.get("organisationUnit", uid))]
            issues += [_user_issue(user, None, names)] if names else []
        return Findings(issues, len(users))

    return look


RULES["users_capture_ou_not_in_data_view_ou"] = _outside("dataViewOrganisationUnits")
RULES["users_capture_ou_not_in_tei_search_ou"] = _outside("teiSearchOrganisationUnits")


@rule("users_with_no_organisation_units")
def _without_units(server: Server) -> Findings:
    users = server.store.all("user")
    return Findings(
        [_user_issue(row, _disabled(row)) for row in users if not ids_in(row, "organisationUnits")], len(users)
    )
