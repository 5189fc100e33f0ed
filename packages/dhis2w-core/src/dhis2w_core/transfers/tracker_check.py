"""Objects of tracker are checked against the server's metadata before they are sent: such a refusal costs no import.

It never refuses what the server would take, except numbers of days for dates, of which DHIS2 makes 1970. Where it is
not sure (what the user may not see, what a rule or an access decides, what is unique) the server is the judge; what is
missing in an object that may be stored already is looked up.
Sources: `MandatoryFieldsValidator`, `MetaValidator`, `DataRelationsValidator`, `DateValidator`, `AttributeValidator`,
`DataValuesValidator` of dhis2-core.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple

from dhis2w_client.data_values.data_value import text_of
from dhis2w_client.json_value import as_array, as_object, as_text
from dhis2w_client.metadata.uids import is_uid
from dhis2w_client.tracker.kind import ENROLLMENTS, ENTITIES, EVENTS, TrackerKind
from dhis2w_core.transfers.chunk import Chunk, RefusedRow
from dhis2w_core.transfers.tracker_advice import advice_on
from dhis2w_core.transfers.tracker_dates import is_after, is_missing, is_no_date, is_number_of_day
from dhis2w_core.transfers.tracker_metadata import StageFacts, TrackerMetadata
from dhis2w_core.transfers.tracker_rows import objects_in
from dhis2w_core.transfers.tracker_there import known_to_server

if TYPE_CHECKING:
    from dhis2w_client.client import Dhis2Client
    from dhis2w_client.tracker import PushOptions
    from dhis2w_core.transfers.value_rule import ValueRule

Row = Mapping[str, Any]
ALL_AUTHORITIES = "ALL"
NEEDED: Mapping[str, tuple[str, tuple[str, ...]]] = {
    ENTITIES.key: ("E1121", ("trackedEntityType", "orgUnit")),
    ENROLLMENTS.key: ("E1122", ("orgUnit", "program")),
    EVENTS.key: ("E1123", ("orgUnit",)),
}
"""What an object of each kind needs, and DHIS2's code where it is missing."""
DATES: Mapping[str, tuple[str, ...]] = {
    ENTITIES.key: (),
    ENROLLMENTS.key: ("enrolledAt", "occurredAt", "completedAt"),
    EVENTS.key: ("occurredAt", "scheduledAt", "completedAt"),
}
NO_UNIT: Mapping[str, str] = {ENTITIES.key: "E1049", ENROLLMENTS.key: "E1070", EVENTS.key: "E1011"}
NO_PROGRAM: Mapping[str, str] = {ENROLLMENTS.key: "E1069", EVENTS.key: "E1010"}
NO_TYPE, NO_STAGE, NO_ATTRIBUTE, NO_ENROLLING = "E1005", "E1013", "E1006", "E1014"
FOREIGN_STAGE, FOREIGN_ELEMENT, FOREIGN_ATTRIBUTE = "E1089", "E1305", "E1019"
WRONG_VALUE, WRONG_ATTRIBUTE_VALUE, NO_OPTION, TOO_LONG = "E1302", "E1007", "E1125", "E1077"
NO_ENROLLED_AT, NO_INCIDENT, NO_OCCURRED_AT = "E1025", "E1023", "E1031"
ENROLLED_AHEAD, INCIDENT_AHEAD = "E1020", "E1021"
TAKEN_AWAY, MISSING_OF_TYPE, MISSING_OF_PROGRAM, MISSING_OF_STAGE = "E1076", "E1090", "E1018", "E1303"
LONGEST_ATTRIBUTE_VALUE = 1200
WITH_VALUES = (None, "ACTIVE", "COMPLETED")
"""The states of events that have happened; DHIS2 reads none as the first."""


class Problem(NamedTuple):
    """Why a row is refused: DHIS2's code, where it has one, and words."""

    code: str | None
    text: str


class Doubt(NamedTuple):
    """A problem that is none where an object is stored already."""

    problem: Problem
    kind: TrackerKind
    uid: str
    program: str | None = None


@dataclass(slots=True)
class TrackerCheck:
    """The check of one push."""

    known: TrackerMetadata
    sees_all: bool
    """Whether the user sees everything: then what is not seen is not there."""
    today: date
    """By the server's clock, when the push began."""
    updates_only: bool = False

    @classmethod
    async def of(cls, client: Dhis2Client, options: PushOptions | None = None) -> TrackerCheck:
        """For a server and its user."""
        me, info = await client.system.me(), as_object(await client.get("system/info"))
        today = date.fromisoformat(str(info["serverDate"])[:10])
        updates_only = options is not None and options.strategy == "UPDATE"
        return cls(TrackerMetadata(client), ALL_AUTHORITIES in me.authorities, today, updates_only)

    async def refusals(self, chunk: Chunk) -> list[RefusedRow]:
        """The rows that the server would refuse, in their order; the first reason of each."""
        objects = [(at, kind, each) for at, row in enumerate(chunk.values) for kind, each in objects_in(row)]
        await self._learn([(kind, each) for _, kind, each in objects])
        found: dict[int, RefusedRow] = {}
        doubts: dict[int, list[tuple[str, Doubt]]] = {}
        owners = {id(care): row for row in chunk.values for care in as_array(row.get("enrollments"))}
        for at, kind, each in objects:
            if at in found:
                continue
            nested = "" if each is chunk.values[at] else f"{kind.uid} {each.get(kind.uid)}: "
            problem = next(self._problems(kind, each), None)
            if problem:
                found[at] = _refused(chunk, at, nested, problem)
            elif self.sees_all and not self.updates_only:
                some = self._doubts(kind, each, owners.get(id(each)))
                doubts.setdefault(at, []).extend((nested, doubt) for doubt in some if is_uid(doubt.uid))
        found |= await self._doubtful(chunk, {at: some for at, some in doubts.items() if some and at not in found})
        return [found[at] for at in sorted(found)]

    async def _doubtful(self, chunk: Chunk, doubts: Mapping[int, list[tuple[str, Doubt]]]) -> dict[int, RefusedRow]:
        """The rows whose problem is one because nothing of them is stored, nor comes twice in the chunk."""
        if not doubts:
            return {}
        times = Counter(str(each.get(kind.uid)) for row in chunk.values for kind, each in objects_in(row))
        stored = await known_to_server(
            self.known.client, {(doubt.kind, doubt.program, doubt.uid) for some in doubts.values() for _, doubt in some}
        )
        found: dict[int, RefusedRow] = {}
        for at, some in doubts.items():
            for nested, doubt in some:
                if times[doubt.uid] == 1 and doubt.uid not in stored:
                    found.setdefault(at, _refused(chunk, at, nested, doubt.problem))
        return found

    def _problems(self, kind: TrackerKind, row: Row) -> Iterator[Problem]:
        """What DHIS2 refuses whatever is stored, in its order."""
        if kind.key not in NEEDED:
            return
        for name in DATES[kind.key]:
            if is_no_date(row.get(name)):
                yield Problem(None, f"{name} {row.get(name)!r} is no date.")
            if is_number_of_day(row.get(name)):
                problem = "is a number, of which DHIS2 makes a moment of 1970; it is no date."
                yield Problem(None, f"{name} {row.get(name)!r} {problem}")
        code, names = NEEDED[kind.key]
        yield from (Problem(code, f"{name} is missing") for name in names if not row.get(name))
        unit, program = as_text(row.get("orgUnit")), as_text(row.get("program"))
        if unit and not self.known.units[unit]:
            yield Problem(NO_UNIT[kind.key], f"There is no organisation unit {unit}.")
        if program and kind is not ENTITIES and self.sees_all and self.known.programs[program] is None:
            yield Problem(NO_PROGRAM[kind.key], f"There is no program {program}.")
        yield from {ENTITIES: self._of_entity, ENROLLMENTS: self._of_enrollment, EVENTS: self._of_event}[kind](row)

    def _of_entity(self, row: Row) -> Iterator[Problem]:
        type = as_text(row.get("trackedEntityType")) or ""
        facts = self.known.types.get(type)
        if type and facts is None and self.sees_all:
            yield Problem(NO_TYPE, f"There is no tracked entity type {type}.")
        yield from self._of_attributes(row, facts.mandatory if facts else frozenset())

    def _of_enrollment(self, row: Row) -> Iterator[Problem]:
        facts = self.known.programs.get(as_text(row.get("program")) or "")
        enrolled, occurred = row.get("enrolledAt"), row.get("occurredAt")
        if facts and not facts.enrolls:
            yield Problem(NO_ENROLLING, f"The program {facts.id} has single events only, and enrolls nobody.")
        if is_missing(enrolled):
            yield Problem(NO_ENROLLED_AT, "enrolledAt is missing")
        if facts and not facts.enrolls_ahead and is_after(enrolled, self.today):
            yield Problem(ENROLLED_AHEAD, f"The program {facts.id} enrolls nobody ahead of time, on {enrolled}.")
        if facts and not facts.incidents_ahead and is_after(occurred, self.today):
            yield Problem(INCIDENT_AHEAD, f"The program {facts.id} takes no incident ahead of time, on {occurred}.")
        if facts and facts.asks_for_incident and is_missing(occurred):
            yield Problem(NO_INCIDENT, f"occurredAt is missing, and the program {facts.id} asks for it.")
        yield from self._of_attributes(row, facts.mandatory if facts else frozenset())
        for uid, value in _values(row, "attributes", "attribute"):
            if facts and value is not None and self.known.attributes.get(uid) and uid not in facts.attributes:
                yield Problem(FOREIGN_ATTRIBUTE, f"The program {facts.id} has no attribute {uid}.")

    def _of_attributes(self, row: Row, mandatory: frozenset[str]) -> Iterator[Problem]:
        for uid, value in _values(row, "attributes", "attribute"):
            rule = self.known.attributes.get(uid)
            if uid and rule is None and self.sees_all:
                yield Problem(NO_ATTRIBUTE, f"There is no tracked entity attribute {uid}.")
            if value is None and uid in mandatory:
                yield Problem(TAKEN_AWAY, f"The attribute {uid} is mandatory, and has no value here.")
            if rule and isinstance(value, str) and len(value) > LONGEST_ATTRIBUTE_VALUE:
                yield Problem(TOO_LONG, f"{uid}: a value has {LONGEST_ATTRIBUTE_VALUE} characters at most.")
            yield from _of_value(uid, rule, value, WRONG_ATTRIBUTE_VALUE)

    def _of_event(self, row: Row) -> Iterator[Problem]:
        uid, program = as_text(row.get("programStage")), as_text(row.get("program"))
        stage = self.known.stages[uid] if uid else None
        if uid and stage is None and self.sees_all:
            yield Problem(NO_STAGE, f"There is no program stage {uid}.")
        if stage is None:
            return
        if program and program != stage.program:
            yield Problem(FOREIGN_STAGE, f"The program stage {uid} is not of the program {program}.")
        if row.get("status") in WITH_VALUES and is_missing(row.get("occurredAt")):
            yield Problem(NO_OCCURRED_AT, "occurredAt is missing")
        for element, value in _values(row, "dataValues", "dataElement"):
            if element not in stage.rules:
                yield Problem(FOREIGN_ELEMENT, f"The program stage {stage.id} has no data element {element}.")
            elif value is None and element in stage.compulsory and _checks_values(row, stage):
                yield Problem(TAKEN_AWAY, f"The data element {element} is compulsory, and has no value here.")
            yield from _of_value(element, stage.rules.get(element), value, WRONG_VALUE)

    def _doubts(self, kind: TrackerKind, row: Row, owner: Row | None) -> Iterator[Doubt]:
        """What DHIS2 refuses where nothing is stored yet.

        Args:
            kind: The kind of the object.
            row: The object.
            owner: The entity in which an enrollment is nested.
        """
        uid = str(row.get(kind.uid))
        if kind is ENTITIES and (type := self.known.types.get(as_text(row.get("trackedEntityType")) or "")):
            for name in sorted(type.mandatory - _names(row)):
                text = f"The attribute {name} is missing, and mandatory for the tracked entity type {type.id}."
                yield Doubt(Problem(MISSING_OF_TYPE, text), ENTITIES, uid)
        elif kind is ENROLLMENTS and owner and (program := self.known.programs.get(as_text(row.get("program")) or "")):
            given = {name for name, value in _values(row, "attributes", "attribute") if value is not None}
            for name in sorted(program.mandatory - given - _names(owner)):
                text = f"The attribute {name} is missing, and mandatory in the program {program.id}."
                yield Doubt(Problem(MISSING_OF_PROGRAM, text), ENTITIES, str(owner.get(ENTITIES.uid)))
        elif kind is EVENTS and (stage := self.known.stages.get(as_text(row.get("programStage")) or "")):
            given = {name for name, _ in _values(row, "dataValues", "dataElement")}
            for name in sorted(stage.compulsory - given) if _checks_values(row, stage) else ():
                text = f"The data element {name} is missing, and compulsory in the program stage {stage.id}."
                yield Doubt(Problem(MISSING_OF_STAGE, text), EVENTS, uid, stage.program)

    async def _learn(self, objects: Sequence[tuple[TrackerKind, Row]]) -> None:
        """Look up what rows name for the first time."""

        def named(name: str, *kinds: TrackerKind) -> set[str]:
            return {uid for kind, row in objects if kind in kinds and (uid := as_text(row.get(name)))}

        await self.known.learn_units(named("orgUnit", ENTITIES, ENROLLMENTS, EVENTS))
        await self.known.learn_programs(named("program", ENROLLMENTS, EVENTS))
        await self.known.learn_types(named("trackedEntityType", ENTITIES))
        await self.known.learn_stages(named("programStage", EVENTS))
        holders = [row for kind, row in objects if kind in (ENTITIES, ENROLLMENTS)]
        await self.known.learn_attributes({uid for row in holders for uid in _names(row)} - {""})


def can_check(options: PushOptions) -> bool:
    """Whether a push can be checked: it deletes nothing, DHIS2 checks it, too, and its identifiers are UIDs."""
    schemes = (value for name, value in options.params(background=False).items() if name.endswith("dScheme"))
    checked = options.strategy != "DELETE" and options.validation != "SKIP"
    return checked and all(scheme in (None, "UID") for scheme in schemes)


def _refused(chunk: Chunk, at: int, nested: str, problem: Problem) -> RefusedRow:
    return chunk.refused(at, problem.code, nested + problem.text, advice_on(*problem))


def _values(row: Row, key: str, name: str) -> Iterator[tuple[str, object]]:
    for each in map(as_object, as_array(row.get(key))):
        yield as_text(each.get(name)) or "", each.get("value")


def _names(row: Row) -> set[str]:
    """The attributes that are named, with a value or without."""
    return {uid for uid, _ in _values(row, "attributes", "attribute")}


def _checks_values(row: Row, stage: StageFacts) -> bool:
    """Whether DHIS2 asks for the compulsory values of an event."""
    status = row.get("status")
    return status == "COMPLETED" or (status in WITH_VALUES and stage.checks_unfinished)


def _of_value(uid: str, rule: ValueRule | None, value: object, code: str) -> Iterator[Problem]:
    if rule is None or value is None or value == "" or isinstance(value, (dict, list)):
        return
    text = text_of(value)
    if rule.is_wrong(text):
        yield Problem(code, f"{uid}: {text[:40]!r} is no {rule.type}.")
    elif rule.is_no_option(text):
        yield Problem(NO_OPTION, f"{uid}: {text[:40]!r} is none of the options.")
