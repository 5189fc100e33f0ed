"""Complete data set registrations: who said that a set is complete for a period and unit.

Source: `CompleteDataSetRegistration` and `DefaultCompleteDataSetRegistrationService` of dhis2-core.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

from dhis2w_sandbox.data.periods import Period
from dhis2w_sandbox.server import Server


class RegistrationKey(NamedTuple):
    """What is complete."""

    data_set: str
    period: str
    unit: str
    attribute: str


@dataclass(frozen=True)
class Registration:
    """One registration."""

    key: RegistrationKey
    date: str
    """`2024-02-03T00:00:00.000`."""
    stored_by: str
    last_updated: str
    last_updated_by: str
    completed: bool


_COLUMNS = "data_set, period, unit, attribute, date, stored_by, last_updated, last_updated_by, completed"


class Registrations:
    """The registrations of a server."""

    def __init__(self, server: Server) -> None:
        self._sql = server.store.sql
        self._sql.execute(
            "CREATE TABLE IF NOT EXISTS complete_registration (data_set TEXT NOT NULL, period TEXT NOT NULL,"
            " unit TEXT NOT NULL, attribute TEXT NOT NULL, date TEXT NOT NULL, stored_by TEXT NOT NULL,"
            " last_updated TEXT NOT NULL, last_updated_by TEXT NOT NULL, completed INTEGER NOT NULL,"
            " first_day TEXT NOT NULL, last_day TEXT NOT NULL, PRIMARY KEY (data_set, period, unit, attribute))"
        )

    def get(self, key: RegistrationKey) -> Registration | None:
        """The registration, or None."""
        return next(
            iter(self.select("data_set = ? AND period = ? AND unit = ? AND attribute = ?", key)),
            None,
        )

    def put(self, row: Registration, period: Period) -> None:
        """Store a registration, in the place of the one for the same."""
        self._sql.execute(
            f"INSERT OR REPLACE INTO complete_registration ({_COLUMNS}, first_day, last_day)"  # noqa: S608 - only constants
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *row.key,
                row.date,
                row.stored_by,
                row.last_updated,
                row.last_updated_by,
                row.completed,
                period.start.isoformat(),
                period.end.isoformat(),
            ),
        )

    def delete(self, key: RegistrationKey) -> None:
        """Remove a registration; nothing happens where there is none."""
        self._sql.execute(
            "DELETE FROM complete_registration WHERE data_set = ? AND period = ? AND unit = ? AND attribute = ?", key
        )

    def select(self, where: str, args: Iterable[Any]) -> list[Registration]:
        """The registrations that an SQL condition holds for, oldest first."""
        rows = self._sql.execute(
            f"SELECT {_COLUMNS} FROM complete_registration WHERE {where} ORDER BY rowid",  # noqa: S608 - conditions are this package's own
            tuple(args),
        )
        return [Registration(RegistrationKey(*row[:4]), row[4], row[5], row[6], row[7], bool(row[8])) for row in rows]
