"""What a JSON file of data values says beside its list, which holds for all of them.

DHIS2 reads it wherever it stands; a push sends the values in parts, and has to know it before the first of them.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic_core import from_json

from dhis2w_client.data_values.value_reader import HEAD_KEYS, JsonValueReader, texts_of_object
from dhis2w_core.errors import OperationError

PIECE = 256 * 1024
"""Bytes at the beginning and at the end in which it is looked for."""


@dataclass(frozen=True, slots=True)
class JsonHead:
    """The texts and truths beside `dataValues`, like `dataSet`, `period`, `orgUnitIdScheme`, `dryRun`."""

    before: dict[str, str] = field(default_factory=dict[str, str])
    behind: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def all(self) -> dict[str, str]:
        """Both; what stands behind counts."""
        return self.before | self.behind

    def common_cells(self) -> dict[str, str]:
        """What each value has that does not say it itself, and that whoever reads the values comes to know too late."""
        return {key: self.behind[key] for key in HEAD_KEYS if key in self.behind}


def json_head(file: Path) -> JsonHead:
    """What a file says beside its list; nothing where there is nothing.

    Args:
        file: Any file; only one that ends in `.json` says something.

    Raises:
        OperationError: The file cannot be read.
    """
    if file.suffix.lower() != ".json":
        return JsonHead()
    try:
        with file.open("rb") as content:
            reader = JsonValueReader()
            reader.feed(content.read(PIECE))
            size = content.seek(0, os.SEEK_END)
            content.seek(max(0, size - PIECE))
            return JsonHead(reader.head, _behind(content.read()))
    except OSError as error:
        raise OperationError(f"{file} cannot be read: {error.strerror}.") from None


def _behind(end: bytes) -> dict[str, str]:
    """What stands behind the last list."""
    rest: Any
    try:
        rest = from_json(b"{" + end[end.rindex(b"]") + 1 :].lstrip(b", \r\n\t"))
    except ValueError:
        return {}
    return texts_of_object(rest)
