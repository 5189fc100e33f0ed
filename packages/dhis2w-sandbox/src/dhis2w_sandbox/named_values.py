"""Named values that belong to the whole server, kept in its database: configuration and settings."""

from __future__ import annotations

import json
import sqlite3
from typing import Any


class NamedValues:
    """JSON values by name, in a table of their own."""

    def __init__(self, sql: sqlite3.Connection) -> None:
        self._sql = sql
        self._sql.execute("CREATE TABLE IF NOT EXISTS named_value (name TEXT PRIMARY KEY, value TEXT NOT NULL)")

    def read(self, name: str, default: Any = None) -> Any:
        """The value of a name, or the default."""
        row = self._sql.execute("SELECT value FROM named_value WHERE name = ?", (name,)).fetchone()
        return json.loads(row[0]) if row else default

    def write(self, name: str, value: Any) -> None:
        """Set the value of a name."""
        self._sql.execute(
            "INSERT INTO named_value (name, value) VALUES (?, ?)"
            " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            (name, json.dumps(value)),
        )

    def remove(self, name: str) -> None:
        """Forget the value of a name; nothing happens where there is none."""
        self._sql.execute("DELETE FROM named_value WHERE name = ?", (name,))
