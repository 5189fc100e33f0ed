"""The version that a server had when it was last asked, for the CLI's reads; connections and writes always ask it."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, cast

from dhis2w_client.base_url import parse_base_url
from dhis2w_client.errors import Dhis2Error
from dhis2w_core.places import cache_folder
from dhis2w_core.private_file import locked, read_private, write_private

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

DAY = 86_400.0
_LOCK_SECONDS = 2.0


class VersionCache:
    """Remembers versions by base URL in a private JSON file. A cache that cannot be read or written is an empty one."""

    def __init__(
        self, path: Path | None = None, *, lifetime: float = DAY, now: Callable[[], float] = time.time
    ) -> None:
        """Where and how long versions are remembered.

        Args:
            path: The file. Default: `versions.json` in the user's cache folder.
            lifetime: Seconds after which a version is forgotten. Default: a day.
            now: The clock, in seconds since 1970.
        """
        self._path = path or cache_folder() / "versions.json"
        self._lifetime = lifetime
        self._now = now

    def find(self, base_url: str) -> str | None:
        """The version as the server spelt it (`2.42.6`), or `None` when it is not known or too old."""
        return self._living().get(parse_base_url(base_url), (None, 0.0))[0]

    def remember(self, base_url: str, raw_version: str) -> None:
        """Write down what a server said."""
        self._change(parse_base_url(base_url), (raw_version, self._now()))

    def forget(self, base_url: str) -> None:
        """Drop what is known, as when a server turns out to have another version."""
        self._change(parse_base_url(base_url), None)

    def _change(self, base_url: str, seen: tuple[str, float] | None) -> None:
        try:
            with locked(self._path, seconds=_LOCK_SECONDS):
                versions = self._living()
                versions.pop(base_url, None)
                if seen:
                    versions[base_url] = seen
                write_private(self._path, json.dumps(versions).encode())
        except Dhis2Error:
            return  # the next read asks the server

    def _living(self) -> dict[str, tuple[str, float]]:
        """What is remembered and not too old; a time in the future is not believed."""
        oldest, newest = self._now() - self._lifetime, self._now()
        return {url: (version, seen) for url, version, seen in self._read() if oldest < seen <= newest}

    def _read(self) -> list[tuple[str, str, float]]:
        try:
            found: object = json.loads(read_private(self._path) or b"{}")
        except (Dhis2Error, ValueError, RecursionError):
            return []
        entries = cast("dict[str, object]", found).items() if isinstance(found, dict) else ()
        versions: list[tuple[str, str, float]] = []
        for url, entry in entries:
            match entry:
                case [str() as version, int() | float() as seen]:
                    versions.append((url, version, seen))
                case _:
                    pass
        return versions
