"""After an answer that was lost, or a run that was stopped, what the server has is not sent again."""

from __future__ import annotations

import json
from collections.abc import Callable, Generator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dhis2w_client import Dhis2Client, ServerError
from dhis2w_client.clock import Clock
from dhis2w_client.data_values import DataValueOptions
from dhis2w_client.tracker import PushOptions
from dhis2w_core.transfers.data_push import BETWEEN_READS, DataPush
from dhis2w_core.transfers.source_rows import digest_of
from dhis2w_core.transfers.tracker_there import Row, TrackerThere, holds
from dhis2w_core.transfers.values_there import ValuesThere
from dhis2w_sandbox import Sandbox
from dhis2w_sandbox.faults import Fault
from tests.client_data import small_country
from tests.client_data.small_country import COUNT, FIRST_SET, UNIT, value
from tests.client_metadata import connecting
from tests.core_transfers.sender_process import at_once, plan_of
from tests.core_transfers.test_exactly_once import IMPORTS

HEAD = "dataElement,period,orgUnit,value,comment,followup,deleted\n"
VALUES = f"{COUNT},202401,{UNIT},1,,,\n{COUNT},202402,{UNIT},2,seen,true,\n{COUNT},202403,{UNIT},4,,,\n"
GONE = f"{COUNT},202401,{UNIT},1,,,true\n{COUNT},202403,{UNIT},3,again,,\n"
EVENTS = {
    "events": [
        {
            "program": "LqGPSqTKu6f",
            "programStage": "gdiFSa8OF0R",
            "orgUnit": "neINw0qT1QU",
            "occurredAt": "2019-05-01",
            "dataValues": [{"dataElement": "xOVzKVeJJN1", "value": "POS"}, {"dataElement": "Cc4kuzzxwi6", "value": 7}],
            "notes": [{"value": "seen"}],
        }
        for _ in range(4)
    ]
}


@pytest.fixture(params=[42, 43])
def country(request: pytest.FixtureRequest) -> Generator[Sandbox]:
    with Sandbox(request.param, empty=True) as sandbox:
        small_country.run(sandbox, lambda client: client.get("me"))
        yield sandbox


@pytest.fixture(params=[41, 42, 43])
def hospital(request: pytest.FixtureRequest) -> Generator[Sandbox]:
    with Sandbox(request.param) as sandbox:
        yield sandbox


def values_in(folder: Path, rows: str = VALUES) -> Path:
    file = folder / "values.csv"
    file.write_text(HEAD + rows, encoding="utf-8")
    return file


def events_in(folder: Path) -> Path:
    file = folder / "cases.json"
    file.write_text(json.dumps(EVENTS), encoding="utf-8")
    return file


async def push(client: Dhis2Client, file: Path) -> dict[str, Any]:
    return await plan_of(file).apply(client, lambda _: None)


def send_nothing_twice(sandbox: Sandbox, file: Path, lose: Callable[[Dhis2Client], Any]) -> dict[str, Any]:
    """Send a file of one part while its answer is lost; then every import fails."""

    async def use(client: Dhis2Client) -> dict[str, Any]:
        await lose(client)
        sandbox.faults.add(Fault(500, path=IMPORTS, method="POST", times=None))
        return await push(client, file)

    return connecting.run(sandbox, use)


@pytest.mark.parametrize("lost", [Fault(504, done=True), Fault(cut=3, breaks=True)])
def test_values_whose_answer_was_lost_are_not_sent_again(country: Sandbox, tmp_path: Path, lost: Fault) -> None:
    async def lose(_: Dhis2Client) -> None:
        country.faults.add(Fault(lost.status, done=lost.done, cut=lost.cut, path=IMPORTS, method="POST"))

    report = send_nothing_twice(country, values_in(tmp_path), lose)
    assert (report["read"], report["accepted"]) == (3, 3)


def test_values_of_a_run_that_was_stopped_are_not_sent_again(country: Sandbox, tmp_path: Path) -> None:
    async def lose(client: Dhis2Client) -> None:
        await push(client, values_in(tmp_path))
        country.faults.add(Fault(500, done=True, path=IMPORTS, method="POST"))
        with pytest.raises(ServerError):
            await push(client, values_in(tmp_path, GONE))

    report = send_nothing_twice(country, tmp_path / "values.csv", lose)
    assert (report["read"], report["accepted"]) == (2, 2)


def test_values_that_a_lost_request_deleted_are_not_refused(country: Sandbox, tmp_path: Path) -> None:
    file = values_in(tmp_path)
    delete = DataPush(file, digest_of(file), options=DataValueOptions(strategy="DELETE"), clock=Clock(sleep=at_once))

    async def use(client: Dhis2Client) -> None:
        await push(client, file)
        country.faults.add(Fault(504, done=True, path=IMPORTS, method="POST"))
        report = await delete.apply(client, lambda _: None)
        assert (report["read"], report["accepted"], report["refused"]) == (3, 3, 0)
        assert await small_country.stored(client) == []

    connecting.run(country, use)


def test_nothing_is_sent_again_while_the_server_is_still_at_work(country: Sandbox, tmp_path: Path) -> None:
    """A proxy does not wait, and values come to be there one after another: none of them after what is sent next."""
    file = values_in(tmp_path, "".join(f"{COUNT},20240{month},{UNIT},{month},,,\n" for month in (1, 2, 3)))
    country.faults.add(Fault(504, path=IMPORTS, method="POST"))
    country.faults.add(Fault(500, path=IMPORTS, method="POST", times=None))
    waits: list[float] = []

    async def use(client: Dhis2Client) -> None:
        async def work(seconds: float) -> None:
            waits.append(seconds)
            if (month := len(waits)) <= 3:
                await client.data_values.set(COUNT, f"20240{month}", UNIT, str(month), data_set=FIRST_SET)

        report = await replace(plan_of(file), clock=Clock(sleep=work)).apply(client, lambda _: None)
        assert (report["read"], report["accepted"]) == (3, 3)
        assert waits == [2.0, BETWEEN_READS, BETWEEN_READS]

    connecting.run(country, use)


def test_what_is_there_in_part_and_stays_so_is_sent(country: Sandbox, tmp_path: Path) -> None:
    file = values_in(tmp_path, "".join(f"{COUNT},20240{month},{UNIT},{month},,,\n" for month in (1, 2, 3)))
    country.faults.add(Fault(504, path=IMPORTS, method="POST"))

    async def use(client: Dhis2Client) -> None:
        await client.data_values.set(COUNT, "202402", UNIT, "2", data_set=FIRST_SET)
        assert (await push(client, file))["accepted"] == 3
        assert len(await small_country.stored(client)) == 3

    connecting.run(country, use)


def test_of_values_with_one_key_the_last_one_decides(country: Sandbox) -> None:
    first, second, other = value(content="1"), value(content="2"), value(period="202402")

    async def use(client: Dhis2Client) -> None:
        there = ValuesThere(client, DataValueOptions())
        await client.data_values.push([second])
        assert await there.unsent([first, second]) == []
        assert await there.unsent([second, other, first]) == [0, 1, 2]
        assert await there.unsent([{**second, "categoryOptionCombo": "HllvX50cXC0", "followup": "false"}]) == []
        assert await there.unsent([{**second, "followup": "true"}, value(element="NoElement01")]) == [0, 1]

    connecting.run(country, use)


def test_events_whose_answer_was_lost_are_not_sent_again(hospital: Sandbox, tmp_path: Path) -> None:
    async def lose(_: Dhis2Client) -> None:
        hospital.faults.add(Fault(504, done=True, path=IMPORTS, method="POST"))

    report = send_nothing_twice(hospital, events_in(tmp_path), lose)
    assert (report["read"], report["accepted"]) == (4, 4)


def test_events_of_a_run_that_was_stopped_are_not_sent_again(hospital: Sandbox, tmp_path: Path) -> None:
    file = events_in(tmp_path)

    async def lose(client: Dhis2Client) -> None:
        hospital.faults.add(Fault(500, done=True, path=IMPORTS, method="POST"))
        with pytest.raises(ServerError):
            await push(client, file)

    report = send_nothing_twice(hospital, file, lose)
    assert (report["read"], report["accepted"]) == (4, 4)


def test_an_event_that_somebody_changed_meanwhile_is_not_there(hospital: Sandbox) -> None:
    async def use(client: Dhis2Client) -> None:
        sent = (await client.tracker.push(EVENTS)).sent["events"]
        uid = sent[1]["event"]
        await client.tracker.events.patch(uid, {"dataValues": [{"dataElement": "Cc4kuzzxwi6", "value": "8"}]})
        await client.tracker.events.delete(sent[2]["event"])
        strangers = [{**sent[0], "event": "NotThere001"}, {**sent[0], "program": "NoProgram01"}, {"enrollment": uid}]
        there = TrackerThere(client, PushOptions())
        assert await there.of([*sent, *strangers]) == {0, 3}

    connecting.run(hospital, use)


def test_what_is_stored_holds_what_was_sent() -> None:
    stored = {"at": "2024-03-01T00:00:00.000", "n": "5", "flag": True, "parts": [{"k": 1}, {"k": 2, "more": 3}]}
    all_there: list[Row] = [{"at": "2024-03-01"}, {"n": 5}, {"flag": "true"}, {"parts": [{"k": 2}]}, {"gone": None}]
    assert [sent for sent in all_there if not holds(stored, sent)] == []
    place = {"geometry": {"type": "Point", "coordinates": [-11.5, 8]}}
    assert holds({"geometry": {"type": "Point", "coordinates": [-11.5, 8.0]}}, place)
    assert not holds({"geometry": {"type": "Point", "coordinates": [8, -11.5]}}, place)
    not_there: list[Row] = [{"at": "2024-03-02"}, {"n": 6}, {"new": 1}, {"parts": [{"k": 3}]}, {"parts": "5"}]
    assert [sent for sent in not_there if holds(stored, sent)] == []
