"""`…/query/dimensions` and `…/aggregate/dimensions`: what can be asked of the data of a stage, program or type.

Source: `DefaultEventAnalyticsDimensionsService`, `DefaultEnrollmentAnalyticsDimensionsService`,
`DefaultTrackedEntityAnalyticsDimensionsService`, `DimensionsServiceCommon`, `DimensionMapperService` and
`DimensionFilteringAndPagingService` of dhis2-core; recordings `data/analytics-events`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from dhis2w_sandbox.call import RECORDED, SOURCE, Call, Reply
from dhis2w_sandbox.data.analytics import tables
from dhis2w_sandbox.data.analytics.event_query import stages_of
from dhis2w_sandbox.data.analytics.query import checked_refusal, refusal
from dhis2w_sandbox.data.entry_rules import EntryRules
from dhis2w_sandbox.data.value_types import BOOLEANS, NUMERIC
from dhis2w_sandbox.documents import linked
from dhis2w_sandbox.errors import Dhis2Refusal
from dhis2w_sandbox.metadata.rendering import Rendering, locale_of
from dhis2w_sandbox.routing import Endpoints
from dhis2w_sandbox.selection import selected
from dhis2w_sandbox.tracker.reading.parameters import Parameters

Json = dict[str, Any]
Takes = Callable[[str], bool]
"""Whether values of a type can be asked for."""

endpoints = Endpoints()

PAGE_SIZE = 50
_ATTRIBUTE = "trackedEntityAttribute"
_KINDS = {
    "programIndicator": "PROGRAM_INDICATOR",
    "dataElement": "DATA_ELEMENT",
    _ATTRIBUTE: "PROGRAM_ATTRIBUTE",
    "category": "CATEGORY",
    "categoryOptionGroupSet": "CATEGORY_OPTION_GROUP_SET",
}
_OF_GROUPS = frozenset({"category", "categoryOptionGroupSet"})
_FILES = frozenset({"IMAGE", "FILE_RESOURCE"})
_NO_GROUPS = _FILES | {"COORDINATE", "GEOJSON", "MULTI_TEXT", "REFERENCE"}
_SORTED_BY = (
    *("lastUpdated", "code", "uid", "id", "name", "dimensionType", "displayShortName", "displayName"),
    "created",
)
_FILTERED_BY = frozenset(
    {"id", "uid", "code", "valueType", "name", "dimensionType", "displayName", "displayShortName", "aggregationType"}
)
_OPERATORS: dict[str, Callable[[str, str], bool]] = {
    "startsWith": str.startswith,
    "endsWith": str.endswith,
    "eq": lambda text, wanted: text == wanted,
    "ieq": lambda text, wanted: text.lower() == wanted.lower(),
    "ne": lambda text, wanted: text != wanted,
    "like": lambda text, wanted: wanted in text,
    "ilike": lambda text, wanted: wanted.lower() in text.lower(),
}
_NOT_TURNED = frozenset({"ieq", "ne"})
"""Operators without an opposite of their own (`!eq`)."""


class Found(NamedTuple):
    """One thing that can be asked for."""

    type: str
    document: Json
    program: str
    stage: str | None = None


@endpoints.add("GET", "/api/analytics/events/query/dimensions", RECORDED)
def event_dimensions(call: Call) -> Reply:
    """List what can be asked of the events of a stage, or of those of all stages of a program."""
    program, stage = call.param("programId") or "", call.param("programStageId") or ""
    if not program.strip() and not stage.strip():
        raise refusal(call, "E7235")
    rules = EntryRules(call.server, call.user)
    found = [row for one in _stages(call, rules, program, stage) for row in _of_event_query(call, rules, one)]
    return _answer(call, found, lambda row: stage if row.type == "dataElement" else "")


@endpoints.add("GET", "/api/analytics/events/aggregate/dimensions", SOURCE)
def event_group_dimensions(call: Call) -> Reply:
    """List what events of a stage can be counted by; nothing where there is no such stage."""
    uid = call.required("programStageId")
    rules = EntryRules(call.server, call.user)
    stage = rules.document("programStage", uid)
    found: list[Found] = []
    if stage is not None:
        program = rules.document("program", linked(stage, "program")) or {}
        found += _elements(rules, stage, _is_summed)
        found += _attributes(rules, program, _is_summed)
        found += _categories(rules, program)
    return _answer(call, found, lambda row: uid if row.type == "dataElement" else "")


@endpoints.add("GET", "/api/analytics/enrollments/query/dimensions", SOURCE)
def enrollment_dimensions(call: Call) -> Reply:
    """List what can be asked of the enrollments of a program; nothing where nobody is enrolled in it."""
    uid = call.required("programId")
    rules = EntryRules(call.server, call.user)
    program = rules.document("program", uid)
    return _answer(call, _of_enrollment_query(call, rules, program) if program else [], _stage_of)


@endpoints.add("GET", "/api/analytics/enrollments/aggregate/dimensions", SOURCE)
def enrollment_group_dimensions(call: Call) -> Reply:
    """List what enrollments of a program can be counted by; nothing where there is no such program."""
    uid = call.required("programId")
    rules = EntryRules(call.server, call.user)
    program = rules.document("program", uid)
    takes = _is_grouped if call.server.behaviour.groups_enrollments_by_texts else _is_summed
    found: list[Found] = []
    if program is not None:
        found += [row for stage in stages_of(rules, program) for row in _elements(rules, stage, takes)]
        found += _attributes(rules, program, takes)
    return _answer(call, found, _stage_of)


@endpoints.add("GET", "/api/analytics/trackedEntities/query/dimensions", SOURCE)
def entity_dimensions(call: Call) -> Reply:
    """List what can be asked of tracked entities of a type, by the programs of the type or those that are named."""
    uid = call.required("trackedEntityType")
    rules = EntryRules(call.server, call.user)
    named = {part for value in call.params("program") for part in value.split(",") if part}
    known = rules.document("trackedEntityType", uid) is not None
    programs = [
        row
        for row in rules.store.all("program")
        if known and linked(row, "trackedEntityType") == uid and (not named or row["id"] in named)
        if rules.can_read("program", row)
    ]
    found = [row for program in programs for row in _of_enrollment_query(call, rules, program)]
    return _answer(call, _once(found), lambda row: "" if row.type == _ATTRIBUTE else _place_of(row))


def _stages(call: Call, rules: EntryRules, program: str, uid: str) -> list[Json]:
    """The stage that is asked for, or those of the program; 409 where the one is not of the other."""
    stage = rules.document("programStage", uid)
    if uid.strip() and program.strip() and linked(stage or {}, "program") != program:
        raise checked_refusal(call, "E7236", uid, program)
    if stage is not None:
        return [stage]
    if not call.param("programId"):
        # DHIS2 stumbles over a program that is not there.
        raise Dhis2Refusal(500, None, headers=dict(tables.CACHED))
    document = rules.document("program", program)
    return stages_of(rules, document) if document else []


def _of_event_query(call: Call, rules: EntryRules, stage: Json) -> list[Found]:
    program = rules.document("program", linked(stage, "program"))
    if program is None:
        return []
    return [
        *_indicators(rules, program),
        *_elements(rules, stage, _is_listed),
        *_shown_attributes(call, rules, program),
        *_categories(rules, program),
    ]


def _of_enrollment_query(call: Call, rules: EntryRules, program: Json) -> list[Found]:
    if not _registers(program):
        return []
    elements = (row for stage in stages_of(rules, program) for row in _elements(rules, stage, _is_listed))
    return [*_indicators(rules, program), *elements, *_shown_attributes(call, rules, program)]


def _indicators(rules: EntryRules, program: Json) -> list[Found]:
    rows = (row for row in rules.store.all("programIndicator") if linked(row, "program") == program["id"])
    return [Found("programIndicator", row, program["id"]) for row in rows if rules.can_read("programIndicator", row)]


def _elements(rules: EntryRules, stage: Json, takes: Takes) -> list[Found]:
    uids = dict.fromkeys(linked(row, "dataElement") for row in stage.get("programStageDataElements") or ())
    documents = (document for uid in uids if (document := rules.document("dataElement", uid)))
    program = linked(stage, "program") or ""
    return [Found("dataElement", row, program, stage["id"]) for row in documents if takes(row["valueType"])]


def _attributes(rules: EntryRules, program: Json, takes: Takes) -> list[Found]:
    uids = (linked(row, _ATTRIBUTE) for row in program.get("programTrackedEntityAttributes") or ())
    documents = (document for uid in uids if (document := rules.document(_ATTRIBUTE, uid)))
    return [Found(_ATTRIBUTE, row, program["id"]) for row in documents if takes(row["valueType"])]


def _shown_attributes(call: Call, rules: EntryRules, program: Json) -> list[Found]:
    """The attributes of a program with registration that lists may show."""
    if not _registers(program):
        return []
    hides = call.server.behaviour.hides_confidential_dimensions
    return [
        row
        for row in _attributes(rules, program, _is_listed)
        if not row.document.get("skipAnalytics") and not (hides and row.document.get("confidential"))
    ]


def _categories(rules: EntryRules, program: Json) -> list[Found]:
    """The categories of a program that has some, and then all group sets of attribute options."""
    combo = rules.document("categoryCombo", linked(program, "categoryCombo"))
    if combo is None or combo["name"] == "default":
        return []
    categories = (rules.document("category", row["id"]) for row in combo.get("categories") or ())
    sets = (row for row in rules.store.all("categoryOptionGroupSet") if row.get("dataDimensionType") == "ATTRIBUTE")
    return [
        *(Found("category", row, program["id"]) for row in categories if row),
        *(
            Found("categoryOptionGroupSet", row, program["id"])
            for row in sets
            if rules.can_read("categoryOptionGroupSet", row)
        ),
    ]


def _registers(program: Json) -> bool:
    return program.get("programType") == "WITH_REGISTRATION"


def _is_listed(type: str) -> bool:
    return type not in _FILES and type != "TRACKER_ASSOCIATE"


def _is_summed(type: str) -> bool:
    return type in NUMERIC or type in BOOLEANS


def _is_grouped(type: str) -> bool:
    return type not in _NO_GROUPS


def _stage_of(row: Found) -> str:
    return row.stage or ""


def _place_of(row: Found) -> str:
    return f"{row.program}.{row.stage}" if row.stage else row.program


def _once(found: Iterable[Found]) -> list[Found]:
    """Each data element of a stage, each indicator and each attribute once, attributes last."""
    known: dict[tuple[str | None, str], Found] = {}
    for row in found:
        known.setdefault((row.stage, row.document["id"]), row)
    return sorted(known.values(), key=lambda row: row.type == _ATTRIBUTE)


def _answer(call: Call, found: Iterable[Found], prefix: Callable[[Found], str]) -> Reply:
    """The rows that filters leave, sorted, a page of them."""
    rendering = Rendering(call.server, call.user, call.base_url, locale_of(call))
    rows = [_row(call, rendering, row, prefix(row)) for row in found]
    for text in _filters(call):
        rows = [row for row in rows if _passes(call, row, text)]
    total = len(rows)
    _sort(call, rows)
    parameters = Parameters(call)
    page, size = parameters.integer("page"), parameters.integer("pageSize")
    size = PAGE_SIZE if size is None else size
    paged = call.flag("paging", default=True)
    if paged:
        if size < 0:
            # Java's streams cannot be limited to fewer than none.
            raise Dhis2Refusal(400, str(size), headers=dict(tables.CACHED))
        start = (max(page or 1, 1) - 1) * (size if size > 0 else PAGE_SIZE)
        rows = rows[start : start + size]
    answer: Json = {"dimensions": [selected(call.server, row, call.param("fields")) for row in rows]}
    if paged:
        answer["pager"] = _pager(1 if page is None else page, total, max(size, 1))
    return Reply.json(answer, headers=dict(tables.CACHED))


def _row(call: Call, rendering: Rendering, found: Found, prefix: str) -> Json:
    document = found.document
    with_value = found.type in {"dataElement", _ATTRIBUTE}
    summed = call.server.behaviour.tells_aggregation_of_dimensions and found.type not in _OF_GROUPS
    row: Json = {
        "valueType": document.get("valueType") if with_value else None,
        "dimensionType": _KINDS[found.type],
        "aggregationType": document.get("aggregationType") if summed else None,
        "created": document.get("created"),
        "lastUpdated": document.get("lastUpdated"),
        "name": document.get("name"),
        "displayName": rendering.translated(document, "NAME", document.get("name")),
        "id": f"{prefix}.{document['id']}" if prefix else document["id"],
        "uid": document["id"],
        "code": document.get("code"),
        "displayShortName": rendering.translated(document, "SHORT_NAME", document.get("shortName")),
        "optionSet": linked(document, "optionSet") if with_value else None,
    }
    return {key: value for key, value in row.items() if value is not None}


def _filters(call: Call) -> list[str]:
    """The filters; one alone is cut at its commas, as Spring fills a set of texts."""
    texts = call.params("filter")
    return [text.strip() for text in (texts[0].split(",") if len(texts) == 1 else texts)]


def _passes(call: Call, row: Json, text: str) -> bool:
    """Whether a row is as a filter wants it; one that cannot be read leaves nothing out."""
    newer = call.server.behaviour.tells_aggregation_of_dimensions
    parts = text.split(":", 2) if newer else [part for part in text.split(":") if part]
    if len(parts) != 3:
        return True
    field, operator, value = (part.strip() for part in parts)
    known = field in _FILTERED_BY and (newer or field != "aggregationType")
    holds = _predicate(operator, value, newer=newer) if known else None
    return holds is None or (field in row and holds(str(row[field])))


def _predicate(operator: str, value: str, *, newer: bool) -> Callable[[str], bool] | None:
    """What an operator wants of a text; None where there is no such operator, or nothing to compare with."""
    if newer and operator == "in":
        inside = value[1:-1] if value.startswith("[") and value.endswith("]") else ""
        wanted = {part.strip() for part in inside.split(",") if part.strip()}
        return wanted.__contains__ if wanted else None
    turned = operator.startswith("!")
    holds = _OPERATORS.get(operator.removeprefix("!"))
    if holds is None or (turned and operator[1:] in _NOT_TURNED) or (newer and not value):
        return None
    return lambda text: holds(text, value) != turned


def _sort(call: Call, rows: list[Json]) -> None:
    """Sort by the first key, by age where it is unknown; what there is not comes first."""
    keys = Parameters(call).order()
    wanted = keys[0].field.lower() if keys else ""
    field = next((name for name in _SORTED_BY if name.lower() == wanted), "created")
    rows.sort(key=lambda row: (field in row, row.get(field, "")), reverse=bool(keys) and keys[0].descending)


def _pager(page: int, total: int, size: int) -> Json:
    count = -(-total // size)
    return {"page": max(min(page, count), 1), "total": total, "pageSize": size, "pageCount": count}
