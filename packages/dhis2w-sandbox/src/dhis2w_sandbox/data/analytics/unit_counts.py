"""`/api/orgUnitAnalytics`: how many units there are at and below some, by the groups of group sets.

Source: `OrgUnitAnalyticsController`, `DefaultOrgUnitAnalyticsService`, `JdbcOrgUnitAnalyticsManager` of dhis2-core.
DHIS2 counts in tables that the job of analytics makes; here the groups are those of now.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from dhis2w_sandbox.call import SOURCE, Call, Reply
from dhis2w_sandbox.data.analytics import tables
from dhis2w_sandbox.data.analytics.grid import header, sized
from dhis2w_sandbox.data.analytics.grid_files import grid_file, is_file
from dhis2w_sandbox.data.analytics.query import checked_refusal
from dhis2w_sandbox.data.analytics.value_outliers import NO_UNIT
from dhis2w_sandbox.data.entry_rules import EntryRules
from dhis2w_sandbox.errors import Dhis2Refusal, NotInSandbox
from dhis2w_sandbox.metadata.java_order import hash_order, merged_order, text_hash
from dhis2w_sandbox.metadata.units import UNIT
from dhis2w_sandbox.routing import Endpoints

Json = dict[str, Any]

endpoints = Endpoints()

_SET, _GROUP = "organisationUnitGroupSet", "organisationUnitGroup"
_UNIT_COLUMN = "orgunit"


@endpoints.add("GET", "/api/orgUnitAnalytics", SOURCE, suffixes=["csv", "xls", "pdf"])
def count_units(call: Call) -> Reply:
    """Count units by their groups; as a table layout it is not here."""
    rules = EntryRules(call.server, call.user)
    units = _named(rules, UNIT, call.required("ou"))
    sets = _named(rules, _SET, call.required("ougs"))
    _check(call, units, sets)
    if call.param("columns"):
        raise NotInSandbox("counts of units as a table")
    columns = [header(_UNIT_COLUMN, "Organisation unit"), *(header(row["id"], row["name"]) for row in sets)]
    count = {**header("count", "Count"), "valueType": "INTEGER", "type": "java.lang.Integer", "meta": False}
    rows = _rows(rules, units, sets)
    if is_file(call):
        return grid_file(call, [*columns, count], rows)
    groups = [group for row in sets for group in _groups(rules, row)]
    items = {row["id"]: {"name": row["name"]} for row in [*units, *groups]}
    answer = {**sized([*columns, count], rows), "metaData": {"items": items}}
    return Reply.json(answer, headers=dict(tables.CACHED))


def _named(rules: EntryRules, type: str, text: str) -> list[Json]:
    """What there is of some identifiers."""
    uids = dict.fromkeys(part for part in text.split(";") if part)
    documents = (document for uid in uids if (document := rules.document(type, uid)))
    return [row for row in documents if rules.can_read(type, row)]


def _check(call: Call, units: list[Json], sets: list[Json]) -> None:
    if not units:
        raise Dhis2Refusal(409, NO_UNIT, "E7300", headers=dict(tables.CACHED))
    if not sets:
        raise checked_refusal(call, "E7301")
    if not tables.is_built(call.server):
        raise checked_refusal(call, "E7302", f"[{', '.join(row['id'] for row in sets)}]")


def _rows(rules: EntryRules, units: list[Json], sets: list[Json]) -> list[list[str]]:
    """The counts, in the order of the maps that hold them, each row in that of the set of its columns."""
    columns = hash_order([*(row["id"] for row in sets), _UNIT_COLUMN], text_hash)
    groups = {row["id"]: _groups(rules, row) for row in sets}
    by_level: dict[int, Counter[str]] = {}
    for top in units:
        counts = by_level.setdefault(len(rules.path(top["id"])), Counter())
        for unit in rules.below(top["id"]):
            cells = (top["id"] if name == _UNIT_COLUMN else _group_of(groups[name], unit) for name in columns)
            counts["-".join(cells)] += 1
    found = {key: count for counts in by_level.values() for key, count in counts.items()}
    parts = [hash_order(list(by_level[level]), text_hash) for level in sorted(by_level)]
    return [[*key.split("-"), str(found[key])] for key in merged_order(parts, text_hash)]


def _groups(rules: EntryRules, group_set: Json) -> list[Json]:
    references = group_set.get("organisationUnitGroups") or ()
    return [group for row in references if (group := rules.document(_GROUP, row["id"]))]


def _group_of(groups: list[Json], unit: str) -> str:
    """The group of a set that a unit is in; Java's text of nothing where it is in none."""
    members = ((group["id"], group.get("organisationUnits") or ()) for group in groups)
    return next((uid for uid, rows in members if any(row["id"] == unit for row in rows)), "null")
