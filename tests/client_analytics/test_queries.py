"""Aggregate queries on every version: what comes back, what is refused before it is sent, what is warned of."""

from __future__ import annotations

import warnings
from datetime import date
from typing import Any

import polars as pl
import pytest

from dhis2w_client import ConflictError, Dhis2Client, InvalidRequestError
from dhis2w_client.analytics import (
    AnalyticsQuery,
    DroppedItemsWarning,
    Grid,
    NoOutputPeriodsWarning,
    NotSplittableError,
)
from dhis2w_sandbox import Sandbox
from tests.client_analytics.conftest import METADATA, NORTH, PERIODS, ROOT, SHARE, SOUTH, VISITS, WEIGHT, build_tables
from tests.client_metadata.connecting import run

UNITS = (NORTH, SOUTH)


def keyed(grid: Grid) -> dict[tuple[str, ...], Any]:
    return {tuple(str(cell) for key, cell in row.items() if key != "value"): row["value"] for row in grid.rows()}


def test_numbers_are_numbers_and_nothing_is_zero(sandbox: Sandbox) -> None:
    async def use(client: Dhis2Client) -> None:
        grid = await client.analytics.aggregate(dx=VISITS, pe=[*PERIODS, "202404"], ou=UNITS)
        found = keyed(grid)
        assert found[VISITS, "202402", SOUTH] == 22.0
        assert not any("202404" in key for key in found)
        total = await client.analytics.aggregate(dx=[VISITS, WEIGHT], pe="2024Q1", filters={"ou": ROOT})
        assert keyed(total)[VISITS, "2024Q1"] == 11 + 12 + 13 + 21 + 22 + 23
        assert grid.to_polars().schema["value"] == pl.Float64
        dates = AnalyticsQuery(dx=VISITS, ou=UNITS, start=date(2024, 1, 1), end=date(2024, 2, 29))
        assert keyed(await client.analytics.aggregate(dates)) == {(VISITS, NORTH): 23, (VISITS, SOUTH): 43}

    run(sandbox, use)


def test_labels_are_joined(sandbox: Sandbox) -> None:
    async def use(client: Dhis2Client) -> None:
        query = AnalyticsQuery(dx=VISITS, pe="202401", ou=UNITS, details=True, hierarchy=True)
        grid = (await client.analytics.aggregate(query)).with_labels("name", "code", "hierarchy")
        row = next(row for row in grid.rows() if row["ou"] == NORTH)
        assert (row["dx_name"], row["dx_code"], row["ou_name"], row["pe_name"]) == (
            "Visits",
            "VISITS",
            "North",
            "January 2024",
        )
        assert row["ou_hierarchy"].endswith("Land/North")
        assert row["value"] == 11.0
        bare = await client.analytics.aggregate(dx=VISITS, pe="202401", ou=UNITS)
        with pytest.raises(InvalidRequestError, match="details=True"):
            bare.with_labels("code")
        with pytest.raises(InvalidRequestError, match="hierarchy=True"):
            bare.with_labels("hierarchy")

    run(sandbox, use)


def test_items_that_were_dropped_are_warned_of(sandbox: Sandbox) -> None:
    async def use(client: Dhis2Client) -> None:
        with pytest.warns(DroppedItemsWarning, match="dx .*nOtKnown001"):
            grid = await client.analytics.aggregate(dx=[VISITS, "nOtKnown001"], pe="202401", ou=UNITS)
        assert len(grid) == 2  # DHIS2 itself says nothing
        raw = await client.get(
            "analytics",
            params=[("dimension", f"dx:{VISITS};nOtKnown001"), ("dimension", "pe:202401"), ("filter", f"ou:{ROOT}")],
        )
        assert "nOtKnown001" not in str(raw)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            await client.analytics.aggregate(dx=VISITS, pe="202401", ou=["LEVEL-2", ROOT])

    run(sandbox, use)


@pytest.mark.parametrize(
    ("query", "says"),
    [
        (AnalyticsQuery(), "E7101"),
        (AnalyticsQuery(dx="a", ou="b"), "E7146"),
        (AnalyticsQuery(dx="a", pe="2024", filters={"pe": "2023"}), "E7103"),
        (AnalyticsQuery(dx="a", pe="2024", start=date(2024, 1, 1)), "E7105"),
        (AnalyticsQuery(dx="a", start=date(2024, 2, 1), end=date(2024, 1, 1)), "E7106"),
        (AnalyticsQuery(dx="a,b", pe="2024"), "take apart"),
        (AnalyticsQuery(dx="a", pe="2024", skip_meta=True, output_scheme="CODE"), "skip_meta"),
    ],
)
def test_what_dhis2_would_refuse_is_not_sent(query: AnalyticsQuery, says: str) -> None:
    with pytest.raises(InvalidRequestError, match=says):
        query.query_params()


def test_without_tables_the_code_says_so(empty: Sandbox) -> None:
    async def use(client: Dhis2Client) -> None:
        await client.post("metadata", METADATA)
        with pytest.raises(ConflictError) as caught:
            await client.analytics.aggregate(dx=VISITS, pe="202401", filters={"ou": ROOT})
        assert caught.value.code == "E7144"

    run(empty, use)


def test_a_refusal_as_text_with_success_is_an_error(sandbox: Sandbox) -> None:
    async def use(client: Dhis2Client) -> None:
        bad = [("dimension", f"dx:{VISITS}"), ("dimension", f"ou:{NORTH}")]
        async with client.stream("analytics.csv", params=bad) as pieces:  # what a client without the guard would save
            assert b"".join([piece async for piece in pieces]).startswith(b"E7146")
        with pytest.raises(ConflictError, match="E7146") as caught:
            async with client.analytics.stream(bad):
                pass
        assert (caught.value.code, caught.value.status) == ("E7146", 200)
        query = AnalyticsQuery(dx=VISITS, pe=PERIODS, ou=UNITS)
        async with client.analytics.stream(query) as pieces:
            text = b"".join([piece async for piece in pieces]).decode()
        assert len(text.strip().splitlines()) == 7

    run(sandbox, use)


def test_tables_without_periods_are_told_from_no_data(empty: Sandbox) -> None:
    async def use(client: Dhis2Client) -> None:
        await client.post("metadata", METADATA)
        await build_tables(client)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            grid = await client.analytics.aggregate(dx=VISITS, pe="202401", filters={"ou": ROOT})
        assert len(grid) == 0
        kinds = [NoOutputPeriodsWarning] if client.dialect.chooses_output_periods else []
        assert [warning.category for warning in caught] == kinds

    run(empty, use)


def test_a_query_over_the_limit_is_put_together_again(sandbox: Sandbox) -> None:
    async def use(client: Dhis2Client) -> None:
        query = AnalyticsQuery(dx=VISITS, pe=PERIODS, ou=UNITS)
        at_once = keyed(await client.analytics.aggregate(query))
        await client.post("systemSettings/keyAnalyticsMaxLimit", "2", content_type="text/plain")
        with pytest.raises(ConflictError) as caught:
            await client.analytics.aggregate(query)
        assert caught.value.code == "E7128"
        in_parts = await client.analytics.aggregate(query, split=True)
        assert keyed(in_parts) == at_once
        assert len(in_parts) == len(at_once) == 6
        for dx, why in ((WEIGHT, "AVERAGE"), (SHARE, "indicator")):
            with pytest.raises(NotSplittableError, match=why):
                await client.analytics.aggregate(AnalyticsQuery(dx=dx, pe=PERIODS, ou=UNITS), split=True)
        counts = AnalyticsQuery(dx=WEIGHT, pe=PERIODS, ou=UNITS, aggregation_type="COUNT")
        assert set(keyed(await client.analytics.aggregate(counts, split=True)).values()) == {1.0}

    run(sandbox, use)


def test_outliers_need_a_time(sandbox: Sandbox) -> None:
    async def use(client: Dhis2Client) -> None:
        with pytest.raises(InvalidRequestError, match="E7146"):
            await client.analytics.outliers(dx=VISITS, ou=ROOT)

    run(sandbox, use)


def test_outliers_are_rows_with_numbers(sandbox: Sandbox) -> None:
    """Of `Visits` in the north, 11, 12 and 13: the mean is 12, the deviation the root of 2/3."""

    async def use(client: Dhis2Client) -> None:
        asked: Any = {"dx": VISITS, "ou": NORTH, "pe": "2024", "threshold": 1.2}
        grid = await client.analytics.outliers(**asked, params={"orderBy": "value", "sortOrder": "ASC"})
        assert [(row["pe"], row["value"]) for row in grid.rows()] == [("202401", 11.0), ("202403", 13.0)]
        assert grid.column("mean") == [12.0, 12.0]
        assert grid.column("zscore") == [1.22, 1.22]
        both = await client.analytics.outliers(data_sets="gridDataSet", ou=ROOT, pe="2024", threshold=1.2)
        assert len(both) == 8
        asked["algorithm"] = "MODIFIED_Z_SCORE"
        assert len(await client.analytics.outliers(**(asked | {"threshold": 0.6}))) == 2

    run(sandbox, use)


def test_tables_that_were_built_without_outliers_say_so(sandbox: Sandbox) -> None:
    async def use(client: Dhis2Client) -> None:
        job = await client.maintenance.refresh_analytics(without=["outliers"])
        await client.jobs.wait(job, within=60)
        with pytest.raises(ConflictError) as refused:
            await client.analytics.outliers(dx=VISITS, ou=ROOT, pe="2024")
        assert refused.value.code == "E7180"

    run(sandbox, use)
