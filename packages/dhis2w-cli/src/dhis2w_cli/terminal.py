"""The terminal as the face that operations talk to: questions, secrets, the editor."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from dhis2w_cli.cell import printable
from dhis2w_cli.errors import NotConfirmedError
from dhis2w_core.errors import OperationError
from dhis2w_core.secret import PlainSecret

if TYPE_CHECKING:
    from dhis2w_cli.progress import Progress
    from dhis2w_cli.settings import Settings

LONGEST_LINE = 8192
"""Bytes of a line that is typed; what a terminal hands over at once is shorter."""


class Terminal:
    """Talks to the user on standard error, so that standard output holds results alone."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.before_text: Callable[[], None] = _nothing
        """Makes room before anything is written."""
        self.paused: Callable[[], AbstractContextManager[None]] = nullcontext
        """Keeps what tells how long one has waited away from a line that is typed."""
        self.note: Callable[[Progress], None] = _nothing_of
        """Takes down how far something is, to be shown when it takes long."""

    @property
    def is_interactive(self) -> bool:
        """Whether somebody can answer."""
        return sys.stdin.isatty() and sys.stderr.isatty()

    def ask_secret(self, what: str, source: str) -> PlainSecret:
        """A secret from a prompt that does not show it, from standard input, or from the environment."""
        kind, _, name = source.partition(":")
        if kind == "prompt":
            return self._prompted(what)
        if kind == "stdin":
            return _given(PlainSecret(sys.stdin.readline().rstrip("\r\n")), f"the {what} on standard input")
        if kind == "env" and name:
            return _given(PlainSecret(os.environ.get(name, "")), f"the {what} in the environment variable {name}")
        raise OperationError(f"A secret comes from prompt, stdin or env:NAME, not from {source!r}.")

    def _prompted(self, what: str) -> PlainSecret:
        if not self.is_interactive:
            raise OperationError(
                f"The {what} is asked for in a terminal, and this is none.",
                next_step="Give --secret-from stdin, or --secret-from env:NAME.",
            )
        from getpass import getpass

        self.before_text()
        with _interruptible():
            return _given(PlainSecret(getpass(f"{what.capitalize()}: ", stream=sys.stderr)), f"the {what}")

    def ask(self, what: str) -> str:
        """A line of text."""
        if not self.is_interactive:
            raise OperationError("This asks questions, and nobody can answer here.", next_step="Run it in a terminal.")
        self.before_text()
        with _interruptible():
            sys.stderr.write(f"{what}: ")
            sys.stderr.flush()
            line = sys.stdin.readline()
        if not line:
            raise EOFError
        return line.strip()

    async def typed_line(self) -> str:
        """A line that the user types while something else is waited for; end of input is none, and never comes."""
        import asyncio

        from dhis2w_core.daemon_thread import in_daemon_thread

        with self.paused():
            line = await in_daemon_thread(partial(os.read, sys.stdin.fileno(), LONGEST_LINE))
            return line.decode("utf-8", "replace") if line else await asyncio.get_running_loop().create_future()

    def confirm(self, question: str) -> bool:
        """Whether the user agrees; `--yes` does without asking."""
        if self._settings.yes:
            return True
        if not self.is_interactive:
            raise NotConfirmedError(
                "This has to be confirmed, and nobody can answer here; nothing was done.", next_step="Give --yes."
            )
        return self.ask(f"{question} [y/N]").lower() in ("y", "yes")

    def say(self, text: str) -> None:
        """Tell something that is not part of the result."""
        if not self._settings.quiet:
            self.before_text()
            sys.stderr.write(f"{printable(text)}\n")

    def piped(self) -> BinaryIO:
        """What is piped into the command."""
        if sys.stdin.isatty():
            raise OperationError(
                "Nothing is piped into this command.", next_step="Pipe it in, or name a file in place of `-`."
            )
        return sys.stdin.buffer

    def progress(self, what: str, done: int, total: int | None = None, *, share: float | None = None) -> None:
        """Take down how far something is; shown when it takes longer than a second."""
        from dhis2w_cli.progress import Progress

        self.note(Progress(what, done, total, share))

    def edit(self, text: str) -> str:
        """The text as the user leaves it in `$VISUAL`, `$EDITOR`, or the platform's plain editor."""
        import shlex
        import subprocess
        from tempfile import TemporaryDirectory

        self.before_text()
        editor = os.environ.get("VISUAL") or os.environ.get("EDITOR") or ("notepad" if os.name == "nt" else "vi")
        with TemporaryDirectory(prefix="d2w-") as folder:  # private to its owner
            file = Path(folder) / "object.json"
            file.write_text(text, encoding="utf-8")
            try:
                done = subprocess.run([*shlex.split(editor, posix=os.name == "posix"), str(file)], check=False)
            except OSError as error:
                raise OperationError(f"The editor ({editor}) cannot be started: {error.strerror}.") from None
            if done.returncode != 0:
                raise OperationError(f"The editor ended with {done.returncode}; nothing was sent.")
            return file.read_text(encoding="utf-8")


def _nothing() -> None: ...


def _nothing_of(_: Progress) -> None: ...


@contextmanager
def _interruptible() -> Generator[None]:
    """Let Ctrl-C end the wait for an answer at once; an event loop would only note it, and wait on."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        if _is_being_cancelled():
            raise KeyboardInterrupt
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _is_being_cancelled() -> bool:
    """Whether Ctrl-C came before the question, and an event loop has noted it."""
    asyncio = sys.modules.get("asyncio")
    try:
        task = asyncio.current_task() if asyncio else None
    except RuntimeError:  # no event loop
        return False
    return task is not None and task.cancelling() > 0


def _given(secret: PlainSecret, where: str) -> PlainSecret:
    if not secret.value.strip():
        raise OperationError(f"There is nothing as {where}.")
    return secret
