"""Where a sandbox keeps its objects: SQLite, with every document also in memory, and an index of who refers to whom.

A document is the JSON that its type owns, in API spelling; a reference in it is `{"id": uid}` and nothing more, dates
are texts, and keys that begin with `_` are the sandbox's own and never shown. Documents are never changed in place:
`put` replaces the whole one, so that a transaction can give the former one back.
"""

from __future__ import annotations

import json
import sqlite3
import weakref
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from typing import Any, NamedTuple

Json = dict[str, Any]


class Reference(NamedTuple):
    """One link of a document to another object."""

    path: str
    """The JSON key that holds it, dotted where it is inside an embedded value."""
    type: str
    """The singular name of the type that it points to."""
    uid: str


class Referrer(NamedTuple):
    """One object that links to another."""

    type: str
    uid: str
    path: str


class Store:
    """Documents by type (singular name) and uid, in order of their creation.

    Args:
        references: finds the links in a document of a type; the index of referrers is made from it.
        database: an SQLite file to keep everything in, or `":memory:"`.
    """

    def __init__(self, references: Callable[[str, Json], Iterable[Reference]], database: str = ":memory:") -> None:
        self._references = references
        self._sql = sqlite3.connect(database, isolation_level=None, check_same_thread=False)
        weakref.finalize(self, self._sql.close)  # where nobody closes it
        self._sql.execute("PRAGMA journal_mode = WAL")
        self._sql.execute(
            "CREATE TABLE IF NOT EXISTS object (number INTEGER PRIMARY KEY, type TEXT NOT NULL, uid TEXT NOT NULL,"
            " document TEXT NOT NULL, UNIQUE (type, uid))"
        )
        self._objects: dict[str, dict[str, Json]] = {}
        self._referrers: dict[tuple[str, str], dict[Referrer, None]] = {}
        self._undo: list[tuple[str, str, Json | None]] | None = None
        for type, uid, document in self._sql.execute("SELECT type, uid, document FROM object ORDER BY number"):
            self._remember(type, uid, json.loads(document))

    @property
    def sql(self) -> sqlite3.Connection:
        """The database, for services that keep tables of their own in it."""
        return self._sql

    def get(self, type: str, uid: str) -> Json | None:
        """The document, or None."""
        return self._objects.get(type, {}).get(uid)

    def all(self, type: str) -> list[Json]:
        """Every document of a type, oldest first."""
        return list(self._objects.get(type, {}).values())

    def find(self, uid: str) -> tuple[str, Json] | None:
        """Type and document of an identifier, whatever its type is."""
        return next(((type, docs[uid]) for type, docs in self._objects.items() if uid in docs), None)

    def types(self) -> list[str]:
        """The types of which there are documents."""
        return [type for type, documents in self._objects.items() if documents]

    def referrers(self, type: str, uid: str) -> list[Referrer]:
        """Who links to an object, in the order in which the links were made."""
        return list(self._referrers.get((type, uid), ()))

    def put(self, type: str, uid: str, document: Json) -> None:
        """Store a document, in the place of the former one if there is one."""
        if self._undo is not None:
            self._undo.append((type, uid, self.get(type, uid)))
        self._sql.execute(
            "INSERT INTO object (type, uid, document) VALUES (?, ?, ?)"
            " ON CONFLICT (type, uid) DO UPDATE SET document = excluded.document",
            (type, uid, json.dumps(document, ensure_ascii=False)),
        )
        self._remember(type, uid, document)

    def delete(self, type: str, uid: str) -> None:
        """Remove a document; nothing happens where there is none."""
        if self._undo is not None:
            self._undo.append((type, uid, self.get(type, uid)))
        self._sql.execute("DELETE FROM object WHERE type = ? AND uid = ?", (type, uid))
        self._forget(type, uid)

    @contextmanager
    def transaction(self) -> Generator[None]:
        """All of what is written within, or, where an exception leaves it, nothing. May be nested."""
        outer = self._undo
        mine: list[tuple[str, str, Json | None]] = []
        self._undo = mine
        self._sql.execute("SAVEPOINT step")
        try:
            yield
        except BaseException:
            self._sql.execute("ROLLBACK TO step")
            self._sql.execute("RELEASE step")
            self._undo = outer
            self._give_back(mine)
            raise
        self._sql.execute("RELEASE step")
        self._undo = outer
        if outer is not None:
            outer.extend(mine)

    def copy(self, other: Store) -> None:
        """Hold what another store holds, in the place of everything. Documents are shared: nobody changes them."""
        other._sql.backup(self._sql)
        self._objects = {type: dict(documents) for type, documents in other._objects.items()}
        self._referrers = {target: dict(referrers) for target, referrers in other._referrers.items()}

    def close(self) -> None:
        """Close the database."""
        self._sql.close()

    def _give_back(self, changes: list[tuple[str, str, Json | None]]) -> None:
        for type, uid, former in reversed(changes):
            if former is None:
                self._forget(type, uid)
            else:
                self._remember(type, uid, former)
        for type in {type for type, _, _ in changes}:
            order = self._sql.execute("SELECT uid FROM object WHERE type = ? ORDER BY number", (type,))
            self._objects[type] = {uid: self._objects[type][uid] for (uid,) in order}

    def _remember(self, type: str, uid: str, document: Json) -> None:
        self._unlink(type, uid)
        self._objects.setdefault(type, {})[uid] = document
        for path, target, target_uid in self._references(type, document):
            self._referrers.setdefault((target, target_uid), {})[Referrer(type, uid, path)] = None

    def _forget(self, type: str, uid: str) -> None:
        self._unlink(type, uid)
        self._objects.get(type, {}).pop(uid, None)

    def _unlink(self, type: str, uid: str) -> None:
        former = self.get(type, uid)
        if former is None:
            return
        for path, target, target_uid in self._references(type, former):
            self._referrers.get((target, target_uid), {}).pop(Referrer(type, uid, path), None)
