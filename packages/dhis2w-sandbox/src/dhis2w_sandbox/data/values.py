"""Where data values are kept: a table of their own in the sandbox's database, and the audit of what changed.

Periods are kept in their canonical spelling, beside their first and last day.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from dhis2w_sandbox.data.periods import Period
from dhis2w_sandbox.server import Server


class Key(NamedTuple):
    """What a value belongs to; identifiers, and the period in its canonical spelling."""

    element: str
    period: str
    unit: str
    combo: str
    """The category option combo."""
    attribute: str
    """The attribute option combo."""


@dataclass(frozen=True)
class DataValue:
    """One stored value."""

    key: Key
    value: str | None
    comment: str | None
    follow_up: bool | None
    """None where nobody said; 41 and 42 make no difference between that and no."""
    deleted: bool
    stored_by: str
    created: str
    """`2026-01-31T12:00:00.000`, UTC."""
    last_updated: str


class Audit(NamedTuple):
    """What became of a value: the row of `/api/audits/dataValue`."""

    key: Key
    value: str | None
    modified_by: str
    created: str
    type: str
    """CREATE, UPDATE or DELETE."""


_COLUMNS = (
    "element, period, unit, combo, attribute, value, comment, follow_up, deleted, stored_by, created, last_updated"
)
_KEY = "element = ? AND period = ? AND unit = ? AND combo = ? AND attribute = ?"


class Values:
    """The data values of a server."""

    def __init__(self, server: Server) -> None:
        self._sql = server.store.sql
        self._sql.execute(
            "CREATE TABLE IF NOT EXISTS data_value (element TEXT NOT NULL, period TEXT NOT NULL, unit TEXT NOT NULL,"
            " combo TEXT NOT NULL, attribute TEXT NOT NULL, value TEXT, comment TEXT, follow_up INTEGER,"
            " deleted INTEGER NOT NULL, stored_by TEXT NOT NULL, created TEXT NOT NULL, last_updated TEXT NOT NULL,"
            " first_day TEXT NOT NULL, last_day TEXT NOT NULL, PRIMARY KEY (element, period, unit, combo, attribute))"
        )
        self._sql.execute(
            "CREATE TABLE IF NOT EXISTS data_value_audit (number INTEGER PRIMARY KEY, element TEXT NOT NULL,"
            " period TEXT NOT NULL, unit TEXT NOT NULL, combo TEXT NOT NULL, attribute TEXT NOT NULL, value TEXT,"
            " modified_by TEXT NOT NULL, created TEXT NOT NULL, type TEXT NOT NULL)"
        )

    def get(self, key: Key) -> DataValue | None:
        """The value, deleted or not."""
        row = self._sql.execute(f"SELECT {_COLUMNS} FROM data_value WHERE {_KEY}", key).fetchone()  # noqa: S608 - only constants
        return _value(row) if row else None

    def put(self, rows: Iterable[tuple[DataValue, Period]]) -> None:
        """Store values, each in the place of the one with the same key; as in PostgreSQL, it moves to the end."""
        self._sql.executemany(
            f"INSERT OR REPLACE INTO data_value ({_COLUMNS}, first_day, last_day)"  # noqa: S608 - only constants
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (_row(value, period) for value, period in rows),
        )

    def select(self, where: str = "1", args: Iterable[Any] = (), order: str = "rowid") -> Iterator[DataValue]:
        """The values that an SQL condition holds for; its columns are those of the table."""
        rows = self._sql.execute(f"SELECT {_COLUMNS} FROM data_value WHERE {where} ORDER BY {order}", tuple(args))  # noqa: S608 - conditions are this package's own
        return (_value(row) for row in rows)

    def audit(self, rows: Iterable[Audit]) -> None:
        """Note what became of values."""
        self._sql.executemany(
            "INSERT INTO data_value_audit (element, period, unit, combo, attribute, value, modified_by, created, type)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            ((*row.key, row.value, row.modified_by, row.created, row.type) for row in rows),
        )

    def audits(self, where: str, args: Iterable[Any]) -> list[Audit]:
        """The audits that an SQL condition holds for, latest first."""
        columns = "element, period, unit, combo, attribute, value, modified_by, created, type"
        statement = f"SELECT {columns} FROM data_value_audit WHERE {where} ORDER BY number DESC"  # noqa: S608 - conditions are this package's own
        rows = self._sql.execute(statement, tuple(args))
        return [Audit(Key(*row[:5]), *row[5:]) for row in rows]


def among(column: str, values: Iterable[str]) -> tuple[str, list[str]]:
    """An SQL condition that a column is one of some values, and its arguments."""
    args = list(values)
    return f"{column} IN ({', '.join('?' * len(args))})", args


def _value(row: tuple[Any, ...]) -> DataValue:
    return DataValue(Key(*row[:5]), row[5], row[6], None if row[7] is None else bool(row[7]), bool(row[8]), *row[9:])


def _row(value: DataValue, period: Period) -> tuple[Any, ...]:
    return (
        *value.key,
        value.value,
        value.comment,
        value.follow_up,
        value.deleted,
        value.stored_by,
        value.created,
        value.last_updated,
        period.start.isoformat(),
        period.end.isoformat(),
    )
