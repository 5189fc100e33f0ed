"""`/api/completeDataSetRegistrations`: read, register and take back that data sets are complete.

Source: `CompleteDataSetRegistrationController` and `DefaultCompleteDataSetRegistrationExchangeService` of dhis2-core;
recordings `data/import-head`; section 1.4 of the wire facts.
"""

from __future__ import annotations

import json
from typing import Any, cast

from dhis2w_sandbox.bodies import unpacked
from dhis2w_sandbox.call import RECORDED, SOURCE, Call, Reply
from dhis2w_sandbox.data.combos import combo_with
from dhis2w_sandbox.data.completeness import Registration, RegistrationKey, Registrations
from dhis2w_sandbox.data.entry_rules import EntryRules
from dhis2w_sandbox.data.identifiers import Identifiers
from dhis2w_sandbox.data.import_options import ImportOptions, read_options
from dhis2w_sandbox.data.import_summary import Conflict, Summary
from dhis2w_sandbox.data.parameters import day, listed, number
from dhis2w_sandbox.data.periods import Period
from dhis2w_sandbox.data.selecting import strict_period
from dhis2w_sandbox.data.values import among
from dhis2w_sandbox.errors import Dhis2Refusal, message
from dhis2w_sandbox.routing import Endpoints

Json = dict[str, Any]

endpoints = Endpoints()


@endpoints.add("GET", "/api/completeDataSetRegistrations", RECORDED)
def read_registrations(call: Call) -> Reply:
    """Read registrations by data set, period and unit; an empty object where there are none."""
    rules = EntryRules(call.server, call.user)
    data_sets = [uid for uid in listed(call, "dataSet") if rules.document("dataSet", uid)]
    units = [uid for uid in listed(call, "orgUnit") if rules.document("organisationUnit", uid)]
    groups = listed(call, "orgUnitGroup")
    periods = [period.iso for text in listed(call, "period") if (period := rules.period(text))]
    start, end = day(call, "startDate"), day(call, "endDate")
    created = day(call, "created")
    children = call.flag("children")
    code = _problem(call, data_sets, units, groups, has_time=bool(periods or (start and end) or created))
    if code is not None:
        raise Dhis2Refusal(409, message(call.server.version, code), code)
    selected = {below for unit in units for below in rules.below(unit)} if children else set(units)
    for uid in groups:
        group = rules.document("organisationUnitGroup", uid) or {}
        selected |= {row["id"] for row in group.get("organisationUnits") or ()}
    conditions = [among("data_set", data_sets), among("unit", sorted(selected))]
    if periods:
        conditions.append(among("period", periods))
    elif start and end:
        conditions.append(("first_day >= ? AND last_day <= ?", [start.date().isoformat(), end.date().isoformat()]))
    if created:
        conditions.append(("date >= ?", [created.isoformat()]))
    where = " AND ".join(f"({condition})" for condition, _ in conditions)
    rows = Registrations(call.server).select(where, [arg for _, args in conditions for arg in args])
    shown = [_as_json(row) for row in rows[: number(call, "limit")]]
    return Reply.json({"completeDataSetRegistrations": shown} if shown else {})


def _problem(call: Call, data_sets: list[str], units: list[str], groups: list[str], *, has_time: bool) -> str | None:
    checks = (
        ("E2013", not data_sets),
        ("E2002", not has_time and not call.param("createdDuration")),
        ("E2006", not units and not groups),
    )
    return next((code for code, wrong in reversed(checks) if wrong), None)


def _as_json(row: Registration) -> Json:
    return {
        "period": row.key.period,
        "dataSet": row.key.data_set,
        "organisationUnit": row.key.unit,
        "attributeOptionCombo": row.key.attribute,
        "date": row.date[:10],
        "storedBy": row.stored_by,
        "completed": row.completed,
    }


@endpoints.add("POST", "/api/completeDataSetRegistrations", RECORDED, requires=["F_DATAVALUE_ADD"])
def register(call: Call) -> Reply:
    """Register data sets as complete, each for a period and a unit."""
    options = read_options(call)
    payload = cast("Json", json.loads(unpacked(call.path, call.body) or b"{}"))
    rows = cast("list[Json]", payload.get("completeDataSetRegistrations") or [])
    summary = _registered(call, rows, options)
    envelope = summary.envelope(call.server)
    return Reply.json(envelope, envelope["httpStatusCode"])


def _registered(call: Call, rows: list[Json], options: ImportOptions) -> Summary:
    rules = EntryRules(call.server, call.user)
    shown = options.as_json(has_atomic=call.server.behaviour.enters_data_in_groups)
    summary = Summary(shown, description="Import process complete.")
    table = Registrations(call.server)
    for row in rows:
        key, period = _key(call, rules, options, row, summary)
        if key is None or period is None:
            summary.ignored += 1
            continue
        if table.get(key):
            summary.updated += 1
        else:
            summary.imported += 1
        if not options.dry_run:
            now, name = call.server.now(), call.user.username
            date = str(row.get("date") or now[:10])[:10]
            by = row.get("storedBy") or name
            completed = row.get("completed", True)
            table.put(Registration(key, f"{date}T00:00:00.000", by, now, name, bool(completed)), period)
    if summary.ignored == len(rows):
        summary.status = "ERROR"
    return summary


def _key(
    call: Call, rules: EntryRules, options: ImportOptions, row: Json, summary: Summary
) -> tuple[RegistrationKey | None, Period | None]:
    identifiers = Identifiers(call.server.store)
    data_set = identifiers.uid("dataSet", options.scheme("dataSetIdScheme"), row.get("dataSet"))
    unit = identifiers.uid("organisationUnit", options.scheme("orgUnitIdScheme"), row.get("organisationUnit"))
    period = rules.period(row.get("period"))
    attribute = identifiers.uid(
        "categoryOptionCombo", options.scheme("attributeOptionComboIdScheme"), row.get("attributeOptionCombo")
    )
    for found, name, text in (
        (data_set, row.get("dataSet"), "Data set not found or not accessible"),
        (period, row.get("period"), "Invalid period"),
        (unit, row.get("organisationUnit"), "Organisation unit not found or not accessible"),
    ):
        if found is None:
            summary.conflicts.append(Conflict(text, {}, object=str(name)))
            return None, None
    if not rules.in_hierarchy(unit or ""):
        summary.conflicts.append(
            Conflict(f"Organisation unit not in hierarchy of user: {call.user.username}", {}, object=unit)
        )
        return None, None
    key = RegistrationKey(data_set or "", period.iso if period else "", unit or "", attribute or rules.default_combo)
    return key, period


@endpoints.add("DELETE", "/api/completeDataSetRegistrations", SOURCE, requires=["F_DATAVALUE_ADD"])
def take_back(call: Call) -> Reply:
    """Take a registration back; nothing happens where there is none."""
    rules = EntryRules(call.server, call.user)
    text = call.required("pe")
    if call.server.behaviour.enters_data_in_groups:
        strict_period(rules, text)
    period = rules.period(text)
    if period is None:
        raise Dhis2Refusal(409, f"Illegal period identifier: {text}")
    data_sets = listed(call, "ds")
    unit = call.required("ou")
    options = [part for part in (call.param("cp") or "").split(";") if part]
    attribute = combo_with(rules, call.param("cc") or "", options) if options else None
    units = rules.below(unit) if call.flag("multiOu") else {unit}
    table = Registrations(call.server)
    for data_set in data_sets:
        document = rules.document("dataSet", data_set)
        if document is None:
            raise Dhis2Refusal(409, f"Illegal data set identifier in this list: [{', '.join(data_sets)}]")
        if rules.expired(document, period):
            raise Dhis2Refusal(409, f"Locked dataset(s) : {data_set}")
        for below in units:
            table.delete(RegistrationKey(data_set, period.iso, below, attribute or rules.default_combo))
    return Reply(204)
