"""Which validation rules the values of units break.

The rules of a period type are tried on the values of each unit in each of its periods that there are values of.
Source: `DataValidationRunner`, `DefaultValidationService`, `DefaultValidationRuleService` of dhis2-core; recordings
`services/validation-run`.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from dhis2w_sandbox.data.entry_rules import EntryRules
from dhis2w_sandbox.data.item_expressions import NEVER_SKIP, SKIP_IF_ALL, cells_of, read, values_where
from dhis2w_sandbox.data.periods import Period, parse
from dhis2w_sandbox.data.values import Values
from dhis2w_sandbox.metadata.units import lineage
from dhis2w_sandbox.server import Server
from dhis2w_sandbox.tracker.rules.expression import ExpressionError

Json = dict[str, Any]

OPERATORS: dict[str, tuple[str, Callable[[float, float], bool]]] = {
    "equal_to": ("==", operator.eq),
    "not_equal_to": ("!=", operator.ne),
    "greater_than": (">", operator.gt),
    "greater_than_or_equal_to": (">=", operator.ge),
    "less_than": ("<", operator.lt),
    "less_than_or_equal_to": ("<=", operator.le),
}
PAIRS = {"compulsory_pair": "[Compulsory pair]", "exclusive_pair": "[Exclusive pair]"}


@dataclass(frozen=True)
class Violation:
    """A rule that values break."""

    rule: str
    period: str
    unit: str
    attribute: str
    left: float
    right: float
    day: int
    """How many days of the period had passed."""
    number: int = 0
    """Under which it is kept; 0 where it is not."""
    created: str | None = None
    told: bool = False
    """Whether the job that sends notifications has seen it."""

    @property
    def place(self) -> tuple[str, str, str, str]:
        """What can be broken once only: rule, period, unit, attribute option combo."""
        return self.rule, self.period, self.unit, self.attribute


class Results:
    """The violations that a server keeps, oldest first."""

    def __init__(self, server: Server) -> None:
        self._sql = server.store.sql
        self._sql.execute(
            "CREATE TABLE IF NOT EXISTS validation_result (number INTEGER PRIMARY KEY, rule TEXT NOT NULL,"
            " period TEXT NOT NULL, unit TEXT NOT NULL, attribute TEXT NOT NULL, left_value REAL NOT NULL,"
            " right_value REAL NOT NULL, day INTEGER NOT NULL, created TEXT NOT NULL,"
            " told INTEGER NOT NULL DEFAULT 0)"
        )

    def all(self) -> list[Violation]:
        """Every violation that is kept."""
        columns = "rule, period, unit, attribute, left_value, right_value, day, number, created, told"
        statement = f"SELECT {columns} FROM validation_result ORDER BY number"  # noqa: S608 - only constants
        return [Violation(*row[:-1], told=bool(row[-1])) for row in self._sql.execute(statement)]

    def keep(self, violation: Violation, now: str) -> Violation:
        """Keep a violation, and return it with its number."""
        row = (*violation.place, violation.left, violation.right, violation.day, now)
        statement = (
            "INSERT INTO validation_result (rule, period, unit, attribute, left_value, right_value, day, created)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
        )
        return replace(violation, number=self._sql.execute(statement, row).lastrowid or 0, created=now)

    def tell(self) -> None:
        """Note that notifications of all were sent."""
        self._sql.execute("UPDATE validation_result SET told = 1")

    def remove(self, numbers: Iterable[int]) -> None:
        """Keep some violations no longer."""
        self._sql.executemany("DELETE FROM validation_result WHERE number = ?", [(number,) for number in numbers])


def analysed(
    entry: EntryRules, rules: list[Json], units: list[str], periods: list[Period], attribute: str | None = None
) -> list[Violation]:
    """The violations of rules: those that are kept already, and what is found beside them.

    Args:
        entry: who asks.
        rules: the validation rules.
        units: identifiers of the units.
        periods: of any types; each is looked at by the rules of its type.
        attribute: only values of this attribute option combo.
    """
    known = [
        row
        for row in Results(entry.server).all()
        if row.unit in units
        and row.rule in {rule["id"] for rule in rules}
        and row.period in {period.iso for period in periods}
    ]
    places = {row.place for row in known}
    found = (
        violation
        for period in periods
        for unit in units
        for rule in rules
        if rule.get("periodType") == period.type.name and _looks_at(entry, rule, unit)
        for violation in _violations(entry, rule, unit, period, attribute)
    )
    return known + [violation for violation in found if violation.place not in places]


def existing_periods(server: Server, start: date, end: date) -> list[Period]:
    """The periods that lie between two days and have values."""
    entry = Values(server).select("first_day >= ? AND last_day <= ?", [start.isoformat(), end.isoformat()], "first_day")
    names = dict.fromkeys(row.key.period for row in entry)
    return [period for name in names if (period := parse(name, server.behaviour.period_types))]


def rules_of_data_set(entry: EntryRules, data_set: Json) -> list[Json]:
    """The rules that a form tries: those with an element of the set, unless they are not for forms."""
    elements = set(entry.elements_of(data_set))
    rules = (rule for rule in entry.store.all("validationRule") if not rule.get("skipFormValidation"))
    return [rule for rule in rules if not elements.isdisjoint(_elements(rule))]


def _elements(rule: Json) -> set[str]:
    found: set[str] = set()
    for side in ("leftSide", "rightSide"):
        try:
            found |= set(read(_of(rule, side).get("expression") or "").elements)
        except ExpressionError:
            continue
    return found


def _of(document: Json, key: str) -> Json:
    """The part of a document under a key; nothing where it has none."""
    return document.get(key) or {}


def _looks_at(entry: EntryRules, rule: Json, unit: str) -> bool:
    """Whether a rule is for units of this one's level."""
    levels: list[int] = rule.get("organisationUnitLevels") or []
    return not levels or len(lineage(entry.store, entry.document("organisationUnit", unit) or {})) in levels


def _violations(entry: EntryRules, rule: Json, unit: str, period: Period, attribute: str | None) -> Iterator[Violation]:
    where, args = values_where(sorted(_elements(rule)), [unit], period.iso)
    by_attribute = cells_of(Values(entry.server).select(where, args))
    for combo in [attribute] if attribute in by_attribute else by_attribute if attribute is None else []:
        left, right = (_side(entry.server, _of(rule, side), by_attribute[combo]) for side in ("leftSide", "rightSide"))
        if _breaks(rule, left, right):
            day = min(max(0, (entry.now - datetime.combine(period.start, datetime.min.time())).days), _days(period))
            yield Violation(rule["id"], period.iso, unit, combo, left or 0.0, right or 0.0, day)


def items_of_sides(
    entry: EntryRules, rule: Json, unit: str, period: Period, attribute: str
) -> tuple[list[Json], list[Json]]:
    """The items of a rule's left and right side by name, each with its value where there is one.

    Both are empty where the rule does not look at the period or unit, or neither side comes to anything.
    """
    if rule.get("periodType") != period.type.name or not _looks_at(entry, rule, unit):
        return [], []
    where, args = values_where(sorted(_elements(rule)), [unit], period.iso)
    cells = cells_of(Values(entry.server).select(where, args)).get(attribute)
    sides = [_of(rule, name) for name in ("leftSide", "rightSide")]
    if cells is None or all(_side(entry.server, side, cells) is None for side in sides):
        return [], []
    left, right = ([_item(item) for item in _items(entry.server, side, cells)] for side in sides)
    return left, right


def _items(server: Server, side: Json, cells: dict[tuple[str, str], float]) -> list[tuple[str, float | None]]:
    """Name and value of each item of a side, by name."""
    try:
        expression = read(side.get("expression") or "")
    except ExpressionError:
        return []
    return sorted(expression.items(server, cells))


def _item(item: tuple[str, float | None]) -> Json:
    name, value = item
    return {"name": name} if value is None else {"name": name, "value": repr(value)}


def _side(server: Server, side: Json, cells: dict[tuple[str, str], float]) -> float | None:
    try:
        expression = read(side.get("expression") or "")
    except ExpressionError:
        return None
    return expression.value(server, cells, side.get("missingValueStrategy") or SKIP_IF_ALL)


def _breaks(rule: Json, left: float | None, right: float | None) -> bool:
    if rule["operator"] == "compulsory_pair":
        return (left is None) != (right is None)
    if rule["operator"] == "exclusive_pair":
        return left is not None and right is not None
    sides = [
        0.0 if value is None and _of(rule, name).get("missingValueStrategy") == NEVER_SKIP else value
        for name, value in (("leftSide", left), ("rightSide", right))
    ]
    if sides[0] is None or sides[1] is None:
        return False
    return not OPERATORS[rule["operator"]][1](sides[0], sides[1])


def _days(period: Period) -> int:
    return (period.end - period.start).days + 1
