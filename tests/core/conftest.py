"""A home of its own for every test, without the settings of whoever runs it."""

import os
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

import keyring
import pytest
from keyring.backends.fail import Keyring as NoKeyring

from tests.core.keyring_in_file import FileKeyring


@dataclass(frozen=True)
class Home:
    """The folders and files of a made-up user."""

    folder: Path
    user_file: Path
    project_file: Path
    """Not there until a test writes it; the working directory is two folders below its own."""

    def write_user(self, text: str) -> Path:
        return self._write(self.user_file, text)

    def write_project(self, text: str) -> Path:
        return self._write(self.project_file, text)

    def _write(self, file: Path, text: str) -> Path:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text.encode())
        return file


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[Home]:
    for variable in [name for name in os.environ if name.startswith(("DHIS2_", "XDG_"))]:
        monkeypatch.delenv(variable)
    folder = tmp_path / "home"
    work = folder / "project" / "src" / "deep"
    work.mkdir(parents=True)
    for variable in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(variable, str(folder))
    for kind in ("CONFIG", "STATE", "CACHE"):
        monkeypatch.setenv(f"XDG_{kind}_HOME", str(folder / kind.lower()))
    monkeypatch.setenv("TEST_KEYRING", str(tmp_path / "keyring.json"))
    monkeypatch.chdir(work)
    before = keyring.get_keyring()
    keyring.set_keyring(NoKeyring())
    yield Home(folder, folder / "config/dhis2/profiles.toml", folder / "project/.dhis2/profiles.toml")
    keyring.set_keyring(before)


@pytest.fixture
def file_keyring() -> FileKeyring:
    """A keyring that works, in place of none."""
    backend = FileKeyring()
    keyring.set_keyring(backend)
    return backend
