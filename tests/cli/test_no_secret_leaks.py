"""Recognisable secrets are planted, and searched in everything that a command leaves behind."""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Command, Server
from tests.core.conftest import Home

MARK = "PlantedSecret"


def everything_below(folder: Path) -> str:
    return "".join(file.read_text("utf-8", "replace") for file in folder.rglob("*") if file.is_file())


@pytest.fixture(params=["pat", "basic"])
def planted(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, served: Server) -> None:
    monkeypatch.setenv("DHIS2_URL", served.url)
    if request.param == "pat":
        monkeypatch.setenv("DHIS2_PAT", f"d2p_{MARK}{'0' * 37}")
    else:
        monkeypatch.setenv("DHIS2_USERNAME", "admin")
        monkeypatch.setenv("DHIS2_PASSWORD", f"{MARK}1!")


@pytest.mark.usefixtures("planted")
@pytest.mark.parametrize(
    "words",
    [
        ("system", "info"),
        ("-v", "system", "info"),
        ("system", "me", "-o", "json", "-v"),
        ("profile", "show"),
        ("profile", "env"),
        ("profile", "list", "-o", "yaml"),
        ("profile", "verify", "-v"),
        ("metadata", "create", "dataElements", "{}", "--yes", "-v"),
    ],
)
def test_refused_credentials_are_shown_nowhere(d2w_process: Command, home: Home, words: tuple[str, ...]) -> None:
    done = d2w_process(*words)
    assert MARK not in done.out + done.err
    assert MARK not in everything_below(home.folder)


@pytest.mark.usefixtures("server")
def test_requests_are_shown_without_their_query(d2w_process: Command) -> None:
    done = d2w_process("-v", "api", "GET", "dataElements", "--param", f"query={MARK}")
    assert (done.code, "GET http://127.0.0.1" in done.err) == (0, True)
    assert MARK not in done.err


@pytest.mark.usefixtures("server")
def test_what_is_sent_is_not_in_the_journal(d2w_process: Command, home: Home) -> None:
    user = {"username": "planted", "firstName": "P", "surname": "P", "password": f"{MARK}1!"}
    body = json.dumps(user | {"userRoles": [], "organisationUnits": []})
    for words in (("api", "POST", "users", "--body", body), ("metadata", "create", "users", body)):
        d2w_process(*words, "--yes", "-v")
        assert list(home.folder.rglob("*.jsonl"))
        assert MARK not in everything_below(home.folder)


@pytest.mark.usefixtures("server")
def test_a_new_token_is_not_in_the_journal(d2w_process: Command, home: Home) -> None:
    done = d2w_process("profile", "pat", "create", "--yes", "-o", "json", "-v")
    token = json.loads(done.out)["token"]
    assert token not in done.err
    assert token not in everything_below(home.folder)
