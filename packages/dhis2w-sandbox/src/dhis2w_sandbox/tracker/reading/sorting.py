"""Sorts tracker's lists as the database does: latest first where nothing else decides, unknown values last.

Source: the export stores of dhis2-core (`JdbcEventStore` …); PostgreSQL puts NULL last in ascending order.
What one import writes has one time here, but each record its own there: in the order of these times, that in which
the records were written decides.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from typing import Any, TypeVar

from dhis2w_sandbox.tracker.reading.parameters import Order

Row = TypeVar("Row")

_WRITTEN = frozenset({"createdAt", "updatedAt"})


def in_order(
    rows: Iterable[Row], order: Sequence[Order], value: Callable[[Row, str], Any], most: int | None = None
) -> list[Row]:
    """The rows sorted by keys, the first deciding first.

    Args:
        rows: the rows, latest first.
        order: the sort keys.
        value: what a row has under a key.
        most: how many are wanted: where nothing is to be sorted, no more are looked at.
    """
    if not order:
        return list(islice(rows, most))
    found = list(rows)
    if order[0].field in _WRITTEN and not order[0].descending:
        found.reverse()
    for key in reversed(order):
        found.sort(key=lambda row, field=key.field: _comparable(value(row, field)), reverse=key.descending)
    return found


def _comparable(value: Any) -> tuple[bool, Any]:
    return (value is None, "" if value is None else value)
