"""Expressions over data elements: `#{dataElement.categoryOptionCombo} + C{constant}`, of rules and predictors.

What goes beyond arithmetic, comparisons and constants (functions, `[days]`, indicators, program data) is not here.
Source: `DefaultExpressionService`, `Expression`, `MissingValueStrategy` of dhis2-core; recordings
`services/validation-run`, `services/predictor-run`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from dhis2w_sandbox.data.values import DataValue, among
from dhis2w_sandbox.errors import NotInSandbox
from dhis2w_sandbox.server import Server
from dhis2w_sandbox.tracker.rules.expression import (
    ExpressionError,
    Node,
    Value,
    Variable,
    evaluate,
    parse,
    variables_of,
)

NEVER_SKIP, SKIP_IF_ANY, SKIP_IF_ALL = "NEVER_SKIP", "SKIP_IF_ANY_VALUE_MISSING", "SKIP_IF_ALL_VALUES_MISSING"

Cell = tuple[str, str]
"""Data element and category option combo."""

_BEYOND = re.compile(r"\[days\]|\b[A-Za-z]\w*\s*\(|\b(?:A|D|I|N|PS_EVENTDATE|R|OUG|V)\{")
_ITEM = re.compile(r"([#C])\{([^}]*)\}")


@dataclass(frozen=True)
class ItemExpression:
    """An expression that can be worked out."""

    tree: Node

    @property
    def elements(self) -> list[str]:
        """The data elements that it names, each once."""
        names = (name.partition(".")[0] for name in self._items())
        return list(dict.fromkeys(names))

    def value(self, server: Server, cells: Mapping[Cell, float], strategy: str) -> float | None:
        """What it comes to; None where the strategy for missing values says to skip, or the result is no number.

        Args:
            server: has the constants.
            cells: the values that there are.
            strategy: DHIS2's `missingValueStrategy`.
        """
        values = _Values(server, cells)
        missing = [values.of(name) is None for name in self._items()]
        if (strategy == SKIP_IF_ANY and any(missing)) or (strategy == SKIP_IF_ALL and missing and all(missing)):
            return None
        try:
            found = evaluate(self.tree, values)
        except ExpressionError:
            return None
        number = float(found) if isinstance(found, float | bool) else math.nan
        return number if math.isfinite(number) else None

    def items(self, server: Server, cells: Mapping[Cell, float]) -> list[tuple[str, float | None]]:
        """Each data element, or data element with a combo, by its name, with its value where there is one."""
        values = _Values(server, cells)
        variables = {row.name: row for row in variables_of(self.tree) if row.kind == "#"}
        named = ((_name(server, row), values.of(name)) for name, row in variables.items())
        return [(name, value) for name, value in named if name]

    def _items(self) -> list[str]:
        return [variable.name for variable in variables_of(self.tree) if variable.kind == "#"]


@dataclass(frozen=True)
class _Values:
    """What the items of an expression stand for: of a data element alone, the sum over its combos."""

    server: Server
    cells: Mapping[Cell, float]

    def of(self, name: str) -> float | None:
        """The value of an item, None where there is none."""
        element, _, combo = name.partition(".")
        found = [value for cell, value in self.cells.items() if cell[0] == element and combo in ("", "*", cell[1])]
        return sum(found) if found else None

    def variable(self, kind: str, name: str) -> Value:
        """The value of an item or constant; a missing one counts as nothing."""
        if kind == "C":
            constant = self.server.store.get("constant", name) or {}
            return float(constant.get("value") or 0)
        return self.of(name) or 0.0

    def call(self, name: str, args: list[Node]) -> Value:
        """No functions are here."""
        del args
        raise NotInSandbox(f"the function d2:{name} in expressions over data elements")


def read(text: str) -> ItemExpression:
    """An expression.

    Raises:
        ExpressionError: it is none.
        NotInSandbox: it has something in it that is not here.
    """
    if _BEYOND.search(text):
        raise NotInSandbox(f"the expression {text}")
    tree = parse(text)
    for variable in variables_of(tree):
        if variable.kind not in "#C":
            raise ExpressionError(f"Unexpected input: {variable.kind}{{{variable.name}}}")
    return ItemExpression(tree)


def described(server: Server, text: str) -> str | None:
    """An expression with names in the place of identifiers; None where it is none, or names what is not there."""
    try:
        tree = read(text).tree
    except ExpressionError:
        return None
    names = {(item.kind, item.name): _name(server, item) for item in variables_of(tree)}
    if None in names.values():
        return None
    return _ITEM.sub(lambda found: names[found[1], found[2].strip()] or "", text)


def _name(server: Server, item: Variable) -> str | None:
    if item.kind == "C":
        return (server.store.get("constant", item.name) or {}).get("name")
    element, _, combo = item.name.partition(".")
    parts = [server.store.get("dataElement", element)]
    if combo not in ("", "*"):
        parts.append(server.store.get("categoryOptionCombo", combo))
    return " ".join(part["name"] for part in parts if part) if all(parts) else None


def cells_of(rows: Iterable[DataValue]) -> dict[str, dict[Cell, float]]:
    """The numbers among values, added up, by attribute option combo."""
    found: dict[str, dict[Cell, float]] = {}
    for row in rows:
        try:
            number = float(row.value or "")
        except ValueError:
            continue
        cells = found.setdefault(row.key.attribute, {})
        cell = (row.key.element, row.key.combo)
        cells[cell] = cells.get(cell, 0.0) + number
    return found


def values_where(elements: Iterable[str], units: Iterable[str], period: str) -> tuple[str, list[str]]:
    """The SQL condition for the values of elements at units in a period, and its arguments."""
    (in_elements, names), (in_units, places) = among("element", elements), among("unit", units)
    return f"{in_elements} AND {in_units} AND period = ? AND deleted = 0", [*names, *places, period]
