"""What is refused before it is sent: only what the server would refuse, too, with its codes."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import replace
from typing import Any

import pytest

from dhis2w_client import BadRequestError, Dhis2Client
from dhis2w_client.tracker import PushOptions
from dhis2w_client.tracker.payload import with_uids
from dhis2w_core.transfers.chunk import Chunk
from dhis2w_core.transfers.tracker_check import TrackerCheck, can_check
from dhis2w_core.transfers.tracker_rows import kind_of
from dhis2w_sandbox import Sandbox
from tests.client_metadata.connecting import run
from tests.core_transfers.test_tracker_push import (
    AGE,
    CARE,
    CASE,
    CASES,
    LATER,
    RESULT,
    SLEPT_ELSEWHERE,
    UNIT,
    WEIGHT,
    person,
)

Row = dict[str, Any]
SEX, VILLAGE, TELEPHONE, CONSENT = "YVMuNKm0Y89", "HuV7rDKahat", "TMWSUTLRVFc", "TkrU6dnpA4l"
SYMPTOMS = "Ki0a9Eyvzdq"


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


NAMES = person("Ada")["attributes"]
WRONG: Mapping[str | None, Row] = {
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
    "E1005": person("Ada", trackedEntityType="NoType00001"),
    "E1006": person("Ada", attributes=[*NAMES, {"attribute": "NoAttribut1", "value": "x"}]),
    "E1007": person("Ada", attributes=[*NAMES, {"attribute": CONSENT, "value": "perhaps"}]),
    "E1014": enrolled(program=CASES),
    "E1019": enrolled(attributes=[{"attribute": SEX, "value": "F"}]),
    "E1020": enrolled(enrolledAt="2199-01-01"),
    "E1021": enrolled(occurredAt="2199-01-01T00:00:00.000"),
    "E1023": enrolled(occurredAt=None),
    "E1025": enrolled(enrolledAt=" "),
    "E1031": case(occurredAt=None),
    "E1076": person("Ada", attributes=[NAMES[0], {**NAMES[1], "value": None}]),
    "E1077": person("Ada", attributes=[*NAMES, {"attribute": VILLAGE, "value": "o" * 1201}]),
    "E1090": {key: value for key, value in person("Ada", attributes=NAMES[:1]).items() if key != "enrollments"},
    "E1125": person("Ada", attributes=[*NAMES, {"attribute": SEX, "value": "X"}]),
    "E1303": {**case(), "dataValues": []},
    None: case(occurredAt="03/01/2024"),
}
"""A row that is refused, by DHIS2's code."""
WRONG_BELOW = [
    seen(orgUnit=None),
    seen(programStage=CASE),
    seen(dataValues=[{"dataElement": AGE, "value": "5"}]),
    seen(dataValues=[]),
    seen(dataValues=[{"dataElement": WEIGHT, "value": None}]),
    case((RESULT, "MAYBE")),
    case((SYMPTOMS, "FEVER,MAYBE")),
    enrolled(completedAt="2024-02-30"),
]
LEFT_TO_SERVER = [case(status="NONE"), person("Ada", attributes=[*NAMES, {"attribute": TELEPHONE, "value": "x"}])]
"""What DHIS2 refuses, and the check does not look at."""
RIGHT = [
    case((AGE, "5"), (SLEPT_ELSEWHERE, "true")),
    case((AGE, 5), (SLEPT_ELSEWHERE, False)),
    case((AGE, ""), (SLEPT_ELSEWHERE, None)),
    case(occurredAt="2024-03"),
    case(occurredAt="1709251200000"),
    case((SYMPTOMS, "FEVER,VOMITING")),
    seen(status="SCHEDULE", occurredAt=None, scheduledAt="2199-01-01", dataValues=[]),
    case(program=None),
    case(programStage=None),
    enrolled(attributes=NAMES),
    person("Ada"),
]


async def refused_by_server(client: Dhis2Client, row: Row) -> set[str | None]:
    try:
        report = await client.tracker.push({kind_of(row).key: [row]}, PushOptions(dry_run=True))
    except BadRequestError as error:
        return {error.code}
    return {error.code for error in report.errors}


async def refused_here(client: Dhis2Client, given: list[Row]) -> dict[int, str | None]:
    rows = [with_uids({kind_of(row).key: [row]})[kind_of(row).key][0] for row in given]
    refused = await (await TrackerCheck.of(client)).refusals(Chunk(0, rows, range(1, len(rows) + 1)))
    assert [each.row for each in refused] == sorted({each.row for each in refused})
    assert all(each.problem and each.what_to_do for each in refused)
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


def test_what_the_user_may_not_see_is_left_to_the_server(demo: Sandbox) -> None:
    async def use(client: Dhis2Client) -> None:
        hidden = [WRONG[code] for code in ("E1013", "E1069", "E1005", "E1006", "E1090", "E1303")]
        hidden.append(case(program="NoProgram01", programStage=None))
        hidden = [with_uids({kind_of(row).key: [row]})[kind_of(row).key][0] for row in hidden]
        check = replace(await TrackerCheck.of(client), sees_all=False)
        refused = await check.refusals(Chunk(0, [*hidden, WRONG["E1011"]], range(8)))
        assert [each.row for each in refused] == [7]

    run(demo, use)


def test_only_uids_and_only_what_is_written_can_be_checked() -> None:
    assert can_check(PushOptions(id_scheme="UID"))
    assert not can_check(PushOptions(org_unit_id_scheme="CODE"))
    assert not can_check(PushOptions(id_scheme="NAME"))
    assert not can_check(PushOptions(strategy="DELETE"))
    assert not can_check(PushOptions(validation="SKIP"))


def test_what_may_be_missing_in_a_stored_object_is_not_asked_for_again(demo: Sandbox) -> None:
    uids: Row = {"trackedEntity": "StoredAaaa1", "attributes": [], "enrollments": []}
    event = {"event": "StoredAaaa2", "dataValues": [{"dataElement": AGE, "value": "7"}]}

    async def use(client: Dhis2Client) -> None:
        both = [person("Ada", **uids), {**case(), **event}]
        assert await refused_here(client, both) == {0: "E1090", 1: "E1303"}
        await client.tracker.push({"trackedEntities": [{**both[0], "attributes": NAMES}]})
        await client.tracker.push({"events": [{**both[1], "dataValues": case()["dataValues"]}]})
        assert await refused_here(client, both) == {}
        for row in both:
            assert await refused_by_server(client, row) == set()
        new = person("Eve", trackedEntity="StoredAaaa3")
        again: Row = {**new, "attributes": [], "enrollments": []}
        assert await refused_here(client, [new, again]) == {}  # the first one may make what the second one changes

    run(demo, use)


def test_what_a_program_asks_for_may_stand_in_the_entity_or_be_stored_in_it(demo: Sandbox) -> None:
    village = {"attribute": VILLAGE, "value": "Bo"}

    async def use(client: Dhis2Client) -> None:
        program = await client.get(f"programs/{CARE}", params={"fields": ":owner"})
        for link in program["programTrackedEntityAttributes"]:
            link["mandatory"] |= link["trackedEntityAttribute"]["id"] == VILLAGE
        await client.put(f"programs/{CARE}", program)
        there = person("Ada", trackedEntity="StoredAaaa1", attributes=[*NAMES, village], enrollments=[])
        await client.tracker.push({"trackedEntities": [there]})
        right = [
            enrolled(attributes=[village]),
            person("Eve", attributes=[*NAMES, village]),
            person("Ada", trackedEntity="StoredAaaa1"),
        ]
        assert await refused_here(
            client, [*right, person("Eve"), enrolled(attributes=[{**village, "value": None}])]
        ) == {
            3: "E1018",
            4: "E1076",
        }
        for row in right:
            assert await refused_by_server(client, row) == set()
        assert await refused_by_server(client, person("Eve")) == {"E1018", "E5000"}

    run(demo, use)
