"""What of a server's metadata decides about objects of tracker, read as far as rows name it, and each once."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dhis2w_client.json_value import as_array, as_object, as_text
from dhis2w_core.transfers.value_metadata import rows_of
from dhis2w_core.transfers.value_rule import ValueRule, rule_of

if TYPE_CHECKING:
    from dhis2w_client.client import Dhis2Client

Row = Mapping[str, Any]
SURE_TYPES = frozenset(
    {
        *("NUMBER", "INTEGER", "INTEGER_POSITIVE", "INTEGER_NEGATIVE", "INTEGER_ZERO_OR_POSITIVE"),
        *("PERCENTAGE", "UNIT_INTERVAL", "BOOLEAN", "TRUE_ONLY", "TIME", "LETTER"),
    }
)
"""Value types whose rule is the same for data values and for tracker, whatever calendar the server has."""
_STAGE = (
    "id,program[id],validationStrategy,programStageDataElements[compulsory,dataElement[id,valueType,optionSet[id]]]"
)
_PROGRAM = (
    "id,programType,displayIncidentDate,selectEnrollmentDatesInFuture,selectIncidentDatesInFuture,"
    "programTrackedEntityAttributes[mandatory,trackedEntityAttribute[id]]"
)
_TYPE = "id,trackedEntityTypeAttributes[mandatory,trackedEntityAttribute[id]]"


@dataclass(frozen=True, slots=True)
class AttributesFacts:
    """Which attributes a program or a tracked entity type has."""

    id: str
    attributes: frozenset[str]
    mandatory: frozenset[str]


@dataclass(frozen=True, slots=True)
class ProgramFacts(AttributesFacts):
    """What of a program decides about its enrollments."""

    enrolls: bool
    """Whether it has enrollments at all."""
    asks_for_incident: bool
    enrolls_ahead: bool
    """Whether days of enrollment may be in the future."""
    incidents_ahead: bool


@dataclass(frozen=True, slots=True)
class StageFacts:
    """What of a program stage decides about its events."""

    id: str
    program: str
    checks_unfinished: bool
    """Whether compulsory values may not be missing before the event is completed, either."""
    rules: Mapping[str, ValueRule]
    """By data element."""
    compulsory: frozenset[str]


@dataclass(slots=True)
class TrackerMetadata:
    """What is known of a server; it grows with what the rows name."""

    client: Dhis2Client
    units: dict[str, bool] = field(default_factory=dict[str, bool])
    """Whether a unit is there, by UID."""
    programs: dict[str, ProgramFacts | None] = field(default_factory=dict[str, "ProgramFacts | None"])
    """None where there is none, or the user does not see it; so with all below."""
    types: dict[str, AttributesFacts | None] = field(default_factory=dict[str, "AttributesFacts | None"])
    stages: dict[str, StageFacts | None] = field(default_factory=dict[str, "StageFacts | None"])
    attributes: dict[str, ValueRule | None] = field(default_factory=dict[str, "ValueRule | None"])
    _options: dict[str, frozenset[str]] = field(default_factory=dict[str, frozenset[str]])
    _rules: dict[tuple[str, str], ValueRule] = field(default_factory=dict[tuple[str, str], ValueRule])
    """One for all that have the same type and option set."""

    async def learn_units(self, uids: set[str]) -> None:
        """Look up which units are there."""
        new = uids - self.units.keys()
        self.units |= dict.fromkeys(new, False)
        async for row in self._new("organisationUnits", "id", new):
            self.units[str(row["id"])] = True

    async def learn_programs(self, uids: set[str]) -> None:
        """Look up programs."""
        new = uids - self.programs.keys()
        self.programs |= dict.fromkeys(new)
        async for row in self._new("programs", _PROGRAM, new):
            self.programs[str(row["id"])] = _program(row)

    async def learn_types(self, uids: set[str]) -> None:
        """Look up tracked entity types."""
        new = uids - self.types.keys()
        self.types |= dict.fromkeys(new)
        async for row in self._new("trackedEntityTypes", _TYPE, new):
            self.types[str(row["id"])] = AttributesFacts(
                str(row["id"]), *_attributes(row.get("trackedEntityTypeAttributes"))
            )

    async def learn_stages(self, uids: set[str]) -> None:
        """Look up program stages, and the options of their data elements."""
        new = uids - self.stages.keys()
        self.stages |= dict.fromkeys(new)
        rows = [row async for row in self._new("programStages", _STAGE, new)]
        await self._learn_options(each for row in rows for each in _elements(row))
        for row in rows:
            self.stages[str(row["id"])] = self._stage(row)

    async def learn_attributes(self, uids: set[str]) -> None:
        """Look up tracked entity attributes, and their options."""
        new = uids - self.attributes.keys()
        self.attributes |= dict.fromkeys(new)
        rows = [row async for row in self._new("trackedEntityAttributes", "id,valueType,optionSet[id]", new)]
        await self._learn_options(rows)
        for row in rows:
            self.attributes[str(row["id"])] = self._rule(row)

    def _new(self, plural: str, fields: str, uids: set[str]) -> AsyncIterator[Row]:
        return rows_of(self.client, plural, fields, sorted(uids))

    async def _learn_options(self, owners: Iterable[Row]) -> None:
        new = {_id(owner.get("optionSet")) for owner in owners} - {""} - self._options.keys()
        self._options |= dict.fromkeys(new, frozenset[str]())
        async for row in self._new("optionSets", "id,options[code]", new):
            codes = (as_text(as_object(each).get("code")) for each in as_array(row.get("options")))
            self._options[str(row["id"])] = frozenset(code for code in codes if code)

    def _rule(self, owner: Row) -> ValueRule:
        """The rule of what has a value type, and perhaps an option set."""
        key = (str(owner.get("valueType")), _id(owner.get("optionSet")))
        if key not in self._rules:
            type, options = key[0], self._options.get(key[1], frozenset())
            test = rule_of(type, frozenset(), self.client.dialect).is_value if type in SURE_TYPES else None
            self._rules[key] = ValueRule(type, test, options=options)
        return self._rules[key]

    def _stage(self, row: Row) -> StageFacts:
        links = [as_object(each) for each in as_array(row.get("programStageDataElements"))]
        return StageFacts(
            id=str(row["id"]),
            program=_id(row.get("program")),
            checks_unfinished=row.get("validationStrategy") == "ON_UPDATE_AND_INSERT",
            rules={_id(each): self._rule(each) for each in _elements(row)},
            compulsory=frozenset(_id(link.get("dataElement")) for link in links if link.get("compulsory") is True),
        )


def _program(row: Row) -> ProgramFacts:
    return ProgramFacts(
        str(row["id"]),
        *_attributes(row.get("programTrackedEntityAttributes")),
        enrolls=row.get("programType") != "WITHOUT_REGISTRATION",
        asks_for_incident=row.get("displayIncidentDate") is True,
        enrolls_ahead=row.get("selectEnrollmentDatesInFuture") is not False,
        incidents_ahead=row.get("selectIncidentDatesInFuture") is not False,
    )


def _attributes(links: object) -> tuple[frozenset[str], frozenset[str]]:
    """The attributes that are linked, and those of them that are mandatory."""
    rows = [as_object(each) for each in as_array(links)]
    mandatory = [row for row in rows if row.get("mandatory") is True]
    return _linked(rows), _linked(mandatory)


def _linked(rows: Iterable[Row]) -> frozenset[str]:
    return frozenset(_id(row.get("trackedEntityAttribute")) for row in rows)


def _elements(stage: Row) -> list[Row]:
    return [as_object(as_object(each).get("dataElement")) for each in as_array(stage.get("programStageDataElements"))]


def _id(reference: object) -> str:
    return str(as_object(reference).get("id") or "")
