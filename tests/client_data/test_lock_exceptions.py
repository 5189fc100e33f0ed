"""Closed periods are opened for units, and closed again, on servers of every version."""

from __future__ import annotations

import pytest

from dhis2w_client import ConflictError, DataLossWarning, Dhis2Client, InvalidRequestError
from dhis2w_client.data_values import LockException
from dhis2w_client.periods import ISO, InvalidPeriodError
from dhis2w_sandbox import Sandbox
from tests.client_data.small_country import FIRST_SET, OTHER, SECOND_SET, UNIT, run


def places(rows: list[LockException]) -> list[tuple[str, str, str | None]]:
    return sorted((row.data_set, row.period, row.org_unit) for row in rows)


def test_exceptions_are_created_listed_and_taken_back_and_all_may_be_repeated(empty: Sandbox) -> None:
    async def use(client: Dhis2Client) -> None:
        exceptions = client.data_values.lock_exceptions
        for _ in range(2):
            await exceptions.create(SECOND_SET, "202401", [UNIT, OTHER])
        await exceptions.create(FIRST_SET, "2024-02", [UNIT])
        everything = [(FIRST_SET, "202402", UNIT), (SECOND_SET, "202401", UNIT), (SECOND_SET, "202401", OTHER)]
        assert places(await exceptions.list()) == everything
        assert places(await exceptions.list(FIRST_SET, "202402")) == everything[:1]
        combinations = [(row.data_set, row.period, row.org_unit) for row in await exceptions.combinations()]
        assert combinations == [(FIRST_SET, "202402", None), (SECOND_SET, "202401", None)]
        for _ in range(2):
            await exceptions.delete(SECOND_SET, "202401", OTHER)
        assert places(await exceptions.list()) == everything[:2]
        await exceptions.delete(SECOND_SET, "202401")
        assert places(await exceptions.list()) == everything[:1]

    run(empty, use)


def test_units_that_dhis2_passes_over_are_told(empty: Sandbox) -> None:
    async def use(client: Dhis2Client) -> None:
        exceptions = client.data_values.lock_exceptions
        with pytest.warns(DataLossWarning, match=OTHER):
            await exceptions.create(FIRST_SET, "202401", [UNIT, OTHER])
        with pytest.raises(ConflictError, match="None of the target"):
            await exceptions.create(FIRST_SET, "202401", [OTHER])

    run(empty, use)


def test_an_unknown_unit_does_not_close_all_others(empty: Sandbox) -> None:
    async def use(client: Dhis2Client) -> None:
        exceptions = client.data_values.lock_exceptions
        await exceptions.create(FIRST_SET, "202401", [UNIT])
        with pytest.raises(InvalidRequestError, match="nOtKnown001"):
            await exceptions.delete(FIRST_SET, "202401", "nOtKnown001")
        assert places(await exceptions.list()) == [(FIRST_SET, "202401", UNIT)]
        params = {"ds": FIRST_SET, "pe": "202401", "ou": "nOtKnown001"}
        await client.delete("lockExceptions", params=params)
        assert await exceptions.list() == [], "what DHIS2 does with an unknown unit"

    run(empty, use)


def test_a_bad_period_is_refused_before_it_is_sent(empty: Sandbox) -> None:
    async def use(client: Dhis2Client) -> None:
        exceptions = client.data_values.lock_exceptions
        with pytest.raises(InvalidPeriodError):
            await exceptions.create(FIRST_SET, "2024-13", [UNIT])
        with pytest.raises(InvalidPeriodError):
            await exceptions.delete(FIRST_SET, "2024-13")
        with pytest.raises(InvalidRequestError):
            await exceptions.create(FIRST_SET, "202401", [])

    run(empty, use)


def test_periods_are_those_of_the_servers_calendar(empty: Sandbox) -> None:
    async def use(client: Dhis2Client) -> None:
        assert client.calendar.name == "nepali"
        with pytest.raises(InvalidPeriodError, match="of the nepali calendar"):
            await client.data_values.lock_exceptions.create(FIRST_SET, "20800132", [UNIT])
        with pytest.raises(InvalidPeriodError, match="no Weekly periods"):
            await client.data_values.get(FIRST_SET, "2080W1", UNIT)

    empty.server.configuration.write("setting calendar", "nepali")
    run(empty, use)


def test_a_calendar_that_the_client_does_not_have_is_taken_as_iso(empty: Sandbox) -> None:
    async def use(client: Dhis2Client) -> None:
        assert client.calendar is ISO

    empty.server.configuration.write("setting calendar", "persian")
    run(empty, use)
