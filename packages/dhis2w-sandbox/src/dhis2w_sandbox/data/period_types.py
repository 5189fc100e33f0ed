"""`/api/periodTypes` and `/api/relativePeriods`: the types of periods, and what relative ones stand for today.

Source: `PeriodTypeController`, `RelativePeriodController` of dhis2-core; recordings `data/periods`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from dhis2w_sandbox.call import RECORDED, SOURCE, Call, Reply
from dhis2w_sandbox.data.parameters import sent_text
from dhis2w_sandbox.data.periods import TYPES
from dhis2w_sandbox.data.relative_periods import RELATIVE, periods_of, settings_of
from dhis2w_sandbox.errors import Dhis2Refusal, argument_text
from dhis2w_sandbox.routing import Endpoints
from dhis2w_sandbox.selection import selected

Json = dict[str, Any]

endpoints = Endpoints()

_LABELS = "labels of period types"

# Names that differ from the type's own.
_SHOWN = {
    "BiMonthly": "Bi-monthly",
    "BiWeekly": "Bi-weekly",
    "FinancialApril": "Financial April",
    "FinancialAug": "Financial August",
    "FinancialFeb": "Financial February",
    "FinancialJuly": "Financial July",
    "FinancialNov": "Financial November",
    "FinancialOct": "Financial October",
    "QuarterlyNov": "Quarterly November",
    "SixMonthly": "Six-monthly",
    "SixMonthlyApril": "Six-monthly April",
    "SixMonthlyNov": "Six-monthly November",
    "WeeklySaturday": "Weekly Saturday",
    "WeeklySunday": "Weekly Sunday",
    "WeeklyThursday": "Weekly Thursday",
    "WeeklyWednesday": "Weekly Wednesday",
}


@endpoints.add("GET", "/api/periodTypes", RECORDED)
def period_types(call: Call) -> Reply:
    """List the types that have an ISO form."""
    named = call.server.behaviour.names_period_types
    labels: dict[str, str] = call.server.configuration.read(_LABELS, {})
    rows: list[Json] = [
        {
            "name": type.name,
            **({"displayName": _SHOWN.get(type.name, type.name)} if named else {}),
            "isoDuration": type.duration,
            "isoFormat": type.iso_format,
            "frequencyOrder": type.frequency,
            **({"label": labels[type.name], "displayLabel": labels[type.name]} if type.name in labels else {}),
        }
        for type in TYPES.values()
        if type.name in call.server.behaviour.period_types
    ]
    if named:
        rows.sort(key=lambda row: row["name"])
    return Reply.json(selected(call.server, {"periodTypes": rows}, call.param("fields")))


@endpoints.add("PUT", "/api/periodTypes", SOURCE, versions=["v43", "v44"], requires=["ALL"])
def set_label(call: Call) -> Reply:
    """Set what users call a type; without a label, they call it by its name again."""
    name, label = sent_text(call, "name"), sent_text(call, "label")
    if name not in call.server.behaviour.period_types:
        raise Dhis2Refusal(400, f"{argument_text(name)} does not exist.")
    labels: dict[str, str] = call.server.configuration.read(_LABELS, {})
    kept = {type: text for type, text in labels.items() if type != name}
    call.server.configuration.write(_LABELS, {**kept, name: label} if label else kept)
    return Reply.message(200, f"{name} updated successfully.")


@endpoints.add("GET", "/api/periodTypes/relativePeriodTypes", RECORDED)
def relative_period_types(call: Call) -> Reply:
    """List the names of relative periods."""
    del call
    return Reply.json(list(RELATIVE))


@endpoints.add("GET", "/api/relativePeriods/{name}", RECORDED, versions=["v43", "v44"])
def relative_period(call: Call) -> Reply:
    """Say which periods a relative one stands for today."""
    name = call.parts["name"]
    if name.upper() not in RELATIVE:
        shown = f"Value '{name}' is not valid for path parameter relativePeriod."
        raise Dhis2Refusal(400, f"{shown} Valid values are: [{', '.join(RELATIVE)}]")
    start = call.param("startDate")
    day = datetime.fromisoformat(start).date() if start else call.server.clock().date()
    return Reply.json([period.iso for period in periods_of(name.upper(), day, settings_of(call.server))])
