"""The authorities that each version knows, and those that its superuser role has on a fresh server.

`tables/authorities.tsv` holds id, name, the versions that list it at `/api/authorities`, and the versions whose
superuser role has it. It was read once from the answers of freshly installed servers of 2.41.9.1, 2.42.5.2 and 2.43.1
(recordings `services/meta-misc` and `services/00-fresh-server`); 2.44 has the list of 2.43 (`Authorities` is the same).
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import NamedTuple

from dhis2w_sandbox.call import RECORDED, Call, Reply
from dhis2w_sandbox.routing import Endpoints

endpoints = Endpoints()


class Authority(NamedTuple):
    """One row."""

    id: str
    name: str
    listed_in: frozenset[str]
    given_in: frozenset[str]
    """The versions whose superuser role has it."""


@cache
def authorities() -> list[Authority]:
    """All of them, by name."""
    text = files("dhis2w_sandbox.tables").joinpath("authorities.tsv").read_text("utf-8")
    rows = [_authority(line) for line in text.splitlines()]
    return sorted(rows, key=lambda row: row.name.lower())


def _authority(line: str) -> Authority:
    id, name, listed, given = line.split("\t")
    return Authority(id, name, frozenset(listed.split(",")), frozenset(given.split(",")))


def of_superuser(version: str) -> list[str]:
    """What the superuser role of a fresh server of a version may do."""
    return sorted(row.id for row in authorities() if version in row.given_in)


@endpoints.add("GET", "/api/authorities", RECORDED)
def system_authorities(call: Call) -> Reply:
    """List every authority with its name; `fields` has no effect."""
    rows = [row for row in authorities() if call.server.version in row.listed_in]
    return Reply.json({"systemAuthorities": [{"id": row.id, "name": row.name} for row in rows]})
