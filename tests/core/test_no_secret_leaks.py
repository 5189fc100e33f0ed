"""Planted secrets are in no repr, error, traceback (with local variables), warning or file but where they belong."""

import pickle
import traceback
import warnings
from collections.abc import Callable
from pathlib import Path

import keyring
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from keyring.backends.fail import Keyring as NoKeyring

from dhis2w_core import (
    add_profile,
    choose_profile,
    read_catalogue,
    remove_profile,
    rename_profile,
    resolve_profile,
    update_profile,
)
from dhis2w_core.catalogue import project_location
from dhis2w_core.profile_file import ProfileFileDraft, read_profile_file
from dhis2w_core.profiles import review_project
from dhis2w_core.secret import EnvSecret, KeyringSecret, PlainSecret
from dhis2w_core.toml_text import TomlText
from tests.core.conftest import Home
from tests.core.keyring_in_file import FileKeyring, TalkativeKeyring

PLANTED = "PL4NT3D"


def everything_told(action: Callable[[], object]) -> str:
    """What an action shows: its result's repr, its warnings, and its error as a debugger would print it."""
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        try:
            shown = repr(action())
        except Exception as error:  # whatever it is, it is shown
            lines = traceback.TracebackException.from_exception(error, capture_locals=True).format()
            shown = "".join(lines) + repr(error) + repr(vars(error))
    return shown + "".join(str(warning.message) for warning in told)


def plain_profile(name: str = "one", *lines: str, auth: str = "pat") -> str:
    head = (f"[profiles.{name}]", 'base_url = "https://a.example.org"', f'auth = "{auth}"', f'secret = "{PLANTED}"')
    return "\n".join((*head, *lines, ""))


@pytest.mark.parametrize(
    "text",
    [
        plain_profile(),
        plain_profile("one", "timeout = -1"),
        plain_profile("one", "token = 'PL4NT3D'"),
        plain_profile("one", 'version = "9"'),
        plain_profile("one", 'proxy = "http://u:PL4NT3D@proxy"'),
        plain_profile("one", "nonsense = 'PL4NT3D'"),
        plain_profile("one", "cookie = ['PL4NT3D']"),
        plain_profile("one", "password = { command = 'PL4NT3D' }"),
        plain_profile("one") + plain_profile("one"),
        plain_profile("one", 'scope = "no end'),
        plain_profile("one", "scope = PL4NT3D"),
        plain_profile("one") + "default = PL4NT3D",
        "x = [" * 3000 + PLANTED,
        plain_profile("one", "xsrf_token = { env = 'NOT_SET' }", auth="session"),
        plain_profile("one", "xsrf_token = 'keyring'", auth="session"),
        plain_profile("one", "xsrf_token = { command = ['false'] }", auth="session"),
        plain_profile("one", 'ca_bundle = "/x"') + "\n[other]\nx = 'PL4NT3D'",
    ],
)
def test_files(home: Home, text: str) -> None:
    for file in (home.user_file, home.project_file):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        shown = everything_told(read_catalogue)
        shown += everything_told(lambda: read_catalogue().entries)
        shown += everything_told(lambda: read_profile_file(home.user_file))
        shown += everything_told(lambda: choose_profile("one"))
        shown += everything_told(lambda: resolve_profile("one"))
        shown += everything_told(lambda: resolve_profile("two"))
        shown += everything_told(resolve_profile)
        shown += everything_told(review_project)
        shown += everything_told(lambda: update_profile("one", {"username": "ana", "auth": "basic"}))
        shown += everything_told(lambda: update_profile("one", {"timeout": 5, "secret": PlainSecret(PLANTED)}))
        shown += everything_told(lambda: rename_profile("one", "two"))
        shown += everything_told(lambda: remove_profile("two"))
        assert PLANTED not in shown
        file.unlink()


def test_a_byte_that_is_no_text(home: Home) -> None:
    home.write_user("")
    home.user_file.write_bytes(plain_profile().encode() + b"\xff")
    assert PLANTED not in everything_told(lambda: read_profile_file(home.user_file)) + everything_told(read_catalogue)


@pytest.mark.parametrize("backend", ["works", "fails", "is missing"])
def test_keyring(home: Home, file_keyring: FileKeyring, backend: str) -> None:
    values = {"base_url": "https://a.example.org", "auth": "pat", "secret": KeyringSecret(PlainSecret(PLANTED))}
    add_profile("one", values)
    keyring.set_keyring({"works": file_keyring, "fails": TalkativeKeyring(), "is missing": NoKeyring()}[backend])
    shown = everything_told(lambda: add_profile("two", values))
    shown += everything_told(lambda: update_profile("one", {"secret": KeyringSecret(PlainSecret(PLANTED))}))
    shown += everything_told(lambda: resolve_profile("one"))
    shown += everything_told(lambda: rename_profile("one", "three"))
    shown += everything_told(lambda: remove_profile("three"))
    assert PLANTED not in shown
    assert PLANTED not in everything_in(home.folder)


def test_environment_and_commands(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("X", PLANTED)
    values = {"base_url": "https://a.example.org", "auth": "session", "xsrf_token": EnvSecret("NOT_SET")}
    shown = everything_told(lambda: add_profile("one", {**values, "secret": EnvSecret("X")}))
    program = f"echo {PLANTED[:3]}''{PLANTED[3:]}"
    shown += everything_told(lambda: add_profile("two", {**values, "secret": {"command": ["sh", "-c", program]}}))
    failing = {"command": ["sh", "-c", f"{program}; exit 1"]}
    shown += everything_told(lambda: add_profile("three", {"secret": failing, **values}))
    assert "failed with exit status 1" in everything_told(lambda: resolve_profile("three"))
    for name in ("one", "two", "three"):
        shown += everything_told(lambda name=name: resolve_profile(name))
    assert shown.count("SecretUnavailableError") >= 3
    monkeypatch.setenv("NOT_SET", PLANTED)
    shown += everything_told(lambda: resolve_profile("one")) + everything_told(lambda: resolve_profile("two"))
    monkeypatch.setenv("DHIS2_URL", f"https://u:{PLANTED}@a.example.org")
    monkeypatch.setenv("DHIS2_PAT", PLANTED)
    shown += everything_told(resolve_profile) + everything_told(read_catalogue)
    monkeypatch.setenv("DHIS2_URL", "https://a.example.org")
    shown += everything_told(resolve_profile) + everything_told(read_catalogue)
    assert PLANTED not in shown
    assert PLANTED not in everything_in(home.folder)


def test_writing(home: Home, tmp_path: Path) -> None:
    values = {"base_url": "https://a.example.org", "auth": "pat", "secret": PlainSecret(PLANTED)}
    assert PLANTED not in everything_told(lambda: add_profile("one", values))
    assert home.user_file.read_text().count(PLANTED) == 1
    assert PLANTED not in everything_told(lambda: add_profile("one", values))
    blocked = project_location(tmp_path / "blocked")
    (tmp_path / "blocked").write_text("a file where a folder must be")
    assert PLANTED not in everything_told(lambda: add_profile("two", values, location=blocked))
    inline = 'profiles = { one = { base_url = "https://a.example.org", auth = "pat", token = "PL4NT3D" } }\n'
    home.write_user(inline)
    assert PLANTED not in everything_told(lambda: add_profile("two", values))
    assert PLANTED not in everything_told(lambda: ProfileFileDraft(home.user_file, inline.encode()))
    assert PLANTED not in everything_told(lambda: TomlText(inline))


def test_sources_show_nothing() -> None:
    for source in (PlainSecret(PLANTED), KeyringSecret(PlainSecret(PLANTED))):
        assert PLANTED not in f"{source} {source!r} {[source]}"
    assert pickle.loads(pickle.dumps(EnvSecret("X"))) == EnvSecret("X")  # noqa: S301 # our own bytes


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(before=st.text(max_size=60), after=st.text(max_size=60))
def test_broken_files_around_a_secret(tmp_path: Path, before: str, after: str) -> None:
    file = tmp_path / "profiles.toml"
    file.write_text(f'{before}\nsecret = "{PLANTED}"{after}\n', encoding="utf-8", errors="replace")
    assert PLANTED not in everything_told(lambda: read_profile_file(file))


def everything_in(folder: Path) -> str:
    return "".join(file.read_text() for file in folder.rglob("*") if file.is_file())
