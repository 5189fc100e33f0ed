"""Names for the UIDs in problems, looked up once for what was refused."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
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
OF_TRACKER = (
    "programs",
    "programStages",
    "dataElements",
    "trackedEntityAttributes",
    "organisationUnits",
    "optionSets",
    "trackedEntityTypes",
    "relationshipTypes",
)
"""The types of what is said about tracker's objects."""
_UID = re.compile(r"\b[a-zA-Z][a-zA-Z0-9]{10}\b")
OTHERS = ("dataSets", "dataElements", "organisationUnits", "categoryOptionCombos")
"""The types of what is said about data values."""


class ObjectNames:
    """The names of the objects that problems speak of.

    Args:
        client: The client that is asked.
        plurals: The type of the UID under a key of a row.
        others: Where a UID may be of which the row does not tell what it is.
    """

    def __init__(self, client: Dhis2Client, plurals: Mapping[str, str], others: Sequence[str]) -> None:
        self._client = client
        self._plurals = plurals
        self._others = others
        self._names: dict[str, str] = {}
        self._asked: defaultdict[str, set[str]] = defaultdict(set)

    async def learn(self, problems: Iterable[tuple[str, Mapping[str, Any]]]) -> None:
        """Look up the names of what is new; where the server does not tell them, UIDs stay UIDs.

        Args:
            problems: Each problem, and the row that has it.
        """
        wanted: defaultdict[str, set[str]] = defaultdict(set)
        for problem, row in problems:
            known = {row[key]: plural for key, plural in self._plurals.items() if isinstance(row.get(key), str)}
            for uid in {*_UID.findall(problem), str(row.get("dataElement"))}:
                for plural in (known[uid],) if uid in known else self._others:
                    wanted[plural].add(uid)
        for plural, uids in wanted.items():
            asked = self._asked[plural]
            new = sorted(uid for uid in uids - asked if _UID.fullmatch(uid))[: max(0, MOST - len(asked))]
            asked.update(new)
            with suppress(Dhis2Error):  # the rows were sent; that they are told with UIDs is no reason to fail
                async for row in rows_of(self._client, plural, "id,name", new):
                    self._names[str(row["id"])] = str(row.get("name"))

    def told(self, problem: str, element: object) -> str:
        """A problem with names before its UIDs; one that speaks of nothing begins with the data element.

        Args:
            problem: The problem.
            element: UID of the data element of the row.
        """
        named = _UID.sub(self._in_words, problem)
        uid = str(element)
        return f"{self._with_name(uid)}: {problem}" if named == problem and uid in self._names else named

    def _in_words(self, found: re.Match[str]) -> str:
        is_named = found.string[: found.start()].endswith(f"{self._names.get(found[0])} (")
        return found[0] if is_named else self._with_name(found[0])

    def _with_name(self, uid: str) -> str:
        return f"{self._names[uid]} ({uid})" if uid in self._names else uid
