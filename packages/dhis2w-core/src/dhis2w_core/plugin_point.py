"""`plugin_points`: which plugins are installed, remembered for as long as no package comes or goes.

The library that finds entry points takes longer to load than the rest of the start.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, NamedTuple, cast

from dhis2w_client.errors import Dhis2Error
from dhis2w_core.places import cache_folder
from dhis2w_core.private_file import locked, read_private, write_private

GROUP = "dhis2w.plugins"
LOCK_SECONDS = 2.0


class PluginPoint(NamedTuple):
    """The entry point of a plugin."""

    name: str
    module: str
    """The module that has its operations."""


def plugin_points() -> list[PluginPoint]:
    """The entry points of all plugins, by name."""
    file = cache_folder() / "plugins" / "points.json"
    state = _state_of_path()
    known = _read(file)
    if known.get("state") != state:
        known = {"state": state, "points": _installed()}
        _write(file, known)
    return [PluginPoint(name, module) for name, module in known["points"]]


def _state_of_path() -> list[list[Any]]:
    """What changes when a package is installed or taken out: a folder gets or loses its entry."""
    return [[folder, Path(folder).stat().st_mtime_ns] for folder in sys.path if Path(folder).is_dir()]


def _installed() -> list[tuple[str, str]]:
    from importlib.metadata import entry_points

    return sorted((point.name, point.module) for point in entry_points(group=GROUP))


def _read(file: Path) -> dict[str, Any]:
    try:
        found: object = json.loads(read_private(file) or b"{}")
    except (Dhis2Error, ValueError, RecursionError):
        return {}
    return cast("dict[str, Any]", found) if isinstance(found, dict) else {}


def _write(file: Path, known: dict[str, Any]) -> None:
    try:
        with locked(file, seconds=LOCK_SECONDS):
            write_private(file, json.dumps(known).encode())
    except Dhis2Error:
        return  # it is found again the next time
