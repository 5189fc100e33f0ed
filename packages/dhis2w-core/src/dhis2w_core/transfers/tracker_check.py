"""Objects of tracker are checked against the server's metadata before they are sent: such a refusal costs no import.

It never refuses what the server would take. Where that is not sure (programs that the user may not see, options,
what a rule or an access decides, whatever depends on what is stored) the server is the judge. Sources:
`MandatoryFieldsValidator`, `MetaValidator`, `DataRelationsValidator`, `DataValuesValidator` of dhis2-core.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dhis2w_client.data_values.data_value import text_of
from dhis2w_client.json_value import as_array, as_object, as_text
from dhis2w_client.tracker.kind import ENROLLMENTS, ENTITIES, EVENTS, TrackerKind
from dhis2w_core.transfers.chunk import Chunk, RefusedRow
from dhis2w_core.transfers.metadata_check import Problem
from dhis2w_core.transfers.tracker_rows import objects_in
from dhis2w_core.transfers.value_metadata import rows_of
from dhis2w_core.transfers.value_rule import ValueRule, rule_of

if TYPE_CHECKING:
    from dhis2w_client.client import Dhis2Client
    from dhis2w_client.tracker import PushOptions

Row = Mapping[str, Any]
ALL_AUTHORITIES = "ALL"
SURE_TYPES = frozenset(
    {
        *("NUMBER", "INTEGER", "INTEGER_POSITIVE", "INTEGER_NEGATIVE", "INTEGER_ZERO_OR_POSITIVE"),
        *("PERCENTAGE", "UNIT_INTERVAL", "BOOLEAN", "TRUE_ONLY", "TIME", "LETTER"),
    }
)
"""Value types whose rule is the same for data values and for tracker, whatever calendar the server has."""
NEEDED: Mapping[str, tuple[str, tuple[str, ...]]] = {
    ENTITIES.key: ("E1121", ("trackedEntityType", "orgUnit")),
    ENROLLMENTS.key: ("E1122", ("orgUnit", "program")),
    EVENTS.key: ("E1123", ("orgUnit",)),
}
"""What an object of each kind needs, and DHIS2's code where it is missing."""
NO_UNIT: Mapping[str, str] = {ENTITIES.key: "E1049", ENROLLMENTS.key: "E1070", EVENTS.key: "E1011"}
NO_PROGRAM: Mapping[str, str] = {ENROLLMENTS.key: "E1069", EVENTS.key: "E1010"}
NO_STAGE, FOREIGN_STAGE, FOREIGN_ELEMENT, WRONG_VALUE = "E1013", "E1089", "E1305", "E1302"


@dataclass(frozen=True, slots=True)
class _Stage:
    """What of a program stage decides about its events."""

    id: str
    program: str
    rules: Mapping[str, ValueRule | None]
    """By data element; None where the server is the judge."""


@dataclass(slots=True)
class TrackerCheck:
    """The check of one push; what it knows grows with what the rows name."""

    client: Dhis2Client
    sees_all: bool
    """Whether the user sees every program: then one that is not seen is none."""
    _units: dict[str, bool] = field(default_factory=dict[str, bool])
    _programs: dict[str, bool] = field(default_factory=dict[str, bool])
    _stages: dict[str, _Stage | None] = field(default_factory=dict[str, "_Stage | None"])

    @classmethod
    async def of(cls, client: Dhis2Client) -> TrackerCheck:
        """For a server and its user."""
        return cls(client, ALL_AUTHORITIES in (await client.system.me()).authorities)

    async def refusals(self, chunk: Chunk) -> list[RefusedRow]:
        """The rows that the server would refuse, in their order; the first reason of each."""
        objects = [(at, kind, each) for at, row in enumerate(chunk.values) for kind, each in objects_in(row)]
        await self._learn([(kind, each) for _, kind, each in objects])
        found: dict[int, RefusedRow] = {}
        for at, kind, each in objects:
            problem = None if at in found else next(self._problems(kind, each), None)
            if problem:
                nested = "" if each is chunk.values[at] else f"{kind.uid} {each.get(kind.uid)}: "
                found[at] = chunk.refused(at, problem.code, nested + problem.text)
        return list(found.values())

    def _problems(self, kind: TrackerKind, row: Row) -> Iterator[Problem]:
        code, names = NEEDED.get(kind.key, ("", ()))
        yield from (Problem(code, f"{name} is missing") for name in names if not row.get(name))
        unit, program = as_text(row.get("orgUnit")), as_text(row.get("program"))
        if unit and not self._units[unit]:
            yield Problem(NO_UNIT[kind.key], f"There is no organisation unit {unit}.")
        if program and not self._programs[program]:
            yield Problem(NO_PROGRAM[kind.key], f"There is no program {program}.")
        if kind is EVENTS and (uid := as_text(row.get("programStage"))):
            yield from self._problems_of_event(row, uid, program)

    def _problems_of_event(self, row: Row, uid: str, program: str | None) -> Iterator[Problem]:
        stage = self._stages[uid]
        if stage is None:
            if self.sees_all:
                yield Problem(NO_STAGE, f"There is no program stage {uid}.")
            return
        if program and program != stage.program:
            yield Problem(FOREIGN_STAGE, f"The program stage {uid} is not of the program {program}.")
        for value in map(as_object, as_array(row.get("dataValues"))):
            yield from _problems_of_value(stage, as_text(value.get("dataElement")) or "", value.get("value"))

    async def _learn(self, objects: Sequence[tuple[TrackerKind, Row]]) -> None:
        """Look up what rows name for the first time."""
        await self._look_up("organisationUnits", self._units, _named(objects, "orgUnit"))
        programs = _named(objects, "program")
        if self.sees_all:
            await self._look_up("programs", self._programs, programs)
        self._programs |= {uid: True for uid in programs if uid not in self._programs}
        stages = sorted(_named([pair for pair in objects if pair[0] is EVENTS], "programStage") - self._stages.keys())
        fields = "id,program[id],programStageDataElements[dataElement[id,valueType]]"
        self._stages |= dict.fromkeys(stages)
        async for row in rows_of(self.client, "programStages", fields, stages):
            self._stages[str(row["id"])] = self._stage(row)

    async def _look_up(self, plural: str, known: dict[str, bool], uids: set[str]) -> None:
        new = sorted(uids - known.keys())
        known |= dict.fromkeys(new, False)
        async for row in rows_of(self.client, plural, "id", new):
            known[str(row["id"])] = True

    def _stage(self, row: Row) -> _Stage:
        elements = [as_object(as_object(each).get("dataElement")) for each in row.get("programStageDataElements", ())]
        rules = {str(each.get("id")): self._rule(as_text(each.get("valueType"))) for each in elements}
        return _Stage(str(row["id"]), str(as_object(row.get("program")).get("id")), rules)

    def _rule(self, type: str | None) -> ValueRule | None:
        return rule_of(type, frozenset(), self.client.dialect) if type in SURE_TYPES else None


def can_check(options: PushOptions) -> bool:
    """Whether a push can be checked: it deletes nothing, and its identifiers are UIDs."""
    schemes = (value for name, value in options.params(background=False).items() if name.endswith("dScheme"))
    return options.strategy != "DELETE" and all(scheme in (None, "UID") for scheme in schemes)


def _named(objects: Sequence[tuple[TrackerKind, Row]], name: str) -> set[str]:
    return {uid for _, row in objects if (uid := as_text(row.get(name)))}


def _problems_of_value(stage: _Stage, uid: str, value: object) -> Iterator[Problem]:
    if uid not in stage.rules:
        yield Problem(FOREIGN_ELEMENT, f"The program stage {stage.id} has no data element {uid}.")
    elif (rule := stage.rules[uid]) and value not in (None, "") and rule.is_wrong(text := text_of(value)):
        yield Problem(WRONG_VALUE, f"{uid}: {text[:40]!r} is no {rule.type}.")
