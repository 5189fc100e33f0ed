"""An object as it is on the server at one moment: reading it, and telling whether it is still the same."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any, cast

from dhis2w_client.patches import without_nulls
from dhis2w_core.object_home import Row, home_of

if TYPE_CHECKING:
    from dhis2w_client.client import Dhis2Client

SECRETS = frozenset({"password"})
"""What is written and never read back; it is shown nowhere, and tells no states apart."""
STAMPS = frozenset({"lastUpdated", "lastUpdatedBy", "created", "createdBy", "lastLogin"})
"""What the server writes by itself, into an object and into the objects inside of it."""
NOT_OWNED = STAMPS | {"href", "access"}
"""What no write changes."""


async def read_state(client: Dhis2Client, type: str, id: str) -> Row | None:
    """What an object owns, or `None` when there is no such object (or the user cannot see it)."""
    return await home_of(type).read(client, id)


def own_values(state: Row) -> Row:
    """A state without what the server writes by itself, and without nulls, which DHIS2 leaves out."""
    return without_nulls({key: value for key, value in state.items() if key not in NOT_OWNED})


def digest(state: Row | None) -> str | None:
    """What tells two states apart; members of collections may come in any order, as DHIS2 keeps most as sets."""
    if state is None:
        return None
    known = {key: value for key, value in own_values(state).items() if key not in SECRETS}
    text = json.dumps(_in_order(known), sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _in_order(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _in_order(each) for key, each in cast("Row", value).items() if key not in STAMPS}
    if isinstance(value, list):
        return sorted(map(_in_order, cast("list[Any]", value)), key=lambda each: json.dumps(each, sort_keys=True))
    return value
