"""What the expressions of a program's rules see: the values of one enrollment or event, and of what is around it.

Source: `RuleEngineMapper`, `DefaultProgramRuleEntityMapperService` and `RuleVariableValueMapBuilder` of DHIS2.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from dhis2w_sandbox.data.value_types import BOOLEANS, NUMERIC
from dhis2w_sandbox.documents import linked
from dhis2w_sandbox.errors import NotInSandbox
from dhis2w_sandbox.store import Store
from dhis2w_sandbox.tracker.rules.expression import (
    ExpressionError,
    Node,
    Value,
    Variable,
    evaluate,
    number,
    text,
)
from dhis2w_sandbox.tracker.rules.functions import PLAIN
from dhis2w_sandbox.tracker.rules.program_rules import ProgramRules
from dhis2w_sandbox.user import User

Json = dict[str, Any]

ENVIRONMENT = frozenset(
    {
        "current_date",
        "environment",
        "program_name",
        "event_count",
        "org_unit",
        "orgunit_code",
        "event_date",
        "due_date",
        "completed_date",
        "event_id",
        "event_status",
        "program_stage_id",
        "program_stage_name",
        "enrollment_date",
        "incident_date",
        "enrollment_id",
        "enrollment_status",
        "enrollment_count",
        "tei_count",
    }
)
"""What `V{…}` may name."""


@dataclass(frozen=True)
class RuleEvent:
    """An event as rules see it."""

    uid: str
    stage: str
    status: str
    date: str
    """When it happened, or is to happen: a date."""
    created: str
    unit: str
    scheduled: str | None = None
    completed: str | None = None
    values: dict[str, str] = field(default_factory=dict[str, str])
    """By data element."""


@dataclass(frozen=True)
class RuleEnrollment:
    """An enrollment as rules see it."""

    uid: str
    status: str
    enrolled: str
    occurred: str
    unit: str
    attributes: dict[str, str] = field(default_factory=dict[str, str])


class RuleData:
    """The context of the rules of one program, for one enrollment or event; calculated values stay within it.

    Args:
        store: the metadata.
        user: who imports.
        rules: the rules and variables of the program.
        today: the date.
        enrollment: the enrollment; None for single events.
        event: the event; None when the enrollment itself is looked at.
        events: all events of the enrollment, or all single events, that one too; latest first.
    """

    def __init__(
        self,
        store: Store,
        user: User,
        rules: ProgramRules,
        today: str,
        *,
        enrollment: RuleEnrollment | None,
        event: RuleEvent | None,
        events: list[RuleEvent],
    ) -> None:
        self._store = store
        self._user = user
        self._program = rules.program
        self._variables = rules.variables
        self._today = today
        self._enrollment = enrollment
        self._event = event
        self._events = events
        self._calculated: dict[str, Value] = {}

    def assign(self, name: str, value: Value) -> None:
        """Set a calculated value."""
        self._calculated[name] = value

    def variable(self, kind: str, name: str) -> Value:
        """The value of a variable, a constant, or something that DHIS2 knows; without a value, its type's default."""
        if kind == "C":
            constant = self._store.get("constant", name)
            if constant is None:
                raise ExpressionError(f"Constant {name} was not found")
            return float(constant.get("value") or 0)
        if kind == "V":
            return self._environment(name)
        value = self._value(name)
        type = self._type(name)
        if value is None:
            return 0.0 if type in NUMERIC else False if type in BOOLEANS else ""
        if isinstance(value, str):
            if type in NUMERIC:
                return number(value)
            return value.lower() == "true" if type in BOOLEANS else value
        return value

    def call(self, name: str, args: list[Node]) -> Value:
        """The value of a function; those that look at variables get them by name."""
        if name in PLAIN:
            values = [evaluate(arg, self) for arg in args]
            try:
                return PLAIN[name](*values)
            except TypeError:
                raise ExpressionError(f"Invalid number of arguments for d2:{name}") from None
        if name == "hasUserRole":
            role = text(evaluate(args[0], self))
            return any(row["id"] == role for row in self._user.document.get("userRoles") or ())
        if name == "inOrgUnitGroup":
            return self._in_group(text(evaluate(args[0], self)))
        if name in {"hasValue", "count", "countIfZeroPos", "countIfValue", "lastEventDate", "minValue", "maxValue"}:
            return self._about_variable(name, args)
        raise NotInSandbox(f"the function d2:{name} of program rules")

    def _about_variable(self, name: str, args: list[Node]) -> Value:
        first = args[0]
        variable = first.name if isinstance(first, Variable) else text(evaluate(first, self))
        values = self._all_values(variable)
        if name == "hasValue":
            return self._value(variable) is not None
        if name == "lastEventDate":
            return self._last_date(variable)
        if name == "count":
            return float(len(values))
        if name == "countIfZeroPos":
            return float(sum(number(value) >= 0 for value in values))
        if name == "countIfValue":
            wanted = text(evaluate(args[1], self))
            return float(sum(value == wanted for value in values))
        numbers = [number(value) for value in values]
        return (min(numbers) if name == "minValue" else max(numbers)) if numbers else 0.0

    def _row(self, name: str) -> Json:
        row = self._variables.get(name)
        if row is None:
            raise ExpressionError(f"Variable {name} was not found")
        return row

    def _type(self, name: str) -> str:
        row = self._row(name)
        source = self._source(row)
        return (source.get("valueType") if source else row.get("valueType")) or "TEXT"

    def _source(self, row: Json) -> Json | None:
        """The data element or attribute that a variable shows."""
        element, attribute = linked(row, "dataElement"), linked(row, "trackedEntityAttribute")
        if element:
            return self._store.get("dataElement", element)
        return self._store.get("trackedEntityAttribute", attribute) if attribute else None

    def _value(self, name: str) -> Value:
        """The value of a variable; None where there is none."""
        if name in self._calculated:
            return self._calculated[name]
        row = self._row(name)
        kind = row.get("programRuleVariableSourceType")
        if kind == "CALCULATED_VALUE":
            return None
        if kind == "TEI_ATTRIBUTE":
            attributes = self._enrollment.attributes if self._enrollment else {}
            return self._named(row, attributes.get(linked(row, "trackedEntityAttribute") or ""))
        element = linked(row, "dataElement") or ""
        return self._named(
            row, next((event.values[element] for event in self._sources(row) if element in event.values), None)
        )

    def _sources(self, row: Json) -> list[RuleEvent]:
        """The events whose value a variable may show, the first choice first."""
        kind = row.get("programRuleVariableSourceType")
        if kind == "DATAELEMENT_CURRENT_EVENT":
            return [self._event] if self._event else []
        if kind == "DATAELEMENT_NEWEST_EVENT_PROGRAM_STAGE":
            return [event for event in self._events if event.stage == linked(row, "programStage")]
        if kind == "DATAELEMENT_PREVIOUS_EVENT":
            at = self._event
            return [event for event in self._events if at and (event.date, event.created) < (at.date, at.created)]
        return self._events

    def _named(self, row: Json, value: str | None) -> str | None:
        """A value as a variable shows it: the name of an option, unless its code is asked for."""
        if value is None or row.get("useCodeForOptionSet"):
            return value
        option_set = self._store.get("optionSet", linked(self._source(row) or {}, "optionSet") or "")
        options = (self._store.get("option", item["id"]) or {} for item in (option_set or {}).get("options") or ())
        return next((option["name"] for option in options if option.get("code") == value), value)

    def _all_values(self, name: str) -> list[str]:
        row = self._row(name)
        element = linked(row, "dataElement")
        if element:
            return [event.values[element] for event in self._events if element in event.values]
        value = self._value(name)
        return [text(value)] if value is not None else []

    def _last_date(self, name: str) -> Value:
        element = linked(self._row(name), "dataElement") or ""
        return next((event.date for event in self._events if element in event.values), "")

    def _in_group(self, name: str) -> bool:
        place = self._event or self._enrollment
        groups = [row for row in self._store.all("organisationUnitGroup") if name in (row["id"], row.get("code"))]
        units = {unit["id"] for group in groups for unit in group.get("organisationUnits") or ()}
        return place is not None and place.unit in units

    def _environment(self, name: str) -> Value:
        if name not in ENVIRONMENT:
            raise ExpressionError(f"Variable {name} was not found")
        return {**self._of_program(), **self._of_event(), **self._of_enrollment()}[name]

    def _of_program(self) -> dict[str, Value]:
        place = self._event or self._enrollment
        unit = self._store.get("organisationUnit", place.unit) if place else None
        return {
            "current_date": self._today,
            "environment": "Server",
            "program_name": self._program.get("name"),
            "event_count": float(len(self._events)),
            "org_unit": place.unit if place else "",
            "orgunit_code": (unit or {}).get("code") or "",
        }

    def _of_event(self) -> dict[str, Value]:
        event = self._event
        stage = self._store.get("programStage", event.stage) if event else None
        return {
            "event_date": event.date if event else "",
            "due_date": (event.scheduled or "") if event else "",
            "completed_date": (event.completed or "") if event else "",
            "event_id": event.uid if event else "",
            "event_status": event.status if event else "",
            "program_stage_id": event.stage if event else "",
            "program_stage_name": (stage or {}).get("name") or "",
        }

    def _of_enrollment(self) -> dict[str, Value]:
        enrollment = self._enrollment
        count = 1.0 if enrollment else 0.0
        return {
            "enrollment_date": enrollment.enrolled if enrollment else "",
            "incident_date": enrollment.occurred if enrollment else "",
            "enrollment_id": enrollment.uid if enrollment else "",
            "enrollment_status": enrollment.status if enrollment else "",
            "enrollment_count": count,
            "tei_count": count,
        }
