"""Data sets are registered as complete, on servers of every version."""

from __future__ import annotations

import pytest

from dhis2w_client import Dhis2Client, InvalidRequestError
from dhis2w_client.periods import InvalidPeriodError
from dhis2w_sandbox import Sandbox
from tests.client_data.small_country import FIRST_SET, ROOT, UNIT, run


def test_a_data_set_is_registered_listed_and_taken_back(empty: Sandbox) -> None:
    async def use(client: Dhis2Client) -> None:
        completions = client.data_values.completions
        for _ in range(2):
            assert await completions.register(FIRST_SET, "202401", UNIT, date="2024-02-03") == ()
        (row,) = await completions.list([FIRST_SET], ["202401", "202402"], [ROOT], children=True)
        assert (row["dataSet"], row["period"], row["organisationUnit"]) == (FIRST_SET, "202401", UNIT)
        assert str(row["date"]).startswith("2024-02-03")
        await completions.remove(FIRST_SET, "202401", UNIT)
        await completions.remove(FIRST_SET, "202401", UNIT)
        assert await completions.list([FIRST_SET], ["202401"], [UNIT]) == []

    run(empty, use)


def test_bad_input_is_refused_before_it_is_sent(empty: Sandbox) -> None:
    async def use(client: Dhis2Client) -> None:
        with pytest.raises(InvalidPeriodError):
            await client.data_values.completions.register(FIRST_SET, "2024-13", UNIT)
        with pytest.raises(InvalidRequestError):
            await client.data_values.completions.list([FIRST_SET], [], [UNIT])

    run(empty, use)
