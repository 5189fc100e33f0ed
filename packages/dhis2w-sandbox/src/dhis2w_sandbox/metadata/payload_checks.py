"""Checks of single types that look at the other objects of the payload, and failures of DHIS2's own checks.

Source: the object bundle hooks of dhis2-core, named at each check.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dhis2w_sandbox.errors import Dhis2Refusal, ErrorReport
from dhis2w_sandbox.metadata.bundle import Bundle, Item

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


def check_action_has_rule(bundle: Bundle, item: Item) -> list[ErrorReport]:
    """ProgramRuleActionObjectBundleHook needs the rule."""
    if item.new.get("programRule"):
        return []
    raise null_pointer(bundle, "programrule.ProgramRule.getProgram()", '"rule"')


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


PAYLOAD_CHECKS: dict[str, list[Callable[[Bundle, Item], list[ErrorReport]]]] = {
    "aggregateDataExchange": [check_exchange],
    "dataElement": [fail_by_code],
    "programRuleAction": [check_action_has_rule],
    "programRuleVariable": [check_variable_has_program],
    "programStage": [check_stage_has_program],
}
