"""Import bodies that are gzip or zip files, whatever their headers say.

Source: `StreamUtils.wrapAndCheckCompressionFormat` of dhis2-core.
"""

from __future__ import annotations

import gzip
import io
import zipfile

from dhis2w_sandbox.errors import Dhis2Refusal


def unpacked(body: bytes) -> bytes:
    """The body, or what is in it where its first bytes say that it is packed (of a zip file the first entry).

    Raises:
        Dhis2Refusal: 500 where the packing is damaged.
    """
    try:
        if body.startswith(b"\x1f\x8b"):
            return gzip.decompress(body)
        if body.startswith(b"PK\x03\x04"):
            with zipfile.ZipFile(io.BytesIO(body)) as archive:
                return archive.read(archive.namelist()[0])
    except (OSError, EOFError, zipfile.BadZipFile, IndexError) as damaged:
        raise Dhis2Refusal(500, str(damaged)) from damaged
    return body
