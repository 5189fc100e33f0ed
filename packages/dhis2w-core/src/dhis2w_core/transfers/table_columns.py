"""The columns of a table, before its rows are read: a slip would leave a value out of every row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from dhis2w_core.errors import OperationError

OF_EVENTS = frozenset({"programStage", "trackedEntity", "enrollment"})
"""Columns of tracker's events."""


def check_columns(
    name: str, header: Sequence[str], keys: Sequence[str | None], expected: Mapping[str, str], needed: Collection[str]
) -> None:
    """Refuse a table that lacks a column, or has one twice.

    Args:
        name: The file.
        header: The columns; none is an empty table.
        keys: The key for each; None where a column is no part of the rows.
        expected: Columns by the key that they were said to have; a column named by the key itself will do.
        needed: Keys that no row can do without.

    Raises:
        OperationError: As said.
    """
    if not header:
        return
    told = f"It has {', '.join(header)}"
    if missing := [column for key, column in expected.items() if not {key, column} & {*header}]:
        raise OperationError(f"{name} has no column {', '.join(missing)}.", next_step=f"{told}.")
    if doubled := [key for key, count in Counter(keys).items() if key is not None and count > 1]:
        raise OperationError(f"{name} has two columns for {', '.join(doubled)}.", next_step=f"{told}: leave one out.")
    if lacking := [key for key in needed if key not in keys]:
        which = f"{told}. --column {lacking[0]}=NAME says which it is, --constant gives it to every row."
        events = "It has events: `d2w tracker push` sends them."
        raise OperationError(
            f"{name} has no column {', '.join(lacking)}.", next_step=which if OF_EVENTS.isdisjoint(header) else events
        )
