"""`/api/analytics/outlierDetection`: values of the tables that are far from the others of their place.

Source: `AnalyticsOutlierDetectionController`, `OutlierQueryParser`, `OutlierRequestValidator`,
`AnalyticsOutlierService` of dhis2-core; E7180 is recorded in `data/analytics-errors`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from dhis2w_sandbox.call import SOURCE, Call, Reply
from dhis2w_sandbox.data.analytics.aggregation import as_number
from dhis2w_sandbox.data.analytics.grid import header, path_names
from dhis2w_sandbox.data.analytics.grid_files import SUFFIXES, as_page, grid_file, is_file
from dhis2w_sandbox.data.analytics.outlier_parameters import constant, decimal
from dhis2w_sandbox.data.analytics.query import Query, add_dimension, checked_refusal, refusal
from dhis2w_sandbox.data.analytics.spread import Spread, by_mean, by_median
from dhis2w_sandbox.data.analytics.tables import Fact, facts, numbers_by_place
from dhis2w_sandbox.data.entry_rules import EntryRules
from dhis2w_sandbox.data.identifiers import UID, name_in, read_scheme
from dhis2w_sandbox.data.parameters import day, listed, number
from dhis2w_sandbox.data.periods import Period
from dhis2w_sandbox.data.value_types import NUMERIC
from dhis2w_sandbox.errors import Dhis2Refusal
from dhis2w_sandbox.metadata.periods import period_name
from dhis2w_sandbox.routing import Endpoints

Json = dict[str, Any]

endpoints = Endpoints()

PATH = "/api/analytics/outlierDetection"
ALGORITHMS = ("Z_SCORE", "MIN_MAX", "MODIFIED_Z_SCORE")
ORDERS = {
    "zscore": "Z_SCORE",
    "modifiedzscore": "MODIFIED_Z_SCORE",
    "value": "VALUE",
    "median": "MEDIAN",
    "mean": "MEAN",
    "stddev": "STD_DEV",
    "medianabsdeviation": "MEDIAN_ABS_DEV",
    "absdev": "ABS_DEV",
    "lowerbound": "LOWER_BOUND",
    "upperbound": "UPPER_BOUND",
}
"""What rows are sorted by: the column, and what the answer calls it."""
MOST_RESULTS = 500
MOST_ROWS = 100_000
_TEXT_COLUMNS = {
    "dx": "Data",
    "dxname": "Data name",
    "pe": "Period",
    "pename": "Period name",
    "ou": "Organisation unit",
    "ouname": "Organisation unit name",
    "ounamehierarchy": "Organisation unit name hierarchy",
    "coc": "Category option combo",
    "cocname": "Category option combo name",
    "aoc": "Attribute option combo",
    "aocname": "Attribute option combo name",
}
_OF_MEAN = {"mean": "Mean", "stddev": "Standard deviation", "absdev": "Absolute deviation", "zscore": "Z-score"}
_OF_MEDIAN = {
    "median": "Median",
    "medianabsdeviation": "Median absolute deviation",
    "absdev": "Absolute deviation",
    "modifiedzscore": "Modified Z-score",
}
_BOUNDS = {"lowerbound": "Lower boundary", "upperbound": "Upper boundary"}
_UNKNOWN_ITEM = (
    'Cannot invoke "org.hisp.dhis.analytics.outlier.data.DataDimension.getCategoryOptionCombo()"'
    ' because the return value of "java.util.List.get(int)" is null'
)


@dataclass(frozen=True)
class OutlierRequest:
    """What is asked for."""

    items: list[tuple[str, str | None] | None]
    """Data elements with the option combo that alone counts, if any; None for one that nobody knows."""
    units: list[str]
    periods: list[Period]
    start: datetime | None
    end: datetime | None
    algorithm: str
    threshold: float
    order: str
    descending: bool
    most: int

    @property
    def is_modified(self) -> bool:
        """Whether the middle is the median."""
        return self.algorithm == "MODIFIED_Z_SCORE"

    @property
    def has_dates(self) -> bool:
        """Whether both days are given."""
        return self.start is not None and self.end is not None


@dataclass(frozen=True)
class Outlier:
    """A value with the spread of its place."""

    fact: Fact
    value: float
    spread: Spread
    bounds: tuple[float, float]

    def sorted_by(self, order: str) -> float:
        """What it has in the column of an order."""
        return {
            "VALUE": self.value,
            "ABS_DEV": self.spread.distance(self.value),
            "Z_SCORE": self.spread.score(self.value),
            "MODIFIED_Z_SCORE": self.spread.score(self.value),
            "MEAN": self.spread.middle,
            "MEDIAN": self.spread.middle,
            "STD_DEV": self.spread.deviation,
            "MEDIAN_ABS_DEV": self.spread.deviation,
            "LOWER_BOUND": self.bounds[0],
            "UPPER_BOUND": self.bounds[1],
        }[order]


@endpoints.add(
    "GET",
    PATH,
    SOURCE,
    requires=["F_RUN_VALIDATION"],
    suffixes=SUFFIXES,
)
def find_outliers(call: Call) -> Reply:
    """Find outliers; 409 where the tables were built without them."""
    if not call.server.configuration.read("analytics outliers", False):
        raise refusal(call, "E7180")
    rules = EntryRules(call.server, call.user)
    request = _read(call, rules)
    _check(call, request)
    found = _outliers(call, rules, request)
    headers = _headers(request)
    rows = [_row(call, rules, outlier) for outlier in found]
    if is_file(call):
        name = "outlierdata" if call.suffix == "csv" else None
        return grid_file(call, headers, rows, name=name, cached=False)
    shown = _picked(call, headers)
    places = [headers.index(row) for row in shown]
    metadata: Json = {
        "algorithm": request.algorithm,
        "threshold": request.threshold,
        "orderBy": request.order,
        "maxResults": request.most,
        "count": len(found),
    }
    answer: Json = {
        "headers": shown,
        "metaData": metadata,
        "rowContext": {},
        "rows": [[row[place] for place in places] for row in rows],
        "width": len(shown) if rows else 0,
        "height": len(rows),
        "headerWidth": len(shown),
    }
    return Reply.json(answer)


@endpoints.add("GET", f"{PATH}.html", SOURCE, requires=["F_RUN_VALIDATION"], suffixes="*")
@endpoints.add("GET", f"{PATH}.html+css", SOURCE, requires=["F_RUN_VALIDATION"], suffixes="*")
def page_of_outliers(call: Call) -> Reply:
    """Find outliers, as a page."""
    return find_outliers(as_page(call))


def _read(call: Call, rules: EntryRules) -> OutlierRequest:
    algorithm, sort = constant(call, "algorithm", ALGORITHMS), constant(call, "sortOrder", ("ASC", "DESC"))
    threshold, most = decimal(call, "threshold"), number(call, "maxResults")
    start, end = day(call, "startDate"), day(call, "endDate")
    items = _items(call, rules)
    return OutlierRequest(
        items,
        _units(call, rules),
        _periods(call, rules),
        start,
        end,
        algorithm or "Z_SCORE",
        3.0 if threshold is None else threshold,
        _order(call),
        sort != "ASC",
        MOST_RESULTS if most is None else most,
    )


def _items(call: Call, rules: EntryRules) -> list[tuple[str, str | None] | None]:
    """The data elements of data sets that are numbers, then what is named."""
    sets = [found for uid in listed(call, "ds") if (found := _readable(rules, "dataSet", uid))]
    in_sets = dict.fromkeys(element for data_set in sets for element in rules.elements_of(data_set))
    documents = [found for uid in in_sets if (found := _readable(rules, "dataElement", uid))]
    items: list[tuple[str, str | None] | None] = [
        (document["id"], None) for document in documents if document["valueType"] in NUMERIC
    ]
    for name in listed(call, "dx"):
        element, *rest = name.split(".")
        combo = rest[0] if len(rest) == 1 and rules.document("categoryOptionCombo", rest[0]) else None
        items.append((element, combo) if _readable(rules, "dataElement", element) else None)
    return items


def _readable(rules: EntryRules, type: str, uid: str) -> Json | None:
    document = rules.document(type, uid)
    return document if document and rules.can_read(type, document) else None


def _units(call: Call, rules: EntryRules) -> list[str]:
    """The units that are asked for, as far as they are the user's; the user's own where none is."""
    document = call.user.document
    mine = [row["id"] for row in document.get("organisationUnits") or document.get("dataViewOrganisationUnits") or ()]
    if not mine:
        raise refusal(call, "E7622", call.user.username)
    asked = listed(call, "ou")
    if not asked:
        return mine
    query = _query_of(call, rules, "ou", asked)
    units = [unit for unit in query.units if rules.is_below(unit, set(mine))]
    if not units:
        raise refusal(call, "E7617", ",".join(asked), call.user.username)
    return units


def _periods(call: Call, rules: EntryRules) -> list[Period]:
    text = call.param("pe")
    return _query_of(call, rules, "pe", [text]).periods if text and text.strip() else []


def _query_of(call: Call, rules: EntryRules, dimension: str, items: list[str]) -> Query:
    """A query of one dimension, by which units and periods are read as in any other."""
    query = Query([], [], [], [], None, None, None)
    add_dimension(call, rules, query, f"{dimension}:{';'.join(items)}", is_filter=False)
    return query


def _order(call: Call) -> str:
    text = call.param("orderBy")
    if text is None:
        return "ABS_DEV"
    if text.lower() not in ORDERS:
        raise refusal(call, "E7181", text)
    return ORDERS[text.lower()]


def _check(call: Call, request: OutlierRequest) -> None:
    """What cannot be answered: 409 with the first code that applies."""
    limit = int(call.server.setting("analyticsMaxLimit", MOST_ROWS))
    dates, periods = request.has_dates, bool(request.periods)
    of_other = {"MODIFIED_Z_SCORE": ("Z_SCORE", "MEAN", "STD_DEV")}
    of_other["Z_SCORE"] = ("MODIFIED_Z_SCORE", "MEDIAN", "MEDIAN_ABS_DEV")
    checks: tuple[tuple[str, bool, tuple[Any, ...]], ...] = (
        ("E2200", not request.items, ()),
        ("E2201", not dates and not periods, ()),
        ("E2212", dates and periods, ()),
        ("E2202", request.start is not None and request.end is not None and request.start > request.end, ()),
        ("E2204", request.threshold <= 0, ()),
        ("E2205", request.most <= 0, ()),
        ("E2206", request.most > limit, (limit,)),
        ("E2213", request.order in of_other.get(request.algorithm, ()), (request.algorithm,)),
        ("E2209", day(call, "dataStartDate") is not None, ()),
        ("E2210", day(call, "dataEndDate") is not None, ()),
        ("E2211", request.algorithm == "MIN_MAX", ()),
    )
    for code, wrong, args in checks:
        if wrong:
            raise refusal(call, code, *args)


def _outliers(call: Call, rules: EntryRules, request: OutlierRequest) -> list[Outlier]:
    """What is further from its middle than the threshold; the middle is that of all values of its place."""
    items = [item for item in request.items if item is not None]
    if len(items) < len(request.items):
        raise Dhis2Refusal(500, _UNKNOWN_ITEM)
    elements = {element for element, _ in items}
    measure = by_median if request.is_modified else by_mean
    known = {place: measure(numbers) for place, numbers in numbers_by_place(call.server, elements).items()}
    found: list[Outlier] = []
    for row in facts(call.server, elements):
        spread, value = known.get(_place(row)), as_number(row.value)
        asked = any(row.element == element and combo in {None, row.combo} for element, combo in items)
        if spread is None or value is None or not asked or not _is_within(rules, request, row):
            continue
        if spread.score(value) > request.threshold:
            found.append(Outlier(row, value, spread, spread.bounds(request.threshold)))
    found.sort(key=lambda outlier: outlier.sorted_by(request.order), reverse=request.descending)
    return found[: request.most]


def _place(fact: Fact) -> tuple[str, str, str, str]:
    return fact.element, fact.unit, fact.combo, fact.attribute


def _is_within(rules: EntryRules, request: OutlierRequest, fact: Fact) -> bool:
    spans = [(period.start.isoformat(), period.end.isoformat()) for period in request.periods]
    if request.start is not None and request.end is not None:
        spans = [(request.start.date().isoformat(), request.end.date().isoformat())]
    dated = any(first <= fact.first_day and fact.last_day <= last for first, last in spans)
    return dated and rules.is_below(fact.unit, set(request.units))


def _headers(request: OutlierRequest) -> list[Json]:
    texts = [header(name, title) for name, title in _TEXT_COLUMNS.items()]
    measured = _OF_MEDIAN if request.is_modified else _OF_MEAN
    numbers = {"value": "Value", **measured, **_BOUNDS}
    found = texts + [header(name, title, number=True) for name, title in numbers.items()]
    return [{**row, "meta": False} for row in found]


def _row(call: Call, rules: EntryRules, outlier: Outlier) -> list[str]:
    """The cells; numbers rounded to two decimals if not told otherwise."""
    fact, spread = outlier.fact, outlier.spread
    naming = _naming(call, rules)
    lower, upper = outlier.bounds
    measured = (spread.middle, spread.deviation, spread.distance(outlier.value), spread.score(outlier.value))
    places = 10 if call.flag("skipRounding") else 2
    return [
        *naming("dataElement", fact.element),
        fact.period,
        period_name(fact.period),
        *naming("organisationUnit", fact.unit),
        path_names(rules, fact.unit, " / "),
        *naming("categoryOptionCombo", fact.combo),
        *naming("categoryOptionCombo", fact.attribute),
        str(outlier.value),
        *(_rounded(number, places) for number in (*measured, lower, upper)),
    ]


def _naming(call: Call, rules: EntryRules) -> Callable[[str, str], tuple[str, str]]:
    """How an object is shown: by the scheme that is asked for, and by name."""
    scheme = read_scheme(call.param("outputIdScheme") or "UID") or UID

    def name(type: str, uid: str) -> tuple[str, str]:
        document = rules.document(type, uid) or {}
        shown = uid if scheme == UID else name_in(scheme, document) or ""
        return shown, document.get("name", uid)

    return name


def _rounded(number: float, places: int) -> str:
    return str(float(Decimal(str(number)).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)))


def _picked(call: Call, headers: list[Json]) -> list[Json]:
    """The columns that `headers` names, in its order."""
    by_name = {row["name"]: row for row in headers}
    names = listed(call, "headers")
    unknown = next((name for name in names if name not in by_name), None)
    if unknown is not None:
        raise checked_refusal(call, "E7230", unknown)
    return [by_name[name] for name in names] or headers
