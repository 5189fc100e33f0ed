"""`/api/dataValues/file` and `/api/dataValues/files`: values that are files.

A file that is sent becomes the value of a data element; of the same file no smaller pictures are made.
Source: `DataValueController` of dhis2-core.
"""

from __future__ import annotations

from dataclasses import replace

from dhis2w_sandbox.call import SOURCE, Call, Reply
from dhis2w_sandbox.data.single_values import key_asked, save_value
from dhis2w_sandbox.data.value_types import FILES
from dhis2w_sandbox.data.values import Values
from dhis2w_sandbox.errors import Dhis2Refusal, conflict
from dhis2w_sandbox.routing import Endpoints
from dhis2w_sandbox.services import files
from dhis2w_sandbox.services.multipart import file_part
from dhis2w_sandbox.system import NEVER_STORED

endpoints = Endpoints()


@endpoints.add("POST", "/api/dataValues/file", SOURCE, requires=["F_DATAVALUE_ADD"])
def save_file(call: Call) -> Reply:
    """Set a value to a file that is sent; without one the value is taken away."""
    if not call.headers.get("content-type", "").startswith("multipart/"):
        _set(call, "")
        return Reply.message(202)
    document = files.save(call.server, call.user, file_part(call), "DATA_VALUE")
    _set(call, document["id"])
    files.assign(call.server, document["id"], assigned=True)
    return files.accepted(call, {**document, "assigned": True})


def _set(call: Call, value: str) -> None:
    query = [(name, text) for name, text in call.query if name != "value"]
    headers = {name: text for name, text in call.headers.items() if name != "content-type"}
    save_value(replace(call, query=[*query, ("value", value)], headers=headers, body=b""))


@endpoints.add("GET", "/api/dataValues/files", SOURCE, suffixes="*")
def value_file(call: Call) -> Reply:
    """Send the file that is a value; `dimension` changes nothing."""
    grouped = call.server.behaviour.enters_data_in_groups
    key = key_asked(call)
    element = call.server.store.get("dataElement", key.element) or {}
    if not grouped and element.get("valueType") not in FILES:
        raise conflict("DataElement must be of type file")
    stored = Values(call.server).get(key)
    if stored is None or stored.deleted:
        raise conflict("Data value does not exist")
    if element.get("valueType") not in FILES:
        raise conflict("DataElement must be of type file")
    document = call.server.store.get(files.TYPE, stored.value or "")
    if document is None or document["domain"] != "DATA_VALUE":
        raise Dhis2Refusal(404, f"A data value file resource with id {stored.value} does not exist.")
    reply = files.sent(call.server, document)
    reply.headers.update(NEVER_STORED)
    return reply
