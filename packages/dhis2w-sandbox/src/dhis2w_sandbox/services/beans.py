"""Objects as DHIS2 writes them where no `fields` are asked: all of the Java object, users by name, no links.

Source: Jackson's view of `BaseIdentifiableObject`; recordings `services/files`, `services/configuration`.
"""

from __future__ import annotations

from typing import Any

from dhis2w_sandbox.server import Server
from dhis2w_sandbox.user import User

Json = dict[str, Any]


def bean(server: Server, document: Json, **more: Any) -> Json:
    """An object with what every object has, and what its type has beside; keys without a value are left out."""
    creator = named_user(server, document.get("createdBy"))
    name = document.get("name")
    row: Json = {
        "code": document.get("code"),
        "name": name,
        "created": document.get("created"),
        "lastUpdated": document.get("lastUpdated"),
        "translations": document.get("translations") or [],
        "createdBy": creator,
        "favorites": document.get("favorites") or [],
        "lastUpdatedBy": named_user(server, document.get("lastUpdatedBy")),
        "sharing": _sharing(server, document.get("sharing") or {}),
        "displayName": name,
        "favorite": False,
        "user": creator,
        "id": document["id"],
        "attributeValues": document.get("attributeValues") or [],
        **more,
    }
    return {key: value for key, value in row.items() if value is not None}


def named_user(server: Server, reference: Json | None) -> Json | None:
    """A user as others see them: identifier, code, names."""
    user = server.user(reference["id"]) if reference else None
    return user_row(user) if user else reference


def user_row(user: User) -> Json:
    """A user's identifier, code and names."""
    document = user.document
    name = f"{document.get('firstName', '')} {document.get('surname', '')}"
    return {
        "id": user.uid,
        "code": document.get("code"),
        "name": name,
        "displayName": name,
        "username": user.username,
    }


def _sharing(server: Server, stored: Json) -> Json:
    row: Json = {"owner": stored.get("owner"), "users": stored.get("users") or {}}
    row |= {"userGroups": stored.get("userGroups") or {}, "public": stored.get("public")}
    if server.behaviour.emits_external_sharing:
        row["external"] = bool(stored.get("external"))
    return {key: value for key, value in row.items() if value is not None}
