"""Checks of single types that look at other objects, stored or of the payload, and failures of DHIS2's own checks.

Source: the object bundle hooks of dhis2-core, named at each check.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from math import prod
from typing import Any

from dhis2w_sandbox.boot import DEFAULT_COMBO
from dhis2w_sandbox.documents import linked
from dhis2w_sandbox.errors import Dhis2Refusal, ErrorReport
from dhis2w_sandbox.metadata import access, rule_actions, tracker_checks
from dhis2w_sandbox.metadata.bundle import Bundle, Item
from dhis2w_sandbox.metadata.units import lineage

Json = dict[str, Any]

_ROOT = "org.hisp.dhis"


def null_pointer(bundle: Bundle, call: str, what: str) -> Dhis2Refusal:
    """The failure of a check that meets no value where it needs one."""
    text = f'Cannot invoke "{_ROOT}.{call}" because {what} is null'
    return Dhis2Refusal(500, text if bundle.server.behaviour.null_pointer_in_checks else _NO_REPORTS)


_NO_REPORTS = 'Cannot invoke "java.lang.Iterable.forEach(java.util.function.Consumer)" because "typeReports" is null'


def check_stage_has_program(bundle: Bundle, item: Item) -> list[ErrorReport]:
    """E4053: a stage that names no program, and that no program of the payload lists (ProgramStageObjectBundleHook)."""
    if item.new.get("program"):
        return []
    programs = [batch for batch in bundle.batches if batch.schema.singular == "program"]
    listed = {
        row.get("id")
        for batch in programs
        for program in batch.persisted + batch.fresh
        for row in program.new.get("programStages", ())
    }
    return [] if item.uid in listed else [ErrorReport("E4053", (item.uid,), item.schema.klass)]


def check_variable_has_program(bundle: Bundle, item: Item) -> list[ErrorReport]:
    """ProgramRuleVariableObjectBundleHook needs the program."""
    if item.new.get("program"):
        return []
    getter = f'the return value of "{_ROOT}.programrule.ProgramRuleVariable.getProgram()"'
    raise null_pointer(bundle, "program.Program.getUid()", getter)


def check_action(bundle: Bundle, item: Item) -> list[ErrorReport]:
    """ProgramRuleActionObjectBundleHook needs the rule."""
    rule = bundle.find("programRule", linked(item.new, "programRule") or "")
    if rule is None:
        raise null_pointer(bundle, "programrule.ProgramRule.getProgram()", '"rule"')
    return rule_actions.check(bundle, item, rule)


_EXCHANGE = f"{_ROOT}.dataexchange.aggregate.AggregateDataExchange"


def check_exchange(bundle: Bundle, item: Item) -> list[ErrorReport]:
    """Source and target of a data exchange (AggregateDataExchangeObjectBundleHook)."""
    source: Json | None = item.new.get("source")
    target: Json = item.new.get("target") or {}
    if source is None:
        getter = f'the return value of "{_EXCHANGE}.getSource()"'
        raise null_pointer(bundle, "dataexchange.aggregate.Source.getRequests()", getter)
    requests: list[Json] = source.get("requests") or []
    errors = [] if requests else [ErrorReport("E6302", (item.uid,), _EXCHANGE)]
    for row in requests:
        name = row.get("name")
        if not name:
            errors.append(ErrorReport("E4000", ("source.name",), _EXCHANGE))
        elif len(name) > 50:
            errors.append(ErrorReport("E4001", ("source.name", 50, len(name)), _EXCHANGE))
        if not (row.get("dx") and row.get("pe") and row.get("ou")):
            errors.append(ErrorReport("E6303", (), _EXCHANGE))
    kind = target.get("type")
    if kind is None:
        errors.append(ErrorReport("E4000", ("target.type",), _EXCHANGE))
    api: Json | None = target.get("api")
    if kind == "EXTERNAL" and api is None:
        errors.append(ErrorReport("E6304", (), _EXCHANGE))
    if api is not None and not api.get("url"):
        errors.append(ErrorReport("E4000", ("target.api.url",), _EXCHANGE))
    if api is not None and item.old is None and not (api.get("accessToken") or api.get("username")):
        errors.append(ErrorReport("E6305", (), _EXCHANGE))
    return errors


def fail_by_code(bundle: Bundle, item: Item) -> list[ErrorReport]:
    """DataElementObjectBundleHook looks elements up by identifier, also where the import goes by code."""
    del item
    if bundle.options.identifier == "CODE" and bundle.server.behaviour.data_elements_by_code_fail:
        raise null_pointer(bundle, "dataelement.DataElement.getValueType()", '"dePreheat"')
    return []


# --- option sets (OptionObjectBundleHook) ---

_OPTION_SET = f"{_ROOT}.option.OptionSet"


def check_option(bundle: Bundle, item: Item) -> list[ErrorReport]:
    """E4028: another option of the stored set has the name or code; E1118: a code that separates."""
    uid, code = linked(item.new, "optionSet"), item.new.get("code")
    if uid is None:
        return []
    store, errors = bundle.server.store, list[ErrorReport]()
    rows: list[Json] = (store.get("optionSet", uid) or {}).get("options") or []
    for row in rows:
        other = store.get("option", row["id"]) or {}
        named = other.get("name") is not None and other.get("code") is not None and other["id"] != item.uid
        if named and (other["name"] == item.new.get("name") or other["code"] == code):
            errors.append(ErrorReport("E4028", (uid, other["id"]), _OPTION_SET))
    listing = bundle.find("optionSet", uid) or {}
    if listing.get("valueType") == "MULTI_TEXT" and "," in str(code):
        errors.append(ErrorReport("E1118", (uid, code), _OPTION_SET))
    return errors


# --- the category model (CategoryObjectBundleHook and its like, DefaultCategoryService.validate) ---

_COMBO = f"{_ROOT}.category.CategoryOptionCombo"
_MAX_CATEGORIES, _MAX_OPTIONS, _MAX_COMBINATIONS = 5, 50, 500


def _stored_options(bundle: Bundle, category: str) -> int:
    return len((bundle.server.store.get("category", category) or {}).get("categoryOptions") or ())


def check_category(bundle: Bundle, item: Item) -> list[ErrorReport]:
    """E1127: too many options."""
    count = len(item.new.get("categoryOptions") or ()) or _stored_options(bundle, item.uid)
    return _size_errors(bundle, item.uid, count)


def _size_errors(bundle: Bundle, category: str, count: int) -> list[ErrorReport]:
    if count <= _MAX_OPTIONS or not bundle.server.behaviour.checks_option_combos:
        return []
    return [ErrorReport("E1127", (category, _MAX_OPTIONS, count), _COMBO)]


def check_category_combo(bundle: Bundle, item: Item) -> list[ErrorReport]:
    """E1126 to E1128: too many categories, options or combinations, as far as the options are stored."""
    if not bundle.server.behaviour.checks_option_combos:
        return []
    categories = [row.get("id", "") for row in item.new.get("categories") or ()]
    if len(categories) > _MAX_CATEGORIES:
        return [ErrorReport("E1126", (item.uid, _MAX_CATEGORIES, len(categories)), _COMBO)]
    counts = [_stored_options(bundle, category) for category in categories]
    for category, count in zip(categories, counts, strict=True):
        if errors := _size_errors(bundle, category, count):
            return errors
    combinations = prod(counts)
    if combinations > _MAX_COMBINATIONS:
        return [ErrorReport("E1128", (item.uid, _MAX_COMBINATIONS, combinations), _COMBO)]
    return []


def check_default_combo(bundle: Bundle, item: Item) -> list[ErrorReport]:
    """E1122: the default category combination has one option combination and no other."""
    checked = bundle.server.behaviour.checks_option_combos and linked(item.new, "categoryCombo") == DEFAULT_COMBO
    return [ErrorReport("E1122", (item.new.get("name"),), _COMBO)] if checked else []


def check_whole_set(bundle: Bundle, item: Item) -> list[ErrorReport]:
    """E1130 to E1132: the payload holds one option combination for each choice of options, and no stored one twice."""
    combo = linked((item.old or item.new), "categoryCombo")
    if not bundle.server.behaviour.wants_whole_option_combo_sets or combo is None:
        return []
    expected = _choices(bundle, combo)
    sent = [row for row in _option_combos(bundle) if linked(row, "categoryCombo") == combo]
    if len(expected) != len(sent):
        return [ErrorReport("E1130", (len(sent), len(expected), combo), _COMBO)]
    mine = _options(item.new)
    if item.old is None and (twin := _twin(bundle, combo, mine)):
        return [ErrorReport("E1132", (item.uid, twin, combo, sorted(mine)), _COMBO)]
    given = [_options(row) for row in sent]
    unexpected = {options for options in given if options not in expected or given.count(options) > 1}
    if set(given) == set(expected) or mine not in unexpected:
        return []
    missing = [sorted(options) for options in expected if options not in given]
    return [ErrorReport("E1131", (sorted(mine), combo, missing), _COMBO)]


def _option_combos(bundle: Bundle) -> list[Json]:
    batches = [batch for batch in bundle.batches if batch.schema.singular == "categoryOptionCombo"]
    return [row.new for batch in batches for row in batch.persisted + batch.fresh]


def _options(combo: Json) -> frozenset[str]:
    return frozenset(row.get("id", "") for row in combo.get("categoryOptions") or ())


def _choices(bundle: Bundle, combo: str) -> list[frozenset[str]]:
    """The sets of options that the categories of a combination, stored or of the payload, allow."""
    document = bundle.coming("categoryCombo", combo) or bundle.find("categoryCombo", combo) or {}
    uids = [row.get("id", "") for row in document.get("categories") or ()]
    categories = [bundle.coming("category", uid) or bundle.find("category", uid) or {} for uid in uids]
    lists = [[row.get("id", "") for row in category.get("categoryOptions") or ()] for category in categories]
    return [frozenset(choice) for choice in product(*lists)] if lists else []


def _twin(bundle: Bundle, combo: str, options: frozenset[str]) -> str | None:
    store = bundle.server.store
    rows = [row.uid for row in store.referrers("categoryCombo", combo) if row.type == "categoryOptionCombo"]
    return next((uid for uid in rows if _options(store.get("categoryOptionCombo", uid) or {}) == options), None)


# --- the rest ---

_DASHBOARD = f"{_ROOT}.dashboard.Dashboard"
_MAX_COLUMNS = 60


def check_layout(bundle: Bundle, item: Item) -> list[ErrorReport]:
    """E4070: a layout of more columns than the screen has (DashboardCheck)."""
    del bundle
    layout: Json = item.new.get("layout") or {}
    columns: list[Json] = layout.get("columns") or []
    too_many = len(columns) > _MAX_COLUMNS
    return [ErrorReport("E4070", (item.uid, len(columns)), _DASHBOARD)] if too_many else []


_UNIT = f"{_ROOT}.organisationunit.OrganisationUnit"


def check_move(bundle: Bundle, item: Item) -> list[ErrorReport]:
    """E1520 to E1523: who may put a unit elsewhere (OrganisationUnitObjectBundleHook)."""
    user, before, now = bundle.user, linked(item.old or {}, "parent"), linked(item.new, "parent")
    if item.old is None or user.is_super or before == now:
        return []
    if not user.has_any(["F_ORGANISATIONUNIT_MOVE"]):
        return [ErrorReport("E1520", (user.uid,), _UNIT)]
    errors: list[ErrorReport] = []
    if not access.can_update(user, item.schema, item.old):
        errors.append(ErrorReport("E1521", (user.uid, item.uid), _UNIT))
    for code, parent in (("E1522", before), ("E1523", now)):
        document = bundle.find("organisationUnit", parent) if parent else None
        if document and not (access.can_update(user, item.schema, document) and _is_within(bundle, document)):
            errors.append(ErrorReport(code, (user.uid, item.uid, parent), _UNIT))
    return errors


def _is_within(bundle: Bundle, unit: Json) -> bool:
    """Whether a unit is one of the user's or below one."""
    mine = {row["id"] for row in bundle.user.document.get("organisationUnits") or ()}
    return bool(mine & set(lineage(bundle.server.store, unit)))


def check_circle(bundle: Bundle, item: Item) -> list[ErrorReport]:
    """A unit below itself: some versions fail, others do it."""
    failure, parent = bundle.server.behaviour.unit_circle, linked(item.new, "parent")
    seen: set[str] = set()
    while failure and parent and parent not in seen:
        if parent == item.uid:
            raise Dhis2Refusal(500, failure)
        seen.add(parent)
        unit = bundle.coming("organisationUnit", parent) or bundle.find("organisationUnit", parent) or {}
        parent = linked(unit, "parent")
    return []


PAYLOAD_CHECKS: dict[str, list[Callable[[Bundle, Item], list[ErrorReport]]]] = {
    "aggregateDataExchange": [check_exchange],
    "category": [check_category],
    "categoryCombo": [check_category_combo],
    "categoryOptionCombo": [check_default_combo, check_whole_set],
    "dashboard": [check_layout],
    "dataElement": [fail_by_code, tracker_checks.check_field_mask],
    "option": [check_option],
    "organisationUnit": [check_move, check_circle],
    "program": [tracker_checks.check_program],
    "programRuleAction": [check_action],
    "programRuleVariable": [check_variable_has_program],
    "programStage": [tracker_checks.check_next_date, check_stage_has_program],
    "programStageWorkingList": [tracker_checks.check_working_list],
    "relationshipType": [tracker_checks.check_relationship_type],
    "trackedEntityAttribute": [tracker_checks.check_attribute],
}
