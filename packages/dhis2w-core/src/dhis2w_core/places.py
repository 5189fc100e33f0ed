"""Where files lie: the user's settings, state and caches, and the settings of the project one works in."""

from __future__ import annotations

import os
import sys
from pathlib import Path

_APPLICATION = "dhis2"
_FILE_NAME = "profiles.toml"
_PROJECT_FOLDER = ".dhis2"


def user_profile_file() -> Path:
    r"""The user's `profiles.toml`: in `~/.config/dhis2` on Linux, or `$XDG_CONFIG_HOME/dhis2` where that is set.

    On macOS in `~/Library/Application Support/dhis2`, on Windows in `%APPDATA%\dhis2`.
    """
    return _user_folder("XDG_CONFIG_HOME", ".config", "Library/Application Support", "APPDATA") / _FILE_NAME


def project_profile_file(start: Path | None = None) -> Path | None:
    """The nearest `.dhis2/profiles.toml` from `start` (default: the working directory) upwards, or `None`."""
    folder = start or _working_directory()
    if folder is None:
        return None
    candidates = (parent / _PROJECT_FOLDER / _FILE_NAME for parent in (folder, *folder.parents))
    return next((file for file in candidates if os.path.isfile(file)), None)  # noqa: PTH113 # is_file raises where it may not look


def new_project_profile_file(start: Path | None = None) -> Path:
    """Where a project's file is made when there is none: `.dhis2/profiles.toml` in `start` or the working directory."""
    return (start or Path.cwd()) / _PROJECT_FOLDER / _FILE_NAME


def state_folder() -> Path:
    r"""What this machine remembers for the user: `~/.local/state/dhis2` on Linux (`XDG_STATE_HOME`).

    On macOS `~/Library/Application Support/dhis2`, on Windows `%LOCALAPPDATA%\dhis2`.
    """
    return _user_folder("XDG_STATE_HOME", ".local/state", "Library/Application Support", "LOCALAPPDATA")


def cache_folder() -> Path:
    r"""What can be found again: `~/.cache/dhis2` on Linux (`XDG_CACHE_HOME`).

    On macOS `~/Library/Caches/dhis2`, on Windows `%LOCALAPPDATA%\dhis2`.
    """
    return _user_folder("XDG_CACHE_HOME", ".cache", "Library/Caches", "LOCALAPPDATA")


def _user_folder(variable: str, linux: str, macos: str, windows: str) -> Path:
    """A folder of ours: where the XDG variable says on every platform, else where the platform keeps such things."""
    folder = Path(os.environ.get(variable, ""))
    if not folder.is_absolute():  # the XDG specification: a relative one is ignored
        below_home = {"darwin": macos, "win32": "AppData/Roaming" if windows == "APPDATA" else "AppData/Local"}
        folder = Path.home() / below_home.get(sys.platform, linux)
        if sys.platform == "win32" and os.environ.get(windows):
            folder = Path(os.environ[windows])
    return folder / _APPLICATION


def _working_directory() -> Path | None:
    try:
        return Path.cwd()
    except OSError:  # it was deleted under us
        return None
