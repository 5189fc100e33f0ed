"""Checks of programs and what belongs to them, that look at other objects, stored or of the payload.

Source: the object bundle hooks of dhis2-core, named at each check.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from dhis2w_sandbox.documents import linked
from dhis2w_sandbox.errors import ErrorReport
from dhis2w_sandbox.metadata import text_patterns
from dhis2w_sandbox.metadata.bundle import Bundle, Item
from dhis2w_sandbox.metadata.text_patterns import GENERATED, PatternError

Json = dict[str, Any]

_ROOT = "org.hisp.dhis"
_PROGRAM = f"{_ROOT}.program.Program"
_STAGE = f"{_ROOT}.program.ProgramStage"
_ATTRIBUTE = f"{_ROOT}.trackedentity.TrackedEntityAttribute"
_CONSTRAINT = f"{_ROOT}.relationship.RelationshipConstraint"
_LIST = f"{_ROOT}.programstageworkinglist.ProgramStageWorkingList"
_UID = re.compile(r"[A-Za-z][A-Za-z0-9]{10}")


def _rows(document: Json, key: str) -> list[Json]:
    rows: list[Json] = document.get(key) or []
    return rows


def check_program(bundle: Bundle, item: Item) -> list[ErrorReport]:
    """E6022, E4023: the related program; E4075 to E4080: category mappings (ProgramObjectBundleHook)."""
    del bundle
    program, related = item.new, linked(item.new, "relatedProgram")
    errors: list[ErrorReport] = []
    if related is not None and related == item.uid:
        errors.append(ErrorReport("E6022", ("relatedProgram",), _PROGRAM))
    if related is not None and program.get("programType") == "WITHOUT_REGISTRATION":
        errors.append(ErrorReport("E4023", ("relatedProgram", "programType", "WITHOUT_REGISTRATION"), _PROGRAM))
    mappings = _rows(program, "categoryMappings")
    return errors + _mapping_id_errors(item.uid, mappings) + _mapping_errors(item.uid, mappings)


def _mapping_id_errors(program: str, mappings: list[Json]) -> list[ErrorReport]:
    errors: list[ErrorReport] = []
    seen: set[str] = set()
    for mapping in mappings:
        uid = str(mapping.get("id") or "")
        if not _UID.fullmatch(uid):
            errors.append(ErrorReport("E4075", (program, uid), _PROGRAM))
        if uid in seen:
            errors.append(ErrorReport("E4076", (program, uid), _PROGRAM))
        seen.add(uid)
    return errors


def _mapping_errors(program: str, mappings: list[Json]) -> list[ErrorReport]:
    errors: list[ErrorReport] = []
    names: set[tuple[str, str]] = set()
    for mapping in mappings:
        name = (str(mapping.get("categoryId") or ""), str(mapping.get("mappingName") or ""))
        if name in names:
            errors.append(ErrorReport("E4077", (program, *name), _PROGRAM))
        names.add(name)
    for mapping in mappings:
        seen: set[str] = set()
        for row in _rows(mapping, "optionMappings"):
            option = str(row.get("optionId") or "")
            if not _UID.fullmatch(option):
                errors.append(ErrorReport("E4080", (program, mapping.get("id"), option), _PROGRAM))
            if option in seen:
                errors.append(ErrorReport("E4079", (program, mapping.get("id"), option), _PROGRAM))
            seen.add(option)
    return errors


def check_next_date(bundle: Bundle, item: Item) -> list[ErrorReport]:
    """E6001: the next event is scheduled by a date of the stage (ProgramStageObjectBundleHook)."""
    element = linked(item.new, "nextScheduleDate")
    if element is None:
        return []
    listed = {linked(row, "dataElement") for row in _rows(item.new, "programStageDataElements")}
    found = bundle.find("dataElement", element) or {}
    if element in listed and found.get("valueType") == "DATE":
        return []
    return [ErrorReport("E6001", (item.uid, element), _STAGE)]


def check_attribute(bundle: Bundle, item: Item) -> list[ErrorReport]:
    """E4010, E4019, E4021, E4022: patterns of attribute values (TrackedEntityAttributeObjectBundleHook)."""
    del bundle
    attribute, errors = item.new, list[ErrorReport]()
    kind, pattern = attribute.get("valueType"), attribute.get("pattern")
    if attribute.get("generated"):
        if kind != "TEXT":
            errors.append(ErrorReport("E4010", ("generated", kind), _ATTRIBUTE))
        try:
            segments = text_patterns.parse(pattern)
        except PatternError as error:
            errors.append(ErrorReport("E4019", (pattern, str(error)), _ATTRIBUTE))
        else:
            if sum(segment.method in GENERATED for segment in segments) != 1:
                errors.append(ErrorReport("E4021", (), _ATTRIBUTE))
            if not text_patterns.fits(segments, kind):
                errors.append(ErrorReport("E4022", (pattern, kind), _ATTRIBUTE))
    return errors + _mask_errors(attribute, _ATTRIBUTE, "Not a valid TextPattern 'TEXT' segment.")


def check_field_mask(bundle: Bundle, item: Item) -> list[ErrorReport]:
    """E4019: a field mask that is no text of a pattern (DataElementObjectBundleHook)."""
    del bundle
    return _mask_errors(item.new, item.schema.klass, "Not a valid TextPattern 'TEXT' segment")


def _mask_errors(document: Json, klass: str, words: str) -> list[ErrorReport]:
    mask = document.get("fieldMask")
    if mask is None:
        return []
    try:
        text_patterns.parse(f'"{mask}"')
    except PatternError:
        return [ErrorReport("E4019", (mask, words), klass)]
    return []


def check_relationship_type(bundle: Bundle, item: Item) -> list[ErrorReport]:
    """E4000, E4023, E4024, E4314: what its ends need (RelationshipTypeObjectBundleHook)."""
    errors: list[ErrorReport] = []
    for key, name in (("fromConstraint", "leftConstraint"), ("toConstraint", "rightConstraint")):
        constraint: Json | None = item.new.get(key)
        if constraint is None:
            errors.append(ErrorReport("E4000", (name,), item.schema.klass))
        else:
            errors += _constraint_errors(bundle, constraint)
    return errors


# By kind of entity: what the constraint must name, and what it may not.
_NEEDED = {
    "TRACKED_ENTITY_INSTANCE": ("trackedEntityType", ("programStage",)),
    "PROGRAM_INSTANCE": ("program", ("trackedEntityType", "programStage")),
    "PROGRAM_STAGE_INSTANCE": ("programStage", ("trackedEntityType",)),
}


def _constraint_errors(bundle: Bundle, constraint: Json) -> list[ErrorReport]:
    kind = str(constraint.get("relationshipEntity"))
    if kind not in _NEEDED:
        return []
    needed, foreign = _NEEDED[kind]
    errors = [
        ErrorReport("E4023", (key, "relationshipEntity", kind), _CONSTRAINT) for key in foreign if constraint.get(key)
    ]
    if not constraint.get(needed):
        errors.append(ErrorReport("E4024", (needed, "relationshipEntity", kind), _CONSTRAINT))
    return errors + _view_errors(bundle, constraint, kind)


def _view_errors(bundle: Bundle, constraint: Json, kind: str) -> list[ErrorReport]:
    """What the view of the data names must belong to the ends."""
    view: Json = constraint.get("trackerDataView") or {}
    attributes: list[str] = view.get("attributes") or []
    elements: list[str] = view.get("dataElements") or []
    is_event = kind == "PROGRAM_STAGE_INSTANCE"
    errors: list[ErrorReport] = []
    if elements and is_event:
        known = _stored_links(bundle, constraint, "programStage", "programStageDataElements", "dataElement")
        errors += _foreign(elements, known, "dataElement", "programStage")
    program = _stored_links(bundle, constraint, "program", "programTrackedEntityAttributes", "trackedEntityAttribute")
    if kind == "TRACKED_ENTITY_INSTANCE":
        if constraint.get("trackedEntityType"):
            own = _stored_links(
                bundle, constraint, "trackedEntityType", "trackedEntityTypeAttributes", "trackedEntityAttribute"
            )
            errors += _foreign(attributes, own | program, "TrackedEntityAttributes", "TrackedEntityType/Program")
    elif is_event:
        errors += _foreign(attributes, program, "TrackedEntityAttribute", "program")
    elif constraint.get("program"):
        errors += _foreign(attributes, program, "TrackedEntityAttributes", "program")
    if elements and not is_event and (kind == "PROGRAM_INSTANCE" or constraint.get("trackedEntityType")):
        shown = "TrackedEntityType" if kind == "TRACKED_ENTITY_INSTANCE" else kind
        errors.append(ErrorReport("E4023", ("dataElement", "relationshipEntity", shown), _CONSTRAINT))
    return errors


def _stored_links(bundle: Bundle, constraint: Json, type: str, key: str, target: str) -> set[str | None]:
    """What the stored object that a constraint names lists; the payload does not count."""
    document = bundle.server.store.get(type, linked(constraint, type) or "") or {}
    return {linked(row, target) for row in _rows(document, key)}


def _foreign(named: list[str], known: set[str | None], what: str, where: str) -> list[ErrorReport]:
    missing = [uid for uid in named if uid not in known]
    return [ErrorReport("E4314", (what, ",".join(missing), where), _CONSTRAINT)] if missing else []


_PERIODS = {
    "enrolledAt": "EnrollmentCreatedDate",
    "enrollmentOccurredAt": "EnrollmentIncidentDate",
    "eventCreatedAt": "EventCreatedDate",
    "eventOccurredAt": "EventOccurredDate",
    "eventScheduledAt": "EventScheduledDate",
}


class _Filters(NamedTuple):
    """One list of filters: where it is, what each is about, and the codes where that is missing or unknown."""

    key: str
    item: str
    type: str
    missing: str
    unknown: str


_FILTERS = (
    _Filters("attributeValueFilters", "attribute", "trackedEntityAttribute", "E4067", "E4068"),
    _Filters("dataFilters", "dataItem", "dataElement", "E4065", "E4066"),
)


def check_working_list(bundle: Bundle, item: Item) -> list[ErrorReport]:
    """E4062 to E4068, E7500: the criteria (ProgramStageWorkingListObjectBundleHook)."""
    criteria: Json = item.new.get("programStageQueryCriteria") or {}
    errors = [error for key, name in _PERIODS.items() for error in _period_errors(name, criteria.get(key))]
    if criteria.get("assignedUserMode") == "PROVIDED" and not criteria.get("assignedUsers"):
        errors.append(ErrorReport("E4063", (), _LIST))
    unit, mode = criteria.get("orgUnit"), criteria.get("ouMode")
    if unit and bundle.server.store.get("organisationUnit", unit) is None:
        errors.append(ErrorReport("E7500", (unit,), _LIST))
    elif not unit and mode in ("SELECTED", "DESCENDANTS", "CHILDREN"):
        errors.append(ErrorReport("E4064", (mode,), _LIST))
    return errors + [error for filters in _FILTERS for error in _filter_errors(bundle, criteria, filters)]


def _filter_errors(bundle: Bundle, criteria: Json, filters: _Filters) -> list[ErrorReport]:
    errors: list[ErrorReport] = []
    for row in _rows(criteria, filters.key):
        uid = row.get(filters.item)
        if not uid:
            errors.append(ErrorReport(filters.missing, (), _LIST))
        elif bundle.server.store.get(filters.type, uid) is None:
            errors.append(ErrorReport(filters.unknown, (uid,), _LIST))
        errors += _period_errors(uid, row.get("dateFilter"))
    return errors


def _period_errors(name: str | None, period: Json | None) -> list[ErrorReport]:
    if not period or period.get("type") != "ABSOLUTE" or period.get("startDate") or period.get("endDate"):
        return []
    return [ErrorReport("E4062", (name,), _LIST)]
