"""What the deletion of an object meets: who forbids it, what goes with it, and from where it is taken out.

Source: the deletion handlers of dhis2-core (`*DeletionHandler`) and its Hibernate cascades, as tables. What neither
these tables nor `foreign_keys` name just loses its reference: a list its item, an embedded row its place, a single
reference its value.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import Enum
from typing import Any, NamedTuple, cast

from dhis2w_sandbox.boot import DEFAULT_COMBO
from dhis2w_sandbox.documents import linked
from dhis2w_sandbox.metadata.deletions import Deletions
from dhis2w_sandbox.metadata.foreign_keys import refuse_violation
from dhis2w_sandbox.server import Server
from dhis2w_sandbox.store import Referrer

Json = dict[str, Any]


class Words(Enum):
    """How a veto names who needs the object."""

    CLASS = "DataElement"
    FIRST = "Indicator (name)"
    ALL = "OrganisationUnit (name,name)"


class Veto(NamedTuple):
    """A referrer that forbids the deletion of what it points to."""

    type: str
    path: str
    words: Words = Words.CLASS
    klass: str | None = None
    """What the message calls the referrer, where that is not its class."""
    joint: str = ","


_DIMENSIONS = (
    *((type, "categoryDimensions") for type in ("visualization", "eventVisualization", "eventReport", "eventChart")),
    ("map", "mapViews.categoryDimensions"),
)

VETOES: dict[str, list[Veto]] = {
    "category": [
        Veto("categoryCombo", "categories", Words.FIRST),
        *(Veto(type, f"{path}.category", klass="CategoryDimension") for type, path in _DIMENSIONS),
    ],
    "categoryOption": [Veto(type, f"{path}.categoryOptions", klass="CategoryDimension") for type, path in _DIMENSIONS],
    "categoryOptionCombo": [
        Veto("dataSet", "compulsoryDataElementOperands.categoryOptionCombo", klass="DataElementOperand"),
        Veto("section", "greyedFields.categoryOptionCombo", klass="DataElementOperand"),
        Veto("predictor", "outputCombo"),
        *(
            Veto(type, f"{path}.dataElementOperand.categoryOptionCombo", klass="DataDimensionItem")
            for type, path in (("visualization", "dataDimensionItems"), ("map", "mapViews.dataDimensionItems"))
        ),
    ],
    "categoryOptionGroupSet": [Veto("dataApprovalLevel", "categoryOptionGroupSet")],
    "dataElement": [
        Veto("predictor", "output", Words.FIRST),
        Veto("programStage", "programStageDataElements.dataElement"),
        Veto("smsCommand", "smsCodes.dataElement", klass="SMSCode"),
    ],
    "dataSet": [Veto("smsCommand", "dataset", klass="SMSCommand")],
    "indicatorType": [Veto("indicator", "indicatorType", Words.FIRST)],
    "optionSet": [Veto("dataElement", "optionSet")],
    "organisationUnit": [Veto("organisationUnit", "parent", Words.ALL)],
    "programStage": [
        Veto("programRule", "programStage", Words.ALL, joint=", "),
        Veto("programRuleVariable", "programStage", Words.ALL, joint=", "),
    ],
    "trackedEntityType": [Veto("program", "trackedEntityType")],
    "user": [Veto("document", "createdBy")],
    "userRole": [Veto("user", "userRoles", Words.FIRST)],
    "visualization": [Veto("report", "visualization", Words.FIRST, klass="Visualization")],
}

# A user who made or changed an object of one of these types cannot be deleted (`IdObjectDeletionHandler`).
KEEPS_ITS_USERS = frozenset(
    {
        "category",
        "categoryCombo",
        "categoryOption",
        "categoryOptionCombo",
        "categoryOptionGroup",
        "categoryOptionGroupSet",
        "dataApprovalLevel",
        "dataApprovalWorkflow",
        "dataElement",
        "dataElementGroup",
        "dataElementGroupSet",
        "dataSet",
        "eventChart",
        "eventReport",
        "eventVisualization",
        "indicator",
        "indicatorGroup",
        "legendSet",
        "optionGroup",
        "organisationUnit",
        "organisationUnitGroup",
        "predictorGroup",
        "program",
        "programIndicator",
        "programIndicatorGroup",
        "programStage",
        "programStageSection",
        "relationshipType",
        "section",
        "smsCommand",
        "userGroup",
        "userRole",
        "visualization",
    }
)

# Objects that are deleted together with what they point to: type and path by the type of the target.
CASCADES: dict[str, list[tuple[str, str]]] = {
    "categoryCombo": [("categoryOptionCombo", "categoryCombo")],
    "categoryOption": [("categoryOptionCombo", "categoryOptions")],
    "dataSet": [("section", "dataSet"), ("interpretation", "dataSet")],
    "eventChart": [("interpretation", "eventChart")],
    "eventReport": [("interpretation", "eventReport")],
    "eventVisualization": [("interpretation", "eventVisualization")],
    "map": [("interpretation", "map")],
    "visualization": [("interpretation", "visualization")],
    "optionSet": [("option", "optionSet")],
    "program": [
        ("programStage", "program"),
        ("programSection", "program"),
        ("programIndicator", "program"),
        ("programRule", "program"),
        ("programRuleVariable", "program"),
        ("eventChart", "program"),
        ("eventReport", "program"),
        ("eventVisualization", "program"),
        ("relationshipType", "fromConstraint.program"),
        ("relationshipType", "toConstraint.program"),
    ],
    "programRule": [("programRuleAction", "programRule")],
    "programStage": [
        ("programStageSection", "programStage"),
        ("eventChart", "programStage"),
        ("eventReport", "programStage"),
        ("eventVisualization", "programStage"),
    ],
    "user": [("apiToken", "createdBy")],
}

# What an object takes with it although it only refers to it.
PARTS: dict[str, tuple[tuple[str, str], ...]] = {
    "dataSet": (("dataEntryForm", "dataEntryForm"),),
    "program": (("dataEntryForm", "dataEntryForm"), ("notificationTemplates", "programNotificationTemplate")),
    "programStage": (("dataEntryForm", "dataEntryForm"), ("notificationTemplates", "programNotificationTemplate")),
}

# Where a deleted category combination is replaced by the default one.
_DEFAULTED = frozenset(
    {
        ("dataElement", "categoryCombo"),
        ("dataSet", "categoryCombo"),
        ("program", "categoryCombo"),
        ("program", "enrollmentCategoryCombo"),
    }
)


def veto(server: Server, type: str, uid: str) -> str | None:
    """Who forbids the deletion, as the message names them: `Indicator (Name)`; None where nobody does."""
    referrers = server.store.referrers(type, uid)
    for row in VETOES.get(type, ()):
        found = [referrer for referrer in referrers if (referrer.type, referrer.path) == (row.type, row.path)]
        if found:
            return _named(server, row, found)
    if type == "user":
        made = next((row for row in referrers if row.path in _MADE and row.type in KEEPS_ITS_USERS), None)
        if made:
            return server.schemas.by_singular[made.type].short_klass
    reasons = (check(server, uid) for check in OTHER_VETOES.get(type, ()))
    return next((reason for reason in reasons if reason), None)


_MADE = ("createdBy", "lastUpdatedBy")


def _name(document: Json) -> str | None:
    """The name; of a user both names."""
    if "surname" in document:
        return f"{document.get('firstName')} {document['surname']}"
    return document.get("name")


def _named(server: Server, row: Veto, referrers: list[Referrer]) -> str:
    klass = row.klass or server.schemas.by_singular[row.type].short_klass
    names = [str(_name(server.store.get(row.type, referrer.uid) or {})) for referrer in referrers]
    spared = row.type == "user" and not server.behaviour.names_role_holders
    match Words.CLASS if spared else row.words:
        case Words.CLASS:
            return klass
        case Words.FIRST:
            return f"{klass} ({names[0]})"
        case Words.ALL:
            return f"{klass} ({row.joint.join(names)})"


def delete(server: Server, type: str, uid: str) -> None:
    """Delete an object, what goes with it, and every reference to it.

    Raises:
        Dhis2Refusal: the database forbids it; run it in a transaction.
    """
    store = server.store
    parts = _parts(store.get(type, uid) or {}, type)
    cascades = CASCADES.get(type, ())
    for referrer in store.referrers(type, uid):
        if (referrer.type, referrer.path) in cascades and store.get(referrer.type, referrer.uid):
            delete(server, referrer.type, referrer.uid)
    refuse_violation(server, type, uid, store.referrers(type, uid))
    for referrer in store.referrers(type, uid):
        document = store.get(referrer.type, referrer.uid)
        if document and referrer.uid != uid:
            store.put(referrer.type, referrer.uid, _released(document, referrer, uid))
    if gone := store.get(type, uid):
        Deletions(server).note(type, gone)
    store.delete(type, uid)
    for clear in WITH_OBJECTS:
        clear(server, type, uid)
    for part in parts:
        if store.get(*part):
            delete(server, *part)


def _parts(document: Json, type: str) -> list[tuple[str, str]]:
    """Type and identifier of what an object takes with it."""
    found: list[tuple[str, str]] = []
    for key, part in PARTS.get(type, ()):
        value: Any = document.get(key) or []
        rows = cast("list[Json]", value if isinstance(value, list) else [value])
        found += [(part, row["id"]) for row in rows]
    return found


def _released(document: Json, referrer: Referrer, uid: str) -> Json:
    if (referrer.type, referrer.path) in _DEFAULTED:
        return {**document, referrer.path: {"id": DEFAULT_COMBO}}
    return _without(document, referrer.path.split("."), uid)


def _without(document: Json, path: list[str], uid: str) -> Json:
    """The document without its links to an object at a path."""
    key, rest = path[0], path[1:]
    value = document.get(key)
    if isinstance(value, list):
        rows = cast("list[Json]", value)
        if not rest:
            return {**document, key: [row for row in rows if row.get("id") != uid]}
        changed = [(row, _without(row, rest, uid)) for row in rows]
        return {**document, key: [new for old, new in changed if new == old or _outlives(key, rest, new)]}
    if isinstance(value, dict) and rest:
        return {**document, key: _without(cast(Json, value), rest, uid)}
    if isinstance(value, dict) and cast(Json, value).get("id") == uid:
        return {name: content for name, content in document.items() if name != key}
    return document


def _outlives(key: str, path: list[str], row: Json) -> bool:
    """Whether an embedded row remains that has lost a link: if something is left of what it was there for."""
    if key == "organisationUnitGroupSetDimensions":
        return False
    return key == "mapViews" or path == ["legendSet"] or _holds(row, path)


def _holds(value: Json, path: list[str]) -> bool:
    content = value.get(path[0])
    if isinstance(content, dict) and path[1:]:
        return _holds(cast(Json, content), path[1:])
    return content not in (None, [], {})


_ELEMENTS = re.compile(r"#\{([A-Za-z]\w{10})(?:\.(\w+|\*))?")


def _indicator_with_element(server: Server, uid: str) -> str | None:
    for indicator in server.store.all("indicator"):
        if any(found[1] == uid for found in _terms(indicator)):
            return f"Indicator ({indicator.get('name')})"
    return None


def _terms(indicator: Json) -> list[re.Match[str]]:
    texts = (indicator.get("numerator") or "", indicator.get("denominator") or "")
    return [found for text in texts for found in _ELEMENTS.finditer(text)]


def _user_of_combo(server: Server, uid: str) -> str | None:
    """Who uses an option combination of a category combination: an indicator, or a predictor's output."""
    rows = server.store.referrers("categoryCombo", uid)
    combos = {row.uid for row in rows if row.type == "categoryOptionCombo"}
    for indicator in server.store.all("indicator"):
        if any(found[2] in combos for found in _terms(indicator)):
            return f"Indicator ({indicator.get('name')})"
    used = any(
        row.type == "predictor" for combo in combos for row in server.store.referrers("categoryOptionCombo", combo)
    )
    return "Predictor" if used else None


def _attribute_values(server: Server, uid: str) -> str | None:
    rows = server.store.referrers("attribute", uid)
    holder = next((row for row in rows if row.path == "attributeValues.attribute"), None)
    return f"{server.schemas.by_singular[holder.type].short_klass}.Attribute" if holder else None


def _workflow_levels(server: Server, uid: str) -> str | None:
    workflow = server.store.get("dataApprovalWorkflow", uid) or {}
    return "DataApprovalLevel" if workflow.get("dataApprovalLevels") else None


def _rules_of_section(server: Server, uid: str) -> str | None:
    return _rules(server, "programStageSection", uid)


def _rules_of_stage(server: Server, uid: str) -> str | None:
    return _rules(server, "programStage", uid)


def _rules(server: Server, type: str, uid: str) -> str | None:
    rows = server.store.referrers(type, uid)
    actions = [server.store.get(row.type, row.uid) for row in rows if row.type == "programRuleAction"]
    uids = dict.fromkeys(str(linked(action, "programRule")) for action in actions if action)
    names = [str(rule.get("name")) for rule in (server.store.get("programRule", rule) for rule in uids) if rule]
    return f"ProgramRule ({', '.join(names)})" if names else None


def _rule_of_template(server: Server, uid: str) -> str | None:
    if not server.behaviour.protects_templates:
        return None
    named = any(action.get("templateUid") == uid for action in server.store.all("programRuleAction"))
    return "ProgramRuleAction" if named else None


OTHER_VETOES: dict[str, list[Callable[[Server, str], str | None]]] = {
    "attribute": [_attribute_values],
    "categoryCombo": [_user_of_combo],
    "dataApprovalWorkflow": [_workflow_levels],
    "dataElement": [_indicator_with_element],
    "programNotificationTemplate": [_rule_of_template],
    "programStage": [_rules_of_stage],
    "programStageSection": [_rules_of_section],
}
"""Vetoes that are no references: by type, functions that say who needs the object. Other rooms add theirs."""

WITH_OBJECTS: list[Callable[[Server, str, str], None]] = []
"""What deletes that which is no document and goes with an object (type, identifier); rooms with data add theirs."""
