"""Who may do what with which object: sharing and authorities, as DHIS2 weighs them.

Source: `DefaultAclService` and `AccessStringHelper` of dhis2-core. Each question is a pure function of the user, the
type and the document.
"""

from __future__ import annotations

from typing import Any

from dhis2w_sandbox.schemas import Schema
from dhis2w_sandbox.user import User

Json = dict[str, Any]

# Places in an access string such as `rw------`.
READ, WRITE, DATA_READ, DATA_WRITE = 0, 1, 2, 3

NO_ACCESS = "--------"


def can_read_type(user: User, schema: Schema) -> bool:
    """Whether the user may read objects of the type at all."""
    return _has_authority(user, schema.authorities("READ"))


def can_read(user: User, schema: Schema, document: Json) -> bool:
    """Whether the user may see the object."""
    if user.is_super:
        return True
    if not can_read_type(user, schema):
        return False
    if schema.singular == "categoryOptionCombo":
        return _options_allow(user, document, READ)
    return not schema.shareable or _public(document) is None or _metadata_allows(user, document, READ)


def can_data_read(user: User, schema: Schema, document: Json) -> bool:
    """Whether the user may read data of the object."""
    if user.is_super:
        return True
    if not _has_authority(user, schema.authorities("DATA_READ")):
        return False
    if schema.singular == "categoryOptionCombo":
        return _options_allow(user, document, DATA_READ) or _options_allow(user, document, DATA_WRITE)
    shared = _sharing_allows(user, document, DATA_READ) or _sharing_allows(user, document, DATA_WRITE)
    return schema["dataShareable"] and shared


def can_data_write(user: User, schema: Schema, document: Json) -> bool:
    """Whether the user may enter data for the object."""
    if user.is_super:
        return True
    if not _has_authority(user, schema.authorities("DATA_CREATE")):
        return False
    if schema.singular == "categoryOptionCombo":
        return _options_allow(user, document, DATA_WRITE)
    return schema["dataShareable"] and _sharing_allows(user, document, DATA_WRITE)


def can_create(user: User, schema: Schema, *, public: bool | None = None) -> bool:
    """Whether the user may create objects of the type: public ones, private ones, or (None) any."""
    if not schema.shareable:
        return _has_authority(user, schema.authorities("CREATE"))
    kinds = ["CREATE_PUBLIC", "CREATE_PRIVATE"] if public is None else ["CREATE_PUBLIC" if public else "CREATE_PRIVATE"]
    return any(_has_authority(user, schema.authorities(kind)) for kind in kinds)


def can_write(user: User, schema: Schema, document: Json) -> bool:
    """What `access.write` says: whether the user may create, and share, such an object."""
    if user.is_super:
        return True
    if _has_authority(user, _authorities(schema, "CREATE")):
        if schema.singular == "categoryOptionCombo":
            return _options_allow(user, document, WRITE)
        return _may_write(user, schema, document)
    return schema["implicitPrivateAuthority"] and _may_share(user, schema, document)


def can_update(user: User, schema: Schema, document: Json) -> bool:
    """Whether the user may change the object."""
    if user.is_super:
        return True
    if _has_authority(user, _authorities(schema, "UPDATE") or _authorities(schema, "CREATE")):
        return _may_write(user, schema, document)
    return (
        schema["implicitPrivateAuthority"]
        and _may_share(user, schema, document)
        and _metadata_allows(user, document, WRITE)
    )


def can_delete(user: User, schema: Schema, document: Json) -> bool:
    """Whether the user may delete the object."""
    if user.is_super:
        return True
    if _has_authority(user, _authorities(schema, "DELETE") or _authorities(schema, "CREATE")):
        unshared = not schema.shareable or _public(document) is None
        return unshared or (_may_share(user, schema, document) and _metadata_allows(user, document, WRITE))
    return schema["implicitPrivateAuthority"] and _metadata_allows(user, document, WRITE)


def can_externalize(user: User, schema: Schema) -> bool:
    """Whether the user may show objects of the type to everybody, logged in or not (41 and 42)."""
    authorities = schema.authorities("EXTERNALIZE")
    return schema.shareable and bool(authorities) and user.has_any(authorities)


def access(user: User, schema: Schema, document: Json) -> Json:
    """The object's `access`: what the user may do with it (2.42 alone shows `externalize`; its schema says so)."""
    update = can_update(user, schema, document)
    row: Json = {
        "manage": update,
        "externalize": user.is_super or can_externalize(user, schema),
        "write": can_write(user, schema, document),
        "read": can_read(user, schema, document),
        "update": update,
        "delete": can_delete(user, schema, document),
    }
    if schema["dataShareable"]:
        row["data"] = {
            "read": can_data_read(user, schema, document),
            "write": can_data_write(user, schema, document),
        }
    return row


def _authorities(schema: Schema, kind: str) -> list[str]:
    """The authorities of a kind; where a type has none for creating, those for public and private objects."""
    if kind != "CREATE":
        return schema.authorities(kind)
    return schema.authorities("CREATE") + schema.authorities("CREATE_PRIVATE") + schema.authorities("CREATE_PUBLIC")


def _has_authority(user: User, any_of: list[str]) -> bool:
    return not any_of or user.has_any(any_of)


def _may_write(user: User, schema: Schema, document: Json) -> bool:
    return not schema.shareable or (_may_share(user, schema, document) and _metadata_allows(user, document, WRITE))


def _may_share(user: User, schema: Schema, document: Json) -> bool:
    """Whether the user may create objects that are as public as this one."""
    public = can_create(user, schema, public=True) if schema.shareable else False
    private = can_create(user, schema, public=False) if schema.shareable else False
    allowed = (public or private) if _public(document) == NO_ACCESS else public
    return allowed and (not _sharing(document).get("external") or can_externalize(user, schema))


def _metadata_allows(user: User, document: Json, place: int) -> bool:
    return _sharing(document).get("owner") in (None, user.uid) or _sharing_allows(user, document, place)


def _sharing_allows(user: User, document: Json, place: int) -> bool:
    sharing = _sharing(document)
    if _enabled(sharing.get("public"), place):
        return True
    groups: dict[str, Json] = sharing.get("userGroups") or {}
    users: dict[str, Json] = sharing.get("users") or {}
    rows = [row for uid, row in groups.items() if uid in user.groups] + [users[uid] for uid in users if uid == user.uid]
    return any(_enabled(row.get("access"), place) for row in rows)


def _options_allow(user: User, document: Json, place: int) -> bool:
    """For a category option combo its options decide, all of them."""
    options = (user.store.get("categoryOption", option["id"]) for option in document.get("categoryOptions") or ())
    return document.get("name") == "default" or all(
        _sharing_allows(user, option, place) for option in options if option is not None
    )


def _enabled(access: str | None, place: int) -> bool:
    return access is not None and len(access) > place and access[place] == "rwrw"[place]


def _sharing(document: Json) -> Json:
    return document.get("sharing") or {}


def _public(document: Json) -> str | None:
    return _sharing(document).get("public")
