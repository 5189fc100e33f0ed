"""What goes with entering data: limits, what became of values, periods that are opened again.

Evidence: recording `data/entry-extras`; `MinMaxDataElementController`, `LockExceptionController`, `AuditController`.
"""

from __future__ import annotations

import pytest

from dhis2w_client import BadRequestError, DataLossWarning, InvalidRequestError
from dhis2w_client.data_values import Limits, LimitsKey
from dhis2w_client.sync import Dhis2Client
from tests.contract.ground import Ground

Months = tuple[str, str, str]


def test_limits_of_one_place_are_set_read_and_removed(worker: Dhis2Client, ground: Ground) -> None:
    limits, place = worker.data_values.min_max, (ground.count, ground.there)
    assert limits.get(*place) is None
    for top in (5, 9):
        limits.set(Limits(*place, 1, top))
        found = limits.get(*place)
        assert found is not None
        assert (found.minimum, found.maximum, found.generated) == (1, top, False)
    for _ in range(2):
        limits.delete(LimitsKey(*place))
    assert limits.get(*place) is None
    with pytest.raises(InvalidRequestError):
        limits.set(Limits(*place, 5, 1))
    with pytest.raises(BadRequestError):
        limits.set(Limits("nOtKnown001", ground.there, 1, 5))


def test_many_limits_are_pushed_and_removed(worker: Dhis2Client, ground: Ground) -> None:
    limits = worker.data_values.min_max
    rows = [Limits(element, ground.here, 1, 5) for element in (ground.count, ground.average)]
    counts = limits.push(rows, data_set=ground.first_set)
    assert (counts.updated, counts.ignored) == (2, 0)
    read = limits.rows(data_elements=[ground.count, ground.average], org_units=[ground.here])
    assert {(row.data_element, row.maximum) for row in read} == {(ground.count, 5), (ground.average, 5)}
    gone = limits.delete_many([LimitsKey(row.data_element, row.org_unit) for row in rows], data_set=ground.first_set)
    assert gone.deleted == 2


def test_limits_of_units_are_removed_from_above(worker: Dhis2Client, ground: Ground) -> None:
    limits, units = worker.data_values.min_max, [ground.here, ground.there]
    limits.push([Limits(ground.count, unit, 2, 8) for unit in units])
    assert {row.org_unit for row in limits.rows(data_elements=[ground.count], org_units=units)} == set(units)
    limits.remove([ground.first_set], ground.root)
    assert list(limits.rows(org_units=units)) == []


def test_limits_that_dhis2_passes_over_are_told(worker: Dhis2Client, ground: Ground) -> None:
    unknown = Limits(ground.count, "nOtKnown001", 1, 5)
    with pytest.warns(DataLossWarning, match="passed over 1 limits"):
        counts = worker.data_values.min_max.push([Limits(ground.count, ground.here, 1, 5), unknown])
    assert (counts.updated, counts.ignored) == (1, 1)
    counts = worker.data_values.min_max.delete_many([LimitsKey(ground.count, ground.here)])
    assert counts.deleted == 1


@pytest.mark.parametrize("pushed", [True, False])
def test_what_became_of_values_is_told(worker: Dhis2Client, ground: Ground, months: Months, *, pushed: bool) -> None:
    values, place = worker.data_values, (ground.count, months[0], ground.here)
    for content in ("1", "2"):
        if pushed:
            values.push([ground.value(ground.count, months[0], content)], data_set=ground.first_set)
        else:
            values.set(*place, content, data_set=ground.first_set)
    values.delete(*place, data_set=ground.first_set)
    told = values.audits.rows(data_elements=[ground.count], periods=[months[0]], org_units=[ground.here], page_size=1)
    rows = list(told)
    assert [row.type for row in rows if row.type != "CREATE"] == ["DELETE", "UPDATE"]
    assert {(row.data_element, row.period, row.org_unit) for row in rows} == {place}


def test_a_period_is_opened_and_closed_again(worker: Dhis2Client, ground: Ground, months: Months) -> None:
    exceptions, place = worker.data_values.lock_exceptions, (ground.second_set, months[0])

    def listed() -> set[str | None]:
        return {row.org_unit for row in exceptions.list(*place)}

    assert listed() == set()
    for _ in range(2):
        exceptions.create(*place, [ground.here, ground.there])
        assert listed() == {ground.here, ground.there}
    with pytest.raises(InvalidRequestError, match="nOtKnown001"):
        exceptions.delete(*place, "nOtKnown001")
    for _ in range(2):
        exceptions.delete(*place, ground.there)
        assert listed() == {ground.here}
    exceptions.delete(*place)
    assert listed() == set()
