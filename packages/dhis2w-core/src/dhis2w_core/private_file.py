"""Files that only their owner may read, replaced as a whole or not at all, one process at a time.

On POSIX a file is 0600 and its folder 0700, from before the first byte is in it. On Windows both inherit the access
list of the folder above, which for a user's own folders names the user, administrators and the system.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from dhis2w_core.errors import FileBusyError, PrivateFileError
from dhis2w_core.places import state_folder

if TYPE_CHECKING:
    from collections.abc import Generator

LARGEST = 1 << 20
"""Bytes that a file of ours may have: a link to something endless is not read into memory."""
LOCK_SECONDS = 30.0
"""How long we wait for another process."""

_REPLACE_ATTEMPTS = 50 if sys.platform == "win32" else 1


def read_private(path: Path) -> bytes | None:
    """The content of a file, or `None` when there is none.

    Raises:
        PrivateFileError: It cannot be read, is not a regular file, or has more than 1 MiB.
    """
    try:
        with open(path, "rb", opener=_open_without_waiting) as file:
            is_regular = stat.S_ISREG(os.fstat(file.fileno()).st_mode)
            content = file.read(LARGEST + 1) if is_regular else b""
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise PrivateFileError(f"{path} cannot be read: {error.strerror}.") from None
    if not is_regular:
        raise PrivateFileError(f"{path} is not a regular file.")
    if len(content) > LARGEST:
        content = b""  # a traceback with local variables must not show it
        raise PrivateFileError(f"{path} has more than {LARGEST:,} bytes.")
    return content


def write_private(path: Path, content: bytes) -> None:
    """Replace a file as a whole; call it under `locked(path)`. A symbolic link stays one, and its target is replaced.

    Killed at any point, the file has its old or its new content.

    Raises:
        PrivateFileError: It cannot be written; then it has its old content.
    """
    target = path.resolve()
    temporary = target.with_name(f".{target.name}.tmp")
    try:
        make_private_folder(path.parent)
        _close_folder(path.parent)
        make_private_folder(target.parent)
        temporary.unlink(missing_ok=True)  # left by a process that was killed; nobody else is here under the lock
        _write_new(temporary, content)
        _replace(temporary, target)
        _sync_folder(target.parent)
    except OSError as error:
        content = b""  # a traceback with local variables must not show it
        raise PrivateFileError(f"{path} cannot be written: {error.strerror}.") from None
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


def make_private_folder(folder: Path) -> None:
    """Make a folder and those above it where they are missing, open to their owner only."""
    for missing in reversed([parent for parent in (folder, *folder.parents) if not parent.exists()]):
        with contextlib.suppress(FileExistsError):
            missing.mkdir(mode=0o700)


def is_exposed(path: Path) -> bool:
    """Whether others than the owner may read a file; on Windows never told."""
    if sys.platform == "win32":
        return False
    try:
        return bool(path.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH))
    except OSError:
        return False


@contextlib.contextmanager
def locked(path: Path, *, seconds: float = LOCK_SECONDS) -> Generator[None]:
    """Keep other processes and threads of this user out of a file while it is read, changed and written back.

    The lock lies in the user's state folder, not beside the file: a project's folder stays clean, and nothing in it can
    redirect the lock. It ends with the process, however that ends.

    Raises:
        FileBusyError: Another process held it for `seconds`.
    """
    from filelock import FileLock, Timeout

    name = hashlib.sha256(os.fsencode(path.resolve())).hexdigest()[:32]
    locks = state_folder() / "locks"
    lock = FileLock(locks / f"{name}.lock", timeout=seconds, mode=0o600, poll_interval=0.01)
    try:
        make_private_folder(locks)
        lock.acquire()
    except Timeout:
        raise FileBusyError(
            f"Another process has held {path} for {seconds:g} seconds.", next_step="Try again when it has ended."
        ) from None
    except OSError as error:
        raise PrivateFileError(f"{path} cannot be locked in {locks}: {error.strerror}.") from None
    try:
        yield
    finally:
        lock.release()


def _close_folder(folder: Path) -> None:
    """Close a folder that was there before, unless it is somebody else's or a link to one that serves more."""
    found = folder.lstat()
    if (
        sys.platform != "win32"
        and stat.S_ISDIR(found.st_mode)
        and found.st_uid == os.getuid()
        and found.st_mode & 0o077
    ):
        folder.chmod(0o700)


def _open_without_waiting(path: str, flags: int) -> int:
    """Open a file; a named pipe that nobody writes to must not block."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def _open_private(path: str, flags: int) -> int:
    """Open a new file that is private from its first byte on, whatever the umask."""
    return os.open(path, flags | getattr(os, "O_NOFOLLOW", 0), 0o600)


def _write_new(path: Path, content: bytes) -> None:
    with open(path, "xb", opener=_open_private) as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _replace(source: Path, target: Path) -> None:
    """Windows refuses while a reader has the target open, which is for microseconds."""
    for attempt in range(_REPLACE_ATTEMPTS):
        try:
            source.replace(target)
            return
        except PermissionError:
            if attempt == _REPLACE_ATTEMPTS - 1:
                raise
            time.sleep(0.02)


def _sync_folder(folder: Path) -> None:
    """Make the new name survive a power cut; Windows has no such call."""
    if sys.platform == "win32":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
