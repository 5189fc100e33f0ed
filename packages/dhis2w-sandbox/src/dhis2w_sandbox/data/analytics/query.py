"""An analytics query: dimensions and filters read from a request, and what refuses it.

Source: `DefaultDataQueryService`, `DefaultQueryValidator`, `DefaultAnalyticsSecurityManager` of dhis2-core; recordings
`data/analytics-errors`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from dhis2w_sandbox.call import Call
from dhis2w_sandbox.data.analytics.tables import CACHED
from dhis2w_sandbox.data.entry_rules import EntryRules
from dhis2w_sandbox.data.identifiers import UID, Identifiers, read_scheme
from dhis2w_sandbox.data.import_options import boolean
from dhis2w_sandbox.data.parameters import day
from dhis2w_sandbox.data.periods import Period
from dhis2w_sandbox.data.relative_periods import RELATIVE, periods_of, settings_of
from dhis2w_sandbox.data.value_types import BOOLEANS, NUMERIC
from dhis2w_sandbox.documents import linked
from dhis2w_sandbox.errors import Dhis2Refusal, message
from dhis2w_sandbox.metadata.units import children_of, lineage

Json = dict[str, Any]

AGGREGATIONS = (
    "SUM",
    "AVERAGE",
    "AVERAGE_SUM_ORG_UNIT",
    "LAST",
    "LAST_AVERAGE_ORG_UNIT",
    "LAST_LAST_ORG_UNIT",
    "LAST_IN_PERIOD",
    "LAST_IN_PERIOD_AVERAGE_ORG_UNIT",
    "FIRST",
    "FIRST_AVERAGE_ORG_UNIT",
    "FIRST_FIRST_ORG_UNIT",
    "COUNT",
    "STDDEV",
    "VARIANCE",
    "MIN",
    "MAX",
    "MIN_SUM_ORG_UNIT",
    "MAX_SUM_ORG_UNIT",
    "NONE",
    "CUSTOM",
    "DEFAULT",
)
RATES = (
    "REPORTING_RATE",
    "REPORTING_RATE_ON_TIME",
    "ACTUAL_REPORTS",
    "ACTUAL_REPORTS_ON_TIME",
    "EXPECTED_REPORTS",
)
DISPLAY_PROPERTIES = ("NAME", "SHORTNAME")
TEXTS = frozenset({"TEXT", "LONG_TEXT", "LETTER"})
AGGREGATABLE = NUMERIC | BOOLEANS | TEXTS
_OPERATORS = ("EQ", "GT", "GE", "LT", "LE")
_TITLES = {"dx": "Data", "pe": "Period", "ou": "Organisation unit", "co": "Category option combo"}
_FIRST_COLUMNS = {"dx": 0, "co": 1, "ao": 2}
"""Columns that come before the others, which stay in the order in which they were asked for."""
_GROUP_SETS = {
    "category": "categoryOptions",
    "organisationUnitGroupSet": "organisationUnitGroups",
    "categoryOptionGroupSet": "categoryOptionGroups",
    "dataElementGroupSet": "dataElementGroups",
}


@dataclass(frozen=True)
class DataItem:
    """One item of the data dimension."""

    id: str
    kind: str
    """dataElement, indicator, operand, rate, or programDataElement."""
    document: Json
    combo: str | None = None
    attribute: str | None = None
    rate: str | None = None
    program: Json | None = None


@dataclass(frozen=True)
class Dimension:
    """One dimension with its items, as they were asked for."""

    id: str
    title: str
    type: str
    """`dx`, `pe`, `ou`, `co`, or the type of a dynamic dimension."""
    items: list[str]
    is_filter: bool


@dataclass
class Query:
    """What is asked for."""

    dimensions: list[Dimension]
    data: list[DataItem]
    periods: list[Period]
    units: list[str]
    start: date | None
    end: date | None
    aggregation: str | None
    names: dict[str, Json] = field(default_factory=dict[str, Json])
    """Further names for the metadata: relative periods and units."""
    is_short: bool = False
    """Whether the metadata calls things by their short names."""

    def name_of(self, document: Json, otherwise: str = "") -> str:
        """What something is called."""
        return (document.get("shortName") if self.is_short else None) or document.get("name", otherwise)

    @property
    def columns(self) -> list[Dimension]:
        """The dimensions that are no filters."""
        return [dimension for dimension in self.dimensions if not dimension.is_filter]

    def of(self, id: str) -> Dimension | None:
        """A dimension or filter by identifier."""
        return next((dimension for dimension in self.dimensions if dimension.id == id), None)


def refusal(call: Call, code: str, *args: Any) -> Dhis2Refusal:
    """409 with a code, for a query that cannot be read."""
    return Dhis2Refusal(409, message(call.server.version, code, *args), code)


def checked_refusal(call: Call, code: str, *args: Any) -> Dhis2Refusal:
    """409 with a code, for a query that can be read and not answered: by then the answer is said to be kept."""
    return Dhis2Refusal(409, message(call.server.version, code, *args), code, headers=dict(CACHED))


def read_query(call: Call, rules: EntryRules) -> Query:
    """The query of a request; refused with the first thing that is wrong."""
    aggregation = _aggregation(call)
    end, start = day(call, "endDate"), day(call, "startDate")
    boolean(call, "skipMeta", default=False)
    columns = _parts(call, "dimension")
    asked = [(text, False) for text in columns] + [(text, True) for text in _parts(call, "filter")]
    if not any(text.partition(":")[0] == "pe" for text, _ in asked) and (start is None or end is None):
        raise refusal(call, "E7146", "end" if end is None else "start")
    query = Query([], [], [], [], start.date() if start else None, end.date() if end else None, aggregation)
    query.is_short = wants_short_names(call)
    for text, is_filter in asked:
        add_dimension(call, rules, query, text, is_filter=is_filter)
    query.dimensions.sort(key=lambda row: _FIRST_COLUMNS.get(row.type, len(_FIRST_COLUMNS)))
    for unit in query.units:
        if rules.view_units() and not rules.may_view(unit):
            raise checked_refusal(call, "E7120", call.user.username, unit)
    ids = [text.partition(":")[0] for text in columns]
    _check(call, rules, query, [id for place, id in enumerate(ids) if id in ids[:place]])
    _default_units(rules, query)
    return query


def wants_short_names(call: Call) -> bool:
    """What `displayProperty` asks for; 400 where it is neither."""
    text = call.param("displayProperty")
    if text and text not in DISPLAY_PROPERTIES:
        valid = f"Valid values are: [{', '.join(DISPLAY_PROPERTIES)}]"
        raise Dhis2Refusal(400, f"Value '{text}' is not valid for parameter displayProperty. {valid}")
    return text == "SHORTNAME"


def _default_units(rules: EntryRules, query: Query) -> None:
    """Without a unit the ones count that the user may look at, as a filter."""
    if query.of("ou") is None:
        query.units = sorted(rules.view_units())
        query.dimensions.append(Dimension("ou", "", "ou", query.units, is_filter=True))


def _parts(call: Call, name: str) -> list[str]:
    """What a parameter names, each text once."""
    return list(dict.fromkeys(part for value in call.params(name) for part in value.split(",") if part))


def _aggregation(call: Call) -> str | None:
    text = call.param("aggregationType")
    if text is None:
        return None
    if text not in AGGREGATIONS:
        values = f"Valid values are: [{', '.join(AGGREGATIONS)}]"
        wrong = (
            f"Value '{text}' is not valid for parameter aggregationType."
            if text
            else "aggregationType cannot be empty."
        )
        raise Dhis2Refusal(400, f"{wrong} {values}")
    return None if text == "DEFAULT" else text


def add_dimension(call: Call, rules: EntryRules, query: Query, text: str, *, is_filter: bool) -> None:
    """Add what a `dimension` or a `filter` names; 409 where it names nothing."""
    id, _, rest = text.partition(":")
    names = [name for name in rest.split(";") if name]
    if id == "dx":
        dimension = _data_dimension(call, rules, query, names, is_filter=is_filter)
    elif id == "pe":
        dimension = _period_dimension(call, rules, query, names, is_filter=is_filter)
    elif id == "ou":
        dimension = _unit_dimension(call, rules, query, names, is_filter=is_filter)
    elif id in {"co", "ao"}:
        dimension = Dimension(id, _TITLES.get(id, "Attribute option combo"), id, names, is_filter)
    else:
        dimension = _dynamic_dimension(call, rules, query, id, names, is_filter=is_filter)
    same = next((row for row in query.dimensions if row.id == id and row.is_filter == is_filter), None)
    if same is None:
        query.dimensions.append(dimension)
    else:
        same.items.extend(item for item in dimension.items if item not in same.items)


def _data_dimension(call: Call, rules: EntryRules, query: Query, names: list[str], *, is_filter: bool) -> Dimension:
    scheme = read_scheme(call.param("inputIdScheme") or "UID") or UID
    identifiers = Identifiers(rules.store)
    known = {item.id for item in query.data}
    items = [item for name in names if (item := _data_item(rules, identifiers, scheme, name))]
    if not items:
        raise refusal(call, "E7124", "dx")
    query.data += [item for item in {item.id: item for item in items}.values() if item.id not in known]
    return Dimension("dx", _TITLES["dx"], "dx", list(dict.fromkeys(item.id for item in items)), is_filter)


def _data_item(rules: EntryRules, identifiers: Identifiers, scheme: Any, name: str) -> DataItem | None:
    first, *rest = name.split(".")
    for type, kind in (("dataElement", "dataElement"), ("indicator", "indicator")):
        uid = identifiers.uid(type, scheme, first)
        if uid is None:
            continue
        document = rules.document(type, uid) or {}
        if not rest:
            return DataItem(uid, kind, document)
        return _operand(rules, document, rest) if type == "dataElement" else None
    program = identifiers.uid("program", scheme, first)
    element = rules.document("dataElement", rest[0]) if program and len(rest) == 1 else None
    if element is not None:
        owner = rules.document("program", program)
        return DataItem(f"{program}.{element['id']}", "programDataElement", element, program=owner)
    data_set = identifiers.uid("dataSet", scheme, first)
    if data_set and len(rest) == 1 and rest[0] in RATES:
        return DataItem(f"{data_set}.{rest[0]}", "rate", rules.document("dataSet", data_set) or {}, rate=rest[0])
    return None


def _operand(rules: EntryRules, element: Json, rest: list[str]) -> DataItem | None:
    combo, attribute = [*rest, None][:2]
    if combo != "*" and rules.document("categoryOptionCombo", combo) is None:
        return None
    whole = ".".join([element["id"], *rest])
    return DataItem(whole, "operand", element, None if combo == "*" else combo, attribute)


def _period_dimension(call: Call, rules: EntryRules, query: Query, names: list[str], *, is_filter: bool) -> Dimension:
    given = day(call, "relativePeriodDate")
    today = given.date() if given else rules.now.date()
    found: list[Period] = []
    for name in names:
        if name in RELATIVE:
            found += periods_of(name, today, settings_of(call.server))
            query.names[name] = {"name": name.replace("_", " ").capitalize()}
            continue
        period = rules.period(name)
        if period is None:
            raise refusal(call, "E7611", name)
        found.append(period)
    periods = sorted(dict.fromkeys(found), key=lambda period: (period.start, period.end))
    query.periods += [period for period in periods if period not in query.periods]
    return Dimension("pe", _TITLES["pe"], "pe", [period.iso for period in periods], is_filter)


def _unit_dimension(call: Call, rules: EntryRules, query: Query, names: list[str], *, is_filter: bool) -> Dimension:
    scheme = read_scheme(call.param("inputIdScheme") or "UID") or UID
    identifiers = Identifiers(rules.store)
    own = _user_units(call, rules)
    tops: list[str] = []
    levels: list[int] = []
    groups: list[str] = []
    for name in names:
        if name in {"USER_ORGUNIT", "USER_ORGUNIT_CHILDREN", "USER_ORGUNIT_GRANDCHILDREN"}:
            mine = _of_user(rules, own, name)
            query.names[name] = {"organisationUnits": mine}
            tops += mine
        elif found := re.fullmatch(r"LEVEL-(\d+)", name):
            levels.append(int(found[1]))
        elif name.startswith("OU_GROUP-"):
            groups.append(name.removeprefix("OU_GROUP-"))
        elif uid := identifiers.uid("organisationUnit", scheme, name):
            tops.append(uid)
    units = _at_levels(rules, tops, levels) if levels else _in_groups(rules, tops, groups) if groups else tops
    units = list(dict.fromkeys(units))
    if not units:
        raise refusal(call, "E7143")
    query.units += [unit for unit in units if unit not in query.units]
    return Dimension("ou", _TITLES["ou"], "ou", units, is_filter)


def _user_units(call: Call, rules: EntryRules) -> list[str]:
    """The units that `USER_ORGUNIT` stands for: the user's, or those of `userOrgUnit` that there are."""
    given = call.param("userOrgUnit")
    if given is not None:
        return [unit for unit in given.split(";") if rules.document("organisationUnit", unit)]
    return [row["id"] for row in call.user.document.get("organisationUnits") or ()]


def _of_user(rules: EntryRules, own: list[str], name: str) -> list[str]:
    if name == "USER_ORGUNIT":
        return own
    children = [child for unit in own for child in children_of(rules.store, unit)]
    if name == "USER_ORGUNIT_CHILDREN":
        return children
    return [child for unit in children for child in children_of(rules.store, unit)]


def _at_levels(rules: EntryRules, tops: list[str], levels: list[int]) -> list[str]:
    everything = rules.store.all("organisationUnit")
    return [
        unit["id"]
        for unit in everything
        if len(lineage(rules.store, unit)) in levels and (not tops or rules.is_below(unit["id"], set(tops)))
    ]


def _in_groups(rules: EntryRules, tops: list[str], groups: list[str]) -> list[str]:
    rows = (rules.document("organisationUnitGroup", group) or {} for group in groups)
    members = [row["id"] for group in rows for row in group.get("organisationUnits") or ()]
    return [unit for unit in members if not tops or rules.is_below(unit, set(tops))]


def _dynamic_dimension(
    call: Call, rules: EntryRules, query: Query, id: str, names: list[str], *, is_filter: bool
) -> Dimension:
    for type, key in _GROUP_SETS.items():
        document = rules.document(type, id)
        if document is None or not rules.can_read(type, document):
            continue
        everything = [row["id"] for row in document.get(key) or ()]
        items = [name for name in names if name in everything] if names else everything
        if not items:
            raise refusal(call, "E7124", id)
        return Dimension(id, query.name_of(document), type, items, is_filter)
    raise refusal(call, "E7125", id)


def _check(call: Call, rules: EntryRules, query: Query, twice: list[str]) -> None:
    """What cannot be asked together: the first that applies."""
    columns = query.columns
    both = [row.id for row in columns if any(other.is_filter and other.id == row.id for other in query.dimensions)]
    filtered = [row for row in query.dimensions if row.is_filter]
    filter_data = [item for row in filtered if row.id == "dx" for item in row.items]
    kinds = [item.kind for item in query.data if item.id in filter_data]
    rates = any(item.kind == "rate" for item in query.data)
    has_dates = query.start is not None and query.end is not None
    by_combo = any(row.id == "co" for row in query.dimensions)
    grouped = any(row.type == "dataElementGroupSet" for row in query.dimensions)
    elements = [item for item in query.data if item.kind == "dataElement"]
    valued = [item for item in query.data if item.kind in _WITH_VALUES]
    odd = [item.id for item in valued if item.document["valueType"] not in AGGREGATABLE]
    checks: tuple[tuple[str, bool, tuple[Any, ...]], ...] = (
        ("E7101", not columns, ()),
        ("E7102", not query.data and not grouped and not call.flag("skipData"), ()),
        ("E7103", bool(both), (both,)),
        ("E7105", bool(query.periods) and has_dates, ()),
        ("E7106", bool(query.start and query.end and query.start > query.end), ()),
        ("E7107", rates and has_dates, ()),
        ("E7108", "indicator" in kinds and len(kinds) > 1, ()),
        ("E7109", "rate" in kinds and len(kinds) > 1, ()),
        ("E7110", any(row.id == "co" for row in filtered), ()),
        ("E7111", bool(twice), (twice,)),
        ("E7112", rates and any(row.type in _NOT_WITH_RATES for row in query.dimensions), (_WITH_RATES,)),
        ("E7113", by_combo and not elements, ()),
        ("E7114", by_combo and len(elements) != len(query.data), ()),
        ("E7115", bool(odd), (odd,)),
        ("E7134", any(_has_no_total(rules, query, item) for item in elements), ()),
        ("E7152", any(row.id == "pe" for row in filtered) and any(_is_shifted(item) for item in query.data), ()),
    )
    for code, wrong, args in checks:
        if wrong:
            raise checked_refusal(call, code, *args)
    for name, code in (("columns", "E7126"), ("rows", "E7127")):
        for part in (call.param(name) or "").split(";"):
            if part and not any(row.id == part for row in columns):
                raise checked_refusal(call, code, part)


def _has_no_total(rules: EntryRules, query: Query, item: DataItem) -> bool:
    """Whether values of an element are not to be added up over its categories, and one of these is no dimension."""
    combo = rules.document("categoryCombo", linked(item.document, "categoryCombo")) or {}
    asked = {row.id for row in query.dimensions}
    return bool(combo.get("skipTotal")) and any(row["id"] not in asked for row in combo.get("categories") or ())


def _is_shifted(item: DataItem) -> bool:
    """Whether an indicator counts what was in other periods."""
    return item.kind == "indicator" and ".periodOffset" in (item.document.get("numerator") or "")


_WITH_VALUES = frozenset({"dataElement", "operand", "programDataElement"})
_NOT_WITH_RATES = frozenset({"co", "ao", "dataElementGroupSet"})
_WITH_RATES = [
    "CATEGORY",
    "DATA_X",
    "ORGANISATION_UNIT_GROUP_SET",
    "CATEGORY_OPTION_GROUP_SET",
    "PERIOD",
    "ORGANISATION_UNIT",
]


def measure_criteria(call: Call, name: str) -> list[tuple[str, float]]:
    """Criteria such as `GT:11;LT:30`; 400 where an operator is unknown."""
    found: list[tuple[str, float]] = []
    for part in (call.param(name) or "").split(";"):
        if not part:
            continue
        operator, _, value = part.partition(":")
        if operator not in _OPERATORS:
            raise Dhis2Refusal(400, f"No enum constant org.hisp.dhis.analytics.MeasureFilter.{operator}")
        found.append((operator, float(value)))
    return found


def category_combo_of(rules: EntryRules, element: Json) -> str:
    """The category combo of an element."""
    del rules
    return linked(element, "categoryCombo") or ""
