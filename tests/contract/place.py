"""`Place`: where a scenario makes its objects, recognisable by a mark, and from where all of them go again."""

from __future__ import annotations

from contextlib import suppress

from dhis2w_client import ApiError, where
from dhis2w_client.metadata import new_uid
from dhis2w_client.sync import Dhis2Client

LAST = ("users", "userGroups", "userRoles", "categoryCombos", "categories", "categoryOptions", "categoryOptionCombos")
"""Types that others refer to, in the order in which they can go; all other types go first.

Option combos go with their combos; only what is left of them is deleted by itself.
"""

Row = dict[str, object]


class LeftBehindError(AssertionError):
    """Objects of a scenario that cannot be deleted."""

    def __init__(self, left: list[tuple[str, str]], refusals: list[str]) -> None:
        super().__init__(f"{left} are still there: {refusals}")
        self.left = left
        """Plural and UID of each."""


class Place:
    """What one scenario makes on a server that others use too.

    Every object has the place's mark in its name (users: in their username); one without a name is `keep`ed.
    """

    def __init__(self, client: Dhis2Client) -> None:
        self._client = client
        self.mark = f"d2wct{new_uid().lower()}"
        self._kept: list[tuple[str, str]] = []

    def name(self, text: str) -> str:
        """A name (or username, or code) that nobody else has."""
        return f"{self.mark}_{text}"

    def element(self, text: str, **more: object) -> Row:
        """The smallest data element; `code` is its name."""
        name = self.name(text)
        return {
            "id": new_uid(),
            "name": name,
            "shortName": name,
            "code": name,
            "valueType": "NUMBER",
            "aggregationType": "SUM",
            "domainType": "AGGREGATE",
            **more,
        }

    def create_element(self, text: str, **more: object) -> str:
        """Make a data element; its UID."""
        return str(self._client.data_elements.create(self.element(text, **more)).id)

    def group(self, text: str, elements: list[str]) -> Row:
        """A group of these data elements."""
        name = self.name(text)
        return {"id": new_uid(), "name": name, "shortName": name, "dataElements": [{"id": uid} for uid in elements]}

    def unit(self, text: str, **more: object) -> Row:
        """The smallest organisation unit."""
        name = self.name(text)
        return {"id": new_uid(), "name": name, "shortName": name, "code": name, "openingDate": "2000-01-01", **more}

    def attribute(self, text: str, **more: object) -> Row:
        """The smallest attribute of metadata; `more` says of which types."""
        name = self.name(text)
        return {"id": new_uid(), "name": name, "shortName": name, "valueType": "TEXT", **more}

    def keep(self, plural: str, id: str) -> None:
        """Remember an object that has no name to find it by."""
        self._kept.append((plural, id))

    def clear(self) -> None:
        """Delete everything that was made here.

        Raises:
            LeftBehindError: something cannot be deleted.
        """
        left: list[tuple[str, str]] = []
        refusals: list[str] = []
        while (found := self._found()) and set(found) != set(left):
            # what others refer to goes a round after them
            refusals, left = self._delete(found), found
        if found:
            raise LeftBehindError(found, refusals)

    def _delete(self, found: list[tuple[str, str]]) -> list[str]:
        """Delete what can be deleted; why the rest cannot."""
        refusals: list[str] = []
        for plural, uid in sorted(found, key=lambda each: LAST.index(each[0]) if each[0] in LAST else -1):
            try:
                self._client.collection(plural).delete(uid)
            except ApiError as refusal:
                refusals.append(str(refusal))
        return refusals

    def _found(self) -> list[tuple[str, str]]:
        named = self._client.metadata.search(self.mark, by=["name"])
        users = self._client.users.list(fields="id", filters=where("username").ilike(self.mark))
        return [(hit.plural, hit.id) for hit in named] + [("users", str(user.id)) for user in users] + self._remaining()

    def _remaining(self) -> list[tuple[str, str]]:
        remaining: list[tuple[str, str]] = []
        for plural, uid in self._kept:
            with suppress(ApiError):
                self._client.collection(plural).get(uid, fields="id")
                remaining.append((plural, uid))
        return remaining
