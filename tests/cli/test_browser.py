"""`d2w login` in a terminal, with a real browser on the pages of the sandbox: it goes on, or says what was wrong."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.core.conftest import Home
from tests.core_oauth2.conftest import Serve, browser_folder, serve, servers

if sys.platform == "win32":
    pytest.skip("Windows has no pseudo-terminal", allow_module_level=True)

import asyncio
import time

from dhis2w_core import add_profile
from dhis2w_core.secret import EnvSecret
from tests.cli.pseudo_terminal import SECONDS, Terminal, in_terminal

__all__ = ["browser_folder", "serve", "servers"]

pytestmark = pytest.mark.slow

CHROMIUM = Path(__file__).with_name("chromium_command.py")
Begin = Callable[..., Terminal]


@pytest.fixture
def seen(tmp_path: Path) -> Path:
    """The file with the address and the text of the page that the browser ended on."""
    return tmp_path / "seen"


@pytest.fixture(params=[41, 42])
def begin(
    request: pytest.FixtureRequest,
    serve: Serve,
    *,
    home: Home,
    browser_folder: Path,
    seen: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Begin:
    """Begins a login with a browser that does as it is told, and is left to itself where `waits` is false."""
    assert home
    assert browser_folder
    profile = asyncio.run(serve(request.param).profile())
    monkeypatch.setenv("CLIENT_SECRET", profile.client_secret or "")
    values = {key: value for key, value in profile.model_dump().items() if isinstance(value, str)}
    add_profile("demo", {**values, "secret": EnvSecret("CLIENT_SECRET")})

    def start(scenario: str, *words: str, waits: bool = True) -> Terminal:
        monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
        monkeypatch.setenv("BROWSER", f"{sys.executable} {CHROMIUM} %s{'' if waits else ' &'}")
        monkeypatch.setenv("SCENARIO", scenario)
        monkeypatch.setenv("VERSION", str(request.param))
        monkeypatch.setenv("SEEN", str(seen))
        return Terminal("login", "--seconds", "60", *words)

    return start


def test_somebody_consents_and_the_command_goes_on(begin: Begin, seen: Path) -> None:
    login = begin("consents")
    assert login.end() == 0, login.seen
    assert "admin" in login.seen
    wait_for(seen)
    assert "You are logged in" in seen.read_text("utf-8")
    code, shown = in_terminal("system", "me")
    assert (code, "admin" in shown) == (0, True)


def test_a_denied_consent(begin: Begin, seen: Path) -> None:
    login = begin("denies")
    assert login.end() == 5
    assert "The consent was denied." in login.seen
    wait_for(seen)
    assert "The consent was denied" in seen.read_text("utf-8")


def test_a_forged_state(begin: Begin, seen: Path) -> None:
    login = begin("forged state")
    assert login.end() == 5
    assert "belongs to another login" in login.seen
    assert "planted" not in login.seen
    wait_for(seen)
    assert "belongs to another login" in seen.read_text("utf-8")


def test_a_wrong_password_by_the_address_of_the_page_that_says_so(begin: Begin, seen: Path) -> None:
    login = begin("wrong password", waits=False)
    wait_for(seen)
    address, _, text = seen.read_text("utf-8").partition("\n")
    assert "Incorrect username or password" in text
    login.type(address)
    assert login.end() == 5
    assert "did not take the user name or the password" in login.seen


def test_a_browser_that_is_closed(begin: Begin) -> None:
    login = begin("closed")
    assert login.end() == 5
    assert "The browser was closed before the login had ended" in login.seen


def test_nobody_who_comes_back_in_time(begin: Begin) -> None:
    login = begin("wrong password", "--seconds", "1", waits=False)
    assert login.end() == 5
    assert "Nobody came back from the browser within 1 seconds" in login.seen


def wait_for(file: Path) -> None:
    deadline = time.monotonic() + SECONDS
    while not file.exists():
        assert time.monotonic() < deadline, f"{file} was not written"
