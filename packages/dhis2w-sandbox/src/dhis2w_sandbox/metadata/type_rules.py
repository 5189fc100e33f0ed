"""What DHIS2 does for single types when their objects are written: the rest of its object bundle hooks.

Source: `dxf2/metadata/objectbundle/hooks` of dhis2-core, named at each rule.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from dhis2w_sandbox.documents import linked
from dhis2w_sandbox.errors import ErrorReport, java_date
from dhis2w_sandbox.metadata import axes
from dhis2w_sandbox.metadata.hooks import Hook, register
from dhis2w_sandbox.server import Server
from dhis2w_sandbox.user import User

Json = dict[str, Any]

_ROOT = "org.hisp.dhis"


# --- versions (VersionedObjectObjectBundleHook) ---


def raise_version(server: Server, user: User, new: Json, old: Json | None) -> None:
    """An update raises the version, unless the sender gave a higher one, or less than is stored."""
    del server, user
    if old is None:
        return
    stored, sent = old.get("version") or 0, new.get("version") or 0
    new["version"] = stored + 1 if stored == sent else max(stored, sent)


def _bump(server: Server, type: str, uid: str | None) -> None:
    document = server.store.get(type, uid) if uid else None
    if document:
        server.store.put(type, document["id"], {**document, "version": (document.get("version") or 0) + 1})


def _bumps_parent(parent: str, key: str) -> Hook:
    def after(server: Server, user: User, new: Json, old: Json | None) -> None:
        del user
        if old is None:
            _bump(server, parent, linked(new, key))

    def after_updates(server: Server, user: User, updated: list[Json]) -> None:
        del user
        for uid in dict.fromkeys(linked(document, key) for document in updated):
            _bump(server, parent, uid)

    return Hook(after=after, after_updates=after_updates)


# --- attributes (Attribute.setObjectTypes and its booleans are one set) ---


def _object_type(flag: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", flag.removesuffix("Attribute")).upper()


def unite_object_types(server: Server, user: User, new: Json, old: Json | None) -> None:
    """`objectTypes` and the boolean of each type say the same."""
    del user, old
    flags = {
        _object_type(key): key
        for key, prop in server.schemas.by_singular["attribute"].properties.items()
        if key.endswith("Attribute") and prop.type == "BOOLEAN"
    }
    types = set(new.get("objectTypes", ())) | {type for type, flag in flags.items() if new.get(flag)}
    new["objectTypes"] = [type for type in flags if type in types]
    new |= {flag: type in types for type, flag in flags.items()}


# --- documents (DocumentObjectBundleHook) ---

_URL = re.compile(r"https?://[-a-zA-Z0-9+&@#/%?=~_|!:,.;]*[-a-zA-Z0-9+&@#/%=~_|]")
_DOCUMENT = f"{_ROOT}.document.Document"


def check_document(server: Server, user: User, new: Json, old: Json | None) -> list[ErrorReport]:
    """The address of an external document, or the file of another."""
    del user, old
    url = new.get("url")
    if url is None:
        return [ErrorReport("E4000", ("url",), _DOCUMENT)]
    if new.get("external"):
        return [] if _URL.fullmatch(url) else [ErrorReport("E4004", ("url", url), _DOCUMENT)]
    return [] if server.store.get("fileResource", url) else [ErrorReport("E4015", ("url", url), _DOCUMENT)]


# --- organisation units (OrganisationUnitObjectBundleHook) ---


def check_unit_dates(server: Server, user: User, new: Json, old: Json | None) -> list[ErrorReport]:
    """E4013: closed before it was opened."""
    del server, user, old
    opened, closed = new.get("openingDate"), new.get("closedDate")
    if opened and closed and closed < opened:
        return [
            ErrorReport("E4013", (java_date(closed), java_date(opened)), f"{_ROOT}.organisationunit.OrganisationUnit")
        ]
    return []


def drop_computed_place(server: Server, user: User, new: Json, old: Json | None) -> None:
    """Path and level follow from the parents, whatever was sent."""
    del server, user, old
    for key in ("path", "level"):
        new.pop(key, None)


# --- data sets and sections (DataSetObjectBundleHook, SectionObjectBundleHook) ---


def check_input_periods(server: Server, user: User, new: Json, old: Json | None) -> list[ErrorReport]:
    """E4013: an input period that closes before it opens."""
    del server, user, old
    rows = [(row.get("openingDate"), row.get("closingDate")) for row in new.get("dataInputPeriods", ())]
    wrong = [(opened, closed) for opened, closed in rows if opened and closed and closed < opened]
    return [
        ErrorReport("E4013", (java_date(closed), java_date(opened)), f"{_ROOT}.dataset.DataSet")
        for opened, closed in wrong
    ]


def own_elements(server: Server, user: User, new: Json, old: Json | None) -> None:
    """The elements of a data set name the data set; operands of elements that it has no more go."""
    del server, user
    for row in new.get("dataSetElements", ()):
        row["dataSet"] = {"id": new["id"]}
    if old is not None:
        elements = {linked(row, "dataElement") for row in new.get("dataSetElements", ())}
        operands: list[Json] = new.get("compulsoryDataElementOperands", [])
        new["compulsoryDataElementOperands"] = [row for row in operands if linked(row, "dataElement") in elements]


def clean_sections(server: Server, user: User, new: Json, old: Json | None) -> None:
    """Sections lose the elements and indicators that their data set has no more."""
    del user
    if old is None:
        return
    elements = {linked(row, "dataElement") for row in new.get("dataSetElements", ())}
    indicators = {row["id"] for row in old.get("indicators", ())} - {row["id"] for row in new.get("indicators", ())}
    for row in server.store.referrers("dataSet", new["id"]):
        section = server.store.get(row.type, row.uid) if row.type == "section" else None
        if section:
            kept = [item for item in section.get("dataElements", ()) if item["id"] in elements]
            others = [item for item in section.get("indicators", ()) if item["id"] not in indicators]
            changed = {**section, "dataElements": kept, "indicators": others}
            if changed != section:
                server.store.put("section", section["id"], changed)


def drop_foreign_grey_fields(server: Server, user: User, new: Json, old: Json | None) -> None:
    """Greyed fields of elements that a section has no more go."""
    del server, user
    if old is not None:
        elements = {row["id"] for row in new.get("dataElements", ())}
        fields: list[Json] = new.get("greyedFields", [])
        new["greyedFields"] = [row for row in fields if linked(row, "dataElement") in elements]


# --- tracker metadata ---


def _owns(key: str, back: str) -> Callable[[Server, User, Json, Json | None], None]:
    """Embedded rows name the object that they are in."""

    def prepare(server: Server, user: User, new: Json, old: Json | None) -> None:
        del server, user, old
        for row in new.get(key, ()):
            row[back] = {"id": new["id"]}

    return prepare


def share_event_stage(server: Server, user: User, new: Json, old: Json | None) -> None:
    """The only stage of an event program is shared as the program is (`syncSharingForEventProgram`)."""
    del user, old
    stages: list[Json] = new.get("programStages", [])
    stage = server.store.get("programStage", stages[0]["id"]) if stages else None
    if stage and new.get("programType") == "WITHOUT_REGISTRATION":
        shared = {**stage, "sharing": new["sharing"], "createdBy": new["createdBy"]}
        server.store.put("programStage", stage["id"], shared)


_VARIABLE = f"{_ROOT}.programrule.ProgramRuleVariable"
_FROM_ELEMENT = (
    "DATAELEMENT_CURRENT_EVENT",
    "DATAELEMENT_NEWEST_EVENT_PROGRAM",
    "DATAELEMENT_PREVIOUS_EVENT",
    "DATAELEMENT_NEWEST_EVENT_PROGRAM_STAGE",
)
_RESERVED = frozenset({"and", "or", "not"})


def check_variable(server: Server, user: User, new: Json, old: Json | None) -> list[ErrorReport]:
    """Name and source of a program rule variable (ProgramRuleVariableObjectBundleHook)."""
    del user, old
    name, source, program = new.get("name"), new.get("programRuleVariableSourceType"), linked(new, "program")
    errors: list[ErrorReport] = []
    twins = [
        other
        for other in server.store.all("programRuleVariable")
        if other.get("name") == name and linked(other, "program") == program and other["id"] != new["id"]
    ]
    if twins:
        errors.append(ErrorReport("E4051", (name, program), _VARIABLE))
    if _RESERVED & set(str(name).split()):
        errors.append(ErrorReport("E4052", (name,), _VARIABLE))
    if source in _FROM_ELEMENT and not new.get("dataElement"):
        errors.append(ErrorReport("E4059", (name, source), _VARIABLE))
    if source == "DATAELEMENT_NEWEST_EVENT_PROGRAM_STAGE" and not new.get("programStage"):
        errors.append(ErrorReport("E4091", (name, source), _VARIABLE))
    if source == "TEI_ATTRIBUTE" and not new.get("trackedEntityAttribute"):
        errors.append(ErrorReport("E4089", (name, source), _VARIABLE))
    if source == "CALCULATED_VALUE" and not new.get("valueType"):
        errors.append(ErrorReport("E4092", (name, source), _VARIABLE))
    return errors


def complete_variable(server: Server, user: User, new: Json, old: Json | None) -> None:
    """A variable keeps only what its source needs, and has the value type of it."""
    del user, old
    source = new.get("programRuleVariableSourceType")
    keys = ("trackedEntityAttribute", "dataElement", "programStage")
    kept = {
        "CALCULATED_VALUE": (),
        "TEI_ATTRIBUTE": ("trackedEntityAttribute",),
        "DATAELEMENT_NEWEST_EVENT_PROGRAM_STAGE": ("dataElement", "programStage"),
        **dict.fromkeys(_FROM_ELEMENT[:3], ("dataElement",)),
    }.get(str(source), keys)
    for key in keys:
        if key not in kept:
            new.pop(key, None)
    if len(kept) == 1:
        target = server.store.get(kept[0], linked(new, kept[0]) or "")
        if target:
            new["valueType"] = target.get("valueType")


_RULE = f"{_ROOT}.programrule.ProgramRule"


def check_rule(server: Server, user: User, new: Json, old: Json | None) -> list[ErrorReport]:
    """E4057: two rules of one name in a program (ProgramRuleObjectBundleHook)."""
    del user, old
    program, name = linked(new, "program"), str(new.get("name")).lower()
    for row in server.store.referrers("program", program) if program else ():
        other = server.store.get(row.type, row.uid) if (row.type, row.path) == ("programRule", "program") else None
        if other and other["id"] != new["id"] and str(other.get("name")).lower() == name:
            title = (server.store.get("program", str(program)) or {}).get("name")
            return [ErrorReport("E4057", (new.get("name"), title), _RULE)]
    return []


_EXTERNAL_RECIPIENTS = frozenset(
    {
        "TRACKED_ENTITY_INSTANCE",
        "ORGANISATION_UNIT_CONTACT",
        "PROGRAM_ATTRIBUTE",
        "DATA_ELEMENT",
        "WEB_HOOK",
    }
)
_SCHEDULED = frozenset({"SCHEDULED_DAYS_DUE_DATE", "SCHEDULED_DAYS_INCIDENT_DATE", "SCHEDULED_DAYS_ENROLLMENT_DATE"})
_RECIPIENT_KEYS = {
    "recipientUserGroup": "USER_GROUP",
    "recipientProgramAttribute": "PROGRAM_ATTRIBUTE",
    "recipientDataElement": "DATA_ELEMENT",
}


def clean_notification(server: Server, user: User, new: Json, old: Json | None) -> None:
    """A notification keeps what its trigger and recipient need (ProgramNotificationTemplateObjectBundleHook)."""
    del server, user, old
    recipient = new.get("notificationRecipient")
    if new.get("notificationTrigger") not in _SCHEDULED:
        new.pop("relativeScheduledDays", None)
    for key, needed in _RECIPIENT_KEYS.items():
        if recipient != needed:
            new.pop(key, None)
    if recipient not in _EXTERNAL_RECIPIENTS:
        new["deliveryChannels"] = []


# --- analytical objects (DefaultAnalyticalObjectImportHandler) ---


def complete_favorite(server: Server, user: User, new: Json, old: Json | None) -> None:
    """`rawPeriods` holds the periods of the axes and the relative ones; data items refer to what is there."""
    del user, old
    new["rawPeriods"] = axes.raw_periods(new)
    new.pop("relativePeriods", None)
    if new.get("dataDimensionItems"):
        new["dataDimensionItems"] = [axes.stored_item(server, row) for row in new["dataDimensionItems"]]


def complete_layers(server: Server, user: User, new: Json, old: Json | None) -> None:
    """The layers of a map are favorites too (EmbeddedObjectObjectBundleHook)."""
    for layer in new.get("mapViews", ()):
        complete_favorite(server, user, layer, old)
        for axis in set(axes.AXES) & layer.keys():
            del layer[axis]


# --- the rest ---


def place_option(server: Server, user: User, new: Json, old: Json | None) -> None:
    """An option has a place in its set (SortableObjectBundleHook)."""
    del server, user, old
    new.setdefault("sortOrder", 0)


def complete_job(new: Json) -> None:
    """A job runs by its cron expression, or after a delay, or once."""
    kind = "CRON" if new.get("cronExpression") else "FIXED_DELAY" if new.get("delay") else "ONCE_ASAP"
    new.setdefault("schedulingType", kind)


_MOST_CRITERIA = frozenset(
    [
        "followUp",
        "ouMode",
        "assignedUserMode",
        "assignedUsers",
        "order",
        "displayColumnOrder",
        "enrollmentStatus",
        "eventStatus",
    ]
)
_EVENT_CRITERIA = frozenset(
    [
        "followUp",
        "organisationUnit",
        "ouMode",
        "assignedUserMode",
        "assignedUsers",
        "order",
        "displayColumnOrder",
        "dataFilters",
        "events",
        "status",
        "eventDate",
        "dueDate",
        "lastUpdatedDate",
        "completedDate",
    ]
)
_ENTITY_CRITERIA = _MOST_CRITERIA | frozenset(
    [
        "organisationUnit",
        "programStage",
        "trackedEntityInstances",
        "trackedEntityType",
        "eventDate",
        "lastUpdatedDate",
        "enrollmentIncidentDate",
        "enrollmentCreatedDate",
        "attributeValueFilters",
    ]
)
_STAGE_CRITERIA = _MOST_CRITERIA | frozenset(
    [
        "orgUnit",
        "eventCreatedAt",
        "eventOccurredAt",
        "eventScheduledAt",
        "enrolledAt",
        "enrollmentOccurredAt",
        "dataFilters",
        "attributeValueFilters",
    ]
)


def _completes_criteria(key: str, known: frozenset[str], *lists: str, always: bool = False) -> Hook:
    """The criteria of a working list have lists, empty if need be, and drop what is no criterion.

    `always` says whether there are criteria even where none were sent.
    """

    def complete(server: Server, user: User, new: Json, old: Json | None) -> None:
        del server, user, old
        criteria: Json | None = new.get(key)
        if criteria is None and not always:
            return
        kept = {name: value for name, value in (criteria or {}).items() if name in known}
        new[key] = {**{name: [] for name in lists}, **kept}

    return Hook(prepare=complete)


def complete_exchange(server: Server, user: User, new: Json, old: Json | None) -> None:
    """The requests of a data exchange have filters, none if need be."""
    del server, user, old
    source: Json = new.get("source") or {}
    requests: list[Json] = source.get("requests") or []
    new["source"] = {**source, "requests": [{"filters": [], **row} for row in requests]}


# What the targets of event hooks have when the sender gives nothing else.
_TARGETS: dict[str, Json] = {
    "console": {},
    "jms": {"groupId": "dhis2", "address": "dhis2.hooks", "brokerUrl": "tcp://localhost:61616", "useQueue": False},
    "kafka": {"bootstrapServers": "localhost:9092", "topic": "dhis2.hooks"},
    "webhook": {"contentType": "application/json", "headers": {}},
}


def complete_targets(server: Server, user: User, new: Json, old: Json | None) -> None:
    """The targets of an event hook have a client name and what is usual for their kind."""
    del user, old
    new["targets"] = [
        {"clientId": f"dhis2-{row.get('type')}-{server.new_uid()}", **_TARGETS.get(str(row.get("type")), {}), **row}
        for row in new.get("targets", ())
    ]


_COMBO = f"{_ROOT}.category.CategoryOptionCombo"


def check_option_combo(server: Server, user: User, new: Json, old: Json | None) -> list[ErrorReport]:
    """E1133: an option combination without a category combination (CategoryOptionComboObjectBundleHook, 42)."""
    del user, old
    if new.get("categoryCombo") or not server.behaviour.checks_option_combos:
        return []
    # The hook's own check and the one of the category service both say it.
    return [
        ErrorReport("E1133", (new.get("name") or new["id"],), _COMBO),
        ErrorReport("E1133", (new["id"],), _COMBO),
    ]


RULES: list[tuple[str, Hook]] = [
    ("aggregateDataExchange", Hook(prepare=complete_exchange)),
    ("attribute", Hook(prepare=unite_object_types)),
    ("categoryOptionCombo", Hook(check=check_option_combo)),
    ("dataSet", Hook(prepare=raise_version)),
    ("dataSet", Hook(prepare=own_elements, check=check_input_periods, after=clean_sections)),
    ("document", Hook(check=check_document)),
    ("eventChart", Hook(prepare=complete_favorite)),
    ("eventFilter", _completes_criteria("eventQueryCriteria", _EVENT_CRITERIA, "displayColumnOrder", always=True)),
    ("eventHook", Hook(prepare=complete_targets)),
    ("eventReport", Hook(prepare=complete_favorite)),
    ("eventVisualization", Hook(prepare=complete_favorite)),
    ("jobConfiguration", Hook(complete=complete_job)),
    ("map", Hook(prepare=complete_layers)),
    ("option", Hook(prepare=place_option)),
    ("option", _bumps_parent("optionSet", "optionSet")),
    ("optionSet", Hook(prepare=raise_version)),
    ("organisationUnit", Hook(prepare=drop_computed_place, check=check_unit_dates)),
    ("program", Hook(prepare=raise_version)),
    ("program", Hook(prepare=_owns("programTrackedEntityAttributes", "program"), after=share_event_stage)),
    ("programNotificationTemplate", Hook(prepare=clean_notification)),
    ("programRule", Hook(check=check_rule)),
    ("programRuleVariable", Hook(prepare=complete_variable, check=check_variable)),
    ("programStage", Hook(prepare=_owns("programStageDataElements", "programStage"))),
    (
        "programStageWorkingList",
        _completes_criteria(
            "programStageQueryCriteria",
            _STAGE_CRITERIA,
            "displayColumnOrder",
            "assignedUsers",
            "dataFilters",
            "attributeValueFilters",
        ),
    ),
    ("section", Hook(prepare=drop_foreign_grey_fields)),
    ("section", _bumps_parent("dataSet", "dataSet")),
    (
        "trackedEntityInstanceFilter",
        _completes_criteria("entityQueryCriteria", _ENTITY_CRITERIA, "displayColumnOrder", "attributeValueFilters"),
    ),
    ("trackedEntityType", Hook(prepare=_owns("trackedEntityTypeAttributes", "trackedEntityType"))),
    ("visualization", Hook(prepare=complete_favorite)),
]

for _type, _hook in RULES:
    register(_type, _hook)
