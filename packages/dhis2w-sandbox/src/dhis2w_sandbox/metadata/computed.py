"""Properties that no document holds: DHIS2 works them out when it shows an object.

One table for all types and one for single types, each from key to a function; a type's own rule wins.
Source: the getters of the types in dhis2-api (`BaseIdentifiableObject`, `BaseDimensionalItemObject`, …).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from dhis2w_sandbox.schemas import Schema

if TYPE_CHECKING:
    from dhis2w_sandbox.metadata.rendering import Rendering

Json = dict[str, Any]
Compute = Callable[["Rendering", Schema, Json], Any]


def display_name(rendering: Rendering, schema: Schema, document: Json) -> str | None:
    """The name in the sender's language."""
    del schema
    return rendering.translated(document, "NAME", document.get("name"))


def display_short_name(rendering: Rendering, schema: Schema, document: Json) -> str | None:
    """The short name in the sender's language."""
    del schema
    return rendering.translated(document, "SHORT_NAME", document.get("shortName"))


def display_description(rendering: Rendering, schema: Schema, document: Json) -> str | None:
    """The description in the sender's language."""
    del schema
    return rendering.translated(document, "DESCRIPTION", document.get("description"))


def display_form_name(rendering: Rendering, schema: Schema, document: Json) -> str | None:
    """The name for forms in the sender's language; without one the display name."""
    form_name = rendering.translated(document, "FORM_NAME", document.get("formName"))
    return form_name if form_name else display_name(rendering, schema, document)


def href(rendering: Rendering, schema: Schema, document: Json) -> str | None:
    """Where the object is."""
    wanted = rendering.links and rendering.depth <= (1 if rendering.deep_links else 0)
    if not wanted or schema.endpoint is None or "id" not in document:
        return None
    return f"{rendering.base_url}/api{schema.endpoint}/{document['id']}"


def access(rendering: Rendering, schema: Schema, document: Json) -> Json:
    """What the sender may do with the object."""
    return rendering.access(schema, document)


def sharing(rendering: Rendering, schema: Schema, document: Json) -> Json:
    """Who may do what with the object; users and groups with their names."""
    del schema
    stored: Json = document.get("sharing") or {}
    row: Json = {"owner": stored.get("owner")}
    if rendering.server.behaviour.emits_external_sharing:
        row["external"] = bool(stored.get("external"))
    row["users"] = _named(rendering, "user", stored.get("users") or {})
    row["userGroups"] = _named(rendering, "userGroup", stored.get("userGroups") or {})
    row["public"] = stored.get("public")
    return {key: value for key, value in row.items() if value is not None}


def _named(rendering: Rendering, type: str, rows: Json) -> Json:
    return {uid: {**row, **_display_name_of(rendering, type, uid)} for uid, row in rows.items()}


def _display_name_of(rendering: Rendering, type: str, uid: str) -> Json:
    document = rendering.server.store.get(type, uid)
    return {"displayName": document["name"]} if document and document.get("name") else {}


def creator(rendering: Rendering, schema: Schema, document: Json) -> Json | None:
    """Who created the object, under its old name `user`."""
    del rendering, schema
    return document.get("createdBy")


def empty_list(rendering: Rendering, schema: Schema, document: Json) -> list[Any]:
    """A list that the sandbox keeps nothing in."""
    del rendering, schema, document
    return []


def is_favorite(rendering: Rendering, schema: Schema, document: Json) -> bool:
    """Whether the sender marked the object."""
    del schema
    return rendering.user.uid in (document.get("favorites") or ())


def own_id(rendering: Rendering, schema: Schema, document: Json) -> str | None:
    """The identifier under another name."""
    del rendering, schema
    return document.get("id")


def option_set_value(rendering: Rendering, schema: Schema, document: Json) -> bool:
    """Whether values come from an option set."""
    del rendering, schema
    return bool(document.get("optionSet"))


FOR_ALL: dict[str, Compute] = {
    "displayName": display_name,
    "displayShortName": display_short_name,
    "displayDescription": display_description,
    "displayFormName": display_form_name,
    "href": href,
    "access": access,
    "sharing": sharing,
    "user": creator,
    "favorite": is_favorite,
    "dimensionItem": own_id,
    "optionSetValue": option_set_value,
}
"""By key, for every type that has the property."""

BY_TYPE: dict[tuple[str, str], Compute] = {}
"""By type and key: what a type does differently."""

NULL_WHEN_EMPTY: frozenset[tuple[str, str]] = frozenset()
"""Lists that are absent, not `[]`, where there is nothing in them."""


@lru_cache(maxsize=16384)
def of(schema: Schema, key: str) -> Compute | None:
    """The rule for a property; None where the document, or the other side of the link, has the value."""
    found = BY_TYPE.get((schema.singular, key))
    return found or (FOR_ALL.get(key) if schema["identifiableObject"] else None)


def is_null_when_empty(schema: Schema, key: str) -> bool:
    """Whether an empty list is left out."""
    return (schema.singular, key) in NULL_WHEN_EMPTY
