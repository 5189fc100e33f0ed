"""`AnalyticsQuery`: what is asked of analytics, with the checks that need no server.

Source: `AggregateAnalyticsQueryCriteria`, `DefaultDataQueryService`; "Analytics" in DHIS2's developer guide.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Literal, TypeAlias, cast

from dhis2w_client.errors import InvalidRequestError
from dhis2w_client.periods import Period
from dhis2w_client.periods.day_text import day_text

if TYPE_CHECKING:
    from dhis2w_client.call import ParamValue

DimensionItems: TypeAlias = "str | Period | Sequence[str | Period] | None"
"""Items of a dimension: one, several, or None for all that the user may see."""
ITEMS = (str, int, Period)
"""What an item can be: years and months are easily numbers."""
Scheme: TypeAlias = Literal["UID", "CODE", "NAME"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalyticsQuery:
    """A query of aggregate analytics.

    ```python
    AnalyticsQuery(dx=["fbfJHSPpUQD"], pe="LAST_12_MONTHS", ou=["USER_ORGUNIT", "LEVEL-2"])
    ```

    `dx`, `pe` and `ou` are dimensions, whose items the rows are for; what stands in `filters` is added up.
    """

    dx: DimensionItems = None
    """Data: UIDs of data elements, indicators, program indicators, `element.combo`, `dataSet.REPORTING_RATE`."""
    pe: DimensionItems = None
    """Periods: `202401`, `LAST_12_MONTHS`."""
    ou: DimensionItems = None
    """Organisation units: UIDs, `USER_ORGUNIT`, `LEVEL-2`, `OU_GROUP-uid`."""
    dimensions: Mapping[str, DimensionItems] = field(default_factory=dict[str, DimensionItems])
    """Further dimensions with their items: `co`, `ao`, UIDs of categories and group sets; None is all items."""
    filters: Mapping[str, DimensionItems] = field(default_factory=dict[str, DimensionItems])
    """What to add up over: `{"ou": "ImspTQPwCqd"}`."""
    start: date | None = None
    """First day, in place of periods."""
    end: date | None = None
    """Last day, in place of periods."""
    aggregation_type: str | None = None
    """`SUM`, `AVERAGE`, `COUNT`, … in place of that of each data element."""
    measure_criteria: str | None = None
    """Which values to give: `GE:10;LT:50`."""
    order: Literal["ASC", "DESC"] | None = None
    """Order by value. Default: none that is promised."""
    skip_rounding: bool = False
    """Give values as they were worked out."""
    skip_meta: bool = False
    """Leave names and dimensions out; then nothing tells which items DHIS2 dropped."""
    skip_data: bool = False
    """Give no rows: what the query would be about. Works before the tables were ever built."""
    num_den: bool = False
    """Give numerator, denominator, factor, multiplier and divisor of indicators."""
    details: bool = False
    """Give all of each item: `uid`, `code`, value and aggregation type."""
    hierarchy: bool = False
    """Give the place of each organisation unit."""
    completed_only: bool = False
    """Only data whose data set was completed."""
    ignore_limit: bool = False
    """Give more rows than the instance wants to give at once (100,000 by default)."""
    output_scheme: Scheme | None = None
    """Codes or names in the rows in place of UIDs."""
    relative_period_date: date | None = None
    """The day that relative periods are counted from. Default: today."""
    params: Mapping[str, ParamValue] = field(default_factory=dict[str, "ParamValue"])
    """Further parameters as DHIS2 has them."""

    def asked(self) -> dict[str, tuple[str, ...]]:
        """The dimensions and their items; none where all are wanted."""
        named = {"dx": self.dx, "pe": self.pe, "ou": self.ou}
        return {key: items_of(items) for key, items in named.items() if items} | {
            key: items_of(items) for key, items in self.dimensions.items()
        }

    def query_params(self) -> list[tuple[str, ParamValue]]:
        """The query parameters.

        Raises:
            InvalidRequestError: DHIS2 would refuse the query, or answer something else than is meant.
        """
        dimensions, filters = self.asked(), {key: items_of(items) for key, items in self.filters.items()}
        _check_dimensions(dimensions, filters)
        check_time("pe" in dimensions or "pe" in filters, self.start, self.end)
        if self.skip_meta and self.output_scheme:
            raise InvalidRequestError("DHIS2 does not heed output_scheme beside skip_meta, and gives UIDs.")
        return [
            *(("dimension", _text(*each)) for each in dimensions.items()),
            *(("filter", _text(*each)) for each in filters.items()),
            ("startDate", self.start and day_text(self.start)),
            ("endDate", self.end and day_text(self.end)),
            ("aggregationType", self.aggregation_type),
            ("measureCriteria", self.measure_criteria),
            ("order", self.order),
            ("skipRounding", self.skip_rounding or None),
            ("skipMeta", self.skip_meta or None),
            ("skipData", self.skip_data or None),
            ("includeNumDen", self.num_den or None),
            ("includeMetadataDetails", self.details or None),
            ("hierarchyMeta", self.hierarchy or None),
            ("showHierarchy", self.hierarchy or None),
            ("completedOnly", self.completed_only or None),
            ("ignoreLimit", self.ignore_limit or None),
            ("outputIdScheme", self.output_scheme),
            ("relativePeriodDate", self.relative_period_date and day_text(self.relative_period_date)),
            *self.params.items(),
        ]


def items_of(items: DimensionItems) -> tuple[str, ...]:
    """Items as a tuple of texts, each once.

    Raises:
        InvalidRequestError: One is neither a text nor a period.
    """
    if items is None:
        return ()
    given: object = (items,) if isinstance(items, ITEMS) else items
    if not isinstance(given, Collection):  # pyright: ignore[reportUnnecessaryIsInstance] # an iterator would be empty the second time
        raise InvalidRequestError(f"The items of a dimension are a list of texts; not {items!r:.40}.")
    return tuple(dict.fromkeys(map(_item_text, cast("Collection[object]", given))))


def _item_text(item: object) -> str:
    if not isinstance(item, ITEMS):
        raise InvalidRequestError(f"An item of a dimension is a text, or a period; not {item!r:.40}.")
    return str(item)


def _text(name: str, items: tuple[str, ...]) -> str:
    return f"{name}:{';'.join(items)}" if items else name


def _check_dimensions(dimensions: Mapping[str, tuple[str, ...]], filters: Mapping[str, tuple[str, ...]]) -> None:
    if not dimensions:
        raise InvalidRequestError("A query needs a dimension, such as dx, pe or ou (E7101).")
    both = sorted(set(dimensions) & set(filters))
    if both:
        raise InvalidRequestError(f"{both[0]} cannot be a dimension and a filter at once (E7103).")
    for name, items in (*dimensions.items(), *filters.items()):
        torn = next((item for item in items if not item or set(item) & set(",")), None)
        if torn is not None:
            raise InvalidRequestError(f"The dimension {name!r} has an item {torn!r}, which DHIS2 would take apart.")


def check_time(has_periods: bool, start: date | None, end: date | None) -> None:
    """Refuse a query without a time, or with two.

    Raises:
        InvalidRequestError: As said.
    """
    if has_periods and (start or end):
        raise InvalidRequestError("Give periods, or start and end; not both (E7105).")
    if not has_periods and not (start and end):
        raise InvalidRequestError("A query needs periods, or start and end (E7146).")
    if start and end and day_text(start) > day_text(end):
        raise InvalidRequestError(f"The start {start} is after the end {end} (E7106).")
