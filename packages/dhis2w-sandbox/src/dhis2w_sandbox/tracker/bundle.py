"""A tracker import on its way: what was sent, what is stored, and which of the two each object is about.

Source: `TrackerBundle`, `TrackerPreheat` and the preprocessors of dhis2-core.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from dhis2w_sandbox.boot import DEFAULT_OPTION_COMBO
from dhis2w_sandbox.data.identifiers import Identifiers, IdScheme, name_in
from dhis2w_sandbox.documents import linked
from dhis2w_sandbox.errors import java_user
from dhis2w_sandbox.metadata.java_order import WORD, object_hash
from dhis2w_sandbox.server import Server
from dhis2w_sandbox.tracker.import_options import ImportOptions
from dhis2w_sandbox.tracker.instants import java_instant
from dhis2w_sandbox.tracker.ownership import Scope
from dhis2w_sandbox.tracker.payload import (
    Identifier,
    Payload,
    Sent,
    SentEnrollment,
    SentEntity,
    SentEvent,
    SentRelationship,
)
from dhis2w_sandbox.tracker.record_store import RecordStore
from dhis2w_sandbox.tracker.records import Enrollment, Event, Relationship, TrackedEntity, UserInfo
from dhis2w_sandbox.tracker.reporter import Argument
from dhis2w_sandbox.user import User

Json = dict[str, Any]

CREATE, UPDATE, DELETE = "CREATE", "UPDATE", "DELETE"

_KLASSES = {
    "organisationUnit": "org.hisp.dhis.organisationunit.OrganisationUnit",
    "program": "org.hisp.dhis.program.Program",
    "programStage": "org.hisp.dhis.program.ProgramStage",
    "trackedEntityType": "org.hisp.dhis.trackedentity.TrackedEntityType",
    "categoryCombo": "org.hisp.dhis.category.CategoryCombo",
    "categoryOption": "org.hisp.dhis.category.CategoryOption",
}


class Bundle:
    """One import.

    Args:
        server: where it goes.
        user: who sends it.
        options: how it is to go.
        payload: what was sent.
    """

    def __init__(self, server: Server, user: User, options: ImportOptions, payload: Payload) -> None:
        self.server = server
        self.store = server.store
        self.behaviour = server.behaviour
        self.user = user
        self.options = options
        self.payload = payload
        self.records = RecordStore(server)
        self.scope = Scope(server, user, self.records)
        self._identifiers = Identifiers(server.store)
        self._strategies: dict[tuple[str, str, bool], str] = {}

    @property
    def user_info(self) -> UserInfo:
        """The sender, as records remember them."""
        document = self.user.document
        return UserInfo(self.user.uid, self.user.username, document.get("firstName"), document.get("surname"))

    def find(self, type: str, identifier: Identifier) -> Json | None:
        """The metadata object that an identifier names."""
        uid = self._identifiers.uid(type, identifier.scheme, identifier.text)
        return self.store.get(type, uid) if uid else None

    def get(self, type: str, uid: str | None) -> Json:
        """A metadata object that is known to be there."""
        return self.store.get(type, uid or "") or {}

    def unit(self, item: SentEntity | SentEnrollment | SentEvent) -> Json | None:
        """The organisation unit of an object."""
        return self.find("organisationUnit", item.unit)

    def program(self, item: SentEnrollment | SentEvent) -> Json | None:
        """The program of an object."""
        return self.find("program", item.program)

    def stage(self, event: SentEvent) -> Json | None:
        """The program stage of an event."""
        return self.find("programStage", event.stage)

    def names(self, identifier: Identifier, type: str, uid: str | None) -> bool:
        """Whether an identifier names an object."""
        found = self.find(type, identifier)
        return found is not None and found["id"] == uid

    def identifier(self, type: str, uid: str, scheme: IdScheme) -> Identifier:
        """How an identifier scheme names an object."""
        return Identifier(scheme, name_in(scheme, self.get(type, uid)))

    def option_combo(self, event: SentEvent | SentEnrollment) -> Json | None:
        """The attribute option combo that an object names."""
        return self.find("categoryOptionCombo", event.attribute_option_combo)

    def is_default(self, category_combo: str | None) -> bool:
        """Whether a category combination is the default one."""
        return category_combo == linked(self.get("categoryOptionCombo", DEFAULT_OPTION_COMBO), "categoryCombo")

    def stored_entity(self, uid: str | None) -> TrackedEntity | None:
        """A tracked entity, deleted or not."""
        return self.records.tracked_entities.get(uid) if uid else None

    def stored_enrollment(self, uid: str | None) -> Enrollment | None:
        """An enrollment, deleted or not."""
        return self.records.enrollments.get(uid) if uid else None

    def stored_event(self, event: SentEvent) -> Event | None:
        """The event with the identifier of the one that was sent, deleted or not."""
        single = event.single if self.behaviour.splits_events else None
        return self.records.events.get(event.uid, single=single)

    def stored_relationship(self, uid: str) -> Relationship | None:
        """A relationship, deleted or not."""
        return self.records.relationships.get(uid)

    def strategy(self, item: Sent) -> str:
        """What is to be done with an object: CREATE, UPDATE or DELETE."""
        return self._strategies[_key(item)]

    def decide(self, item: Sent, stored: object) -> None:
        """Find out what is to be done with an object: what the import is for, or what there is."""
        strategy = self.options.strategy
        if strategy == "CREATE_AND_UPDATE":
            strategy = CREATE if stored is None else UPDATE
        self._strategies[_key(item)] = strategy

    def is_new(self, item: Sent) -> bool:
        """Whether an object is to be created."""
        return self.strategy(item) == CREATE

    def entity_of(self, event: SentEvent) -> str | None:
        """The tracked entity that an event is about: that of its enrollment, stored or sent."""
        stored = self.stored_enrollment(event.enrollment)
        if stored is not None:
            return stored.tracked_entity
        sent = self.payload.enrollment(event.enrollment)
        return sent.tracked_entity if sent else None

    def me(self) -> Argument:
        """The sender, as errors show them."""
        if self.behaviour.prints_whole_user:
            document = self.user.document
            name = f"{document.get('firstName', '')} {document.get('surname', '')}"
            return Argument(
                self.user.uid, _printed("org.hisp.dhis.user.User", self.user.uid, document.get("code"), name)
            )
        return Argument(self.user.uid, java_user(self.user.uid, self.user.username).text)

    def shown(self, type: str, document: Json, scheme: IdScheme | None = None) -> Argument:
        """A metadata object, as errors show it: in messages by its identifier."""
        name = name_in(scheme or self.options.schemes.general, document)
        row = {
            "class": f"class {_KLASSES.get(type, type)}",
            "hashCode": _hash_code(document),
            "id": "0",
            "uid": document.get("id"),
            **{key: document.get(key) for key in ("code", "name", "shortName", "description")},
            "created": None,
            "lastUpdated": None,
        }
        return Argument(name or "null", f"{{{_pairs(row)} }}")

    def constant(self, name: str) -> Argument:
        """A constant of an enum, as errors show it; the messages of 41 leave it out."""
        return Argument(name if self.behaviour.prints_constants else "", name)

    def shown_event(self, event: SentEvent) -> Argument:
        """An event, as errors show it."""
        fields: dict[str, object] = {
            "event": event.uid,
            "status": event.status,
            "program": event.program.argument.java,
            "programStage": event.stage.argument.java,
            "enrollment": event.enrollment,
            "orgUnit": event.unit.argument.java,
            "relationships": "[]",
            "occurredAt": java_instant(event.occurred_at) if event.occurred_at else None,
            "scheduledAt": java_instant(event.scheduled_at) if event.scheduled_at else None,
            "storedBy": event.stored_by,
            "deleted": "false",
            "createdAt": None,
            "createdAtClient": java_instant(event.created_at_client) if event.created_at_client else None,
            "updatedAt": None,
            "updatedAtClient": java_instant(event.updated_at_client) if event.updated_at_client else None,
            "attributeOptionCombo": event.attribute_option_combo.argument.java,
            "attributeCategoryOptions": _listed(option.argument.java for option in event.category_options),
            "completedBy": None,
            "completedAt": java_instant(event.completed_at) if event.completed_at else None,
            "geometry": event.geometry,
            "assignedUser": event.assigned_user.printed(self.behaviour.printed_user) if event.assigned_user else None,
            "createdBy": None,
            "updatedBy": None,
            "dataValues": _listed(str(value) for value in event.values),
            "notes": _listed(str(note) for note in event.notes),
        }
        klass, kept = self.behaviour.printed_single_event if event.single else self.behaviour.printed_event
        shown = ", ".join(f"{key}={'null' if fields[key] is None else fields[key]}" for key in kept)
        return Argument(event.uid, f"{klass}({shown})")

    def shown_unit(self, document: Json) -> Argument:
        """An organisation unit, as errors show it."""
        return self.shown("organisationUnit", document, self.options.schemes.unit)

    def shown_program(self, document: Json) -> Argument:
        """A program, as errors show it."""
        return self.shown("program", document, self.options.schemes.program)


def _printed(klass: str, uid: str, code: str | None, name: str) -> str:
    """An object as Java prints it, of which no times were loaded; the number of its row is not known here."""
    row = {"class": f"class {klass}", "id": "0", "uid": uid, "code": code, "name": name}
    row |= {"created": None, "lastUpdated": None}
    return f"{{{_pairs(row)} }}"


def _pairs(row: Json) -> str:
    return ", ".join(f'"{key}":"{"null" if value is None else value}"' for key, value in row.items())


def _hash_code(document: Json) -> int:
    """What Java's `hashCode` gives of an object of which neither short name nor description was loaded."""
    code = object_hash(document) * 31 * 31 & WORD
    return code - WORD - 1 if code > WORD >> 1 else code


def _listed(texts: Iterable[str]) -> str:
    """A list as Java prints it."""
    return f"[{', '.join(texts)}]"


def _key(item: Sent) -> tuple[str, str, bool]:
    return item.kind, item.uid, isinstance(item, SentEvent) and item.single


def is_registration(program: Json) -> bool:
    """Whether a program is about tracked entities."""
    return program.get("programType") != "WITHOUT_REGISTRATION"


def prepare(bundle: Bundle) -> None:
    """What DHIS2's preprocessors do: strategies, and what events leave to be found out."""
    payload = bundle.payload
    if bundle.behaviour.splits_events:
        payload.events = _split(bundle)
    else:
        for event in payload.events:
            event.single = _is_single(bundle, event)
    if not bundle.options.deletes:
        for event in payload.events:
            _complete(bundle, event)
        _assign_users(bundle)
        payload.relationships = _distinct(bundle)
    for entity in payload.entities:
        bundle.decide(entity, bundle.stored_entity(entity.uid))
    for enrollment in payload.enrollments:
        bundle.decide(enrollment, bundle.stored_enrollment(enrollment.uid))
    for event in payload.events:
        bundle.decide(event, bundle.stored_event(event))
    for relationship in payload.relationships:
        bundle.decide(relationship, bundle.stored_relationship(relationship.uid))


def _split(bundle: Bundle) -> list[SentEvent]:
    """The events of enrollments, then the single ones (43 and newer).

    An event whose program is without registration and whose stage is of one with is taken for both; what is unknown
    is taken for one of an enrollment.
    """
    ordinary: list[SentEvent] = []
    single: list[SentEvent] = []
    for event in bundle.payload.events:
        if bundle.options.strategy in {UPDATE, DELETE}:
            kinds = {bundle.records.events.get(event.uid, single=True) is not None}
        else:
            program, stage = bundle.program(event), bundle.stage(event)
            staged = bundle.get("program", linked(stage, "program")) if stage else None
            rows = [row for row in (program, staged) if row is not None]
            single_by = program if program is not None else staged
            kinds = {True} if single_by is not None and not is_registration(single_by) else set[bool]()
            if not rows or any(is_registration(row) for row in rows):
                kinds.add(False)
        if False in kinds:
            ordinary.append(event)
        if True in kinds:
            single.append(replace(event, single=True, enrollment=None, scheduled_at=None))
    return ordinary + single


def _is_single(bundle: Bundle, event: SentEvent) -> bool:
    """Whether an event belongs to no enrollment; what is unknown is taken for one that does (42 and older)."""
    program, stage = bundle.program(event), bundle.stage(event)
    if program is None and stage is not None:
        program = bundle.get("program", linked(stage, "program"))
    if program is None:
        stored = bundle.records.events.get(event.uid)
        return bundle.options.deletes and stored is not None and stored.is_single
    return not is_registration(program)


def _complete(bundle: Bundle, event: SentEvent) -> None:
    schemes = bundle.options.schemes
    if event.status == "VISITED":
        event.status = "ACTIVE"
    if event.program.is_blank and not event.stage.is_blank:
        stage = bundle.stage(event)
        program = linked(stage, "program") if stage else None
        if program:
            event.program = bundle.identifier("program", program, schemes.program)
    elif event.stage.is_blank and event.single:
        program = bundle.program(event)
        stages: list[Json] = (program or {}).get("programStages") or []
        if stages:
            event.stage = bundle.identifier("programStage", stages[0]["id"], schemes.stage)
    program = bundle.program(event)
    if event.attribute_option_combo.is_blank and event.category_options and program:
        combo = _combo_of(bundle, program, event.category_options)
        if combo:
            event.attribute_option_combo = bundle.identifier("categoryOptionCombo", combo, schemes.option_combo)


def _combo_of(bundle: Bundle, program: Json, options: list[Identifier]) -> str | None:
    """The option combo of a program's category combination that has these options and no other."""
    found = [bundle.find("categoryOption", option) for option in options]
    wanted = {option["id"] for option in found if option}
    if None in found:
        return None
    category_combo = linked(program, "categoryCombo")
    return next(
        (
            combo["id"]
            for combo in bundle.store.all("categoryOptionCombo")
            if linked(combo, "categoryCombo") == category_combo
            and {option["id"] for option in combo.get("categoryOptions") or ()} == wanted
        ),
        None,
    )


def _assign_users(bundle: Bundle) -> None:
    """Complete the users to whom events are assigned; as in DHIS2 only up to the first event that names none."""
    for event in bundle.payload.events:
        user = event.assigned_user
        if user is None:
            return
        if user.uid is None and user.username:
            named = bundle.server.user_named(user.username)
            user.uid = named.uid if named else None
        if user.username is None and user.uid:
            known = bundle.server.user(user.uid)
            user.username = known.username if known else None


def _distinct(bundle: Bundle) -> list[SentRelationship]:
    """The relationships without those that link the same as an earlier one; these are dropped without a word."""
    seen: set[object] = set()
    kept: list[SentRelationship] = []
    for relationship in bundle.payload.relationships:
        type = bundle.find("relationshipType", relationship.type)
        if type is None or relationship.source is None or relationship.target is None:
            kept.append(relationship)
            continue
        key = (type["id"], relationship.source, relationship.target)
        mirrored = (type["id"], relationship.target, relationship.source)
        if key in seen or (type.get("bidirectional") and mirrored in seen):
            continue
        seen.add(key)
        kept.append(relationship)
    return kept
