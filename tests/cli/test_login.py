"""`d2w login`, `d2w logout`, and every command with a profile that logs in with OAuth2."""

import json
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from dhis2w_cli.exit_codes import ExitCode
from dhis2w_core.catalogue import read_catalogue
from dhis2w_core.oauth2 import browser
from dhis2w_core.oauth2.token_store import TokenKey, TokenStore
from dhis2w_core.stored_login import login_key
from tests.cli.conftest import Command, Ended
from tests.core.conftest import Home
from tests.core.keyring_in_file import FileKeyring
from tests.core_oauth2.conftest import Serve, Server, serve, servers
from tests.core_oauth2.person import free_port

__all__ = ["serve", "servers"]

PERSON = Path(__file__).with_name("person_command.py")
VERSIONS = pytest.mark.parametrize("version", [41, 42, 43])


@dataclass(frozen=True)
class User:
    """Somebody with a profile `demo` for OAuth2, of a client that was registered through the command."""

    d2w: Command
    server: Server
    registered: Ended

    def __call__(self, *words: str) -> Ended:
        return self.d2w("-p", "demo", *words)

    def expire(self) -> None:
        """Make the access token look old."""
        store, key = TokenStore(), demo_key()
        login = store.read(key)
        assert login
        assert login.tokens
        store.save(key, replace(login.tokens, access_expires=0))


def demo_key() -> TokenKey:
    entry = read_catalogue().choose("demo").entry
    assert entry.location
    assert entry.stored
    key = login_key(entry.location, entry.stored)
    assert key
    return key


@pytest.fixture(autouse=True)
def person(monkeypatch: pytest.MonkeyPatch, home: Home, file_keyring: FileKeyring) -> None:
    """Whoever sits at the browser."""
    assert home
    assert file_keyring
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
    monkeypatch.setenv("BROWSER", f"{sys.executable} {PERSON} %s")


def a_user(d2w: Command, server: Server, *words: str) -> User:
    secret_source = pytest.MonkeyPatch()
    with secret_source.context() as environment:
        environment.setenv("ADMIN_TOKEN", server.sandbox.pat())
        added = d2w("profile", "add", "admin", server.url, "--secret-from", "env:ADMIN_TOKEN")
        assert added.code == 0, added.err
    redirect = f"http://127.0.0.1:{free_port()}/callback"
    register = ("profile", "oauth2", "client", "register", server.new_client_id(), "--into", "demo")
    done = d2w("-p", "admin", *register, "--redirect-uri", redirect, "--yes", "-o", "json", *words)
    assert done.code == 0, done.err
    return User(d2w, server, done)


@VERSIONS
def test_a_client_is_registered_and_somebody_logs_in_works_and_logs_out(
    d2w: Command, serve: Serve, version: int
) -> None:
    user = a_user(d2w, serve(version))
    assert "client_secret" not in json.loads(user.registered.out)
    assert "There is no login. Log in: d2w login --profile demo" in user("profile", "show", "demo").out
    assert user("system", "me").code == ExitCode.NOT_AUTHENTICATED

    done = d2w("login", "-p", "demo", "-o", "json")
    assert done.code == 0, done.err
    told = json.loads(done.out)
    assert (told["profile"], told["user"]) == ("demo", "admin")
    assert told["login"].startswith("The login goes on" if version == 41 else "The login ends at about")

    assert json.loads(user("system", "me", "-o", "json").out)["username"] == "admin"
    spent = len(user.server.spends)
    user.expire()
    assert user("metadata", "count", "users").code == 0
    assert len(user.server.spends) == spent + 1
    for words in (("profile", "show", "demo"), ("profile", "verify", "demo")):
        assert json.loads(d2w(*words, "-o", "json").out)["login"] == told["login"]

    gone = d2w("logout", "-p", "demo", "-o", "json")
    assert json.loads(gone.out) == {"profile": "demo", "logged_out": True, "revoked": version != 41}
    after = user("system", "me")
    assert (after.code, "d2w login --profile demo" in after.err) == (ExitCode.NOT_AUTHENTICATED, True)


def test_a_profile_is_renamed_and_removed_with_its_login(d2w: Command, serve: Serve) -> None:
    user = a_user(d2w, serve(42))
    assert user("login").code == 0
    former = demo_key()
    assert d2w("profile", "rename", "demo", "other").code == 0
    assert d2w("-p", "other", "system", "me").code == 0
    assert TokenStore().read(former) is None
    assert d2w("profile", "remove", "other", "--yes").code == 0
    assert TokenStore().read(replace(former, profile="other")) is None


@pytest.mark.parametrize("version", [41, 42])
def test_a_denied_consent(d2w: Command, serve: Serve, monkeypatch: pytest.MonkeyPatch, version: int) -> None:
    user = a_user(d2w, serve(version))
    monkeypatch.setenv("PERSON", "denies")
    done = user("login", "-o", "json")
    error = json.loads(done.err.splitlines()[-1])["error"]
    assert (done.code, error["type"]) == (ExitCode.NOT_AUTHENTICATED, "LoginDeniedError")
    assert "d2w login" in error["next_step"]


def test_a_closed_browser_is_told_at_once(d2w: Command, serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    user = a_user(d2w, serve(42))
    monkeypatch.setattr(browser, "SHORTEST_VISIT", 0.0)
    monkeypatch.setenv("PERSON", "wrong")
    done = user("login", "-o", "json")
    error = json.loads(done.err.splitlines()[-1])["error"]
    assert (done.code, error["type"]) == (ExitCode.NOT_AUTHENTICATED, "BrowserClosedError")


def test_nobody_who_comes_back_in_time(d2w: Command, serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    user = a_user(d2w, serve(42))
    monkeypatch.setenv("PERSON", "wrong")
    done = user("login", "--seconds", "1")
    assert (done.code, "within 1 seconds" in done.err) == (ExitCode.NOT_AUTHENTICATED, True)


def test_the_address_is_pasted_where_there_is_no_browser(d2w: Command, serve: Serve) -> None:
    user = a_user(d2w, serve(42))
    done = user("login", "--no-browser")
    assert (done.code, "terminal" in done.err) == (ExitCode.USAGE, True)  # and nobody can paste here either
    url = next(line for line in done.err.splitlines() if line.startswith("http"))
    assert parse_qs(urlsplit(url).query)["code_challenge_method"] == ["S256"]


def test_a_login_of_a_profile_that_needs_none(d2w: Command, serve: Serve) -> None:
    user = a_user(d2w, serve(42))
    for words in (("login", "-p", "admin"), ("logout", "-p", "admin")):
        done = user.d2w(*words)
        assert (done.code, "needs no login" in done.err) == (ExitCode.USAGE, True)


def test_a_revoked_login_says_how_to_log_in_again(d2w: Command, serve: Serve) -> None:
    user = a_user(d2w, serve(42))
    assert user("login").code == 0
    store, key = TokenStore(), demo_key()
    login = store.read(key)
    assert login
    assert login.tokens
    store.save(key, replace(login.tokens, access_expires=0, refresh_token="unknown"))
    for _ in range(2):
        done = user("system", "me")
        assert done.code == ExitCode.NOT_AUTHENTICATED
        assert done.err == (
            "error: The login is over: the server says that it expired, or was revoked.\n"
            "next: Log in: d2w login --profile demo\n"
        )
    assert "expired, or was revoked. Log in: d2w login" in user("profile", "show", "demo").out


@pytest.mark.filterwarnings("default::dhis2w_core.oauth2.errors.PublicClientWarning")
def test_a_public_client_needs_no_secret(d2w: Command, serve: Serve, home: Home) -> None:
    user = a_user(d2w, serve(42), "--public")
    assert "secret" not in home.user_file.read_text().partition("profiles.demo")[2]
    done = user("login")
    assert (done.code, "only access token" in done.out, "after about 5 minutes" in done.err) == (0, True, True)
    assert user("system", "me").code == 0


def test_a_client_is_not_registered_twice_nor_for_a_profile_of_another_server(d2w: Command, serve: Serve) -> None:
    user = a_user(d2w, serve(42))
    client_id = json.loads(user.registered.out)["client_id"]
    register = ("profile", "oauth2", "client", "register")
    done = d2w("-p", "admin", *register, client_id, "--yes")
    assert (done.code, "already" in done.err) == (ExitCode.REFUSED, True)
    added = d2w("profile", "add", "far", "https://far.example.org", "--auth", "oauth2")
    assert added.code == 0, added.err
    done = d2w("-p", "admin", *register, "another", "--into", "far", "--yes")
    assert (done.code, "is for https://far.example.org" in done.err) == (ExitCode.USAGE, True)


def test_a_client_whose_secret_cannot_be_kept_is_taken_back(d2w: Command, serve: Serve, home: Home) -> None:
    user = a_user(d2w, serve(42))
    before = home.user_file.read_text()
    name = "no-such_name!"
    done = d2w("-p", "admin", "profile", "oauth2", "client", "register", "kept", "--into", name, "--yes")
    assert done.code == ExitCode.USAGE, done.err
    assert home.user_file.read_text() == before
    clients = d2w(
        "-p", "admin", "api", "GET", "oAuth2Clients", "--param", "fields=clientId", "--query", "oAuth2Clients"
    )
    assert "kept" not in clients.out
    assert user.registered.code == 0
