"""What an object needs to be taken to another server: the objects that it refers to, and what those need.

Source: `DefaultMetadataExportService.getMetadataWithDependencies` of dhis2-core.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dhis2w_sandbox.metadata.filters import Values, values_at
from dhis2w_sandbox.metadata.sides import linked
from dhis2w_sandbox.schemas import Schema
from dhis2w_sandbox.server import Server

Json = dict[str, Any]
Found = dict[str, dict[str, Json]]
"""Documents by type (singular name) and identifier."""

ROOTS = frozenset({"categoryCombo", "dashboard", "dataElementGroup", "dataSet", "optionSet", "program"})
"""The types of which DHIS2 exports an object with its dependencies."""

_OPERAND = ("dataElement", "categoryOptionCombo", "legendSets")
_FAVORITES = ("visualization", "eventVisualization", "eventChart", "eventReport", "map")

PATHS: dict[str, tuple[str, ...]] = {
    "category": ("categoryOptions",),
    "categoryCombo": ("categories", "categoryOptionCombos"),
    "categoryOptionCombo": ("categoryOptions",),
    "dashboard": (
        *(f"dashboardItems.{key}" for key in (*_FAVORITES, "reports", "resources")),
        *(f"dashboardItems.{key}.interpretations" for key in _FAVORITES),
    ),
    "dataElement": ("categoryCombo", "optionSet", "commentOptionSet"),
    "dataElementGroup": ("dataElements", "legendSets"),
    "dataSet": (
        "dataSetElements.dataElement",
        "dataSetElements.categoryCombo",
        "sections",
        "indicators",
        "dataEntryForm",
        "legendSets",
        "categoryCombo",
        *(f"compulsoryDataElementOperands.{key}" for key in _OPERAND),
    ),
    "indicator": ("indicatorType",),
    "optionGroup": ("optionSet", "options"),
    "optionSet": ("options",),
    "program": (
        "categoryCombo",
        "dataEntryForm",
        "trackedEntityType",
        "programSections",
        "notificationTemplates",
        "programStages",
        "programTrackedEntityAttributes.trackedEntityAttribute",
        "programIndicators",
    ),
    "programNotificationTemplate": ("recipientProgramAttribute", "recipientDataElement"),
    "programRule": ("programRuleActions",),
    "programRuleAction": (
        "dataElement",
        "trackedEntityAttribute",
        "programIndicator",
        "programStageSection",
        "programStage",
        "optionGroup",
    ),
    "programRuleVariable": ("trackedEntityAttribute", "dataElement", "programStage"),
    "programSection": ("trackedEntityAttributes",),
    "programStage": (
        "notificationTemplates",
        "programStageDataElements.dataElement",
        "programStageSections",
        "dataEntryForm",
    ),
    "programStageSection": ("programIndicators",),
    "section": ("indicators", "dataElements", *(f"greyedFields.{key}" for key in _OPERAND)),
    "trackedEntityAttribute": ("optionSet",),
}
"""Which links of a type are followed."""

REFERRERS: dict[str, tuple[tuple[str, str], ...]] = {
    "program": (("programRule", "program"), ("programRuleVariable", "program")),
}
"""Which objects belong to one because they refer to it, by type and key."""


def with_dependencies(server: Server, values: Values, schema: Schema, document: Json) -> Found:
    """An object and all that it needs; `values` gives the value of a property of a document."""
    found: Found = {}
    _follow(server, values, schema.singular, document["id"], found)
    return found


def _follow(server: Server, values: Values, type: str, uid: str, found: Found) -> None:
    document = server.store.get(type, uid)
    if document is None or uid in found.get(type, {}):
        return
    found.setdefault(type, {})[uid] = document
    for other, other_uid in _needed(server, values, type, document):
        _follow(server, values, other, other_uid, found)


def _needed(server: Server, values: Values, type: str, document: Json) -> Iterator[tuple[str, str]]:
    schema = server.schemas.by_singular[type]
    for row in document.get("attributeValues") or ():
        yield "attribute", row["attribute"]["id"]
    for path in PATHS.get(type, ()):
        for target, value in values_at(server.schemas, schema, values, path, document):
            if isinstance(value, dict) and "id" in value:
                yield target.singular, value["id"]
    for referrer, key in REFERRERS.get(type, ()):
        for row in server.store.referrers(type, document["id"]):
            holder = server.store.get(row.type, row.uid) if row.type == referrer else None
            if holder is not None and linked(holder, key) == document["id"]:
                yield row.type, row.uid
