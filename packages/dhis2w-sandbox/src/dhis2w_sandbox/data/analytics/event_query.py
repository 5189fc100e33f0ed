"""What an event or enrollment analytics query asks for, as its parameters say it.

Source: `EventsAnalyticsQueryCriteria`, `DefaultEventDataQueryService`, `DefaultEventQueryValidator` of dhis2-core;
recordings `data/analytics-events`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from dhis2w_sandbox.call import Call
from dhis2w_sandbox.data.analytics.coordinates import Coordinates, read_coordinates
from dhis2w_sandbox.data.analytics.outlier_parameters import constant
from dhis2w_sandbox.data.analytics.query import (
    Query,
    add_dimension,
    checked_refusal,
    refusal,
    wants_short_names,
)
from dhis2w_sandbox.data.analytics.tables import CACHED
from dhis2w_sandbox.data.analytics.value_outliers import NO_UNIT
from dhis2w_sandbox.data.entry_rules import EntryRules
from dhis2w_sandbox.data.parameters import day
from dhis2w_sandbox.data.value_types import BOOLEANS, NUMERIC
from dhis2w_sandbox.documents import linked
from dhis2w_sandbox.errors import Dhis2Refusal, NotInSandbox
from dhis2w_sandbox.tracker.reading.parameters import Parameters
from dhis2w_sandbox.tracker.reading.reach import MODES as UNIT_MODES

Json = dict[str, Any]

DEFAULT_PERIOD = "LAST_12_MONTHS"
MISSING = "NV"
MOST_ROWS = 100_000
TIMES = ("eventDate", "enrollmentDate", "scheduledDate", "incidentDate", "lastUpdated", "occurredDate")
"""Parameters that say when something else than the event, or the enrollment, was; the last one is newer."""
_YES_NO = {"true": "1", "false": "0"}
_OTHER_TYPES = ("programIndicator", "category", "categoryOptionGroupSet", "organisationUnitGroupSet")
_CONSTANT = re.compile(r"[A-Z]+(_[A-Z]+)+|ou")
"""What newer versions call the own dates, states and units of an event: `stage.EVENT_DATE`, `stage.ou`."""
_STAGE = re.compile(r"([A-Za-z0-9]+)(?:\[(-?\d+)\])?")
Span = tuple[str, str]
"""First and last day."""

_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "EQ": lambda value, other: value == other,
    "IEQ": lambda value, other: str(value).lower() == str(other).lower(),
    "NE": lambda value, other: value != other,
    "NEQ": lambda value, other: value != other,
    "NIEQ": lambda value, other: str(value).lower() != str(other).lower(),
    "GT": lambda value, other: value > other,
    "GE": lambda value, other: value >= other,
    "LT": lambda value, other: value < other,
    "LE": lambda value, other: value <= other,
    "LIKE": lambda value, other: str(other) in str(value),
    "NLIKE": lambda value, other: str(other) not in str(value),
    "ILIKE": lambda value, other: str(other).lower() in str(value).lower(),
    "NILIKE": lambda value, other: str(other).lower() not in str(value).lower(),
}
SPELLED = {
    "EQ": "=",
    "IEQ": "==",
    "NE": "!=",
    "NEQ": "!=",
    "NIEQ": "!==",
    "IN": "in",
    "GT": ">",
    "GE": ">=",
    "LT": "<",
    "LE": "<=",
    "LIKE": "like",
    "NLIKE": "not like",
    "ILIKE": "ilike",
    "NILIKE": "not ilike",
}
"""Operators as answers spell them."""
_MAY_BE_MISSING = frozenset({"EQ", "IEQ", "NE", "NEQ", "NIEQ", "IN"})
"""Operators that can ask for what there is not."""


@dataclass(frozen=True)
class Item:
    """A data element or attribute that is asked for, with what its value must fulfil."""

    id: str
    """As it was asked for: `stage.element`, `element` or `attribute`."""
    type: str
    """dataElement or trackedEntityAttribute."""
    document: Json
    stage_document: Json | None
    """The stage that is named, if any."""
    offset: int | None
    """Of `stage[-1].element`: which event of its stage is meant, of an enrollment; None where none is named."""
    conditions: list[tuple[str, str]]
    is_filter: bool
    legend_set: Json | None = None
    """By whose legends its numbers are shown, if any."""

    @property
    def uid(self) -> str:
        """The data element or attribute."""
        return self.document["id"]

    @property
    def stage(self) -> str | None:
        """The stage that is named, if any."""
        return self.stage_document["id"] if self.stage_document else None

    @property
    def place(self) -> str:
        """The data element or attribute, with its stage if one is named."""
        return f"{self.stage}.{self.uid}" if self.stage else self.uid

    @property
    def value_type(self) -> str:
        """The type of its values; legends are texts."""
        return "TEXT" if self.legend_set else self.document["valueType"]

    @property
    def legends(self) -> list[Json]:
        """Its legends, lowest first."""
        return sorted((self.legend_set or {}).get("legends") or (), key=lambda row: row["startValue"])

    def shown(self, text: str | None) -> str | None:
        """A stored value as the tables have it for this item: its legend, if it is shown by legends."""
        if self.legend_set is None or text is None:
            return text
        number = float(text)
        return next((row["id"] for row in self.legends if row["startValue"] <= number < row["endValue"]), None)

    @property
    def is_numeric(self) -> bool:
        """Whether its values are numbers."""
        return self.value_type in NUMERIC

    def accepts(self, text: str | None) -> bool:
        """Whether a value, or that there is none, is wanted."""
        return all(self._holds(text, operator, value) for operator, value in self.conditions)

    def _holds(self, text: str | None, operator: str, value: str) -> bool:
        if operator == "IN":
            wanted = [self._compared(part) for part in value.split(";")]
            return MISSING in wanted if text is None else self._compared(text) in wanted
        if value == MISSING:
            return (text is None) == (operator in {"EQ", "IEQ"})
        if text is None:
            return False
        if self.is_numeric:
            return _OPERATORS[operator](float(text), float(value))
        return _OPERATORS[operator](self._compared(text), self._compared(value))

    def _compared(self, text: str) -> str:
        """A text as it is compared: tables hold yes and no as numbers."""
        return _YES_NO.get(text, text) if self.value_type in BOOLEANS else text


@dataclass
class EventQuery:
    """What is asked for."""

    program: Json
    stage: Json | None
    units: Query
    """Units, periods and dates, with the dimensions that name them."""
    items: list[Item]
    first: str
    """The first day, `2024-01-31`."""
    last: str
    status: list[str]
    enrollment_status: list[str]
    unit_mode: str | None
    """Whether the units themselves count, or those right below them; otherwise all at and below them."""
    coordinates: Coordinates
    """Where events are on the map."""
    is_short: bool
    """Whether things are shown by their short names."""
    rounds: bool
    """Whether numbers are shown with two decimals."""
    dates: dict[str, list[Span]]
    """Between which days each of some times must be: `eventDate`, `lastUpdated`, …"""

    def name_of(self, document: Json) -> str:
        """What something is called."""
        return (document.get("shortName") if self.is_short else None) or document.get("name", "")

    def title_of(self, item: Item) -> str:
        """What files call the column of an item: with its stage, where several columns have one name."""
        name = self.name_of(item.document)
        is_alone = sum(self.name_of(other.document) == name for other in self.columns) < 2
        return name if is_alone or item.stage_document is None else f"{name} - {self.name_of(item.stage_document)}"

    @property
    def columns(self) -> list[Item]:
        """The items that are no filters."""
        return [item for item in self.items if not item.is_filter]

    def has_date(self, name: str, date: str | None) -> bool:
        """Whether a time is in one of the spans of its parameter; all times are where that was not sent."""
        return name not in self.dates or (date is not None and any(a <= date[:10] <= b for a, b in self.dates[name]))

    def covers(self, date: str | None) -> bool:
        """Whether a time is within the periods, or between the dates; any is where other times are asked for alone."""
        if self.first > self.last and not self.units.periods:
            return True
        if date is None:
            return False
        days = date[:10]
        if self.units.periods:
            return any(period.start.isoformat() <= days <= period.end.isoformat() for period in self.units.periods)
        return self.first <= days <= self.last


def read_event_query(call: Call, rules: EntryRules) -> EventQuery:
    """The query of a request; refused with the first thing that is wrong."""
    program = rules.document("program", call.parts["program"])
    if program is None:
        raise refusal(call, "E7129", call.parts["program"])
    name = call.param("stage")
    stage = rules.document("programStage", name) if name else None
    if name and stage is None:
        raise refusal(call, "E7130", name)
    start, end = day(call, "startDate"), day(call, "endDate")
    units = Query([], [], [], [], start.date() if start else None, end.date() if end else None, None)
    items: list[Item] = []
    for parameter, is_filter in (("dimension", False), ("filter", True)):
        for text in _texts(call, parameter):
            if text.partition(":")[0] in {"ou", "pe"}:
                add_dimension(call, rules, units, text, is_filter=is_filter)
            else:
                items.append(read_item(call, rules, program, text, is_filter=is_filter))
    if units.of("ou") is None:
        units.units = sorted(rules.view_units())
    names = TIMES if call.server.behaviour.asks_for_occurred_date else TIMES[:-1]
    dates = {name: spans for name in names if (spans := _spans(call, rules, name))}
    undated = not units.periods and (start is None or end is None)
    if undated and not dates:
        add_dimension(call, rules, units, f"pe:{DEFAULT_PERIOD}", is_filter=True)
    _check(call, units, items, start, end)
    coordinates = read_coordinates(call, rules, program)
    first = start.date() if start else rules.now.date()
    last = end.date() if end else first + timedelta(days=1 if not dates else -1)
    return EventQuery(
        program=program,
        stage=stage,
        units=units,
        items=items,
        first=first.isoformat(),
        last=last.isoformat(),
        status=_list(call, "eventStatus"),
        enrollment_status=_list(call, "programStatus"),
        unit_mode=constant(call, "ouMode", UNIT_MODES),
        coordinates=coordinates,
        is_short=wants_short_names(call),
        rounds=not call.flag("skipRounding"),
        dates=dates,
    )


def _check(call: Call, units: Query, items: list[Item], start: datetime | None, end: datetime | None) -> None:
    """What can be read and not answered: the first that applies."""
    if not units.units:
        raise Dhis2Refusal(409, NO_UNIT, "E7200", headers=dict(CACHED))
    page, size, limit = (Parameters(call).integer(name) for name in ("page", "pageSize", "limit"))
    most = int(call.server.setting("analyticsMaxLimit", MOST_ROWS))
    alone = bool(call.param("aggregationType")) and not call.param("value") and "/events/" in call.path
    late = start is not None and end is not None and start > end
    checks: tuple[tuple[str, bool, tuple[Any, ...]], ...] = (
        ("E7203", any(item.uid == call.param("value") for item in items), ()),
        ("E7204", alone, ()),
        ("E7206", late, (str(start)[:10], str(end)[:10])),
        ("E7207", page is not None and page <= 0, (page,)),
        ("E7208", size is not None and size < 0, (size,)),
        ("E7209", limit is not None and limit > most > 0 and _takes_limit(call), (limit, most)),
    )
    for code, wrong, args in checks:
        if wrong:
            raise checked_refusal(call, code, *args)


def _takes_limit(call: Call) -> bool:
    return "/events/" in call.path or call.server.behaviour.limits_sums_of_enrollments


def _spans(call: Call, rules: EntryRules, name: str) -> list[Span]:
    """First and last days of what a parameter such as `eventDate` names: periods, relative ones, `first_last`."""
    spans: list[Span] = []
    for text in _list(call, name):
        first, _, last = text.partition("_")
        if _is_day(first) and _is_day(last):
            spans.append((first, last))
            continue
        found = Query([], [], [], [], None, None, None)
        add_dimension(call, rules, found, f"pe:{text}", is_filter=True)
        spans += [(period.start.isoformat(), period.end.isoformat()) for period in found.periods]
    return spans


def _is_day(text: str) -> bool:
    return re.fullmatch(r"\d{4}-\d\d-\d\d", text) is not None


def read_item(call: Call, rules: EntryRules, program: Json, text: str, *, is_filter: bool) -> Item:
    """A data element or attribute, with its conditions; refused where it is none of the program's."""
    id, *words = text.split(":")
    prefix, _, whole = id.rpartition(".")
    uid, _, legends = whole.partition("-")
    stage, offset = _stage(call, rules, prefix, id) if prefix else (None, None)
    type = next((type for type in ("dataElement", "trackedEntityAttribute") if rules.document(type, uid)), None)
    if type is None or not _belongs(rules, program, type, uid):
        _check_elsewhere(rules, uid)
        raise refusal(call, "E7224", id)
    if type == "dataElement" and stage is None and _is_of_enrollments(call):
        raise refusal(call, "E7225", id)
    document = rules.document(type, uid) or {}
    conditions = [(_operator(word), value) for word, value in zip(words[::2], words[1::2], strict=False)]
    for operator, value in conditions:
        if operator not in _MAY_BE_MISSING and MISSING in value:
            raise checked_refusal(call, "E7229", SPELLED[operator])
    legend_set = rules.document("legendSet", legends)
    if legend_set is not None:
        _check_legends(call, document, legends)
    name = id.partition("-")[0] if offset is None else id
    item = Item(name, type, document, stage, offset, conditions, is_filter, legend_set)
    for _, value in conditions if item.is_numeric else ():
        wrong = next((part for part in value.split(";") if part != MISSING and not _is_number(part)), None)
        if wrong is not None:
            raise checked_refusal(call, "E7234", wrong, document["valueType"])
    return item


def _check_elsewhere(rules: EntryRules, uid: str) -> None:
    """501 for what DHIS2 can show and is not here: indicators, categories, group sets, and constants of 43."""
    if _CONSTANT.fullmatch(uid) or any(rules.document(type, uid) for type in _OTHER_TYPES):
        raise NotInSandbox(f"{uid} in event analytics")


def _check_legends(call: Call, document: Json, legend_set: str) -> None:
    """409 for an item with options; 501 where the tables have no column for a set of legends."""
    if linked(document, "optionSet"):
        raise checked_refusal(call, "E7215", document["id"])
    if document["valueType"] not in NUMERIC or legend_set not in [
        row["id"] for row in document.get("legendSets") or ()
    ]:
        raise NotInSandbox("values by legends that are not theirs")


def _stage(call: Call, rules: EntryRules, prefix: str, id: str) -> tuple[Json, int | None]:
    """The stage of an item and which of its events is meant; 409 where there is no such stage."""
    found = _STAGE.fullmatch(prefix)
    stage = rules.document("programStage", found[1]) if found else None
    if rules.document("relationshipType", prefix):
        raise NotInSandbox("indicators of related programs in event analytics")
    if found is None or stage is None:
        raise refusal(call, "E7226", id)
    return stage, None if found[2] is None else int(found[2])


def _is_of_enrollments(call: Call) -> bool:
    return "/enrollments/" in call.path or call.param("outputType") == "ENROLLMENT"


def _texts(call: Call, name: str) -> list[str]:
    return [part for value in call.params(name) for part in value.split(",") if part]


def _list(call: Call, name: str) -> list[str]:
    return [part for value in call.params(name) for part in value.replace(";", ",").split(",") if part]


def _operator(word: str) -> str:
    name = f"N{word[1:]}" if word.startswith("!") else word
    if name not in _OPERATORS and name != "IN":
        raise Dhis2Refusal(400, f"No enum constant org.hisp.dhis.common.QueryOperator.{name}")
    return name


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _belongs(rules: EntryRules, program: Json, type: str, uid: str) -> bool:
    if type == "trackedEntityAttribute":
        rows = program.get("programTrackedEntityAttributes") or ()
        return any(linked(row, "trackedEntityAttribute") == uid for row in rows)
    return any(
        linked(row, "dataElement") == uid
        for stage in stages_of(rules, program)
        for row in stage.get("programStageDataElements") or ()
    )


def stages_of(rules: EntryRules, program: Json) -> list[Json]:
    """The stages of a program."""
    return [stage for stage in rules.store.all("programStage") if linked(stage, "program") == program["id"]]
