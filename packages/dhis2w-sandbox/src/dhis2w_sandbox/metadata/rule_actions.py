"""Checks of program rule actions: what each type of action needs, and what it may not have.

Source: `ProgramRuleActionObjectBundleHook` and the `ProgramRuleActionValidator`s of dhis2-core.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dhis2w_sandbox.documents import linked
from dhis2w_sandbox.errors import ErrorReport
from dhis2w_sandbox.metadata.bundle import Bundle, Item

Json = dict[str, Any]
Validator = Callable[[Bundle, Json, Json], ErrorReport | None]

_ROOT = "org.hisp.dhis"
_ACTION = f"{_ROOT}.programrule.ProgramRuleAction"
_ATTRIBUTE = f"{_ROOT}.trackedentity.TrackedEntityAttribute"
_ELEMENT = f"{_ROOT}.dataelement.DataElement"
_OPTION = f"{_ROOT}.option.Option"
_SECTION = f"{_ROOT}.program.ProgramStageSection"
_STAGE = f"{_ROOT}.program.ProgramStage"
_TEMPLATE = f"{_ROOT}.program.notification.ProgramNotificationTemplate"


def check(bundle: Bundle, item: Item, rule: Json) -> list[ErrorReport]:
    """What is wrong with an action of a rule: the first thing found."""
    validator = VALIDATORS.get(str(item.new.get("programRuleActionType")))
    error = validator(bundle, item.new, rule) if validator else None
    return [error] if error else []


def _check_assignment(bundle: Bundle, action: Json, rule: Json) -> ErrorReport | None:
    """E4050: a value is assigned to something."""
    del bundle
    if any(action.get(key) for key in ("dataElement", "trackedEntityAttribute", "content")):
        return None
    return ErrorReport("E4050", (rule.get("name"),), _ACTION)


def _check_target(bundle: Bundle, action: Json, rule: Json) -> ErrorReport | None:
    """E4044 to E4048: the action is about a data element or an attribute of the program."""
    name, program = rule.get("name"), bundle.find("program", linked(rule, "program") or "") or {}
    element, attribute = linked(action, "dataElement"), linked(action, "trackedEntityAttribute")
    if element is not None:
        if bundle.find("dataElement", element) is None:
            return ErrorReport("E4045", (element, name), _ELEMENT)
        return None if element in _elements(bundle, program) else ErrorReport("E4047", (element, name), _ELEMENT)
    if attribute is not None:
        if bundle.find("trackedEntityAttribute", attribute) is None:
            return ErrorReport("E4046", (attribute, name), _ATTRIBUTE)
        rows: list[Json] = program.get("programTrackedEntityAttributes") or []
        known = {linked(row, "trackedEntityAttribute") for row in rows}
        return None if attribute in known else ErrorReport("E4048", (attribute, name), _ATTRIBUTE)
    return ErrorReport("E4044", (name,), _ELEMENT)


def _elements(bundle: Bundle, program: Json) -> set[str | None]:
    """The data elements of a program's stages."""
    stages = [bundle.find("programStage", row.get("id", "")) or {} for row in program.get("programStages") or ()]
    return {linked(row, "dataElement") for stage in stages for row in stage.get("programStageDataElements") or ()}


def _check_option(bundle: Bundle, action: Json, rule: Json) -> ErrorReport | None:
    """E4040, E4041: an option to hide."""
    name, option = rule.get("name"), linked(action, "option")
    error = _check_target(bundle, action, rule)
    if error:
        return error
    if option is None:
        return ErrorReport("E4040", (name,), _OPTION)
    if bundle.find("option", option) is None:
        return ErrorReport("E4041", (option, name), _OPTION)
    return _irrelevant(action, rule, "HIDEOPTION", "programStage", "optionGroup", "programStageSection")


def _check_option_group(bundle: Bundle, action: Json, rule: Json) -> ErrorReport | None:
    """E4040, E4043: a group of options to show or hide."""
    name, group = rule.get("name"), linked(action, "optionGroup")
    error = _check_target(bundle, action, rule)
    if error:
        return error
    if group is None:
        return ErrorReport("E4040", (name,), _OPTION)
    if bundle.find("optionGroup", group) is None:
        return ErrorReport("E4043", (group, name), _OPTION)
    return _irrelevant(action, rule, "HIDEOPTIONGROUP", "option", "programStage", "programStageSection")


def _check_section(bundle: Bundle, action: Json, rule: Json) -> ErrorReport | None:
    """E4036, E4037: a section to hide."""
    name, section = rule.get("name"), linked(action, "programStageSection")
    if section is None:
        return ErrorReport("E4036", (name,), _SECTION)
    if bundle.find("programStageSection", section) is None:
        return ErrorReport("E4037", (section, name), _SECTION)
    return _irrelevant(action, rule, "HIDESECTION", "dataElement", "option", "optionGroup", "programStage")


def _check_stage(bundle: Bundle, action: Json, rule: Json) -> ErrorReport | None:
    """E4038, E4039: a stage to hide."""
    name, stage = rule.get("name"), linked(action, "programStage")
    if stage is None:
        return ErrorReport("E4038", (name,), _STAGE)
    if bundle.find("programStage", stage) is None:
        return ErrorReport("E4039", (stage, name), _STAGE)
    return _irrelevant(action, rule, "HIDEPROGRAMSTAGE", "dataElement", "option", "optionGroup", "programStageSection")


def _irrelevant(action: Json, rule: Json, type: str, *keys: str) -> ErrorReport | None:
    """E4058: references that an action of the type has no use for."""
    return ErrorReport("E4058", (rule.get("name"), type), _OPTION) if any(action.get(key) for key in keys) else None


def _check_notification(bundle: Bundle, action: Json, rule: Json) -> ErrorReport | None:
    """E4034, E4035: the message to send."""
    name, template = rule.get("name"), action.get("templateUid")
    if template is None:
        return ErrorReport("E4035", (name,), _TEMPLATE)
    if bundle.find("programNotificationTemplate", template) is None:
        return ErrorReport("E4034", (template, name), _TEMPLATE)
    return None


VALIDATORS: dict[str, Validator] = {
    "ASSIGN": _check_assignment,
    "CREATEEVENT": _check_target,
    "HIDEFIELD": _check_target,
    "HIDEOPTION": _check_option,
    "HIDEOPTIONGROUP": _check_option_group,
    "HIDEPROGRAMSTAGE": _check_stage,
    "HIDESECTION": _check_section,
    "SCHEDULEMESSAGE": _check_notification,
    "SENDMESSAGE": _check_notification,
    "SETMANDATORYFIELD": _check_target,
    "SHOWOPTIONGROUP": _check_option_group,
}
"""By type of action; the others are always valid."""
