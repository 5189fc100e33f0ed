"""Data element operands that a set must have before it is complete.

Source: `DefaultCompleteDataSetRegistrationService.getMissingCompulsoryFields` of dhis2-core.
"""

from __future__ import annotations

from typing import Any

from dhis2w_sandbox.data.completeness import RegistrationKey
from dhis2w_sandbox.data.entry_rules import EntryRules
from dhis2w_sandbox.data.values import Values
from dhis2w_sandbox.documents import linked

Json = dict[str, Any]


def missing_operands(rules: EntryRules, data_set: Json, key: RegistrationKey) -> list[str]:
    """The names of the compulsory operands of a set that have no value there."""
    operands: list[Json] = data_set.get("compulsoryDataElementOperands") or []
    return [_name(rules, operand) for operand in operands if _is_missing(rules, operand, key)]


def _is_missing(rules: EntryRules, operand: Json, key: RegistrationKey) -> bool:
    where = "element = ? AND period = ? AND unit = ? AND attribute = ? AND deleted = 0"
    args = [linked(operand, "dataElement"), *key[1:]]
    combo = linked(operand, "categoryOptionCombo")
    if combo:
        where, args = f"{where} AND combo = ?", [*args, combo]
    return not list(Values(rules.server).select(where, args))


def _name(rules: EntryRules, operand: Json) -> str:
    element = rules.document("dataElement", linked(operand, "dataElement")) or {}
    combo = linked(operand, "categoryOptionCombo")
    if not combo or combo == rules.default_combo:
        return str(element.get("name"))
    return f"{element.get('name')} {(rules.document('categoryOptionCombo', combo) or {}).get('name')}"
