"""Values that are about to be sent: what no server would take of them, and how the rest is written.

Most batches have nothing that is to be refused, and are told to be so column by column, without a Python step for each
value; only the others are looked at one by one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from math import isfinite
from typing import TYPE_CHECKING, Any

from dhis2w_client.data_values.data_value import (
    IDENTIFIERS,
    MARKS,
    PLACE,
    SENT,
    ValueKey,
    is_mark,
    is_true,
    key_of,
    period_problem,
    problem_of,
    sent_form,
    sent_marks,
    text_of,
)
from dhis2w_client.data_values.import_report import Refusal
from dhis2w_client.json_value import as_text
from dhis2w_client.pages import collector_paused

if TYPE_CHECKING:
    from dhis2w_client.versions import Dialect

Values = Sequence[Mapping[str, Any]]

_NEEDED = frozenset({*PLACE, "value"})
_PLAIN = frozenset(SENT)
"""What is written as it stands, where it is a text."""
_TEXTS = _PLAIN - {"value"}


@dataclass(frozen=True)
class ValueBatch:
    """Values, and what is found of them without the server."""

    values: Values
    dialect: Dialect
    columns: Mapping[str, list[Any]] | None = None
    """What `columns_of` makes of the values, where that is at hand."""

    @cached_property
    def refused(self) -> dict[int, Refusal]:
        """What is not sent, by position: what no server takes, and the second of two values with one key."""
        return {} if self.is_sound else _found(self.values, self.dialect)

    @cached_property
    def sent(self) -> Sequence[int]:
        """The positions of what is sent."""
        every = range(len(self.values))
        return [index for index in every if index not in self.refused] if self.refused else every

    def some(self, positions: Sequence[int]) -> Values:
        """The values at some positions, in order."""
        if len(positions) == len(self.values):
            return self.values
        return [self.values[index] for index in positions]

    def forms(self, positions: Sequence[int]) -> Values:
        """The values at some positions as this version reads them."""
        values = self.some(positions)
        if self._is_plain:
            return values
        if self.is_sound and self._has_plain_marks:
            return _sent_forms(values, self.all_columns, self.dialect)
        return [sent_form(value, self.dialect) for value in values]

    @cached_property
    def all_columns(self) -> Mapping[str, list[Any]]:
        """What stands under each key of the values, as `columns_of` gives it."""
        return columns_of(self.values) if self.columns is None else self.columns

    @cached_property
    def _is_plain(self) -> bool:
        """Whether every value can be sent as it is: only texts, nothing missing, no key twice."""
        return self.all_columns.keys() <= _PLAIN and self.is_sound and only_texts(self.all_columns["value"])

    @cached_property
    def is_sound(self) -> bool:
        """Whether surely nothing is to be refused: nothing missing, only texts but for the values, no key twice."""
        columns = self.all_columns
        if not columns.keys() >= _NEEDED or not all(
            map(only_texts, (columns[name] for name in _TEXTS & columns.keys()))
        ):
            return False
        if not all(all(columns[name]) for name in PLACE) or not _are_values(columns["value"]):
            return False
        if not all(_are_marks(columns[name]) for name in MARKS if name in columns):
            return False
        if any(
            period_problem(period, self.dialect.version, self.dialect.calendar) for period in set(columns["period"])
        ):
            return False
        # keys with different hashes are different; with one hash they may be, and each is looked at
        keys = zip(*[columns[name] for name in IDENTIFIERS if name in columns], strict=True)
        return len(set(map(hash, keys))) == len(self.values)

    @property
    def _has_plain_marks(self) -> bool:
        """Whether no mark is null, and follow-up has one name."""
        has_two_names = {"followup", "followUp"} <= self.all_columns.keys()
        return not has_two_names and not any(None in self.all_columns.get(name, ()) for name in MARKS)


def _are_values(column: list[Any]) -> bool:
    """Whether all of a column are texts, numbers and truths, and none is empty."""
    if only_texts(column):
        return all(column)
    return only_scalars(column) and "" not in column and None not in column


def _are_marks(column: list[Any]) -> bool:
    """Whether all of a column say that a mark is set or not, or nothing."""
    return set(map(type, column)) == {bool} or all(map(is_mark, column))


def _sent_forms(values: Values, columns: Mapping[str, list[Any]], dialect: Dialect) -> list[dict[str, Any]]:
    """What `sent_form` makes of each of some values that are sound, and whose marks are plain."""
    forms = [dict(value) for value in values]
    for name in columns.keys() - _PLAIN - set(MARKS):
        for form in forms:
            form.pop(name, None)
    if not only_texts(columns["value"]):
        for form in forms:
            form["value"] = text_of(form["value"])
    for name, key in sent_marks(columns, dialect):
        if name != key or set(map(type, columns[key])) != {bool}:
            for form in forms:
                if key in form:
                    form[name] = is_true(form.pop(key))
    return forms


def only_texts(column: list[Any]) -> bool:
    """Whether all of a column are texts, asked at once."""
    try:
        "".join(column)
    except TypeError:
        return False
    return True


def only_scalars(column: list[Any]) -> bool:
    """Whether a column has only what JSON has for one value: no lists and objects, and no NaN."""
    if not set(map(type, column)) <= {str, int, float, bool, type(None)}:
        return False
    return all(isfinite(value) for value in column if type(value) is float)


def columns_of(values: Values) -> dict[str, list[Any]]:
    """What stands under each key of some values, an empty text where there is nothing."""
    with collector_paused():
        if len(set(map(len, values))) == 1:  # most often all have the same keys
            with suppress(KeyError):
                return {name: [value[name] for value in values] for name in values[0]}
        names = set[str]().union(*values)
        return {name: [value.get(name, "") for value in values] for name in names}


def _found(values: Values, dialect: Dialect) -> dict[int, Refusal]:
    found: dict[int, Refusal] = {}
    seen: dict[ValueKey, int] = {}
    for index, value in enumerate(values):
        key = key_of(value)
        problem = problem_of(value, key, dialect)
        comes_again = problem is None and key in seen
        if comes_again:
            problem = f"the same key as value {seen[key]}"
        if problem:
            text = as_text(value.get("value"))
            found[index] = Refusal(index, key, None, problem, text, collateral=comes_again, sent=False)
        else:
            seen[key] = index
    return found
