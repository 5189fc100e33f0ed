"""The members of one object's collection: the data elements of a group, the units of a user."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Literal

from dhis2w_client.errors import SkippedMembersWarning
from dhis2w_client.json_value import as_array, as_object
from dhis2w_client.pages import object_of
from dhis2w_client.write_report import write_report

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from dhis2w_client.reply import Reply
    from dhis2w_client.write_report import WriteReport


class Members:
    """The members of one object's collection; `collection.members(id, property)`.

    Either side may be changed, also the one that does not own the link. In the report `updated` counts
    those that were added, `deleted` those that were taken out, `ignored` those for which nothing was to be done.
    Source: `AbstractCrudController`, "adding or removing objects"; `CollectionService`.
    """

    def __init__(self, path: str, ask: Callable[..., Awaitable[Reply]]) -> None:
        self._path = path
        self._property = path.rpartition("/")[2]
        self._ask = ask

    async def ids(self) -> tuple[str, ...]:
        """The UIDs of the members.

        Raises:
            ObjectNotFoundError: There is no such object.
        """
        answer = object_of(await self._ask("GET", self._path, params={"fields": "id"}))
        members = map(as_object, as_array(answer.get(self._property)))
        return tuple(str(member["id"]) for member in members if "id" in member)

    async def add(self, ids: Iterable[str]) -> WriteReport:
        """Add members.

        Args:
            ids: UIDs of the members to add.

        Raises:
            ObjectNotFoundError: There is no such object, or it has no such collection.
            ConflictError: It is not a collection of objects, or a member was refused; `rows` say which.
            ForbiddenError: The user may not change the object.

        Warns:
            SkippedMembersWarning: Some do not exist; the others were added.
        """
        uids = tuple(ids)
        return await self._change("POST", {"additions": _references(uids)}, uids)

    async def remove(self, ids: Iterable[str]) -> WriteReport:
        """Take members out; they are not deleted.

        Args:
            ids: UIDs of the members to take out.

        Raises:
            ObjectNotFoundError: There is no such object, or it has no such collection.
            ConflictError: It is not a collection of objects, or a member was refused; `rows` say which.
            ForbiddenError: The user may not change the object.

        Warns:
            SkippedMembersWarning: Some do not exist; the others were taken out.
        """
        uids = tuple(ids)
        return await self._change("POST", {"deletions": _references(uids)}, uids, done="deleted")

    async def replace(self, ids: Iterable[str]) -> WriteReport:
        """Make these the only members. DHIS2 counts every former member as deleted, and every new one as updated.

        Args:
            ids: UIDs of all members.

        Raises:
            ObjectNotFoundError: There is no such object, or it has no such collection.
            ConflictError: It is not a collection of objects, or a member was refused; `rows` say which.
            ForbiddenError: The user may not change the object.

        Warns:
            SkippedMembersWarning: Some do not exist; the others are members now.
        """
        uids = tuple(ids)
        return await self._change("PUT", {"identifiableObjects": _references(uids)}, uids)

    async def _change(
        self,
        method: str,
        body: dict[str, Any],
        ids: tuple[str, ...],
        *,
        done: Literal["updated", "deleted"] = "updated",
    ) -> WriteReport:
        report = write_report(await self._ask(method, self._path, body=body), self._path.split("/")[-2])
        skipped = len(set(ids)) - getattr(report.counts, done) - report.counts.ignored
        if skipped > 0:
            warnings.warn(
                f"{skipped} of {len(ids)} members for {self._path} do not exist, and DHIS2 left them out.",
                SkippedMembersWarning,
                stacklevel=3,
            )
        return report


def _references(ids: tuple[str, ...]) -> list[dict[str, str]]:
    return [{"id": uid} for uid in ids]
