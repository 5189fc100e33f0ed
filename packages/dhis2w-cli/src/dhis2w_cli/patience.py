"""A line on standard error when something takes longer than a second: how far it is, and that it is no hang."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Coroutine, Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from dhis2w_cli.progress import Progress
    from dhis2w_cli.settings import Settings

T = TypeVar("T")
FIRST_WORD = 1.0
"""Seconds before anything is said, and between two words."""


class Patience:
    """Tells how long one has waited, and for what; silent when standard error is no terminal, or with `--quiet`."""

    def __init__(self, settings: Settings) -> None:
        self._silent = settings.quiet or settings.verbose or not sys.stderr.isatty()
        self._shown = False
        self.seconds = 0
        """How long it has taken."""
        self._paused = False
        self._progress: Progress | None = None
        self._first: Progress | None = None

    def note(self, progress: Progress) -> None:
        """Take down how far it is; it is shown with the next word."""
        if self._first is None or self._first.what != progress.what:
            self._first = progress
        self._progress = progress

    @contextmanager
    def paused(self) -> Generator[None]:
        """Say nothing for a while."""
        self.clear()
        self._paused = True
        try:
            yield
        finally:
            self._paused = False

    async def with_word(self, work: Coroutine[Any, Any, T]) -> T:
        """The result of the work."""
        if self._silent:
            return await work
        clock = asyncio.create_task(self._tell())
        try:
            return await work
        finally:
            clock.cancel()
            self.clear()

    def clear(self) -> None:
        """Take the word away, before something else is written; waiting begins anew, a count goes on."""
        if self._progress is None:
            self.seconds = 0
        if self._shown:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
            self._shown = False

    async def _tell(self) -> None:
        while True:
            await asyncio.sleep(FIRST_WORD)
            if self._paused:
                continue
            self.seconds += 1
            self._shown = True
            sys.stderr.write(f"\r{self._line()}\x1b[K")
            sys.stderr.flush()

    def _line(self) -> str:
        if self._progress:
            return self._progress.line(self.seconds, self._first)
        return f"Waiting for the server: {self.seconds} s"
