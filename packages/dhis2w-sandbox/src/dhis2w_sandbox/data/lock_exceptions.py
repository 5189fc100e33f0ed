"""`/api/lockExceptions`: which units may enter data of an expired period after all.

Source: `LockExceptionController` of dhis2-core; section 1.4 of the wire facts.
"""

from __future__ import annotations

from typing import Any

from dhis2w_sandbox.call import SOURCE, Call, Reply
from dhis2w_sandbox.data.approvals import paged
from dhis2w_sandbox.data.entry_rules import EntryRules
from dhis2w_sandbox.data.periods import Period
from dhis2w_sandbox.data.selecting import strict_period
from dhis2w_sandbox.documents import linked
from dhis2w_sandbox.errors import Dhis2Refusal, NotInSandbox, forbidden
from dhis2w_sandbox.metadata import access
from dhis2w_sandbox.metadata.periods import period_name
from dhis2w_sandbox.routing import Endpoints
from dhis2w_sandbox.selection import selected

Json = dict[str, Any]

endpoints = Endpoints()


@endpoints.add("GET", "/api/lockExceptions", SOURCE)
def read_exceptions(call: Call) -> Reply:
    """List the exceptions; `filter` compares units, data sets and periods."""
    if call.param("key"):
        raise NotInSandbox("keys of lock exceptions")
    page = paged(call, "lockExceptions", [row for row in call.server.store.all("lockException") if _fits(call, row)])
    return Reply.json({**page, "lockExceptions": [_chosen(call, row) for row in page["lockExceptions"]]})


def _fits(call: Call, row: Json) -> bool:
    links = {"organisationunit.id": "organisationUnit", "dataset.id": "dataSet", "period": "period"}
    for text in call.params("filter"):
        parts = text.split(":")
        if len(parts) != 3:
            raise Dhis2Refusal(409, f"Invalid filter: {text}")
        name, operator, value = parts
        if operator.lower() not in {"eq", "in"}:
            raise NotInSandbox(f"the operator {operator} in filters of lock exceptions")
        link = links.get(name.lower())
        if link and linked(row, link) not in (value.strip("[]").split(",") if operator.lower() == "in" else [value]):
            return False
    return True


def _chosen(call: Call, row: Json) -> Json:
    fields, shown = call.param("fields") or "*", _shown(call, row)
    if fields in {"*", ":all"}:
        return shown
    linked_to = {type: call.server.store.get(type, str(linked(row, type))) for type in ("dataSet", "organisationUnit")}
    whole = {type: document for type, document in linked_to.items() if document and f"{type}[" in fields}
    return selected(call.server, shown | whole, fields)


@endpoints.add("GET", "/api/lockExceptions/combinations", SOURCE)
def read_combinations(call: Call) -> Reply:
    """List the data sets and periods that have exceptions, by name, without the units."""
    rows = {(linked(row, "dataSet"), linked(row, "period")): row for row in call.server.store.all("lockException")}
    found = [{key: row[key] for key in ("dataSet", "period")} for row in rows.values()]
    named = sorted(found, key=lambda row: str(_shown(call, row)["name"]))
    return Reply.json({"lockExceptions": [_chosen(call, row) for row in named]})


def _shown(call: Call, row: Json) -> Json:
    """An exception as it is listed: with a name, and from 43 on without anything of its period but that."""
    named = call.server.behaviour.names_periods
    store, iso, unit = call.server.store, str(linked(row, "period")), linked(row, "organisationUnit")
    units = [(store.get("organisationUnit", unit) or {}).get("name", "")] if unit else []
    data_set = (store.get("dataSet", str(linked(row, "dataSet"))) or {}).get("name")
    name = f"{data_set} ({', '.join([*units, period_name(iso) if named else iso])})"
    links = {key: value for key, value in row.items() if key != "id"}
    return {**links, "period": {"id": iso} if named else {}, "name": name}


@endpoints.add("POST", "/api/lockExceptions", SOURCE)
def add_exceptions(call: Call) -> Reply:
    """Let units (`ou`, or `[ou,ou]`) enter data of a set for an expired period; 409 where none has the set."""
    rules = EntryRules(call.server, call.user)
    text, period, data_set = call.required("ou"), _period(call, rules), rules.document("dataSet", call.required("ds"))
    if data_set is None:
        raise Dhis2Refusal(409, " DataSet or Period is invalid")
    if not access.can_update(call.user, call.server.schemas.by_singular["dataSet"], data_set):
        raise forbidden("You don't have the proper permissions to update this object")
    units = [unit for unit in text.strip("[]").split(",") if unit]
    if not units:
        raise Dhis2Refusal(409, "OrganisationUnit ID is invalid.")
    for unit in units:
        if rules.document("organisationUnit", unit) is None:
            raise Dhis2Refusal(409, f"Can't find OrganisationUnit with id ={unit}")
        if not call.user.is_super and not rules.in_hierarchy(unit):
            text = "You can only add a lock exceptions to your data capture organisation units."
            raise Dhis2Refusal(403, text, "E1006")
    assigned = [unit for unit in units if unit in rules.units_of(data_set)]
    if not assigned:
        shown = f"{','.join(units)} is linked to the specified data set: {data_set['id']}"
        raise Dhis2Refusal(409, f"None of the target organisation unit(s) {shown}")
    for unit in assigned:
        if rules.has_exception(data_set, period, unit):
            continue
        uid = call.server.new_uid()
        row = {"dataSet": {"id": data_set["id"]}, "period": {"id": period.iso}, "organisationUnit": {"id": unit}}
        call.server.store.put("lockException", uid, {"id": uid, "created": call.server.now(), **row})
    return Reply.message(201, "LockException created successfully.")


@endpoints.add("DELETE", "/api/lockExceptions", SOURCE)
def remove_exceptions(call: Call) -> Reply:
    """Take exceptions of a set and period back, of one unit or of all: of all, too, where there is no such unit."""
    rules = EntryRules(call.server, call.user)
    period, data_set = _period(call, rules), call.required("ds")
    unit = (rules.document("organisationUnit", call.param("ou")) or {}).get("id")
    if rules.document("dataSet", data_set) is None:
        text = f"Can't find LockException with combination: dataSet={data_set}, period={period.iso}"
        raise Dhis2Refusal(409, text)
    for row in call.server.store.all("lockException"):
        is_meant = (linked(row, "dataSet"), linked(row, "period")) == (data_set, period.iso)
        if is_meant and unit in {None, linked(row, "organisationUnit")}:
            call.server.store.delete("lockException", row["id"])
    return Reply(204)


def _period(call: Call, rules: EntryRules) -> Period:
    """The period of a request: 400 where it is none, 500 in 41 and 42."""
    text = call.required("pe")
    if call.server.behaviour.enters_data_in_groups:
        return strict_period(rules, text)
    period = rules.period(text)
    if period is None:
        raise Dhis2Refusal(500, None)
    return period
