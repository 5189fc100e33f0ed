"""Where files lie on each platform."""

import sys
from pathlib import Path

import pytest

from dhis2w_core.places import cache_folder, state_folder, user_profile_file

PLACES = {
    "linux": (".config/dhis2", ".local/state/dhis2", ".cache/dhis2"),
    "darwin": ("Library/Application Support/dhis2", "Library/Application Support/dhis2", "Library/Caches/dhis2"),
    "win32": ("AppData/Roaming/dhis2", "AppData/Local/dhis2", "AppData/Local/dhis2"),
}


def places() -> tuple[Path, ...]:
    return user_profile_file().parent, state_folder(), cache_folder()


def forget_variables(monkeypatch: pytest.MonkeyPatch, value: str | None = None) -> None:
    for kind in ("CONFIG", "STATE", "CACHE"):
        monkeypatch.delenv(f"XDG_{kind}_HOME")
        if value is not None:
            monkeypatch.setenv(f"XDG_{kind}_HOME", value)


@pytest.mark.parametrize("platform", PLACES)
@pytest.mark.parametrize("value", [None, "", "relative"])
def test_each_platform_has_its_own(monkeypatch: pytest.MonkeyPatch, platform: str, value: str | None) -> None:
    forget_variables(monkeypatch, value)
    monkeypatch.setattr(sys, "platform", platform)
    for variable in ("APPDATA", "LOCALAPPDATA"):
        monkeypatch.delenv(variable, raising=False)
    assert places() == tuple(Path.home() / place for place in PLACES[platform])
    assert user_profile_file().name == "profiles.toml"


def test_windows_may_keep_them_elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    forget_variables(monkeypatch)
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setenv("APPDATA", str(tmp_path / "roaming"))
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "local"))
    assert places() == (tmp_path / "roaming/dhis2", tmp_path / "local/dhis2", tmp_path / "local/dhis2")


@pytest.mark.parametrize("platform", PLACES)
def test_xdg_variables_count_everywhere(monkeypatch: pytest.MonkeyPatch, platform: str, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    for kind in ("CONFIG", "STATE", "CACHE"):
        monkeypatch.setenv(f"XDG_{kind}_HOME", str(tmp_path / kind))
    assert places() == tuple(tmp_path / kind / "dhis2" for kind in ("CONFIG", "STATE", "CACHE"))
