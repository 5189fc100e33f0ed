"""The recorded and published files of one kind, and how many of them the index page counts."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_BODIES = {"recording": "responseBody", "reconstructed": "responseBody", "documentation": "body"}
"""Where the body is in files that hold more than it, by format."""


@dataclass(frozen=True)
class RecordedFile:
    """One file."""

    name: str
    """Its path below the recordings."""
    asked: str
    """The path of the request that it answers, without parameters; empty where the source does not say."""
    format: str
    content: bytes

    @property
    def json(self) -> Any:
        """The JSON body: of a recording, what was answered."""
        whole: Any = json.loads(self.content)
        body: Any = whole[_BODIES[self.format]] if self.format in _BODIES else whole
        return body


def recorded(shared: Path, kind: str) -> list[RecordedFile]:
    """All files of a kind: as many as `INDEX.md` counts."""
    folder = shared / "dhis2/recordings"
    rows = map(json.loads, (folder / "index.jsonl").read_text("utf-8").splitlines())
    found = [
        RecordedFile(
            row["file"], (row["path"] or "").partition("?")[0], row["format"], (folder / row["file"]).read_bytes()
        )
        for row in rows
        if row["kind"] == kind
    ]
    counted = re.search(rf"^\| {kind} \| (\d+) \|", (folder / "INDEX.md").read_text("utf-8"), re.MULTILINE)
    assert counted
    assert len(found) == int(counted[1]), kind
    return found
