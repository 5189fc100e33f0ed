"""What is piped into a push, kept in a private file until it is sent: a push reads it twice, a pipe is read once.

The name follows from the content, so that the journal knows it again when the same is piped in once more.
"""

from __future__ import annotations

import hashlib
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Literal, cast

from pydantic_core import from_json

from dhis2w_client.tracker.kind import IN_PAYLOADS
from dhis2w_core.errors import OperationError
from dhis2w_core.places import state_folder
from dhis2w_core.private_file import make_private_folder

if TYPE_CHECKING:
    from dhis2w_core.operation import Face

Kind = Literal["csv", "ndjson", "json", "parquet"]
BLOCK = 1 << 20
"""Bytes that are read at once."""
LISTS = frozenset({*IN_PAYLOADS, "pager"})
"""What a JSON document of tracker holds at its top."""
OF_EVENTS = frozenset({"event", "program", "programStage"})
"""What an event has beside its `dataValues`, and a set of data values has not."""
KEPT_SECONDS = 24 * 3600
"""How long what was never sent is kept."""


def spooled_input(stream: BinaryIO, kind: Kind | None = None) -> Path:
    """Keep what is piped in.

    Args:
        stream: The bytes.
        kind: What they are. Default: told from how they begin.

    Returns:
        A file that only its owner may read; `drop_spooled` removes it.

    Raises:
        OperationError: Nothing came.
    """
    folder = _folder()
    make_private_folder(folder)
    _remove_old(folder)
    unfinished = folder / f"{os.getpid()}.part"
    unfinished.unlink(missing_ok=True)
    digest = hashlib.sha256()
    begin = b""
    try:
        with open(unfinished, "xb", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
            while piece := stream.read(BLOCK):
                begin = begin or piece
                digest.update(piece)
                file.write(piece)
        if not begin.strip():
            raise OperationError("Nothing was piped in.")
        target = folder / f"{digest.hexdigest()[:32]}.{kind or kind_of(begin)}"
        unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)
    return target


def file_of(file: Path, face: Face, kind: Kind | None = None) -> Path:
    """The file that is meant: what is piped in for `-`.

    Args:
        file: The file, or `-`.
        face: Who has what is piped in.
        kind: What that is. Default: told from how it begins.

    Raises:
        OperationError: Nothing came.
    """
    return spooled_input(face.piped(), kind) if str(file) == "-" else file


def rejects_beside(file: Path, ending: str) -> Path:
    """Where the refused rows of a file are written: beside it; those of what was piped in where the command runs."""
    return Path(f"piped.rejects.{ending}") if is_spooled(file) else file.with_name(f"{file.stem}.rejects.{ending}")


def is_spooled(file: Path) -> bool:
    """Whether a file is what was piped in."""
    return file.parent == _folder()


def name_of(file: Path) -> str:
    """What a file is called in messages."""
    return "standard input" if is_spooled(file) else file.name


def drop_spooled(file: Path) -> None:
    """Remove what was piped in; any other file stays."""
    if is_spooled(file):
        file.unlink(missing_ok=True)


def kind_of(begin: bytes) -> Kind:
    """What bytes are, from how they begin: an object on a line of its own is NDJSON, unless it only holds lists."""
    start = begin.lstrip(b"\xef\xbb\xbf \t\r\n")
    if start.startswith(b"PAR1"):
        return "parquet"
    if not start.startswith((b"{", b"[")):
        return "csv"
    try:
        first = from_json(start.split(b"\n", 1)[0])
    except ValueError:
        return "json"
    if not isinstance(first, dict):
        return "json"
    names = set(cast("dict[str, object]", first))
    is_set = "dataValues" in names and names.isdisjoint(OF_EVENTS)
    return "json" if is_set or names <= LISTS else "ndjson"


def _folder() -> Path:
    return state_folder() / "transfers" / "piped"


def _remove_old(folder: Path) -> None:
    """Remove what was piped into runs that were killed, or that nobody confirmed."""
    for file in folder.iterdir():
        if file.stat().st_mtime < time.time() - KEPT_SECONDS:
            file.unlink(missing_ok=True)
