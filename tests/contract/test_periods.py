"""Periods where the server decides: which types there are, and that each is read.

Evidence: recordings `data/periods`, `data/import-periods`; `DefaultPeriodService.reloadIsoPeriods` of 2.41 and 2.42, by
which a period that nobody used before is none that is wrong.
"""

from __future__ import annotations

from datetime import date

from dhis2w_client.periods import RELATIVE_PERIODS, period_of, period_types_of
from dhis2w_client.sync import Dhis2Client
from tests.contract.ground import Ground

CANNOT_BE_WRITTEN = {"TwoYearly"}


def test_the_types_are_those_of_the_version(client: Dhis2Client) -> None:
    there = {row["name"] for row in client.get("periodTypes")["periodTypes"]}
    assert there - CANNOT_BE_WRITTEN == {type.name for type in period_types_of(client.version)}


def test_relative_periods_are_those_of_the_version(client: Dhis2Client) -> None:
    assert set(client.get("periodTypes/relativePeriodTypes")) <= set(RELATIVE_PERIODS)


def test_a_period_of_each_type_is_read(worker: Dhis2Client, ground: Ground) -> None:
    for type in period_types_of(worker.version):
        period = str(period_of(type, date(2025, 3, 15)))
        assert list(worker.data_values.rows(ground.selection(period))) == [], period
