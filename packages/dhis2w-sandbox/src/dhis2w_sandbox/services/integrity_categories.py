"""Checks of categories, their options, combinations and groups.

Source: the SQL of the files `data-integrity-checks/categories/*.yaml` of dhis2-core.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

from dhis2w_sandbox.documents import linked
from dhis2w_sandbox.server import Server
from dhis2w_sandbox.services.integrity_findings import (
    RULES,
    Findings,
    Rule,
    by_name,
    ids_in,
    issue,
    pointed_at,
    rule,
    those,
)

Json = dict[str, Any]


_DEFAULTS = {
    "categories_one_default_category": ("category", "GLevLNI9wkl"),
    "categories_one_default_category_option": ("categoryOption", "xYerKDKCefk"),
    "categories_one_default_category_combo": ("categoryCombo", "bjDvmb4bfuf"),
    "categories_one_default_category_option_combo": ("categoryOptionCombo", "HllvX50cXC0"),
}


def _other_default(type: str, uid: str) -> Rule:
    return lambda server: those(server.store, type, lambda row: row.get("name") == "default" and row["id"] != uid)


RULES.update({name: _other_default(*about) for name, about in _DEFAULTS.items()})


@rule("categories_unique_category_combo")
def _same_categories(server: Server) -> Findings:
    combos = server.store.all("categoryCombo")
    sets = [(row, frozenset(ids_in(row, "categories"))) for row in combos if ids_in(row, "categories")]
    issues = [
        issue(
            row, None, [f"{other['id']}:{other['name']}" for other, held in sets if held == mine and other is not row]
        )
        for row, mine in sets
        if any(held == mine and other is not row for other, held in sets)
    ]
    return Findings(issues, len(combos))


@rule("categories_same_category_options")
def _same_options(server: Server) -> Findings:
    held: dict[tuple[str, ...], list[Json]] = {}
    for row in server.store.all("category"):
        if options := ids_in(row, "categoryOptions"):
            held.setdefault(tuple(sorted(options)), []).append(row)
    doubled = [rows for rows in held.values() if len(rows) > 1]
    issues = [issue({**row, "name": f"({rank}) {row['name']}"}) for rank, rows in enumerate(doubled, 1) for row in rows]
    return Findings(issues, len(server.store.all("category")), len(doubled))


@rule("category_combos_unused")
def _unused_combos(server: Server) -> Findings:
    users = ("dataSet", "dataElement", "program", "dataApprovalWorkflow")
    used = {uid for type in users for uid in pointed_at(server.store, type, "categoryCombo")}
    sets = server.store.all("dataSet")
    used |= {uid for row in sets for part in row.get("dataSetElements") or () if (uid := linked(part, "categoryCombo"))}
    combos = server.store.all("categoryCombo")
    issues = [issue(row, _as_sql(row.get("created"))) for row in combos if row["id"] not in used]
    return Findings(issues, len(combos))


def _as_sql(stamp: str | None) -> str | None:
    """A time as the database prints it."""
    return re.sub(r"\.?0+$", "", stamp.replace("T", " ")) if stamp and "." in stamp else stamp


def _combos_of(server: Server) -> dict[str, list[Json]]:
    """The option combos of each category combo."""
    found: dict[str, list[Json]] = {}
    for row in server.store.all("categoryOptionCombo"):
        found.setdefault(linked(row, "categoryCombo") or "", []).append(row)
    return found


def _options_of(server: Server, combo: Json) -> dict[str, list[str]]:
    """The options of each category of a category combo."""
    uids = ids_in(combo, "categories")
    return {uid: ids_in(server.store.get("category", uid) or {}, "categoryOptions") for uid in uids}


@rule("invalid_category_combos")
def _invalid_combos(server: Server) -> Findings:
    combos = _combos_of(server)
    return those(
        server.store,
        "categoryCombo",
        lambda row: not any(_options_of(server, row).values()) or not combos.get(row["id"]),
    )


@rule("catoptioncombos_no_catcombo")
def _stray_combos(server: Server) -> Findings:
    return those(server.store, "categoryOptionCombo", lambda row: linked(row, "categoryCombo") is None)


@rule("category_option_combos_no_names")
def _nameless_combos(server: Server) -> Findings:
    combos = server.store.all("categoryOptionCombo")
    options = {row["id"]: row for row in server.store.all("categoryOption")}
    issues = [
        issue(
            {**row, "name": ";".join(options[uid]["name"] for uid in ids_in(row, "categoryOptions") if uid in options)}
        )
        for row in combos
        if not row.get("name")
    ]
    return Findings(issues, len(combos))


@rule("category_option_combos_have_duplicates")
def _doubled_combos(server: Server) -> Findings:
    combos = server.store.all("categoryOptionCombo")
    keys = [(linked(row, "categoryCombo"), tuple(sorted(ids_in(row, "categoryOptions")))) for row in combos]
    counts = Counter(key for key in keys if key[0] and key[1])
    names = {row["id"]: row["name"] for row in server.store.all("categoryCombo")}
    issues = [
        issue(row, name * len(key[1]) if len(key[1]) < 2 else ",".join([name] * len(key[1])), [name] * len(key[1]))
        for row, key in zip(combos, keys, strict=True)
        if counts[key] > 1 and (name := names.get(key[0] or "", ""))
    ]
    return Findings(issues, len(combos), sum(count > 1 for count in counts.values()))


@rule("cocs_wrong_cardinality")
def _wrong_cardinality(server: Server) -> Findings:
    combos = _combos_of(server)
    issues = [
        issue(combo, row.get("name"))
        for combo in server.store.all("categoryCombo")
        for row in combos.get(combo["id"], ())
        if ids_in(row, "categoryOptions") and len(ids_in(row, "categoryOptions")) != len(ids_in(combo, "categories"))
    ]
    return Findings(issues, len(server.store.all("categoryOptionCombo")))


@rule("category_options_shared_within_category_combo")
def _shared_options(server: Server) -> Findings:
    issues: list[Json] = []
    for combo in server.store.all("categoryCombo"):
        counts = Counter(uid for options in _options_of(server, combo).values() for uid in options)
        shared = [uid for uid, count in counts.items() if count > 1]
        issues += [issue(combo, (server.store.get("categoryOption", uid) or {}).get("name")) for uid in shared]
    return Findings(issues, len(server.store.all("categoryOptionCombo")))


@rule("category_option_combos_disjoint")
def _disjoint_combos(server: Server) -> Findings:
    combos = _combos_of(server)
    issues: list[Json] = []
    for combo in server.store.all("categoryCombo"):
        own = {uid for options in _options_of(server, combo).values() for uid in options}
        strays = (row for row in combos.get(combo["id"], ()) if not own.issuperset(ids_in(row, "categoryOptions")))
        issues += [issue(row, combo["name"]) for row in strays]
    return Findings(issues, len(server.store.all("categoryOptionCombo")))


@rule("category_option_group_sets_incomplete")
def _incomplete_group_sets(server: Server) -> Findings:
    store = server.store
    issues: list[Json] = []
    grouped = 0
    for group in store.all("categoryOptionGroup"):
        if any(group["id"] in ids_in(row, "categoryOptionGroups") for row in store.all("categoryOptionGroupSet")):
            grouped += len(ids_in(group, "categoryOptions"))
    for group_set in sorted(store.all("categoryOptionGroupSet"), key=lambda row: row["id"]):
        groups = [store.get("categoryOptionGroup", uid) or {} for uid in ids_in(group_set, "categoryOptionGroups")]
        has = {uid for group in groups for uid in ids_in(group, "categoryOptions")}
        for category in by_name(store.all("category")):
            wants = ids_in(category, "categoryOptions")
            names = ((store.get("categoryOption", uid) or {}).get("name") for uid in wants if uid not in has)
            if not has.isdisjoint(wants):
                issues += [issue(group_set, f"{category['name']}:{{{name}}}") for name in names]
    return Findings(issues, grouped)


@rule("category_options_default_incorrect_sharing")
def _default_not_shared(server: Server) -> Findings:
    def closed(option: Json) -> bool:
        sharing: Json = option.get("sharing") or {}
        return option.get("name") == "default" and sharing.get("public") != "rwrw----"

    return those(server.store, "categoryOption", closed)


@rule("categories_dimensions_no_visualizations")
def _categories_not_shown(server: Server) -> Findings:
    categories = server.store.all("category")
    issues = [
        issue(row, row.get("dataDimensionType"))
        for row in categories
        if row.get("dataDimension")
        and not any("Dimensions" in link.path for link in server.store.referrers("category", row["id"]))
    ]
    return Findings(issues, len(categories))
