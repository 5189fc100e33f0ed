"""Rows that DHIS2 fails on: they are found and refused, the others are sent, and nothing is sent in vain."""

from __future__ import annotations

import json
import random
from collections.abc import Generator
from pathlib import Path
from typing import Any, cast

import pytest

from dhis2w_client import Dhis2Client, ServerError
from dhis2w_sandbox import Sandbox
from dhis2w_sandbox.faults import Fault
from tests.client_metadata.connecting import run
from tests.core_transfers.test_tracker_push import (
    CARE,
    GIVEN_NAME,
    UNIT,
    cases,
    document,
    person,
    plan_of,
    send,
    stored,
    table,
)

Row = dict[str, Any]
IMPORTS = "tracker$"
FAILED = json.dumps({"httpStatus": "Internal Server Error", "httpStatusCode": 500, "status": "ERROR", "message": "Odd"})


@pytest.fixture(params=[pytest.param(41, marks=pytest.mark.slow), 42, 43, pytest.param(44, marks=pytest.mark.slow)])
def version(request: pytest.FixtureRequest) -> int:
    return request.param


@pytest.fixture
def demo(version: int) -> Generator[Sandbox]:
    with Sandbox(version) as sandbox:
        yield sandbox


def failure(times: int | None = 1, **more: Any) -> Fault:
    """What DHIS2 answers where it fails itself."""
    return Fault(500, FAILED.encode(), "application/json", path=IMPORTS, method="POST", times=times, **more)


def numbered(number: int) -> Row:
    """A person all of whose parts have UIDs."""
    row = person(f"P{number}", trackedEntity=f"PersonAaa{number:02}")
    [care] = row["enrollments"]
    [visit] = care["events"]
    care |= {"enrollment": f"CareAaaaa{number:02}", "notes": []}
    visit |= {"event": f"VisitAaaa{number:02}", "notes": []}
    return row


def failing(number: int, version: int) -> Row:
    """A person on which this version fails: until 2.42 with an attribute twice, later with an enrollment twice."""
    row = numbered(number)
    if version < 43:
        row["attributes"].append({"attribute": GIVEN_NAME, "value": "Again"})
    else:
        row["enrollments"] *= 2
    return row


async def everybody(client: Dhis2Client) -> list[Row]:
    """The people of the unit, without times."""
    rows = client.tracker.tracked_entities.rows(program=CARE, org_units=UNIT, fields="*")
    return sorted([_lasting(row) async for row in rows], key=lambda row: row["trackedEntity"])


def _lasting(content: Any) -> Any:
    if isinstance(content, list):
        return [_lasting(each) for each in cast("list[object]", content)]
    if not isinstance(content, dict):
        return content
    return {key: _lasting(each) for key, each in cast("Row", content).items() if not key.lower().endswith("at")}


@pytest.mark.parametrize("seed", [0, 1, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(2, 9))])
def test_rows_that_dhis2_fails_on_are_refused_and_the_others_are_as_if_sent_alone(
    demo: Sandbox, version: int, tmp_path: Path, seed: int
) -> None:
    chance = random.Random(seed)  # noqa: S311 - a repeatable one
    bad = set(chance.sample(range(11), chance.randint(1, 4)))
    rows = [failing(at, version) if at in bad else numbered(at) for at in range(11)]
    plan = document(tmp_path / "people.json", trackedEntities=rows)

    async def use(client: Dhis2Client) -> list[Row]:
        report = await send(client, plan_of(plan.source, rows_at_once=4 + seed))
        assert (report["accepted"], report["refused"]) == (11 - len(bad), len(bad))
        return await everybody(client)

    found = run(demo, use)
    rejects = [json.loads(line) for line in (tmp_path / "people.rejects.ndjson").read_text("utf-8").splitlines()]
    assert {row["source_line"] - 1 for row in rejects} == bad
    assert all("its log says why" in row["what_to_do"] and row["problem"] for row in rejects)
    rest = document(tmp_path / "rest.json", trackedEntities=[row for at, row in enumerate(rows) if at not in bad])

    async def send_rest(client: Dhis2Client) -> list[Row]:
        assert (await send(client, rest))["refused"] == 0
        return await everybody(client)

    with Sandbox(version) as clean:
        assert found == run(clean, send_rest)


@pytest.mark.parametrize("times", [1, 5, *(pytest.param(times, marks=pytest.mark.slow) for times in (2, 3, 4, 8, 13))])
def test_a_server_that_fails_for_a_while_refuses_nothing(demo: Sandbox, tmp_path: Path, times: int) -> None:
    plan = table(tmp_path / "cases.csv", cases(8), rows_at_once=5)
    demo.faults.add(failure(times, skip=times % 2))

    async def use(client: Dhis2Client) -> None:
        for _ in range(times + 1):
            try:
                report = await send(client, plan)
            except ServerError as error:
                assert "Odd" in error.message  # noqa: PT017 - it may pass as well
                continue
            assert (report["accepted"], report["refused"]) == (8, 0)
            break
        assert [age for _, age, _ in await stored(client)] == [str(day) for day in range(1, 9)]

    run(demo, use)


def test_a_server_that_fails_on_everything_is_not_asked_for_each_row(demo: Sandbox, tmp_path: Path) -> None:
    plan = table(tmp_path / "cases.csv", cases(28) * 4, rows_at_once=112)
    demo.faults.add(failure(40))
    demo.faults.add(Fault(599, path=IMPORTS, method="POST", times=None))

    async def use(client: Dhis2Client) -> None:
        with pytest.raises(ServerError, match="Odd"):
            await send(client, plan)

    run(demo, use)


def test_what_is_stored_before_dhis2_fails_is_not_sent_again(demo: Sandbox, tmp_path: Path) -> None:
    plan = table(tmp_path / "cases.csv", cases(3))
    demo.faults.add(failure(done=True))
    demo.faults.add(failure(None))

    async def use(client: Dhis2Client) -> None:
        assert (await send(client, plan))["accepted"] == 3
        assert len(await stored(client)) == 3

    run(demo, use)


def test_jobs_that_end_without_a_report_are_searched_as_well(demo: Sandbox, version: int, tmp_path: Path) -> None:
    rows = [numbered(1), failing(2, version), numbered(3)]
    plan = document(tmp_path / "people.json", trackedEntities=rows)

    async def use(client: Dhis2Client) -> None:
        report = await send(client, plan_of(plan.source, background=True))
        assert (report["accepted"], report["refused"]) == (2, 1)

    run(demo, use)
