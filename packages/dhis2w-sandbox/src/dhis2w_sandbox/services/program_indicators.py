"""What the expression and the filter of a program indicator say in names, and whether they can be read.

Source: `ProgramIndicatorController`, `DefaultProgramIndicatorService.getDescription`, `ProgramItemStageElement`,
`ProgramItemAttribute` and `ProgramVariableItem` of dhis2-core. How DHIS2 words what it cannot read is not known.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from dhis2w_sandbox.bodies import json_object
from dhis2w_sandbox.call import SOURCE, Call, Reply
from dhis2w_sandbox.errors import NotInSandbox, web_message
from dhis2w_sandbox.routing import Endpoints
from dhis2w_sandbox.store import Store
from dhis2w_sandbox.tracker.rules.expression import (
    Binary,
    Constant,
    ExpressionError,
    FunctionCall,
    Node,
    Unary,
    Variable,
    parse,
)

Json = dict[str, Any]

endpoints = Endpoints()

_INVALID = "Expression is not valid"
# Those without a translation are shown as they are.
_VARIABLES = {
    "execution_date": "Execution date",
    "due_date": "Due date",
    "incident_date": "Incident date",
    "enrollment_date": "Enrollment date",
    "current_date": "Current date",
    "value_count": "Value count",
    "zero_pos_value_count": "Zero or positive value count",
    "event_count": "Event count (ACTIVE or COMPLETED status only)",
    "scheduled_event_count": "Event count (SCHEDULE status only)",
    "org_unit_count": "Organisation unit count",
    "enrollment_count": "Enrollment count",
    "tei_count": "Tracked entity instance count",
    "event_date": "Event date",
    "scheduled_date": "Scheduled date",
    "enrollment_status": "Enrollment status",
    "completed_date": "Completed date",
    "program_stage_name": "Program stage name",
    "program_stage_id": "Program stage id",
    **{
        name: name
        for name in ("analytics_period_end", "analytics_period_start", "creation_date", "event_status", "sync_date")
    },
}
_FUNCTIONS = frozenset(
    (
        *("condition", "count", "countIfCondition", "countIfValue", "daysBetween", "hasValue", "maxValue", "minValue"),
        *(
            "minutesBetween",
            "monthsBetween",
            "oizp",
            "relationshipCount",
            "weeksBetween",
            "yearsBetween",
            "zing",
            "zpvc",
        ),
    )
)
_LOGICAL = frozenset({"&&", "||", "==", "!=", "<", "<=", ">", ">="})
# What the grammar of indicators has beyond that of rules.
_BEYOND = re.compile(r"PS_EVENTDATE|stageOffset|(?<![:\w])[a-zA-Z][a-zA-Z0-9]*\s*\(")


@endpoints.add("POST", "/api/programIndicators/expression/description", SOURCE)
def describe_expression(call: Call) -> Reply:
    """Put names in the place of the identifiers of an expression; one that cannot be read is ERROR with 200."""
    return _described(call, is_filter=False)


@endpoints.add("POST", "/api/programIndicators/filter/description", SOURCE)
def describe_filter(call: Call) -> Reply:
    """Put names in the place of the identifiers of a filter; one that is no condition is ERROR with 200."""
    return _described(call, is_filter=True)


def _described(call: Call, *, is_filter: bool) -> Reply:
    is_text = call.headers.get("content-type", "").startswith("text/plain")
    text = call.body.decode(errors="replace") if is_text else str(json_object(call).get("expression") or "")
    if not text:
        return Reply.message(200, _INVALID)
    try:
        description = _in_names(call.server.store, text, is_filter=is_filter)
    except ExpressionError as error:
        return Reply.json({**web_message(200, _INVALID, word="ERROR"), "description": str(error)})
    return Reply.json({**web_message(200, "Valid"), "description": description})


def _in_names(store: Store, text: str, *, is_filter: bool) -> str:
    """An expression with names for its items.

    Raises:
        ExpressionError: it cannot be read, or names what there is not.
        NotInSandbox: it uses functions that are not here.
    """
    beyond = _BEYOND.search(re.sub(r"'[^']*'|\"[^\"]*\"|[#ACV]\{[^}]*\}", "", text))
    if beyond is not None and beyond[0].rstrip("( ") not in {"and", "or", "not"}:
        raise NotInSandbox(f"the function {beyond[0]} of program indicators")
    tree = parse(text)
    nodes = list(_nodes(tree))
    unknown = next(
        (node.name for node in nodes if isinstance(node, FunctionCall) and node.name not in _FUNCTIONS), None
    )
    if unknown is not None:
        raise ExpressionError(f"Invalid string token 'd2:{unknown}'")
    if is_filter and not _is_condition(tree):
        raise ExpressionError("The filter is not a condition")
    described = text
    for node in nodes:
        if isinstance(node, Variable):
            described = described.replace(f"{node.kind}{{{node.name}}}", _name(store, node))
    return described


def _nodes(node: Node) -> Iterator[Node]:
    yield node
    if isinstance(node, FunctionCall):
        inner: tuple[Node, ...] = node.args
    elif isinstance(node, Unary):
        inner = (node.operand,)
    else:
        inner = (node.left, node.right) if isinstance(node, Binary) else ()
    for child in inner:
        yield from _nodes(child)


def _is_condition(node: Node) -> bool:
    """Whether a tree can be true or false; of a function or an item that is not looked into."""
    if isinstance(node, Constant):
        return isinstance(node.value, bool)
    if isinstance(node, (Unary, Binary)):
        return node.operator == "!" or node.operator in _LOGICAL
    return True


def _name(store: Store, item: Variable) -> str:
    if item.kind == "V":
        if item.name not in _VARIABLES:
            raise ExpressionError(f"Invalid string token '{item.name}'")
        return _VARIABLES[item.name]
    if item.kind == "#":
        stage, _, element = item.name.partition(".")
        if not element:
            raise ExpressionError(f"Invalid Program Stage / DataElement syntax: #{{{item.name}}}")
        names = (_found(store, "programStage", stage, "Program stage {} not found"),)
        # `ProgramIndicator.SEPARATOR_ID` is a regular expression, and shown as one
        return "\\.".join((*names, _found(store, "dataElement", element, "Data element {} not found")))
    if item.kind == "A":
        return _found(store, "trackedEntityAttribute", item.name, "Tracked entity attribute {} not found.")
    return _found(store, "constant", item.name, "Constant {} not found")


def _found(store: Store, type: str, uid: str, refusal: str) -> str:
    document = store.get(type, uid)
    if document is None:
        raise ExpressionError(refusal.format(uid))
    return document["name"]
