"""Who may see and change an object: the arithmetic of sharing settings.

An access is eight characters: reading and writing of the object, reading and writing of its data, four dashes:
`rw------`, `rwrw----`. Source: `Sharing`, `AccessStringHelper`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from dhis2w_client.json_value import as_object

if TYPE_CHECKING:
    from dhis2w_client.patches import Operation

Accesses: TypeAlias = "Mapping[str, str | None] | None"
"""An access for each UID of a user or group; None takes it away."""


def with_access(sharing: object, public: str | None, users: Accesses, user_groups: Accesses) -> dict[str, Any]:
    """Sharing settings after a change; what is not named stays, the owner above all: without one nothing is private."""
    changed: dict[str, Any] = dict(as_object(sharing))
    if public is not None:
        changed["public"] = public
    for key, accesses in (("users", users), ("userGroups", user_groups)):
        entries = {
            **as_object(changed.get(key)),
            **{uid: _entry(uid, access) for uid, access in (accesses or {}).items()},
        }
        changed[key] = {uid: entry for uid, entry in entries.items() if entry is not None}
    return changed


def access_operations(public: str | None, users: Accesses, user_groups: Accesses) -> list[Operation]:
    """The same change as a patch, for many objects at once."""
    operations: list[Operation] = []
    if public is not None:
        operations.append({"op": "replace", "path": "/sharing/public", "value": public})
    for key, accesses in (("users", users), ("userGroups", user_groups)):
        for uid, access in (accesses or {}).items():
            path = f"/sharing/{key}/{uid}"
            if access is None:
                operations.append({"op": "remove", "path": path})
            else:
                operations.append({"op": "add", "path": path, "value": _entry(uid, access)})
    return operations


def _entry(uid: str, access: str | None) -> dict[str, str] | None:
    return None if access is None else {"id": uid, "access": access}
