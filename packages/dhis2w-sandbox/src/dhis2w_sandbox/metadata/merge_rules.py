"""What the merge of each type asks for, and what it does to whoever refers to the merged objects, as a table.

What the table does not name keeps its reference, and loses it when the source is deleted.
Source: the merge services and handlers of dhis2-core (`org.hisp.dhis.merge`), all versions.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from dhis2w_sandbox.boot import DEFAULT_OPTION
from dhis2w_sandbox.documents import linked
from dhis2w_sandbox.errors import NotInSandbox
from dhis2w_sandbox.metadata.repointing import repointed
from dhis2w_sandbox.routing import ALL_VERSIONS
from dhis2w_sandbox.server import Server

Json = dict[str, Any]

Problem = tuple[str, tuple[Any, ...]]
"""An error code, and what its message names."""

_FAVORITES = ("visualization", "eventVisualization", "eventReport", "eventChart", "mapView", "map")


def _in_favorites(path: str) -> frozenset[tuple[str, str]]:
    """A path in every kind of favorite; in a map it is that of each of its views."""
    return frozenset((type, f"mapViews.{path}" if type == "map" else path) for type in _FAVORITES)


def _no_problem(server: Server, sources: list[Json], target: Json) -> list[Problem]:
    del server, sources, target
    return []


def _nothing(server: Server, sources: list[Json], target: Json) -> None:
    del server, sources, target


@dataclass(frozen=True)
class MergeRule:
    """How objects of one type are merged."""

    type: str
    """Singular name."""
    authority: str
    links: frozenset[tuple[str, str]]
    """The links to a source that point to the target afterwards, by type and path."""
    texts: frozenset[tuple[str, str]] = frozenset()
    """Where texts name a source, by type and path: they name the target afterwards."""
    versions: frozenset[str] = ALL_VERSIONS
    merges_data: bool = False
    """Whether the sender must say what becomes of the sources' data (`dataMergeStrategy`)."""
    always_deletes: bool = False
    """Whether the sources are deleted whatever the sender says."""
    problems: Callable[[Server, list[Json], Json], list[Problem]] = _no_problem
    """What speaks against merging these objects."""
    before: Callable[[Server, list[Json], Json], None] = _nothing
    """Called before the links are changed: writes what the table cannot say."""


# --- data elements ---

_IN_DATA_SET = "dataSetElements.dataElement"


def _element_problems(server: Server, sources: list[Json], target: Json) -> list[Problem]:
    del server
    for code, key in (("E1550", "valueType"), ("E1551", "domainType")):
        others = [row[key] for row in sources if row.get(key) != target.get(key)]
        if others:
            return [(code, (target.get(key), list(dict.fromkeys(others))))]
    return []


def _move_elements(server: Server, sources: list[Json], target: Json) -> None:
    """A data set has the target in the place of a source, unless it has the target already."""
    uid: str = target["id"]
    for source in sources:
        for row in server.store.referrers("dataElement", source["id"]):
            data_set = server.store.get("dataSet", row.uid) if row.path == _IN_DATA_SET else None
            if data_set is not None and uid not in _elements(data_set):
                changed = repointed(data_set, _IN_DATA_SET, [source["id"]], [uid])
                server.store.put("dataSet", row.uid, changed)


def _elements(data_set: Json) -> list[str | None]:
    return [linked(row, "dataElement") for row in data_set["dataSetElements"]]


# --- category options ---


def _default_option(server: Server, sources: list[Json], target: Json) -> list[Problem]:
    del server, target
    if any(row["id"] == DEFAULT_OPTION for row in sources):
        raise NotInSandbox("merging the default category option: DHIS2 does it, and can write nothing afterwards")
    return []


def _give_units(server: Server, sources: list[Json], target: Json) -> None:
    """The target may be used in the sources' organisation units too."""
    units = [
        *target.get("organisationUnits", ()),
        *(unit for row in sources for unit in row.get("organisationUnits", ())),
    ]
    every = [{"id": uid} for uid in dict.fromkeys(unit["id"] for unit in units)]
    server.store.put("categoryOption", target["id"], {**target, "organisationUnits": every})
    for row in sources:
        server.store.put("categoryOption", row["id"], {**row, "organisationUnits": []})


# --- categories ---


def _category_problems(server: Server, sources: list[Json], target: Json) -> list[Problem]:
    wanted = _uids(target, "categoryOptions")
    different = [_uids(row, "categoryOptions") for row in sources]
    found: list[Problem] = [
        ("E1535", (", ".join(options), ", ".join(wanted))) for options in different if set(options) != set(wanted)
    ]
    if found:
        return found
    combos = [combo for row in sources for combo in _combos_with(server, row)]
    shared = [combo for combo in dict.fromkeys(combos) if combos.count(combo) > 1]
    if shared:
        found.append(("E1537", (shared,)))
    common = [combo for combo in _combos_with(server, target) if combo in combos]
    if common:
        found.append(("E1536", (",".join(common),)))
    return found


def _uids(document: Json, key: str) -> list[str]:
    return [row["id"] for row in document.get(key, ())]


def _combos_with(server: Server, category: Json) -> list[str]:
    return [row.uid for row in server.store.referrers("category", category["id"]) if row.type == "categoryCombo"]


def _empties(type: str, key: str) -> Callable[[Server, list[Json], Json], None]:
    """The sources lose what they are made of."""

    def empty(server: Server, sources: list[Json], target: Json) -> None:
        del target
        for row in sources:
            server.store.put(type, row["id"], {**row, key: []})

    return empty


# --- category combinations ---


def _combo_problems(server: Server, sources: list[Json], target: Json) -> list[Problem]:
    wanted = set(_uids(target, "categories"))
    found: list[Problem] = [
        ("E1545", (row["id"], ", ".join(_uids(row, "categories"))))
        for row in sources
        if set(_uids(row, "categories")) != wanted
    ]
    if found:
        return found
    categories = [server.store.get("category", uid) or {} for uid in wanted]
    options = {uid for category in categories for uid in _uids(category, "categoryOptions")}
    found += [problem for row in [*sources, target] for problem in _duplicates(server, row)]
    for row in [target, *sources]:
        for combo in _option_combos(server, row):
            mine = _uids(combo, "categoryOptions")
            if len(mine) != len(wanted):
                found.append(("E1546", (str(len(wanted)), str(len(mine)), combo["id"])))
            strange = [uid for uid in mine if uid not in options]
            if strange and row is not target:
                found.append(("E1547", (", ".join(strange),)))
    return found


def _option_combos(server: Server, combo: Json) -> list[Json]:
    rows = server.store.referrers("categoryCombo", combo["id"])
    found = (server.store.get(row.type, row.uid) for row in rows if row.type == "categoryOptionCombo")
    return [document for document in found if document]


def _duplicates(server: Server, combo: Json) -> list[Problem]:
    """The option combinations of the same options as another one (`category_option_combos_have_duplicates`)."""
    rows = [(frozenset(_uids(row, "categoryOptions")), row) for row in _option_combos(server, combo)]
    keys = [options for options, _ in rows]
    return [
        ("E1548", (row.get("name"), combo.get("name"))) for options, row in rows if options and keys.count(options) > 1
    ]


# --- category option combinations ---


def _option_combo_problems(server: Server, sources: list[Json], target: Json) -> list[Problem]:
    del server
    same = all(_composition(row) == _composition(target) for row in sources)
    return [] if same else [("E1540", ())]


def _composition(combo: Json) -> tuple[str | None, frozenset[str]]:
    return linked(combo, "categoryCombo"), frozenset(_uids(combo, "categoryOptions"))


_FORMS = ("dataEntryForm", "htmlCode")
_INDICATOR_TEXTS = frozenset({("indicator", "numerator"), ("indicator", "denominator")})
_PREDICTOR_TEXTS = frozenset({("predictor", "generator.expression"), ("predictor", "sampleSkipTest.expression")})
_RULE_TEXTS = frozenset({("validationRule", "leftSide.expression"), ("validationRule", "rightSide.expression")})
_DATA_ITEMS = frozenset({("visualization", "dataDimensionItems"), ("map", "mapViews.dataDimensionItems")})
_OPERANDS = ("dataSet", "compulsoryDataElementOperands"), ("section", "greyedFields")

RULES = [
    MergeRule("indicatorType", "F_INDICATOR_TYPE_MERGE", frozenset({("indicator", "indicatorType")})),
    MergeRule(
        "indicator",
        "F_INDICATOR_MERGE",
        frozenset({("dataSet", "indicators"), ("indicatorGroup", "indicators"), ("section", "indicators")}),
        _INDICATOR_TEXTS | _DATA_ITEMS | {_FORMS, ("visualization", "sorting.dimension")},
    ),
    MergeRule(
        "dataElement",
        "F_DATA_ELEMENT_MERGE",
        frozenset(
            {
                ("dataElementGroup", "dataElements"),
                ("minMaxDataElement", "dataElement"),
                ("predictor", "output"),
                ("programNotificationTemplate", "recipientDataElement"),
                ("programRuleAction", "dataElement"),
                ("programRuleVariable", "dataElement"),
                ("programStage", "programStageDataElements.dataElement"),
                ("programStageSection", "dataElements"),
                ("section", "dataElements"),
                ("smsCommand", "smsCodes.dataElement"),
            }
        )
        | {(type, f"{key}.dataElement") for type, key in _OPERANDS}
        | _in_favorites("dataElementDimensions.dataElement")
        | _in_favorites("dataElementValueDimension"),
        _INDICATOR_TEXTS
        | _PREDICTOR_TEXTS
        | _DATA_ITEMS
        | {_FORMS, ("programIndicator", "expression"), ("programIndicator", "filter")},
        versions=ALL_VERSIONS - {"v41"},
        merges_data=True,
        problems=_element_problems,
        before=_move_elements,
    ),
    MergeRule(
        "categoryOption",
        "F_CATEGORY_OPTION_MERGE",
        frozenset(
            {
                ("category", "categoryOptions"),
                ("categoryOptionCombo", "categoryOptions"),
                ("categoryOptionGroup", "categoryOptions"),
            }
        )
        | _in_favorites("categoryDimensions.categoryOptions"),
        versions=ALL_VERSIONS - {"v41"},
        problems=_default_option,
        before=_give_units,
    ),
    MergeRule(
        "categoryOptionCombo",
        "F_CATEGORY_OPTION_COMBO_MERGE",
        frozenset(
            {
                ("minMaxDataElement", "optionCombo"),
                ("predictor", "outputCombo"),
                ("smsCommand", "smsCodes.optionId"),
            }
        )
        | {(type, f"{key}.categoryOptionCombo") for type, key in _OPERANDS},
        _INDICATOR_TEXTS | _PREDICTOR_TEXTS | _RULE_TEXTS | _DATA_ITEMS,
        versions=ALL_VERSIONS - {"v41"},
        merges_data=True,
        always_deletes=True,
        problems=_option_combo_problems,
        before=_empties("categoryOptionCombo", "categoryOptions"),
    ),
    MergeRule(
        "category",
        "F_CATEGORY_MERGE",
        frozenset({("categoryCombo", "categories"), ("user", "catDimensionConstraints")})
        | _in_favorites("categoryDimensions.category"),
        versions=frozenset({"v43", "v44"}),
        problems=_category_problems,
        before=_empties("category", "categoryOptions"),
    ),
    MergeRule(
        "categoryCombo",
        "F_CATEGORY_COMBO_MERGE",
        frozenset(
            {
                ("categoryOptionCombo", "categoryCombo"),
                ("dataApprovalWorkflow", "categoryCombo"),
                ("dataElement", "categoryCombo"),
                ("dataSet", "categoryCombo"),
                ("dataSet", "dataSetElements.categoryCombo"),
                ("program", "categoryCombo"),
                ("program", "enrollmentCategoryCombo"),
                ("programIndicator", "attributeCombo"),
                ("programIndicator", "categoryCombo"),
            }
        ),
        versions=frozenset({"v43", "v44"}),
        problems=_combo_problems,
        before=_empties("categoryCombo", "categories"),
    ),
]
