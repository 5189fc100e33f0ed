"""Limits of values are set, read, removed and worked out, on servers of every version."""

from __future__ import annotations

from collections.abc import AsyncIterable

import pytest

from dhis2w_client import BadRequestError, DataLossWarning, Dhis2Client, InvalidRequestError
from dhis2w_client.data_values import Limits, LimitsKey
from dhis2w_sandbox import Sandbox
from tests.client_data.small_country import AVERAGE, COUNT, FIRST_SET, OTHER, ROOT, TEXT, UNIT, run, value

DEFAULT = "HllvX50cXC0"


async def told(rows: AsyncIterable[Limits]) -> list[tuple[str, str, int, int]]:
    return sorted([(row.data_element, row.org_unit, row.minimum, row.maximum) async for row in rows])


def test_limits_of_one_place_are_set_read_and_removed(empty: Sandbox) -> None:
    async def use(client: Dhis2Client) -> None:
        limits = client.data_values.min_max
        assert await limits.get(COUNT, UNIT) is None
        for top in (5, 9):
            await limits.set(Limits(COUNT, UNIT, 1, top))
        assert await limits.get(COUNT, UNIT) == Limits(COUNT, UNIT, 1, 9, DEFAULT)
        for _ in range(2):
            await limits.delete(LimitsKey(COUNT, UNIT))
        assert await limits.get(COUNT, UNIT) is None

    run(empty, use)


def test_many_limits_are_set_and_those_asked_for_are_read(empty: Sandbox) -> None:
    async def use(client: Dhis2Client) -> None:
        limits = client.data_values.min_max
        rows = [Limits(element, unit, 1, 5) for element in (COUNT, AVERAGE) for unit in (UNIT, OTHER)]
        counts = await limits.push(rows, data_set=FIRST_SET)
        assert (counts.updated, counts.ignored) == (4, 0)
        assert await told(limits.rows(data_elements=[COUNT], org_units=[UNIT])) == [(COUNT, UNIT, 1, 5)]
        assert len(await told(limits.rows(org_units=[UNIT, OTHER]))) == 4
        counts = await limits.delete_many([LimitsKey(COUNT, UNIT), LimitsKey(TEXT, UNIT)])
        assert (counts.deleted, counts.ignored) == (1, 1)
        assert len(await told(limits.rows())) == 3

    run(empty, use)


def test_what_dhis2_passes_over_is_told(empty: Sandbox) -> None:
    async def use(client: Dhis2Client) -> None:
        rows = [Limits(COUNT, UNIT, 1, 5), Limits(COUNT, "nOtKnown001", 1, 5)]
        with pytest.warns(DataLossWarning, match="passed over 1 limits"):
            counts = await client.data_values.min_max.push(rows)
        assert (counts.updated, counts.ignored) == (1, 1)

    run(empty, use)


def test_bad_limits_are_refused(empty: Sandbox) -> None:
    async def use(client: Dhis2Client) -> None:
        limits = client.data_values.min_max
        with pytest.raises(InvalidRequestError, match="5 is not below 5"):
            await limits.push([Limits(COUNT, UNIT, 1, 5), Limits(COUNT, OTHER, 5, 5)])
        with pytest.raises(InvalidRequestError, match="5 is not below 1"):
            await limits.set(Limits(COUNT, UNIT, 5, 1))
        with pytest.raises(InvalidRequestError, match="which data sets"):
            await limits.generate([], UNIT)
        with pytest.raises(BadRequestError, match="E2047"):
            await limits.set(Limits("nOtKnown001", UNIT, 1, 5))
        with pytest.raises(BadRequestError, match="E2021"):
            await limits.push([Limits(TEXT, UNIT, 1, 5)], data_set=FIRST_SET)
        assert await told(limits.rows()) == []

    run(empty, use)


def test_limits_are_worked_out_and_removed_with_those_below(empty: Sandbox) -> None:
    async def use(client: Dhis2Client) -> None:
        limits = client.data_values.min_max
        await client.data_values.push([value(content="2"), value(period="202402", content="4")])
        await limits.generate([FIRST_SET], UNIT)
        assert await limits.get(COUNT, UNIT) == Limits(COUNT, UNIT, 1, 5, DEFAULT, generated=True)
        await limits.remove([FIRST_SET], ROOT)
        assert await told(limits.rows()) == []

    run(empty, use)
