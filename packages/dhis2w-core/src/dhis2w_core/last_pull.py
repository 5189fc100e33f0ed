"""From when the next pull of the same data into the same file has to read: remembered when a pull is done.

What is remembered is the server's time before the pull began, and some minutes before that (`SystemService.watermark`),
so that nothing is left out; what was changed in these minutes is read twice.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from dhis2w_core.places import state_folder
from dhis2w_core.private_file import locked, read_private, write_private

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
