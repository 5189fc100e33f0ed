"""Every command of the index is run with secrets all around it; none of them is in anything that it leaves behind."""

import asyncio
import io
import json
import sys
import traceback
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

import dhis2w_cli
from dhis2w_cli import failure
from dhis2w_cli.exit_codes import ExitCode
from dhis2w_client import Dhis2Error
from dhis2w_core import KeyringSecret, PlainSecret, add_profile, login, resolve_profile
from dhis2w_core.oauth2.login import token_key
from dhis2w_core.oauth2.token_store import TokenStore
from dhis2w_core.operation_index import FILE_NAME, IndexEntry, Parameter
from dhis2w_core.plugins import read_registry
from dhis2w_sandbox.call import Reply
from tests.cli.conftest import Command
from tests.core.conftest import Home
from tests.core.keyring_in_file import FileKeyring
from tests.core_oauth2.conftest import SECRET, Serve, Server, serve, servers
from tests.core_oauth2.person import Person

__all__ = ["serve", "servers"]

MARK = "PlantedSecret"
ENTRIES = read_registry(Path(dhis2w_cli.__file__).with_name(FILE_NAME)).entries
# a sandbox in the background, and a browser, outlive whoever started them
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")

FIRST, LAST = ("sandbox start",), ("logout",)
"""Commands that others need, and those that end what others need."""
MORE = {"sandbox start": ("--background", "--empty"), "login": ("--seconds", "20")}
"""What a command needs so as not to wait for anybody."""

started: list[str] = []
"""The arguments of every process that this one started."""


def note_processes(event: str, arguments: Any) -> None:
    if event == "subprocess.Popen":
        started.append(repr(arguments[:2]))


sys.addaudithook(note_processes)


@dataclass
class Leftovers:
    """Everything that commands left behind, by command."""

    secrets: list[str]
    found: dict[str, str] = field(default_factory=dict[str, str])
    codes: dict[str, int] = field(default_factory=dict[str, int])

    def look_for_secrets(self, name: str, text: str) -> None:
        for secret in self.secrets:
            if secret in text:
                place = text.index(secret)
                self.found[name] = text[max(0, place - 200) : place + 40]


def words_of(entry: IndexEntry, file: Path) -> list[str]:
    """A command line for an operation: what it requires, where a secret comes from, and which profile gets one."""
    given = [each for each in entry.parameters if each.positional and each.required]
    words = [*entry.words, *(value_of(each, file) for each in given)]
    for each in entry.parameters:
        wanted = each.required or each.name == "secret_from" or (each.completion == "profile" and each.name == "into")
        if not each.positional and wanted:
            words += [f"--{each.name.replace('_', '-')}", value_of(each, file)]
    return [*words, *MORE.get(entry.name, ()), "--yes", "-v"]


def value_of(parameter: Parameter, file: Path) -> str:
    if parameter.name == "secret_from":
        return "env:PLANTED"
    if parameter.choices:
        return parameter.choices[0]
    known = {"metadata type": "dataElements", "profile": "spare", "file": str(file)}
    by_type = {"integer": "1", "number": "1", "file": str(file), "json": '{"name": "N", "shortName": "N"}'}
    return known.get(parameter.completion) or by_type.get(parameter.type, "text")


@pytest.fixture
def errors(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The tracebacks of what went wrong, with local variables."""
    tell, told = failure.tell_error, list[str]()

    def noting(error: Dhis2Error, output: str) -> int:
        told.append("".join(traceback.TracebackException.from_exception(error, capture_locals=True).format()))
        return tell(error, output)

    monkeypatch.setattr(failure, "tell_error", noting)
    return told


@pytest.fixture
def server(serve: Serve) -> Server:
    return serve(42)


@pytest.fixture
def secrets(
    server: Server, home: Home, file_keyring: FileKeyring, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> list[str]:
    """What must not be seen: in the keyring, the token store, the environment and profiles."""
    del home, file_keyring
    monkeypatch.setenv("PLANTED", f"{MARK}OfTheEnvironment")
    monkeypatch.setenv("DHIS2_PAT", f"d2p_{MARK}{'0' * 37}")
    monkeypatch.setenv("EDITOR", f"{sys.executable} -c pass")
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
    monkeypatch.setenv("BROWSER", f"{sys.executable} {Path(__file__).with_name('person_command.py')} %s")
    (tmp_path / "bundle.json").write_text('{"dataElementGroups": [{"id": "abcdefghij1", "name": "N"}]}')
    profile = asyncio.run(server.profile())
    values = {key: value for key, value in profile.model_dump().items() if isinstance(value, str)}
    add_profile("demo", {**values, "secret": KeyringSecret(PlainSecret(SECRET))})
    for name in ("refused", "spare"):
        kept = KeyringSecret(PlainSecret(f"{MARK}1!"))
        add_profile(name, {"base_url": server.url, "auth": "basic", "username": "admin", "secret": kept})
    asyncio.run(login(resolve_profile("demo"), profile_name="demo", tell=str, open_browser=Person()))
    return [MARK, SECRET, *tokens()]


def tokens() -> list[str]:
    stored = TokenStore().read(token_key(resolve_profile("demo"), "user", "demo"))
    assert stored
    assert stored.tokens
    return [stored.tokens.access_token, stored.tokens.refresh_token or MARK]


def run_every_command(
    d2w: Command, secrets: list[str], errors: list[str], home: Home, *, profile: str, output: str
) -> Leftovers:
    left = Leftovers(secrets)
    file = home.folder.parent / "bundle.json"
    order = sorted(ENTRIES, key=lambda entry: (entry.name not in FIRST, entry.name in LAST, entry.words))
    started.clear()  # what other tests of this process started
    try:
        for entry in order:
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr("sys.stdin", io.StringIO(""))
                done = d2w("-p", profile, *words_of(entry, file), "-o", output)
            left.codes[entry.name] = done.code
            left.look_for_secrets(entry.name, "\n".join((done.out, done.err, *errors, *started)))
            errors.clear()
            started.clear()
    finally:
        d2w("sandbox", "stop")
    files = "".join(each.read_text("utf-8", "replace") for each in home.folder.rglob("*") if each.is_file())
    left.look_for_secrets("(files)", files)
    return left


@pytest.mark.slow
@pytest.mark.parametrize("output", ["table", "json"])
def test_with_a_login(d2w: Command, secrets: list[str], errors: list[str], home: Home, output: str) -> None:
    left = run_every_command(d2w, secrets, errors, home, profile="demo", output=output)
    assert left.found == {}
    assert len(left.codes) == len(ENTRIES)
    assert left.codes["metadata list"] == left.codes["profile pat create"] == left.codes["login"] == 0
    used = [name for name, code in left.codes.items() if code != ExitCode.USAGE]
    assert len(used) > len(ENTRIES) / 2, "the command lines that are made here are mostly refused"


@pytest.mark.slow
def test_with_a_password_that_is_refused(d2w: Command, secrets: list[str], errors: list[str], home: Home) -> None:
    left = run_every_command(d2w, secrets, errors, home, profile="refused", output="json")
    assert left.found == {}
    assert left.codes["metadata list"] == ExitCode.NOT_AUTHENTICATED


@pytest.mark.slow
def test_with_a_server_that_repeats_what_it_was_sent(
    d2w: Command,
    secrets: list[str],
    errors: list[str],
    home: Home,
    *,
    server: Server,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answer = server.sandbox.app.answer

    def repeating(
        method: str, raw_path: str, query: str, headers: list[tuple[str, str]], *rest: Any, **more: Any
    ) -> Reply:
        if not raw_path.startswith("/api"):
            return answer(method, raw_path, query, headers, *rest, **more)
        sent = next((value for name, value in headers if name.lower() == "authorization"), "")
        message = {
            "httpStatus": "Conflict",
            "httpStatusCode": 409,
            "status": "ERROR",
            "message": f"{sent} of {headers}",
        }
        return Reply(409, json.dumps(message).encode(), media="application/json")

    monkeypatch.setattr(server.sandbox.app, "answer", repeating)
    left = run_every_command(d2w, secrets, errors, home, profile="demo", output="json")
    assert left.found == {}
    assert left.codes["metadata list"] == ExitCode.REFUSED


def test_a_secret_that_is_shown_is_found(d2w: Command, secrets: list[str], home: Home) -> None:
    left = Leftovers(secrets)
    left.look_for_secrets("shown", d2w("-p", "demo", "api", "GET", "me", "--param", f"query={SECRET}", "-v").err)
    assert left.found == {}
    left.look_for_secrets("shown", d2w("-p", SECRET, "api", "GET", "me").err)
    assert list(left.found) == ["shown"]
    assert home
