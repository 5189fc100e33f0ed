"""Program rules: how their expressions are worked out, and what their actions do to an import."""

from __future__ import annotations

from typing import Any

import pytest
from looking import CLERK, hire_clerk
from registering import DOUBLE, NOTE, UNIT, VISIT, WEIGHT, Registrar, codes, enrollment, rule, visit, warnings

from dhis2w_sandbox.tracker.rules.expression import ExpressionError, Node, Value, evaluate, parse, text
from dhis2w_sandbox.tracker.rules.functions import PLAIN

Json = dict[str, Any]


class Plain:
    """A context with one variable, and the functions that need no data."""

    def variable(self, kind: str, name: str) -> Value:
        """Seven, whatever is asked for."""
        del kind, name
        return 7.0

    def call(self, name: str, args: list[Node]) -> Value:
        """A function of its arguments' values."""
        return PLAIN[name](*(evaluate(arg, self) for arg in args))


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("1 + 2 * 3", "7"),
        ("(1 + 2) * 3", "9"),
        ("2 ^ 3 ^ 2", "512"),
        ("-2 ^ 2", "-4"),
        ("7 % 4 / 2", "1.5"),
        ("'a' == \"a\" && !false", "true"),
        ("#{x} >= 7 and not (A{y} != 7) or false", "true"),
        ("'2024-01-02' < '2024-02-01'", "true"),
        ("d2:daysBetween('2024-01-31', '2024-03-01')", "30"),
        ("d2:yearsBetween('2000-02-29', '2024-02-28')", "23"),
        ("d2:addDays('2024-02-28', 2)", "2024-03-01"),
        ("d2:round(2.345, 2)", "2.35"),
        ("d2:concatenate('a', 1, true)", "a1true"),
        ("d2:substring('abcdef', 1, 3)", "bc"),
        ("d2:split('a-b-c', '-', 1)", "b"),
        ("d2:validatePattern('AB12', '[A-Z]+\\\\d+')", "true"),
    ],
)
def test_expressions(expression: str, value: str) -> None:
    assert text(evaluate(parse(expression), Plain())) == value


@pytest.mark.parametrize("expression", ["1 +", "(1", "d2:round(1", "1 2", "?", "x"])
def test_what_is_no_expression(expression: str) -> None:
    with pytest.raises(ExpressionError):
        parse(expression)


def _with_rule(registrar: Registrar, condition: str, action: str, **more: Any) -> None:
    reply = registrar.request("POST", "/api/metadata", rule("Rule0000001", condition, action, **more))
    assert reply.status == 200, reply.body
    registrar.register()


def test_a_rule_refuses(registrar: Registrar) -> None:
    _with_rule(registrar, "#{weight} > 100", "SHOWERROR", content="too heavy")
    _, report = registrar.send(events=[visit(values={WEIGHT: "101"})])
    assert codes(report) == ["E1300"]
    assert "too heavy" in report["validationReport"]["errorReports"][0]["message"]
    status, _ = registrar.send(events=[visit(values={WEIGHT: "99"})])
    assert status == 200


def test_a_rule_can_be_skipped(registrar: Registrar) -> None:
    _with_rule(registrar, "#{weight} > 100", "SHOWERROR", content="too heavy")
    status, _ = registrar.send("skipRuleEngine=true", events=[visit(values={WEIGHT: "101"})])
    assert status == 200


def test_a_rule_warns_where_warnings_are_shown(registrar: Registrar) -> None:
    _with_rule(registrar, "d2:hasValue(#{weight})", "SHOWWARNING", content="look")
    _, report = registrar.send("reportMode=FULL", events=[visit(values={WEIGHT: "1"})])
    assert warnings(report) == ["E1300"]


def test_a_rule_assigns_what_was_not_sent(registrar: Registrar) -> None:
    _with_rule(registrar, "true", "ASSIGN", dataElement={"id": DOUBLE}, data="#{weight} * 2")
    _, report = registrar.send("reportMode=FULL", events=[visit(values={WEIGHT: "2"})])
    assert warnings(report) == ["E1308"]
    event = registrar.records.events.get("EventVisit1")
    assert event is not None
    assert {row.element: row.value for row in event.values} == {WEIGHT: "2", DOUBLE: "4"}
    _, report = registrar.send(events=[visit("EventVisit2", values={WEIGHT: "2", DOUBLE: "5"})])
    assert codes(report) == ["E1307"]


def test_a_rule_makes_a_value_mandatory(registrar: Registrar) -> None:
    _with_rule(registrar, "#{weight} == 7", "SETMANDATORYFIELD", dataElement={"id": NOTE})
    _, report = registrar.send(events=[visit(values={WEIGHT: "7"})])
    assert codes(report) == ["E1301"]
    status, _ = registrar.send(events=[visit(values={WEIGHT: "7", NOTE: "x"})])
    assert status == 200


def test_a_rule_schedules_an_event_in_the_newer_versions(newer_registrar: Registrar) -> None:
    more = {"programStage": {"id": VISIT}, "data": "'2024-05-01'"}
    _with_rule(newer_registrar, "d2:hasValue(#{weight})", "SCHEDULEEVENT", **more)
    first = visit(values={WEIGHT: "1"}, programStage="StageFirst1")
    _, report = newer_registrar.send("reportMode=FULL", events=[first])
    scheduled = newer_registrar.records.events.select("status = 'SCHEDULE'")
    assert (warnings(report), [event.scheduled_at for event in scheduled]) == (["E1320"], ["2024-05-01T00:00:00.000"])
    _, report = newer_registrar.send("reportMode=FULL", events=[first])
    assert warnings(report) == ["E1322"]


def test_what_keeps_a_rule_from_scheduling(newer_registrar: Registrar) -> None:
    """`ScheduleEventHelper`; `TrackerEventProgramStageMapSupplier` reads the enrollments of events that are sent."""
    hire_clerk(newer_registrar, UNIT)
    _with_rule(newer_registrar, "true", "SCHEDULEEVENT", programStage={"id": VISIT}, data="'2024-05-01'")
    again: Json = {"enrollments": [enrollment(trackedEntity="PersonAnn01")]}
    sent = "/api/tracker?async=false&reportMode=FULL"
    assert warnings(newer_registrar.request("POST", sent, again, user=CLERK).parsed()) == ["E1321"]
    assert warnings(newer_registrar.send("reportMode=FULL&programStageIdScheme=CODE", **again)[1]) == ["E1320"]
    scheduled = newer_registrar.records.events.select("status = 'SCHEDULE'")
    assert [event.stage for event in scheduled] == [VISIT, VISIT]


def test_a_condition_is_said_in_names(registrar: Registrar) -> None:
    _with_rule(registrar, "true", "SHOWWARNING", content="look")
    target = "/api/programRules/condition/description?programId=ProgCare001"
    valid = registrar.request("POST", target, b"#{weight} > 1").parsed()
    assert (valid["status"], valid["description"]) == ("OK", "Weight > 1")
    assert registrar.request("POST", target, b"#{nope} > 1").parsed()["status"] == "ERROR"
