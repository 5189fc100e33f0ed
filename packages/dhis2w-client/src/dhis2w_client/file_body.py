"""A file on this machine as the body of a request: read piece by piece, its length known before."""

from __future__ import annotations

import hashlib
import mimetypes
import os
import secrets
from collections.abc import AsyncIterator, Callable
from pathlib import Path

from dhis2w_client.errors import InvalidRequestError

PIECE = 64 * 1024
"""Bytes that are read at once."""

Progress = Callable[[int, int | None], None]
"""Is told how many bytes have gone over the wire, and how many there are where that is known."""


class FileBody:
    """The multipart form that DHIS2 wants a file in; iterating it reads the file, anew each time.

    Args:
        path: The file.
        name: The name to send it under. Default: its own.
        content_type: Its media type. Default: what its name says, else `application/octet-stream`.
        progress: Is told how much has been sent.

    Raises:
        InvalidRequestError: It cannot be read, is no file, or is empty, which DHIS2 refuses.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        name: str | None = None,
        content_type: str | None = None,
        progress: Progress | None = None,
    ) -> None:
        self._path = Path(path)
        self.name = name or self._path.name
        self.media = content_type or mimetypes.guess_type(self.name)[0] or "application/octet-stream"
        self.size = _size_of(self._path)
        """Bytes of the file."""
        self.md5 = ""
        """MD5 of what was sent, in hexadecimal digits, once all of it was; DHIS2 says what it got."""
        self._progress = progress
        boundary = f"d2w-{secrets.token_hex(16)}"
        self.content_type = f"multipart/form-data; boundary={boundary}"
        self._head = (
            f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{_quoted(self.name)}"\r\n'
            f"Content-Type: {_checked_media(self.media)}\r\n\r\n"
        ).encode()
        self._tail = f"\r\n--{boundary}--\r\n".encode()

    @property
    def length(self) -> int:
        """Bytes of the whole body."""
        return len(self._head) + self.size + len(self._tail)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._head
        digest = hashlib.md5(usedforsecurity=False)
        sent = 0
        with self._path.open("rb") as file:
            while piece := file.read(PIECE):
                sent += len(piece)
                self._refuse_other_size(sent, whole=False)
                digest.update(piece)
                yield piece
                if self._progress:
                    self._progress(sent, self.size)
        self._refuse_other_size(sent, whole=True)
        self.md5 = digest.hexdigest()
        yield self._tail

    def _refuse_other_size(self, sent: int, *, whole: bool) -> None:
        if sent > self.size or (whole and sent < self.size):
            raise InvalidRequestError(f"{self._path} changed while it was sent; what arrived of it is not used.")


def _size_of(path: Path) -> int:
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
    except OSError as error:
        raise InvalidRequestError(f"{path} cannot be read: {error.strerror}.") from None
    if size == 0:
        raise InvalidRequestError(f"{path} is empty, and DHIS2 takes no empty file (E1004).")
    return size


def _quoted(name: str) -> str:
    """A file name as browsers write it into a form."""
    return name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")


def _checked_media(media: str) -> str:
    if not media.isascii() or not media.isprintable():
        raise InvalidRequestError("A content type is printable ASCII.")
    return media
