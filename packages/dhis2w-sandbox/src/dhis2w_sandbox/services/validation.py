"""`/api/validation`, `/api/validationResults`, `/api/dataAnalysis/validationRules`: rules tried on values.

Source: `ValidationController`, `ValidationResultController`, `ValidationRuleController`, `DataAnalysisController` of
dhis2-core; recordings `services/validation-run`.
"""

from __future__ import annotations

from datetime import date
from math import ceil
from typing import Any

from dhis2w_sandbox.bodies import json_object
from dhis2w_sandbox.call import RECORDED, SOURCE, Call, Reply
from dhis2w_sandbox.data.combos import combo_with
from dhis2w_sandbox.data.entry_rules import EntryRules
from dhis2w_sandbox.data.item_expressions import described
from dhis2w_sandbox.data.parameters import listed, number, sent_day, sent_number, sent_text
from dhis2w_sandbox.data.values import Key, Values
from dhis2w_sandbox.errors import Dhis2Refusal, message, not_found, web_message
from dhis2w_sandbox.metadata.periods import period_name
from dhis2w_sandbox.metadata.reading import fields_of
from dhis2w_sandbox.metadata.rendering import renderer
from dhis2w_sandbox.metadata.units import lineage
from dhis2w_sandbox.routing import Endpoints
from dhis2w_sandbox.services.beans import bean
from dhis2w_sandbox.services.differences import differences
from dhis2w_sandbox.services.validation_analysis import (
    OPERATORS,
    PAIRS,
    Results,
    Violation,
    analysed,
    existing_periods,
    items_of_sides,
    rules_of_data_set,
)
from dhis2w_sandbox.system import NEVER_STORED
from dhis2w_sandbox.tasks import Job

Json = dict[str, Any]

endpoints = Endpoints()

_MOST_RESULTS = 500


@endpoints.add("GET", "/api/validation/dataSet/{uid}", RECORDED)
def validate_form(call: Call) -> Reply:
    """List the rules that the values of a data set break in a period and unit, and the comments that are missing."""
    period_text, unit_uid = call.required("pe"), call.required("ou")
    entry = EntryRules(call.server, call.user)
    data_set = _found(call, "dataSet", call.parts["uid"], "E1105")
    period = entry.period(period_text)
    if period is None:
        raise Dhis2Refusal(409, message(call.server.version, "E1101", period_text), "E1101")
    unit: str = _found(call, "organisationUnit", unit_uid, "E1102")["id"]
    attribute = _attribute(call, entry)
    found = analysed(entry, rules_of_data_set(entry, data_set), [unit], [period], attribute)
    comments = _missing_comments(entry, data_set, (period.iso, unit, attribute))
    return Reply.json(
        {
            "validationRuleViolations": [_bean(call, row) for row in found],
            "commentRequiredViolations": comments,
        }
    )


def _found(call: Call, type: str, uid: str, code: str) -> Json:
    document = call.server.store.get(type, uid)
    if document is None:
        raise Dhis2Refusal(409, message(call.server.version, code, uid), code)
    return document


def _attribute(call: Call, entry: EntryRules) -> str:
    """The attribute option combo that a request means: by its identifier, or by its options."""
    if combo := call.param("aoc"):
        return _found(call, "categoryOptionCombo", combo, "E1103")["id"]
    options = [part for part in (call.param("cp") or "").split(";") if part]
    return (combo_with(entry, call.param("cc") or "", options) if options else None) or entry.default_combo


def _missing_comments(entry: EntryRules, data_set: Json, place: tuple[str, str, str]) -> list[Json]:
    """What has neither value nor comment where the set wants one of them."""
    if not data_set.get("noValueRequiresComment"):
        return []
    period, unit, attribute = place
    values, found = Values(entry.server), list[Json]()
    for element in entry.elements_of(data_set):
        for combo in entry.combos_of(entry.combo_category(data_set, element) or ""):
            row = values.get(Key(element, period, unit, combo, attribute))
            if row is None or row.deleted or not ((row.value or "").strip() or (row.comment or "").strip()):
                found.append({"dataElement": {"id": element}, "categoryOptionCombo": {"id": combo}})
    return found


@endpoints.add("POST", "/api/dataAnalysis/validationRules", RECORDED)
def analyse(call: Call) -> Reply:
    """Try the rules of a group, or all, on the values at and below a unit between two days."""
    entry = EntryRules(call.server, call.user)
    unit = entry.document("organisationUnit", sent_text(call, "ou"))
    if unit is None:
        raise Dhis2Refusal(400, "No organisation unit defined")
    asked = sent_number(call, "maxResults")
    most = _MOST_RESULTS if asked is None else int(asked)
    largest = call.server.setting("dataQualityMaxLimit", _MOST_RESULTS)
    if not 0 < most <= largest:
        raise _too_many(call, largest)
    start, end = sent_day(call, "startDate"), sent_day(call, "endDate")
    if start is None or end is None:
        return _undated(call)
    group = entry.document("validationRuleGroup", sent_text(call, "vrg"))
    found = _analysed(entry, group, unit["id"], start, end)[:most]
    if json_object(call).get("persist") is True:
        results = Results(call.server)
        found = [row if row.number else results.keep(row, call.server.now()) for row in found]
    found.sort(key=lambda row: (_text(entry, "organisationUnit", row.unit), row.period, row.rule))
    return Reply.json([_view(entry, row) for row in found])


def _analysed(entry: EntryRules, group: Json | None, unit: str, start: date, end: date) -> list[Violation]:
    rules = entry.store.all("validationRule")
    if group is not None:
        members = {row["id"] for row in group.get("validationRules") or ()}
        rules = [rule for rule in rules if rule["id"] in members]
    return analysed(entry, rules, sorted(entry.below(unit)), existing_periods(entry.server, start, end))


def _too_many(call: Call, largest: int) -> Dhis2Refusal:
    text, code = differences(call.server).too_many_results
    return Dhis2Refusal(400, text.format(largest), code)


def _undated(call: Call) -> Reply:
    """What an analysis without dates comes to: nothing, or the words of a database that cannot compare them."""
    if text := differences(call.server).undated_analysis:
        raise Dhis2Refusal(409, text)
    return Reply.json([])


def _view(entry: EntryRules, row: Violation) -> Json:
    rule, unit = entry.document("validationRule", row.rule) or {}, entry.document("organisationUnit", row.unit) or {}
    path = lineage(entry.store, unit)
    names = [_text(entry, "organisationUnit", uid) for uid in path[:-1]]
    sign = OPERATORS[rule["operator"]][0] if rule["operator"] in OPERATORS else PAIRS[rule["operator"]]
    view: Json = {
        "validationRuleId": row.rule,
        "validationRuleDescription": rule.get("description"),
        "organisationUnitId": row.unit,
        "organisationUnitDisplayName": unit.get("name"),
        "organisationUnitPath": "/" + "/".join(path),
        "organisationUnitAncestorNames": "".join(f"{name} / " for name in names),
        "periodId": row.period,
        "periodDisplayName": period_name(row.period),
        "attributeOptionComboId": row.attribute,
        "attributeOptionComboDisplayName": _text(entry, "categoryOptionCombo", row.attribute),
        "importance": rule.get("importance"),
        "leftSideValue": row.left,
        "operator": sign,
        "rightSideValue": row.right,
    }
    return {key: value for key, value in view.items() if value is not None}


def _text(entry: EntryRules, type: str, uid: str) -> str:
    return (entry.document(type, uid) or {}).get("name") or ""


@endpoints.add("GET", "/api/dataAnalysis/validationRulesExpression", SOURCE, requires=["F_RUN_VALIDATION"])
def expression_values(call: Call) -> Reply:
    """Show the items of a rule's two sides by name, with the values that there are; nothing where there are none."""
    names = [call.required(name) for name in ("validationRuleId", "periodId", "organisationUnitId")]
    entry = EntryRules(call.server, call.user)
    rule, unit = entry.document("validationRule", names[0]), entry.document("organisationUnit", names[2])
    period, attribute = entry.period(names[1]), call.param("attributeOptionComboId") or entry.default_combo
    if rule is None:
        raise _not_there(f"ValidationRule with id ={names[0]}")
    if unit is None:
        raise _not_there(f"OrganisationUnit with id ={names[2]}")
    if period is None:
        raise _not_there(f"Period with id ={names[1]}")
    if entry.document("categoryOptionCombo", attribute) is None:
        raise _not_there(f"AttributeOptionCombo with id = {attribute}")
    left, right = items_of_sides(entry, rule, unit["id"], period, attribute)
    return Reply.json({"leftSide": left, "rightSide": right})


def _not_there(words: str) -> Dhis2Refusal:
    return Dhis2Refusal(404, f"Can't find {words}")


@endpoints.add("POST", "/api/validation/sendNotifications", SOURCE, requires=["F_RUN_VALIDATION"])
@endpoints.add("PUT", "/api/validation/sendNotifications", SOURCE, requires=["F_RUN_VALIDATION"])
def send_notifications(call: Call) -> Reply:
    """Tell of the violations that are kept, as a job; without a mail server nobody hears of it."""
    job = Job(call.server, "VALIDATION_RESULTS_NOTIFICATION", {})

    def work() -> None:
        Results(call.server).tell()
        job.tell("Updating results", completed=True)
        job.finish()

    job.start(work)
    return job.reply(call)


@endpoints.add("POST", "/api/resourceTables/monitoring", SOURCE, requires=["F_PERFORM_MAINTENANCE"])
@endpoints.add("PUT", "/api/resourceTables/monitoring", SOURCE, requires=["F_PERFORM_MAINTENANCE"])
def monitor(call: Call) -> Reply:
    """Try the rules of no group on the periods that lie within today, as a job: nothing is found."""
    parameters: Json = {"relativeStart": 0, "relativeEnd": 0, "validationRuleGroups": []}
    job = Job(call.server, "MONITORING", {**parameters, "sendNotifications": False, "persistResults": False})

    def work() -> None:
        job.tell("Data validation done", completed=True)
        job.finish()

    job.start(work)
    return job.reply(call)


# What is kept


@endpoints.add("GET", "/api/validationResults", RECORDED)
def results(call: Call) -> Reply:
    """List the violations that analyses kept; conditions are `vr`, `ou`, `pe` and `createdDate` only."""
    found = [row for row in Results(call.server).all() if _wanted(call, row)]
    page, size = number(call, "page") or 1, number(call, "pageSize") or 50
    paging = not call.flag("skipPaging") and call.flag("paging", True)
    counts = {"page": page, "pageCount": ceil(len(found) / size), "total": len(found), "pageSize": size}
    shown = found[(page - 1) * size : page * size] if paging else found
    show = renderer(call, call.server.schemas.by_singular["validationResult"], fields_of(call, ":all"))
    body: Json = {"pager": counts} if paging else {}
    rows = [show(_document(call, row)) for row in shown]
    return Reply.json({**body, "validationResults": rows}, headers=dict(NEVER_STORED))


@endpoints.add("DELETE", "/api/validationResults", RECORDED, requires=["F_PERFORM_MAINTENANCE"])
def remove_results(call: Call) -> Reply:
    """Remove the violations of rules, units or a period."""
    kept = Results(call.server)
    kept.remove(row.number for row in kept.all() if _wanted(call, row))
    return Reply(204)


@endpoints.add("GET", "/api/validationResults/{number}", SOURCE)
def result(call: Call) -> Reply:
    """Show a violation that is kept."""
    return Reply.json(_bean(call, _kept(call)))


@endpoints.add("DELETE", "/api/validationResults/{number}", SOURCE, requires=["F_PERFORM_MAINTENANCE"])
def remove_result(call: Call) -> Reply:
    """Remove a violation that is kept."""
    Results(call.server).remove([_kept(call).number])
    return Reply(204)


def _kept(call: Call) -> Violation:
    found = next((row for row in Results(call.server).all() if str(row.number) == call.parts["number"]), None)
    if found is None:
        raise not_found("ValidationResult", call.parts["number"])
    return found


def _wanted(call: Call, row: Violation) -> bool:
    places = (("vr", row.rule), ("ou", row.unit), ("pe", row.period))
    since = call.param("createdDate")
    return all(not listed(call, name) or value in listed(call, name) for name, value in places) and (
        not since or (row.created or "") >= since
    )


def _document(call: Call, row: Violation) -> Json:
    """A violation as the language of fields reads it."""
    period: Json = {"id": row.period} if call.server.behaviour.names_periods else {}
    return {
        "validationRule": {"id": row.rule},
        "organisationUnit": {"id": row.unit},
        "attributeOptionCombo": {"id": row.attribute},
        "period": period,
        **_numbers(row),
    }


def _numbers(row: Violation) -> Json:
    return {
        "id": row.number,
        "created": row.created,
        "leftsideValue": row.left,
        "rightsideValue": row.right,
        "dayInPeriod": row.day,
        "notificationSent": row.told,
    }


def _bean(call: Call, row: Violation) -> Json:
    """A violation in full."""
    store = call.server.store
    found: Json = {
        "validationRule": bean(call.server, store.get("validationRule", row.rule) or {"id": row.rule}),
        "period": _period(call, row.period),
        "organisationUnit": _unit(call, row.unit),
        "attributeOptionCombo": bean(call.server, store.get("categoryOptionCombo", row.attribute) or {}),
        **_numbers(row),
    }
    return {key: value for key, value in found.items() if value is not None}


def _unit(call: Call, uid: str) -> Json:
    return bean(call.server, call.server.store.get("organisationUnit", uid) or {"id": uid})


def _period(call: Call, iso: str) -> Json:
    if not call.server.behaviour.names_periods:
        return {"id": iso}
    return bean(call.server, {"id": iso, "code": iso, "name": iso})


# Expressions


@endpoints.add("POST", "/api/validationRules/expression/description", RECORDED)
def describe(call: Call) -> Reply:
    """Put names in the place of the identifiers of an expression; one that cannot be read is ERROR with 200."""
    return description_reply(call)


def description_reply(call: Call) -> Reply:
    """The description of the expression in the body."""
    text = described(call.server, call.body.decode(errors="replace"))
    if text is None:
        return Reply.message(200, "Expression is not well-formed", word="ERROR")
    return Reply.json({**web_message(200, "Valid"), "description": text})
