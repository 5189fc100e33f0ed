"""What a data set offers for entering its data: template, version, category combos and form.

Source: `DataSetController`, `FormUtils` of dhis2-core; recordings `data/export-formats`, `data/entry-extras`.
"""

from __future__ import annotations

import re
from typing import Any

from dhis2w_sandbox.bodies import json_object, unsupported_media
from dhis2w_sandbox.call import RECORDED, SOURCE, Call, Reply
from dhis2w_sandbox.data.entry_rules import EntryRules
from dhis2w_sandbox.data.parameters import listed
from dhis2w_sandbox.data.values import DataValue, Values, among
from dhis2w_sandbox.documents import linked
from dhis2w_sandbox.errors import Dhis2Refusal, NotInSandbox, bad_request, message, not_found
from dhis2w_sandbox.metadata.rendering import renderer
from dhis2w_sandbox.routing import Endpoints

Json = dict[str, Any]

endpoints = Endpoints()


def _data_set(call: Call, rules: EntryRules) -> Json:
    document = rules.document("dataSet", call.parts["uid"])
    if document is None or not rules.can_read("dataSet", document):
        raise not_found("DataSet", call.parts["uid"])
    return document


def sorted_combos(rules: EntryRules, category_combo: str | None) -> list[str]:
    """The combos of a category combo in the order in which its categories name their options."""
    document = rules.document("categoryCombo", category_combo) or {}
    categories = [rules.document("category", row["id"]) or {} for row in document.get("categories") or ()]
    places = [{row["id"]: at for at, row in enumerate(row.get("categoryOptions") or ())} for row in categories]

    def place(combo: str) -> list[int]:
        options = [option["id"] for option in rules.category_options(combo)]
        return [next((at[uid] for uid in options if uid in at), 0) for at in places]

    return sorted(rules.combos_of(category_combo or ""), key=place)


def _existing(call: Call, rules: EntryRules) -> Json:
    """The set, or 409 where others answer 404."""
    document = rules.document("dataSet", call.parts["uid"])
    if document is None or not rules.can_read("dataSet", document):
        raise Dhis2Refusal(409, f"Data set does not exist: {call.parts['uid']}")
    return document


@endpoints.add("GET", "/api/dataSets/{uid:uid}/dataValueSet", RECORDED)
def template(call: Call) -> Reply:
    """Write a set of empty values to fill in, for units and a period."""
    rules = EntryRules(call.server, call.user)
    data_set = _data_set(call, rules)
    period = rules.period(call.param("period"))
    rows: list[Json] = []
    for unit in listed(call, "orgUnit") or [None]:
        for element in rules.elements_of(data_set):
            for combo in sorted_combos(rules, rules.combo_category(data_set, element)):
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
    data_set = _existing(call, EntryRules(call.server, call.user))
    return Reply.json({"version": data_set.get("version", 0)})


@endpoints.add("POST", "/api/dataSets/{uid:uid}/version", SOURCE)
def bump_version(call: Call) -> Reply:
    """Say that this is the next version of the set."""
    _put(call, _existing(call, EntryRules(call.server, call.user)))
    return Reply(204)


@endpoints.add("GET", "/api/dataSets/{uid:uid}/categoryCombos", SOURCE)
def category_combos(call: Call) -> Reply:
    """List the category combos by which the set disaggregates its elements, by name."""
    rules = EntryRules(call.server, call.user)
    data_set = _existing(call, rules)
    uids = dict.fromkeys(rules.combo_category(data_set, element) for element in rules.elements_of(data_set))
    found = [document for uid in uids if (document := rules.document("categoryCombo", uid))]
    render = renderer(call, call.server.schemas.by_singular["categoryCombo"], call.param("fields") or "*")
    return Reply.json({"categoryCombos": [render(row) for row in sorted(found, key=lambda row: row["name"])]})


def _put(call: Call, data_set: Json, **changes: Any) -> None:
    new = {**data_set, **changes, "version": data_set.get("version", 0) + 1, "lastUpdated": call.server.now()}
    call.server.store.put("dataSet", data_set["id"], new)


@endpoints.add("POST", "/api/dataSets/{uid:uid}/form", SOURCE)
def save_form(call: Call) -> Reply:
    """Set the set's own form: HTML, or JSON with `htmlCode` and `style`."""
    data_set = _data_set(call, EntryRules(call.server, call.user))
    media = call.headers.get("content-type", "").split(";")[0].strip()
    takes_json = call.method == "POST" and call.path.endswith("/form")
    if media == "text/html":
        changes: Json = {"htmlCode": call.body.decode("utf-8", "replace")}
    elif media == "application/json" and takes_json:
        changes = {key: value for key, value in json_object(call).items() if key in {"htmlCode", "style"} and value}
        if "<input" in changes.get("htmlCode", ""):
            raise NotInSandbox("fields in a form that is sent as JSON")
    else:
        raise unsupported_media(call, call.headers.get("content-type", ""))
    store, uid = call.server.store, linked(data_set, "dataEntryForm")
    old = store.get("dataEntryForm", uid) if uid else None
    if old is None and "htmlCode" not in changes:
        raise bad_request("Missing required parameter 'htmlCode'", None)
    now = call.server.now()
    new = old or {"id": call.server.new_uid(), "name": data_set["name"], "style": "NORMAL", "format": 2, "created": now}
    store.put("dataEntryForm", new["id"], {**new, **changes, "lastUpdated": now})
    _put(call, data_set, dataEntryForm={"id": new["id"]})
    return Reply(204)


endpoints.add("PUT", "/api/dataSets/{uid:uid}/form", SOURCE)(save_form)
for _method in ("POST", "PUT"):
    endpoints.add(_method, "/api/dataSets/{uid:uid}/customDataEntryForm", SOURCE)(save_form)


@endpoints.add("GET", "/api/dataEntry/customForms/{uid}", SOURCE)
def custom_form(call: Call) -> Reply:
    """Show the set's own form as the data entry app draws it: HTML without fields for values."""
    rules = EntryRules(call.server, call.user)
    data_set = _data_set(call, rules)
    form = rules.document("dataEntryForm", linked(data_set, "dataEntryForm"))
    if form is None or not _is_custom(data_set):
        raise Dhis2Refusal(409, message(call.server.version, "E1114", data_set["id"]), "E1114")
    html = form.get("htmlCode") or ""
    if _FIELD.search(html):
        raise NotInSandbox("fields for values in a form of one's own")
    row: Json = {"id": form["id"], "dataSetId": data_set["id"], "version": data_set.get("version", 0)}
    return Reply.json({**row, "displayDensity": form.get("style"), "form": html})


_FIELD = re.compile(r"<input.*?/>", re.DOTALL)


def _is_custom(data_set: Json) -> bool:
    """Whether the set is entered by its own form: it has one, and it was not said to use another."""
    return (data_set.get("formType") or "CUSTOM") == "CUSTOM"


@endpoints.add("GET", "/api/dataSets/{uid:uid}/form", RECORDED)
def form(call: Call) -> Reply:
    """Describe the form: its groups, and a field for each element and combo, with the values of a period."""
    rules = EntryRules(call.server, call.user)
    data_set = _data_set(call, rules)
    unit = call.param("ou")
    if unit is None and call.server.behaviour.enters_data_in_groups:
        raise Dhis2Refusal(500, 'Cannot invoke "org.hisp.dhis.common.UID.getValue()" because "uid" is null')
    if unit is None or rules.document("organisationUnit", unit) is None:
        raise not_found("OrganisationUnit", unit or "null")
    if call.flag("metaData") or call.param("categoryOptions"):
        raise NotInSandbox("metaData and categoryOptions of a form")
    values = _values(call, rules, data_set, unit)
    options = {
        "openPeriodsAfterCoEndDate": data_set.get("openPeriodsAfterCoEndDate", 0),
        "periodType": data_set["periodType"],
        "openFuturePeriods": data_set.get("openFuturePeriods", 0),
        "expiryDays": float(data_set.get("expiryDays") or 0),
    }
    shown: Json = {"label": data_set["name"], "subtitle": data_set.get("shortName"), "options": options}
    combo = linked(data_set, "categoryCombo")
    if combo and rules.default_combo not in rules.combos_of(combo):
        shown["categoryCombo"] = _category_combo(rules, combo)
    return Reply.json({**shown, "groups": _groups(rules, data_set, values)})


def _values(call: Call, rules: EntryRules, data_set: Json, unit: str) -> dict[tuple[str, str], DataValue]:
    period = rules.period(call.param("pe"))
    if period is None:
        return {}
    elements, args = among("element", rules.elements_of(data_set))
    where = f"{elements} AND period = ? AND unit = ? AND deleted = 0"
    rows = Values(call.server).select(where, [*args, period.iso, unit])
    return {(row.key.element, row.key.combo): row for row in rows}


def _groups(rules: EntryRules, data_set: Json, values: dict[tuple[str, str], DataValue]) -> list[Json]:
    """The sections in their order, without greyed fields; otherwise everything as one group."""
    sections = [row for row in rules.store.all("section") if linked(row, "dataSet") == data_set["id"]]
    if not sections:
        return [_group(rules, {"name": "default", "description": "default"}, rules.elements_of(data_set), values)]
    ordered = sorted(sections, key=lambda row: (row.get("sortOrder") or 0, row["name"]))
    return [_group(rules, row, [element["id"] for element in row.get("dataElements") or ()], values) for row in ordered]


def _group(rules: EntryRules, head: Json, elements: list[str], values: dict[tuple[str, str], DataValue]) -> Json:
    grey = {(linked(row, "dataElement"), linked(row, "categoryOptionCombo")) for row in head.get("greyedFields") or ()}
    fields = [
        _field(rules, element, combo, values.get((element, combo)))
        for element in elements
        for combo in sorted_combos(rules, linked(rules.document("dataElement", element) or {}, "categoryCombo"))
        if (element, combo) not in grey
    ]
    group: Json = {
        "label": head["name"],
        "description": head.get("description"),
        "dataElementCount": len(elements),
        "metaData": {},
        "fields": fields,
    }
    return {key: value for key, value in group.items() if value is not None}


def _field(rules: EntryRules, element: str, combo: str, value: DataValue | None) -> Json:
    document = rules.document("dataElement", element) or {}
    field: Json = {
        "label": _label(rules, document, combo),
        "dataElement": element,
        "categoryOptionCombo": combo,
        "type": document.get("valueType"),
        "optionSet": linked(document, "optionSet"),
        "value": value.value if value else None,
        "comment": value.comment if value else None,
    }
    return {key: value for key, value in field.items() if value is not None}


def _category_combo(rules: EntryRules, uid: str) -> Json:
    """The category combo of a set with its categories and their options, each with a label."""
    document = rules.document("categoryCombo", uid) or {}
    categories = [rules.document("category", row["id"]) or {} for row in document.get("categories") or ()]
    return {"id": uid, "categories": [_category(rules, row) for row in categories if rules.can_read("category", row)]}


def _category(rules: EntryRules, category: Json) -> Json:
    found = [rules.document("categoryOption", row["id"]) for row in category.get("categoryOptions") or ()]
    options = [_option(row) for row in found if row and rules.can_read("categoryOption", row)]
    return {"id": category["id"], "label": category["name"], "options": options}


def _option(option: Json) -> Json:
    dates = {key: f"{option[key][:10]}T00:00:00.000" for key in ("startDate", "endDate") if option.get(key)}
    return {"id": option["id"], "label": option["name"], **dates}


def _label(rules: EntryRules, element: Json, combo: str) -> str:
    name: str = element.get("formName") or element.get("name", "")
    if combo == rules.default_combo:
        return name
    return f"{name} {(rules.document('categoryOptionCombo', combo) or {}).get('name', '')}"
