"""Reads the body of a tracker import: JSON of any nesting, made flat, every object with an identifier.

Source: `BodyConverter`, the `view` classes and the mappers of `TrackerImportController` of dhis2-core; recordings
`tracker/modes-and-refusals`.
"""

from __future__ import annotations

import json
import re
from typing import Any, cast

from dhis2w_sandbox.bodies import jackson_text
from dhis2w_sandbox.call import Call
from dhis2w_sandbox.data.identifiers import IdScheme
from dhis2w_sandbox.errors import Dhis2Refusal
from dhis2w_sandbox.server import Server
from dhis2w_sandbox.tracker.instants import instant
from dhis2w_sandbox.tracker.payload import (
    Identifier,
    Payload,
    SentEnd,
    SentEnrollment,
    SentEntity,
    SentEvent,
    SentNote,
    SentRelationship,
    SentUser,
    SentValue,
)

Json = dict[str, Any]

EVENT_STATUSES = ("SKIPPED", "ACTIVE", "SCHEDULE", "VISITED", "COMPLETED", "OVERDUE")
ENROLLMENT_STATUSES = ("ACTIVE", "COMPLETED", "CANCELLED")
UID = re.compile(r"[a-zA-Z][a-zA-Z0-9]{10}")

_VIEW = "org.hisp.dhis.webapi.controller.tracker.view"
_END_TYPES = {
    "trackedEntity": f"{_VIEW}.RelationshipItem$TrackedEntity",
    "enrollment": f"{_VIEW}.RelationshipItem$Enrollment",
    "event": f"{_VIEW}.RelationshipItem$Event",
}
_GEOMETRIES = (
    "Point",
    "LineString",
    "Polygon",
    "MultiPoint",
    "MultiLineString",
    "MultiPolygon",
    "GeometryCollection",
)
_BODY = "org.hisp.dhis.webapi.controller.tracker.imports.Body"


class NumberText(str):
    """A JSON number as it was spelled: where a text is expected, DHIS2 takes the spelling."""

    __slots__ = ()


class Schemes:
    """Which identifier scheme names which type.

    Args:
        general: what holds where a type has none of its own.
        own: schemes by the name of their parameter.
    """

    def __init__(self, general: IdScheme, own: dict[str, IdScheme]) -> None:
        self.general = general
        self.data_element = own.get("dataElementIdScheme", general)
        self.unit = own.get("orgUnitIdScheme", general)
        self.program = own.get("programIdScheme", general)
        self.stage = own.get("programStageIdScheme", general)
        self.category_option = own.get("categoryOptionIdScheme", general)
        self.option_combo = own.get("categoryOptionComboIdScheme", general)


def read_json(call: Call, schemes: Schemes) -> Payload:
    """The objects in a JSON body; 400 where it cannot be read."""
    if not call.body.strip():
        raise Dhis2Refusal(400, f"Required request body is missing: {call.server.behaviour.tracker_import_method}")
    try:
        body = json.loads(call.body, parse_float=NumberText, parse_int=NumberText)
    except UnicodeDecodeError as error:
        raise Dhis2Refusal(400, f"JSON parse error: {error.reason}") from error
    except json.JSONDecodeError as error:
        text = call.server.behaviour.unreadable_body.format(jackson_text(error), error.lineno, error.colno)
        raise Dhis2Refusal(400, text) from error
    return PayloadReader(call.server, schemes).read(body)


class PayloadReader:
    """Makes flat objects of nested JSON.

    Args:
        server: makes identifiers for what has none.
        schemes: what names metadata.
    """

    def __init__(self, server: Server, schemes: Schemes) -> None:
        self._server = server
        self._schemes = schemes

    def read(self, body: Any) -> Payload:
        """The payload in a body."""
        if not isinstance(body, dict):
            raise _wrong_shape(_BODY, body)
        root = cast("Json", body)
        payload = Payload()
        enrollments: list[tuple[Json, str | None]] = []
        links: list[Json] = []
        for row in _rows(root, "trackedEntities"):
            entity = self._entity(row)
            payload.entities.append(entity)
            enrollments += [(child, entity.uid) for child in _rows(row, "enrollments")]
            links += _rows(row, "relationships")
        enrollments += [(row, self._uid(row, "trackedEntity")) for row in _rows(root, "enrollments")]
        events: list[tuple[Json, str | None]] = []
        for row, parent in enrollments:
            enrollment = self._enrollment(row, parent)
            payload.enrollments.append(enrollment)
            events += [(child, enrollment.uid) for child in _rows(row, "events")]
            links += _rows(row, "relationships")
        events += [(row, self._uid(row, "enrollment")) for row in _rows(root, "events")]
        for row, parent in events:
            payload.events.append(self.event(row, parent))
            links += _rows(row, "relationships")
        payload.relationships = [self._relationship(row) for row in links + _rows(root, "relationships")]
        return payload

    def _entity(self, row: Json) -> SentEntity:
        return SentEntity(
            uid=self._own_uid(row, "trackedEntity"),
            type=self._identifier(row, "trackedEntityType", self._schemes.general),
            unit=self._identifier(row, "orgUnit", self._schemes.unit),
            inactive=_flag(row, "inactive"),
            potential_duplicate=_flag(row, "potentialDuplicate"),
            geometry=_geometry(row),
            stored_by=_text(row, "storedBy"),
            created_at_client=_instant(row, "createdAtClient"),
            updated_at_client=_instant(row, "updatedAtClient"),
            attributes=self._attributes(row),
        )

    def _enrollment(self, row: Json, tracked_entity: str | None) -> SentEnrollment:
        return SentEnrollment(
            uid=self._own_uid(row, "enrollment"),
            tracked_entity=tracked_entity,
            program=self._identifier(row, "program", self._schemes.program),
            unit=self._identifier(row, "orgUnit", self._schemes.unit),
            attribute_option_combo=self._identifier(row, "attributeOptionCombo", self._schemes.option_combo),
            status=_one_of(row, "status", ENROLLMENT_STATUSES, "org.hisp.dhis.program.EnrollmentStatus"),
            enrolled_at=_instant(row, "enrolledAt"),
            occurred_at=_instant(row, "occurredAt"),
            completed_at=_instant(row, "completedAt"),
            follow_up=_flag(row, "followUp"),
            geometry=_geometry(row),
            stored_by=_text(row, "storedBy"),
            created_at_client=_instant(row, "createdAtClient"),
            updated_at_client=_instant(row, "updatedAtClient"),
            attributes=self._attributes(row),
            notes=self._notes(row),
        )

    def event(self, row: Json, enrollment: str | None) -> SentEvent:
        """An event."""
        options = (_text(row, "attributeCategoryOptions") or "").split(",")
        return SentEvent(
            uid=self._own_uid(row, "event"),
            enrollment=enrollment,
            program=self._identifier(row, "program", self._schemes.program),
            stage=self._identifier(row, "programStage", self._schemes.stage),
            unit=self._identifier(row, "orgUnit", self._schemes.unit),
            attribute_option_combo=self._identifier(row, "attributeOptionCombo", self._schemes.option_combo),
            category_options=[
                Identifier(self._schemes.category_option, option.strip()) for option in options if option.strip()
            ],
            status=_one_of(row, "status", EVENT_STATUSES, "org.hisp.dhis.event.EventStatus"),
            occurred_at=_instant(row, "occurredAt"),
            scheduled_at=_instant(row, "scheduledAt"),
            completed_at=_instant(row, "completedAt"),
            assigned_user=_user(row),
            geometry=_geometry(row),
            stored_by=_text(row, "storedBy"),
            created_at_client=_instant(row, "createdAtClient"),
            updated_at_client=_instant(row, "updatedAtClient"),
            values=[
                SentValue(
                    self._identifier(value, "dataElement", self._schemes.data_element),
                    _text(value, "value"),
                    _text(value, "storedBy"),
                    _flag(value, "providedElsewhere"),
                )
                for value in _rows(row, "dataValues")
            ],
            notes=self._notes(row),
        )

    def _relationship(self, row: Json) -> SentRelationship:
        return SentRelationship(
            uid=self._own_uid(row, "relationship"),
            type=self._identifier(row, "relationshipType", self._schemes.general),
            source=self._end(row.get("from")),
            target=self._end(row.get("to")),
            created_at_client=_instant(row, "createdAtClient"),
        )

    def _end(self, value: Any) -> SentEnd | None:
        if value is None:
            return None
        row = _object(value, f"{_VIEW}.RelationshipItem")
        named = {key: row[key] for key in ("trackedEntity", "enrollment", "event") if row.get(key) is not None}
        uids = {key: self._uid(_object(end, _END_TYPES[key]), key) for key, end in named.items()}
        return SentEnd(uids.get("trackedEntity"), uids.get("enrollment"), uids.get("event"))

    def _attributes(self, row: Json) -> list[SentValue]:
        return [
            SentValue(
                self._identifier(value, "attribute", self._schemes.general),
                _text(value, "value"),
                _text(value, "storedBy"),
            )
            for value in _rows(row, "attributes")
        ]

    def _notes(self, row: Json) -> list[SentNote]:
        return [
            SentNote(self._own_uid(note, "note"), _text(note, "value"), _text(note, "storedBy"))
            for note in _rows(row, "notes")
        ]

    def _own_uid(self, row: Json, key: str) -> str:
        return self._uid(row, key) or self._server.new_uid()

    def _uid(self, row: Json, key: str) -> str | None:
        text = _text(row, key)
        if not text:
            return None
        if self._server.behaviour.reads_tracker_uids_strictly and not UID.fullmatch(text):
            raise _unreadable(
                "Cannot construct instance of `org.hisp.dhis.common.UID`, problem: UID must be an alphanumeric string"
                f" of 11 characters starting with a letter, but was: {text}"
            )
        return text

    def _identifier(self, row: Json, key: str, scheme: IdScheme) -> Identifier:
        return Identifier(scheme, _text(row, key))


def _unreadable(text: str) -> Dhis2Refusal:
    return Dhis2Refusal(400, f"JSON parse error: {text}")


def _wrong_shape(type: str, value: Any) -> Dhis2Refusal:
    if isinstance(value, str):
        return _unreadable(
            f"Cannot construct instance of `{type}` (although at least one Creator exists): no String-argument"
            f" constructor/factory method to deserialize from String value ('{value}')"
        )
    if isinstance(value, (list, dict)):
        kind, token = ("Array", "START_ARRAY") if isinstance(value, list) else ("Object", "START_OBJECT")
        return _unreadable(f"Cannot deserialize value of type `{type}` from {kind} value (token `JsonToken.{token}`)")
    return _unreadable(f"Cannot construct instance of `{type}`")


def _object(value: Any, type: str) -> Json:
    if not isinstance(value, dict):
        raise _wrong_shape(type, value)
    return cast("Json", value)


def _rows(row: Json, key: str) -> list[Json]:
    value = row.get(key)
    if value is None:
        return []
    if not isinstance(value, list):
        raise _wrong_shape("java.util.ArrayList<java.lang.Object>", value)
    return [_object(item, key) for item in cast("list[Any]", value) if item is not None]


def _text(row: Json, key: str) -> str | None:
    value = row.get(key)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, dict)):
        raise _wrong_shape("java.lang.String", value)
    return None if value is None else str(value)


def _flag(row: Json, key: str) -> bool:
    value = row.get(key)
    if value is None or isinstance(value, bool):
        return bool(value)
    text = str(value).lower()
    if text not in {"true", "false", "0", "1", ""}:
        raise _unreadable(f'Cannot deserialize value of type `boolean` from String "{value}": only "true" or "false"')
    return text in {"true", "1"}


def _instant(row: Json, key: str) -> str | None:
    text = _text(row, key)
    if text is None or not text.strip():
        return None
    read = instant(text)
    if read is None:
        raise _unreadable(
            f"Invalid date format '{text}', only 'yyyy-MM-dd'T'HH:mm:ss.SSS' format end epoch milliseconds are"
            " supported."
        )
    return read


def _one_of(row: Json, key: str, constants: tuple[str, ...], type: str) -> str:
    text = _text(row, key)
    if text is None:
        return "ACTIVE"
    if text not in constants:
        raise _unreadable(
            f'Cannot deserialize value of type `{type}` from String "{text}": not one of the values accepted for Enum'
            f" class: [{', '.join(constants)}]"
        )
    return text


def _user(row: Json) -> SentUser | None:
    if row.get("assignedUser") is None:
        return None
    user = _object(row["assignedUser"], f"{_VIEW}.User")
    return SentUser(_text(user, "uid"), _text(user, "username"))


def _geometry(row: Json) -> Json | None:
    value = row.get("geometry")
    if value is None:
        return None
    geometry = _object(value, "org.locationtech.jts.geom.Geometry")
    if geometry.get("type") not in _GEOMETRIES:
        raise _unreadable(f"Invalid geometry type: {geometry.get('type')}")
    return _with_numbers(geometry)


def _with_numbers(value: Any) -> Any:
    """A value with its numbers as such."""
    if isinstance(value, NumberText):
        return float(value)
    if isinstance(value, list):
        return [_with_numbers(item) for item in cast("list[Any]", value)]
    if isinstance(value, dict):
        return {key: _with_numbers(item) for key, item in cast("Json", value).items()}
    return value
