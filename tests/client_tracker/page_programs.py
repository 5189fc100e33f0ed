"""The Python programs of a page of the documentation."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

DOCS = Path(__file__).parents[2] / "docs"


def programs_of(page: str) -> dict[str, Any]:
    """What the fenced Python blocks of a page define, by name."""
    names: dict[str, Any] = {}
    text = (DOCS / page).read_text(encoding="utf-8")
    for block in re.findall(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
        exec(compile(block, page, "exec"), names)  # noqa: S102 - the page's own programs
    return names
