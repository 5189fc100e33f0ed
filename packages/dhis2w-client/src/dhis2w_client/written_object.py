"""An object that a caller wants written: a model, or a JSON object as a mapping."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeAlias

from dhis2w_client.errors import InvalidRequestError, StaleObjectError

if TYPE_CHECKING:
    from dhis2w_client.models.server_model import ServerModel
    from dhis2w_client.pages import Row

AnObject: TypeAlias = "ServerModel | Mapping[str, object]"
"""An object to write: a model, of which what was read or set is sent, or a JSON object as a mapping."""


def json_of(value: AnObject) -> Row:
    """The object as a JSON object of its own."""
    return dict(value) if isinstance(value, Mapping) else value.to_dict()


def key_of(body: Row, key: str) -> str:
    """What an object is found by.

    Raises:
        InvalidRequestError: It does not have it.
    """
    value = body.get(key)
    if isinstance(value, str) and value:
        return value
    raise InvalidRequestError(f"The object has no {key}, by which it could be found.")


def changed_values(before: Row, after: Row) -> Row:
    """The properties that were set to something else."""
    return {key: value for key, value in after.items() if before.get(key) != value}


def check_not_stale(read: Row, now: Row) -> None:
    """Refuse to write over an object that is another one than was read.

    Raises:
        StaleObjectError: Their `lastUpdated` differ.
        InvalidRequestError: The one that was read has none.
    """
    before, after = read.get("lastUpdated"), now.get("lastUpdated")
    if before is None:
        raise InvalidRequestError("The object has no lastUpdated, so nobody can tell whether it is stale; read it too.")
    if before != after:
        raise StaleObjectError(
            f"The object was changed at {after}, after it was read as of {before}.",
            read=before,
            found=after,
            next_step="Read it again, and make the change to what is there now.",
        )
