"""`/api/dataSetReport`: the form of a data set as grids, with the values of one unit and some periods.

Only what the unit itself has entered is here (`selectedUnitOnly`); sums of the units below come from analytics.
Source: `DataSetReportController`, `DefaultDataSetReportService`, `ListGrid` of dhis2-core.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from dhis2w_sandbox.call import SOURCE, Call, Reply
from dhis2w_sandbox.data.analytics.aggregation import as_number
from dhis2w_sandbox.data.analytics.grid import sized
from dhis2w_sandbox.data.entry_rules import EntryRules
from dhis2w_sandbox.data.forms import sorted_combos
from dhis2w_sandbox.data.parameters import listed
from dhis2w_sandbox.data.periods import Period
from dhis2w_sandbox.data.value_types import NUMERIC
from dhis2w_sandbox.data.values import Key, Values
from dhis2w_sandbox.documents import linked
from dhis2w_sandbox.errors import Dhis2Refusal, NotInSandbox
from dhis2w_sandbox.metadata.periods import period_name
from dhis2w_sandbox.routing import Endpoints

Json = dict[str, Any]

endpoints = Endpoints()

_ADDED_UP = frozenset({*NUMERIC, "BOOLEAN", "TRUE_ONLY"})


@endpoints.add("GET", "/api/dataSetReport", SOURCE, suffixes=["xls", "pdf"])
def report(call: Call) -> Reply:
    """Show the values of a unit: a grid for each section and category combo, a row for each element."""
    unit_uid, data_set_uid = call.required("ou"), call.required("ds")
    call.required("pe", "List")
    rules = EntryRules(call.server, call.user)
    unit, data_set = rules.document("organisationUnit", unit_uid), rules.document("dataSet", data_set_uid)
    if unit is None:
        raise Dhis2Refusal(409, f"Organisation unit does not exist: {unit_uid}")
    if data_set is None:
        raise Dhis2Refusal(409, f"Data set does not exist: {data_set_uid}")
    names = listed(call, "pe")
    periods = [period for name in names if (period := rules.period(name))]
    if len(periods) < len(names):
        raise Dhis2Refusal(409, f"Period does not exist: [{', '.join(names)}]")
    if call.suffix in {"xls", "pdf"}:
        raise NotInSandbox("reports of data sets as files")
    if not call.flag("selectedUnitOnly") or call.param("filter"):
        raise NotInSandbox("reports of data sets with sums of analytics")
    if data_set.get("dataEntryForm") and (data_set.get("formType") or "CUSTOM") == "CUSTOM":
        raise NotInSandbox("reports of data sets with a form of their own")
    return Reply.json([_grid(rules, part, unit, periods) for part in _parts(rules, data_set)])


def _parts(rules: EntryRules, data_set: Json) -> Iterator[tuple[str, str, list[str]]]:
    """Title, category combo and elements of each grid."""
    sections = [row for row in rules.store.all("section") if linked(row, "dataSet") == data_set["id"]]
    if sections and data_set.get("formType") != "DEFAULT":
        named: list[tuple[str | None, list[str]]] = [
            (row["name"], [one["id"] for one in row.get("dataElements") or ()]) for row in _in_place(sections)
        ]
    else:
        named = [(None, rules.elements_of(data_set))]
    for name, elements in named:
        combos = [rules.combo_category(data_set, uid) or "" for uid in elements]
        for combo in dict.fromkeys(combos):
            words = (rules.document("categoryCombo", combo) or {}).get("name", "")
            title = name or (data_set["name"] if words == "default" else words)
            yield f"{title} {words}", combo, [uid for uid, own in zip(elements, combos, strict=True) if own == combo]


def _in_place(sections: Iterable[Json]) -> list[Json]:
    return sorted(sections, key=lambda row: (row.get("sortOrder") or 0, row["name"]))


def _grid(rules: EntryRules, part: tuple[str, str, list[str]], unit: Json, periods: list[Period]) -> Json:
    title, combo, elements = part
    combos = sorted_combos(rules, combo)
    documents = [rules.document("dataElement", uid) or {} for uid in elements]
    shown = [row for row in documents if row.get("valueType") in _ADDED_UP and row.get("aggregationType") != "NONE"]
    rows = [
        [row.get("formName") or row["name"], *(_sum(rules, row["id"], uid, unit["id"], periods) for uid in combos)]
        for row in shown
    ]
    headers = [_header("Data element", meta=True), *(_header(_column(rules, uid)) for uid in combos)]
    words = ", ".join(period_name(period.iso) or period.iso for period in sorted(periods, key=lambda one: one.start))
    return {"title": title, "subtitle": f"{unit['name']} {words}", **sized(headers, rows)}


def _header(name: str, *, meta: bool = False) -> Json:
    return {"name": name, "column": name, "type": "java.lang.String", "hidden": False, "meta": meta}


def _column(rules: EntryRules, combo: str) -> str:
    return "Value" if combo == rules.default_combo else (rules.document("categoryOptionCombo", combo) or {})["name"]


def _sum(rules: EntryRules, element: str, combo: str, unit: str, periods: list[Period]) -> str | None:
    """The values of some periods added up; None where there is none."""
    values = Values(rules.server)
    found = (values.get(Key(element, period.iso, unit, combo, rules.default_combo)) for period in periods)
    numbers = [as_number(row.value or "") for row in found if row and not row.deleted]
    known = [number for number in numbers if number is not None]
    return repr(sum(known)) if known else None
