"""What both data stores have in common: bodies that are values, and changes to a part of one.

Source: `AbstractDatastoreController` and `HibernateDatastoreStore` of dhis2-core.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from dhis2w_sandbox.bodies import unsupported_media
from dhis2w_sandbox.call import Call, Reply
from dhis2w_sandbox.errors import Dhis2Refusal, bad_request, web_message
from dhis2w_sandbox.metadata.querying import int_param
from dhis2w_sandbox.services import entry_query, jsonb
from dhis2w_sandbox.services.entry_query import Entry, QueryFailure
from dhis2w_sandbox.services.jsonb import MISSING
from dhis2w_sandbox.system import NEVER_STORED

Json = dict[str, Any]


def not_stored(refusal: Dhis2Refusal) -> Dhis2Refusal:
    """A refusal that says, like the lists it stands in for, that nobody may store it."""
    refusal.headers = dict(NEVER_STORED)
    return refusal


def no_namespace(namespace: str) -> Dhis2Refusal:
    """404 of a namespace without keys."""
    return Dhis2Refusal(404, f"Namespace not found: '{namespace}'", "E1005")


def no_key(namespace: str, key: str) -> Dhis2Refusal:
    """404 of a key."""
    return Dhis2Refusal(404, f"Key '{key}' not found in namespace '{namespace}'", "E1005")


def body_value(call: Call) -> Any:
    """The value in the body; `MISSING` where there is no body.

    Raises:
        Dhis2Refusal: 415, the body is not said to be JSON; 400, it is none.
    """
    media = call.headers.get("content-type", "")
    if not media.startswith("application/json"):
        raise unsupported_media(call, media)
    if not call.body:
        return MISSING
    try:
        return jsonb.stored(json.loads(call.body))
    except ValueError as error:
        raise bad_request(f"Invalid JSON value for key '{call.parts['key']}'") from error


def required_value(call: Call, missing: str) -> Any:
    """The value in the body; 400 with the Java signature `missing` where there is none."""
    value = body_value(call)
    if value is MISSING:
        raise Dhis2Refusal(400, f"Required request body is missing: {missing}")
    return value


def changed(call: Call, old: Any, new: Any) -> Any:
    """The value that a PUT leaves: `MISSING` where it deletes the key.

    Args:
        call: the request, whose `path` and `roll` say which part is meant.
        old: the value as it is.
        new: the body's value, `MISSING` for none: that sets the part to null.
    """
    text = call.param("path") or ""
    path = jsonb.path_of(text) if text else []
    roll = int_param(call, "roll", 0) if call.param("roll") else None
    if new is MISSING:
        return jsonb.replaced(old, path, None) if path else MISSING
    if roll is not None:
        return jsonb.rolled(old, path, new, roll)
    return jsonb.replaced(old, path, new) if path else new


def shown(value: Any) -> Reply:
    """A value as the answer to a request for its key."""
    return Reply() if value is MISSING else Reply.json(value)


def entries_reply(call: Call, entries: Iterable[Entry]) -> Reply:
    """The entries that a request asks for by `fields`."""
    query = entry_query.entry_query(call)
    try:
        return Reply.json(entry_query.answer(query, entries), headers=dict(NEVER_STORED))
    except QueryFailure as failure:
        return Reply.json(web_message(400, str(failure), word="ERROR"), 400, dict(NEVER_STORED))
