"""The commands that README and the page on OAuth2 show do what is said of them, in a real terminal, in their order."""

import re
import shlex
import sys
from collections.abc import Generator
from pathlib import Path

import pytest

from tests.core.conftest import Home
from tests.core_oauth2.person import free_port

if sys.platform == "win32":
    pytest.skip("Windows has no pseudo-terminal", allow_module_level=True)

from tests.cli.pseudo_terminal import Terminal

ROOT = Path(__file__).parents[2]
ANSWERS = {"Password:": "district", "[y/N]:": "y"}
REFUSED = "metadata delete categoryCombos"
"""What is shown because DHIS2 refuses it."""


def shown_commands(page: str) -> list[str]:
    """The lines `$ d2w …` of a page."""
    return re.findall(r"^\$ d2w (.*?)(?:\s+#.*)?$", (ROOT / page).read_text("utf-8"), re.MULTILINE)


class User:
    """Somebody who types what is shown, and what is asked for."""

    def __init__(self) -> None:
        self._port = free_port()
        self._answers = dict(ANSWERS)

    def types(self, line: str) -> str:
        """Run a command that is shown; the exit code has to be 0, or 4 for what DHIS2 refuses."""
        command = Terminal(*shlex.split(line.replace("8080", str(self._port))))
        code = command.answer(self._answers)
        assert code == (4 if line.startswith(REFUSED) else 0), f"d2w {line}: {command.seen}"
        secret = re.search(r"client_secret\s+(\S+)", re.sub(r"\x1b\[[0-9;]*m", "", command.seen))
        if secret:
            self._answers["Client secret:"] = secret[1]
        return command.seen


@pytest.fixture
def user(home: Home, monkeypatch: pytest.MonkeyPatch) -> Generator[User]:
    """A user with a keyring that works, and a browser."""
    assert home
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "tests.core.keyring_in_file.FileKeyring")
    monkeypatch.setenv("BROWSER", f"{sys.executable} {Path(__file__).with_name('person_command.py')} %s &")
    yield User()
    Terminal("sandbox", "stop").end()


def test_readme(user: User) -> None:
    commands = shown_commands("README.md")
    assert len(commands) > 5
    for line in commands:
        user.types(line)


@pytest.mark.slow
def test_oauth2(user: User) -> None:
    for line in shown_commands("README.md")[:2]:
        user.types(line)
    commands = shown_commands("docs/oauth2.md")
    assert len(commands) > 5
    for line in commands:
        user.types(line)
