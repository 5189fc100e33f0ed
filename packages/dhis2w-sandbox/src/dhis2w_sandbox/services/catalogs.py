"""What a server knows from the start: flags, styles, period types, and how many objects of each type there are.

Source: `SystemController`, `PeriodTypeController`, `Statistics` of dhis2-core; recordings `services/statistics`,
`services/00-fresh-server`.
The flags are in `tables/flags.tsv`: the keys as `SystemController` lists them, the names from `i18n_global.properties`.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

from dhis2w_sandbox.call import RECORDED, Call, Reply
from dhis2w_sandbox.data.values import Values
from dhis2w_sandbox.routing import Endpoints
from dhis2w_sandbox.server import Server
from dhis2w_sandbox.services.differences import differences
from dhis2w_sandbox.services.settings import settings_of
from dhis2w_sandbox.tracker.tidying import record_counts

Json = dict[str, Any]

endpoints = Endpoints()

# Name, shown name, length, form of its identifiers, days: in the order of 2.42.
PERIOD_TYPES = (
    ("Daily", "Daily", "P1D", "yyyyMMdd", 1),
    ("Weekly", "Weekly", "P7D", "yyyyWn", 7),
    ("WeeklyWednesday", "Weekly Wednesday", "P7D", "yyyyWedWn", 7),
    ("WeeklyThursday", "Weekly Thursday", "P7D", "yyyyThuWn", 7),
    ("WeeklySaturday", "Weekly Saturday", "P7D", "yyyySatWn", 7),
    ("WeeklySunday", "Weekly Sunday", "P7D", "yyyySunWn", 7),
    ("WeeklyFriday", "WeeklyFriday", "P7D", "yyyyFriWn", 7),
    ("BiWeekly", "Bi-weekly", "P14D", "yyyyBiWn", 14),
    ("Monthly", "Monthly", "P1M", "yyyyMM", 30),
    ("BiMonthly", "Bi-monthly", "P2M", "yyyyMMB", 61),
    ("Quarterly", "Quarterly", "P3M", "yyyyQn", 91),
    ("QuarterlyNov", "Quarterly November", "P3M", "yyyyNovQn", 91),
    ("SixMonthly", "Six-monthly", "P6M", "yyyySn", 182),
    ("SixMonthlyApril", "Six-monthly April", "P6M", "yyyyAprilSn", 182),
    ("SixMonthlyNov", "Six-monthly November", "P6M", "yyyyNovSn", 182),
    ("Yearly", "Yearly", "P1Y", "yyyy", 365),
    ("FinancialApril", "Financial April", "P1Y", "yyyyApril", 365),
    ("FinancialJuly", "Financial July", "P1Y", "yyyyJuly", 365),
    ("FinancialSep", "FinancialSep", "P1Y", "yyyySep", 365),
    ("FinancialOct", "Financial October", "P1Y", "yyyyOct", 365),
    ("FinancialNov", "Financial November", "P1Y", "yyyyNov", 365),
    ("FinancialFeb", "Financial February", "P1Y", "yyyyFeb", 365),
    ("FinancialAug", "Financial August", "P1Y", "yyyyAug", 365),
)
_STYLES = {
    "green": "Green",
    "india": "India",
    "light_blue": "Light Blue",
    "myanmar": "Myanmar",
    "vietnam": "Vietnam",
}
# The types that are counted, by the names that the answer has for them.
_COUNTED = (
    "dashboard",
    "dataElement",
    "dataElementGroup",
    "dataSet",
    "eventVisualization",
    "indicator",
    "indicatorGroup",
    "indicatorType",
    "map",
    "organisationUnit",
    "organisationUnitGroup",
    "program",
    "user",
    "userGroup",
    "validationRule",
    "visualization",
)


@endpoints.add("GET", "/api/periodTypes", RECORDED)
def period_types(call: Call) -> Reply:
    """List the period types, from 2.43 by name and with the names that users see."""
    return Reply.json({"periodTypes": period_type_rows(call.server)})


def period_type_rows(server: Server) -> list[Json]:
    """What answers say of each period type."""
    known, named = server.behaviour.period_types, differences(server).names_period_types
    rows: list[Json] = [
        {
            "name": name,
            **({"displayName": shown} if named else {}),
            "isoDuration": length,
            "isoFormat": form,
            "frequencyOrder": days,
        }
        for name, shown, length, form, days in PERIOD_TYPES
        if name in known
    ]
    return sorted(rows, key=lambda row: row["name"]) if named else rows


@endpoints.add("GET", "/api/periodTypes/relativePeriodTypes", RECORDED)
def relative_periods(call: Call) -> Reply:
    """List the names of relative periods."""
    return Reply.json(list(settings_of(call.server.version)["keyAnalysisRelativePeriod"].options))


@endpoints.add("GET", "/api/system/flags", RECORDED)
def flags(call: Call) -> Reply:
    """List the flags that a server can show."""
    del call
    return Reply.json([{"name": name, "key": key, "path": f"{key}.png"} for key, name in _flags()])


@endpoints.add("GET", "/api/system/styles", RECORDED)
def styles(call: Call) -> Reply:
    """List the styles that a server can have."""
    del call
    return Reply.json([{"name": name, "key": key, "path": f"{key}/{key}.css"} for key, name in _STYLES.items()])


@endpoints.add("GET", "/api/system/objectCounts", RECORDED)
def object_counts(call: Call) -> Reply:
    """Count the objects of the types that matter, the data values, and tracker data."""
    store = call.server.store
    counts = {type: len(store.all(type)) for type in _COUNTED}
    records = record_counts(call.server)
    counts |= {name: records[name] for name in differences(call.server).counted_tracker_types}
    periods = [value.key.period for value in Values(call.server).select()]
    return Reply.json({**counts, "dataValue": len(periods), "period": len(set(periods))})


@cache
def _flags() -> list[tuple[str, str]]:
    text = files("dhis2w_sandbox.tables").joinpath("flags.tsv").read_text("utf-8")
    rows = (line.split("\t") for line in text.splitlines())
    return [(key, name) for key, name in rows]
