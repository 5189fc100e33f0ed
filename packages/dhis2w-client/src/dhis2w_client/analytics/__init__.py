"""Analytics: queries, and their results as rows, columns and frames. `client.analytics` is the `AnalyticsService`."""

from __future__ import annotations

from dhis2w_client._lazy import lazy_names

TYPE_CHECKING = False  # as `typing` has it; importing `typing` takes longer than everything else here

if TYPE_CHECKING:
    from dhis2w_client.analytics.errors import (
        AnalyticsWarning,
        MissingExtraError,
        NoOutputPeriodsWarning,
        NotSplittableError,
    )
    from dhis2w_client.analytics.grid import Grid, GridHeader
    from dhis2w_client.analytics.line_list import LineListQuery, LineListService
    from dhis2w_client.analytics.query import AnalyticsQuery
    from dhis2w_client.analytics.service import AnalyticsService
    from dhis2w_client.errors import DroppedItemsWarning

HOMES = {
    name: f"dhis2w_client.analytics.{module}"
    for module, names in {
        "errors": (
            "AnalyticsWarning",
            "MissingExtraError",
            "NotSplittableError",
            "NoOutputPeriodsWarning",
        ),
        "grid": ("Grid", "GridHeader"),
        "line_list": ("LineListQuery", "LineListService"),
        "query": ("AnalyticsQuery",),
        "service": ("AnalyticsService",),
    }.items()
    for name in names
} | {"DroppedItemsWarning": "dhis2w_client.errors"}
"""The module that defines each name."""

__all__ = [
    "AnalyticsQuery",
    "AnalyticsService",
    "AnalyticsWarning",
    "DroppedItemsWarning",
    "Grid",
    "GridHeader",
    "LineListQuery",
    "LineListService",
    "MissingExtraError",
    "NoOutputPeriodsWarning",
    "NotSplittableError",
]


__getattr__, __dir__ = lazy_names(__name__, HOMES)
