"""Whether an expression of a program rule can be read, and what it says in names.

Source: `ProgramRuleController`, `ProgramRuleActionController` and `DefaultProgramRuleEngine.getDescription` of
dhis2-core; recordings `tracker/program-rules`.
"""

from __future__ import annotations

import re
from typing import Any

from dhis2w_sandbox.call import RECORDED, SOURCE, Call, Reply
from dhis2w_sandbox.documents import linked
from dhis2w_sandbox.errors import Dhis2Refusal, web_message
from dhis2w_sandbox.routing import Endpoints
from dhis2w_sandbox.store import Store
from dhis2w_sandbox.tracker.rules.expression import ExpressionError, parse, variables_of
from dhis2w_sandbox.tracker.rules.rule_data import ENVIRONMENT

Json = dict[str, Any]

endpoints = Endpoints()

_INVALID = "1 error(s), 0 warning(s)"


@endpoints.add("POST", "/api/programRules/condition/description", RECORDED)
@endpoints.add("POST", "/api/programRuleActions/data/expression/description", SOURCE)
def describe(call: Call) -> Reply:
    """Say whether a condition or an action's expression is valid, and what it says in names."""
    uid = call.required("programId", "UID")
    program = call.server.store.get("program", uid)
    if program is None:
        raise Dhis2Refusal(400, f"Program is specified but does not exist: {uid}", "E1003")
    text = call.body.decode("utf-8", errors="replace")
    description = _description(call.server.store, program, text)
    if description is None:
        answer = web_message(200, "Expression is not valid", word="ERROR")
        return Reply.json({**answer, "description": _INVALID})
    return Reply.json({**web_message(200, "Valid"), "description": description})


def _description(store: Store, program: Json, text: str) -> str | None:
    """An expression with names for its variables; None where it is none, or names what there is not."""
    try:
        variables = variables_of(parse(text))
    except ExpressionError:
        return None
    names = {(row.kind, row.name): _name(store, program, row.kind, row.name) for row in variables}
    if None in names.values():
        return None
    return re.sub(r"([#ACV])\{([^}]*)\}", lambda m: names[m[1], m[2].strip()] or "", text)


def _name(store: Store, program: Json, kind: str, name: str) -> str | None:
    if kind == "C":
        return (store.get("constant", name) or {}).get("name")
    if kind == "V":
        return name if name in ENVIRONMENT else None
    rows = (row for row in store.all("programRuleVariable") if linked(row, "program") == program["id"])
    variable = next((row for row in rows if row["name"] == name), None)
    if variable is None:
        return None
    element = store.get("dataElement", linked(variable, "dataElement") or "")
    attribute = store.get("trackedEntityAttribute", linked(variable, "trackedEntityAttribute") or "")
    shown: Json = element or attribute or variable
    return shown.get("formName") or shown["name"]
