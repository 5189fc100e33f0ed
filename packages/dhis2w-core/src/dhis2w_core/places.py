"""Where files lie: the user's settings, state and caches, and the settings of the project one works in."""

from __future__ import annotations

import os
from pathlib import Path

_APPLICATION = "dhis2"
_FILE_NAME = "profiles.toml"
_PROJECT_FOLDER = ".dhis2"


def user_profile_file() -> Path:
    r"""The user's `profiles.toml`: in `~/.config/dhis2` (or `$XDG_CONFIG_HOME/dhis2`) on Linux.

    On macOS in `~/Library/Application Support/dhis2`, on Windows in `%APPDATA%\dhis2`.
    """
    import platformdirs

    return platformdirs.user_config_path(_APPLICATION, appauthor=False, roaming=True) / _FILE_NAME


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
    """Where the user's machine keeps what we remember: `~/.local/state/dhis2` (or XDG's) on Linux."""
    import platformdirs

    return platformdirs.user_state_path(_APPLICATION, appauthor=False)


def cache_folder() -> Path:
    """Where we keep what can be found again: `~/.cache/dhis2` (or XDG's) on Linux."""
    import platformdirs

    return platformdirs.user_cache_path(_APPLICATION, appauthor=False)


def _working_directory() -> Path | None:
    try:
        return Path.cwd()
    except OSError:  # it was deleted under us
        return None
