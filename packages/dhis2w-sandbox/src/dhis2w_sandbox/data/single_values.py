"""`/api/dataValues`: one data value read, set, deleted or marked for follow-up.

Source: `DataValueController` and `DataValidator` (41, 42), `DefaultDataEntryService` (43) of dhis2-core; recordings
`data/values-single`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, cast
from urllib.parse import parse_qsl

from dhis2w_sandbox.bodies import FORM, json_object
from dhis2w_sandbox.call import RECORDED, Call, Reply
from dhis2w_sandbox.data.approval_store import ApprovalKey, Approvals
from dhis2w_sandbox.data.combos import combo_with
from dhis2w_sandbox.data.entry_rules import EntryRules
from dhis2w_sandbox.data.group_import import EntryValue, GroupImport, Refused
from dhis2w_sandbox.data.import_options import ImportOptions
from dhis2w_sandbox.data.payload import RawGroup, RawValue
from dhis2w_sandbox.data.periods import Period
from dhis2w_sandbox.data.selecting import strict_period
from dhis2w_sandbox.data.value_types import NUMERIC, is_zero, problem, spelled_boolean
from dhis2w_sandbox.data.values import Audit, DataValue, Key, Values
from dhis2w_sandbox.documents import linked
from dhis2w_sandbox.errors import Dhis2Refusal, argument_text, message
from dhis2w_sandbox.multi_text import options_in
from dhis2w_sandbox.routing import Endpoints
from dhis2w_sandbox.system import NEVER_STORED

Json = dict[str, Any]

endpoints = Endpoints()

NOT_THERE = "Data value does not exist"


@dataclass(frozen=True)
class Entry:
    """What a request says of one value; None is what it does not say."""

    element: str | None
    period: str | None
    unit: str | None
    combo: str | None
    category_combo: str | None
    options: list[str]
    data_set: str | None
    value: str | None
    comment: str | None
    follow_up: bool | None
    force: bool


@dataclass(frozen=True)
class Place:
    """The objects that a value of 41 and 42 belongs to."""

    key: Key
    element: Json
    period: Period


@endpoints.add("GET", "/api/dataValues", RECORDED)
def read_value(call: Call) -> Reply:
    """Read a value, as a list of one."""
    stored = Values(call.server).get(key_asked(call))
    if stored is None or stored.deleted:
        grouped = call.server.behaviour.enters_data_in_groups
        raise Dhis2Refusal(404, NOT_THERE, "E1005") if grouped else Dhis2Refusal(409, NOT_THERE)
    return Reply.json([stored.value], headers=dict(NEVER_STORED))


def key_asked(call: Call) -> Key:
    """What the parameters of a request say that a value belongs to."""
    if call.server.behaviour.enters_data_in_groups:
        return _strict_key(call)
    return _place(call, EntryRules(call.server, call.user), _asked(call)).key


@endpoints.add("POST", "/api/dataValues", RECORDED, requires=["F_DATAVALUE_ADD"])
def save_value(call: Call) -> Reply:
    """Set a value, its comment or its mark; what is not sent stays."""
    entry = _from_json(json_object(call)) if "json" in call.headers.get("content-type", "") else _required(call)
    if call.server.behaviour.enters_data_in_groups:
        _save_strictly(call, entry)
    else:
        _save(call, entry)
    return Reply(201)


@endpoints.add("DELETE", "/api/dataValues", RECORDED, requires=["F_DATAVALUE_ADD"])
def delete_value(call: Call) -> Reply:
    """Mark a value as deleted."""
    entry = _required(call)
    if call.server.behaviour.enters_data_in_groups:
        _delete_strictly(call, entry)
        return Reply(204)
    rules = EntryRules(call.server, call.user)
    place = _place(call, rules, entry)
    _check_open(call, rules, place, entry)
    values = Values(call.server)
    stored = values.get(place.key)
    if stored is None or stored.deleted:
        raise Dhis2Refusal(409, "Data value cannot be deleted because it does not exist")
    now, name = call.server.now(), call.user.username
    values.put([(replace(stored, deleted=True, last_updated=now, stored_by=name), place.period)])
    values.audit([Audit(place.key, stored.value, name, now, "DELETE")])
    return Reply(204)


@endpoints.add("PUT", "/api/dataValues/followup", RECORDED, requires=["F_DATAVALUE_ADD"])
def mark(call: Call) -> Reply:
    """Mark a value for follow-up, or take the mark off."""
    _mark(call, [json_object(call)])
    return Reply()


@endpoints.add("PUT", "/api/dataValues/followups", RECORDED, requires=["F_DATAVALUE_ADD"])
def mark_all(call: Call) -> Reply:
    """Mark several values for follow-up, each as it says."""
    _mark(call, cast("list[Json]", json_object(call).get("values") or []))
    return Reply()


def _mark(call: Call, rows: list[Json]) -> None:
    if not rows or any(row.get("followup") is None for row in rows):
        raise _refusal(call, "E2033")
    rules, values = EntryRules(call.server, call.user), Values(call.server)
    found: list[tuple[DataValue, Period]] = []
    for row in rows:
        period = rules.period(row.get("period"))
        combo, attribute = row.get("categoryOptionCombo"), row.get("attributeOptionCombo")
        default = rules.default_combo
        iso = period.iso if period else ""
        element, unit = row.get("dataElement"), row.get("orgUnit")
        if not call.server.behaviour.enters_data_in_groups:
            for type, uid, code in (("dataElement", element, "E1100"), ("organisationUnit", unit, "E1102")):
                if rules.document(type, uid) is None:
                    raise _refusal(call, code, argument_text(uid))
        key = Key(str(element), iso, str(unit), combo or default, attribute or default)
        stored = values.get(key)
        if stored is None or period is None:
            raw = EntryValue(
                0,
                key.element,
                key.unit,
                combo,
                attribute,
                period or strict_period(rules, "0000"),
                None,
                None,
                None,
                None,
            )
            raise _refusal(call, "E2032", f"[{raw.key_text}]")
        found.append((replace(stored, follow_up=bool(row["followup"]), last_updated=call.server.now()), period))
    values.put(found)


# 41 and 42: one check after the other.


def _save(call: Call, entry: Entry) -> None:
    rules = EntryRules(call.server, call.user)
    place = _place(call, rules, entry)
    _check_open(call, rules, place, entry)
    value = _valid(call, rules, place, entry)
    values = Values(call.server)
    stored = values.get(place.key)
    now, name = call.server.now(), call.user.username
    comment = (entry.comment.strip() or None) if entry.comment is not None else None
    if stored is None or stored.deleted:
        if _insignificant(place.element, value) or (value is None and comment is None):
            return
        created = stored.created if stored else now
        new = DataValue(place.key, value, comment, bool(entry.follow_up), False, name, created, now)
        values.put([(new, place.period)])
        values.audit([Audit(place.key, value, name, now, "CREATE")])
        return
    new = replace(stored, stored_by=name, last_updated=now, deleted=_insignificant(place.element, value))
    if entry.value is not None:
        new = replace(new, value=value)
    if entry.comment is not None:
        new = replace(new, comment=comment)
    if entry.follow_up is not None:
        new = replace(new, follow_up=not stored.follow_up)
    values.put([(new, place.period)])
    if new.value != stored.value:
        values.audit([Audit(place.key, stored.value, name, now, "UPDATE")])


def _place(call: Call, rules: EntryRules, entry: Entry) -> Place:
    """What the identifiers of a request stand for; 409 with the first that stands for nothing."""
    element = rules.document("dataElement", entry.element)
    if element is None or not rules.can_read("dataElement", element):
        raise _refusal(call, "E1100", entry.element)
    if entry.combo and rules.document("categoryOptionCombo", entry.combo) is None:
        raise _refusal(call, "E1103", entry.combo)
    attribute = _attribute(call, rules, entry)
    period = rules.period(entry.period)
    if period is None:
        raise _refusal(call, "E1101", entry.period)
    if entry.unit is None or rules.document("organisationUnit", entry.unit) is None:
        raise _refusal(call, "E1102", entry.unit)
    if not rules.in_hierarchy(entry.unit):
        raise _refusal(call, "E2020", entry.unit)
    key = Key(element["id"], period.iso, entry.unit, entry.combo or rules.default_combo, attribute)
    return Place(key, element, period)


def _attribute(call: Call, rules: EntryRules, entry: Entry) -> str:
    if not entry.category_combo and not entry.options:
        return rules.default_combo
    if not entry.category_combo or not entry.options:
        raise _refusal(call, "E2040")
    if rules.document("categoryCombo", entry.category_combo) is None:
        raise _refusal(call, "E1110", entry.category_combo)
    for option in entry.options:
        if rules.document("categoryOption", option) is None:
            raise _refusal(call, "E1111", option)
    combo = combo_with(rules, entry.category_combo, entry.options)
    if combo is None:
        raise _refusal(call, "E2041")
    return combo


def _check_open(call: Call, rules: EntryRules, place: Place, entry: Entry) -> None:
    """Refused where the value cannot be entered now, or for this unit or set."""
    opens, closes = rules.open_span(rules.document("organisationUnit", place.key.unit) or {})
    if (opens and place.period.end < opens) or (closes and place.period.start > closes):
        raise _refusal(call, "E2019", place.key.period)
    data_sets = rules.data_sets_of(place.element["id"])
    if entry.data_set:
        data_set = rules.document("dataSet", entry.data_set)
        if data_set is None:
            raise _refusal(call, "E1105", entry.data_set)
        if place.element["id"] not in rules.elements_of(data_set):
            raise _refusal(call, "E2021", entry.data_set, place.element["id"])
        data_sets = [data_set]
    if entry.force and call.user.is_super:
        return
    _check_future(call, rules, place, data_sets)
    start, end = rules.attribute_span(place.key.attribute)
    if start and place.period.end < start:
        raise _refusal(call, "E2023", place.key.period, start.isoformat(), place.key.attribute)
    if end and place.period.start > end:
        raise _refusal(call, "E2024", place.key.period, end.isoformat(), place.key.attribute)
    if data_sets and not any(rules.input_period_open(row, place.period) for row in data_sets):
        raise _refusal(call, "E2025", place.key.period, data_sets[0]["id"])
    if data_sets and all(_locked(call, rules, place, row) for row in data_sets):
        raise _refusal(call, "E2017")
    if not rules.can_write_combo(place.key.combo):
        raise _refusal(call, "E2031", place.key.combo)


def _check_future(call: Call, rules: EntryRules, place: Place, data_sets: list[Json]) -> None:
    fitting = [row for row in data_sets if row["periodType"] == place.period.type.name]
    if fitting:
        most = max(int(row.get("openFuturePeriods") or 0) for row in fitting)
        last = rules.last_open(place.period.type.name, most)
        if place.period.end > last.end:
            raise _refusal(call, "E2022", place.key.period, last.iso, place.element["id"])


def _locked(call: Call, rules: EntryRules, place: Place, data_set: Json) -> bool:
    if rules.expired(data_set, place.period) and not rules.has_exception(data_set, place.period, place.key.unit):
        return True
    workflow = linked(data_set, "workflow")
    approvals = Approvals(call.server)
    keys = (
        ApprovalKey(workflow or "", place.key.period, unit, place.key.attribute) for unit in rules.path(place.key.unit)
    )
    return bool(workflow) and any(approvals.get(key) for key in keys)


def _valid(call: Call, rules: EntryRules, place: Place, entry: Entry) -> str | None:
    """The value in its stored spelling; 409 where it is none of its element."""
    type: str = place.element["valueType"]
    value = spelled_boolean(entry.value.strip() or None if entry.value is not None else None, type)
    options = linked(place.element, "optionSet")
    if value and options and not rules.options_of(options).issuperset(options_in(value, type)):
        raise _refusal(call, "E2029", options if type == "MULTI_TEXT" else place.element["id"])
    if problem(value, type):
        raise _refusal(call, "E2030", type)
    return value


def _insignificant(element: Json, value: str | None) -> bool:
    return (
        element["valueType"] in NUMERIC
        and is_zero(value)
        and not element.get("zeroIsSignificant")
        and element.get("aggregationType") not in {"AVERAGE", "AVERAGE_SUM_ORG_UNIT"}
    )


# 43 and newer: a group of one.


def _delete_strictly(call: Call, entry: Entry) -> None:
    """What was there of the value but the comment goes, its mark too."""
    run, value = _decoded(call, replace(entry, value=None))
    gone = replace(value, deleted=True)
    _checked(run, entry, gone)
    run.store([gone])


def _save_strictly(call: Call, entry: Entry) -> None:
    if entry.value == "" and entry.comment is None and entry.follow_up is None:
        _delete_strictly(call, entry)
        return
    run, value = _decoded(call, entry)
    stored = run.values.get(value.key(run.rules.default_combo))
    if stored is not None:
        value = replace(
            value,
            value=stored.value if value.value is None else value.value,
            comment=stored.comment if value.comment is None else value.comment,
            follow_up=stored.follow_up if value.follow_up is None else value.follow_up,
        )
    if entry.value == "":
        value = replace(value, value=None, deleted=True)
    data_set = _checked(run, entry, value)
    errors: list[tuple[EntryValue, str, tuple[Any, ...]]] = []
    valid = run.checked_values(data_set, [value], errors)
    if errors:
        _, code, args = errors[0]
        text = message(call.server.version, code, *args)
        raise Dhis2Refusal(409, f"Failed to upsert data value: {text}", "E1004")
    run.store(valid)


def _decoded(call: Call, entry: Entry) -> tuple[GroupImport, EntryValue]:
    """The value with uids; 400 where one cannot be read."""
    options = ImportOptions()
    options.flags["force"] = entry.force
    run = GroupImport(call.server, call.user, options)
    if entry.period:
        strict_period(run.rules, entry.period)
    raw = RawValue(
        entry.element,
        entry.period,
        entry.unit,
        entry.combo,
        _strict_attribute(call, run.rules, entry),
        entry.value,
        entry.comment,
        follow_up=entry.follow_up,
    )
    try:
        group = run.decoded(RawGroup([raw], data_set=entry.data_set))
    except Refused as refused:
        text = message(call.server.version, refused.code, *refused.values)
        raise Dhis2Refusal(400, text, refused.code) from refused
    return run, group.values[0]


def _strict_attribute(call: Call, rules: EntryRules, entry: Entry) -> str | None:
    if not entry.category_combo:
        return None
    if rules.document("categoryCombo", entry.category_combo) is None:
        text = message(call.server.version, "E8126", 0, entry.category_combo)
        raise Dhis2Refusal(400, text, "E8126")
    combo = combo_with(rules, entry.category_combo, entry.options)
    if combo is None:
        shown = sorted(entry.options) or None
        raise Dhis2Refusal(400, message(call.server.version, "E8127", 0, entry.category_combo, shown), "E8127")
    return combo


def _checked(run: GroupImport, entry: Entry, value: EntryValue) -> Json:
    try:
        return run.check(entry.data_set, [value])
    except Refused as refused:
        text = message(run.server.version, refused.code, *refused.values)
        raise Dhis2Refusal(409, text, refused.code) from refused


def _strict_key(call: Call) -> Key:
    run, value = _decoded(call, _asked(call))
    rules = run.rules
    if not call.user.is_super and rules.path(value.unit) and not rules.may_view(value.unit):
        raise _refusal(call, "E2012", [value.unit])
    return value.key(rules.default_combo)


# What a request says.


def _required(call: Call) -> Entry:
    """The parameters of a request that must name element, period and unit; the container's 400 without."""
    if call.headers.get("content-type", "").startswith(FORM):
        call = replace(call, query=[*call.query, *parse_qsl(call.body.decode(), keep_blank_values=True)])
    for name in ("de", "pe", "ou") if not call.server.behaviour.enters_data_in_groups else ("de", "ou", "pe"):
        call.required(name)
    return _asked(call)


def _asked(call: Call) -> Entry:
    follow_up = call.param("followUp")
    return Entry(
        call.param("de"),
        call.param("pe"),
        call.param("ou"),
        call.param("co"),
        call.param("cc"),
        [part for part in (call.param("cp") or "").split(";") if part],
        call.param("ds"),
        call.param("value"),
        call.param("comment"),
        follow_up.lower() == "true" if follow_up else None,
        call.flag("force"),
    )


def _from_json(row: Json) -> Entry:
    attribute: Json = row.get("attribute") or {}
    value = row.get("value")
    return Entry(
        row.get("dataElement"),
        row.get("period"),
        row.get("orgUnit"),
        row.get("categoryOptionCombo"),
        attribute.get("combo"),
        list(attribute.get("options") or ()),
        row.get("dataSet"),
        value
        if value is None or isinstance(value, str)
        else str(value).lower()
        if isinstance(value, bool)
        else str(value),
        row.get("comment"),
        row.get("followUp"),
        bool(row.get("force")),
    )


def _refusal(call: Call, code: str, *args: Any) -> Dhis2Refusal:
    return Dhis2Refusal(409, message(call.server.version, code, *args), code)
