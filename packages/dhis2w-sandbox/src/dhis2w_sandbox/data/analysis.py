"""`/api/dataAnalysis`: stored values that are marked for follow-up, or that are unlike the others.

What a `POST` asks for is looked for at the unit itself, not below it.
Source: `DataAnalysisController`, `DefaultFollowupAnalysisService`, `FollowupValueManager`, `JdbcDataAnalysisStore`,
`StdDevOutlierAnalysisService` and `MinMaxOutlierAnalysisService` of dhis2-core; recordings `data/entry-extras`.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from dhis2w_sandbox.call import RECORDED, SOURCE, Call, Reply
from dhis2w_sandbox.data.entry_rules import EntryRules
from dhis2w_sandbox.data.min_max import MinMaxTable
from dhis2w_sandbox.data.parameters import (
    day,
    listed,
    number,
    sent_day,
    sent_number,
    sent_objects,
    sent_text,
    sent_texts,
)
from dhis2w_sandbox.data.periods import Period
from dhis2w_sandbox.data.value_types import NUMERIC
from dhis2w_sandbox.data.values import DataValue, Key, Values, among
from dhis2w_sandbox.documents import linked
from dhis2w_sandbox.errors import Dhis2Refusal, message
from dhis2w_sandbox.metadata.periods import period_name
from dhis2w_sandbox.metadata.units import lineage
from dhis2w_sandbox.routing import Endpoints
from dhis2w_sandbox.server import Server
from dhis2w_sandbox.services.differences import differences

Json = dict[str, Any]
Limits = tuple[int, int]
Place = tuple[str, str, str]
"""Data element, unit and category option combo."""

endpoints = Endpoints()

_MAY = ["F_RUN_VALIDATION"]
_FEW_RESULTS, _MOST_RESULTS = 50, 10_000
_MOST_OUTLIERS = 500
_NO_UNIT = "At least one organisation unit must be specified"
_YEARS_BEFORE = 2
"""How long before the first day of an analysis values begin to count for the mean."""


# Marked for follow-up, as the data quality app lists them


@endpoints.add("GET", "/api/dataAnalysis/followup", RECORDED, requires=_MAY)
def marked_values(call: Call) -> Reply:
    """List the values at and below units that are marked for follow-up."""
    rules = EntryRules(call.server, call.user)
    units = listed(call, "ou")
    start, end = day(call, "startDate"), day(call, "endDate")
    most = _checked_limit(call, start, end)
    first, last = _span(call, rules, start, end)
    elements = listed(call, "de") or _numeric(rules, listed(call, "ds"))
    combos = listed(call, "coc") or _combos_of_elements(rules, elements)
    rows = _marked_below(rules, units, elements, combos, (first, last)) if elements and combos else []
    limits = _all_limits(call.server)
    metadata = {
        "de": elements,
        "coc": combos,
        "ou": units,
        "startDate": f"{first.isoformat()}T00:00:00.000",
        "endDate": f"{last.isoformat()}T00:00:00.000",
        "maxResults": most,
    }
    found = [_marked(rules, row, limits.get(_place(row.key))) for row in rows[:most]]
    return Reply.json({"metadata": metadata, "followupValues": found})


def _checked_limit(call: Call, start: datetime | None, end: datetime | None) -> int:
    """How many values are wanted; 409 where something is missing or makes no sense, in DHIS2's order."""
    given = number(call, "maxResults")
    most = _FEW_RESULTS if given is None else given
    checks = (
        ("E2300", not listed(call, "de") and not listed(call, "ds")),
        ("E2203", not listed(call, "ou")),
        ("E2301", (start is None or end is None) and not call.param("pe")),
        ("E2202", start is not None and end is not None and start >= end),
        ("E2205", most <= 0),
        ("E2206", most > _MOST_RESULTS),
    )
    code = next((code for code, refused in checks if refused), None)
    if code is not None:
        text = _NO_UNIT if code == "E2203" else message(call.server.version, code, _MOST_RESULTS)
        raise Dhis2Refusal(409, text, code)
    return most


def _span(call: Call, rules: EntryRules, start: datetime | None, end: datetime | None) -> tuple[date, date]:
    """The days between which a value's period must lie: those that are given, otherwise those of the period `pe`."""
    if start is not None and end is not None:
        return start.date(), end.date()
    period = rules.period(call.param("pe"))
    if period is None:
        raise Dhis2Refusal(
            500,
            'Cannot invoke "org.hisp.dhis.period.Period.getStartDate()" because the return value of'
            ' "org.hisp.dhis.period.PeriodType.getPeriodFromIsoString(String)" is null',
        )
    return start.date() if start else period.start, end.date() if end else period.end


def _combos_of_elements(rules: EntryRules, elements: Iterable[str]) -> list[str]:
    """The option combos of the elements' own category combos."""
    own = {linked(rules.document("dataElement", uid) or {}, "categoryCombo") for uid in elements}
    return [row["id"] for row in rules.store.all("categoryOptionCombo") if linked(row, "categoryCombo") in own]


def _numeric(rules: EntryRules, data_sets: Iterable[str]) -> list[str]:
    """The elements of data sets whose values are numbers."""
    sets = (rules.document("dataSet", uid) or {} for uid in data_sets)
    elements = dict.fromkeys(element for data_set in sets for element in rules.elements_of(data_set))
    return [uid for uid in elements if (rules.document("dataElement", uid) or {}).get("valueType") in NUMERIC]


def _marked_below(
    rules: EntryRules,
    units: Iterable[str],
    elements: Iterable[str],
    combos: Iterable[str],
    span: tuple[date, date],
) -> list[DataValue]:
    below = {place for unit in units for place in rules.below(unit)}
    seen = {
        uid for uid in elements if (row := rules.document("dataElement", uid)) and rules.can_read("dataElement", row)
    }
    return [row for row in _selected(rules, sorted(seen), below, set(combos), span) if row.follow_up]


def _selected(
    rules: EntryRules, elements: Iterable[str], units: Iterable[str], combos: Collection[str], span: tuple[date, date]
) -> list[DataValue]:
    """The values of elements and combos at units, of periods between two days."""
    (in_elements, args), (in_units, places) = among("element", elements), among("unit", sorted(units))
    where = f"{in_elements} AND {in_units} AND first_day >= ? AND last_day <= ? AND deleted = 0"
    days = [day.isoformat() for day in span]
    rows = Values(rules.server).select(where, [*args, *places, *days], "first_day, element, unit, combo")
    return [row for row in rows if row.key.combo in combos]


def _place(key: Key) -> Place:
    return key.element, key.unit, key.combo


def _all_limits(server: Server) -> dict[Place, Limits]:
    """The min-max values by place."""
    rows = MinMaxTable(server).all()
    return {
        (row.element or "", row.unit or "", row.combo or ""): (row.min, row.max)
        for row in rows
        if row.min is not None and row.max is not None
    }


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


# Outliers, and marks as the old app lists them


@dataclass(frozen=True)
class _Question:
    """What the body of an analysis asks for."""

    unit: str
    elements: list[str]
    """Those of the data sets whose values are numbers."""
    combos: frozenset[str]
    span: tuple[date, date]


@endpoints.add("POST", "/api/dataAnalysis/minMaxOutlier", RECORDED, requires=_MAY)
def outside_limits(call: Call) -> Reply:
    """List the values outside their min-max values."""
    return _outliers(call, _question(call), _all_limits(call.server))


@endpoints.add("POST", "/api/dataAnalysis/stdDevOutlier", RECORDED, requires=_MAY)
def far_from_mean(call: Call) -> Reply:
    """List the values that are so many standard deviations from the mean of their element, unit and combo."""
    question = _question(call, needs_sets=True)
    factor = sent_number(call, "standardDeviation")
    if question is None or factor is None:
        return Reply.json([])
    first = question.span[0]
    begin = first.replace(year=first.year - _YEARS_BEFORE, day=min(first.day, 28) if first.month == 2 else first.day)
    rules = EntryRules(call.server, call.user)
    numbers: dict[Place, list[float]] = {}
    for row in _selected(rules, question.elements, [question.unit], question.combos, (begin, date.max)):
        if row.value:
            numbers.setdefault(_place(row.key), []).append(float(row.value))
    limits: dict[Place, Limits] = {}
    for place, values in numbers.items():
        mean, deviation = statistics.fmean(values), statistics.pstdev(values)
        if deviation:
            limits[place] = _rounded(mean - factor * deviation), _rounded(mean + factor * deviation)
    return _outliers(call, question, limits)


def _rounded(value: float) -> int:
    """As Java rounds."""
    return math.floor(value + 0.5)


@endpoints.add("POST", "/api/dataAnalysis/followup", SOURCE, requires=_MAY)
def marked_at_unit(call: Call) -> Reply:
    """List the values at a unit that are marked for follow-up, with their min-max values, or 0 where there are none."""
    question = _question(call)
    if question is None:
        return Reply.json([])
    rules, limits = EntryRules(call.server, call.user), _all_limits(call.server)
    rows = _selected(rules, question.elements, [question.unit], question.combos, question.span)
    found = [_outlier(rules, row, limits.get(_place(row.key), (0, 0))) for row in rows if row.follow_up]
    return Reply.json(found[: _MOST_OUTLIERS + 1])


@endpoints.add("POST", "/api/dataAnalysis/followup/mark", SOURCE, requires=_MAY)
def mark(call: Call) -> Reply:
    """Mark values for follow-up, or take the marks off: named by the numbers that the other analyses give them."""
    rows = sent_objects(call, "followups")
    if rows is None:
        raise Dhis2Refusal(500, _null("java.util.List.iterator", _MARKS))
    rules, values = EntryRules(call.server, call.user), Values(call.server)
    found: list[tuple[DataValue, Period]] = []
    for row in rows:
        period = rules.period(_period_numbered(call.server, row.get("periodId")))
        places = [_numbered(rules, type, row.get(f"{name}Id")) for name, type in _NUMBERED]
        if period is None or None in places:
            _refuse_unknown(call, period)
            continue
        element, unit, combo, attribute = (uid or "" for uid in places)
        stored = values.get(Key(element, period.iso, unit, combo, attribute))
        if stored is not None and not stored.deleted:
            marked = row.get("followup") is True
            found.append((replace(stored, follow_up=marked, last_updated=call.server.now()), period))
    values.put(found)
    return Reply(204)


_SETS = "org.hisp.dhis.dataanalysis.DataAnalysisParams.getDs()"
_MARKS = "org.hisp.dhis.dataanalysis.UpdateFollowUpForDataValuesRequest.getFollowups()"
_NUMBERED = (
    ("dataElement", "dataElement"),
    ("organisationUnit", "organisationUnit"),
    ("categoryOptionCombo", "categoryOptionCombo"),
    ("attributeOptionCombo", "categoryOptionCombo"),
)


def _refuse_unknown(call: Call, period: Period | None) -> None:
    """A number that stands for nothing: from 2.43 on a failure; before that, only that of a period is one."""
    if period is None or not call.server.behaviour.names_periods:
        raise Dhis2Refusal(500, None)


def _question(call: Call, *, needs_sets: bool = False) -> _Question | None:
    """What the body asks for; None where it names no days, and nothing can be found."""
    rules = EntryRules(call.server, call.user)
    unit = rules.document("organisationUnit", sent_text(call, "ou"))
    if unit is None:
        raise Dhis2Refusal(400, "No organisation unit defined")
    start, end = sent_day(call, "startDate"), sent_day(call, "endDate")
    if (start is None or end is None) and (text := differences(call.server).undated_analysis):
        raise Dhis2Refusal(409, text)
    names = sent_texts(call, "ds")
    if names is None and needs_sets:
        raise Dhis2Refusal(500, _null("java.util.List.iterator", _SETS))
    sets = [rules.document("dataSet", uid) for uid in names or ()]
    if None in sets:
        finder = "org.hisp.dhis.dataset.DataSetService.getDataSet(String)"
        raise Dhis2Refusal(500, _null("org.hisp.dhis.dataset.DataSet.getDataElements", finder))
    if start is None or end is None:
        return None
    elements = _numeric(rules, names or ())
    combos = (
        combo
        for uid in elements
        for name in rules.category_combos(rules.document("dataElement", uid) or {"id": uid})
        for combo in rules.combos_of(name)
    )
    return _Question(unit["id"], elements, frozenset(combos), (start, end))


def _null(method: str, giver: str) -> str:
    """What Java says of a method that is called on nothing."""
    return f'Cannot invoke "{method}()" because the return value of "{giver}" is null'


def _outliers(call: Call, question: _Question | None, limits: Mapping[Place, Limits]) -> Reply:
    if question is None:
        return Reply.json([])
    rules = EntryRules(call.server, call.user)
    rows = _selected(rules, question.elements, [question.unit], question.combos, question.span)
    found = [
        _outlier(rules, row, span)
        for row in rows
        if row.value and (span := limits.get(_place(row.key))) and not span[0] <= float(row.value) <= span[1]
    ]
    return Reply.json(found[:_MOST_OUTLIERS])


def _outlier(rules: EntryRules, row: DataValue, limits: Limits) -> Json:
    key = row.key
    period = rules.period(key.period)
    found: Json = {
        "dataElementId": _number(rules, "dataElement", key.element),
        "periodId": _period_number(rules.server, key.period),
        "sourceId": _number(rules, "organisationUnit", key.unit),
        "categoryOptionComboId": _number(rules, "categoryOptionCombo", key.combo),
        "attributeOptionComboId": _number(rules, "categoryOptionCombo", key.attribute),
        "value": row.value,
        "comment": row.comment,
        "followup": bool(row.follow_up),
        "deleted": False,
        "min": limits[0],
        "max": limits[1],
        "dataElementName": _name(rules, "dataElement", key.element),
        "period": _period_json(rules, period) if period else {"id": key.period},
        "sourceName": _name(rules, "organisationUnit", key.unit),
        "categoryOptionComboName": _name(rules, "categoryOptionCombo", key.combo),
    }
    return {name: value for name, value in found.items() if value is not None}


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


def _numbered(rules: EntryRules, type: str, number: Any) -> str | None:
    """The object that the database keeps under a number."""
    row = rules.store.sql.execute("SELECT uid FROM object WHERE type = ? AND number = ?", (type, number)).fetchone()
    return row[0] if row else None


def _period_table(server: Server) -> None:
    server.store.sql.execute(
        "CREATE TABLE IF NOT EXISTS period_number (number INTEGER PRIMARY KEY, iso TEXT NOT NULL UNIQUE)"
    )


def _period_number(server: Server, iso: str) -> int:
    """The number under which the database keeps a period."""
    _period_table(server)
    server.store.sql.execute("INSERT OR IGNORE INTO period_number (iso) VALUES (?)", (iso,))
    return server.store.sql.execute("SELECT number FROM period_number WHERE iso = ?", (iso,)).fetchone()[0]


def _period_numbered(server: Server, number: Any) -> str | None:
    """The period that the database keeps under a number."""
    _period_table(server)
    row = server.store.sql.execute("SELECT iso FROM period_number WHERE number = ?", (number,)).fetchone()
    return row[0] if row else None
