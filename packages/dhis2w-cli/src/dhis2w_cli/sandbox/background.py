"""The sandbox that runs in the background: starting it, finding it again, ending it.

The process holds a lock as long as it lives, so that nobody takes another process for it; what it says of itself is in
a file that only its owner can read, because a token is in it.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from dhis2w_core.errors import OperationError
from dhis2w_core.places import state_folder
from dhis2w_core.private_file import make_private_folder, read_private, write_private

if TYPE_CHECKING:
    from filelock import FileLock

START_SECONDS = 60.0
STOP_SECONDS = 15.0
DETACHED = 0x00000008 | 0x00000200
"""Windows: without a console, in a process group of its own."""


@dataclass(frozen=True, slots=True)
class SandboxOptions:
    """How a sandbox is started."""

    version: str = "42"
    port: int = 0
    empty: bool = False
    database: str = ":memory:"


@dataclass(frozen=True, slots=True)
class RunningSandbox:
    """A sandbox that answers."""

    url: str
    pid: int
    release: str
    token: str = field(repr=False)
    options: SandboxOptions


def state_file() -> Path:
    """Where a running sandbox says what it is."""
    return state_folder() / "sandbox.json"


def life_lock() -> FileLock:
    """The lock that a running sandbox holds."""
    from filelock import FileLock

    make_private_folder(state_folder())
    return FileLock(state_folder() / "sandbox.lock", timeout=0, mode=0o600)


def find_running() -> RunningSandbox | None:
    """The sandbox that runs in the background, or `None`."""
    if not _is_alive():
        return None
    return read_state()


def read_state() -> RunningSandbox | None:
    """What the last sandbox said of itself, whether it still runs or not."""
    try:
        found = json.loads(read_private(state_file()) or b"null")
        if found is None:
            return None
        found["options"] = SandboxOptions(**found["options"])
        return RunningSandbox(**found)
    except (ValueError, TypeError, KeyError):
        return None


def write_state(sandbox: RunningSandbox) -> None:
    """Say what a sandbox is that has just begun to answer."""
    write_private(state_file(), json.dumps(asdict(sandbox)).encode())


def start(options: SandboxOptions) -> RunningSandbox:
    """Start a sandbox in the background, and wait until it answers.

    Raises:
        OperationError: One runs already, or it does not come up.
    """
    if _is_alive():
        raise OperationError("A sandbox is running already.", next_step="`d2w sandbox status` shows it.")
    state_file().unlink(missing_ok=True)
    log = state_folder() / "sandbox.log"
    make_private_folder(log.parent)
    with open(log, "wb", opener=lambda path, flags: os.open(path, flags, 0o600)) as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "dhis2w_cli.sandbox.process", json.dumps(asdict(options))],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,  # Ctrl-C in this terminal is not for it
            creationflags=DETACHED if os.name == "nt" else 0,
        )
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        found = read_state()
        if found:
            return found
        time.sleep(0.05)
    reason = log.read_text("utf-8", "replace").strip().splitlines()[-1:] or ["it does not answer"]
    if process.poll() is None:
        process.kill()
    raise OperationError(f"The sandbox did not start: {reason[0]}")


def stop() -> RunningSandbox | None:
    """End the sandbox that runs in the background; `None` when there was none.

    Raises:
        OperationError: It does not end.
    """
    found = find_running()
    if found is None:
        return None
    os.kill(found.pid, signal.SIGTERM)
    deadline = time.monotonic() + STOP_SECONDS
    while _is_alive():
        if time.monotonic() > deadline:
            raise OperationError(f"The sandbox (process {found.pid}) does not end.")
        time.sleep(0.05)
    state_file().unlink(missing_ok=True)
    return found


def _is_alive() -> bool:
    """Whether a sandbox holds the lock."""
    from filelock import Timeout

    lock = life_lock()
    try:
        lock.acquire()
    except Timeout:
        return True
    lock.release()
    return False
