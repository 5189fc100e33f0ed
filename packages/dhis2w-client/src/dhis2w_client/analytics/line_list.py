"""`client.analytics.events`, `.enrollments`, `.tracked_entities`: line lists, and counts of what is in them.

Source: `EventQueryAnalyticsController`, `EnrollmentQueryAnalyticsController`, `TrackedEntityQueryAnalyticsController`;
recording `data/analytics-events`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Literal, TypeAlias, TypedDict, Unpack

from dhis2w_client.analytics.grid import Grid, grid_of
from dhis2w_client.analytics.query import items_of
from dhis2w_client.errors import InvalidRequestError
from dhis2w_client.json_value import as_object
from dhis2w_client.periods.day_text import day_text

if TYPE_CHECKING:
    from dhis2w_client.analytics.query import DimensionItems
    from dhis2w_client.call import ParamValue
    from dhis2w_client.metadata.metadata_api import MetadataApi

Kind: TypeAlias = Literal["events", "enrollments", "trackedEntities"]
ROWS_AT_ONCE = 1000
"""Rows that are asked for at once."""
TIMES = frozenset(
    {
        "pe",
        "eventDate",
        "enrollmentDate",
        "scheduledDate",
        "incidentDate",
        "lastUpdated",
        "occurredDate",
        "enrollmentOccurredDate",
    }
)
"""The parameters that say which time is meant."""


class LineListQuery(TypedDict, total=False):
    """What a line list, or an aggregate, is about: keyword arguments of `query`, `pages` and `aggregate`."""

    dimensions: Sequence[str]
    """Columns as DHIS2 writes them: `stage.element`, `stage.element:IN:a;b`, `attribute`; for tracked entities with
    the program: `program.stage.element`."""
    filters: Sequence[str]
    """Conditions of the same form without a column."""
    ou: DimensionItems
    """Organisation units, with all below them. Needed: without, DHIS2 answers with those of everybody."""
    pe: DimensionItems
    """Periods. These or another time are needed of events and enrollments: without, DHIS2 answers nothing."""
    start: date | None
    """First day, in place of periods."""
    end: date | None
    """Last day."""
    stage: str | None
    """UID of the program stage."""
    params: Mapping[str, ParamValue]
    """Further parameters as DHIS2 has them: `eventDate`, `eventStatus`, `desc`, …"""


class LineListService:
    """Line lists and aggregates of events, enrollments or tracked entities.

    ```python
    weights = ["A03MvHHogjR.UXz7xuGCEhU"]
    grid = await client.analytics.events.query("IpHINAT79UW", dimensions=weights, pe="2024", ou="ImspTQPwCqd")
    ```
    """

    def __init__(self, api: MetadataApi, kind: Kind) -> None:
        self._api = api
        self._kind: Kind = kind

    async def query(self, of: str, *, headers: Sequence[str] = (), **asked: Unpack[LineListQuery]) -> Grid:
        """Read a line list as a whole, page by page.

        Args:
            of: UID of the program; for tracked entities of their type.
            headers: Names of the columns to give. Default: all.
            asked: What to read; see `LineListQuery`.

        Raises:
            InvalidRequestError: No time or no unit was given; nothing was sent.
            ConflictError: DHIS2 refused; `code` says why.
        """
        pages = [page async for page in self.pages(of, headers=headers, **asked)]
        return replace(pages[0], text_rows=tuple(row for page in pages for row in page.cells), packed_rows=None)

    async def pages(
        self, of: str, *, headers: Sequence[str] = (), page_size: int = ROWS_AT_ONCE, **asked: Unpack[LineListQuery]
    ) -> AsyncIterator[Grid]:
        """The pages of a line list, one grid each.

        Args:
            of: UID of the program; for tracked entities of their type.
            headers: Names of the columns to give. Default: all.
            page_size: Rows in a page.
            asked: What to read; see `LineListQuery`.

        Raises:
            InvalidRequestError: No time or no unit was given; nothing was sent.
            ConflictError: DHIS2 refused; `code` says why.
        """
        params = [*self._params(asked), ("headers", ",".join(headers) or None), ("totalPages", False)]
        path = f"analytics/{self._kind}/query/{of}"
        number = 1
        while True:
            page = [("page", number), ("pageSize", page_size)]
            grid = grid_of(await self._api.ask("GET", path, params=[*params, *page]))
            yield grid
            if _is_last(grid, page_size):
                return
            number += 1

    async def aggregate(
        self,
        of: str,
        *,
        value: str | None = None,
        aggregation_type: str | None = None,
        **asked: Unpack[LineListQuery],
    ) -> Grid:
        """Count, or add up a value.

        Args:
            of: UID of the program; for tracked entities of their type (2.44).
            value: UID of a data element or attribute to add up. Default: the number of events.
            aggregation_type: How to add it up.
            asked: What to read; see `LineListQuery`.

        Raises:
            InvalidRequestError: No time or no unit was given, or `skipMeta`, on which DHIS2 fails; nothing was sent.
            NotInVersionError: The connected version has no such aggregate.
            ConflictError: DHIS2 refused; `code` says why.
        """
        if self._kind == "trackedEntities":
            self._api.require(lambda dialect: dialect.aggregates_tracked_entities, "aggregate tracked entities")
        if asked.get("params", {}).get("skipMeta") not in (None, False, "false"):
            raise InvalidRequestError("DHIS2 fails on skipMeta here (HTTP 500); leave it out.")
        params = [*self._params(asked), ("value", value), ("aggregationType", aggregation_type)]
        return grid_of(await self._api.ask("GET", f"analytics/{self._kind}/aggregate/{of}", params=params))

    def _params(self, asked: LineListQuery) -> list[tuple[str, ParamValue]]:
        units, periods, more = items_of(asked.get("ou")), items_of(asked.get("pe")), asked.get("params", {})
        start, end = asked.get("start"), asked.get("end")
        if not units:
            raise InvalidRequestError("Say for which units (ou): without, DHIS2 answers with those of everybody.")
        if self._kind != "trackedEntities" and not (periods or (start and end) or TIMES & set(more)):
            raise InvalidRequestError("Say for which time (pe, or start and end): without, DHIS2 answers nothing.")
        return [
            *(("dimension", text) for text in asked.get("dimensions", ())),
            ("dimension", f"ou:{';'.join(units)}"),
            ("dimension", f"pe:{';'.join(periods)}" if periods else None),
            *(("filter", text) for text in asked.get("filters", ())),
            ("startDate", start and day_text(start)),
            ("endDate", end and day_text(end)),
            ("stage", asked.get("stage")),
            *more.items(),
        ]


def _is_last(grid: Grid, page_size: int) -> bool:
    """Whether a page is the last; without a pager a short page is."""
    last = as_object(grid.meta_data.get("pager")).get("isLastPage")
    return last if isinstance(last, bool) else len(grid) < page_size
