"""What the sandbox has, and how each of it is known: the table of the documentation page.

The same word is in the header `X-Sandbox-Evidence` of every answer of an endpoint.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from dhis2w_sandbox.routing import Endpoint


class EvidenceRow(NamedTuple):
    """One endpoint."""

    method: str
    path: str
    """With placeholders as OpenAPI writes them: `/api/{type}/{uid}`."""
    versions: tuple[str, ...]
    evidence: str
    """`recorded`, `source` or `inferred`."""
    what: str
    """The first line of what the endpoint says of itself."""


def evidence_table(endpoints: Iterable[Endpoint]) -> list[EvidenceRow]:
    """One row for each method and path, sorted by path."""
    return sorted((_row(endpoint) for endpoint in endpoints), key=lambda row: (row.path, row.method, row.versions))


def evidence_markdown(endpoints: Iterable[Endpoint]) -> str:
    """The table as Markdown."""
    head = ["| Endpoint | Versions | Evidence | What it does |", "|---|---|---|---|"]
    rows = (
        f"| `{row.method} {row.path}` | {', '.join(row.versions)} | {row.evidence} | {row.what} |"
        for row in evidence_table(endpoints)
    )
    return "\n".join([*head, *rows]) + "\n"


def _row(endpoint: Endpoint) -> EvidenceRow:
    lines = (endpoint.handler.__doc__ or "").strip().splitlines()
    return EvidenceRow(
        endpoint.method,
        _without_kinds(endpoint.pattern),
        tuple(sorted(endpoint.versions)),
        endpoint.evidence.word,
        lines[0] if lines else "",
    )


def _without_kinds(pattern: str) -> str:
    """A pattern without the kinds of its placeholders: `{uid:uid}` is `{uid}`."""
    return re.sub(r":\w+}", "}", pattern)
