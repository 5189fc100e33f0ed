"""What a plan says of a file that it would send."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from dhis2w_core.errors import OperationError

if TYPE_CHECKING:
    from pathlib import Path


def file_facts(file: Path) -> dict[str, object]:
    """Size and digest of a file: another content makes another plan.

    Raises:
        OperationError: It cannot be read.
    """
    try:
        with file.open("rb") as content:
            digest = hashlib.file_digest(content, "sha256").hexdigest()
            return {"bytes": content.tell(), "SHA-256": digest}
    except OSError as error:
        raise OperationError(f"{file} cannot be read: {error.strerror}.") from None
