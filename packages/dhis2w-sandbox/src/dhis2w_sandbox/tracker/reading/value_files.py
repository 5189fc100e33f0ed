"""Files that are values of events and of tracked entities.

Source: `EventsExportController`, `TrackerEventsExportController`, `SingleEventsExportController`,
`TrackedEntitiesExportController`, `RequestHandler` and `FileResourceStream` of dhis2-core; recordings
`tracker/attribute-values`.
"""

from __future__ import annotations

from dhis2w_sandbox.call import RECORDED, SOURCE, Call, Reply
from dhis2w_sandbox.errors import Dhis2Refusal, bad_request, not_found
from dhis2w_sandbox.routing import Endpoints
from dhis2w_sandbox.services.files import sent
from dhis2w_sandbox.tracker.reading.choices import Choice
from dhis2w_sandbox.tracker.reading.events import SPLIT, found_event, wants_single
from dhis2w_sandbox.tracker.reading.parameters import Parameters, path_uid
from dhis2w_sandbox.tracker.reading.reach import Reach
from dhis2w_sandbox.tracker.reading.tracked_entities import found_entity
from dhis2w_sandbox.tracker.reading.views import Views

endpoints = Endpoints()

_FILES = frozenset({"FILE_RESOURCE", "IMAGE"})
_VALUE = "{event}/dataValues/{element}"
_ATTRIBUTE_VALUE = "/api/tracker/trackedEntities/{entity}/attributes/{attribute}"


@endpoints.add("GET", f"/api/tracker/events/{_VALUE}/file", RECORDED, suffixes="*")
@endpoints.add("GET", f"/api/tracker/trackerEvents/{_VALUE}/file", SOURCE, versions=SPLIT, suffixes="*")
@endpoints.add("GET", f"/api/tracker/singleEvents/{_VALUE}/file", SOURCE, versions=SPLIT, suffixes="*")
def event_file(call: Call) -> Reply:
    """Send the file that is a data value of an event."""
    root = call.path.split("/")[3]
    named = "event/dataValues/{dataElement}" if root == "events" else f"{root}/{{event}}/dataValues/{{dataElement}}"
    _check_dimension(call, named)
    return _sent(call, _of_event(call))


@endpoints.add("GET", f"/api/tracker/events/{_VALUE}/image", RECORDED, suffixes="*")
@endpoints.add("GET", f"/api/tracker/trackerEvents/{_VALUE}/image", SOURCE, versions=SPLIT, suffixes="*")
@endpoints.add("GET", f"/api/tracker/singleEvents/{_VALUE}/image", SOURCE, versions=SPLIT, suffixes="*")
def event_image(call: Call) -> Reply:
    """Send the image that is a data value of an event."""
    return _sent(call, _of_event(call), image=True)


@endpoints.add("GET", f"{_ATTRIBUTE_VALUE}/file", RECORDED, suffixes="*")
def attribute_file(call: Call) -> Reply:
    """Send the file that is an attribute of a tracked entity."""
    _check_dimension(call, "trackedEntities/attributes/{attribute}")
    return _sent(call, _of_entity(call))


@endpoints.add("GET", f"{_ATTRIBUTE_VALUE}/image", SOURCE, suffixes="*")
def attribute_image(call: Call) -> Reply:
    """Send the image that is an attribute of a tracked entity."""
    return _sent(call, _of_entity(call), image=True)


def _check_dimension(call: Call, path: str) -> None:
    if call.param("dimension"):
        raise bad_request(f"Request parameter 'dimension' is only supported for images by API /tracker/{path}/image")


def _of_event(call: Call) -> str:
    """The identifier of the file."""
    uid, element = path_uid(call, "event"), path_uid(call, "element")
    searches = call.server.behaviour.searches_files_of_events
    event = None if searches else found_event(call, uid)
    document = call.server.store.get("dataElement", element)
    if document is None:
        raise not_found("DataElement", element)
    if document.get("valueType") not in _FILES:
        raise _lost(f"Data element {element} is not a file (or image).")
    lost = f"Event {uid} with data element {element}" if searches else f"DataValue for data element {element}"
    try:
        values = (event or found_event(call, uid, single=wants_single(call))).values
    except Dhis2Refusal as refused:
        raise _lost(f"{lost} could not be found.") from refused
    found = next((value.value for value in values if value.element == element), None)
    if found is None:
        raise _lost(f"{lost} could not be found.")
    return found


def _of_entity(call: Call) -> str:
    """The identifier of the file."""
    uid, attribute = path_uid(call, "entity"), path_uid(call, "attribute")
    program = Parameters(call).uid("program")
    entity = found_entity(call, uid, program)
    shown = Views(call.server, call.user, Reach(call).records).entity(entity, Choice(), program)
    value = next((row for row in shown["attributes"] if row["attribute"] == attribute), None)
    if value is None:
        raise not_found("TrackedEntityAttribute", attribute)
    if value["valueType"] not in _FILES:
        raise _lost(f"Tracked entity attribute {attribute} is not a file (or image).")
    return value["value"]


def _sent(call: Call, file: str, *, image: bool = False) -> Reply:
    document = call.server.store.get("fileResource", file)
    if document is None:
        raise not_found("FileResource", file)
    if image and not document["contentType"].startswith("image/"):
        raise bad_request("File is not an image")
    tag = f'"{file}"'
    if call.headers.get("if-none-match") == tag:
        return Reply(304, headers={"ETag": tag})
    reply = sent(call.server, document)
    reply.headers |= {"ETag": tag, "Cache-Control": "no-cache, private"}
    return reply


def _lost(text: str) -> Dhis2Refusal:
    return Dhis2Refusal(404, text, "E1005")
