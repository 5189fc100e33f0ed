"""The version that a server told is believed by reads for a day, and by nothing else."""

import re

import pytest

from dhis2w_core import VersionCache
from tests.cli.conftest import Command, Server

ASKED = re.compile(r"/api/system/info")


def asks(d2w: Command, *words: str) -> bool:
    """Whether a command asks for the version."""
    done = d2w("-v", *words)
    assert done.code in (0, 3), done.err
    return bool(ASKED.search(done.err))


def test_reads_ask_once_writes_and_what_is_about_the_server_always(d2w: Command, server: Server) -> None:
    read = ("metadata", "count", "dataElements")
    assert asks(d2w, *read)
    assert VersionCache().find(server.url) == "2.42.5.2"
    assert not asks(d2w, *read)
    assert not asks(d2w, "metadata", "list", "dataElements", "--limit", "1")
    assert asks(d2w, "system", "info")
    assert asks(d2w, "profile", "verify")
    group = '{"name": "G", "shortName": "G"}'
    for words in (("api", "GET", "me"), ("metadata", "create", "dataElementGroups", group, "--yes")):
        assert asks(d2w, *words)


def test_a_version_that_was_wrong_is_corrected_by_whoever_asks(d2w: Command, server: Server) -> None:
    VersionCache().remember(server.url, "2.41.0")
    assert d2w("system", "info").code == 0
    assert VersionCache().find(server.url) == "2.42.5.2"


def test_whatever_goes_wrong_is_a_reason_to_ask_the_next_time(d2w: Command, server: Server) -> None:
    VersionCache().remember(server.url, "2.41.0")
    missing = ("metadata", "get", "dataElements", "aaaaaaaaaaa")
    assert not asks(d2w, *missing)
    assert VersionCache().find(server.url) is None
    assert asks(d2w, *missing)


def test_wrong_credentials_are_told_although_the_version_is_known(
    d2w: Command, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert asks(d2w, "metadata", "count", "dataElements")
    monkeypatch.setenv("DHIS2_USERNAME", "admin")
    monkeypatch.setenv("DHIS2_PASSWORD", "wrong")
    monkeypatch.delenv("DHIS2_PAT")
    assert server.url
    assert d2w("metadata", "count", "dataElements").code == 5
