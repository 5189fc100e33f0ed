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
    return {method for methods, _, compiled in _near(version, path) if compiled.fullmatch(path) for method in methods}


# What the document names word by word, though the server answers it as it answers any collection.
ORDINARY = frozenset({"/api/userRoles/{id}/users/{userId}"})


def is_spelled_out(version: str, method: str, path: str, pattern: str) -> bool:
    """Whether that version has an operation of its own at a path which an endpoint's pattern takes for any other.

    `/api/trackedEntityAttributes/{id}/generate` is no property called `generate`: the endpoint of properties must not
    answer for it.
    """
    return any(
        method in methods and compiled.fullmatch(path) and template not in ORDINARY and _names_more(template, pattern)
        for methods, template, compiled in _near(version, path)
    )


def _names_more(template: str, pattern: str) -> bool:
    segments = zip(template.split("/"), pattern.split("/"), strict=False)
    return any(
        "{" not in named and named != "**" and "{" in left_open and left_open != "{type}"
        for named, left_open in segments
    )


def _near(version: str, path: str) -> list[tuple[frozenset[str], str, re.Pattern[str]]]:
    """The operations that begin as a path does: with the same two segments."""
    return _published(version).get("/".join(path.split("/")[:3]), [])


@cache
def _published(version: str) -> dict[str, list[tuple[frozenset[str], str, re.Pattern[str]]]]:
    """Methods, path template and its pattern of every operation, by the first two segments of the template."""
    text = files("dhis2w_sandbox.tables").joinpath(f"{version}.paths.txt").read_text("utf-8")
    found: dict[str, list[tuple[frozenset[str], str, re.Pattern[str]]]] = {}
    for methods, path in (line.split(" ", 1) for line in text.splitlines()):
        begin = "/".join(path.split("/")[:3])
        found.setdefault(begin, []).append((frozenset(methods.split(",")), path, _pattern(path)))
    return found


def _pattern(path: str) -> re.Pattern[str]:
    pieces = re.split(r"(\{[^}]+\}|\*\*)", path)
    return re.compile("".join(_piece(piece) for piece in pieces))


def _piece(piece: str) -> str:
    if piece == "**":
        return ".*"
    return "[A-Za-z0-9]{11}" if piece == "{uid}" else "[^/]+" if piece.startswith("{") else re.escape(piece)
