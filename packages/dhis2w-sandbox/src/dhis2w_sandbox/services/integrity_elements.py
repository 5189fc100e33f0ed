"""Checks of option sets, data elements, data sets, indicators, validation rules and periods.

Of periods, those that data values have count.
Source: the SQL of the files `data-integrity-checks/**/*.yaml` of dhis2-core.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from dhis2w_sandbox.data.periods import Period, parse
from dhis2w_sandbox.data.value_types import NUMERIC
from dhis2w_sandbox.data.values import Values
from dhis2w_sandbox.documents import linked
from dhis2w_sandbox.server import Server
from dhis2w_sandbox.services.integrity_findings import (
    RULES,
    Findings,
    Rule,
    by_name,
    holders,
    ids_in,
    is_blank,
    issue,
    named,
    pointed_at,
    rule,
    those,
)

Json = dict[str, Any]


# Options


@rule("options_sets_unused")
def _unused_option_sets(server: Server) -> Findings:
    users = [
        ("attribute", "optionSet"),
        ("dataElement", "optionSet"),
        ("dataElement", "commentOptionSet"),
        ("trackedEntityAttribute", "optionSet"),
    ]
    used = {uid for type, key in users for uid in pointed_at(server.store, type, key)}
    return those(server.store, "optionSet", lambda row: row["id"] not in used)


@rule("option_sets_wrong_sort_order")
def _wrong_order(server: Server) -> Findings:
    issues: list[Json] = []
    broken: set[str] = set()
    for option_set in server.store.all("optionSet"):
        options = [server.store.get("option", uid) or {} for uid in ids_in(option_set, "options")]
        places = sorted(row.get("sortOrder", at) for at, row in enumerate(options))
        pairs = dict.fromkeys((place, places[0] + at) for at, place in enumerate(places) if place != places[0] + at)
        issues += [issue(option_set, f"{place} != {expected}") for place, expected in pairs]
        broken |= {option_set["id"]} if pairs else set()
    return Findings(issues, len(server.store.all("optionSet")), matched=len(broken))


@rule("option_groups_empty")
def _empty_option_groups(server: Server) -> Findings:
    return those(server.store, "optionGroup", lambda row: not linked(row, "optionSet") or not ids_in(row, "options"))


# Data elements, data sets and indicators


def _aggregate(server: Server, broken: Callable[[Json], bool]) -> Findings:
    elements = [row for row in server.store.all("dataElement") if row.get("domainType") == "AGGREGATE"]
    return Findings([issue(row) for row in by_name(elements) if broken(row)], len(elements))


@rule("data_elements_without_datasets")
def _without_data_sets(server: Server) -> Findings:
    held = holders(server.store, "dataSet", "dataSetElements.dataElement")
    return _aggregate(server, lambda row: row["id"] not in held)


@rule("data_elements_aggregate_no_groups")
def _without_element_groups(server: Server) -> Findings:
    held = holders(server.store, "dataElementGroup", "dataElements")
    return _aggregate(server, lambda row: row["id"] not in held)


@rule("data_elements_aggregate_no_data")
def _without_data(server: Server) -> Findings:
    used = {element for element, _ in _values_by(server, "element")}
    return _aggregate(server, lambda row: row["id"] not in used)


_NEVER_AGGREGATED = frozenset(
    [
        "TEXT",
        "LONG_TEXT",
        "LETTER",
        "PHONE_NUMBER",
        "EMAIL",
        "DATE",
        "DATETIME",
        "TIME",
        "USERNAME",
        "TRACKER_ASSOCIATE",
        "COORDINATE",
        "ORGANISATION_UNIT",
        "REFERENCE",
        "AGE",
        "URL",
        "FILE_RESOURCE",
        "IMAGE",
        "GEOJSON",
        "MULTI_TEXT",
    ]
)
_AGGREGATED = frozenset({*NUMERIC, "BOOLEAN", "TRUE_ONLY"})


@rule("data_elements_cannot_aggregate_operator_not_none")
def _texts_added_up(server: Server) -> Findings:
    return _aggregate(
        server, lambda row: row.get("valueType") in _NEVER_AGGREGATED and row.get("aggregationType") != "NONE"
    )


@rule("data_elements_can_aggregate_with_none_operator")
def _numbers_not_added_up(server: Server) -> Findings:
    return _aggregate(server, lambda row: row.get("valueType") in _AGGREGATED and row.get("aggregationType") == "NONE")


@rule("data_elements_aggregate_with_different_period_types")
def _different_periods(server: Server) -> Findings:
    held = holders(server.store, "dataSet", "dataSetElements.dataElement")
    elements = server.store.all("dataElement")
    issues = [
        issue(row, ";".join(one["name"] for one in held[row["id"]]), [one["id"] for one in held[row["id"]]])
        for row in elements
        if len({one["periodType"] for one in held.get(row["id"], ())}) > 1
    ]
    return Findings(issues, len(elements))


@rule("data_elements_in_data_set_not_in_form")
def _not_in_form(server: Server) -> Findings:
    issues: list[Json] = []
    for data_set in server.store.all("dataSet"):
        sections = [row for row in server.store.all("section") if linked(row, "dataSet") == data_set["id"]]
        form = server.store.get("dataEntryForm", linked(data_set, "dataEntryForm") or "")
        html = (form or {}).get("htmlCode") or ""
        shown = (
            set(re.findall(r'id="(\w+)-\w+-val"', html))
            if html
            else {uid for row in sections for uid in ids_in(row, "dataElements")}
        )
        missing = [uid for uid in ids_in(data_set, "dataSetElements.dataElement") if uid not in shown]
        if (html or sections) and missing:
            names = ((server.store.get("dataElement", uid) or {}).get("name") for uid in missing)
            issues.append(issue(data_set, None, [f"{name}:{uid}" for name, uid in zip(names, missing, strict=True)]))
    return Findings(issues)


@rule("datasets_custom_data_entry_forms_empty")
def _empty_forms(server: Server) -> Findings:
    sets = server.store.all("dataSet")
    forms = ((row, server.store.get("dataEntryForm", linked(row, "dataEntryForm") or "")) for row in sets)
    issues = [issue(row, form.get("name")) for row, form in forms if form and is_blank(form)]
    return Findings(issues, len(sets))


@rule("datasets_same_name")
def _sets_of_one_name(server: Server) -> Findings:
    sets = server.store.all("dataSet")
    issues: list[Json] = []
    for key, word in (("name", "NAME"), ("shortName", "SHORTNAME")):
        counts = Counter(row.get(key) for row in sets)
        issues += [issue({**row, "name": row[key]}, word) for row in sets if row.get(key) and counts[row[key]] > 1]
    return Findings(issues, len(sets))


def _in_favorites(server: Server, type: str) -> set[str]:
    """The objects of a type that charts, maps and the like show."""
    return {
        row["id"]
        for row in server.store.all(type)
        if any("dataDimensionItems" in link.path for link in server.store.referrers(type, row["id"]))
    }


@rule("indicator_no_analysis")
def _indicators_not_shown(server: Server) -> Findings:
    shown = _in_favorites(server, "indicator")
    return those(server.store, "indicator", lambda row: row["id"] not in shown)


@rule("data_elements_aggregate_no_analysis")
def _elements_not_shown(server: Server) -> Findings:
    shown, indicators = _in_favorites(server, "dataElement"), _in_favorites(server, "indicator")
    rows = (row for row in server.store.all("indicator") if row["id"] in indicators)
    text = " ".join(f"{row.get('numerator')} {row.get('denominator')}" for row in rows)
    return _aggregate(server, lambda row: row["id"] not in shown and row["id"] not in text)


def _formula(indicator: Json) -> str:
    return f"{indicator.get('numerator') or ''}{indicator.get('denominator') or ''}".replace(" ", "")


def _alike(key_of: Callable[[Json], str]) -> Rule:
    def look(server: Server) -> Findings:
        indicators = server.store.all("indicator")
        counts = Counter(key_of(row) for row in indicators)
        issues = [
            issue(row, f"{row.get('numerator')}/{row.get('denominator')}")
            for row in indicators
            if counts[key_of(row)] > 1
        ]
        return Findings(sorted(issues, key=lambda row: row["comment"]), len(indicators))

    return look


RULES["indicators_exact_duplicates"] = _alike(_formula)
RULES["indicators_duplicated_terms"] = _alike(lambda row: "".join(sorted(_formula(row))))


@rule("indicators_with_identical_formulas")
def _same_formulas(server: Server) -> Findings:
    found: dict[str, list[Json]] = {}
    for row in server.store.all("indicator"):
        found.setdefault(f"{row.get('numerator')}#{row.get('denominator')}", []).append(row)
    return Findings([{"name": key, "refs": named(rows)} for key, rows in found.items() if len(rows) > 1])


@rule("indicator_types_duplicated")
def _same_factors(server: Server) -> Findings:
    counts = Counter(row.get("factor") for row in server.store.all("indicatorType"))
    return those(server.store, "indicatorType", lambda row: counts[row.get("factor")] > 1)


def _strategy(rule: Json, side: str) -> str | None:
    expression: Json = rule.get(side) or {}
    return expression.get("missingValueStrategy")


@rule("validation_rules_missing_value_strategy_null")
def _without_strategy(server: Server) -> Findings:
    rules = server.store.all("validationRule")
    sides = (("rightSide", "RHS"), ("leftSide", "LHS"))
    issues = [issue(row, word) for key, word in sides for row in rules if not _strategy(row, key)]
    return Findings(issues, 2 * len(rules) + len(server.store.all("predictor")))


# Periods


def _values_by(server: Server, column: str) -> list[tuple[str, int]]:
    """What a column of the data values holds, each once, with how many values have it."""
    found = Counter(getattr(row.key, column) for row in Values(server).select("deleted = 0 AND value != ''"))
    return list(found.items())


def _periods(server: Server) -> list[Period]:
    names = (name for name, _ in _values_by(server, "period"))
    return [period for name in names if (period := parse(name, server.behaviour.period_types))]


def _far_periods(years: int) -> Rule:
    """The periods that end so many years from now (before it, where that is less than 0)."""

    def look(server: Server) -> Findings:
        today, periods = server.clock().date(), _periods(server)
        limit = today + timedelta(days=round(365.25 * years))
        far = (one for one in periods if (one.end >= limit if years > 0 else one.end <= limit))
        issues = [{"name": f"{one.start.isoformat()}-{one.end.isoformat()}"} for one in far]
        return Findings(issues, len(periods))

    return look


RULES["periods_3y_future"] = _far_periods(3)
RULES["periods_distant_past"] = _far_periods(-30)


@rule("periods_same_start_date_period_type")
def _doubled_periods(server: Server) -> Findings:
    return Findings([], len(_periods(server)))
