"""The tables that SQL views see: the metadata of the sandbox, as DHIS2's database names it.

DHIS2 has PostgreSQL, and what it says when a statement fails is made from what SQLite says. Each type is a table of
its name in lower case (`dataelement`), with `uid`, `code`, `name` and its other plain values as columns.
Source: the tables of DHIS2's database; recordings `services/sql-views`.
"""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from dhis2w_sandbox.schemas import Schema
from dhis2w_sandbox.server import Server

Json = dict[str, Any]

_TABLE = re.compile(r"(?:from|join)\s+[\"\[]?(\w+)", re.IGNORECASE)
_OWN_NAMES = {"generate_series", "lateral", "select"}
_SERIES = re.compile(r"generate_series\(\s*(-?\d+)\s*,\s*(-?\d+)\s*\)\s+(?:as\s+)?(\w+)", re.IGNORECASE)
_PLAIN = {"TEXT", "IDENTIFIER", "NUMBER", "INTEGER", "BOOLEAN", "DATE", "CONSTANT", "URL", "EMAIL"}


@dataclass(frozen=True)
class Grid:
    """What a statement gives."""

    columns: list[str]
    rows: list[list[str | None]]


class SqlFailure(Exception):
    """A statement that the database refuses; the text is PostgreSQL's."""

    def __init__(self, state: str, text: str) -> None:
        super().__init__(text)
        self.state = state
        """The SQLSTATE: 42P01 a table that there is not, 42703 a column, 42601 syntax."""
        self.text = text


def run(server: Server, sql: str, arguments: list[Any], views: dict[str, Grid]) -> Grid:
    """Run a statement over the metadata and these views.

    Raises:
        SqlFailure: it cannot be run.
    """
    with closing(sqlite3.connect(":memory:")) as database:
        for name in {found[1].lower() for found in _TABLE.finditer(sql)}:
            if name in views:
                _make(database, name, views[name].columns, views[name].rows)
            elif name not in _OWN_NAMES and not re.search(rf"\b{name}\s+as\s*\(", sql, re.IGNORECASE):
                _make_type(database, server, name, sql)
        try:
            cursor = database.execute(_SERIES.sub(_series, sql), arguments)
            columns = [column[0] for column in cursor.description]
            rows = [[None if value is None else str(value) for value in row] for row in cursor]
        except sqlite3.Error as error:
            raise _failure(sql, str(error)) from error
    return Grid(columns, rows)


def _series(found: re.Match[str]) -> str:
    first, last, name = found.groups()
    counted = f"SELECT {first} UNION ALL SELECT {name} + 1 FROM counted WHERE {name} < {last}"  # noqa: S608 - numbers and names that a pattern found
    return f"(WITH RECURSIVE counted({name}) AS ({counted}) SELECT {name} FROM counted) {name}"  # noqa: S608 - numbers and names that a pattern found


def _make_type(database: sqlite3.Connection, server: Server, name: str, sql: str) -> None:
    schema = next((row for row in server.schemas.all if row.singular.lower() == name and row["persisted"]), None)
    if schema is None or schema.singular == "user":
        raise _failure(sql, f"no such table: {name}")
    keys = _columns(schema)
    rows = [[_cell(document.get(key)) for key in keys] for document in server.store.all(schema.singular)]
    _make(database, name, ["uid" if key == "id" else key.lower() for key in keys], rows)


def _columns(schema: Schema) -> list[str]:
    return [
        key
        for key, prop in schema.properties.items()
        if prop.persisted and not prop.collection and prop.type in _PLAIN and key != "href"
    ]


def _cell(value: Any) -> Any:
    return value if value is None or isinstance(value, str | int | float) else None


def _make(database: sqlite3.Connection, name: str, columns: list[str], rows: list[list[Any]]) -> None:
    quoted = ", ".join(f"[{column}]" for column in columns)
    database.execute(f"CREATE TABLE [{name}] ({quoted})")
    database.executemany(f"INSERT INTO [{name}] VALUES ({', '.join('?' * len(columns))})", rows)  # noqa: S608 - names of types and properties


def _failure(sql: str, text: str) -> SqlFailure:
    for pattern, state, words in (
        (r"no such table: (\S+)", "42P01", 'relation "{}" does not exist'),
        (r"no such column: (\S+)", "42703", 'column "{}" does not exist'),
        (r'near "(.+)": syntax error', "42601", 'syntax error at or near "{}"'),
        (r'unrecognized token: "(.)', "42601", 'syntax error at or near "{}"'),
    ):
        found = re.match(pattern, text)
        if found:
            name = found[1].strip('[]"')
            return SqlFailure(state, f"ERROR: {words.format(name)}\n  Position: {_position(sql, name)}")
    return SqlFailure("42601", f"ERROR: {text}")


def _position(sql: str, name: str) -> int:
    """Where a statement names something for the first time, counted from 1, with the quote before it."""
    found = re.search(rf"[\[\"]?(?<!\w){re.escape(name)}(?!\w)", sql, re.IGNORECASE)
    return found.start() + 1 if found else 1
