"""The journal: what was written, with the states before, so that it can be taken back.

One file for each run, in a folder that only its owner can enter. A file grows line by line, and each line is on the
disk before the next write is sent: killed at any point, the journal says what was done. Files are deleted after a
month.
"""

from __future__ import annotations

import json
import os
import secrets
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from dhis2w_core.errors import JournalError
from dhis2w_core.places import state_folder
from dhis2w_core.plan import ObjectChange, StepDone
from dhis2w_core.private_file import make_private_folder

if TYPE_CHECKING:
    from collections.abc import Callable

    from dhis2w_core.operation import Undo

LIFETIME = 30 * 86_400.0
"""Seconds that a run is kept."""
VERSION = 1


@dataclass(frozen=True, slots=True)
class RunHead:
    """What is known of a run when it begins."""

    run: str
    """Its name: the time in UTC with milliseconds, and two characters; names are in the order of time."""
    operation: str
    base_url: str
    title: str
    undo: Undo
    fingerprint: str
    version: int = VERSION


@dataclass(frozen=True, slots=True)
class Run:
    """A run as the journal has it."""

    head: RunHead
    steps: tuple[ObjectChange, ...] = field(repr=False)
    """What was planned; `after` is not kept."""
    done: tuple[StepDone, ...]
    """What was done."""
    state: str
    """`done`, `failed`, or `unknown` for a run that was killed."""
    taken_back: bool = False
    """Whether it was undone."""


class RunLog:
    """A run that is under way."""

    def __init__(self, path: Path, name: str) -> None:
        self._path = path
        self.name = name

    def step_done(self, step: StepDone) -> None:
        """Write down that an object was written."""
        _append(self._path, asdict(step))

    def end(self, state: str) -> None:
        """Write down how the run ended."""
        _append(self._path, {"state": state})


class Journal:
    """All runs of this user on this machine.

    Args:
        folder: Where they are. Default: `journal` in the user's state folder.
        now: The clock, in seconds since 1970.
    """

    def __init__(self, folder: Path | None = None, *, now: Callable[[], float] = time.time) -> None:
        self._folder = folder or state_folder() / "journal"
        self._now = now

    def begin(
        self,
        *,
        operation: str,
        base_url: str,
        title: str,
        undo: Undo,
        fingerprint: str,
        steps: tuple[ObjectChange, ...],
    ) -> RunLog:
        """Write down what is about to be done; runs that are too old are deleted.

        Raises:
            JournalError: It cannot be written, so nothing should be done.
        """
        name = _new_name(self._now())
        head = RunHead(name, operation, base_url, title, undo, fingerprint)
        path = self._folder / f"{name}.jsonl"
        try:
            make_private_folder(self._folder)
            self.purge()
        except OSError as error:
            raise JournalError(f"The journal in {self._folder} cannot be written: {error.strerror}.") from None
        kept = [{"type": step.type, "id": step.id, "before": step.before} for step in steps]
        _append(path, {**asdict(head), "steps": kept})
        return RunLog(path, name)

    def runs(self) -> list[Run]:
        """All runs, the newest first; files that cannot be understood are passed over."""
        paths = sorted(self._folder.glob("*.jsonl"), reverse=True) if self._folder.is_dir() else []
        return [run for path in paths if (run := _read(path))]

    def find(self, name: str) -> Run:
        """The run of this name.

        Raises:
            JournalError: There is none.
        """
        for run in self.runs():
            if run.head.run == name:
                return run
        raise JournalError(f"The journal has no run {name!r}.", next_step="`d2w journal list` shows them.")

    def mark_taken_back(self, name: str) -> None:
        """Write down that a run was undone."""
        _append(self._folder / f"{name}.jsonl", {"taken_back": True})

    def purge(self, older_than: float = LIFETIME) -> int:
        """Delete the runs that are older than that many seconds, and say how many there were."""
        old = [path for path in self._folder.glob("*.jsonl") if path.stat().st_mtime < self._now() - older_than]
        for path in old:
            path.unlink(missing_ok=True)
        return len(old)


def _new_name(now: float) -> str:
    stamp = time.strftime("%Y%m%d-%H%M%S", time.gmtime(now))
    return f"{stamp}-{int(now * 1000) % 1000:03}{secrets.token_hex(1)}"


def _append(path: Path, line: dict[str, Any]) -> None:
    """Add a line, and wait until the disk has it."""
    try:
        with open(path, "ab", opener=_open_private) as file:
            file.write(json.dumps(line, ensure_ascii=False, default=str).encode("utf-8", "surrogatepass") + b"\n")
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        line.clear()  # a traceback with local variables must not show it
        raise JournalError(f"The journal in {path.parent} cannot be written: {error.strerror}.") from None


def _open_private(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NOFOLLOW", 0), 0o600)


def _read(path: Path) -> Run | None:
    try:
        first, *others = [json.loads(line) for line in path.read_bytes().splitlines() if line.endswith(b"}")]
        steps = tuple(ObjectChange(step["type"], step["id"], step["before"], None) for step in first.pop("steps"))
        done = tuple(StepDone(**line) for line in others if "step" in line)
        head = RunHead(**cast("dict[str, Any]", first))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    states = [line["state"] for line in others if "state" in line]
    return Run(head, steps, done, states[-1] if states else "unknown", any("taken_back" in line for line in others))
