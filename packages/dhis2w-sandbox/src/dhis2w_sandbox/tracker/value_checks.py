"""Checks of values: attributes of tracked entities, data values of events, notes and geometries.

Source: `ValidationUtils`, `AttributeValidator` and `DataValuesValidator` of dhis2-core; recordings
`tracker/validation-entities` and `tracker/validation-events`.
"""

from __future__ import annotations

from typing import Any

from dhis2w_sandbox.data.value_types import FILES, problem
from dhis2w_sandbox.documents import linked
from dhis2w_sandbox.multi_text import options_in
from dhis2w_sandbox.tracker.bundle import UPDATE, Bundle
from dhis2w_sandbox.tracker.payload import Identifier, SentEnrollment, SentEntity, SentEvent, SentNote, SentValue
from dhis2w_sandbox.tracker.reporter import Argument, Reporter

Json = dict[str, Any]

MOST_CHARACTERS = 1200
WITH_VALUES = ("ACTIVE", "VISITED", "COMPLETED")
"""The statuses of events that may have data values."""
WITHOUT_VALUES = frozenset({"SCHEDULE", "SKIPPED", "OVERDUE"})

_IMAGES = ("jpg", "png", "jpeg", "gif", "bmp", "tiff")
_FEATURES = {"Point": "POINT", "Polygon": "POLYGON", "MultiPolygon": "MULTI_POLYGON"}


class ValueChecks:
    """The checks that kinds of objects share.

    Args:
        bundle: the import.
        reporter: where the problems go.
    """

    def __init__(self, bundle: Bundle, reporter: Reporter) -> None:
        self._bundle = bundle
        self._reporter = reporter
        self._taken = _TakenValues(bundle)

    def attribute(
        self,
        item: SentEntity | SentEnrollment,
        attribute: Json,
        value: str,
        tracked_entity: str | None,
        unit: Identifier | None,
    ) -> None:
        """Check the value of an attribute: its length, type, option, and that it is nobody else's."""
        if len(value) > MOST_CHARACTERS:
            self._reporter.error(item, "E1077", value, str(MOST_CHARACTERS))
        if attribute.get("confidential") and self._bundle.behaviour.refuses_confidential_values:
            self._reporter.error(item, "E1112", value, "Missing encryption.password in dhis.conf")
        self.value_type(item, attribute, value, "E1007")
        self.option(item, attribute, value)
        if attribute.get("unique") and self._taken.by_another(attribute, value, tracked_entity, unit):
            self._reporter.error(item, "E1064", value, shown_attribute(attribute))

    def value_type(self, item: SentEntity | SentEnrollment | SentEvent, field: Json, value: str, code: str) -> None:
        """Check that a value is one of its attribute's or data element's type; a reference has to lead somewhere."""
        type: str = field.get("valueType") or "TEXT"
        error = (
            f"Value type is {type} but the value `{value}` is not."
            if problem(value, type)
            else self._missing_target(type, value)
        )
        if error:
            self._reporter.error(item, code, self._bundle.constant(type), error)
        if type in FILES:
            self._check_file(item, value)

    def option(self, item: SentEntity | SentEnrollment | SentEvent, field: Json, value: str) -> None:
        """Check that a value is the code of an option, or, of a multi-text, that each of its values is."""
        option_set = linked(field, "optionSet")
        if option_set is None:
            return
        rows: list[Json] = self._bundle.get("optionSet", option_set).get("options") or []
        codes = {self._bundle.get("option", row["id"]).get("code") for row in rows}
        if not codes.issuperset(options_in(value, str(field.get("valueType")))):
            self._reporter.error(item, "E1125", value, option_set)

    def geometry(self, item: SentEnrollment | SentEvent, feature_type: str | None) -> None:
        """Check that a geometry is of the kind that the program or stage wants."""
        if item.geometry is None:
            return
        if feature_type is None:
            self._reporter.error(item, "E1074")
        elif feature_type == "NONE" or _FEATURES.get(str(item.geometry.get("type"))) != feature_type:
            self._reporter.error(item, "E1012", feature_type)

    def notes(self, item: SentEnrollment | SentEvent) -> None:
        """Leave out notes without a text, and, with a warning, those that are there already."""
        kept: list[SentNote] = []
        for note in item.notes:
            if not note.value:
                continue
            if self._bundle.records.has_note(note.uid):
                self._reporter.warn(item, "E1119", note.uid)
            else:
                kept.append(note)
        item.notes = kept

    def data_values(self, event: SentEvent) -> None:
        """Check the data values of an event."""
        stage = self._bundle.stage(event) or {}
        for value in event.values:
            self._check_data_value(event, value)
        if event.status in WITHOUT_VALUES and event.values:
            self._reporter.error(event, "E1315", event.status, f"[{', '.join(WITH_VALUES)}]")
        rows: list[Json] = stage.get("programStageDataElements") or []
        scheme = self._bundle.options.schemes.data_element
        named = {
            row["dataElement"]["id"]: self._bundle.identifier("dataElement", row["dataElement"]["id"], scheme)
            for row in rows
        }
        compulsory = [row["dataElement"]["id"] for row in rows if row.get("compulsory")]
        for element in missing_values(self._bundle, event, stage, compulsory):
            self._reporter.error(event, "E1303", named[element].argument)
        for element in emptied_values(self._bundle, event, stage, compulsory):
            self._reporter.error(event, "E1076", "DataElement", named[element].argument)
        for identifier in dict.fromkeys(value.field for value in event.values):
            found = self._bundle.find("dataElement", identifier)
            if found is None or found["id"] not in named:
                self._reporter.error(event, "E1305", identifier.argument, stage.get("id"))

    def _check_data_value(self, event: SentEvent, value: SentValue) -> None:
        element = self._bundle.find("dataElement", value.field)
        if element is None:
            self._reporter.error(event, "E1304", value.field.argument)
        elif value.value is not None:
            self.option(event, element, value.value)
            self.value_type(event, element, value.value, "E1302")

    def _missing_target(self, type: str, value: str) -> str | None:
        store = self._bundle.store
        if type in FILES:
            file = store.get("fileResource", value)
            if file is None:
                return f"File resource `{value}` could not be found."
            return _wrong_image(file) if type == "IMAGE" else None
        if type == "ORGANISATION_UNIT" and store.get("organisationUnit", value) is None:
            return f"Organisation unit `{value}` could not be found."
        if type == "USERNAME" and self._bundle.server.user_named(value) is None:
            return f"Username `{value}` could not be found."
        return None

    def _check_file(self, item: SentEntity | SentEnrollment | SentEvent, value: str) -> None:
        file = self._bundle.store.get("fileResource", value)
        if file is None or not file.get("assigned"):
            return
        updates = self._bundle.strategy(item) == UPDATE
        if not updates or file.get("fileResourceOwner") not in (None, item.uid):
            self._reporter.error(item, "E1009", value)


def _wrong_image(file: Json) -> str | None:
    format = str(file.get("contentType") or "").rpartition("/")[2]
    if format in _IMAGES:
        return None
    return (
        f"File resource with uid '{file['id']}' is using invalid image format {format}."
        f" Valid formats are: {', '.join(_IMAGES)}."
    )


class _TakenValues:
    """The values of unique attributes: what is stored, and what was sent for more than one entity."""

    def __init__(self, bundle: Bundle) -> None:
        self._bundle = bundle
        self._sent: dict[tuple[str, str], dict[str | None, str | None]] | None = None

    def by_another(self, attribute: Json, value: str, tracked_entity: str | None, unit: Identifier | None) -> bool:
        """Whether another entity has the value, in the same unit where that is the attribute's scope."""
        found = self._bundle.find("organisationUnit", unit) if unit else None
        here = found["id"] if found else None
        local = attribute.get("orgunitScope")
        return any(
            owner != tracked_entity and (not local or place == here)
            for owner, place in self._owners(attribute["id"], value)
        )

    def _owners(self, attribute: str, value: str) -> list[tuple[str | None, str | None]]:
        """The entities that have a value, with their units."""
        sent = self._sent_values().get((attribute, value), {})
        stored = self._bundle.records.entities_with(attribute, value)
        return [*(sent.items() if len(sent) > 1 else ()), *((entity.uid, entity.unit) for entity in stored)]

    def _sent_values(self) -> dict[tuple[str, str], dict[str | None, str | None]]:
        if self._sent is None:
            self._sent = {}
            payload = self._bundle.payload
            for entity in payload.entities:
                found = self._bundle.unit(entity)
                self._note(entity.uid, found["id"] if found else None, entity.attributes)
            for enrollment in payload.enrollments:
                sent = payload.entity(enrollment.tracked_entity)
                stored = self._bundle.stored_entity(enrollment.tracked_entity)
                found = self._bundle.unit(sent) if sent else None
                place = found["id"] if found else stored.unit if stored else None
                self._note(enrollment.tracked_entity, place, enrollment.attributes)
        return self._sent

    def _note(self, owner: str | None, unit: str | None, attributes: list[SentValue]) -> None:
        for row in attributes:
            attribute = self._bundle.find("trackedEntityAttribute", row.field)
            if attribute and attribute.get("unique") and row.value is not None and self._sent is not None:
                self._sent.setdefault((attribute["id"], row.value), {})[owner] = unit


def shown_attribute(attribute: Json) -> Argument:
    """A tracked entity attribute, as errors show it."""

    def text(key: str) -> str:
        value = attribute.get(key)
        return "null" if value is None else str(value)

    def flag(key: str) -> str:
        return "true" if attribute.get(key) else "false"

    def quoted(key: str, default: str = "null") -> str:
        return f"'{attribute.get(key) or default}'"

    pattern = attribute.get("pattern") or ""
    java = (
        f"TrackedEntityAttribute{{description={quoted('description')}, formName={quoted('formName')},"
        f" valueType={text('valueType')}, inherit={flag('inherit')}, optionSet=null,"
        f" expression={quoted('expression')}, displayOnVisitSchedule={flag('displayOnVisitSchedule')},"
        f" sortOrderInVisitSchedule={text('sortOrderInVisitSchedule')},"
        f" displayInListNoProgram={flag('displayInListNoProgram')},"
        f" sortOrderInListNoProgram={text('sortOrderInListNoProgram')}, confidential={flag('confidential')},"
        f" unique={flag('unique')}, generated={flag('generated')}, pattern='{pattern}', textPattern=null, style=null,"
        f" orgunitScope={flag('orgunitScope')}, skipSynchronization={flag('skipSynchronization')}}}"
    )
    return Argument(attribute["id"], java)


def checks_values(event: SentEvent, stage: Json) -> bool:
    """Whether the values of an event count: as the stage says, always or only when it is completed."""
    if event.status in WITHOUT_VALUES:
        return False
    on_complete = (stage.get("validationStrategy") or "ON_COMPLETE") == "ON_COMPLETE"
    return not on_complete or event.status == "COMPLETED"


def emptied_values(bundle: Bundle, event: SentEvent, stage: Json, elements: list[str]) -> list[str]:
    """Which of some data elements an event comes with, without a value."""
    if not checks_values(event, stage):
        return []
    emptied = _elements(bundle, [value for value in event.values if value.value is None])
    return [element for element in elements if element in emptied]


def missing_values(bundle: Bundle, event: SentEvent, stage: Json, elements: list[str]) -> list[str]:
    """Which of some data elements an event has not, neither sent nor stored.

    Stored values are known by identifier only, so with another scheme they do not count.
    """
    if not checks_values(event, stage):
        return []
    by_uid = bundle.options.schemes.data_element.kind == "UID"
    stored = bundle.stored_event(event) if by_uid else None
    present = _elements(bundle, event.values) | {value.element for value in (stored.values if stored else ())}
    return [element for element in elements if element not in present]


def attributes_of(bundle: Bundle, tracked_entity: str | None) -> set[str]:
    """The attributes that an entity has, stored or sent with it."""
    stored = bundle.stored_entity(tracked_entity)
    sent = bundle.payload.entity(tracked_entity)
    found = [bundle.find("trackedEntityAttribute", row.field) for row in (sent.attributes if sent else ())]
    present = {row.attribute for row in (stored.attributes if stored else ())}
    return present | {attribute["id"] for attribute in found if attribute}


def _elements(bundle: Bundle, values: list[SentValue]) -> set[str]:
    found = [bundle.find("dataElement", value.field) for value in values]
    return {element["id"] for element in found if element}
