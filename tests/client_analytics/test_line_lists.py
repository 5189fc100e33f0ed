"""Line lists and counts of events, on every version: all pages, and what would mislead."""

from __future__ import annotations

from collections.abc import Generator
from datetime import date

import pytest

from dhis2w_client import Dhis2Client, InvalidRequestError
from dhis2w_client.metadata import NotInVersionError
from dhis2w_sandbox import Sandbox
from tests.client_analytics.conftest import build_tables
from tests.client_metadata.connecting import run
from tests.client_tracker.conftest import ANNA, PROGRAM, STAGE, UNIT, WEIGHT

DAY = date(2019, 3, 1)
"""A day of which the demo country has no events."""
TIME = {"start": date(2019, 1, 1), "end": date(2019, 12, 31)}
COLUMN = f"{STAGE}.{WEIGHT}"


@pytest.fixture(params=[41, 42, 43, 44])
def country(request: pytest.FixtureRequest) -> Generator[Sandbox]:
    with Sandbox(request.param) as made:
        run(made, fill)
        yield made


async def fill(client: Dhis2Client) -> None:
    """Five events with weights of 60 to 64."""
    program = await client.get(f"programs/{PROGRAM}", params={"fields": "trackedEntityType"})
    type = program["trackedEntityType"]["id"]
    for place in range(5):
        person = await client.tracker.register(type, UNIT, ANNA, program=PROGRAM, enrolled_at=DAY, occurred_at=DAY)
        enrollment = person.uids["enrollments"][0]
        values = {WEIGHT: 60 + place}
        await client.tracker.add_event(PROGRAM, STAGE, UNIT, values, enrollment=enrollment, occurred_at=DAY)
    if client.dialect.chooses_output_periods:
        await client.post("configuration/dataOutputPeriodTypes", [{"name": "Monthly"}, {"name": "Yearly"}])
    await build_tables(client)


def test_a_line_list_has_all_pages_and_numbers(country: Sandbox) -> None:
    async def use(client: Dhis2Client) -> None:
        events = client.analytics.events
        grid = await events.query(
            PROGRAM, stage=STAGE, ou=UNIT, dimensions=[COLUMN], start=TIME["start"], end=TIME["end"]
        )
        assert sorted(grid.column(COLUMN if COLUMN in grid.names else WEIGHT)) == [60.0, 61.0, 62.0, 63.0, 64.0]
        sizes = [
            len(page)
            async for page in events.pages(
                PROGRAM, stage=STAGE, ou=UNIT, start=TIME["start"], end=TIME["end"], page_size=2
            )
        ]
        assert sum(sizes) == 5
        assert max(sizes) == 2
        counted = await events.aggregate(PROGRAM, stage=STAGE, ou=UNIT, start=TIME["start"], end=TIME["end"])
        assert counted.column("value") == [5]

    run(country, use)


def test_what_would_mislead_is_not_sent(country: Sandbox) -> None:
    async def use(client: Dhis2Client) -> None:
        events = client.analytics.events
        with pytest.raises(InvalidRequestError, match="which units"):
            await events.query(PROGRAM, pe="2024")
        with pytest.raises(InvalidRequestError, match="which time"):
            await events.query(PROGRAM, ou=UNIT)
        with pytest.raises(InvalidRequestError, match="skipMeta"):
            await events.aggregate(PROGRAM, ou=UNIT, pe="2024", params={"skipMeta": True})
        if not client.dialect.aggregates_tracked_entities:
            with pytest.raises(NotInVersionError):
                await client.analytics.tracked_entities.aggregate("type", ou=UNIT)

    run(country, use)


def test_csv_of_a_line_list_is_not_cut(country: Sandbox) -> None:
    async def use(client: Dhis2Client) -> None:
        params = [
            ("dimension", f"ou:{UNIT}"),
            ("stage", STAGE),
            ("startDate", "2019-01-01"),
            ("endDate", "2019-12-31"),
            ("pageSize", 2),
        ]
        path = f"analytics/events/query/{PROGRAM}"
        async with client.stream(f"{path}.csv", params=params) as pieces:
            cut = b"".join([piece async for piece in pieces])
        async with client.analytics.stream(params, path=path) as pieces:
            whole = b"".join([piece async for piece in pieces])
        assert (len(cut.splitlines()), len(whole.splitlines())) == (3, 6)

    run(country, use)
