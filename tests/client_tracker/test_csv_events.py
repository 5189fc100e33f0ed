"""Events as CSV: what was read as a file is pushed again as it was."""

from __future__ import annotations

from datetime import date

import pytest

from dhis2w_client import Dhis2Client, InvalidRequestError
from dhis2w_client.tracker import events_in_csv
from dhis2w_sandbox import Sandbox
from tests.client_metadata.connecting import run
from tests.client_tracker.conftest import ANNA, PROGRAM, STAGE, UNIT, WEIGHT

DAY = date(2024, 1, 2)
ENROLLMENT, EVENT = "csvEnrollm1", "csvEventAa1"


async def written(client: Dhis2Client) -> dict[str | None, str | None]:
    """The values of the event."""
    event = await client.tracker.events.get(EVENT)
    return {each.dataElement: each.value for each in event.dataValues or []}


def test_a_table_of_events_goes_back_as_it_came(sandbox: Sandbox) -> None:
    async def use(client: Dhis2Client) -> None:
        tracker = client.tracker
        program = await client.get(f"programs/{PROGRAM}", params={"fields": "trackedEntityType"})
        made = await tracker.register(program["trackedEntityType"]["id"], UNIT, ANNA)
        entity = made.uids["trackedEntities"][0]
        await tracker.enrol(entity, PROGRAM, UNIT, enrolled_at=DAY, occurred_at=DAY, uid=ENROLLMENT)
        values = {WEIGHT: 61.5}
        await tracker.add_event(PROGRAM, STAGE, UNIT, values, enrollment=ENROLLMENT, occurred_at=DAY, uid=EVENT)
        before = await written(client)
        async with tracker.events.stream(format="csv", program=PROGRAM, enrollments=ENROLLMENT) as pieces:
            content = b"".join([piece async for piece in pieces])
        (event,) = events_in_csv(content).events or []
        assert (event.event, len(event.dataValues or [])) == (EVENT, 1)
        report = await tracker.push(events_in_csv(content))
        assert (report.counts.created, report.counts.updated, report.counts.ignored) == (0, 1, 0)
        assert await written(client) == before
        lines = content.decode().replace("61.5", "63.5").splitlines(keepends=True)[1:]
        await tracker.push(events_in_csv("".join(lines).encode(), header=False))
        assert ((await written(client))[WEIGHT], before[WEIGHT]) == ("63.5", "61.5")

    run(sandbox, use)


def test_points_are_read_and_other_shapes_refused() -> None:
    head = "program,geometry,longitude,latitude\n"
    points = events_in_csv(f"{head}p,'POINT (-11.4 8.06)',,\np,,1.5,-2\np,,,\n".encode())
    assert [event.geometry for event in points.events or []] == [
        {"type": "Point", "coordinates": [-11.4, 8.06]},
        {"type": "Point", "coordinates": [1.5, -2.0]},
        None,
    ]
    with pytest.raises(InvalidRequestError, match="is no point"):
        events_in_csv(f'{head}p,"POLYGON ((0 0, 1 1, 0 1, 0 0))",,\n'.encode())
