"""Values are checked against the server's metadata before anything is sent: such a refusal costs no request.

It never refuses what the server would take. Where that is not sure (what the user may not see, identifiers by an
attribute, calendars other than ISO 8601, approvals, input periods) the server is the judge. Sources:
`DataValueSetImportValidator` (2.41, 2.42), `DefaultDataEntryService.validate` (2.43) of dhis2-core.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

from dhis2w_client.data_values.data_value import period_problem, text_of
from dhis2w_client.data_values.value_batch import only_texts
from dhis2w_client.pages import collector_paused
from dhis2w_client.periods import Period, calendar_named, parse_period
from dhis2w_core.transfers.chunk import Chunk, RefusedRow
from dhis2w_core.transfers.column import Column
from dhis2w_core.transfers.value_metadata import SetFacts, ValueMetadata, property_of

if TYPE_CHECKING:
    from dhis2w_client.client import Dhis2Client
    from dhis2w_client.data_values.push_options import DataValueOptions
    from dhis2w_core.transfers.value_rule import ValueRule

K = TypeVar("K", bound=Hashable)
L = TypeVar("L", bound=Hashable)

MOST_KEPT = 50_000
"""Keys that each rule keeps in mind; more are forgotten and looked at again."""


class Problem(NamedTuple):
    """Why a row is refused: the code of DHIS2's rule, and words."""

    code: str
    text: str


class Codes(NamedTuple):
    """DHIS2's code of a rule."""

    by_row: str
    """Up to 2.42, which judges row by row."""
    by_group: str
    """From 2.43 on, which judges data set by data set."""


NO_ELEMENT, NO_UNIT, NO_PERIOD = Codes("E7610", "E8102"), Codes("E7612", "E8105"), Codes("E7611", "E8100")
UNKNOWN_ELEMENT, UNKNOWN_UNIT = Codes("E7610", "E8103"), Codes("E7612", "E8107")
UNKNOWN_COMBO, UNKNOWN_ATTRIBUTE_COMBO = Codes("E7613", "E8108"), Codes("E7615", "E8110")
FOREIGN_UNIT = Codes("E7617", "E8011")
IN_NO_SET, IN_OTHER_SETS = Codes("E7633", "E8003"), Codes("E7633", "E8020")
OTHER_PERIOD_TYPE, NOT_ASSIGNED = Codes("E7632", "E8021"), Codes("E7636", "E8022")
OTHER_COMBO, OTHER_ATTRIBUTE_COMBO = Codes("E7634", "E8024"), Codes("E7635", "E8023")
EXPIRED, FUTURE, UNIT_CLOSED = Codes("E7640", "E8030"), Codes("E7641", "E8030"), Codes("E8031", "E8031")
WRONG_VALUE, NO_OPTION = Codes("E7619", "E8122"), Codes("E7621", "E8123")
_OF_VALUES = frozenset({*WRONG_VALUE, *NO_OPTION})


@dataclass(frozen=True, eq=False)
class _Place:
    """Where values of one data element and period may go; one object for all periods that are alike."""

    element: str
    sets: Mapping[str, SetFacts]
    """The data sets that could take them, by UID."""
    shut: frozenset[str] = frozenset()
    """Those of them that are not open for the period."""
    why_shut: Problem | None = None
    problem: Problem | None = None
    """Why they can go nowhere."""


@dataclass(slots=True)
class _Rule(Generic[K]):
    """One rule; what it found to be well is looked at once."""

    problem_of: Callable[[K], Problem | None]
    _well: set[K] = field(default_factory=set[K])

    def problems(self, distinct: set[K]) -> dict[K, Problem]:
        """The problems of keys."""
        new = distinct - self._well
        found = {key: problem for key in new if (problem := self.problem_of(key))}
        if len(self._well) > MOST_KEPT:
            self._well.clear()
        self._well |= new - found.keys()
        return found


@dataclass(frozen=True, slots=True)
class _Columns:
    """The rows of a chunk, column by column; what is missing is an empty text."""

    elements: Column[str]
    periods: Column[str]
    units: Column[str]
    combos: Column[str]
    attribute_combos: Column[str]
    contents: Sequence[str]

    @classmethod
    def of(cls, chunk: Chunk) -> _Columns:
        def texts(name: str) -> Sequence[str]:
            cells = chunk.columns.get(name) or [""] * len(chunk)
            return cells if only_texts(cells) else list(map(_text, cells))

        return cls(
            elements=Column.of(texts("dataElement")),
            periods=Column.of(texts("period")),
            units=Column.of(texts("orgUnit")),
            combos=Column.of(texts("categoryOptionCombo")),
            attribute_combos=Column.of(texts("attributeOptionCombo")),
            contents=texts("value"),
        )


class MetadataCheck:
    """The check of one push; what it knows grows with what the rows name.

    Args:
        known: What is known of the server.
        options: How the values are imported.
        data_set: UID of the data set that they are of.
    """

    def __init__(self, known: ValueMetadata, options: DataValueOptions, data_set: str | None = None) -> None:
        self._known = known
        self._options = options
        self._data_set = data_set
        self._dialect = known.client.dialect
        self._by_group = self._dialect.groups_data_values_by_data_set
        named = property_of(options.schemes.attribute_option_combo, options.schemes.all)
        self._knows_attribute_combos = named == known.combos.property
        self._places: dict[tuple[str, str], _Place | None] = {}
        self._alike: dict[tuple[str, str], _Place] = {}
        self._element = _Rule(self._of_element)
        self._period = _Rule(self._of_period)
        self._unit = _Rule(self._of_unit)
        self._combo = _Rule(self._of_combo)
        self._attribute_combo = _Rule(self._of_attribute_combo)
        self._place = _Rule[_Place | None](lambda place: place and place.problem)
        self._unit_in_place = _Rule(self._of_unit_in_place)
        self._combo_in_place = _Rule(self._of_combo_in_place)
        self._attribute_combo_in_place = _Rule(self._of_attribute_combo_in_place)
        self._unit_in_time = _Rule(self._of_unit_in_time)
        self._value = _Rule(self._of_value)

    @classmethod
    async def of(cls, client: Dhis2Client, options: DataValueOptions, data_set: str | None = None) -> MetadataCheck:
        """For a server: what is known of the user, and of the data set that is named.

        Raises:
            Dhis2Error: The server cannot be reached.
        """
        known = await ValueMetadata.of(client, options.schemes)
        await known.learn_sets([data_set] if data_set else [])
        return cls(known, options, data_set)

    async def refusals(self, chunk: Chunk) -> list[RefusedRow]:
        """The rows that the server would refuse, in their order, each with its first problem.

        What rows name for the first time is read from the server, some hundred objects with each request.

        Args:
            chunk: The rows.

        Raises:
            Dhis2Error: The server cannot be reached.
        """
        columns = _Columns.of(chunk)
        if len(self._places) > MOST_KEPT:
            self._places.clear()
        combos = set[str]() if self._by_group else columns.combos.distinct | columns.attribute_combos.distinct
        await self._known.learn(columns.elements.distinct - {""}, columns.units.distinct - {""}, combos - {""})
        found: dict[int, Problem] = {}
        with collector_paused():
            for keys, problems in self._problems(columns):
                if problems:
                    for position, key in enumerate(keys):
                        if key in problems:
                            found.setdefault(position, problems[key])
        return [
            chunk.refused(position, *found[position])
            for position in sorted(found)
            if not (found[position].code in _OF_VALUES and _deletes(chunk.values[position]))
        ]

    def _problems(self, columns: _Columns) -> Iterator[_Found]:
        """What the rows are called by for each rule, and the problems of those names: the gravest rule first."""
        yield _one(self._element, columns.elements)
        yield _one(self._period, columns.periods)
        yield _one(self._unit, columns.units)
        if not self._by_group:
            yield _one(self._combo, columns.combos)
            yield _one(self._attribute_combo, columns.attribute_combos)
        places = Column.of(self._places_of(columns))
        yield _one(self._place, places)
        if self._by_group:
            yield _two(self._unit_in_place, places, columns.units)
            yield _two(self._combo_in_place, places, columns.combos)
            if self._knows_attribute_combos:
                yield _two(self._attribute_combo_in_place, places, columns.attribute_combos)
            if self._has_closed_units(columns):
                yield _two(self._unit_in_time, columns.periods, columns.units)
        elif any(place and place.shut for place in places.distinct):
            # a named data set counts; or else which ones depends on the attribute option combo: those with the default
            # combo where there is none
            others = zip(places.cells, columns.attribute_combos.cells, strict=True)
            sure = places if self._data_set else Column.of([None if combo else place for place, combo in others])
            yield _two(self._unit_in_place, sure, columns.units)
        if self._options.strategy != "DELETE":
            yield from self._of_values(columns)

    def _of_values(self, columns: _Columns) -> Iterator[_Found]:
        """The contents by their value types; most types tell many at once to be right."""
        known = self._known.elements.found
        rule_of = {name: facts.rule if (facts := known.get(name)) else None for name in columns.elements.distinct}
        rules = set(rule_of.values())
        if len(rules) == 1 and all(rule is None or rule.takes_all(columns.contents) for rule in rules):
            return
        texts: dict[ValueRule | None, set[str]] = {rule: set() for rule in rules}
        for name, text in zip(columns.elements.cells, columns.contents, strict=True):
            texts[rule_of[name]].add(text)
        for some in texts.values():
            some.discard("")
        if any(rule and not rule.takes_all(some) for rule, some in texts.items()):
            rules_of_rows = Column.of(list(map(rule_of.__getitem__, columns.elements.cells)))
            yield _two(self._value, rules_of_rows, Column.of(columns.contents))

    def _has_closed_units(self, columns: _Columns) -> bool:
        """Whether some unit opened after the first of the periods, or was closed at any time."""
        version = self._dialect.version
        named = columns.periods.distinct - {""}
        texts = (text for text in named if not period_problem(text, version, self._dialect.calendar))
        first = min((self._days_of(text).start for text in texts), default=date.max)
        units = filter(None, map(self._known.units.found.get, columns.units.distinct))
        return any(unit.closed or (unit.opened and unit.opened > first) for unit in units)

    def _days_of(self, text: str) -> Period:
        return parse_period(text, calendar=calendar_named(self._dialect.calendar))

    def _of_element(self, name: str) -> Problem | None:
        known = self._known.elements
        if not name:
            return self._problem(NO_ELEMENT, "dataElement is missing")
        if name in known.ambiguous:
            return self._problem(UNKNOWN_ELEMENT, f"several data elements are called {name}")
        if name in known.absent and self._known.sees_everything:
            return self._problem(UNKNOWN_ELEMENT, known.absence(name))
        return None

    def _of_period(self, text: str) -> Problem | None:
        if not text:
            return self._problem(NO_PERIOD, "period is missing")
        wrong = period_problem(text, self._dialect.version, self._dialect.calendar)
        return self._problem(NO_PERIOD, wrong) if wrong else None

    def _of_unit(self, name: str) -> Problem | None:
        known = self._known.units
        if not name:
            return self._problem(NO_UNIT, "orgUnit is missing")
        if name in known.ambiguous:
            return self._problem(UNKNOWN_UNIT, f"several organisation units are called {name}")
        if name in known.absent:
            return self._problem(UNKNOWN_UNIT, known.absence(name))
        facts = known.found.get(name)
        exempt = self._by_group and self._known.sees_everything
        if facts and not facts.is_own and not exempt:
            return self._problem(FOREIGN_UNIT, f"{name} is not among the organisation units you may write into")
        return None

    def _of_combo(self, name: str) -> Problem | None:
        if name in self._known.combos.absent:
            return self._problem(UNKNOWN_COMBO, self._known.combos.absence(name))
        return None

    def _of_attribute_combo(self, name: str) -> Problem | None:
        if name in self._known.combos.absent:
            return self._problem(UNKNOWN_ATTRIBUTE_COMBO, self._known.combos.absence(name))
        return None

    def _places_of(self, columns: _Columns) -> list[_Place | None]:
        try:
            return list(map(self._places.__getitem__, zip(columns.elements.cells, columns.periods.cells, strict=True)))
        except KeyError:  # some are new
            for key in set(zip(columns.elements.cells, columns.periods.cells, strict=True)) - self._places.keys():
                self._places[key] = self._new_place(*key)
            return self._places_of(columns)

    def _new_place(self, element: str, text: str) -> _Place | None:
        """What is sure of an element and a period; None where that is nothing."""
        facts = self._known.elements.found.get(element)
        if facts is None or not text or period_problem(text, self._dialect.version, self._dialect.calendar):
            return None
        period = self._days_of(text)
        named = self._known.sets.get(self._data_set or "")
        candidates = ([named] if named else None) if self._data_set else facts.sets
        if candidates is None:
            return None
        chosen = self._fitting(candidates, period, facts.sets)
        if isinstance(chosen, Codes):
            return _Place(element, {}, problem=self._misplaced(chosen, element, period))
        sets = {each.id: each for each in chosen}
        today = self._known.today
        shut = [each for each in chosen if each.is_future(period.end) or each.is_expired(period.end, today)]
        if shut and not self._options.force:
            return _Place(element, sets, frozenset(each.id for each in shut), self._shut(shut[0], period))
        return self._alike.setdefault((element, period.type.name), _Place(element, sets))

    def _fitting(
        self, candidates: Collection[SetFacts], period: Period, own: Collection[SetFacts] | None
    ) -> list[SetFacts] | Codes:
        """The data sets that could take values of a period, or the rule that none of them can."""
        if not self._by_group:
            return [each for each in candidates if self._data_set or each.has_default_combo]
        if own is not None and not own:
            return IN_NO_SET
        having = [each for each in candidates if own is None or each in own]
        if not having:
            return IN_OTHER_SETS
        return [each for each in having if each.period_type == period.type.name] or OTHER_PERIOD_TYPE

    def _misplaced(self, codes: Codes, element: str, period: Period) -> Problem:
        texts = {
            IN_NO_SET: f"the data element {element} is in no data set",
            IN_OTHER_SETS: f"the data element {element} is not in the data set {self._data_set}",
            OTHER_PERIOD_TYPE: f"{period} is {period.type.name}, and no data set of {element} is",
        }
        return self._problem(codes, texts[codes])

    def _shut(self, facts: SetFacts, period: Period) -> Problem:
        if facts.is_future(period.end):
            return self._problem(FUTURE, f"the data set {facts.id} is not open for {period} yet")
        return self._problem(EXPIRED, f"the data set {facts.id} is not open for {period} any more")

    def _of_unit_in_place(self, pair: tuple[_Place | None, str]) -> Problem | None:
        place, name = pair
        unit = self._known.units.found.get(name)
        if place is None or place.problem or unit is None:
            return None
        asks_for_assignment = self._by_group or not self._data_set
        taking = place.sets.keys() & (unit.sets if asks_for_assignment else place.sets.keys())
        if not taking:
            if not self._by_group:
                return None  # nothing is asked of a value that belongs to no data set
            return self._problem(NOT_ASSIGNED, f"no data set of {place.element} is assigned to {name}")
        return place.why_shut if taking <= place.shut else None

    def _of_unit_in_time(self, pair: tuple[str, str]) -> Problem | None:
        text, name = pair
        unit = self._known.units.found.get(name)
        if unit is None or not text or period_problem(text, self._dialect.version, self._dialect.calendar):
            return None
        start = self._days_of(text).start
        if not ((unit.opened and start < unit.opened) or (unit.closed and start > unit.closed)):
            return None
        return self._problem(UNIT_CLOSED, f"the organisation unit {name} is not open in {text}")

    def _of_combo_in_place(self, pair: tuple[_Place | None, str]) -> Problem | None:
        place, name = pair
        if place is None or not place.sets or not name:
            return None
        element = self._known.elements.found[place.element]
        combos = {each.combos.get(element.id, element.combo) for each in place.sets.values()}
        if self._takes(combos, name):
            return None
        return self._problem(OTHER_COMBO, f"{name} is no category option combo of the data element {place.element}")

    def _of_attribute_combo_in_place(self, pair: tuple[_Place | None, str]) -> Problem | None:
        place, name = pair
        if place is None or not place.sets or not name:
            return None
        if self._takes({each.combo for each in place.sets.values()}, name):
            return None
        return self._problem(
            OTHER_ATTRIBUTE_COMBO, f"{name} is no attribute option combo of the data sets of {place.element}"
        )

    def _takes(self, combos: Collection[str], name: str) -> bool:
        """Whether a category combo may have an option combo of this name."""
        known = self._known.options_of_combos
        return any(combo not in known or name in known[combo] for combo in combos)

    def _of_value(self, pair: tuple[ValueRule | None, str]) -> Problem | None:
        rule, text = pair
        if rule is None or not text:
            return None
        if rule.is_wrong(text):
            return self._problem(WRONG_VALUE, f"{text[:80]!r} is no value of the type {rule.type}")
        if rule.is_no_option(text):
            return self._problem(NO_OPTION, f"{text[:80]!r} is none of the options")
        return None

    def _problem(self, codes: Codes, text: str) -> Problem:
        return Problem(codes.by_group if self._by_group else codes.by_row, text)


_Found = tuple[Iterable[Hashable], Mapping[Any, Problem]]


def _one(rule: _Rule[K], column: Column[K]) -> _Found:
    return column.cells, rule.problems(column.distinct)


def _two(rule: _Rule[tuple[K, L]], first: Column[K], second: Column[L]) -> _Found:
    return zip(first.cells, second.cells, strict=True), rule.problems(first.pairs(second))


def _text(value: object) -> str:
    """A value as the text that is sent."""
    return "" if value is None or isinstance(value, (dict, list)) else text_of(value)


def _deletes(value: Mapping[str, Any]) -> bool:
    return value.get("deleted") in (True, "true")
