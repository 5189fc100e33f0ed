"""`/api/completeDataSetRegistrations`: read that data sets are complete, and take it back.

Source: `CompleteDataSetRegistrationController`, `DefaultCompleteDataSetRegistrationExchangeService` and
`JdbcCompleteDataSetRegistrationExchangeStore` of dhis2-core; recordings `data/import-head`; section 1.4 of the wire
facts.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from xml.sax.saxutils import quoteattr

from dhis2w_sandbox.call import RECORDED, SOURCE, Call, Reply
from dhis2w_sandbox.data.combos import combo_asked
from dhis2w_sandbox.data.completeness import Registration, RegistrationKey, Registrations
from dhis2w_sandbox.data.entry import lock_status
from dhis2w_sandbox.data.entry_rules import EntryRules
from dhis2w_sandbox.data.identifiers import UID, name_in, read_scheme
from dhis2w_sandbox.data.parameters import day, listed, number
from dhis2w_sandbox.data.periods import Period
from dhis2w_sandbox.data.selecting import duration_of, strict_period
from dhis2w_sandbox.data.values import among
from dhis2w_sandbox.data.writers import NAMESPACE, XML_HEAD
from dhis2w_sandbox.documents import linked
from dhis2w_sandbox.errors import Dhis2Refusal, message
from dhis2w_sandbox.routing import Endpoints

Json = dict[str, Any]

endpoints = Endpoints()

# What the answer names by a scheme: the key, the type, and the parameter of its scheme.
_NAMED = (
    ("dataSet", "dataSet", "dataSetIdScheme"),
    ("organisationUnit", "organisationUnit", "orgUnitIdScheme"),
    ("attributeOptionCombo", "categoryOptionCombo", "attributeOptionComboIdScheme"),
)
_SCHEMES = ("UID", "CODE", "NAME")


@endpoints.add("GET", "/api/completeDataSetRegistrations", RECORDED, suffixes=["xml"])
def read_registrations(call: Call) -> Reply:
    """Read registrations by data set, period and unit, as JSON or XML; an empty object where there are none."""
    rules = EntryRules(call.server, call.user)
    rows = [_as_json(call, rules, row) for row in _selected(call, rules)]
    if call.suffix == "xml":
        return Reply.text(_as_xml(rows), "application/xml")
    return Reply.json({"completeDataSetRegistrations": rows} if rows else {})


def _selected(call: Call, rules: EntryRules) -> list[Registration]:
    data_sets = [uid for uid in listed(call, "dataSet") if rules.document("dataSet", uid)]
    units = [uid for uid in listed(call, "orgUnit") if rules.document("organisationUnit", uid)]
    groups = [uid for uid in listed(call, "orgUnitGroup") if rules.document("organisationUnitGroup", uid)]
    periods = _periods(call, rules)
    start, end = (None, None) if periods else (day(call, "startDate"), day(call, "endDate"))
    far = next((unit for unit in units if not rules.in_hierarchy(unit)), None)
    if far is not None:
        raise Dhis2Refusal(409, message(call.server.version, "E2012", far), "E2012")
    since = _since(call)
    _check(call, data_sets, units, groups, has_periods=bool(periods), span=(start, end))
    conditions = [among("data_set", data_sets), among("unit", sorted(_units(call, rules, units, groups)))]
    if start and end:
        conditions.append(("first_day >= ? AND last_day <= ?", [start.date().isoformat(), end.date().isoformat()]))
    elif periods:
        conditions.append(among("period", periods))
    if since:
        conditions.append(("date >= ?", [since.isoformat()]))
    where = " AND ".join(f"({condition})" for condition, _ in conditions)
    rows = Registrations(call.server).select(where, [arg for _, args in conditions for arg in args])
    return rows[: number(call, "limit")]


def _periods(call: Call, rules: EntryRules) -> list[str]:
    texts = listed(call, "period")
    if call.server.behaviour.enters_data_in_groups:
        return [strict_period(rules, text).iso for text in texts]
    return [period.iso for text in texts if (period := rules.period(text))]


def _since(call: Call) -> datetime | None:
    created = day(call, "created")
    length = duration_of(call.param("createdDuration") or "")
    return created or (call.server.clock().replace(tzinfo=None) - length if length else None)


def _units(call: Call, rules: EntryRules, units: list[str], groups: list[str]) -> set[str]:
    selected = {below for unit in units for below in rules.below(unit)} if call.flag("children") else set(units)
    for uid in groups:
        group = rules.document("organisationUnitGroup", uid) or {}
        selected |= {row["id"] for row in group.get("organisationUnits") or ()}
    return selected


def _check(
    call: Call,
    data_sets: list[str],
    units: list[str],
    groups: list[str],
    *,
    has_periods: bool,
    span: tuple[datetime | None, datetime | None],
) -> None:
    """409 with the last thing that is wrong."""
    start, end = span
    duration, limit, children = call.param("createdDuration"), number(call, "limit"), call.flag("children")
    has_time = has_periods or bool(start and end) or bool(call.param("created")) or bool(duration)
    checks = (
        ("E2013", not data_sets),
        ("E2002", not has_time),
        ("E2004", bool(start and end and start > end)),
        ("E2005", bool(duration) and duration_of(duration or "") is None),
        ("E2006", not units and not groups),
        ("E2007", children and bool(groups)),
        ("E2008", children and not units),
        ("E2009", limit is not None and limit < 0),
    )
    code = next((code for code, wrong in reversed(checks) if wrong), None)
    if code is not None:
        args = (duration,) if code == "E2005" else (limit,) if code == "E2009" else ()
        raise Dhis2Refusal(409, message(call.server.version, code, *args), code)


def _as_json(call: Call, rules: EntryRules, row: Registration) -> Json:
    uids = {"dataSet": row.key.data_set, "organisationUnit": row.key.unit, "attributeOptionCombo": row.key.attribute}
    named = {key: _name(call, rules, type, parameter, uids[key]) for key, type, parameter in _NAMED}
    return {
        "period": row.key.period,
        **named,
        "date": row.date[:10],
        "storedBy": row.stored_by,
        "completed": row.completed,
    }


def _name(call: Call, rules: EntryRules, type: str, parameter: str, uid: str) -> str | None:
    scheme = read_scheme(call.param(parameter) or call.param("idScheme") or "UID") or UID
    return name_in(scheme if scheme.kind in _SCHEMES else UID, rules.document(type, uid) or {})


def _as_xml(rows: list[Json]) -> str:
    elements = "".join(_element({**row, "completed": str(row["completed"]).lower()}) for row in rows)
    name = "completeDataSetRegistrations"
    head = f'{XML_HEAD}<{name} xmlns="{NAMESPACE}"'
    return f"{head}>{elements}</{name}>" if elements else f"{head}/>"


def _element(row: Json) -> str:
    attributes = (f" {key}={quoteattr(str(value))}" for key, value in row.items() if value is not None)
    return f"<completeDataSetRegistration{''.join(attributes)}/>"


@endpoints.add("DELETE", "/api/completeDataSetRegistrations", SOURCE, requires=["F_DATAVALUE_ADD"])
def take_back(call: Call) -> Reply:
    """Take a registration back; nothing happens where there is none."""
    rules = EntryRules(call.server, call.user)
    names, period_text, unit = _asked(call)
    data_sets = [document for name in names if (document := rules.document("dataSet", name))]
    if len(data_sets) != len(names):
        raise Dhis2Refusal(409, f"Illegal data set identifier in this list: [{', '.join(names)}]")
    period = _period(call, rules, period_text)
    if rules.document("organisationUnit", unit) is None:
        raise Dhis2Refusal(409, f"Illegal organisation unit identifier: {unit}")
    attribute = combo_asked(call, rules, call.param("cc"), call.param("cp"))
    children = [row["id"] for row in rules.store.all("organisationUnit") if linked(row, "parent") == unit]
    several = call.flag("multiOu")
    closed = [
        document["id"]
        for document in data_sets
        if any(
            lock_status(rules, document, period, RegistrationKey(document["id"], period.iso, place, attribute))
            != "OPEN"
            for place in (children if several else [unit])
        )
    ]
    if closed:
        raise Dhis2Refusal(409, f"Locked Data set(s) : {', '.join(closed)}")
    table = Registrations(call.server)
    for document in data_sets:
        for place in rules.units_of(document) & {unit, *(children if several else ())}:
            table.delete(RegistrationKey(document["id"], period.iso, place, attribute))
    return Reply(204)


def _asked(call: Call) -> tuple[list[str], str, str]:
    call.required("ds")
    period, unit = call.required("pe"), call.required("ou")
    return listed(call, "ds"), period, unit


def _period(call: Call, rules: EntryRules, text: str) -> Period:
    if call.server.behaviour.enters_data_in_groups:
        return strict_period(rules, text)
    period = rules.period(text)
    if period is None:
        raise Dhis2Refusal(409, f"Illegal period identifier: {text}")
    return period
