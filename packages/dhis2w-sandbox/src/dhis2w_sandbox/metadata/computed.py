"""Properties that no document holds: DHIS2 works them out when it shows an object.

Two tables of rules, each from key to a function: one for all types and one for single types, whose rule wins.
Source: the getters of the types in dhis2-api (`BaseIdentifiableObject`, `BaseNameableObject`,
`BaseDimensionalItemObject`, `BaseAnalyticalObject`, `OrganisationUnit` …).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from dhis2w_sandbox.metadata import favorites, units
from dhis2w_sandbox.metadata.sides import linked
from dhis2w_sandbox.schemas import Schema

if TYPE_CHECKING:
    from dhis2w_sandbox.metadata.rendering import Rendering

Json = dict[str, Any]
Compute = Callable[["Rendering", Schema, Json], Any]

DEFAULT = "default"


@lru_cache(maxsize=16384)
def of(schema: Schema, key: str) -> Compute | None:
    """The rule for a property; None where the document, or the other side of the link, has the value."""
    own = BY_TYPE.get((schema.singular, key))
    if own is not None:
        return own
    if not schema["identifiableObject"]:
        return None
    return FOR_ALL.get(key) or _translated_text(schema, key)


def is_null_when_empty(schema: Schema, key: str) -> bool:
    """Whether an empty list is left out."""
    return (schema.singular, key) in NULL_WHEN_EMPTY


# Names and texts in the sender's language


def _translated_text(schema: Schema, key: str) -> Compute | None:
    """The rule for `displayX`: the text of `x` in the sender's language."""
    prop = schema.properties.get(key)
    base = key.removeprefix("display")
    base = base[:1].lower() + base[1:]
    translation = schema.properties[base]["translationKey"] if base in schema.properties else None
    if prop is None or prop.persisted or not key.startswith("display") or translation is None:
        return None

    def compute(rendering: Rendering, schema: Schema, document: Json) -> str | None:
        del schema
        return rendering.translated(document, translation, document.get(base))

    return compute


def display_name(rendering: Rendering, schema: Schema, document: Json) -> str | None:
    """The name in the sender's language."""
    return rendering.translated(document, "NAME", name_of(rendering, schema, document))


def name_of(rendering: Rendering, schema: Schema, document: Json) -> str | None:
    """The name, stored or computed."""
    own = BY_TYPE.get((schema.singular, "name"))
    return own(rendering, schema, document) if own else document.get("name")


def display_short_name(rendering: Rendering, schema: Schema, document: Json) -> str | None:
    """The short name in the sender's language."""
    del schema
    return rendering.translated(document, "SHORT_NAME", document.get("shortName"))


def display_form_name(rendering: Rendering, schema: Schema, document: Json) -> str | None:
    """The name for forms in the sender's language; without one the display name."""
    fallback = document.get("formName") or display_name(rendering, schema, document)
    return rendering.translated(document, "FORM_NAME", fallback)


# What every object has


def href(rendering: Rendering, schema: Schema, document: Json) -> str | None:
    """Where the object is."""
    wanted = rendering.links and rendering.depth <= (1 if rendering.single else 0)
    if not wanted or schema.endpoint is None or "id" not in document:
        return None
    return f"{rendering.base_url}/api{schema.endpoint}/{document['id']}"


def access(rendering: Rendering, schema: Schema, document: Json) -> Json | None:
    """What the sender may do with the object."""
    return rendering.access(schema, document)


def sharing(rendering: Rendering, schema: Schema, document: Json) -> Json:
    """Who may do what with the object; users and groups with their names."""
    del schema
    stored: Json = document.get("sharing") or {}
    row: Json = {
        "owner": stored.get("owner"),
        "external": bool(stored.get("external")),
        "users": _named(rendering, "user", stored.get("users") or {}),
        "userGroups": _named(rendering, "userGroup", stored.get("userGroups") or {}),
        "public": stored.get("public"),
    }
    return {key: value for key, value in row.items() if value is not None}


def _named(rendering: Rendering, type: str, rows: Json) -> Json:
    return {uid: {**row, **_display_name_of(rendering, type, uid)} for uid, row in rows.items()}


def _display_name_of(rendering: Rendering, type: str, uid: str) -> Json:
    schema = rendering.server.schemas.by_singular[type]
    document = rendering.server.store.get(type, uid)
    name = display_name(rendering, schema, document) if document else None
    return {"displayName": name} if name else {}


def creator(rendering: Rendering, schema: Schema, document: Json) -> Json | None:
    """Who created the object, under its old name `user`."""
    del rendering, schema
    return document.get("createdBy")


def is_favorite(rendering: Rendering, schema: Schema, document: Json) -> bool:
    """Whether the sender marked the object."""
    del schema
    return rendering.user.uid in (document.get("favorites") or ())


def is_subscribed(rendering: Rendering, schema: Schema, document: Json) -> bool:
    """Whether the sender wants to hear of interpretations."""
    del schema
    return rendering.user.uid in (document.get("subscribers") or ())


def stored_list(key: str) -> Compute:
    """A list that the document has, or else an empty one."""

    def compute(rendering: Rendering, schema: Schema, document: Json) -> list[Any]:
        del rendering, schema
        return document.get(key) or []

    return compute


def constant(value: Any) -> Compute:
    """The same for every object."""

    def compute(rendering: Rendering, schema: Schema, document: Json) -> Any:
        del rendering, schema, document
        return value

    return compute


def another(key: str) -> Compute:
    """The value of another key."""

    def compute(rendering: Rendering, schema: Schema, document: Json) -> Any:
        del rendering, schema
        return document.get(key)

    return compute


def has(key: str) -> Compute:
    """Whether there is a value under a key."""

    def compute(rendering: Rendering, schema: Schema, document: Json) -> bool:
        del rendering, schema
        return bool(document.get(key))

    return compute


def equals(key: str, value: str) -> Compute:
    """Whether the value under a key is a certain one."""

    def compute(rendering: Rendering, schema: Schema, document: Json) -> bool:
        del rendering, schema
        return document.get(key) == value

    return compute


def first_legend_set(rendering: Rendering, schema: Schema, document: Json) -> Json | None:
    """The first of the legend sets, from the time when there could only be one."""
    del rendering, schema
    return next(iter(document.get("legendSets") or ()), None)


def value_type_of(key: str, type: str) -> Compute:
    """The value type of the object that a key refers to."""

    def compute(rendering: Rendering, schema: Schema, document: Json) -> str | None:
        del schema
        target = rendering.server.store.get(type, linked(document, key))
        return target.get("valueType") if target else None

    return compute


# Names that are made of other names


def _names_of(part: Compute, links: Iterable[tuple[str, str]]) -> Compute:
    """The names of linked objects in a row, as rows of a program or tracked entity type are called."""

    def compute(rendering: Rendering, schema: Schema, document: Json) -> str:
        del schema
        found: list[str] = []
        for key, type in links:
            target = rendering.server.store.get(type, linked(document, key))
            if target is not None:
                found.append(part(rendering, rendering.server.schemas.by_singular[type], target) or "null")
        return " ".join(found)

    return compute


def user_name(rendering: Rendering, schema: Schema, document: Json) -> str:
    """First name and surname."""
    del rendering, schema
    return f"{document.get('firstName') or ''} {document.get('surname') or ''}".strip()


def option_combo_name(rendering: Rendering, schema: Schema, document: Json) -> str | None:
    """The stored name, or the names of the options in the order of the combo's categories."""
    del schema
    if document.get("name"):
        return document["name"]
    store = rendering.server.store
    combo = store.get("categoryCombo", linked(document, "categoryCombo"))
    mine = {option["id"] for option in document.get("categoryOptions") or ()}
    names: list[str] = []
    for link in (combo or {}).get("categories") or ():
        category = store.get("category", link["id"]) or {}
        chosen = next((option["id"] for option in category.get("categoryOptions") or () if option["id"] in mine), None)
        option = store.get("categoryOption", chosen) if chosen else None
        if option:
            names.append(option["name"])
    return ", ".join(names) if names else document.get("id")


# Single types


def data_set_form_type(rendering: Rendering, schema: Schema, document: Json) -> str:
    """Which form a data set is entered in."""
    return _form_type(rendering, schema, document, "section", "dataSet")


def program_stage_form_type(rendering: Rendering, schema: Schema, document: Json) -> str:
    """Which form a program stage is entered in."""
    if document.get("programStageSections"):
        return "CUSTOM" if document.get("dataEntryForm") else "SECTION"
    return _form_type(rendering, schema, document, "programStageSection", "programStage")


def _form_type(rendering: Rendering, schema: Schema, document: Json, section: str, key: str) -> str:
    if document.get("dataEntryForm"):
        return "CUSTOM"
    referrers = rendering.server.store.referrers(schema.singular, document.get("id", ""))
    return "SECTION" if any((row.type, row.path) == (section, key) for row in referrers) else "DEFAULT"


def section_combos(rendering: Rendering, schema: Schema, document: Json) -> list[Json]:
    """The category combos of a section's data elements, as the data set overrides them."""
    del schema
    store = rendering.server.store
    data_set = store.get("dataSet", linked(document, "dataSet")) or {}
    overrides = {
        row["dataElement"]["id"]: row["categoryCombo"]
        for row in data_set.get("dataSetElements") or ()
        if row.get("categoryCombo")
    }
    found: dict[str, Json] = {}
    for link in document.get("dataElements") or ():
        element = store.get("dataElement", link["id"]) or {}
        combo = overrides.get(link["id"]) or element.get("categoryCombo")
        if combo:
            found.setdefault(combo["id"], combo)
    return list(found.values())


# What a dashboard item can hold, in the order in which DHIS2 looks for it.
_ITEM_CONTENTS = {
    "visualization": "VISUALIZATION",
    "eventChart": "EVENT_CHART",
    "eventReport": "EVENT_REPORT",
    "eventVisualization": "EVENT_VISUALIZATION",
    "map": "MAP",
    "text": "TEXT",
    "users": "USERS",
    "reports": "REPORTS",
    "resources": "RESOURCES",
    "messages": "MESSAGES",
    "appKey": "APP",
}


def dashboard_item_type(rendering: Rendering, schema: Schema, document: Json) -> str | None:
    """What kind of thing a dashboard item shows."""
    del rendering, schema
    return next((kind for key, kind in _ITEM_CONTENTS.items() if document.get(key)), None)


def dashboard_item_href(rendering: Rendering, schema: Schema, document: Json) -> str | None:
    """Where a dashboard item is; some versions name only the end of the address, but always."""
    if rendering.server.behaviour.plain_dashboard_items:
        return f"/dashboardItems/{document.get('id')}"
    return href(rendering, schema, document)


def unless_plain_item(compute: Compute) -> Compute:
    """A property that dashboard items lost."""

    def computed(rendering: Rendering, schema: Schema, document: Json) -> Any:
        plain = rendering.server.behaviour.plain_dashboard_items
        return None if plain else compute(rendering, schema, document)

    return computed


def group_aggregation_type(rendering: Rendering, schema: Schema, document: Json) -> str | None:
    """How the data elements of a group are aggregated: as the first of them is."""
    del schema
    first = next(iter(document.get("dataElements") or ()), None)
    element = rendering.server.store.get("dataElement", first["id"]) if first else None
    return element.get("aggregationType") if element else None


def dashboard_item_content_count(rendering: Rendering, schema: Schema, document: Json) -> int:
    """How many things a dashboard item shows."""
    del rendering, schema
    lists: list[list[Any]] = [document[key] for key in _ITEM_CONTENTS if isinstance(document.get(key), list)]
    single = [key for key in _ITEM_CONTENTS if document.get(key) is not None and not isinstance(document[key], list)]
    return len(single) + sum(len(items) for items in lists)


def dashboard_item_count(rendering: Rendering, schema: Schema, document: Json) -> int:
    """How many items a dashboard has."""
    del rendering, schema
    return len(document.get("dashboardItems") or ())


def dashboard_item_interpretations(rendering: Rendering, schema: Schema, document: Json) -> int:
    """How many interpretations the favorite on a dashboard item has."""
    del schema
    favorites = ("visualization", "eventChart", "eventReport", "eventVisualization", "map")
    shown = next((key for key in favorites if document.get(key)), None)
    if shown is None:
        return 0
    referrers = rendering.server.store.referrers(shown, document[shown]["id"])
    return sum(row.type == "interpretation" for row in referrers)


def email_is_verified(rendering: Rendering, schema: Schema, document: Json) -> bool:
    """Whether the user's address is the one that they confirmed."""
    del rendering, schema
    return document.get("email") is not None and document.get("email") == document.get("verifiedEmail")


def user_credentials(rendering: Rendering, schema: Schema, document: Json) -> Json:
    """The account of a user as it was shown when it still was an object of its own."""
    row: Json = {
        "id": document.get("id"),
        "username": document.get("username"),
        "externalAuth": bool(document.get("externalAuth")),
        "openId": document.get("openId"),
        "ldapId": document.get("ldapId"),
        "twoFA": False,
        "passwordLastUpdated": document.get("passwordLastUpdated"),
        "lastLogin": document.get("lastLogin"),
        "accountExpiry": document.get("accountExpiry"),
        "cogsDimensionConstraints": document.get("cogsDimensionConstraints") or [],
        "catDimensionConstraints": document.get("catDimensionConstraints") or [],
        "previousPasswords": [],
        "selfRegistered": bool(document.get("selfRegistered")),
        "invitation": bool(document.get("invitation")),
        "disabled": bool(document.get("disabled")),
        "access": rendering.access(schema, document),
        "sharing": {"users": {}, "userGroups": {}},
        "userRoles": document.get("userRoles") or [],
    }
    return {key: value for key, value in row.items() if value is not None}


FOR_ALL: dict[str, Compute] = {
    "displayName": display_name,
    "displayShortName": display_short_name,
    "displayFormName": display_form_name,
    "href": href,
    "access": access,
    "sharing": sharing,
    "user": creator,
    "favorite": is_favorite,
    "attributeValues": stored_list("attributeValues"),
    "subscribed": is_subscribed,
    "dimension": another("id"),
    "dimensionItem": another("id"),
    "allItems": constant(False),
    "optionSetValue": has("optionSet"),
    "legendSet": first_legend_set,
    "isDefault": equals("name", DEFAULT),
    "relativePeriods": favorites.relative_periods,
    "columns": favorites.axis("columnDimensions"),
    "rows": favorites.axis("rowDimensions"),
    "filters": favorites.axis("filterDimensions"),
    "rawPeriods": favorites.raw_periods,
    "periods": favorites.periods,
    "parentGraphMap": constant({}),
    "metaData": constant({}),
}
"""By key, for every type with an identity that has the property."""

# What of a way to prove who one is nobody is shown.
_SECRETS = ("password", "token", "headers", "queryParams", "clientSecret")


def public_auth(rendering: Rendering, schema: Schema, document: Json) -> Json | None:
    """How a route proves who it is, without the secrets."""
    del rendering, schema
    return _without_secrets(document.get("auth"))


def public_targets(rendering: Rendering, schema: Schema, document: Json) -> list[Json]:
    """Where an event hook sends to, without the secrets, and with what is usual filled in."""
    del rendering, schema
    rows: list[Json] = document.get("targets") or []
    return [_public_target(row) for row in rows]


def _public_target(row: Json) -> Json:
    shown = {key: value for key, value in row.items() if key not in ("password", "auth")}
    if row.get("type") == "webhook":
        shown = {"contentType": "application/json", **shown}
    return {**shown, "auth": _without_secrets(row["auth"])} if row.get("auth") else shown


def public_exchange_target(rendering: Rendering, schema: Schema, document: Json) -> Json | None:
    """Where a data exchange sends to, without the secrets."""
    del rendering, schema
    target: Json | None = document.get("target")
    api: Json | None = (target or {}).get("api")
    if target is None or api is None:
        return target
    return {**target, "api": {key: value for key, value in api.items() if key not in ("accessToken", "password")}}


def _without_secrets(auth: Json | None) -> Json | None:
    return {key: value for key, value in auth.items() if key not in _SECRETS} if auth else None


def job_is_configurable(rendering: Rendering, schema: Schema, document: Json) -> bool:
    """Whether users may change the job: DHIS2's own housekeeping is not theirs, nor is what a request started."""
    del rendering, schema
    return document.get("configurable", True) and document.get("jobType") not in HOUSEKEEPING_JOBS


HOUSEKEEPING_JOBS = frozenset(
    {
        "ACCOUNT_EXPIRY_ALERT",
        "CREDENTIALS_EXPIRY_ALERT",
        "DATA_SET_NOTIFICATION",
        "DATA_STATISTICS",
        "DATA_VALUE_TRIM",
        "FILE_RESOURCE_CLEANUP",
        "HOUSEKEEPING",
        "REMOVE_USED_OR_EXPIRED_RESERVED_VALUES",
        "SYSTEM_VERSION_UPDATE_CHECK",
        "VALIDATION_RESULTS_NOTIFICATION",
    }
)
"""Jobs that a server runs by itself."""

DIMENSION_ITEM_TYPES = {
    "categoryOption": "CATEGORY_OPTION",
    "categoryOptionGroup": "CATEGORY_OPTION_GROUP",
    "dataElement": "DATA_ELEMENT",
    "dataElementGroup": "DATA_ELEMENT_GROUP",
    "dataElementOperand": "DATA_ELEMENT_OPERAND",
    "dataSet": "REPORTING_RATE",
    "expressionDimensionItem": "EXPRESSION_DIMENSION_ITEM",
    "indicator": "INDICATOR",
    "optionGroup": "OPTION_GROUP",
    "organisationUnit": "ORGANISATION_UNIT",
    "organisationUnitGroup": "ORGANISATION_UNIT_GROUP",
    "programDataElement": "PROGRAM_DATA_ELEMENT",
    "programIndicator": "PROGRAM_INDICATOR",
    "programTrackedEntityAttributeDimensionItem": "PROGRAM_ATTRIBUTE",
    "reportingRate": "REPORTING_RATE",
    "trackedEntityAttribute": "PROGRAM_ATTRIBUTE",
}
DIMENSION_TYPES = {
    "category": "CATEGORY",
    "categoryOptionGroupSet": "CATEGORY_OPTION_GROUP_SET",
    "dataElementGroupSet": "DATA_ELEMENT_GROUP_SET",
    "optionGroupSet": "OPTION_GROUP_SET",
    "organisationUnitGroupSet": "ORGANISATION_UNIT_GROUP_SET",
}
_PROGRAM_ATTRIBUTE = (("program", "program"), ("trackedEntityAttribute", "trackedEntityAttribute"))
_TYPE_ATTRIBUTE = (("trackedEntityType", "trackedEntityType"), ("trackedEntityAttribute", "trackedEntityAttribute"))

BY_TYPE: dict[tuple[str, str], Compute] = {
    ("route", "auth"): public_auth,
    ("eventHook", "targets"): public_targets,
    ("jobConfiguration", "configurable"): job_is_configurable,
    **{(type, "dimensionItemType"): constant(word) for type, word in DIMENSION_ITEM_TYPES.items()},
    **{(type, "dimensionType"): constant(word) for type, word in DIMENSION_TYPES.items()},
    ("aggregateDataExchange", "target"): public_exchange_target,
    ("categoryOptionCombo", "name"): option_combo_name,
    ("dashboard", "itemCount"): dashboard_item_count,
    ("dashboardItem", "attributeValues"): unless_plain_item(stored_list("attributeValues")),
    ("dashboardItem", "href"): dashboard_item_href,
    ("dashboardItem", "sharing"): unless_plain_item(sharing),
    ("dashboardItem", "type"): dashboard_item_type,
    ("dashboardItem", "contentCount"): dashboard_item_content_count,
    ("dashboardItem", "interpretationCount"): dashboard_item_interpretations,
    ("dashboardItem", "interpretationLikeCount"): constant(0),
    ("dataElementGroup", "aggregationType"): group_aggregation_type,
    ("dataSet", "formType"): data_set_form_type,
    ("eventChart", "legendSet"): constant(None),
    ("jobConfiguration", "leaderOnlyJob"): constant(True),
    ("jobConfiguration", "userUid"): another("executedBy"),
    ("map", "mapViews"): favorites.layers,
    ("mapView", "columns"): favorites.axis("columnDimensions", depth=1),
    ("mapView", "rows"): favorites.layer_rows,
    ("mapView", "filters"): favorites.axis("filterDimensions", depth=1),
    ("organisationUnit", "path"): units.path,
    ("organisationUnit", "level"): units.level,
    ("organisationUnit", "leaf"): units.is_leaf,
    ("organisationUnit", "ancestors"): units.ancestors,
    ("program", "registration"): equals("programType", "WITH_REGISTRATION"),
    ("program", "withoutRegistration"): equals("programType", "WITHOUT_REGISTRATION"),
    ("programStage", "formType"): program_stage_form_type,
    ("programTrackedEntityAttribute", "name"): _names_of(display_name, _PROGRAM_ATTRIBUTE),
    ("programTrackedEntityAttribute", "displayShortName"): _names_of(display_short_name, _PROGRAM_ATTRIBUTE),
    ("programTrackedEntityAttribute", "valueType"): value_type_of("trackedEntityAttribute", "trackedEntityAttribute"),
    ("section", "categoryCombos"): section_combos,
    ("trackedEntityTypeAttribute", "name"): _names_of(display_name, _TYPE_ATTRIBUTE),
    ("trackedEntityTypeAttribute", "displayShortName"): _names_of(display_short_name, _TYPE_ATTRIBUTE),
    ("trackedEntityTypeAttribute", "valueType"): value_type_of("trackedEntityAttribute", "trackedEntityAttribute"),
    ("user", "name"): user_name,
    ("user", "emailVerified"): email_is_verified,
    ("user", "userCredentials"): user_credentials,
    ("user", "twoFactorEnabled"): constant(False),
}
"""By type (singular name) and key: what a type does in its own way."""

NULL_WHEN_EMPTY: frozenset[tuple[str, str]] = frozenset(
    {
        ("programRuleAction", "evaluationEnvironments"),
    }
)
"""Lists that are absent, not `[]`, where there is nothing in them."""
