"""`/api/dataEntry` and `/api/audits/dataValue`: what the data entry app reads beside the values.

Source: `DataEntryController`, `AuditController` of dhis2-core; recordings `data/entry-extras`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

from dhis2w_sandbox.bodies import json_object
from dhis2w_sandbox.call import RECORDED, SOURCE, Call, Reply
from dhis2w_sandbox.data.approval_store import ApprovalKey, Approvals
from dhis2w_sandbox.data.approvals import paged, period_json
from dhis2w_sandbox.data.combos import combo_asked
from dhis2w_sandbox.data.completeness import Registration, RegistrationKey, Registrations
from dhis2w_sandbox.data.compulsory import missing_operands
from dhis2w_sandbox.data.entry_rules import EntryRules
from dhis2w_sandbox.data.min_max import MinMaxTable
from dhis2w_sandbox.data.parameters import listed
from dhis2w_sandbox.data.periods import Period
from dhis2w_sandbox.data.values import Audit, DataValue, Key, Values, among
from dhis2w_sandbox.documents import linked
from dhis2w_sandbox.errors import Dhis2Refusal, message
from dhis2w_sandbox.routing import Endpoints

Json = dict[str, Any]

endpoints = Endpoints()

_AUDITED = (
    ("de", "element", "dataElement", "DataElement"),
    ("ou", "unit", "organisationUnit", "OrganisationUnit"),
    ("co", "combo", "categoryOptionCombo", "CategoryOptionCombo"),
    ("cc", "attribute", "categoryOptionCombo", "CategoryOptionCombo"),
)


def _found(call: Call, rules: EntryRules, type: str, uid: str | None, code: str) -> Json:
    document = rules.document(type, uid)
    if document is None or not rules.can_read(type, document):
        raise Dhis2Refusal(409, message(call.server.version, code, uid), code)
    return document


def _period(call: Call, rules: EntryRules, text: str | None) -> Period:
    period = rules.period(text)
    if period is None:
        raise Dhis2Refusal(409, message(call.server.version, "E1101", text), "E1101")
    return period


@endpoints.add("GET", "/api/dataEntry/dataValues", RECORDED)
def entry_values(call: Call) -> Reply:
    """Read the values of a set for a period and unit, with limits, lock and completion."""
    rules = EntryRules(call.server, call.user)
    data_set = _found(call, rules, "dataSet", call.param("ds"), "E1105")
    period = _period(call, rules, call.param("pe"))
    unit: str = _found(call, rules, "organisationUnit", call.param("ou"), "E1102")["id"]
    attribute = combo_asked(call, rules, call.param("cc"), call.param("cp"))
    elements, args = among("element", rules.elements_of(data_set))
    where = f"{elements} AND period = ? AND unit = ? AND attribute = ? AND deleted = 0"
    rows = Values(call.server).select(where, [*args, period.iso, unit, attribute])
    key = RegistrationKey(data_set["id"], period.iso, unit, attribute)
    limits = [row for row in MinMaxTable(call.server).all() if row.unit == unit and row.element in set(args)]
    return Reply.json(
        {
            "dataValues": [_value(rules, row) for row in rows],
            "minMaxValues": [
                {
                    "dataElement": row.element,
                    "orgUnit": row.unit,
                    "categoryOptionCombo": row.combo,
                    "minValue": row.min,
                    "maxValue": row.max,
                    **({"generated": bool(row.generated)} if call.server.behaviour.tells_generated_limits else {}),
                }
                for row in limits
            ],
            "lockStatus": lock_status(rules, data_set, period, key),
            "completeStatus": _completion(call, key),
        }
    )


def _value(rules: EntryRules, row: DataValue) -> Json:
    combo = rules.document("categoryOptionCombo", row.key.attribute) or {}
    found: Json = {
        "dataElement": row.key.element,
        "period": row.key.period,
        "orgUnit": row.key.unit,
        "categoryOptionCombo": row.key.combo,
        "attribute": {
            "combo": linked(combo, "categoryCombo"),
            "options": [option["id"] for option in combo.get("categoryOptions") or ()],
        },
        "value": row.value,
        "comment": row.comment,
        "followUp": bool(row.follow_up),
        "storedBy": row.stored_by,
        "created": row.created,
        "lastUpdated": row.last_updated,
    }
    return {key: value for key, value in found.items() if value is not None}


def lock_status(rules: EntryRules, data_set: Json, period: Period, key: RegistrationKey) -> str:
    """Whether a set takes data for a period and unit: OPEN, APPROVED or LOCKED."""
    workflow = linked(data_set, "workflow")
    if workflow and Approvals(rules.server).get(ApprovalKey(workflow, *key[1:])):
        return "APPROVED"
    expired = rules.expired(data_set, period) and not rules.has_exception(data_set, period, key.unit)
    return "LOCKED" if expired or not rules.input_period_open(data_set, period) else "OPEN"


def _completion(call: Call, key: RegistrationKey) -> Json:
    row = Registrations(call.server).get(key)
    if row is None:
        return {"complete": False}
    return {
        "complete": row.completed,
        "created": row.date,
        "createdBy": row.stored_by,
        "lastUpdated": row.last_updated,
        "lastUpdatedBy": row.last_updated_by,
    }


@endpoints.add("POST", "/api/dataEntry/dataSetCompletion", SOURCE, requires=["F_DATAVALUE_ADD"])
def complete(call: Call) -> Reply:
    """Register a set as complete, or take that back."""
    body = json_object(call)
    rules = EntryRules(call.server, call.user)
    data_set = _found(call, rules, "dataSet", body.get("dataSet"), "E1105")
    period = _period(call, rules, body.get("period"))
    unit = _found(call, rules, "organisationUnit", body.get("orgUnit"), "E1102")
    if not rules.in_hierarchy(unit["id"]):
        raise Dhis2Refusal(409, message(call.server.version, "E2020", unit["id"]), "E2020")
    attribute: Json = body.get("attribute") or {}
    options = cast("list[str] | None", attribute.get("options"))
    combo = combo_asked(call, rules, attribute.get("combo"), None if options is None else ";".join(options))
    key = RegistrationKey(data_set["id"], period.iso, unit["id"], combo)
    _check_compulsory(call, rules, data_set, key)
    now, name = call.server.now(), call.user.username
    old = Registrations(call.server).get(key) or Registration(key, now, name, now, name, completed=True)
    completed = bool(body.get("completed", True))
    Registrations(call.server).put(replace(old, last_updated=now, last_updated_by=name, completed=completed), period)
    return Reply()


def _check_compulsory(call: Call, rules: EntryRules, data_set: Json, key: RegistrationKey) -> None:
    """409 where something that is needed for completion is missing, with a code from 43 on."""
    missing = missing_operands(rules, data_set, key) if data_set.get("compulsoryFieldsCompleteOnly") else []
    if not missing:
        return
    names = ",".join(missing)
    if call.server.behaviour.enters_data_in_groups:
        raise Dhis2Refusal(409, message(call.server.version, "E7605", names), "E7605")
    raise Dhis2Refusal(409, f"All compulsory data element operands need to be filled: [{names}]")


@endpoints.add("GET", "/api/dataEntry/dataValueContext", RECORDED)
def context(call: Call) -> Reply:
    """Tell the history of one value over the periods before it, and what became of it."""
    rules = EntryRules(call.server, call.user)
    element = _found(call, rules, "dataElement", call.param("de"), "E1100")
    period = _period(call, rules, call.param("pe"))
    unit = _found(call, rules, "organisationUnit", call.param("ou"), "E1102")
    combo = call.param("co") or rules.default_combo
    key = Key(element["id"], period.iso, unit["id"], combo, rules.default_combo)
    values = Values(call.server)
    first = period.shifted(-12).start.isoformat()
    where = "element = ? AND unit = ? AND combo = ? AND attribute = ? AND deleted = 0 AND first_day BETWEEN ? AND ?"
    args = [key.element, key.unit, key.combo, key.attribute, first, period.start.isoformat()]
    history = list(values.select(where, args, "first_day"))
    grouped = call.server.behaviour.enters_data_in_groups
    stored = values.get(key)
    audits = _audits_of(values, key)
    if stored is not None and not any(row.type == "CREATE" for row in audits):
        audits.append(Audit(key, stored.value, stored.stored_by, stored.created, "CREATE"))
    return Reply.json(
        {
            "audits": [_flat_audit(row) for row in audits],
            "history": [
                {"period": row.key.period, "value": row.value} if grouped else _value(rules, row) for row in history
            ],
        }
    )


def _audits_of(values: Values, key: Key) -> list[Audit]:
    return values.audits("element = ? AND period = ? AND unit = ? AND combo = ? AND attribute = ?", key)


def _flat_audit(row: Audit) -> Json:
    return {
        "dataElement": row.key.element,
        "period": row.key.period,
        "orgUnit": row.key.unit,
        "categoryOptionCombo": row.key.combo,
        "attributeOptionCombo": row.key.attribute,
        "value": row.value,
        "modifiedBy": row.modified_by,
        "created": row.created,
        "auditType": row.type,
    }


@endpoints.add("GET", "/api/dataEntry/lockExceptions", RECORDED)
def lock_exceptions(call: Call) -> Reply:
    """List the lock exceptions of the user's units."""
    rules = EntryRules(call.server, call.user)
    rows = [
        row
        for row in call.server.store.all("lockException")
        if rules.in_hierarchy(linked(row, "organisationUnit") or "")
    ]
    return Reply.json({"lockExceptions": rows})


@endpoints.add("GET", "/api/audits/dataValue", RECORDED)
def value_audits(call: Call) -> Reply:
    """List what became of values, latest first."""
    rules = EntryRules(call.server, call.user)
    conditions: list[tuple[str, list[str]]] = [("1", [])]
    for name, column, type, klass in _AUDITED:
        uids = listed(call, name)
        unknown = [uid for uid in uids if rules.document(type, uid) is None]
        if unknown and not call.server.behaviour.enters_data_in_groups:
            raise Dhis2Refusal(409, message(call.server.version, "E1112", klass, unknown), "E1112")
        if uids:
            conditions.append(among(column, uids))
    if data_sets := listed(call, "ds"):
        elements = [uid for name in data_sets for uid in rules.elements_of(rules.document("dataSet", name) or {})]
        conditions.append(among("element", elements))
    if periods := listed(call, "pe"):
        conditions.append(among("period", [period.iso for text in periods if (period := rules.period(text))]))
    if types := listed(call, call.server.behaviour.audit_type_parameter):
        conditions.append(among("type", types))
    where = " AND ".join(condition for condition, _ in conditions)
    found = Values(call.server).audits(where, [arg for _, args in conditions for arg in args])
    if not call.server.behaviour.enters_data_in_groups:
        found = [row for row in found if row.type != "CREATE"]
    rows = [_audit(call, rules, row) for row in found]
    if call.param("fields"):
        nothing: Json = {}  # the server applies `fields` to each audit, and none has what is asked of the list
        rows = [nothing for _ in rows]
    return Reply.json(paged(call, "dataValueAudits", rows))


def _audit(call: Call, rules: EntryRules, row: Audit) -> Json:
    found: Json = {
        "created": row.created,
        "modifiedBy": row.modified_by,
        "auditType": row.type,
        "value": row.value,
        "period": period_json(call, rules, row.key.period),
        "organisationUnit": {"id": row.key.unit},
        "attributeOptionCombo": {"id": row.key.attribute},
        "categoryOptionCombo": {"id": row.key.combo},
        "dataElement": {"id": row.key.element},
    }
    return {key: value for key, value in found.items() if value is not None}
