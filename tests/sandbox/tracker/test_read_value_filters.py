"""The language of filters by values."""

import pytest
from registering import Registrar

from dhis2w_sandbox.errors import Dhis2Refusal
from dhis2w_sandbox.tracker.reading.value_filters import Condition, holds, parse_filters

UID = "AttrName001"


@pytest.mark.parametrize(
    ("text", "conditions"),
    [
        (UID, []),
        (f"{UID}:eq:a", [Condition("EQ", "a")]),
        (f"{UID}:!like:a", [Condition("NLIKE", "a")]),
        (f"{UID}:null", [Condition("NULL")]),
        (f"{UID}:!null:ge:3", [Condition("NNULL"), Condition("GE", "3")]),
        (f"{UID}:eq:a/:b/,c//d", [Condition("EQ", "a:b,c/d")]),
    ],
)
def test_a_filter_is_read(text: str, conditions: list[Condition]) -> None:
    assert parse_filters("filter", text) == {UID: conditions}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (f"{UID}:is:a", "'is' is not a valid operator."),
        (f"{UID}:eq", "Binary operator 'eq' must have a value."),
        (f"{UID}:null:a", "Unary operator 'null' cannot have a value."),
        (f"{UID}:gt:1:gt:2:gt:3:gt:4", "A maximum of three operators can be used in a filter."),
        ("short:eq:a", "UID must be an alphanumeric string of 11 characters starting with a letter, but was: short"),
    ],
)
def test_a_broken_filter_is_refused(text: str, told: str) -> None:
    with pytest.raises(Dhis2Refusal) as refused:
        parse_filters("filter", text)
    assert refused.value.message == f"filter={text} is invalid. {told}"


@pytest.mark.parametrize(
    ("value", "condition", "type", "fulfils"),
    [
        ("10", Condition("GT", "9"), "INTEGER", True),
        ("10", Condition("GT", "9"), "TEXT", False),
        ("2024-02-01", Condition("LE", "2024-02-01"), "DATE", True),
        ("Ann", Condition("EQ", "ANN"), "TEXT", True),
        ("Ann", Condition("IN", "bob;ann"), "TEXT", True),
        (None, Condition("NULL"), "TEXT", True),
        (None, Condition("NEQ", "a"), "TEXT", False),
    ],
)
def test_a_value_is_compared_as_its_type_is(value: str | None, condition: Condition, type: str, fulfils: bool) -> None:
    assert holds(value, [condition], type) is fulfils


def test_2_41_knows_no_operator_without_a_value(registrar: Registrar) -> None:
    reply = registrar.request("GET", f"/api/tracker/trackedEntities?program=ProgCare001&filter={UID}:null")
    assert reply.status == (400 if registrar.sandbox.server.version == "v41" else 200)
