"""Which data set each value belongs to: from 2.43 on an import must say it where an element is in several sets.

A value is stored without its data set, so that any that fits will do.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dhis2w_client.data_values.data_value import PLACE
from dhis2w_client.data_values.entry_guard import EntryRules, rules_of
from dhis2w_client.json_value import as_array, as_object, as_text
from dhis2w_client.periods import period_type_of


@dataclass(frozen=True, slots=True)
class DataSetFacts:
    """What of a data set decides about its values."""

    id: str
    period_type: str
    elements: frozenset[str]
    """Its data elements, by the scheme in use."""
    org_units: frozenset[str]
    """The units that it is assigned to, by the scheme in use."""
    rules: EntryRules
    """When it takes values."""


def facts_of(
    row: Mapping[str, Any], element_property: str, unit_property: str, default_combo: str | None = None
) -> DataSetFacts:
    """The facts of a data set, from its JSON; `default_combo` as `rules_of` takes it."""
    elements = (as_object(as_object(each).get("dataElement")) for each in as_array(row.get("dataSetElements")))
    units = (as_object(each) for each in as_array(row.get("organisationUnits")))
    return DataSetFacts(
        id=str(row["id"]),
        period_type=as_text(row.get("periodType")) or "",
        elements=frozenset(text for each in elements if (text := as_text(each.get(element_property)))),
        org_units=frozenset(text for each in units if (text := as_text(each.get(unit_property)))),
        rules=rules_of(row, default_combo),
    )


def by_data_set(columns: Mapping[str, list[Any]], sets: Sequence[DataSetFacts]) -> dict[str | None, Sequence[int]]:
    """The positions of values by the data set that they are to be sent with; None where none fits.

    Of several that fit, the one that takes most of these values is chosen, so that there are few requests.

    Args:
        columns: What the values say, as `columns_of` gives it; none lacks its place.
        sets: The data sets there are.
    """
    elements, periods, units = (columns[name] for name in PLACE)
    count = Counter(elements)
    types = {period: period_type_of(period).name for period in set(periods)}
    most_first = sorted(sets, key=lambda each: (-sum(count[element] for element in each.elements), each.id))
    for each in most_first[:1]:
        takes_types = {each.period_type} == set(types.values())
        if takes_types and count.keys() <= each.elements and each.org_units.issuperset(units):
            return {each.id: range(len(elements))}  # most often it takes all
    fitting: dict[tuple[str, str], list[DataSetFacts]] = {}
    groups: dict[str | None, list[int]] = defaultdict(list)
    for index, (element, period, org_unit) in enumerate(zip(elements, periods, units, strict=True)):
        of_period = fitting.get((element, period))
        if of_period is None:
            type = types[period]
            of_period = [each for each in most_first if each.period_type == type and element in each.elements]
            fitting[element, period] = of_period
        groups[_with_unit(of_period, org_unit)].append(index)
    return dict(groups)


def _with_unit(sets: Sequence[DataSetFacts], org_unit: str) -> str | None:
    """The first set that is assigned to a unit; where none is, DHIS2 is to say so."""
    for each in sets:
        if org_unit in each.org_units:
            return each.id
    return sets[0].id if sets else None
