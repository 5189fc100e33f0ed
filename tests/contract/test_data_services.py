"""Limits of values, their audits, and closed periods that are opened."""

from __future__ import annotations

import pytest

from dhis2w_client import DataLossWarning, InvalidRequestError
from dhis2w_client.data_values import Limits, LimitsKey
from dhis2w_client.sync import Dhis2Client
from tests.contract.ground import Ground

Months = tuple[str, str, str]


def test_the_life_of_limits(worker: Dhis2Client, ground: Ground) -> None:
    limits = worker.data_values.min_max
    assert limits.get(ground.count, ground.here) is None
    for top in (5, 9):
        limits.set(Limits(ground.count, ground.here, 1, top))
    found = limits.get(ground.count, ground.here)
    assert found
    assert (found.minimum, found.maximum, found.generated) == (1, 9, False)
    counts = limits.push([Limits(ground.count, unit, 2, 8) for unit in (ground.here, ground.there)])
    assert (counts.updated, counts.ignored) == (2, 0)
    rows = limits.rows(data_elements=[ground.count], org_units=[ground.here, ground.there])
    assert {(row.org_unit, row.minimum, row.maximum) for row in rows} == {(ground.here, 2, 8), (ground.there, 2, 8)}
    for _ in range(2):
        limits.delete(LimitsKey(ground.count, ground.there))
    limits.remove([ground.first_set], ground.root)
    assert list(limits.rows(org_units=[ground.here, ground.there])) == []


def test_limits_that_dhis2_passes_over_are_told(worker: Dhis2Client, ground: Ground) -> None:
    unknown = Limits(ground.count, "nOtKnown001", 1, 5)
    with pytest.warns(DataLossWarning, match="passed over 1 limits"):
        counts = worker.data_values.min_max.push([Limits(ground.count, ground.here, 1, 5), unknown])
    assert (counts.updated, counts.ignored) == (1, 1)
    counts = worker.data_values.min_max.delete_many([LimitsKey(ground.count, ground.here)])
    assert counts.deleted == 1


def test_what_became_of_a_value_is_told(worker: Dhis2Client, ground: Ground, months: Months) -> None:
    values, place = worker.data_values, (ground.count, months[0], ground.here)
    for content in (1, 2):
        values.set(*place, content, data_set=ground.first_set)
    values.delete(*place, data_set=ground.first_set)
    told = values.audits.rows(data_elements=[ground.count], periods=[months[0]], org_units=[ground.here], page_size=1)
    rows = [row for row in told if row.type != "CREATE"]
    assert [row.type for row in rows[:2]] == ["DELETE", "UPDATE"]
    assert {(row.data_element, row.period, row.org_unit) for row in rows} == {place}


def test_a_period_is_opened_for_units_and_closed_again(worker: Dhis2Client, ground: Ground, months: Months) -> None:
    exceptions, place = worker.data_values.lock_exceptions, (ground.second_set, months[0])
    for _ in range(2):
        exceptions.create(*place, [ground.here, ground.there])
    assert {row.org_unit for row in exceptions.list(*place)} == {ground.here, ground.there}
    with pytest.raises(InvalidRequestError, match="nOtKnown001"):
        exceptions.delete(*place, "nOtKnown001")
    for _ in range(2):
        exceptions.delete(*place, ground.there)
    assert [row.org_unit for row in exceptions.list(*place)] == [ground.here]
    exceptions.delete(*place)
    assert exceptions.list(*place) == []
