"""The programs of docs/analytics.md run as they stand."""

from __future__ import annotations

from dhis2w_client import Dhis2Client
from dhis2w_sandbox import Sandbox
from tests.client_analytics.conftest import NORTH, VISITS
from tests.client_metadata.connecting import run
from tests.client_tracker.page_programs import programs_of


def test_the_programs_of_the_page_run(sandbox: Sandbox) -> None:
    programs = programs_of("analytics.md")

    async def use(client: Dhis2Client) -> None:
        grid = await programs["visits"](client, VISITS, NORTH)
        assert grid.column("value") == [11.0, 12.0]
        quarter = await programs["first_quarter"](client, VISITS, NORTH)
        assert quarter.column("value") == [36.0]
        assert quarter.column("ou_code") == ["NORTH"]
        assert "line_list" in programs

    run(sandbox, use)
