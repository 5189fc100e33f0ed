"""What of a server's metadata decides about data values, read as far as the values name it.

With UIDs only what is named is asked for, some hundred objects with one request. With codes or names a type is read as
a whole, once, because a code may hold what a filter cannot say.
"""

from __future__ import annotations

import math
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from dhis2w_client.errors import ApiError
from dhis2w_client.filters import where
from dhis2w_client.json_value import as_array, as_object, as_text
from dhis2w_client.metadata.uids import is_uid
from dhis2w_client.periods import PERIOD_TYPES, period_of
from dhis2w_core.transfers.value_rule import ValueRule, rule_of

if TYPE_CHECKING:
    from dhis2w_client.client import Dhis2Client
    from dhis2w_client.data_values.push_options import IdSchemes
    from dhis2w_client.json_value import Json

F = TypeVar("F")
Row = Mapping[str, Any]

IDS_AT_ONCE = 300
"""UIDs in one request: its URL stays below what servers take."""
PAGE = 1000
"""Objects in one page of a type that is read as a whole."""
DAY = timedelta(days=1)

_PROPERTIES = {None: "id", "UID": "id", "CODE": "code", "NAME": "name"}


def property_of(*schemes: str | None) -> str | None:
    """The property that the first scheme which says something means; None for one by an attribute."""
    named = next((scheme for scheme in schemes if scheme), None)
    return _PROPERTIES.get(named.upper() if named else None)


@dataclass(frozen=True, eq=False)
class SetFacts:
    """What of a data set decides about its values."""

    id: str
    period_type: str
    combo: str
    """UID of its category combo."""
    has_default_combo: bool
    combos: Mapping[str, str]
    """Category combo of its data elements that have another one here, by the UID of the element."""
    expiry: timedelta | None
    """How long after its end a period may be written; None: as long as one likes, or the server is to say so."""
    latest: date | None
    """The last day of the last period that is open yet; None where the server is to say so."""

    def is_future(self, last: date) -> bool:
        """Whether a period that ends on this day may not be written yet."""
        return self.latest is not None and last > self.latest

    def is_expired(self, last: date, today: date) -> bool:
        """Whether a period that ended on this day may not be written any more; a day of doubt is the server's."""
        return self.expiry is not None and today > last + self.expiry + 2 * DAY


@dataclass(frozen=True, eq=False, slots=True)
class ElementFacts:
    """What of a data element decides about its values."""

    id: str
    rule: ValueRule
    combo: str
    sets: frozenset[SetFacts] | None
    """The data sets that it is in; None where the user may not see all of them."""


@dataclass(frozen=True, eq=False, slots=True)
class UnitFacts:
    """What of an organisation unit decides about its values."""

    sets: frozenset[str]
    """UIDs of the data sets that it is assigned to."""
    is_own: bool
    """Whether it is one that the user may write into."""
    opened: date | None
    closed: date | None


@dataclass(slots=True)
class Known(Generic[F]):
    """What is known of the objects of one type, by what the values call them."""

    plural: str
    called: str
    """One of them, in words."""
    property: str | None
    """What they are called by; None where the server alone knows."""
    found: dict[str, F] = field(default_factory=dict[str, F])
    absent: set[str] = field(default_factory=set[str])
    ambiguous: frozenset[str] = frozenset()
    _is_whole: bool = False

    async def learn(
        self, client: Dhis2Client, named: Iterable[str], fields: str, make: Callable[[list[Row]], Any]
    ) -> None:
        """Read what is named and not known yet.

        Args:
            client: The client.
            named: What the values call them.
            fields: What to read, beside what they are called.
            make: Makes of rows what is to be known, in their order; a coroutine function.
        """
        new = set(named) - self.found.keys() - self.absent
        if not new or self.property is None:
            return
        wanted = f"{self.property},{fields}"
        if self.property == "id":
            asked = sorted(filter(is_uid, new))
            for start in range(0, len(asked), IDS_AT_ONCE):
                some = asked[start : start + IDS_AT_ONCE]
                await self._take([row async for row in rows_of(client, self.plural, wanted, some)], make)
        elif not self._is_whole:
            await self._take_all(client, wanted, self.property, make)
            self._is_whole = True
        self.absent |= {name for name in new - self.found.keys() if name == name.strip()}  # 2.42 trims

    def absence(self, name: str) -> str:
        """What is said of a name that nothing has."""
        if self.property == "id" and not is_uid(name):
            return f"{name} is no UID; an id scheme says what identifiers are"
        return f"there is no {self.called} {name}"

    async def _take_all(
        self, client: Dhis2Client, fields: str, property: str, make: Callable[[list[Row]], Any]
    ) -> None:
        """Read all objects of the type, a page at a time: a country has fifty thousand units."""
        names, twins = set[str](), set[str]()
        page: list[Row] = []
        async for row in rows_of(client, self.plural, fields):
            name = as_text(row.get(property))
            if name is None:
                continue
            (twins if name in names else names).add(name)
            page.append(row)
            if len(page) == PAGE:
                await self._take(page, make)
                page = []
        await self._take(page, make)
        self.ambiguous = frozenset(twins)

    async def _take(self, rows: list[Row], make: Callable[[list[Row]], Any]) -> None:
        facts = await make(rows)
        self.found.update(zip((row[self.property or "id"] for row in rows), facts, strict=True))


@dataclass(slots=True)
class ValueMetadata:
    """What is known of a server so far; `learn` reads what further values need."""

    client: Dhis2Client
    elements: Known[ElementFacts]
    units: Known[UnitFacts]
    combos: Known[bool]
    """Category option combos that exist."""
    sets: dict[str, SetFacts | None]
    """By UID; None: the user may not see it."""
    options_of_combos: dict[str, frozenset[str]]
    """What the option combos of category combos are called, by the UID of the category combo."""
    today: date
    """By the server's clock."""
    iso_calendar: bool
    sees_everything: bool
    may_edit_expired: bool
    own_units: frozenset[str]
    """UIDs of the units that the user may write into, with all below them."""
    _options: dict[str, frozenset[str]] = field(default_factory=dict[str, frozenset[str]])
    _rules: dict[tuple[str, frozenset[str]], ValueRule] = field(
        default_factory=dict[tuple[str, frozenset[str]], ValueRule]
    )
    _assignments: dict[frozenset[str], frozenset[str]] = field(default_factory=dict[frozenset[str], frozenset[str]])
    _excepted: frozenset[str] | None = None

    @classmethod
    async def of(cls, client: Dhis2Client, schemes: IdSchemes) -> ValueMetadata:
        """What is known before any value: the user, and the server's clock and calendar."""
        me = as_object(await client.get("me", params={"fields": "authorities,organisationUnits[id]"}))
        info = as_object(await client.get("system/info"))
        authorities = set(map(str, as_array(me.get("authorities"))))
        everything = "ALL" in authorities
        combo = property_of(schemes.category_option_combo, schemes.all)
        return cls(
            client=client,
            elements=Known("dataElements", "data element", property_of(schemes.data_element, schemes.all)),
            units=Known("organisationUnits", "organisation unit", property_of(schemes.org_unit, schemes.all)),
            combos=Known("categoryOptionCombos", "category option combo", combo if combo != "name" else None),
            sets={},
            options_of_combos={},
            today=_day(info.get("serverDate")) or date.today(),
            iso_calendar=info.get("calendar") in (None, "iso8601"),
            sees_everything=everything,
            may_edit_expired=everything or "F_EDIT_EXPIRED" in authorities,
            own_units=frozenset(_ids(me.get("organisationUnits"))),
        )

    async def learn(self, elements: Iterable[str], units: Iterable[str], combos: Iterable[str]) -> None:
        """Read what decides about values of these data elements, units and category option combos."""
        fields = "id,valueType,optionSet[id],categoryCombo[id],dataSetElements[dataSet[id]]"
        await self.elements.learn(self.client, elements, fields, self._elements)
        await self.units.learn(self.client, units, "id,path,openingDate,closedDate,dataSets[id]", self._units)
        await self.combos.learn(self.client, combos, "id", _all_there)

    async def learn_sets(self, ids: Iterable[str]) -> None:
        """Read data sets, and which option combos their values may have."""
        new = sorted(set(ids) - self.sets.keys())
        if not new:
            return
        fields = (
            "id,periodType,expiryDays,openFuturePeriods,dataInputPeriods[period[id]],categoryCombo[id,name],"
            "dataSetElements[dataElement[id],categoryCombo[id]]"
        )
        for row in [row async for row in rows_of(self.client, "dataSets", fields, new)]:
            self.sets[str(row["id"])] = await self._set(row)
        self.sets.update({id: None for id in new if id not in self.sets})

    async def _elements(self, rows: list[Row]) -> list[ElementFacts]:
        option_sets = {id for row in rows if (id := _id(row.get("optionSet")))}
        await self._learn_options(option_sets)
        sets_of = [
            {_id(as_object(each).get("dataSet")) for each in as_array(row.get("dataSetElements"))} for row in rows
        ]
        await self.learn_sets({id for ids in sets_of for id in ids})
        facts = [self._element(row, ids) for row, ids in zip(rows, sets_of, strict=True)]
        if self.client.dialect.groups_data_values_by_data_set:
            await self._learn_combos({each.combo for each in facts})
        return facts

    def _element(self, row: Row, ids: set[str]) -> ElementFacts:
        sets = [self.sets.get(id) for id in ids]
        options = self._options.get(_id(row.get("optionSet")), frozenset())
        kind = (str(row.get("valueType")), options)
        if kind not in self._rules:
            self._rules[kind] = rule_of(*kind, self.client.dialect, iso_calendar=self.iso_calendar)
        seen = frozenset(each for each in sets if each)
        return ElementFacts(
            id=str(row["id"]),
            rule=self._rules[kind],
            combo=_id(row.get("categoryCombo")),
            sets=seen if len(seen) == len(ids) else None,
        )

    async def _set(self, row: Row) -> SetFacts:
        combo = as_object(row.get("categoryCombo"))
        others = {
            _id(as_object(each).get("dataElement")): other
            for each in as_array(row.get("dataSetElements"))
            if (other := _id(as_object(each).get("categoryCombo")))
        }
        if self.client.dialect.groups_data_values_by_data_set:
            await self._learn_combos({_id(combo), *others.values()})
        windows = as_array(row.get("dataInputPeriods"))
        return SetFacts(
            id=str(row["id"]),
            period_type=str(row.get("periodType")),
            combo=_id(combo),
            has_default_combo=combo.get("name") == "default",
            combos=others,
            expiry=None if windows else await self._expiry(row),
            latest=None if windows else self._latest(row),
        )

    async def _expiry(self, row: Row) -> timedelta | None:
        days = _number(row.get("expiryDays"))
        if self.may_edit_expired or not self.iso_calendar or days <= 0:
            return None
        if self._excepted is None:
            self._excepted = await self._sets_with_exceptions()
        return None if row["id"] in self._excepted or "*" in self._excepted else timedelta(days=math.ceil(days))

    async def _sets_with_exceptions(self) -> frozenset[str]:
        """Data sets of which some periods may be written after all; `*` where that cannot be known."""
        params = {"fields": "dataSet[id]", "paging": False}
        try:
            answer = as_object(await self.client.get("lockExceptions", params=params))
        except ApiError:
            return frozenset({"*"})
        return frozenset(_id(as_object(each).get("dataSet")) for each in as_array(answer.get("lockExceptions")))

    def _latest(self, row: Row) -> date | None:
        type, ahead = row.get("periodType"), row.get("openFuturePeriods") or 0
        exempt = self.may_edit_expired and self.client.dialect.groups_data_values_by_data_set
        odd = not self.iso_calendar or not isinstance(ahead, int) or type not in PERIOD_TYPES
        if exempt or odd or _number(row.get("expiryDays")) < 0:
            return None
        return period_of(str(type), self.today + DAY).previous().shifted(ahead).end

    async def _units(self, rows: list[Row]) -> list[UnitFacts]:
        return [self._unit(row) for row in rows]

    def _unit(self, row: Row) -> UnitFacts:
        sets = frozenset(_ids(row.get("dataSets")))
        return UnitFacts(
            sets=self._assignments.setdefault(sets, sets),  # most units have the sets of their neighbours
            is_own=not self.own_units.isdisjoint(str(row.get("path")).split("/")),
            opened=_day(row.get("openingDate")) if self.iso_calendar else None,
            closed=_day(row.get("closedDate")) if self.iso_calendar else None,
        )

    async def _learn_options(self, ids: set[str]) -> None:
        new = sorted(ids - self._options.keys())
        async for row in rows_of(self.client, "optionSets", "id,options[code]", new):
            codes = (as_text(as_object(each).get("code")) for each in as_array(row.get("options")))
            self._options[str(row["id"])] = frozenset(code for code in codes if code)

    async def _learn_combos(self, ids: set[str]) -> None:
        new = sorted(ids - self.options_of_combos.keys())
        property = self.combos.property
        if not property:
            return
        async for row in rows_of(self.client, "categoryCombos", f"id,categoryOptionCombos[{property}]", new):
            names = (as_text(as_object(each).get(property)) for each in as_array(row.get("categoryOptionCombos")))
            self.options_of_combos[str(row["id"])] = frozenset(name for name in names if name)


async def rows_of(
    client: Dhis2Client, plural: str, fields: str, ids: list[str] | None = None
) -> AsyncIterator[dict[str, Json]]:
    """Objects of a list: those with these UIDs, or all."""
    params = {"gist": False} if client.dialect.answers_lists_by_gist else None
    pieces = (
        [ids[start : start + IDS_AT_ONCE] for start in range(0, len(ids), IDS_AT_ONCE)] if ids is not None else [None]
    )
    for some in pieces:
        filters = where("id").is_in(some) if some is not None else None
        async for row in client.collection(plural).rows(fields=fields, filters=filters, params=params, page_size=PAGE):
            yield row


async def _all_there(rows: list[Row]) -> list[bool]:
    return [True for _ in rows]


def _id(reference: object) -> str:
    return str(as_object(reference).get("id") or "")


def _number(value: object) -> float:
    return value if isinstance(value, (int, float)) else 0


def _ids(references: object) -> list[str]:
    return [_id(each) for each in as_array(references)]


def _day(text: object) -> date | None:
    try:
        return datetime.fromisoformat(str(text)[:10]).date()
    except ValueError:
        return None
