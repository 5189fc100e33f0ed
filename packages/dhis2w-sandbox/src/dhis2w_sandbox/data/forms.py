"""What a data set offers for entering its data: template, version and form.

Source: `DataSetController`, `FormUtils` of dhis2-core; recordings `data/export-formats`, `data/entry-extras`.
"""

from __future__ import annotations

from typing import Any

from dhis2w_sandbox.call import RECORDED, Call, Reply
from dhis2w_sandbox.data.entry_rules import EntryRules
from dhis2w_sandbox.data.parameters import listed
from dhis2w_sandbox.errors import Dhis2Refusal, not_found
from dhis2w_sandbox.routing import Endpoints

Json = dict[str, Any]

endpoints = Endpoints()


def _data_set(call: Call, rules: EntryRules) -> Json:
    document = rules.document("dataSet", call.parts["uid"])
    if document is None or not rules.can_read("dataSet", document):
        raise not_found("DataSet", call.parts["uid"])
    return document


def _combos(rules: EntryRules, data_set: Json, element: str) -> list[str]:
    return sorted(rules.combos_of(rules.combo_category(data_set, element) or ""))


@endpoints.add("GET", "/api/dataSets/{uid:uid}/dataValueSet", RECORDED)
def template(call: Call) -> Reply:
    """Write a set of empty values to fill in, for units and a period."""
    rules = EntryRules(call.server, call.user)
    data_set = _data_set(call, rules)
    period = rules.period(call.param("period"))
    rows: list[Json] = []
    for unit in listed(call, "orgUnit") or [None]:
        for element in rules.elements_of(data_set):
            for combo in _combos(rules, data_set, element):
                row = {
                    "dataElement": element,
                    "categoryOptionCombo": combo,
                    "period": period.iso if period else "",
                    "orgUnit": unit or "",
                    "value": "",
                }
                rows.append(row)
    return Reply.json({"dataValues": rows})


@endpoints.add("GET", "/api/dataSets/{uid:uid}/version", RECORDED)
def version(call: Call) -> Reply:
    """Say which version of the set this is."""
    data_set = _data_set(call, EntryRules(call.server, call.user))
    return Reply.json({"version": data_set.get("version", 0)})


@endpoints.add("GET", "/api/dataSets/{uid:uid}/form", RECORDED)
def form(call: Call) -> Reply:
    """Describe the form: its groups, and a field for each element and combo."""
    rules = EntryRules(call.server, call.user)
    data_set = _data_set(call, rules)
    unit = call.param("ou")
    if unit is None and call.server.behaviour.enters_data_in_groups:
        raise Dhis2Refusal(500, 'Cannot invoke "org.hisp.dhis.common.UID.getValue()" because "uid" is null')
    if unit is None or rules.document("organisationUnit", unit) is None:
        raise not_found("OrganisationUnit", unit or "null")
    fields = [
        {
            "label": _label(rules, element, combo),
            "dataElement": element,
            "categoryOptionCombo": combo,
            "type": (rules.document("dataElement", element) or {}).get("valueType"),
        }
        for element in rules.elements_of(data_set)
        for combo in _combos(rules, data_set, element)
    ]
    group: Json = {
        "label": "default",
        "description": "default",
        "dataElementCount": len(rules.elements_of(data_set)),
        "metaData": {},
        "fields": fields,
    }
    options = {
        "openPeriodsAfterCoEndDate": data_set.get("openPeriodsAfterCoEndDate", 0),
        "periodType": data_set["periodType"],
        "openFuturePeriods": data_set.get("openFuturePeriods", 0),
        "expiryDays": float(data_set.get("expiryDays") or 0),
    }
    name = data_set.get("formName") or data_set["name"]
    return Reply.json({"label": data_set["name"], "subtitle": name, "options": options, "groups": [group]})


def _label(rules: EntryRules, element: str, combo: str) -> str:
    document = rules.document("dataElement", element) or {}
    name: str = document.get("formName") or document.get("name", "")
    return (
        name
        if combo == rules.default_combo
        else f"{name} {(rules.document('categoryOptionCombo', combo) or {}).get('name', '')}"
    )
