"""What DHIS2 fills in for the properties that a sender left out.

The rule: a list that the type owns is empty, an owned boolean is false, anything else has no value; the tables hold
what differs. Source: the field initializers of the Java classes; held equal to the recorded smallest object of each
type (`objects/minimal-*`).
"""

from __future__ import annotations

from functools import cache
from typing import Any

from dhis2w_sandbox.boot import DEFAULT_CATEGORY, DEFAULT_COMBO, DEFAULT_OPTION, DEFAULT_OPTION_COMBO
from dhis2w_sandbox.schemas import Property, Schema, load_schemas

Json = dict[str, Any]

_ANALYTICAL: Json = {"sortOrder": 0, "topLimit": 0, "regressionType": "NONE", "hideEmptyRowItems": "NONE"}
_EXPRESSION: Json = {"missingValueStrategy": "SKIP_IF_ALL_VALUES_MISSING"}

VALUES: dict[str, Json] = {
    "aggregateDataExchange": {},
    "categoryOptionGroupSet": {"dataDimension": True},
    "category": {"dataDimension": True},
    "dataElementGroupSet": {"dataDimension": True},
    "organisationUnitGroupSet": {"dataDimension": True},
    "optionGroupSet": {"dataDimension": True},
    "constant": {"value": 0},
    "dataApprovalLevel": {"level": 0, "orgUnitLevel": 0},
    "dataEntryForm": {"format": 0},
    "dataSet": {
        "version": 0,
        "expiryDays": 0,
        "timelyDays": 0,
        "openFuturePeriods": 0,
        "openPeriodsAfterCoEndDate": 0,
    },
    "dataSetNotificationTemplate": {"relativeScheduledDays": 0, "sendStrategy": "SINGLE_NOTIFICATION"},
    "eventChart": {**_ANALYTICAL, "legacy": True},
    "eventReport": {"sortOrder": 0, "topLimit": 0, "digitGroupSeparator": "SPACE", "legacy": True, "type": "LINE_LIST"},
    "eventVisualization": {**_ANALYTICAL, "digitGroupSeparator": "SPACE"},
    "expression": _EXPRESSION,
    "expressionDimensionItem": _EXPRESSION,
    "indicatorType": {"factor": 0},
    "jobConfiguration": {
        "jobParameters": {},
        "enabled": True,
        "jobStatus": "SCHEDULED",
        "lastExecutedStatus": "NOT_STARTED",
    },
    "mapView": {"renderingStrategy": "SINGLE"},
    "optionSet": {"version": 0},
    "organisationUnitLevel": {"level": 0},
    "program": {
        "displayIncidentDate": True,
        "minAttributesRequiredToSearch": 1,
        "maxTeiCountToReturn": 0,
        "accessLevel": "OPEN",
        "version": 0,
        "expiryDays": 0,
        "completeEventsExpiryDays": 0,
        "openDaysAfterCoEndDate": 0,
    },
    "programIndicator": {"analyticsType": "EVENT"},
    "programStage": {
        "autoGenerateEvent": True,
        "displayGenerateEventBox": True,
        "validationStrategy": "ON_COMPLETE",
        "minDaysFromStart": 0,
    },
    "programStageWorkingList": {
        "programStageQueryCriteria": {
            "displayColumnOrder": [],
            "assignedUsers": [],
            "dataFilters": [],
            "attributeValueFilters": [],
        }
    },
    "report": {"cacheStrategy": "RESPECT_SYSTEM_SETTING"},
    "route": {"headers": {}, "responseTimeoutSeconds": 5},
    "section": {"sortOrder": 0},
    "smsCommand": {
        "completenessMethod": "AT_LEAST_ONE_DATAVALUE",
        "receivedMessage": "Command has been processed successfully",
        "wrongFormatMessage": "Wrong command format",
        "noUserMessage": "No user associated with this phone number. Please contact your supervisor.",
        "moreThanOneOrgUnitMessage": (
            "Found more than one org unit for this number. Please specify one organisation unit"
        ),
        "successMessage": "Command has been processed successfully",
    },
    "sqlView": {"type": "VIEW", "cacheStrategy": "RESPECT_SYSTEM_SETTING"},
    "trackedEntityInstanceFilter": {"sortOrder": 0},
    "trackedEntityType": {"featureType": "NONE", "minAttributesRequiredToSearch": 1, "maxTeiCountToReturn": 0},
    "validationNotificationTemplate": {"sendStrategy": "COLLECTIVE_SUMMARY"},
    "validationRule": {"importance": "MEDIUM"},
    "visualization": {
        **_ANALYTICAL,
        "displayDensity": "NORMAL",
        "fontSize": "NORMAL",
        "digitGroupSeparator": "SPACE",
    },
}
"""By singular type name; a key counts only in the versions whose schema has it."""

NOT_REQUIRED: dict[str, frozenset[str]] = {"programRuleAction": frozenset({"evaluationTime"})}
"""Required properties that have a value as soon as a check asks for it, although none is stored."""

UNSET: dict[str, frozenset[str]] = {
    "dashboardItem": frozenset({"messages"}),
    "dataSetNotificationTemplate": frozenset({"notifyUsersInHierarchyOnly", "notifyParentOrganisationUnitOnly"}),
    "programIndicator": frozenset({"displayInForm"}),
    "programNotificationTemplate": frozenset({"notifyUsersInHierarchyOnly", "notifyParentOrganisationUnitOnly"}),
    "programRuleAction": frozenset({"evaluationEnvironments"}),
    "validationNotificationTemplate": frozenset({"notifyUsersInHierarchyOnly"}),
}
"""Lists and booleans that stay without a value."""

DEFAULT_OBJECTS = {
    "category": DEFAULT_CATEGORY,
    "categoryCombo": DEFAULT_COMBO,
    "categoryOption": DEFAULT_OPTION,
    "categoryOptionCombo": DEFAULT_OPTION_COMBO,
}
"""What an owned reference of these types points to when the sender gives none (`connectDefaults`)."""

_NO_DEFAULT_OBJECTS = "dataSetElement"


@cache
def _constant_defaults(version: str, singular: str) -> Json:
    schema = load_schemas(version).by_singular[singular]
    special, unset = VALUES.get(singular, {}), UNSET.get(singular, frozenset())
    found: Json = {}
    for key, prop in schema.properties.items():
        if not prop.owner or key in unset:
            continue
        if key in special:
            found[key] = float(special[key]) if prop.value_klass == "java.lang.Double" else special[key]
        elif prop.collection or key == "attributeValues":
            found[key] = []
        elif prop.type == "BOOLEAN":
            found[key] = False
    return found


def with_defaults(version: str, schema: Schema, document: Json) -> Json:
    """The document with what its type fills in, also inside its embedded values."""
    filled: Json = {**_constant_defaults(version, schema.singular), **document}
    schemas = load_schemas(version)
    for key, prop in schema.properties.items():
        if prop.embedded and prop.owner and (inner := schemas.of(prop)) and filled.get(key):
            filled[key] = _filled_values(version, inner, prop, filled[key])
    return filled


def _filled_values(version: str, schema: Schema, prop: Property, value: Any) -> Any:
    if prop.collection:
        return [with_defaults(version, schema, item) for item in value]
    return with_defaults(version, schema, value)


def default_references(schema: Schema, document: Json) -> Json:
    """The references to default objects that DHIS2 sets where the document has none."""
    if schema.singular == _NO_DEFAULT_OBJECTS:
        return {}
    return {
        key: {"id": DEFAULT_OBJECTS[target]}
        for key, target in _default_reference_keys(schema).items()
        if not document.get(key)
    }


@cache
def _default_reference_keys(schema: Schema) -> dict[str, str]:
    return {
        key: target
        for key, prop in schema.properties.items()
        if prop.reference and prop.owner and prop.persisted and not prop.collection
        for target in [prop.value_klass.rsplit(".", 1)[-1]]
        for target in [target[0].lower() + target[1:]]
        if target in DEFAULT_OBJECTS
    }
