"""The data set that each value is sent with: for many values at once the same as for each by itself."""

from __future__ import annotations

from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from dhis2w_client.data_values.entry_guard import EntryRules
from dhis2w_client.data_values.grouping import DataSetFacts, by_data_set
from dhis2w_client.data_values.value_batch import columns_of

PERIODS = {"202401": "Monthly", "202402": "Monthly", "2024Q1": "Quarterly"}
ELEMENTS, UNITS = ["de1", "de2", "de3"], ["ou1", "ou2"]
VALUES = st.lists(
    st.fixed_dictionaries(
        {
            "dataElement": st.sampled_from(ELEMENTS),
            "period": st.sampled_from(sorted(PERIODS)),
            "orgUnit": st.sampled_from(UNITS),
        }
    ),
    min_size=1,
    max_size=6,
)
SETS = st.lists(
    st.builds(
        DataSetFacts,
        id=st.sampled_from(["ds1", "ds2", "ds3"]),
        period_type=st.sampled_from(["Monthly", "Quarterly"]),
        elements=st.frozensets(st.sampled_from(ELEMENTS)),
        org_units=st.frozensets(st.sampled_from(UNITS)),
        rules=st.just(EntryRules({})),
    ),
    max_size=3,
    unique_by=lambda each: each.id,
)


def wanted(value: dict[str, Any], values: list[dict[str, Any]], sets: list[DataSetFacts]) -> str | None:
    """The set that takes most of the values, among those that take the element and its period, and better the unit."""

    def taken(each: DataSetFacts) -> int:
        return sum(other["dataElement"] in each.elements for other in values)

    fitting = [
        each
        for each in sorted(sets, key=lambda each: (-taken(each), each.id))
        if value["dataElement"] in each.elements and PERIODS[value["period"]] == each.period_type
    ]
    return next((each.id for each in [*fitting_with_unit(fitting, value), *fitting]), None)


def fitting_with_unit(sets: list[DataSetFacts], value: dict[str, Any]) -> list[DataSetFacts]:
    return [each for each in sets if value["orgUnit"] in each.org_units]


def facts(id: str, elements: list[str], units: list[str]) -> DataSetFacts:
    return DataSetFacts(id, "Monthly", frozenset(elements), frozenset(units), EntryRules({}))


PLACE = {"dataElement": "de1", "period": "202401", "orgUnit": "ou1"}


@given(VALUES, SETS)
@example([PLACE], [facts("ds1", ["de1"], ["ou1"])])
@example([PLACE], [facts("ds1", ["de1"], ["ou2"]), facts("ds2", ["de1"], ["ou1"])])
@example([PLACE, PLACE | {"dataElement": "de2"}], [facts("ds1", ["de1"], ["ou1"]), facts("ds2", ["de2"], ["ou1"])])
@example([PLACE, PLACE | {"period": "2024Q1"}], [facts("ds1", ["de1"], ["ou1"])])
def test_each_value_goes_where_it_would_go_by_itself(values: list[dict[str, Any]], sets: list[DataSetFacts]) -> None:
    found = {index: group for group, positions in by_data_set(columns_of(values), sets).items() for index in positions}
    assert found == {index: wanted(value, values, sets) for index, value in enumerate(values)}
