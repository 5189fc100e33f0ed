"""The metadata of event and enrollment analytics: names of what is in the answer, and the items of its dimensions.

Source: `MetadataItemsHandler` (before: `AbstractAnalyticsService`), `QueryItemHelper` and `MetadataItem` of dhis2-core;
recordings `data/analytics-events`. Details (`includeMetadataDetails`) are not here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from dhis2w_sandbox.call import Call
from dhis2w_sandbox.data.analytics.aggregation import as_number
from dhis2w_sandbox.data.analytics.event_grid import Row
from dhis2w_sandbox.data.analytics.event_query import SPELLED, EventQuery, Item, stages_of
from dhis2w_sandbox.data.analytics.grid import unit_hierarchies
from dhis2w_sandbox.data.entry_rules import EntryRules
from dhis2w_sandbox.documents import linked
from dhis2w_sandbox.metadata.periods import period_name
from dhis2w_sandbox.metadata.units import UNIT

Json = dict[str, Any]


class EventMetadata:
    """The metadata of one answer.

    Args:
        call: the request.
        rules: where the metadata is.
        query: the query.
        rows: the rows of a list; None for sums, which name all options.
        value: what is summed up, if anything.
        names_periods: whether periods are columns.
    """

    def __init__(
        self,
        call: Call,
        rules: EntryRules,
        query: EventQuery,
        rows: Sequence[Row] | None = None,
        *,
        value: Item | None = None,
        names_periods: bool = False,
    ) -> None:
        self._call = call
        self._rules = rules
        self._query = query
        self._rows = rows
        self._value = value
        self._names_periods = names_periods

    def as_json(self) -> Json:
        """Items, dimensions, and the places of units if they are asked for."""
        units = self._query.units
        column = units.of("ou")
        shown = None if self._rows is None or column is None or column.is_filter else self._rows
        found = None if shown is None else {row.unit["id"] for row in shown}
        known = found is not None and any(unit in found for unit in units.units)
        placed = [unit for unit in units.units if found is None or not known or unit in found]
        return {
            "items": self._items(),
            "dimensions": self._dimensions(),
            **unit_hierarchies(self._call, self._rules, placed),
        }

    def _items(self) -> Json:
        query, rules = self._query, self._rules
        stages = [query.stage] if query.stage else stages_of(rules, query.program)
        units = (rules.document(UNIT, unit) or {"id": unit} for unit in query.units.units)
        items: Json = {row["id"]: {"name": query.name_of(row)} for row in (query.program, *stages, *units)}
        items["ou"] = {"name": "Organisation unit"} if query.units.of("ou") is not None else {}
        for item in query.items:
            items |= self._names_of(item)
        items |= {iso: {"name": period_name(iso)} for iso in self._periods()} | query.units.names
        if self._names_periods:
            items["pe"] = {"name": "Period"}
        return items | self._value_item() | self._options()

    def _value_item(self) -> Json:
        """What is summed up, as newer versions were asked for it."""
        if self._value is None:
            return {}
        document = self._value.document
        code = {"code": document["code"]} if "code" in document else {}
        key = self._value.place if self._call.server.behaviour.names_stages_of_sums else self._value.uid
        return {key: {**code, "name": self._query.name_of(document)}}

    def _names_of(self, item: Item) -> Json:
        """An item by its identifier, and with its stage; sums of older versions do without the latter."""
        if self._rows is not None:
            name = {"name": self._query.name_of(item.document)}
            return {item.uid: name, item.place: name} | _legends(item)
        name = {"name": item.document["name"]}
        whole = self._call.server.behaviour.names_stages_of_sums
        return ({item.uid: name, item.place: name} if whole else {item.uid: name}) | _legends(item)

    def _periods(self) -> list[str]:
        return [period.iso for period in self._query.units.periods] if self._names_periods else []

    def _dimensions(self) -> Json:
        found: Json = {"pe": self._periods(), "ou": self._query.units.units}
        for item in self._query.columns:
            options = self._options_of(item)
            if not options:
                found[item.place] = _wanted_legends(item)
            elif self._rows is None:
                found[item.uid] = _uids(_wanted(item, options))
            else:
                found[item.place] = _uids(_wanted(item, options) if item.offset is not None else self._present(item))
        for item in self._query.items:
            if item.is_filter:
                options = self._options_of(item)
                texts = [f"{SPELLED[operator]} {value}" for operator, value in item.conditions]
                plain = _wanted_legends(item) if item.legend_set else [", ".join(texts)] if texts else []
                found[item.uid] = _uids(_wanted(item, options)) if options else plain
        return found

    def _present(self, item: Item) -> list[Json]:
        """The options that a list shows in a column; where it is empty, those that the conditions of all name."""
        if self._rows:
            values = {text for row in self._rows if (text := row.value(item)) is not None}
            options = self._options_of(item)
            return [row for row in options if any(_is_code(row["code"], text, item) for text in values)]
        columns = (other for other in self._query.columns if other.conditions)
        return [row for other in columns for row in _wanted(other, self._options_of(other))]

    def _options(self) -> Json:
        """The options of the answer, and the sets that they are of."""
        query = self._query
        if self._rows is None:
            every = [row for item in query.items for row in self._options_of(item)]
            return {row["id"]: {"code": row["code"], "name": row["name"]} for row in every}
        if self._rows:
            found = [row for item in query.columns for row in self._present(item)]
        else:
            codes = {
                part.lower() for item in query.columns for _, value in item.conditions for part in value.split(";")
            }
            every = [row for item in query.items for row in self._options_of(item)]
            found = [row for row in every if row["code"].lower() in codes]
        options = {row["id"]: row for row in found}
        items: Json = {uid: {"code": row["code"], "name": query.name_of(row)} for uid, row in options.items()}
        for uid in dict.fromkeys(linked(row, "optionSet") for row in options.values()):
            mine = [row for row in options.values() if linked(row, "optionSet") == uid]
            pairs = [{"uid": row["id"], "code": row["code"]} for row in mine]
            name = (self._rules.document("optionSet", uid) or {}).get("name")
            items[uid or ""] = {"uid": uid, "name": name, "options": pairs}
        return items

    def _options_of(self, item: Item) -> list[Json]:
        """The options of an item that has a set of them."""
        options = self._rules.document("optionSet", linked(item.document, "optionSet")) or {}
        rows = (self._rules.document("option", row["id"]) for row in options.get("options") or ())
        return [row for row in rows if row and "code" in row]


def _wanted(item: Item, options: list[Json]) -> list[Json]:
    """The options that the conditions of an item name, in their order; all where it has none."""
    if not item.conditions:
        return options
    by_code = {row["code"]: row for row in options}
    codes = (code for _, value in item.conditions for code in value.split(";"))
    return [by_code[code] for code in codes if code in by_code]


def _wanted_legends(item: Item) -> list[str]:
    """The legends that the conditions of an item name; all where it has none."""
    named = [uid for _, value in item.conditions for uid in value.split(";")]
    return named if item.conditions and item.legend_set else [row["id"] for row in item.legends]


def _legends(item: Item) -> Json:
    rows = item.legends
    return {row["id"]: {**({"code": row["code"]} if row.get("code") else {}), "name": row["name"]} for row in rows}


def _is_code(code: str, text: str, item: Item) -> bool:
    """Whether a value is a code, in any case; of numbers, whether they are equal."""
    return as_number(code) == as_number(text) if item.is_numeric else code.lower() == text.lower()


def _uids(options: Iterable[Json]) -> list[str]:
    return [row["id"] for row in options]
