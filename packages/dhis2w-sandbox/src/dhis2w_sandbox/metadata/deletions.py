"""What was deleted, by whom and when: metadata only.

Source: `DeletedObject`, `DeletedObjectPostDeleteEventListener`, `DeletedObjectPostInsertEventListener` of dhis2-core.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from dhis2w_sandbox.server import Server

Json = dict[str, Any]


class Deletion(NamedTuple):
    """One object that is no more."""

    klass: str
    """The Java class without its package: `DataElement`."""
    uid: str
    code: str | None
    at: str
    by: str | None
    """The login name of who did it."""


class Deletions:
    """The deletions on a server, oldest first."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._sql = server.store.sql
        self._sql.execute(
            "CREATE TABLE IF NOT EXISTS deletion (number INTEGER PRIMARY KEY, type TEXT NOT NULL, klass TEXT NOT NULL,"
            " uid TEXT NOT NULL, code TEXT, at TEXT NOT NULL, by TEXT)"
        )

    def note(self, type: str, document: Json) -> None:
        """Note that an object is deleted; of what is no metadata nothing is noted."""
        schema = self._server.schemas.by_singular.get(type)
        if schema is None or not schema.metadata:
            return
        row = (type, schema.short_klass, document["id"], document.get("code"), self._server.now(), self._server.sender)
        self._sql.execute("INSERT INTO deletion (type, klass, uid, code, at, by) VALUES (?, ?, ?, ?, ?, ?)", row)

    def all(self) -> list[Deletion]:
        """Everything that was deleted and was not made again with the same identifier."""
        rows = self._sql.execute("SELECT type, klass, uid, code, at, by FROM deletion ORDER BY number")
        return [Deletion(*row) for type, *row in rows if self._server.store.get(type, row[1]) is None]
