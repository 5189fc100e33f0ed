"""Periods where the server decides: which types there are, and that each is read.

Evidence: recordings `data/periods`, `data/import-periods`; `DefaultPeriodService.reloadIsoPeriods` of 2.41 and 2.42, by
which a period that nobody used before is none that is wrong.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from datetime import date

import pytest

from dhis2w_client import ApiError
from dhis2w_client.data_values import DataValueSelection
from dhis2w_client.metadata import Bundle, new_uid
from dhis2w_client.periods import (
    RELATIVE_PERIODS,
    InvalidPeriodError,
    PeriodType,
    parse_period,
    period_of,
    period_types_of,
    periods_in_year,
)
from dhis2w_client.sync import Dhis2Client
from tests.contract.ground import Ground
from tests.contract.place import Place

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


@pytest.fixture
def sets(client: Dhis2Client, ground: Ground, place: Place) -> Generator[tuple[str, Mapping[str, str]]]:
    """A data element, and a data set of each period type that takes it."""
    element = place.create_element("counted", valueType="INTEGER")
    rows = [
        {
            "id": new_uid(),
            "name": place.name(type.name),
            "shortName": place.name(type.name),
            "periodType": type.name,
            "sharing": {"public": "rwrw----"},
            "dataSetElements": [{"dataElement": {"id": element}}],
            "organisationUnits": [{"id": ground.here}],
        }
        for type in period_types_of(client.version)
    ]
    client.metadata.import_bundle(Bundle({"dataSets": rows}))
    yield element, {str(row["periodType"]): str(row["id"]) for row in rows}
    client.maintenance.prune_data("dataElements", element)


def spellings(type: PeriodType) -> set[str]:
    """Periods of a type, right and wrong."""
    of_year = periods_in_year(type, 2019)
    right = {str(of_year[0]), str(of_year[-1])}
    numbers = (0, 1, 5, 13, 54, 1301)
    return (
        right
        | {type.shape.format(year=2019, number=number) for number in numbers}
        | {text for period in right for text in (period.lower(), f"{period}x", period[:-1], period.replace("W0", "W"))}
    )


def means(client: Dhis2Client, text: str) -> str | None:
    """The type of a period as the client reads it; None where it is none."""
    try:
        return parse_period(text, client.version).type.name
    except InvalidPeriodError:
        return None


def test_the_server_takes_the_periods_that_the_client_takes(
    worker: Dhis2Client, ground: Ground, sets: tuple[str, Mapping[str, str]]
) -> None:
    element, by_type = sets

    def is_taken(text: str, data_set: str) -> bool:
        # not as the client sends it: it would keep wrong periods back
        body = {"dataSet": data_set, "dataValues": [ground.value(element, text)]}
        try:
            worker.post("dataValueSets", body)
        except ApiError:
            return False
        return True

    for type in period_types_of(worker.version):
        texts = {text: means(worker, text) for text in spellings(type)}
        expected = {text: found is not None for text, found in texts.items() if found in (type.name, None)}
        assert set(expected.values()) == {True, False}
        assert {text: is_taken(text, by_type[type.name]) for text in expected} == expected, type.name


def test_values_of_every_type_come_back_in_their_period(
    worker: Dhis2Client, ground: Ground, sets: tuple[str, Mapping[str, str]]
) -> None:
    element, by_type = sets
    periods = {type.name: str(period_of(type, date(2019, 8, 15))) for type in period_types_of(worker.version)}
    for name, period in periods.items():
        assert worker.data_values.push([ground.value(element, period)], data_set=by_type[name]).ok, period
    selection = DataValueSelection(
        data_sets=tuple(by_type.values()), start=date(2015, 1, 1), end=date(2024, 12, 31), org_units=(ground.here,)
    )
    assert {row["period"] for row in worker.data_values.rows(selection)} == set(periods.values())
