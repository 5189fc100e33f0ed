"""The answer of an event or enrollment analytics query: headers, metadata and rows, every cell a text.

Source: `DefaultEventAnalyticsService`, `DefaultEnrollmentAnalyticsService`, `ColumnHeader` and `MetadataItemsHandler`
of dhis2-core; recordings `data/analytics-events`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from dhis2w_sandbox.data.analytics.event_query import EventQuery, Item
from dhis2w_sandbox.data.entry_rules import EntryRules
from dhis2w_sandbox.data.value_types import BOOLEANS
from dhis2w_sandbox.documents import linked
from dhis2w_sandbox.metadata.units import UNIT, lineage
from dhis2w_sandbox.tracker.records import Enrollment, Event, TrackedEntity, UserInfo
from dhis2w_sandbox.versions import Behaviour

Json = dict[str, Any]

DECIMALS = frozenset({"NUMBER", "UNIT_INTERVAL", "PERCENTAGE"})
DAYS = frozenset({"DATE", "DATETIME", "AGE"})
"""Types whose values the tables hold as times."""
# How Java calls the values of a type.
_JAVA_TYPES = {
    "NUMBER": "java.lang.Double",
    "UNIT_INTERVAL": "java.lang.Double",
    "PERCENTAGE": "java.lang.Double",
    "INTEGER": "java.lang.Integer",
    "INTEGER_POSITIVE": "java.lang.Integer",
    "INTEGER_NEGATIVE": "java.lang.Integer",
    "INTEGER_ZERO_OR_POSITIVE": "java.lang.Integer",
    "BOOLEAN": "java.lang.Boolean",
    "TRUE_ONLY": "java.lang.Boolean",
    "DATE": "java.time.LocalDate",
    "DATETIME": "java.time.LocalDateTime",
    "ORGANISATION_UNIT": "org.hisp.dhis.organisationunit.OrganisationUnit",
    "COORDINATE": "org.opengis.geometry.primitive.Point",
}


@dataclass(frozen=True)
class Row:
    """An event with its enrollment, or an enrollment with its latest events, and what is looked up for it."""

    event: Event | None
    enrollment: Enrollment | None
    entity: TrackedEntity | None
    unit: Json
    hierarchy: str
    """The names of the unit and those above it."""
    events: Mapping[str, list[Event]] = field(default_factory=dict[str, list[Event]])
    """Of an enrollment, the events of each stage that are more than scheduled, oldest first."""

    @property
    def record(self) -> Event | Enrollment:
        """What the row is about."""
        found = self.event or self.enrollment
        assert found is not None  # noqa: S101 - one of them makes the row
        return found

    @property
    def date(self) -> str | None:
        """When the event happened, or the enrollment began."""
        if self.event is not None:
            return self.event.occurred_at
        return self.enrollment.enrolled_at if self.enrollment else None

    def value(self, item: Item) -> str | None:
        """What it has for a data element or attribute, as a legend if it is shown by legends."""
        return item.shown(self._stored(item))

    def _stored(self, item: Item) -> str | None:
        if item.type == "trackedEntityAttribute":
            rows = self.entity.attributes if self.entity else ()
            return next((row.value for row in rows if row.attribute == item.uid), None)
        event = self.event or self._event_of(item)
        if event is None or item.stage not in {None, event.stage}:
            return None
        return next((row.value for row in event.values if row.element == item.uid), None)

    def value_of(self, uid: str) -> str | None:
        """What an event, or its entity, has for a data element or attribute."""
        values = ((row.element, row.value) for row in (self.event.values if self.event else ()))
        attributes = ((row.attribute, row.value) for row in (self.entity.attributes if self.entity else ()))
        return dict([*values, *attributes]).get(uid)

    def _event_of(self, item: Item) -> Event | None:
        """Of an enrollment, the latest event of a stage, the one so many before it, or the so manieth of all."""
        events = self.events.get(item.stage or "", [])
        offset = item.offset or 0
        place = offset - 1 if offset > 0 else len(events) - 1 + offset
        return events[place] if 0 <= place < len(events) else None


@dataclass(frozen=True)
class Column:
    """One column, and how its cell is made."""

    name: str
    title: str
    value_type: str
    read: Callable[[Row], str | None]
    more: Json = field(default_factory=dict[str, Any])
    """What else its header says."""
    file_title: str | None = None
    """Its title in files, where that is another."""

    @property
    def header(self) -> Json:
        """The header in the answer."""
        java = _JAVA_TYPES.get(self.value_type, "java.lang.String")
        return {
            "name": self.name,
            "column": self.title,
            "valueType": self.value_type,
            "type": java,
            "hidden": False,
            "meta": True,
            **self.more,
        }

    @property
    def file_header(self) -> Json:
        """The header in a file."""
        return {**self.header, "displayColumn": self.file_title or self.title}


def timestamp(text: str | None) -> str | None:
    """A time as Java's `Timestamp` prints it."""
    if text is None:
        return None
    day, _, rest = text.partition("T")
    clock, _, fraction = rest.partition(".")
    return f"{day} {clock}.{fraction.rstrip('0') or '0'}"


def person(user: UserInfo | None) -> str | None:
    """Who did something, as columns show it."""
    return f"{user.surname}, {user.first_name} ({user.username})" if user else None


def _geometry(row: Row) -> str | None:
    geometry = row.record.geometry
    return json.dumps(geometry, separators=(",", ":")) if geometry else None


def _enrollment_geometry(row: Row) -> str | None:
    geometry = row.enrollment.geometry if row.enrollment else None
    return json.dumps(geometry, separators=(",", ":")) if geometry else None


def _coordinate(index: int) -> Callable[[Row], str]:
    def read(row: Row) -> str:
        geometry = row.record.geometry
        return str(float(geometry["coordinates"][index])) if geometry and geometry["type"] == "Point" else "0.0"

    return read


def _text(name: str, title: str, read: Callable[[Row], str | None]) -> Column:
    return Column(name, title, "TEXT", read)


def _moment(name: str, title: str, read: Callable[[Row], str | None]) -> Column:
    return Column(name, title, "DATETIME", lambda row: timestamp(read(row)))


_STORED = _text("storedby", "Stored by", lambda row: row.record.stored_by)
_WRITTEN = [
    _text("createdbydisplayname", "Created by", lambda row: person(row.record.created_by)),
    _text("lastupdatedbydisplayname", "Last updated by", lambda row: person(row.record.updated_by)),
    _moment("lastupdated", "Last updated on", lambda row: row.record.updated_at),
]
_MADE = [
    _moment("created", "Created on", lambda row: row.record.created_at),
    _moment("completed", "Completed on", lambda row: row.record.completed_at),
]
_PLACE = [
    Column("longitude", "Longitude", "NUMBER", _coordinate(0)),
    Column("latitude", "Latitude", "NUMBER", _coordinate(1)),
    _text("ouname", "Organisation unit name", lambda row: row.unit.get("name")),
    _text("ounamehierarchy", "Organisation unit name hierarchy", lambda row: row.hierarchy),
    _text("oucode", "Organisation unit code", lambda row: row.unit.get("code")),
]
_GEOMETRY = _text("geometry", "Geometry", _geometry)
_TRACKED = [
    _moment("enrollmentdate", "Enrollment date", lambda row: row.enrollment and row.enrollment.enrolled_at),
    _moment("incidentdate", "Incident date", lambda row: row.enrollment and row.enrollment.occurred_at),
    _text("tei", "Tracked entity", lambda row: row.enrollment and row.enrollment.tracked_entity),
    _text("pi", "Enrollment", lambda row: row.enrollment and row.enrollment.uid),
]
# Which columns a program, or the stage that is asked for, may call otherwise.
_PROGRAM_LABELS = {
    "enrollmentdate": "enrollmentDateLabel",
    "incidentdate": "incidentDateLabel",
    "ouname": "orgUnitLabel",
}
_STAGE_LABELS = {
    "psi": "eventLabel",
    "ps": "programStageLabel",
    "eventdate": "executionDateLabel",
    "scheduleddate": "dueDateLabel",
}
_UNIT = _text("ou", "Organisation unit", lambda row: row.unit.get("id"))


def event_columns(query: EventQuery, rules: EntryRules, behaviour: Behaviour) -> list[Column]:
    """The columns of a list of events."""
    columns: list[Column] = [
        _text("psi", "Event", lambda row: row.event and row.event.uid),
        _text("ps", "Program stage", lambda row: row.event and row.event.stage),
        _moment("eventdate", "Event date", lambda row: row.event and row.event.occurred_at),
        *_written(behaviour),
    ]
    if behaviour.shows_more_event_columns:
        columns += _MADE
    columns.append(_moment("scheduleddate", "Scheduled date", lambda row: row.event and row.event.scheduled_at))
    if query.program.get("programType") != "WITHOUT_REGISTRATION":
        columns += _TRACKED
    columns += _coordinates(query, rules, behaviour)
    if behaviour.shows_more_event_columns:
        columns.append(_text("enrollmentgeometry", "Enrollment geometry", _enrollment_geometry))
    unenrolled = None if behaviour.splits_events else "ACTIVE"
    columns += [
        *_PLACE,
        _text("programstatus", "Program status", lambda row: row.enrollment.status if row.enrollment else unenrolled),
        _text("eventstatus", "Event status", lambda row: row.event and row.event.status),
    ]
    titles = _labels(query.stage, _STAGE_LABELS) | _labels(query.program, _PROGRAM_LABELS)
    return [*_titled(columns, titles), *_asked(query, behaviour)]


def _coordinates(query: EventQuery, rules: EntryRules, behaviour: Behaviour) -> list[Column]:
    """Where an event is, and in newer versions of what the geometry is, if it may be of several things."""
    where = query.coordinates

    def read(row: Row) -> str | None:
        geometry = where.geometry(row, rules)
        return json.dumps(geometry, separators=(",", ":")) if geometry else None

    columns = [_text("geometry", "Geometry", read)]
    if behaviour.names_geometry_sources and where.has_fallback:
        columns.append(_text("geometrySource", "Geometry source", lambda row: where.source(row, rules)))
    return columns


def enrollment_columns(query: EventQuery, behaviour: Behaviour) -> list[Column]:
    """The columns of a list of enrollments."""
    enrolled, occurred, entity, uid = _TRACKED
    columns = [
        uid,
        entity,
        enrolled,
        occurred,
        *_written(behaviour),
        *(_MADE if behaviour.shows_more_event_columns else ()),
        _GEOMETRY,
        *_PLACE,
        _text("programstatus", "Program status", lambda row: row.enrollment and row.enrollment.status),
    ]
    titles = _labels(query.program, {"pi": "enrollmentLabel", **_PROGRAM_LABELS})
    return [*_titled(columns, titles), *_asked(query, behaviour)]


def _written(behaviour: Behaviour) -> list[Column]:
    """Who wrote a record and when; who stored it only where records still say so."""
    return [_STORED, *_WRITTEN] if behaviour.shows_storer_of_events else _WRITTEN


def _labels(document: Json | None, labels: Mapping[str, str]) -> dict[str, str]:
    """What a program or a stage calls some columns."""
    named = {name: str((document or {}).get(label) or "") for name, label in labels.items()}
    return {name: text for name, text in named.items() if text.strip()}


def _titled(columns: Iterable[Column], titles: Mapping[str, str]) -> list[Column]:
    return [replace(column, title=titles.get(column.name, column.title)) for column in columns]


def _asked(query: EventQuery, behaviour: Behaviour) -> list[Column]:
    units = query.units.of("ou")
    return [
        *([_UNIT] if units and not units.is_filter else []),
        *(item_column(query, item, behaviour) for item in query.columns),
    ]


def item_column(query: EventQuery, item: Item, behaviour: Behaviour) -> Column:
    """The column of a data element or attribute."""
    type = item.value_type

    def read(row: Row) -> str | None:
        text = table_text(item, row.value(item))
        if text is None or type not in DECIMALS:
            return text
        number = float(text)
        return number_cell(round(number, 2) if query.rounds else number, behaviour)

    more: Json = {}
    if options := linked(item.document, "optionSet"):
        more["optionSet"] = options
    if item.legend_set:
        more["legendSet"] = item.legend_set["id"]
    if item.offset is not None:
        place = f"index:{item.offset} startDate:null endDate: null dimension: {item.id}"
        more |= {"programStage": item.stage, "repeatableStageParams": place, "stageOffset": item.offset}
    return Column(item.id, query.name_of(item.document), type, read, more, query.title_of(item))


def table_text(item: Item, text: str | None) -> str | None:
    """A value as the tables hold it: whole numbers, yes and no as 1 and 0, days as times."""
    if text is None:
        return None
    type = item.value_type
    if type in BOOLEANS:
        return {"true": "1", "false": "0"}.get(text)
    if type in DAYS:
        return timestamp(text if "T" in text else f"{text}T00:00:00.000")
    if not item.is_numeric:
        return text
    number = float(text)
    return str(int(number)) if number == int(number) else str(number)


def number_cell(value: float, behaviour: Behaviour) -> str:
    """A number as a cell: older versions write whole ones with a decimal."""
    return str(int(value)) if value == int(value) and not behaviour.writes_event_numbers_as_doubles else str(value)


def grid_json(headers: list[Json], rows: list[list[str]], metadata: Json) -> Json:
    """The whole answer."""
    return {
        "headers": headers,
        "metaData": metadata,
        "rowContext": {},
        "rows": rows,
        "width": len(headers) if rows else 0,
        "height": len(rows),
        "headerWidth": len(headers),
    }


def cells(columns: Iterable[Column], row: Row) -> list[str]:
    """The cells of a row; what there is not is an empty text."""
    return [column.read(row) or "" for column in columns]


def hierarchy(rules: EntryRules, unit: Json) -> str:
    """The names of a unit and those above it."""
    above = lineage(rules.store, unit)
    return " / ".join((rules.document(UNIT, uid) or {}).get("name", uid) for uid in above)
