"""Names for the UIDs in problems, looked up once for what was refused."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from dhis2w_client.errors import Dhis2Error
from dhis2w_core.transfers.value_metadata import rows_of

if TYPE_CHECKING:
    from dhis2w_client.client import Dhis2Client

MOST = 1_500
"""UIDs of one type whose names are looked up; the others stay UIDs."""
PLURALS = {
    "dataElement": "dataElements",
    "orgUnit": "organisationUnits",
    "categoryOptionCombo": "categoryOptionCombos",
    "attributeOptionCombo": "categoryOptionCombos",
}
_UID = re.compile(r"\b[a-zA-Z][a-zA-Z0-9]{10}\b")
OTHERS = ("dataSets", "dataElements", "organisationUnits", "categoryOptionCombos")
"""Where a UID may be of which the row does not tell what it is."""


async def names_in(
    client: Dhis2Client, problems: Iterable[tuple[str, Mapping[str, Any]]], others: Sequence[str] = OTHERS
) -> dict[str, str]:
    """The names of the objects that problems speak of, by UID; empty where the server does not tell them.

    Args:
        client: The client.
        problems: Each problem, and the row that has it.
        others: Where a UID may be of which the row does not tell what it is.
    """
    wanted: defaultdict[str, set[str]] = defaultdict(set)
    for problem, row in problems:
        plurals = {row[key]: plural for key, plural in PLURALS.items() if isinstance(row.get(key), str)}
        for uid in {*_UID.findall(problem), str(row.get("dataElement"))}:
            for plural in (plurals[uid],) if uid in plurals else others:
                wanted[plural].add(uid)
    names: dict[str, str] = {}
    try:
        for plural, uids in wanted.items():
            some = sorted(filter(_UID.fullmatch, uids))[:MOST]
            async for row in rows_of(client, plural, "id,name", some):
                names[str(row["id"])] = str(row.get("name"))
    except Dhis2Error:
        return names  # the rows were sent; that they are told with UIDs is no reason to fail
    return names


def in_names(problem: str, names: Mapping[str, str], element: object) -> str:
    """A problem with names before its UIDs; one that speaks of nothing begins with the data element.

    Args:
        problem: The problem.
        names: Names by UID.
        element: UID of the data element of the row.
    """

    def with_name(uid: str) -> str:
        return f"{names[uid]} ({uid})" if uid in names else uid

    named = _UID.sub(lambda match: with_name(match[0]), problem)
    return f"{with_name(str(element))}: {problem}" if named == problem and element in names else named
