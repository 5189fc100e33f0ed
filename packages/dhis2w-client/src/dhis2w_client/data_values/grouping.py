"""Which data set each value belongs to: from 2.43 on an import must say it where an element is in several sets.

A value is stored without its data set, so that any that fits will do.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dhis2w_client.data_values.data_value import ValueKey
from dhis2w_client.json_value import as_array, as_object, as_text
from dhis2w_client.periods import parse_period


@dataclass(frozen=True, slots=True)
class DataSetFacts:
    """What of a data set decides about its values."""

    id: str
    period_type: str
    elements: frozenset[str]
    """Its data elements, by the scheme in use."""
    org_units: frozenset[str]
    """The units that it is assigned to, by the scheme in use."""


def facts_of(row: Mapping[str, Any], element_property: str, unit_property: str) -> DataSetFacts:
    """The facts of a data set, from its JSON."""
    elements = (as_object(as_object(each).get("dataElement")) for each in as_array(row.get("dataSetElements")))
    units = (as_object(each) for each in as_array(row.get("organisationUnits")))
    return DataSetFacts(
        id=str(row["id"]),
        period_type=as_text(row.get("periodType")) or "",
        elements=frozenset(text for each in elements if (text := as_text(each.get(element_property)))),
        org_units=frozenset(text for each in units if (text := as_text(each.get(unit_property)))),
    )


def by_data_set(keys: Sequence[ValueKey], sets: Sequence[DataSetFacts]) -> dict[str | None, list[int]]:
    """The positions of values by the data set that they are to be sent with; None where none fits.

    Of several that fit, the one that takes most of these values is chosen, so that there are few requests.
    """
    of_element: dict[str, list[DataSetFacts]] = defaultdict(list)
    for each in sorted(sets, key=lambda each: (-sum(key.data_element in each.elements for key in keys), each.id)):
        for element in each.elements:
            of_element[element].append(each)
    groups: dict[str | None, list[int]] = defaultdict(list)
    for index, key in enumerate(keys):
        groups[_fitting(key, of_element[key.data_element])].append(index)
    return dict(groups)


def _fitting(key: ValueKey, sets: Sequence[DataSetFacts]) -> str | None:
    """The first set that takes the value; where none takes its unit, DHIS2 is to say so."""
    type = parse_period(key.period).type.name
    of_type = [each for each in sets if each.period_type == type]
    with_unit = (each.id for each in of_type if key.org_unit in each.org_units)
    return next(with_unit, of_type[0].id if of_type else None)
