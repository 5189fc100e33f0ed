"""`d2w profile`: secrets come from a prompt, standard input or the environment, and are shown nowhere."""

import io
import json

import pytest

from dhis2w_cli.exit_codes import ExitCode
from tests.cli.conftest import Command, Server
from tests.core.conftest import Home
from tests.core.keyring_in_file import FileKeyring

SECRET = "d2p_PlantedSecretOfTheProfile00000000000000000000000000"
ADD = ("profile", "add", "demo", "https://a.example.org", "--secret-from", "env:PLANTED")


@pytest.fixture(autouse=True)
def planted(monkeypatch: pytest.MonkeyPatch, home: Home) -> None:
    assert home
    monkeypatch.setenv("PLANTED", SECRET)


def test_a_profile_is_added_with_its_secret_in_the_keyring(d2w: Command, home: Home, file_keyring: FileKeyring) -> None:
    done = d2w(*ADD)
    assert done.code == 0, done.err
    assert SECRET in file_keyring.entries().values()
    assert 'secret = "keyring"' in home.user_file.read_text()
    shown = [d2w("profile", word, "demo") for word in ("show", "env")] + [d2w("profile", "list")]
    for each in shown:
        assert each.code == 0
        assert SECRET not in each.out + each.err


def test_the_secret_comes_from_standard_input(
    d2w: Command, monkeypatch: pytest.MonkeyPatch, file_keyring: FileKeyring
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{SECRET}\n"))
    assert d2w("profile", "add", "demo", "https://a.example.org", "--secret-from", "stdin").code == 0
    assert list(file_keyring.entries().values()) == [SECRET]


def test_without_a_terminal_no_secret_is_asked_for(d2w: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    done = d2w("profile", "add", "demo", "https://a.example.org")
    assert (done.code, "--secret-from" in done.err) == (ExitCode.USAGE, True)


@pytest.mark.usefixtures("file_keyring")
def test_default_rename_update_and_remove(d2w: Command, home: Home) -> None:
    assert d2w(*ADD).code == 0
    assert d2w("profile", "add", "other", "https://b.example.org", "--secret", "env:PLANTED").code == 0
    assert d2w("profile", "default", "other").code == 0
    assert d2w("profile", "rename", "other", "renamed").code == 0
    assert json.loads(d2w("profile", "show", "-o", "json").out)["profile"] == "renamed"
    assert d2w("profile", "update", "renamed", "--proxy", "http://p.example.org:3128").code == 0
    assert "p.example.org" in home.user_file.read_text()
    assert d2w("profile", "update", "renamed", "--proxy", "-").code == 0
    assert "p.example.org" not in home.user_file.read_text()
    assert d2w("profile", "remove", "demo").code == ExitCode.NOT_CONFIRMED
    assert d2w("profile", "remove", "demo", "--yes").code == 0
    assert "demo" not in d2w("profile", "list").out


def test_verify_connects(d2w: Command, served: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKEN", served.token)
    assert d2w("profile", "add", "demo", served.url, "--secret", "env:TOKEN").code == 0
    assert json.loads(d2w("profile", "verify", "demo", "-o", "json").out)["user"] == "admin"


def test_a_secret_in_clear_is_told_loudly(d2w_process: Command, home: Home) -> None:
    done = d2w_process(*ADD, "--secret", "file")
    assert (done.code, "warning" in done.err, "in clear" in done.err) == (0, True, True)
    assert SECRET not in done.out + done.err
    home.user_file.chmod(0o644)
    assert "OTHERS ON THIS MACHINE CAN READ" in d2w_process("profile", "list").out


def test_a_project_is_trusted_after_a_look(d2w: Command, home: Home) -> None:
    home.write_project(
        'default = "a"\n[profiles.a]\nbase_url = "https://a.example.org"\nauth = "pat"\nsecret = { env = "PLANTED" }\n'
    )
    assert d2w("profile", "verify").code == ExitCode.NOT_AUTHENTICATED
    looked = d2w("profile", "trust")
    assert (looked.code, "'PLANTED'" in looked.err) == (ExitCode.NOT_CONFIRMED, True)
    assert "not trusted" in d2w("profile", "list").out
    assert d2w("profile", "trust", "--yes").code == 0
    assert "not trusted" not in d2w("profile", "list").out
    assert d2w("profile", "trust", "--withdraw").code == 0
    assert "not trusted" in d2w("profile", "list").out


@pytest.mark.usefixtures("file_keyring")
def test_a_new_token_becomes_the_secret_of_a_profile(
    d2w: Command, served: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PASSWORD", "district")
    words = ("--auth", "basic", "--username", "admin", "--secret", "env:PASSWORD")
    assert d2w("profile", "add", "demo", served.url, *words).code == 0
    made = d2w("-p", "demo", "profile", "pat", "create", "--into", "demo", "--yes")
    assert (made.code, "d2p_" in made.out + made.err) == (0, False), made.err
    monkeypatch.delenv("PASSWORD")
    assert json.loads(d2w("profile", "show", "demo", "-o", "json").out)["auth"] == "pat"
    assert d2w("profile", "verify", "demo").code == 0
