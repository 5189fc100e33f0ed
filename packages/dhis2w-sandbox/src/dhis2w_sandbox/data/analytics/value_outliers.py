"""`/api/outlierDetection`: stored values that are far from the others of their place, outside its limits, or no number.

Source: `OutlierDetectionController`, `ValidationOutlierDetectionRequest`, `ZscoreSqlStatementProcessor`,
`MinMaxSqlStatementProcessor` and `InvalidNumericPatternSqlStatementProcessor` of dhis2-core.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dhis2w_sandbox.call import SOURCE, Call, Reply
from dhis2w_sandbox.data.analytics.outlier_parameters import constant, decimal
from dhis2w_sandbox.data.analytics.query import refusal
from dhis2w_sandbox.data.analytics.spread import Spread, by_mean, by_median
from dhis2w_sandbox.data.entry_rules import EntryRules
from dhis2w_sandbox.data.min_max import MinMaxTable
from dhis2w_sandbox.data.parameters import day, listed, number
from dhis2w_sandbox.data.value_types import NUMERIC
from dhis2w_sandbox.data.values import DataValue, Key, Values, among
from dhis2w_sandbox.errors import Dhis2Refusal
from dhis2w_sandbox.metadata.csv_lists import cell
from dhis2w_sandbox.routing import Endpoints
from dhis2w_sandbox.server import stamp

Json = dict[str, Any]

endpoints = Endpoints()

ALGORITHMS = ("Z_SCORE", "MIN_MAX", "MOD_Z_SCORE", "INVALID_NUMERIC")
ORDERS = ("MEAN_ABS_DEV", "Z_SCORE")
MOST_RESULTS = 500
_COLUMNS = (
    *("de", "deName", "pe", "ou", "ouName", "coc", "cocName", "aoc", "lastUpdated", "value", "mean", "stdDev"),
    *("absDev", "zScore", "lowerBound", "upperBound", "aocName", "rawValue", "median", "followup"),
)
NO_UNIT = "At least one organisation unit must be specified"
"""The message of E2203, which Java's enum names by a constant."""
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)")
_MOST_DIGITS = 307


@dataclass(frozen=True)
class OutlierRequest:
    """What is asked for."""

    elements: list[str]
    units: list[str]
    start: datetime | None
    end: datetime | None
    data_start: datetime | None
    """From when on values count for the middle; None for the earliest."""
    data_end: datetime | None
    algorithm: str
    threshold: float
    order: str
    most: int


@endpoints.add("GET", "/api/outlierDetection", SOURCE, requires=["F_RUN_VALIDATION"], suffixes=["csv"])
def find_outliers(call: Call) -> Reply:
    """Find values that are unlike the others."""
    rules = EntryRules(call.server, call.user)
    request = _read(call, rules)
    _check(call, request)
    find = {"MIN_MAX": _outside_limits, "INVALID_NUMERIC": _no_numbers}.get(request.algorithm, _far_from_middle)
    found = find(call, rules, request)[: request.most]
    if call.suffix == "csv":
        return _as_csv(found)
    metadata: Json = {
        "algorithm": request.algorithm,
        "threshold": request.threshold,
        "dataStartDate": stamp(request.data_start) if request.data_start else None,
        "dataEndDate": stamp(request.data_end) if request.data_end else None,
        "orderBy": request.order,
        "maxResults": request.most,
        "count": len(found),
    }
    return Reply.json({"metadata": _present(metadata), "outlierValues": [_present(row) for row in found]})


def _as_csv(found: list[Json]) -> Reply:
    """The outliers below the names of all columns, as Jackson writes them."""
    rows = [[row.get(name) for name in _COLUMNS] for row in found]
    text = "".join(",".join(cell(value, ",") for value in row) + "\n" for row in [list(_COLUMNS), *rows])
    named = {"Content-Disposition": 'attachment; filename="outlierdata.csv"', "Cache-Control": "no-cache, private"}
    return Reply(200, text.encode(), "application/csv", named)


def _read(call: Call, rules: EntryRules) -> OutlierRequest:
    algorithm, order = constant(call, "algorithm", ALGORITHMS), constant(call, "orderBy", ORDERS)
    threshold, most = decimal(call, "threshold"), number(call, "maxResults")
    units = [unit for unit in listed(call, "ou") if rules.document("organisationUnit", unit)]
    return OutlierRequest(
        _elements(call, rules),
        units,
        day(call, "startDate"),
        day(call, "endDate"),
        day(call, "dataStartDate"),
        day(call, "dataEndDate"),
        algorithm or "Z_SCORE",
        3.0 if threshold is None else threshold,
        order or "MEAN_ABS_DEV",
        MOST_RESULTS if most is None else most,
    )


def _elements(call: Call, rules: EntryRules) -> list[str]:
    """The data elements that the user may see: those that are named, and the numeric ones of data sets."""
    sets = [found for uid in listed(call, "ds") if (found := _readable(rules, "dataSet", uid))]
    in_sets = [element for data_set in sets for element in rules.elements_of(data_set)]
    numeric = [uid for uid in in_sets if (rules.document("dataElement", uid) or {}).get("valueType") in NUMERIC]
    return [uid for uid in dict.fromkeys([*numeric, *listed(call, "dx")]) if _readable(rules, "dataElement", uid)]


def _readable(rules: EntryRules, type: str, uid: str) -> Json | None:
    document = rules.document(type, uid)
    return document if document and rules.can_read(type, document) else None


def _check(call: Call, request: OutlierRequest) -> None:
    """What cannot be answered: 409 with the first code that applies."""
    start, end, limit = request.start, request.end, int(call.server.setting("dataQualityMaxLimit", MOST_RESULTS))
    since, until = request.data_start, request.data_end
    checks: tuple[tuple[str, bool, tuple[Any, ...]], ...] = (
        ("E2200", not request.elements, ()),
        ("E2201", start is None or end is None, ()),
        ("E2202", start is not None and end is not None and start > end, ()),
        ("", not request.units, ()),
        ("E2204", request.threshold <= 0, ()),
        ("E2205", request.most <= 0, ()),
        ("E2206", request.most > limit, (limit,)),
        ("E2207", since is not None and until is not None and since > until, ()),
    )
    for code, wrong, args in checks:
        if wrong:
            raise refusal(call, code, *args) if code else Dhis2Refusal(409, NO_UNIT, "E2203")


def _values(
    rules: EntryRules, request: OutlierRequest, start: datetime | None, end: datetime | None
) -> list[DataValue]:
    """The values at and below the units, of periods between two days."""
    in_elements, args = among("element", request.elements)
    below = {unit for top in request.units for unit in rules.below(top)}
    in_units, units = among("unit", sorted(below))
    days = [start.date().isoformat() if start else "", end.date().isoformat() if end else "9999-12-31"]
    where = f"{in_elements} AND {in_units} AND first_day >= ? AND last_day <= ? AND deleted = 0 AND value IS NOT NULL"
    return list(Values(rules.server).select(where, [*args, *units, *days], "first_day, element, unit, combo"))


def _far_from_middle(call: Call, rules: EntryRules, request: OutlierRequest) -> list[Json]:
    modified = request.algorithm == "MOD_Z_SCORE"
    measured = _values(rules, request, request.data_start, request.data_end)
    measure: Callable[[Sequence[float]], Spread] = by_median if modified else by_mean
    numbers = _numbers(call, measured)
    by_place: dict[tuple[str, ...], list[float]] = {}
    for row in measured:
        by_place.setdefault(_place(row.key), []).append(numbers[row.key])
    known = {place: measure(found) for place, found in by_place.items()}
    rows = _values(rules, request, request.start, request.end)
    numbers |= _numbers(call, rows)
    found: list[tuple[float, Json]] = []
    for row in rows:
        spread, value = known.get(_place(row.key)), numbers[row.key]
        if spread is None or not spread.deviation or spread.score(value) < request.threshold:
            continue
        lower, upper = spread.bounds(request.threshold)
        more = {
            "value": value,
            "median" if modified else "mean": spread.middle,
            "stdDev": spread.deviation,
            "absDev": spread.distance(value),
            "zScore": spread.score(value),
            "lowerBound": lower,
            "upperBound": upper,
        }
        far = spread.score(value) if request.order == "Z_SCORE" else spread.distance(value)
        found.append((far, _row(rules, row) | more))
    return _furthest_first(found)


def _outside_limits(call: Call, rules: EntryRules, request: OutlierRequest) -> list[Json]:
    known = {(row.element, row.unit, row.combo): row for row in MinMaxTable(call.server).all()}
    rows = _values(rules, request, request.start, request.end)
    limited = [row for row in rows if (row.key.element, row.key.unit, row.key.combo) in known]
    numbers = _numbers(call, limited)
    found: list[tuple[float, Json]] = []
    for row in limited:
        limits, value = known[row.key.element, row.key.unit, row.key.combo], numbers[row.key]
        lower, upper = float(limits.min or 0), float(limits.max or 0)
        if lower <= value <= upper:
            continue
        far = min(abs(value - lower), abs(value - upper))
        more = {"value": value, "absDev": far, "lowerBound": lower, "upperBound": upper}
        found.append((far, _row(rules, row) | more))
    return _furthest_first(found)


def _no_numbers(call: Call, rules: EntryRules, request: OutlierRequest) -> list[Json]:
    del call
    rows = _values(rules, request, request.start, request.end)
    return [_row(rules, row) | {"rawValue": row.value} for row in rows if _is_odd(row.value or "")]


def _is_odd(text: str) -> bool:
    """Whether a value is not a number that the database would take."""
    trimmed = text.strip(" ")
    return not _NUMBER.fullmatch(trimmed) or len(trimmed.partition(".")[0]) > _MOST_DIGITS


def _numbers(call: Call, rows: Iterable[DataValue]) -> dict[Key, float]:
    """The values as numbers; 409 where one is none."""
    try:
        return {row.key: float(row.value or "") for row in rows}
    except ValueError as error:
        raise refusal(call, "E2208") from error


def _place(key: Key) -> tuple[str, ...]:
    return key.element, key.unit, key.combo, key.attribute


def _furthest_first(found: list[tuple[float, Json]]) -> list[Json]:
    return [row for _, row in sorted(found, key=lambda pair: -pair[0])]


def _row(rules: EntryRules, row: DataValue) -> Json:
    """What every outlier says of its place."""
    key = row.key
    found: Json = {"pe": key.period, "followup": bool(row.follow_up)}
    for name, type, uid in (
        ("de", "dataElement", key.element),
        ("ou", "organisationUnit", key.unit),
        ("coc", "categoryOptionCombo", key.combo),
        ("aoc", "categoryOptionCombo", key.attribute),
    ):
        found |= {name: uid, f"{name}Name": (rules.document(type, uid) or {}).get("name")}
    return found


def _present(row: Json) -> Json:
    return {name: value for name, value in row.items() if value is not None}
