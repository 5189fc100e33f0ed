"""What goes with entering data: limits, what became of values, periods that are opened again.

Evidence: recording `data/entry-extras`; `MinMaxDataElementController`, `LockExceptionController`, `AuditController`.
"""

from __future__ import annotations

import pytest

from dhis2w_client import BadRequestError, InvalidRequestError
from dhis2w_client.data_values import Limits, LimitsKey
from dhis2w_client.sync import Dhis2Client
from tests.contract.ground import Ground

Months = tuple[str, str, str]


def test_limits_of_one_place_are_set_read_and_removed(worker: Dhis2Client, ground: Ground) -> None:
    limits, key = worker.data_values.min_max, LimitsKey(ground.count, ground.there)
    assert limits.get(*place_of(key)) is None
    for top in (5, 9):
        limits.set(Limits(key.data_element, key.org_unit, 1, top))
        found = limits.get(*place_of(key))
        assert found is not None
        assert (found.minimum, found.maximum) == (1, top)
    for _ in range(2):
        limits.delete(key)
    assert limits.get(*place_of(key)) is None
    with pytest.raises(InvalidRequestError):
        limits.set(Limits(key.data_element, key.org_unit, 5, 1))
    with pytest.raises(BadRequestError):
        limits.set(Limits("nOtKnown001", key.org_unit, 1, 5))


def place_of(key: LimitsKey) -> tuple[str, str]:
    """Element and unit."""
    return key.data_element, key.org_unit


def test_many_limits_are_pushed_and_removed(worker: Dhis2Client, ground: Ground) -> None:
    limits = worker.data_values.min_max
    rows = [Limits(element, ground.here, 1, 5) for element in (ground.count, ground.average)]
    counts = limits.push(rows, data_set=ground.first_set)
    assert (counts.updated, counts.ignored) == (2, 0)
    read = limits.rows(data_elements=[ground.count, ground.average], org_units=[ground.here])
    assert {(row.data_element, row.maximum) for row in read} == {(ground.count, 5), (ground.average, 5)}
    gone = limits.delete_many([LimitsKey(row.data_element, row.org_unit) for row in rows], data_set=ground.first_set)
    assert gone.deleted == 2


def test_what_became_of_values_is_told(worker: Dhis2Client, ground: Ground, months: Months) -> None:
    values, place = worker.data_values, (ground.count, months[0], ground.here)
    for content in ("1", "2"):
        values.push([ground.value(ground.count, months[0], content)], data_set=ground.first_set)
    values.delete(*place, data_set=ground.first_set)
    rows = list(values.audits.rows(data_elements=[ground.count], periods=[months[0]], org_units=[ground.here]))
    assert [row.type for row in rows if row.type != "CREATE"] == ["DELETE", "UPDATE"]
    assert {(row.data_element, row.period, row.org_unit) for row in rows} == {place}


def test_a_period_is_opened_and_closed_again(worker: Dhis2Client, ground: Ground, months: Months) -> None:
    exceptions = worker.data_values.lock_exceptions

    def listed() -> set[str | None]:
        return {row.org_unit for row in exceptions.list(ground.second_set, months[0])}

    assert listed() == set()
    for _ in range(2):
        exceptions.create(ground.second_set, months[0], [ground.here, ground.there])
        assert listed() == {ground.here, ground.there}
    exceptions.delete(ground.second_set, months[0], ground.there)
    assert listed() == {ground.here}
    exceptions.delete(ground.second_set, months[0])
    assert listed() == set()
