"""Sorts tracker's lists as the database does: latest first where nothing else decides, unknown values last.

Source: the export stores of dhis2-core (`JdbcEventStore` …); PostgreSQL puts NULL last in ascending order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from dhis2w_sandbox.tracker.reading.parameters import Order

Row = TypeVar("Row")


def in_order(rows: Iterable[Row], order: Sequence[Order], value: Callable[[Row, str], Any]) -> list[Row]:
    """The rows sorted by keys, the first deciding first.

    Args:
        rows: the rows, latest first.
        order: the sort keys.
        value: what a row has under a key.
    """
    found = list(rows)
    for key in reversed(order):
        found.sort(key=lambda row, field=key.field: _comparable(value(row, field)), reverse=key.descending)
    return found


def _comparable(value: Any) -> tuple[bool, Any]:
    return (value is None, "" if value is None else value)
