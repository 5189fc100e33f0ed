"""Pulls into files, and from when the next one of the same data into the same file has to read.

What is remembered is the server's time before the pull began, and some minutes before that (`SystemService.watermark`),
so that nothing is left out; what was changed in these minutes is read twice.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dhis2w_core.errors import OperationError
from dhis2w_core.places import state_folder
from dhis2w_core.private_file import locked, read_private, write_private
from dhis2w_core.row_file import Row, check_row_format, write_rows

if TYPE_CHECKING:
    from dhis2w_client.client import Dhis2Client

LAST = "last"
"""The word for: from when the last pull began."""
FIRST = datetime(1970, 1, 1)
"""Where nothing is remembered: everything is read. Without a zone, as the server's clock has none."""


@dataclass(frozen=True, slots=True)
class LastPull:
    """The last pull of some data into a file."""

    base_url: str
    what: str
    """Which data, as a text that is the same for the same data."""
    target: Path

    def since(self) -> datetime:
        """From when the next one reads."""
        try:
            return datetime.fromisoformat((read_private(self._file) or b"").decode())
        except ValueError:
            return FIRST

    def done(self, since: datetime) -> None:
        """Remember from when the next one reads; call it when the file is written.

        Raises:
            PrivateFileError: It cannot be remembered.
        """
        with locked(self._file):
            write_private(self._file, since.isoformat(timespec="seconds").encode())

    @property
    def _file(self) -> Path:
        key = "\n".join((self.base_url, self.what, str(self.target.resolve())))
        return state_folder() / "pulls" / hashlib.sha256(key.encode()).hexdigest()[:16]


def check_pull(to: Path | None, since: str | None) -> None:
    """Refuse what no pull can do, before anything is asked of the server.

    Args:
        to: The file to write, if there is one.
        since: From when to read, in words.

    Raises:
        OperationError: The file's name says no format that can be written, its folder is not there, or the last pull is
            asked for without a file.
        MissingExtraError: Parquet needs pyarrow (`dhis2w-client[arrow]`).
    """
    if to:
        check_row_format(to)
        if to.is_dir() or not to.parent.is_dir():
            problem = "it is a folder" if to.is_dir() else f"there is no folder {to.parent}"
            advice = "Name a file in a folder that is there."
            raise OperationError(f"{to} cannot be written: {problem}.", next_step=advice)
    elif since == LAST:
        raise OperationError("--since last is remembered of a file.", next_step="Name it with --to.")


async def pull_into(
    client: Dhis2Client,
    to: Path,
    what: str,
    since: str | None,
    rows: Callable[[datetime | None], AsyncIterator[Row]],
    *,
    list_name: str,
) -> dict[str, Any]:
    """Write what is read into a file, whole or not at all, and remember from when the next pull reads.

    Args:
        client: Tells the server's time.
        to: The file.
        what: Which data, as a text that is the same for the same data.
        since: From when to read, in words; a pull from a moment of its own is not remembered.
        rows: Reads what was changed since a moment; None: what it would read anyway.
        list_name: The name of the list in JSON.

    Returns:
        The report of `write_rows`, with `next_since`.

    Raises:
        PrivateFileError: The file is written, but it cannot be remembered.
    """
    last = LastPull(client.base_url, what, to)
    begun = await client.system.watermark()
    report = await write_rows(rows(last.since() if since == LAST else None), to, list_name=list_name)
    if since in (None, LAST):
        last.done(begun)
    return report | {"next_since": begun.isoformat(timespec="seconds")}
