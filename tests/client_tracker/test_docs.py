"""The programs of docs/tracker.md run as they stand."""

from __future__ import annotations

from dhis2w_client import Dhis2Client
from dhis2w_sandbox import Sandbox
from tests.client_metadata.connecting import run
from tests.client_tracker.conftest import ANNA, PROGRAM, UNIT
from tests.client_tracker.page_programs import programs_of


def test_the_programs_of_the_page_run(sandbox: Sandbox) -> None:
    programs = programs_of("tracker.md")

    async def use(client: Dhis2Client) -> None:
        found = await client.get(f"programs/{PROGRAM}", params={"fields": "trackedEntityType"})
        type = found["trackedEntityType"]["id"]
        uid = await programs["register"](client, type, UNIT, PROGRAM, ANNA)
        assert (await client.tracker.tracked_entities.get(uid)).orgUnit == UNIT
        assert isinstance(await programs["of_a_unit"](client, PROGRAM, UNIT), list)
        lost = {"trackedEntities": [{"trackedEntityType": type, "orgUnit": "nOtKnown001"}]}
        report = await programs["save_what_is_valid"](client, lost)
        assert report.refused

    run(sandbox, use)
