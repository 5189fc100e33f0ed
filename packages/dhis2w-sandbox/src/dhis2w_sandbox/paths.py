"""Which paths a real server of a version has, by its OpenAPI document: what of them is missing here is 501."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

# What the document names, but a server has only when its configuration file switches it on (HTML 404 otherwise).
SWITCHED_OFF = frozenset({"/api/auth/impersonate", "/api/auth/impersonateExit"})


def published_methods(version: str, path: str) -> set[str]:
    """The methods for which DHIS2 of that version has an operation at the path (given without suffix)."""
    if path in SWITCHED_OFF:
        return set()
    return {method for methods, pattern in _published(version) if pattern.fullmatch(path) for method in methods}


@cache
def _published(version: str) -> list[tuple[frozenset[str], re.Pattern[str]]]:
    text = files("dhis2w_sandbox.tables").joinpath(f"{version}.paths.txt").read_text("utf-8")
    rows = (line.split(" ", 1) for line in text.splitlines())
    return [(frozenset(methods.split(",")), _pattern(path)) for methods, path in rows]


def _pattern(path: str) -> re.Pattern[str]:
    pieces = re.split(r"(\{[^}]+\}|\*\*)", path)
    return re.compile("".join(_piece(piece) for piece in pieces))


def _piece(piece: str) -> str:
    if piece == "**":
        return ".*"
    return "[A-Za-z0-9]{11}" if piece == "{uid}" else "[^/]+" if piece.startswith("{") else re.escape(piece)
