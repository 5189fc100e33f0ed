"""The registry of all operations: the runtime's own, those of the face that asks, and those of plugins.

A plugin is a package with an entry point in the group `dhis2w.plugins`, which names the module that has its operations.
It ships an index (`operation_index.json` in the package); of one that has none the index is made once, and cached.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dhis2w_core.operation_index import FILE_NAME, OWN_INDEX, Index, IndexEntry, index_text, parse_index, read_index
from dhis2w_core.plugin_point import PluginPoint, plugin_points

if TYPE_CHECKING:
    from collections.abc import Callable

    from dhis2w_client.versions import Dhis2


@dataclass(frozen=True, slots=True)
class BrokenPlugin:
    """A plugin that was skipped."""

    name: str
    """Name of its entry point."""
    reason: str


@dataclass(frozen=True, slots=True)
class Registry:
    """All operations."""

    entries: tuple[IndexEntry, ...]
    areas: dict[str, str]
    """What each area is about."""
    broken: tuple[BrokenPlugin, ...] = ()
    """What was skipped, and why."""


def read_registry(*indexes: Path) -> Registry:
    """The runtime's own operations, and those of every plugin; a broken plugin is skipped.

    Args:
        indexes: More indexes, of the face that asks.
    """
    own = [read_index(path) for path in (OWN_INDEX, *indexes)]
    entries = [entry for index in own for entry in index.entries]
    areas = {area: about for index in own for area, about in index.areas.items()}
    broken: list[BrokenPlugin] = []
    for point in plugin_points():
        try:
            found = _index_of_plugin(point)
        except Exception as error:  # whatever somebody else's code raises
            broken.append(BrokenPlugin(point.name, f"{type(error).__name__}: {error}"))
            continue
        taken = sorted({entry.name for entry in entries} & {entry.name for entry in found.entries})
        if taken:
            broken.append(BrokenPlugin(point.name, f"there is an operation {' and '.join(map(repr, taken))} already"))
        else:
            entries.extend(found.entries)
            areas = {**found.areas, **areas}
    return Registry(tuple(entries), areas, tuple(broken))


def function_of(entry: IndexEntry) -> Callable[..., Any]:
    """The function of an operation; its module is imported now."""
    module, _, name = entry.home.partition(":")
    return getattr(import_module(module), name)


def is_in(entry: IndexEntry, version: Dhis2) -> bool:
    """Whether a version has an operation."""
    from dhis2w_client.collection import numbers_in  # which loads what help does not need

    return version.number in numbers_in(entry.versions)


def _index_of_plugin(point: PluginPoint) -> Index:
    from importlib.util import find_spec

    package = point.module.partition(".")[0]
    spec = find_spec(package)
    if spec is None:
        raise ModuleNotFoundError(f"there is no package {package!r}")
    for folder in spec.submodule_search_locations or ():
        shipped = Path(folder) / FILE_NAME
        if shipped.is_file():
            return read_index(shipped)
    return _made_index(point, spec.submodule_search_locations or [str(Path(spec.origin or "").parent)])


def _made_index(point: PluginPoint, folders: list[str]) -> Index:
    """The index of a plugin that ships none, from the cache where its files are as they were."""
    from dhis2w_core.places import cache_folder
    from dhis2w_core.private_file import read_private

    cached = cache_folder() / "plugins" / f"{point.name}-{_state_of(folders)}.json"
    known = read_private(cached)
    if known is not None:
        return parse_index(known.decode())
    from dhis2w_core.operation_reader import index_of
    from dhis2w_core.private_file import locked, write_private

    index = index_of(import_module(point.module))
    with locked(cached):
        write_private(cached, index_text(index).encode())
    return index


def _state_of(folders: list[str]) -> str:
    """What changes when a file of a package does."""
    import hashlib

    files = sorted(file for folder in folders for file in Path(folder).rglob("*.py"))
    return hashlib.sha256(repr([(str(file), file.stat().st_mtime_ns) for file in files]).encode()).hexdigest()[:20]


class AreaView:
    """The operations of one area that a version has: `dhis2w_core.v43.plugins.metadata`."""

    def __init__(self, area: str, entries: tuple[IndexEntry, ...]) -> None:
        self._area = area
        self._entries = {"_".join(entry.words[1:] or entry.words).replace("-", "_"): entry for entry in entries}

    def __repr__(self) -> str:
        return f"AreaView({self._area!r})"

    def __dir__(self) -> list[str]:
        return sorted(self._entries)

    def __getattr__(self, name: str) -> Callable[..., Any]:
        entry = self._entries.get(name)
        if entry is None:
            raise AttributeError(f"{self._area} has no operation {name!r} in this version")
        return function_of(entry)


@cache
def areas_of(version: Dhis2) -> dict[str, AreaView]:
    """The areas that a version has, by name; what the connected server can do decides when one runs."""
    areas: dict[str, list[IndexEntry]] = {}
    for entry in read_registry().entries:
        if is_in(entry, version):
            areas.setdefault(entry.words[0].replace("-", "_"), []).append(entry)
    return {area: AreaView(area, tuple(entries)) for area, entries in areas.items()}


def view_names(module: str, version: Dhis2) -> tuple[Callable[[str], AreaView], Callable[[], list[str]]]:
    """The `__getattr__` and `__dir__` of a version's module `plugins`."""

    def get(name: str) -> AreaView:
        area = areas_of(version).get(name)
        if area is None:
            raise AttributeError(f"{module} has no area {name!r}")
        return area

    return get, lambda: sorted(areas_of(version))
