"""The rules of one program, with the variables that their expressions name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dhis2w_sandbox.documents import linked
from dhis2w_sandbox.store import Store

Json = dict[str, Any]


@dataclass(frozen=True)
class ProgramRules:
    """What a program's metadata says about its rules."""

    program: Json
    rules: list[Json]
    """By priority; those without one come last."""
    variables: dict[str, Json]
    """By name."""


def rules_of(store: Store, program: Json) -> ProgramRules:
    """The rules and variables of a program."""
    rules = [rule for rule in store.all("programRule") if linked(rule, "program") == program.get("id")]
    rules.sort(key=lambda rule: (rule.get("priority") is None, rule.get("priority") or 0))
    variables = [row for row in store.all("programRuleVariable") if linked(row, "program") == program.get("id")]
    return ProgramRules(program, rules, {row["name"]: row for row in variables})
