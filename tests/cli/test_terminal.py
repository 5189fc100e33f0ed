"""A new user's path, through a real terminal."""

import os
import re
import signal
import sys
import time
from collections.abc import Generator
from pathlib import Path

import pytest

from dhis2w_cli.exit_codes import ExitCode
from dhis2w_sandbox import Sandbox
from dhis2w_sandbox.faults import Fault
from tests.core.conftest import Home
from tests.core_oauth2.person import Person, free_port

if sys.platform == "win32":
    pytest.skip("Windows has no pseudo-terminal", allow_module_level=True)

from tests.cli.pseudo_terminal import SECONDS, Terminal, in_terminal


@pytest.fixture
def sandbox(home: Home) -> Generator[str]:
    assert home
    code, seen = in_terminal("sandbox", "start", "--background")
    assert code == 0, seen
    found = re.search(r"export DHIS2_URL=(\S+)", seen)
    assert found
    yield found[1]
    in_terminal("sandbox", "stop")


def as_admin(url: str) -> None:
    """Add the profile `admin`, whose password is asked for."""
    add = Terminal("profile", "add", "admin", url, "--auth", "basic", "--username", "admin", "--secret", "file")
    add.wait_for("Password: ")
    add.type("district")
    assert add.end() == 0
    assert "district" not in add.seen
    assert "in clear" in add.seen


def with_oauth2(url: str) -> None:
    """Register an OAuth2 client, and make the profile `demo` with it the one that is used."""
    redirect = f"http://127.0.0.1:{free_port()}/callback"
    register = Terminal(
        "-p", "admin", "profile", "oauth2", "client", "register", "d2w", "--redirect-uri", redirect, "-o", "json"
    )
    register.wait_for("Do it? [y/N]: ")
    register.type("y")
    assert register.end() == 0
    secret = re.search(r'"client_secret": "(\S+)"', register.seen)
    assert secret
    words = ("--auth", "oauth2", "--client-id", "d2w", "--redirect-uri", redirect, "--secret", "file", "--default")
    add = Terminal("profile", "add", "demo", url, *words)
    add.wait_for("Client secret: ")
    add.type(secret[1])
    assert add.end() == 0
    assert secret[1] not in add.seen


@pytest.fixture
def person(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever sits at the browser, which is on its own once it has the address."""
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
    monkeypatch.setenv("BROWSER", f"{sys.executable} {Path(__file__).with_name('person_command.py')} %s &")


@pytest.mark.slow
@pytest.mark.usefixtures("person")
def test_a_new_users_path(sandbox: str, home: Home, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    as_admin(sandbox)
    with_oauth2(sandbox)
    code, seen = in_terminal("system", "me")
    assert (code, "d2w login --profile demo" in seen) == (5, True)
    code, seen = in_terminal("login")
    assert (code, "The login ends at about" in seen) == (0, True), seen
    code, seen = in_terminal("profile", "verify")
    assert (code, "admin" in seen) == (0, True)

    code, seen = in_terminal("metadata", "list", "dataElements", "--limit", "3", "--order", "name:asc")
    assert (code, len(seen.strip().splitlines())) == (0, 4)
    uid = seen.split()[3]

    editor = tmp_path / "editor.py"
    editor.write_text(
        "import sys, pathlib, json\nfile = pathlib.Path(sys.argv[1])\nobject = json.loads(file.read_text())\n"
        "object['name'] = 'Edited by hand'\nfile.write_text(json.dumps(object))\n"
    )
    monkeypatch.setenv("EDITOR", f"{sys.executable} {editor}")
    edit = Terminal("metadata", "edit", "dataElements", uid)
    edit.wait_for("Do it? [y/N]: ")
    assert "+ name: Edited by hand" in edit.seen
    edit.type("y")
    assert edit.end() == 0

    code, seen = in_terminal(
        "metadata",
        "list",
        "dataElements",
        "--filter",
        "categoryCombo.name:!eq:default",
        "--fields",
        "categoryCombo[id]",
        "--query",
        "[0].categoryCombo.id",
    )
    refused = Terminal("metadata", "delete", "categoryCombos", seen.strip())
    refused.wait_for("Do it? [y/N]: ")
    refused.type("y")
    assert refused.end() == 4
    assert "E4030" in refused.seen

    undo = Terminal("undo")
    undo.wait_for("- name: Edited by hand")
    undo.wait_for("[y/N]: ")
    undo.type("y")
    assert undo.end() == 0
    assert "Edited by hand" not in in_terminal("metadata", "get", "dataElements", uid)[1]
    assert (home.folder / "state/dhis2/journal").is_dir()

    code, seen = in_terminal("sandbox", "stop")
    assert (code, sandbox in seen) == (0, True)
    assert in_terminal("system", "info")[0] == 6


@pytest.mark.slow
@pytest.mark.usefixtures("person")
def test_a_password_that_dhis2_does_not_take_is_told_by_the_page_and_its_address(
    sandbox: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PERSON", "wrong")
    as_admin(sandbox)
    with_oauth2(sandbox)
    login = Terminal("login")
    login.wait_for("paste its address.")
    login.type("")
    login.type(f"{sandbox}/dhis-web-login/")
    assert login.end() == 5
    assert "did not take the user name or the password" in login.seen


@pytest.mark.slow
def test_somebody_logs_in_on_another_machine(sandbox: str) -> None:
    as_admin(sandbox)
    with_oauth2(sandbox)
    login = Terminal("login", "--no-browser")
    login.wait_for("The address that the browser ended on: ")
    address = re.search(r"http://127\.0\.0\.1:\S+/authorize\?\S+", login.seen)
    assert address
    elsewhere = Person(stays=False)
    elsewhere(address[0])
    login.type(elsewhere.ended_on)
    assert login.end() == 0, login.seen


@pytest.mark.slow
@pytest.mark.usefixtures("person")
def test_a_login_that_is_interrupted_leaves_nothing(sandbox: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PERSON", "wrong")
    as_admin(sandbox)
    with_oauth2(sandbox)
    login = Terminal("login")
    login.wait_for("paste its address.")
    login.interrupt()
    assert login.end() == 130
    assert "There is no login." in in_terminal("profile", "show", "demo")[1]


def test_no_is_no(sandbox: str, monkeypatch: pytest.MonkeyPatch) -> None:
    code, seen = in_terminal("sandbox", "env")
    assert code == 0
    monkeypatch.setenv("DHIS2_URL", sandbox)
    monkeypatch.setenv("DHIS2_PAT", seen.split("DHIS2_PAT=")[1].strip())
    command = Terminal("api", "POST", "dataElementGroups", "--body", '{"name": "N", "shortName": "N"}')
    command.wait_for("[y/N]: ")
    command.type("")
    assert command.end() == 9
    command = Terminal("api", "POST", "dataElementGroups", "--body", '{"name": "N", "shortName": "N"}')
    command.wait_for("[y/N]: ")
    command.interrupt()
    assert command.end() == 130


def test_the_sandbox_in_the_foreground_ends_with_ctrl_c(home: Home) -> None:
    assert home
    command = Terminal("sandbox", "start", "--empty")
    command.wait_for("Ctrl-C stops it.")
    command.interrupt()
    assert command.end() == 0


def test_the_sandbox_is_found_by_its_lock_and_not_by_a_number(sandbox: str) -> None:
    code, seen = in_terminal("sandbox", "status", "-o", "json")
    assert (code, sandbox in seen) == (0, True)
    found = re.search(r'"process": (\d+)', seen)
    assert found
    assert in_terminal("sandbox", "start", "--background")[0] == 2
    os.kill(int(found[1]), signal.SIGKILL)
    deadline = time.monotonic() + SECONDS
    while '"running": true' in in_terminal("sandbox", "status", "-o", "json")[1]:
        assert time.monotonic() < deadline


def test_no_secret_is_in_the_arguments_of_a_process(sandbox: str) -> None:
    assert sandbox
    token = in_terminal("sandbox", "env")[1].split("DHIS2_PAT=")[1].strip()
    commands = Path("/proc").glob("[0-9]*/cmdline")
    assert token not in "".join(_command_line(file) for file in commands)


def _command_line(file: Path) -> str:
    try:
        return file.read_bytes().decode("utf-8", "replace")
    except OSError:  # it ended
        return ""


@pytest.mark.slow
def test_a_bundle_is_imported_and_gone_after_a_reset(
    sandbox: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "bundle.json"
    file.write_text('{"dataElementGroups": [{"id": "abcdefghij1", "name": "G", "shortName": "G"}]}')
    code, seen = in_terminal("sandbox", "import", str(file))
    assert (code, "created" in seen) == (0, True), seen
    monkeypatch.setenv("DHIS2_URL", sandbox)
    for expected, words in ((0, ("sandbox", "env")), (3, ("sandbox", "reset", "--yes"))):
        code, seen = in_terminal(*words)
        assert code == 0, seen
        assert f"DHIS2_URL={sandbox}" in seen
        monkeypatch.setenv("DHIS2_PAT", seen.split("DHIS2_PAT=")[1].strip())
        assert in_terminal("metadata", "get", "dataElementGroups", "abcdefghij1")[0] == expected


def test_a_first_profile_is_made_by_questions(sandbox: str) -> None:
    command = Terminal("profile", "bootstrap")
    for question, answer in (
        ("Name of the profile", "first"),
        ("Address of the server", sandbox),
        ("User name", "admin"),
        ("[y/N]: ", "n"),
        ("Password: ", "district"),
    ):
        command.wait_for(question)
        command.type(answer)
    assert command.end() == 0, command.seen
    assert "2.42.5.2" in command.seen


def test_one_is_told_when_it_takes_long(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    assert home
    slow = Fault(delay=1.5, path="system/info", times=None)
    with Sandbox(42, empty=True, faults=[slow]) as server, server.serve() as url:
        monkeypatch.setenv("DHIS2_URL", url)
        monkeypatch.setenv("DHIS2_PAT", server.pat())
        for words, is_told in ((("system", "ping"), True), (("system", "ping", "-q"), False)):
            command = Terminal(*words)
            assert command.end() == 0
            assert ("Waiting for the server: 1 s" in command.seen) == is_told


def test_rows_are_counted_while_they_come(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    assert home
    slow = Fault(delay=1.2, path="dataElements", times=None)
    with Sandbox(42, faults=[slow]) as server, server.serve() as url:
        monkeypatch.setenv("DHIS2_URL", url)
        monkeypatch.setenv("DHIS2_PAT", server.pat())
        words = ("api", "GET", "dataElements", "--paginate", "--param", "pageSize=30", "--query", "[].id")
        command = Terminal(*words)
        assert command.end() == 0
        assert re.search(r"Rows: \d+, (\d+/s, )?\d+ s", command.seen), command.seen


def test_a_push_of_what_is_piped_in_says_that_nothing_is(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    assert home
    with Sandbox(42, empty=True) as server, server.serve() as url:
        monkeypatch.setenv("DHIS2_URL", url)
        monkeypatch.setenv("DHIS2_PAT", server.pat())
        command = Terminal("data", "push", "-")
        assert command.end() == ExitCode.USAGE, command.seen
        assert "Nothing is piped into this command." in command.seen


def test_ctrl_c_in_a_request_ends_at_once_and_a_write_that_was_under_way_is_in_the_journal(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = Fault(delay=4, path="dataElementGroups", times=None)
    with Sandbox(42, empty=True, faults=[slow]) as server, server.serve() as url:
        monkeypatch.setenv("DHIS2_URL", url)
        monkeypatch.setenv("DHIS2_PAT", server.pat())
        body = '{"name": "N", "shortName": "N"}'
        for words in (
            ("metadata", "list", "dataElementGroups"),
            ("api", "POST", "dataElementGroups", "--body", body, "--yes"),
        ):
            command = Terminal(*words)
            command.wait_for("Waiting for the server: 1 s")
            command.interrupt()
            assert command.end() == 130
            assert "Interrupted." in command.seen
            assert "Traceback" not in command.seen
        assert "failed" in in_terminal("journal", "list")[1]
        assert [each for each in home.folder.rglob("*") if each.name.endswith((".tmp", ".new", ".part"))] == []
