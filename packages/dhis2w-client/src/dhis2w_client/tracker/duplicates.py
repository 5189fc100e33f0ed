"""`client.tracker.duplicates`: pairs of tracked entities that may be one.

Source: `DeduplicationController`; recording `tracker/working-lists`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from dhis2w_client.errors import InvalidRequestError
from dhis2w_client.models.server_model import ServerModel
from dhis2w_client.models.timestamp import DateTime
from dhis2w_client.pages import made, object_of, rows_of
from dhis2w_client.replies import value_of

if TYPE_CHECKING:
    from dhis2w_client.metadata.metadata_api import MetadataApi

PATH = "potentialDuplicates"


class PotentialDuplicate(ServerModel):
    """Two tracked entities that may be one."""

    id: str | None = None
    original: str | None = None
    duplicate: str | None = None
    status: str | None = None
    created: DateTime | None = None
    lastUpdated: DateTime | None = None  # noqa: N815 - the API's name
    createdByUserName: str | None = None  # noqa: N815 - the API's name
    lastUpdatedByUserName: str | None = None  # noqa: N815 - the API's name


class DuplicateService:
    """Pairs of tracked entities that may be one."""

    def __init__(self, api: MetadataApi) -> None:
        self._api = api

    async def list(
        self,
        *,
        tracked_entities: Sequence[str] = (),
        status: Literal["OPEN", "INVALID", "MERGED", "ALL"] = "OPEN",
    ) -> list[PotentialDuplicate]:
        """Read the pairs.

        Args:
            tracked_entities: UIDs of entities; pairs with one of these. Default: all pairs.
            status: Which pairs.
        """
        params = {"trackedEntities": ",".join(tracked_entities) or None, "status": status, "paging": False}
        reply = await self._api.ask("GET", PATH, params=params)
        return made(rows_of(object_of(reply), PATH, reply), PotentialDuplicate.trust_all, reply)

    async def flag(self, original: str, duplicate: str) -> PotentialDuplicate:
        """Say that two entities may be one.

        Args:
            original: UID of the one that would stay.
            duplicate: UID of the other.

        Raises:
            InvalidRequestError: Both are the same, which DHIS2 accepts.
            ConflictError: The pair is there already (E1004).
        """
        if original == duplicate:
            raise InvalidRequestError(f"{original} is no duplicate of itself.")
        reply = await self._api.ask("POST", PATH, body={"original": original, "duplicate": duplicate})
        return PotentialDuplicate.trust(object_of(reply))

    async def dismiss(self, id: str) -> None:
        """Say that a pair are two.

        Args:
            id: UID of the pair.

        Raises:
            BadRequestError: The pair is merged.
        """
        value_of(await self._api.ask("PUT", f"{PATH}/{id}", params={"status": "INVALID"}))

    async def merge(self, id: str, values: dict[str, Sequence[str]] | None = None) -> None:
        """Make one of a pair; the duplicate is deleted. It cannot be undone.

        Args:
            id: UID of the pair.
            values: What the original takes over from the duplicate, as UIDs: `{"trackedEntityAttributes": [...],
                "enrollments": [...], "relationships": [...]}`. Default: DHIS2 decides (`mergeStrategy=AUTO`), and
                refuses where both have values that differ.

        Raises:
            ConflictError: They cannot be merged so; the message says why.
        """
        params = {"mergeStrategy": "MANUAL" if values else "AUTO"}
        value_of(await self._api.ask("POST", f"{PATH}/{id}/merge", params=params, body=values or {}))
