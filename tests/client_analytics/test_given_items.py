"""Items and days of queries as notebooks have them: sent as what they mean, or refused before anything is sent."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import numpy
import pytest

from dhis2w_client import Dhis2Client, InvalidRequestError
from dhis2w_client.analytics import AnalyticsQuery
from dhis2w_client.periods import parse_period
from dhis2w_sandbox import Sandbox
from tests.client_metadata.connecting import run


@pytest.mark.parametrize(
    ("periods", "text"),
    [
        (2024, "pe:2024"),
        ([202401, "202402"], "pe:202401;202402"),
        (parse_period("2024Q1"), "pe:2024Q1"),
        ([parse_period("202401")], "pe:202401"),
        (numpy.array(["202401"]), "pe:202401"),
    ],
)
def test_periods_need_not_be_texts(periods: Any, text: str) -> None:
    assert ("dimension", text) in AnalyticsQuery(dx="fbfJHSPpUQD", pe=periods, ou="LEVEL-1").query_params()


@pytest.mark.parametrize("periods", [date(2024, 1, 1), [None], [date(2024, 1, 1)], 2024.0, iter(["2024"])])
def test_what_are_no_items_is_refused(periods: Any) -> None:
    with pytest.raises(InvalidRequestError):
        AnalyticsQuery(dx="fbfJHSPpUQD", pe=periods, ou="LEVEL-1").query_params()


def test_a_point_in_time_stands_for_its_day() -> None:
    query = AnalyticsQuery(dx="fbfJHSPpUQD", ou="LEVEL-1", start=date(2024, 1, 1), end=datetime(2024, 3, 1, 12))
    assert {("startDate", "2024-01-01"), ("endDate", "2024-03-01")} <= set(query.query_params())


def test_a_query_and_dimensions_beside_it_are_refused() -> None:
    async def use(client: Dhis2Client) -> None:
        query = AnalyticsQuery(dx="fbfJHSPpUQD", pe="2024", ou="LEVEL-1")
        for more in ({"ou": "LEVEL-2"}, {"filters": {"ou": "LEVEL-2"}}):
            given: Any = more
            with pytest.raises(InvalidRequestError, match="not both"):
                await client.analytics.aggregate(query, **given)

    with Sandbox(42, empty=True) as sandbox:
        run(sandbox, use)
