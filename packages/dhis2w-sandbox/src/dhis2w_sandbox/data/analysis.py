"""`/api/dataAnalysis`: stored values that are marked for follow-up, or that are unlike the others.

Source: `DataAnalysisController`, `DefaultFollowupAnalysisService`, `StdDevOutlierAnalysisService` and
`MinMaxOutlierAnalysisService` of dhis2-core; recordings `data/entry-extras`.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from dhis2w_sandbox.bodies import json_object
from dhis2w_sandbox.call import RECORDED, Call, Reply
from dhis2w_sandbox.data.entry_rules import EntryRules
from dhis2w_sandbox.data.min_max import MinMaxTable
from dhis2w_sandbox.data.parameters import day, listed
from dhis2w_sandbox.data.periods import Period
from dhis2w_sandbox.data.value_types import NUMERIC
from dhis2w_sandbox.data.values import DataValue, Key, Values, among
from dhis2w_sandbox.errors import Dhis2Refusal, message
from dhis2w_sandbox.metadata.periods import period_name
from dhis2w_sandbox.metadata.units import lineage
from dhis2w_sandbox.routing import Endpoints

Json = dict[str, Any]
Limits = tuple[int, int]

endpoints = Endpoints()

MOST_RESULTS = 50


def _selected(rules: EntryRules, elements: Iterable[str], unit: str, start: datetime, end: datetime) -> list[DataValue]:
    """The values of elements at and below a unit, of periods between two days."""
    in_elements, args = among("element", elements)
    in_units, units = among("unit", sorted(rules.below(unit)))
    where = f"{in_elements} AND {in_units} AND first_day >= ? AND last_day <= ? AND deleted = 0"
    days = [start.date().isoformat(), end.date().isoformat()]
    return list(Values(rules.server).select(where, [*args, *units, *days], "first_day, element, unit, combo"))


def _numeric(rules: EntryRules, data_sets: Iterable[str]) -> list[str]:
    """The elements of data sets whose values are numbers."""
    sets = (rules.document("dataSet", uid) or {} for uid in data_sets)
    elements = dict.fromkeys(element for data_set in sets for element in rules.elements_of(data_set))
    return [uid for uid in elements if (rules.document("dataElement", uid) or {}).get("valueType") in NUMERIC]


@endpoints.add("GET", "/api/dataAnalysis/followup", RECORDED)
def marked_values(call: Call) -> Reply:
    """List the values that are marked for follow-up."""
    rules = EntryRules(call.server, call.user)
    elements = [*listed(call, "de"), *_numeric(rules, listed(call, "ds"))]
    if not elements:
        raise _refusal(call, "E2300")
    start, end = day(call, "startDate"), day(call, "endDate")
    if start is None or end is None:
        raise _refusal(call, "E2301")
    units = listed(call, "ou")
    rows = [row for unit in units for row in _selected(rules, elements, unit, start, end) if row.follow_up]
    limits = {(row.element, row.unit, row.combo): (row.min, row.max) for row in MinMaxTable(call.server).all()}
    combos = dict.fromkeys(
        combo
        for element in elements
        for name in sorted(rules.category_combos(rules.document("dataElement", element) or {"id": element}))
        for combo in rules.combos_of(name)
    )
    metadata = {
        "de": elements,
        "coc": list(combos),
        "ou": units,
        "startDate": f"{start.date().isoformat()}T00:00:00.000",
        "endDate": f"{end.date().isoformat()}T00:00:00.000",
        "maxResults": MOST_RESULTS,
    }
    found = [_marked(rules, row, limits.get((row.key.element, row.key.unit, row.key.combo))) for row in rows]
    return Reply.json({"metadata": metadata, "followupValues": found[:MOST_RESULTS]})


def _marked(rules: EntryRules, row: DataValue, limits: tuple[int | None, int | None] | None) -> Json:
    key = row.key
    period = rules.period(key.period)
    unit = rules.document("organisationUnit", key.unit) or {"id": key.unit}
    found: Json = {
        "de": key.element,
        "deName": _name(rules, "dataElement", key.element),
        "peType": period.type.name if period else None,
        "peStartDate": f"{period.start.isoformat()}T00:00:00.000" if period else None,
        "peEndDate": f"{period.end.isoformat()}T00:00:00.000" if period else None,
        "peName": period_name(key.period),
        "ou": key.unit,
        "ouName": unit.get("name"),
        "ouPath": "".join(f"/{uid}" for uid in lineage(rules.store, unit)),
        "coc": key.combo,
        "cocName": _name(rules, "categoryOptionCombo", key.combo),
        "aoc": key.attribute,
        "aocName": _name(rules, "categoryOptionCombo", key.attribute),
        "value": row.value,
        "comment": row.comment,
        "storedBy": row.stored_by,
        "lastUpdated": row.last_updated,
        "created": row.created,
        "min": limits[0] if limits else None,
        "max": limits[1] if limits else None,
        "pe": key.period,
    }
    return {name: value for name, value in found.items() if value is not None}


@endpoints.add("POST", "/api/dataAnalysis/minMaxOutlier", RECORDED)
def outside_limits(call: Call) -> Reply:
    """List the values outside their min-max values."""
    known = {
        (row.element, row.unit, row.combo): (row.min, row.max)
        for row in MinMaxTable(call.server).all()
        if row.min is not None and row.max is not None
    }
    return _outliers(call, lambda key, _: known.get((key.element, key.unit, key.combo)))


@endpoints.add("POST", "/api/dataAnalysis/stdDevOutlier", RECORDED)
def far_from_mean(call: Call) -> Reply:
    """List the values that are so many standard deviations from the mean of their element, unit and combo."""
    factor = float(json_object(call).get("standardDeviation") or 1)

    def limits(key: Key, values: list[float]) -> Limits | None:
        del key
        if len(values) < 2:
            return None
        mean, deviation = statistics.fmean(values), statistics.pstdev(values)
        return math.floor(mean - factor * deviation), math.ceil(mean + factor * deviation)

    return _outliers(call, limits)


def _outliers(call: Call, limits_of: Callable[[Key, list[float]], Limits | None]) -> Reply:
    rules = EntryRules(call.server, call.user)
    body = json_object(call)
    start, end = (datetime.fromisoformat(body[name]) for name in ("startDate", "endDate"))
    rows = _selected(rules, _numeric(rules, body.get("ds") or ()), body["ou"], start, end)
    numbers: dict[tuple[str, str, str], list[float]] = {}
    for row in rows:
        numbers.setdefault((row.key.element, row.key.unit, row.key.combo), []).append(float(row.value or 0))
    found: list[Json] = []
    for row in rows:
        limits = limits_of(row.key, numbers[row.key.element, row.key.unit, row.key.combo])
        if limits is not None and not limits[0] <= float(row.value or 0) <= limits[1]:
            found.append(_outlier(rules, row, limits))
    return Reply.json(found)


def _outlier(rules: EntryRules, row: DataValue, limits: Limits) -> Json:
    key = row.key
    period = rules.period(key.period)
    return {
        "dataElementId": _number(rules, "dataElement", key.element),
        "periodId": period.start.toordinal() if period else 0,
        "sourceId": _number(rules, "organisationUnit", key.unit),
        "categoryOptionComboId": _number(rules, "categoryOptionCombo", key.combo),
        "attributeOptionComboId": _number(rules, "categoryOptionCombo", key.attribute),
        "value": row.value,
        "followup": bool(row.follow_up),
        "deleted": False,
        "min": limits[0],
        "max": limits[1],
        "dataElementName": _name(rules, "dataElement", key.element),
        "period": _period_json(rules, period) if period else {"id": key.period},
        "sourceName": _name(rules, "organisationUnit", key.unit),
        "categoryOptionComboName": _name(rules, "categoryOptionCombo", key.combo),
    }


def _period_json(rules: EntryRules, period: Period) -> Json:
    """A period in full, as 41 and 42 write it; newer ones write its identifier."""
    if not rules.server.behaviour.names_periods:
        return {"id": period.iso}
    name = period_name(period.iso)
    return {
        "code": period.iso,
        "name": name,
        "translations": [],
        "favorites": [],
        "sharing": {"external": False, "users": {}, "userGroups": {}},
        "shortName": period.iso,
        "dimensionItemType": "PERIOD",
        "legendSets": [],
        "periodType": period.type.name,
        "startDate": f"{period.start.isoformat()}T00:00:00.000",
        "endDate": f"{period.end.isoformat()}T00:00:00.000",
        "dimensionItem": period.iso,
        "displayShortName": period.iso,
        "displayName": name,
        "favorite": False,
        "displayFormName": name,
        "id": period.iso,
        "attributeValues": [],
    }


def _name(rules: EntryRules, type: str, uid: str) -> str | None:
    return (rules.document(type, uid) or {}).get("name")


def _number(rules: EntryRules, type: str, uid: str) -> int:
    """The number under which the database keeps an object."""
    row = rules.store.sql.execute("SELECT number FROM object WHERE type = ? AND uid = ?", (type, uid)).fetchone()
    return row[0] if row else 0


def _refusal(call: Call, code: str) -> Dhis2Refusal:
    return Dhis2Refusal(409, message(call.server.version, code), code)
