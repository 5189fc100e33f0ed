"""What is refused before it is sent: only what the server would refuse, too, with its codes."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from typing import Any

import pytest

from dhis2w_client import Dhis2Client
from dhis2w_client.tracker import PushOptions
from dhis2w_core.transfers.chunk import Chunk
from dhis2w_core.transfers.tracker_check import TrackerCheck, can_check
from dhis2w_core.transfers.tracker_rows import kind_of
from dhis2w_sandbox import Sandbox
from tests.client_metadata.connecting import run
from tests.core_transfers.test_tracker_push import AGE, CASE, CASES, LATER, RESULT, SLEPT_ELSEWHERE, UNIT, person

Row = dict[str, Any]


@pytest.fixture(params=[pytest.param(41, marks=pytest.mark.slow), 42, 43, pytest.param(44, marks=pytest.mark.slow)])
def demo(request: pytest.FixtureRequest) -> Generator[Sandbox]:
    with Sandbox(request.param) as sandbox:
        yield sandbox


def case(*values: tuple[str, Any], **more: Any) -> Row:
    """An event."""
    given = [{"dataElement": uid, "value": value} for uid, value in ((RESULT, "POS"), *values)]
    own = {"program": CASES, "programStage": CASE, "orgUnit": UNIT, "occurredAt": "2024-03-01", "status": "ACTIVE"}
    return {key: value for key, value in {**own, "dataValues": given, **more}.items() if value is not None}


def seen(**more: Any) -> Row:
    """A person whose visit differs."""
    row = person("Ada")
    row["enrollments"][0]["events"][0] |= more
    return row


def enrolled(**more: Any) -> Row:
    """A person whose enrollment differs."""
    row = person("Ada")
    row["enrollments"][0] |= more
    return row


WRONG: Mapping[str, Row] = {
    "E1123": case(orgUnit=None),
    "E1011": case(orgUnit="NoUnit00001"),
    "E1010": case(program="NoProgram01"),
    "E1013": case(programStage="NoStage0001"),
    "E1089": case(programStage=LATER),
    "E1305": case(("RnlWGeZQKmM", "5")),
    "E1302": case((AGE, "-1")),
    "E1121": person("Ada", orgUnit=None),
    "E1049": person("Ada", orgUnit="NoUnit00001"),
    "E1122": enrolled(program=None),
    "E1070": enrolled(orgUnit="NoUnit00001"),
    "E1069": enrolled(program="NoProgram01"),
}
"""A row that is refused, by DHIS2's code."""
WRONG_BELOW = [seen(orgUnit=None), seen(programStage=CASE), seen(dataValues=[{"dataElement": AGE, "value": "5"}])]
LEFT_TO_SERVER = [case((RESULT, "MAYBE")), case(status="NONE"), case(occurredAt=None), enrolled(enrolledAt=None)]
"""What DHIS2 refuses, and the check does not look at."""
RIGHT = [
    case((AGE, "5"), (SLEPT_ELSEWHERE, "true")),
    case((AGE, 5), (SLEPT_ELSEWHERE, False)),
    case((AGE, ""), (SLEPT_ELSEWHERE, None)),
    case(program=None),
    case(programStage=None),
    person("Ada"),
]


async def refused_by_server(client: Dhis2Client, row: Row) -> set[str | None]:
    report = await client.tracker.push({kind_of(row).key: [row]}, PushOptions(dry_run=True))
    return {error.code for error in report.errors}


async def refused_here(client: Dhis2Client, rows: list[Row]) -> dict[int, str | None]:
    refused = await (await TrackerCheck.of(client)).refusals(Chunk(0, rows, range(1, len(rows) + 1)))
    assert [each.row for each in refused] == sorted({each.row for each in refused})
    assert all(each.problem for each in refused)
    return {each.row: each.code for each in refused}


def test_what_is_refused_has_the_code_that_the_server_gives(demo: Sandbox) -> None:
    async def use(client: Dhis2Client) -> None:
        found = await refused_here(client, [*WRONG.values()])
        assert found == dict(enumerate(WRONG))
        for code, row in WRONG.items():
            assert code in await refused_by_server(client, row), row
        below = await refused_here(client, WRONG_BELOW)
        for at, row in enumerate(WRONG_BELOW):
            assert below[at] in await refused_by_server(client, row), row

    run(demo, use)


def test_what_the_server_takes_is_not_refused(demo: Sandbox) -> None:
    async def use(client: Dhis2Client) -> None:
        assert await refused_here(client, [*RIGHT, *LEFT_TO_SERVER]) == {}
        for row in RIGHT:
            assert await refused_by_server(client, row) == set(), row

    run(demo, use)


def test_programs_that_the_user_may_not_see_are_left_to_the_server(demo: Sandbox) -> None:
    hidden = [case(program="NoProgram01", programStage=None), WRONG["E1013"], WRONG["E1069"]]

    async def use(client: Dhis2Client) -> None:
        refused = await TrackerCheck(client, sees_all=False).refusals(Chunk(0, [*hidden, WRONG["E1011"]], range(4)))
        assert [each.row for each in refused] == [3]

    run(demo, use)


def test_only_uids_and_only_what_is_written_can_be_checked() -> None:
    assert can_check(PushOptions(id_scheme="UID"))
    assert not can_check(PushOptions(org_unit_id_scheme="CODE"))
    assert not can_check(PushOptions(id_scheme="NAME"))
    assert not can_check(PushOptions(strategy="DELETE"))
