"""`client.analytics`: aggregate and outlier analytics; events, enrollments and tracked entities below it.

Source: `AnalyticsController`, `OutlierDetectionAnalyticsController`; recordings `data/analytics-*`.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Literal

from dhis2w_client.analytics.dropped_items import warn_of_dropped
from dhis2w_client.analytics.errors import NoOutputPeriodsWarning
from dhis2w_client.analytics.grid import Grid, grid_of
from dhis2w_client.analytics.line_list import LineListService
from dhis2w_client.analytics.query import AnalyticsQuery, check_time, items_of
from dhis2w_client.analytics.split import check_splittable, halves, part_of, whole, widest_dimension
from dhis2w_client.call import build_call
from dhis2w_client.errors import ConflictError, InvalidRequestError
from dhis2w_client.hidden_rows import warn_of_hidden_rows
from dhis2w_client.periods.day_text import day_text
from dhis2w_client.refusals import error_of
from dhis2w_client.replies import value_of

if TYPE_CHECKING:
    from dhis2w_client.analytics.query import DimensionItems
    from dhis2w_client.call import Params, ParamValue
    from dhis2w_client.metadata.metadata_api import MetadataApi
    from dhis2w_client.reply import Reply

Format = Literal["csv", "xml", "html", "xls", "xlsx", "json"]
_REFUSAL = re.compile(rb"\s*(E\d{4}): ")
"""How a refusal begins that came as text with HTTP 200."""
_LIMIT = "E7128"
"""DHIS2's code for more rows than the instance wants to give at once."""


class AnalyticsService:
    """Analytics: `client.analytics`.

    ```python
    grid = await client.analytics.aggregate(dx=["fbfJHSPpUQD"], pe="LAST_12_MONTHS", ou="USER_ORGUNIT")
    for row in grid.with_labels("name").rows():
        print(row["dx_name"], row["pe"], row["value"])
    ```

    Analytics know what was there when the tables were built last (`client.system.info()`,
    `lastAnalyticsTableSuccess`); `client.maintenance` builds them.
    """

    def __init__(self, api: MetadataApi) -> None:
        self._api = api

    @property
    def events(self) -> LineListService:
        """Events of a program: line lists and aggregates."""
        return LineListService(self._api, "events")

    @property
    def enrollments(self) -> LineListService:
        """Enrollments of a program: line lists and aggregates."""
        return LineListService(self._api, "enrollments")

    @property
    def tracked_entities(self) -> LineListService:
        """Tracked entities of a type: line lists; aggregates from 2.44 on."""
        return LineListService(self._api, "trackedEntities")

    async def aggregate(
        self,
        query: AnalyticsQuery | None = None,
        *,
        dx: DimensionItems = None,
        pe: DimensionItems = None,
        ou: DimensionItems = None,
        filters: Mapping[str, DimensionItems] | None = None,
        split: bool = False,
    ) -> Grid:
        """Read aggregated data (`GET /api/analytics`).

        Args:
            query: What to read; all that can be asked for is in `AnalyticsQuery`.
            dx: In place of a query: the data.
            pe: The periods.
            ou: The organisation units.
            filters: What to add up over.
            split: Ask in parts when the result has more rows than the instance gives at once. Sums and counts only.

        Returns:
            The result. What has no data has no row.

        Raises:
            InvalidRequestError: DHIS2 would refuse the query, or there is something beside it; nothing was sent.
            ConflictError: DHIS2 refused it; `code` says why (E7144: the tables were never built, E7128: too many rows).
            NotSplittableError: See `split`; the message says why.

        Warns:
            DroppedItemsWarning: DHIS2 left items out without a word.
            NoOutputPeriodsWarning: From 2.43 on: nothing was found because the tables have no columns of periods.
            HiddenRowsWarning: Nothing was found, and the user may not see everything.
        """
        if query and (dx is not None or pe is not None or ou is not None or filters):
            raise InvalidRequestError("Give a query, or dx, pe, ou and filters; not both.")
        asked = query or AnalyticsQuery(dx=dx, pe=pe, ou=ou, filters=filters or {})
        try:
            grid = grid_of(await self._api.ask("GET", "analytics", params=asked.query_params()))
        except ConflictError as error:
            if not split or error.code != _LIMIT:
                raise
            grid = await self._in_parts(asked)
        warn_of_dropped(asked.asked(), grid)
        if not len(grid) and not asked.skip_data:
            await self._warn_of_no_periods(asked)
            await warn_of_hidden_rows(self._api.connection, "analytics data")
        return grid

    async def _in_parts(self, query: AnalyticsQuery) -> Grid:
        outline = await self._outline(query)
        check_splittable(query, outline)
        name, items = widest_dimension(query, outline)
        parts = await self._parts(query, name, items)
        return whole(outline, name, parts)

    async def _outline(self, query: AnalyticsQuery) -> Grid:
        """The answer without data: which items the dimensions have, and what they are."""
        params = replace(query, skip_data=True, details=True, order=None).query_params()
        return grid_of(await self._api.ask("GET", "analytics", params=params))

    async def _parts(self, query: AnalyticsQuery, name: str, items: Sequence[str]) -> list[tuple[Sequence[str], Grid]]:
        """The grids of halves of the items, of halves of these where they are too large still."""
        found: list[tuple[Sequence[str], Grid]] = []
        for half in halves(items):
            params = part_of(query, name, half).query_params()
            try:
                found.append((half, grid_of(await self._api.ask("GET", "analytics", params=params))))
            except ConflictError as error:
                if error.code != _LIMIT or len(half) < 2:
                    raise
                found += await self._parts(query, name, half)
        return found

    async def _warn_of_no_periods(self, query: AnalyticsQuery) -> None:
        if not self._api.dialect.chooses_output_periods or query.start:
            return
        reply = await self._api.ask("GET", "configuration/dataOutputPeriodTypes")
        if reply.status == 200 and value_of(reply) == []:
            warnings.warn(
                "Nothing was found, and the instance has no output period types: its tables are built without periods. "
                "Choose some (POST configuration/dataOutputPeriodTypes), then build the tables.",
                NoOutputPeriodsWarning,
                stacklevel=3,
            )

    async def outliers(
        self,
        *,
        dx: DimensionItems = None,
        data_sets: DimensionItems = None,
        ou: DimensionItems = None,
        pe: str | None = None,
        start: date | None = None,
        end: date | None = None,
        algorithm: Literal["Z_SCORE", "MODIFIED_Z_SCORE", "MIN_MAX"] | None = None,
        threshold: float | None = None,
        max_results: int | None = None,
        params: Mapping[str, ParamValue] | None = None,
    ) -> Grid:
        """Find values far from the others of their data element and unit (`GET /api/analytics/outlierDetection`).

        Args:
            dx: UIDs of data elements.
            data_sets: UIDs of data sets, whose data elements are looked at.
            ou: UIDs of organisation units, with all below them.
            pe: A period, or a relative one.
            start: First day, in place of a period.
            end: Last day.
            algorithm: How far is measured. Default: `Z_SCORE`. DHIS2 refuses `MIN_MAX` here (E2211).
            threshold: How far is too far. Default: 3.
            max_results: How many at most; 500 is DHIS2's default.
            params: Further parameters as DHIS2 has them.

        Raises:
            InvalidRequestError: No time was given, or two; nothing was sent.
            ConflictError: DHIS2 refused; E7180 says that the tables were built without outliers.
        """
        check_time(pe is not None, start, end)
        asked: list[tuple[str, ParamValue]] = [
            ("dx", ",".join(items_of(dx)) or None),
            ("ds", ",".join(items_of(data_sets)) or None),
            ("ou", ",".join(items_of(ou)) or None),
            ("pe", pe),
            ("startDate", start and day_text(start)),
            ("endDate", end and day_text(end)),
            ("algorithm", algorithm),
            ("threshold", threshold),
            ("maxResults", max_results),
            *(params or {}).items(),
        ]
        return grid_of(await self._api.ask("GET", "analytics/outlierDetection", params=asked))

    async def raw(self, path: str, params: Params | None = None) -> Grid:
        """Read any grid by DHIS2's own parameters: `raw("analytics", [("dimension", "dx:…"), …])`.

        Args:
            path: Path below `/api`.
            params: Query parameters; nothing is checked.

        Raises:
            ConflictError: DHIS2 refused.
            UnexpectedShapeError: The answer is no grid.
        """
        return grid_of(await self._api.ask("GET", path, params=params))

    @asynccontextmanager
    async def stream(
        self, params: AnalyticsQuery | Params, *, format: Format = "csv", path: str = "analytics"
    ) -> AsyncGenerator[AsyncIterator[bytes]]:
        """The bytes of a result in another format, piece by piece.

        DHIS2 answers a refusal in these formats with HTTP 200 and a line of text; that is an error here. Of line lists
        (`analytics/events/query/…`) all rows are asked for, which DHIS2 does not give by itself.

        Args:
            params: What to read.
            format: The format.
            path: Path below `/api`, without the format.

        Yields:
            The pieces, as they arrive.

        Raises:
            ConflictError: DHIS2 refused.
        """
        asked = params.query_params() if isinstance(params, AnalyticsQuery) else params
        call = build_call(
            "GET",
            f"{path}.{format}",
            base_url=self._api.connection.base_url,
            params=_all_rows(asked, path),
            accept="*/*",
        )
        async with self._api.connection.stream(call) as (reply, pieces):
            error = error_of(reply)
            if error is not None:
                raise error
            first = await anext(pieces, b"")
            refusal = _refusal_in_text(reply, first)
            if refusal is not None:
                raise refusal
            yield _joined(first, pieces)


def _all_rows(params: Params, path: str) -> Params:
    """The parameters with which a format other than JSON has all rows: of line lists DHIS2 gives 50 by itself."""
    if "/query/" not in path:
        return params
    return {**params, "skipPaging": True} if isinstance(params, Mapping) else [*params, ("skipPaging", True)]


async def _joined(first: bytes, pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for piece in pieces:
        yield piece


def _refusal_in_text(reply: Reply, beginning: bytes) -> ConflictError | None:
    """The refusal that came as text with HTTP 200; its placeholders stay as DHIS2 left them."""
    found = _REFUSAL.match(beginning)
    if found is None or reply.media:
        return None
    text = beginning.decode("utf-8", "replace").strip()
    code, _, message = text.partition(": ")
    return ConflictError(
        f"DHIS2 refused {reply.asked} (HTTP {reply.status}, {code}): {message.rstrip('.')}.",
        method=reply.method,
        path=reply.path,
        status=reply.status,
        code=code,
        dhis2_message=message,
    )
