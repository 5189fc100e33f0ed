"""What is sent to tracker: objects at any depth, each with a UID of its own before it leaves.

DHIS2 gives a UID to what has none, so sending such a payload twice makes everything twice. With UIDs made here the
second time changes nothing.
Source: `BodyConverter`, `TrackerImportController`; recordings `tracker/nested-import`, `tracker/modes-and-refusals`.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime
from typing import Any, TypeAlias, cast

from pydantic import BaseModel

from dhis2w_client.data_values.data_value import is_missing, text_of, type_problem
from dhis2w_client.errors import InvalidRequestError
from dhis2w_client.json_value import as_array
from dhis2w_client.metadata.uids import is_uid, new_uid
from dhis2w_client.tracker.kind import IN_PAYLOADS, TrackerKind

Row: TypeAlias = dict[str, Any]
Payload: TypeAlias = "Mapping[str, Any] | BaseModel"
"""A `TrackerPayload`, or the same as JSON."""
Choose: TypeAlias = Callable[[str], str]


def with_uids(payload: Payload, choose: Choose = secrets.choice) -> Row:
    """A copy of a payload in which every object and note has a UID.

    Args:
        payload: What is to be sent.
        choose: Picks one letter of a text; see `new_uid`.

    Raises:
        InvalidRequestError: It is no payload, it is empty, or a UID in it is none.
    """
    given = _json(payload) if isinstance(payload, BaseModel) else payload
    if not isinstance(given, Mapping) or not any(given.get(key) for key in IN_PAYLOADS):  # pyright: ignore[reportUnnecessaryIsInstance] # a clear error for who has no types
        raise InvalidRequestError(f"A tracker payload has at least one of {', '.join(IN_PAYLOADS)}, and not empty.")
    return {key: _filled(key, value, choose) for key, value in given.items()}


def _json(model: BaseModel) -> Row:
    return model.model_dump(mode="json", by_alias=True, exclude_unset=True)


def _filled(key: str, value: Any, choose: Choose) -> object:
    """The value of a property, its objects and notes with UIDs."""
    kind = IN_PAYLOADS.get(key)
    if not isinstance(value, list) or (kind is None and key != "notes"):
        return cast("object", value)
    uid_key = kind.uid if kind else "note"
    return [_with_uid(_row(item, key), uid_key, choose) for item in cast("list[object]", value)]


def _row(item: object, key: str) -> Row:
    if isinstance(item, BaseModel):
        return _json(item)
    if isinstance(item, dict):
        return cast("Row", item)
    raise InvalidRequestError(f"In {key} of a tracker payload there is a {type(item).__name__} in place of an object.")


def _with_uid(row: Row, uid_key: str, choose: Choose) -> Row:
    uid = row.get(uid_key) or new_uid(choose)
    if not isinstance(uid, str) or not is_uid(uid):
        raise InvalidRequestError(f"{uid_key} {uid!r} is no UID: a letter, then ten letters or digits.")
    return {uid_key: uid, **{key: _filled(key, value, choose) for key, value in row.items() if key != uid_key}}


def objects_of(payload: Mapping[str, Any]) -> Iterator[tuple[TrackerKind, Row]]:
    """All objects of a payload, at any depth."""
    for key, kind in IN_PAYLOADS.items():
        for row in cast("list[Row]", as_array(payload.get(key))):
            yield kind, row
            yield from objects_of(row)


def values_of(values: Mapping[str, object], key: str) -> list[Row]:
    """Values by UID as tracker has them: `[{key: UID, "value": text}]`; None deletes a value."""
    return [{key: uid, "value": value_text(value)} for uid, value in values.items()]


def value_text(value: object) -> str | None:
    """A value as tracker stores it; None where it is missing (None, NaN, NaT, NA).

    Raises:
        InvalidRequestError: It is no text, number, truth or date.
    """
    if is_missing(value):
        return None
    if problem := type_problem(value):
        raise InvalidRequestError(f"A value is wrong: {problem}.")
    return moment_text(value) if isinstance(value, date) else text_of(value)


def moment_text(moment: date | str | None) -> str | None:
    """A day or a point in time as DHIS2 reads it: its own local time, without a zone."""
    if moment is None or isinstance(moment, str):
        return moment
    if isinstance(moment, datetime) and moment.tzinfo is not None:
        raise InvalidRequestError("DHIS2 takes points in time in its own local time, without a zone.")
    if not isinstance(moment, date) or is_missing(moment):  # pyright: ignore[reportUnnecessaryIsInstance] # a clear error for who has no types
        raise InvalidRequestError(f"{moment!r:.40} is no day.", next_step="Give a date, or a text such as 2024-01-31.")
    return moment.isoformat()


def without_missing(row: Mapping[str, Any]) -> Row:
    """The properties that have a value."""
    return {key: value for key, value in row.items() if value is not None}


def uids(rows: Iterable[tuple[TrackerKind, Row]]) -> dict[str, list[str]]:
    """The UIDs of objects by kind."""
    found: dict[str, list[str]] = {}
    for kind, row in rows:
        found.setdefault(kind.key, []).append(str(row.get(kind.uid)))
    return found
