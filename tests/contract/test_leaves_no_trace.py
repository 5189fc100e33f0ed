"""The scenarios leave a live server as they found it: shown on a sandbox of its own process, by its whole store."""

from __future__ import annotations

import os
import re
import sqlite3
import subprocess
import sys
from collections.abc import Generator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tests.contract.server import Server

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif("D2W_LIVE_URL" in os.environ, reason="this is the test that sets D2W_LIVE_URL"),
]

HERE = Path(__file__).parent
NUMBERS = frozenset({"number"})
"""Columns that only count."""
REMEMBERS = frozenset({"deletion", "notification", "summary", "note", "potential_duplicate", "finding"})
"""Tables in which a server, as DHIS2 does, keeps what nobody may take out: what was deleted, what jobs told, UIDs of
notes, pairs that were duplicates, what checks of integrity found last."""
REBUILT = "analytics_"
"""How tables of analytics begin, which stay until they are built again."""
REMEMBERED = (
    ("object", "jobConfiguration"),
    ("named_value", "lastAnalyticsTableSuccess"),
    ("named_value", "analytics period types"),
    ("named_value", "analytics outliers"),
    ("named_value", "analytics tracked entities"),
    ("named_value", "dataOutputPeriodTypes"),
)
"""How rows of other tables begin that are kept: jobs that ran once, when and how tables of analytics were built, and
the setting that chooses their periods, to which DHIS2 adds years whenever it is written."""

LOGIN = re.compile(r'("lastUpdated": )"([^"]+)"(.*"lastLogin": )"\2"')
"""What a login that is remembered changes of a user, and nothing else."""

Rows = set[tuple[object, ...]]
"""Each the name of a table and what is in the columns."""


@contextmanager
def running(version: str, database: Path) -> Generator[str]:
    """A sandbox in a process of its own; yields its address."""
    options = ["--version", version, "--port", "0", "--database", str(database)]
    with subprocess.Popen(
        [sys.executable, "-m", "dhis2w_sandbox", *options], stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout
            yield next(found[0] for line in process.stdout if (found := re.search(r"http://\S+", line)))
        finally:
            process.terminate()
            process.communicate()


def contents(database: Path) -> Rows:
    """Every row of every table."""
    with closing(sqlite3.connect(database)) as sql:
        names = [str(name) for (name,) in sql.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        told = [name for name in names if name not in REMEMBERS and not name.startswith(REBUILT)]
        rows = {(name, *row) for name in told for row in _rows(sql, name)}
    return {row for row in rows if row[:2] not in REMEMBERED}


def _rows(sql: sqlite3.Connection, table: str) -> Rows:
    cursor = sql.execute(f'SELECT * FROM "{table}"')  # noqa: S608 - the name of a table of the sandbox itself
    columns = [column[0] for column in cursor.description]
    return {
        tuple(_without_login(value) for name, value in zip(columns, row, strict=True) if name not in NUMBERS)
        for row in cursor
    }


def _without_login(value: object) -> object:
    return LOGIN.sub(r"\1\3", value) if isinstance(value, str) else value


def run_on(url: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Run the scenarios against a live server."""
    live = {"D2W_LIVE_URL": url, "D2W_LIVE_USERNAME": "admin", "D2W_LIVE_PASSWORD": "district"}
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    # the cache plugin would write into the checkout, beside that of the tests that run this
    command = [sys.executable, "-m", "pytest", str(HERE), "-q", "-p", "no:cacheprovider"]
    return subprocess.run(command, env=inherited | live | more, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("version", ["41", "42", "43", "44"])
def test_a_live_server_is_as_it_was(version: str, tmp_path: Path) -> None:
    database = tmp_path / "sandbox.sqlite"
    with running(version, database) as url:
        with Server(url, "admin", "district").connect():
            pass  # the first login is remembered, and later ones of a run that takes long
        before = contents(database)
        ended = run_on(url, D2W_LIVE_PURGE="1")
        after = contents(database)
    assert ended.returncode == 0, ended.stdout
    assert " passed" in ended.stdout
    assert len(before) > 400
    assert after - before == set()
    assert before - after == set()


def test_what_a_server_does_not_let_go_is_named(tmp_path: Path) -> None:
    with running("42", tmp_path / "sandbox.sqlite") as url:
        ended = run_on(url)
        with Server(url, "admin", "district").connect() as client:
            kept = {(hit.plural, hit.id) for hit in client.metadata.search("d2wct", by=["name"])}
            users = client.users.list(filters="username:like:d2wct", fields="disabled")
            assert [user.disabled for user in users] == [True]
    assert ended.returncode == 0, ended.stdout
    assert "what D2W_LIVE_PURGE=1 would remove" in ended.stdout
    assert {plural for plural, _ in kept} >= {"programs", "trackedEntityTypes", "organisationUnits"}
    assert all(id in ended.stdout for _, id in kept)
