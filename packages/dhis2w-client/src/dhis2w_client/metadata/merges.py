"""`client.metadata.merges`: what DHIS2 can make one of several, and several of one.

Source: "Merge" pages of DHIS2's developer guide, `MergeParams`, `OrgUnitMergeQuery`, `OrgUnitSplitQuery`; recordings
`meta/merge-categories` and `meta/merge-units`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Literal, TypeAlias

from dhis2w_client.errors import InvalidRequestError
from dhis2w_client.metadata.bundle_check import DEFAULT_OBJECTS
from dhis2w_client.write_report import write_report

if TYPE_CHECKING:
    from dhis2w_client.call import Body
    from dhis2w_client.metadata.metadata_api import MetadataApi
    from dhis2w_client.versions import Dialect
    from dhis2w_client.write_report import WriteReport

Mergeable: TypeAlias = Literal[
    "indicators",
    "indicatorTypes",
    "dataElements",
    "categoryOptions",
    "categoryOptionCombos",
    "categories",
    "categoryCombos",
]
"""The types whose objects can be merged; organisation units have a method of their own."""
DataStrategy: TypeAlias = Literal["LAST_UPDATED", "DISCARD"]
"""What becomes of the sources' data: where both have a value the newer one wins, or they are deleted."""

_SINCE: Mapping[str, Callable[[Dialect], bool]] = {
    "indicators": lambda _: True,
    "indicatorTypes": lambda _: True,
    "dataElements": lambda dialect: dialect.merges_data_elements,
    "categoryOptions": lambda dialect: dialect.merges_data_elements,
    "categoryOptionCombos": lambda dialect: dialect.merges_data_elements,
    "categories": lambda dialect: dialect.merges_categories,
    "categoryCombos": lambda dialect: dialect.merges_categories,
}
_WITH_DATA = frozenset({"dataElements", "categoryOptionCombos"})
"""Types with data of their own, for which DHIS2 wants to know what becomes of it (E1534)."""


class MergeService:
    """Merges and splits: `client.metadata.merges`. They cannot be undone."""

    def __init__(self, api: MetadataApi) -> None:
        self._api = api

    async def merge(
        self,
        plural: Mergeable,
        sources: Sequence[str],
        target: str,
        *,
        delete_sources: bool,
        data: DataStrategy | None = None,
    ) -> WriteReport:
        """Have one object take the place of others, wherever these are referred to.

        Args:
            plural: The plural of the type.
            sources: UIDs of the objects that shall be replaced.
            target: UID of the object that takes their place.
            delete_sources: Whether they are deleted afterwards.
            data: What becomes of the sources' data; needed for data elements and category option combos.

        Returns:
            The report; `response["mergeReport"]` names the sources that were deleted.

        Raises:
            NotInVersionError: The connected version cannot merge this type: data elements, category options and their
                combos from 2.42, categories and category combos from 2.43.
            InvalidRequestError: `data` is missing, or a source is a `default` object, without which DHIS2 breaks.
            ConflictError: DHIS2 refused; `rows` say why (E1530 and following).
            ForbiddenError: An authority is missing, such as `F_DATA_ELEMENT_MERGE`.
        """
        self._api.require(_SINCE[plural], f"merge {plural}")
        if set(sources) & set(DEFAULT_OBJECTS.values()):
            raise InvalidRequestError(f"A default object can be no source of a merge of {plural}: DHIS2 needs it.")
        if data is None and plural in _WITH_DATA:
            raise InvalidRequestError(f"A merge of {plural} needs `data`: LAST_UPDATED or DISCARD.")
        body = {"sources": list(sources), "target": target, "deleteSources": delete_sources}
        return await self._post(f"{plural}/merge", {**body, **({"dataMergeStrategy": data} if data else {})})

    async def merge_units(
        self,
        sources: Sequence[str],
        target: str,
        *,
        delete_sources: bool = True,
        data_values: DataStrategy = "LAST_UPDATED",
        approvals: DataStrategy = "LAST_UPDATED",
    ) -> WriteReport:
        """Have one organisation unit take over everything of others.

        Args:
            sources: UIDs of the units that shall be replaced.
            target: UID of the unit that takes over.
            delete_sources: Whether they are deleted afterwards.
            data_values: What becomes of their data values.
            approvals: What becomes of their data approvals.

        Raises:
            ConflictError: DHIS2 refused (E1500 to E1504).
            ForbiddenError: The authority `F_ORGANISATION_UNIT_MERGE` is missing.
        """
        body = {
            "sources": list(sources),
            "target": target,
            "dataValueMergeStrategy": data_values,
            "dataApprovalMergeStrategy": approvals,
            "deleteSources": delete_sources,
        }
        return await self._post("organisationUnits/merge", body)

    async def split_unit(
        self, source: str, targets: Sequence[str], *, primary: str, delete_source: bool = True
    ) -> WriteReport:
        """Have several organisation units take the place of one.

        Args:
            source: UID of the unit that shall be replaced.
            targets: UIDs of the units that take its place, at least two, which are there already.
            primary: UID of the one that gets its data.
            delete_source: Whether it is deleted afterwards.

        Raises:
            ConflictError: DHIS2 refused (E1510 to E1515).
            ForbiddenError: The authority `F_ORGANISATION_UNIT_SPLIT` is missing.
        """
        body = {"source": source, "targets": list(targets), "primaryTarget": primary, "deleteSource": delete_source}
        return await self._post("organisationUnits/split", body)

    async def _post(self, path: str, body: Body) -> WriteReport:
        return write_report(await self._api.ask("POST", path, body=body))
