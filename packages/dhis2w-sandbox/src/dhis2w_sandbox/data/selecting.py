"""Which data values `GET /api/dataValueSets` asks for, in the words of either version, and what refuses the request.

Source: `DefaultDataValueSetService.getFromUrl`, `validate`, `decideAccess` (41, 42) and `DefaultDataExportService`
(43) of dhis2-core; recordings `data/export-select`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from dhis2w_sandbox.call import Call
from dhis2w_sandbox.data.combos import combo_with
from dhis2w_sandbox.data.entry_rules import EntryRules
from dhis2w_sandbox.data.identifiers import UID, Identifiers, IdScheme, read_scheme
from dhis2w_sandbox.data.import_options import boolean
from dhis2w_sandbox.data.parameters import day, listed, number
from dhis2w_sandbox.data.periods import Period
from dhis2w_sandbox.data.values import DataValue, Values, among
from dhis2w_sandbox.errors import Dhis2Refusal, message
from dhis2w_sandbox.metadata.units import lineage
from dhis2w_sandbox.server import stamp

ORDERS = {
    "DE": "element",
    "OU": "unit",
    "PE": "first_day, period",
    "CREATED": "created",
    "AOC": "attribute",
}
_UNITS = {"d": "days", "h": "hours", "m": "minutes", "s": "seconds"}


class NoAccess(Exception):
    """What 41 and 42 answer with 200 and nothing at all."""


@dataclass(frozen=True)
class Selection:
    """What is asked for; uids."""

    data_sets: list[str] = field(default_factory=list[str])
    elements: list[str] = field(default_factory=list[str])
    element_groups: list[str] = field(default_factory=list[str])
    periods: list[Period] = field(default_factory=list[Period])
    start: datetime | None = None
    end: datetime | None = None
    units: list[str] = field(default_factory=list[str])
    unit_groups: list[str] = field(default_factory=list[str])
    children: bool = False
    level: int | None = None
    combos: list[str] = field(default_factory=list[str])
    attributes: list[str] = field(default_factory=list[str])
    include_deleted: bool = False
    updated_since: datetime | None = None
    limit: int | None = None
    offset: int | None = None
    orders: list[str] = field(default_factory=list[str])

    @property
    def has_data(self) -> bool:
        """Whether it names any data."""
        return bool(self.data_sets or self.elements or self.element_groups)


def read_selection(call: Call, rules: EntryRules) -> Selection:
    """What a request asks for; refused where that is too little, contradictory or not for the user."""
    if call.server.behaviour.enters_data_in_groups:
        return _read_strict(call, rules)
    return _read_lenient(call, rules)


def _read_lenient(call: Call, rules: EntryRules) -> Selection:
    """As 41 and 42 read it: what does not exist is left out, and the last thing that is wrong is told."""
    end, start = day(call, "endDate"), day(call, "startDate")
    duration = call.param("lastUpdatedDuration")
    since = day(call, "lastUpdated")
    limit = number(call, "limit")
    asked_periods = listed(call, "period")
    selection = Selection(
        data_sets=_known(call, rules, "dataSet", "dataSet", "inputDataSetIdScheme"),
        elements=_known(call, rules, "dataElement", "dataElement", "inputDataElementIdScheme"),
        element_groups=_known(call, rules, "dataElementGroup", "dataElementGroup", "inputDataElementGroupIdScheme"),
        periods=_distinct_periods(rules, asked_periods),
        start=None if asked_periods or end is None else start,
        end=None if asked_periods or start is None else end,
        units=_known(call, rules, "orgUnit", "organisationUnit", "inputOrgUnitIdScheme"),
        unit_groups=_known(call, rules, "orgUnitGroup", "organisationUnitGroup", "inputIdScheme"),
        children=boolean(call, "children", default=False),
        attributes=_attributes(call, rules),
        include_deleted=boolean(call, "includeDeleted", default=False),
        updated_since=_since(call, since, duration),
        limit=limit,
    )
    _check_readable(rules, selection)
    code = _last_problem(selection, has_since=bool(since or duration))
    if duration and duration_of(duration) is None and code in {None, "E2002"}:
        raise Dhis2Refusal(409, message(call.server.version, "E2005"), "E2005")
    if code is not None:
        args = [selection.limit] if code == "E2009" else []
        raise Dhis2Refusal(409, message(call.server.version, code, *args), code)
    return selection


def _last_problem(selection: Selection, *, has_since: bool) -> str | None:
    checks = (
        ("E2001", not selection.has_data),
        ("E2002", not selection.periods and selection.start is None and not has_since),
        ("E2004", _reversed(selection)),
        ("E2006", not selection.units and not selection.unit_groups),
        ("E2007", selection.children and bool(selection.unit_groups)),
        ("E2008", selection.children and not selection.units),
        ("E2009", selection.limit is not None and selection.limit < 0),
    )
    return next((code for code, wrong in reversed(checks) if wrong), None)


def _check_readable(rules: EntryRules, selection: Selection) -> None:
    """Whether the user may read what they name; raises NoAccess."""
    for type, uids in (("dataSet", selection.data_sets), ("categoryOptionCombo", selection.attributes)):
        for uid in uids:
            if not rules.can_data_read(type, rules.document(type, uid) or {}):
                raise NoAccess(uid)
    for unit in selection.units:
        if not rules.may_view(unit):
            raise NoAccess(unit)


def _read_strict(call: Call, rules: EntryRules) -> Selection:
    """As 43 and newer read it: any well-formed uid is taken, and the first thing that is wrong is told."""
    end, start, since = day(call, "endDate"), day(call, "startDate"), day(call, "lastUpdated")
    orders = listed(call, "order")
    for order in orders:
        if order.upper() not in ORDERS:
            raise Dhis2Refusal(
                400,
                f"Value '{order}' is not valid for parameter order.  Cannot convert {order} to class"
                " org.hisp.dhis.datavalue.DataExportParams$Order",
            )
    selection = Selection(
        data_sets=_decoded(call, rules, "dataSet", "dataSet", "inputDataSetIdScheme"),
        elements=_decoded(call, rules, "dataElement", "dataElement", "inputDataElementIdScheme"),
        element_groups=_decoded(call, rules, "dataElementGroup", "dataElementGroup", "inputDataElementGroupIdScheme"),
        periods=[strict_period(rules, text) for text in listed(call, "period")],
        start=start,
        end=end,
        units=_decoded(call, rules, "orgUnit", "organisationUnit", "inputOrgUnitIdScheme"),
        unit_groups=_decoded(call, rules, "orgUnitGroup", "organisationUnitGroup", "inputIdScheme"),
        children=boolean(call, "children", default=False),
        level=number(call, "level"),
        combos=_decoded(call, rules, "categoryOptionCombo", "categoryOptionCombo", "inputIdScheme"),
        attributes=_attributes(call, rules),
        include_deleted=boolean(call, "includeDeleted", default=False),
        updated_since=since,
        limit=number(call, "limit"),
        offset=number(call, "offset"),
        orders=[order.upper() for order in orders] or (["PE"] if boolean(call, "orderByPeriod", default=False) else []),
    )
    code = _first_problem(selection)
    if code is not None:
        raise Dhis2Refusal(409, message(call.server.version, code), code)
    _check_strict_access(call, rules, selection)
    return selection


def _first_problem(selection: Selection) -> str | None:
    has_dates = selection.start is not None and selection.end is not None
    checks = (
        ("E2001", not selection.has_data),
        ("E2002", not selection.periods and not has_dates),
        ("E2006", not selection.units and not selection.unit_groups),
        ("E2003", bool(selection.periods) and has_dates),
        ("E2004", _reversed(selection)),
        ("E2007", selection.children and bool(selection.unit_groups)),
        ("E2009", selection.limit is not None and selection.limit < 0),
    )
    return next((code for code, wrong in checks if wrong), None)


def _check_strict_access(call: Call, rules: EntryRules, selection: Selection) -> None:
    if rules.user.is_super:
        return
    hidden_sets = [uid for uid in selection.data_sets if not _may_read(rules, "dataSet", uid)]
    hidden_combos = [uid for uid in selection.attributes if not _may_read(rules, "categoryOptionCombo", uid)]
    far = [unit for unit in selection.units if rules.path(unit) and not rules.may_view(unit)]
    for code, uids in (("E2010", hidden_sets), ("E2011", hidden_combos), ("E2012", far)):
        if uids:
            raise Dhis2Refusal(409, message(call.server.version, code, uids), code)


def _may_read(rules: EntryRules, type: str, uid: str) -> bool:
    document = rules.document(type, uid)
    return document is None or rules.can_data_read(type, document)


def strict_period(rules: EntryRules, text: str) -> Period:
    """A period as 43 and newer read one; 400 with what is wrong with it."""
    if not 4 <= len(text) <= 11:
        raise Dhis2Refusal(400, f"Period must be have between 4 and 11 characters but got: `{text}`")
    period = rules.period(text)
    if period is None:
        place = next((at for at, char in enumerate(text[:4]) if not char.isdigit()), None)
        if place is not None:
            text = f"`{text}`, expected a digit at position {place} but found: `{text[place]}`"
            raise Dhis2Refusal(400, f"Invalid Period {text}")
        raise Dhis2Refusal(400, f"Invalid Period `{text}`, failed to create date interval")
    return period


def found_values(rules: EntryRules, selection: Selection) -> list[DataValue]:
    """The values that a selection asks for and the user may see."""
    conditions: list[tuple[str, list[Any]]] = [among("element", sorted(_elements(rules, selection)))]
    conditions.append(among("unit", sorted(_units_selected(rules, selection))))
    if selection.periods:
        conditions.append(among("period", [period.iso for period in selection.periods]))
    elif selection.start is not None and selection.end is not None:
        first, last = selection.start.date().isoformat(), selection.end.date().isoformat()
        conditions.append(("first_day >= ? AND last_day <= ?", [first, last]))
    if selection.combos:
        conditions.append(among("combo", selection.combos))
    if selection.attributes:
        conditions.append(among("attribute", selection.attributes))
    if not selection.include_deleted:
        conditions.append(("deleted = 0", []))
    if selection.updated_since is not None:
        conditions.append(("last_updated >= ?", [selection.updated_since.isoformat(timespec="milliseconds")]))
    where = " AND ".join(f"({condition})" for condition, _ in conditions)
    args = [arg for _, values in conditions for arg in values]
    order = ", ".join([*(ORDERS[name] for name in selection.orders), _last_order(rules, selection)])
    rows = [row for row in Values(rules.server).select(where, args, order) if _visible(rules, row)]
    first = selection.offset or 0
    return rows[first:] if selection.limit is None else rows[first : first + selection.limit]


def _last_order(rules: EntryRules, selection: Selection) -> str:
    """The order that nobody asked for: the database's own."""
    if rules.server.behaviour.lists_latest_values_first and not selection.children:
        return "(SELECT number FROM object WHERE type = 'categoryOptionCombo' AND uid = combo), rowid DESC"
    if rules.server.behaviour.enters_data_in_groups:
        return "element, first_day, period, unit, combo, attribute"
    return "rowid"


def _visible(rules: EntryRules, row: DataValue) -> bool:
    """Whether the user may read data of all options of the attribute combo."""
    if rules.user.is_super:
        return True
    document = rules.document("categoryOptionCombo", row.key.attribute)
    return document is not None and rules.can_data_read("categoryOptionCombo", document)


def _elements(rules: EntryRules, selection: Selection) -> set[str]:
    found = set(selection.elements)
    for uid in selection.data_sets:
        found |= set(rules.elements_of(rules.document("dataSet", uid) or {}))
    for uid in selection.element_groups:
        group = rules.document("dataElementGroup", uid) or {}
        found |= {row["id"] for row in group.get("dataElements") or ()}
    return found


def _units_selected(rules: EntryRules, selection: Selection) -> set[str]:
    found = set(selection.units)
    if selection.children:
        found = {below for unit in selection.units for below in rules.below(unit)}
    for uid in selection.unit_groups:
        group = rules.document("organisationUnitGroup", uid) or {}
        found |= {row["id"] for row in group.get("organisationUnits") or ()}
    if selection.level is not None:
        found = {unit for unit in found if _level(rules, unit) == selection.level}
    return found


def _level(rules: EntryRules, unit: str) -> int:
    document = rules.document("organisationUnit", unit)
    return len(lineage(rules.store, document)) if document else 0


def _input_scheme(call: Call, name: str) -> IdScheme:
    text = call.param(name) or call.param("inputIdScheme")
    return (read_scheme(text) if text else None) or UID


def _known(call: Call, rules: EntryRules, parameter: str, type: str, scheme: str) -> list[str]:
    """The objects that a parameter names, of those that exist and the user may see."""
    identifiers = Identifiers(rules.store)
    names = listed(call, parameter)
    uids = (identifiers.uid(type, _input_scheme(call, scheme), name) for name in names)
    return [uid for uid in uids if uid and rules.can_read(type, rules.document(type, uid) or {})]


def _decoded(call: Call, rules: EntryRules, parameter: str, type: str, scheme: str) -> list[str]:
    """The uids that a parameter names, whether there are such objects or not; 400 where one is no uid."""
    wanted = _input_scheme(call, scheme)
    names = listed(call, parameter)
    if wanted != UID:
        identifiers = Identifiers(rules.store)
        return [uid for name in names if (uid := identifiers.uid(type, wanted, name))]
    for name in names:
        if not re.fullmatch(r"[a-zA-Z][a-zA-Z0-9]{10}", name):
            text = "UID must be an alphanumeric string of 11 characters starting with a letter, but was: "
            raise Dhis2Refusal(400, f"{text}'{name}'")
    return names


def _attributes(call: Call, rules: EntryRules) -> list[str]:
    if call.server.behaviour.enters_data_in_groups:
        found = _decoded(call, rules, "attributeOptionCombo", "categoryOptionCombo", "inputIdScheme")
    else:
        found = _known(call, rules, "attributeOptionCombo", "categoryOptionCombo", "inputIdScheme")
    combo, options = call.param("attributeCombo"), listed(call, "attributeOptions")
    if found or not combo or not options:
        return found
    by_options = combo_with(rules, combo, options)
    return [by_options] if by_options else []


def _distinct_periods(rules: EntryRules, texts: list[str]) -> list[Period]:
    return list(dict.fromkeys(period for text in texts if (period := rules.period(text.strip()))))


def _reversed(selection: Selection) -> bool:
    return selection.start is not None and selection.end is not None and selection.start > selection.end


def duration_of(text: str) -> timedelta | None:
    """A length of time like `2d` or `12h`; None where it is none."""
    found = re.fullmatch(r"(\d+)([dhms])", text)
    return timedelta(**{_UNITS[found[2]]: int(found[1])}) if found else None


def _since(call: Call, since: datetime | None, duration: str | None) -> datetime | None:
    length = duration_of(duration) if duration else None
    if since is not None or length is None:
        return since
    return datetime.fromisoformat(stamp(call.server.clock())) - length
