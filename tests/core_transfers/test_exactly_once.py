"""Whatever ends a push and whatever becomes of its requests: the same command, again, ends as one clean push does."""

from __future__ import annotations

import asyncio
import csv
import json
import random
import threading
from collections.abc import Awaitable, Callable, Generator
from dataclasses import replace
from datetime import date, timedelta
from multiprocessing import Pipe
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from dhis2w_client import Dhis2Client
from dhis2w_client.data_values import DataValueSelection
from dhis2w_sandbox import Sandbox
from dhis2w_sandbox.faults import Fault
from tests.client_data import small_country
from tests.client_data.small_country import AVERAGE, COUNT, EVERYTHING, OTHER, TEXT, UNIT
from tests.client_metadata import connecting
from tests.core_transfers.sender_process import GAVE_UP, RESULT, plan_of, started

Sleep = Callable[[float], Awaitable[object]]
IMPORTS = r"/(dataValueSets|tracker)$"
PATIENCE = 60.0
"""Seconds after which something is wrong."""
VERSIONS = (42, 43)
QUICK, ALL = range(5), range(75)
CASES, CASE, FACILITY = "LqGPSqTKu6f", "gdiFSa8OF0R", "neINw0qT1QU"
AGE, RESULT_OF_TEST, SLEPT_ELSEWHERE = "Cc4kuzzxwi6", "xOVzKVeJJN1", "YPVk0GAz4jr"


class Gate:
    """Holds the answer to a request until it is opened, and says that it does."""

    def __init__(self) -> None:
        self.reached, self._tell = Pipe(duplex=False)
        self._open = threading.Event()
        self._holds = False

    async def hold(self, _: float) -> None:
        """What the sandbox does in place of waiting for the seconds of a fault."""
        if self._holds:  # a request of a process that was killed may come late
            self._tell.send(None)
            await asyncio.to_thread(self._open.wait, PATIENCE)

    def close(self) -> None:
        """Hold answers from now on."""
        self._open = threading.Event()
        self._holds = True

    def open(self) -> None:
        """Let the answers go, and hold none any more."""
        self._holds = False
        self._open.set()
        while self.reached.poll():
            self.reached.recv()


class Place(NamedTuple):
    """A server that is treated badly, and one that is not; tests tell their rows apart by their seeds."""

    sandbox: Sandbox
    gate: Gate
    address: str
    clean: Sandbox


class Incident(NamedTuple):
    """What happens to a push."""

    fault: Fault | None = None
    kills_after: float | None = None
    """Seconds after which the process is killed, whatever it is at; None: when an answer is held, or never."""


def incident(chance: random.Random) -> Incident:
    """One thing that goes wrong: a kill at some moment or inside of a request, an answer that is lost or wrong."""
    times = chance.choice([1, 1, 1, 2, 7])
    fault = Fault(path=IMPORTS, method="POST", skip=chance.randrange(6), times=times)
    held = replace(fault, delay=1, times=None)
    cut = chance.randrange(40)
    return chance.choice(
        [
            Incident(kills_after=chance.uniform(0.0, 0.3)),
            Incident(Fault(delay=1, skip=chance.randrange(14), times=None)),  # killed inside of any request
            Incident(held),  # killed, and the work is done
            Incident(replace(held, status=503)),  # killed, and it is not
            Incident(replace(fault, status=504, done=True)),
            Incident(replace(fault, status=chance.choice([500, 502, 503, 504]))),
            Incident(replace(fault, cut=cut, breaks=True)),
            Incident(replace(fault, cut=cut)),
            Incident(replace(fault, status=503, body=b"x" * 50, cut=9, breaks=True)),
            Incident(Fault.page(502, "Bad gateway", times=chance.choice([1, 3, 30]))),
        ]
    )


def suffer(place: Place, file: Path, state: Path, happens: Incident) -> int | None:
    """Send a file while something goes wrong; how the process ended, None where it was killed."""
    place.sandbox.faults.clear()
    holds = happens.fault is not None and happens.fault.delay > 0
    if happens.fault:
        place.sandbox.faults.add(happens.fault)
    if holds:
        place.gate.close()
    process = started(file, place.address, state)
    if happens.kills_after is None:
        wait([process.sentinel, *([place.gate.reached] if holds else [])], PATIENCE)
    else:
        process.join(happens.kills_after)
    ended = process.exitcode if not (holds and place.gate.reached.poll()) else None
    process.kill()
    process.join(PATIENCE)
    place.gate.open()
    place.sandbox.faults.clear()
    return ended


def end_as_a_clean_push(
    place: Place, file: Path, folder: Path, seed: int, state_of: Callable[[Dhis2Client], Any]
) -> None:
    """Send a file to both servers; to one of them until it has ended, whatever happens."""
    chance = random.Random(seed)  # noqa: S311 - a repeatable one
    happenings = [incident(chance) for _ in range(chance.randint(1, 3))]
    codes = [suffer(place, file, folder, each) for each in happenings]
    if codes[-1] != 0:
        codes.append(suffer(place, file, folder, Incident()))
    told = json.loads((folder / RESULT).read_text(encoding="utf-8"))
    assert codes[-1] == 0, (codes, happenings, told)
    assert set(codes) <= {0, None, GAVE_UP}, (codes, happenings)
    assert not list(folder.rglob("*.sqlite"))

    async def push(client: Dhis2Client) -> tuple[dict[str, Any], Any]:
        return await plan_of(file).apply(client, lambda _: None), await state_of(client)

    clean, expected = connecting.run(place.clean, push)
    assert connecting.run(place.sandbox, state_of) == expected, happenings
    assert (told["read"], told["refused"]) == (clean["read"], clean["refused"]), happenings


def served(make: Callable[[Sleep], Sandbox]) -> Generator[Place]:
    """A server that holds answers behind a gate, and a clean one."""
    gate = Gate()
    with make(gate.hold) as sandbox, make(asyncio.sleep) as clean, sandbox.serve() as address:
        yield Place(sandbox, gate, address, clean)


@pytest.fixture(scope="module", params=VERSIONS)
def country(request: pytest.FixtureRequest) -> Generator[Place]:
    """Two data sets in three units."""

    def make(sleep: Sleep) -> Sandbox:
        sandbox = Sandbox(request.param, empty=True, sleep=sleep)
        small_country.run(sandbox, lambda client: client.get("me"))
        return sandbox

    yield from served(make)


@pytest.fixture(scope="module", params=VERSIONS)
def hospital(request: pytest.FixtureRequest) -> Generator[Place]:
    """A program of single events."""
    yield from served(lambda sleep: Sandbox(request.param, sleep=sleep))


def values(seed: int) -> tuple[list[dict[str, str]], tuple[str, ...]]:
    """Rows with comments, marks, deletions and second thoughts, and their periods, which no other seed has."""
    periods = tuple(f"{2000 + seed % 25}{month:02}" for month in range(seed // 25 * 4 + 1, seed // 25 * 4 + 5))
    keys = [
        {"dataElement": element, "period": period, "orgUnit": unit}
        for period in periods
        for element, unit in ((COUNT, UNIT), (AVERAGE, UNIT), (TEXT, UNIT), (COUNT, OTHER), (TEXT, OTHER))
    ]
    chance = random.Random(-1 - seed)  # noqa: S311 - a repeatable one
    marks: tuple[dict[str, str], ...] = ({}, {"comment": "seen"}, {"followup": "true"})
    rows = [{**key, "value": str(number), **marks[number % 3]} for number, key in enumerate(keys, 1)]
    again = [{**key, "value": str(number)} for number, key in enumerate(chance.sample(keys, 8), 100)]
    gone = [{**key, "value": "1", "deleted": "true"} for key in chance.sample(keys, 5)]
    twice = [{**keys[0], "value": "300"}, {**keys[0], "value": "301", "comment": "the last word"}]
    wrong = [{**keys[1], "value": "many"}]
    return rows + again + gone + twice + wrong, periods


def push_values(place: Place, folder: Path, seed: int) -> None:
    rows, periods = values(seed)
    file = folder / "values.csv"
    with file.open("w", newline="", encoding="utf-8") as target:
        writer = csv.DictWriter(target, ["dataElement", "period", "orgUnit", "value", "comment", "followup", "deleted"])
        writer.writeheader()
        writer.writerows(rows)
    everything = DataValueSelection(
        data_sets=EVERYTHING.data_sets,
        periods=periods,
        org_units=EVERYTHING.org_units,
        children=True,
        include_deleted=True,
    )
    names = ("dataElement", "period", "orgUnit", "value", "comment", "followup", "deleted")

    async def state_of(client: Dhis2Client) -> list[tuple[str, ...]]:
        return sorted(
            [tuple(str(row.get(name)) for name in names) async for row in client.data_values.rows(everything)]
        )

    end_as_a_clean_push(place, file, folder, seed, state_of)


def events(seed: int) -> tuple[list[dict[str, Any]], date]:
    """Events with values and notes, some of them changed later on, and their day, which no other seed has."""
    day = date(2012, 1, 1) + timedelta(days=seed)
    chance = random.Random(-1 - seed)  # noqa: S311 - a repeatable one
    rows: list[dict[str, Any]] = [
        {
            "program": CASES,
            "programStage": CASE,
            "orgUnit": FACILITY,
            "occurredAt": day.isoformat(),
            "status": chance.choice(["ACTIVE", "COMPLETED"]),
            "dataValues": [
                {"dataElement": RESULT_OF_TEST, "value": chance.choice(["POS", "NEG"])},
                {"dataElement": AGE, "value": str(number)},
            ],
        }
        for number in range(25)
    ]
    for number in range(0, 25, 4):
        rows[number]["notes"] = [{"value": f"about {number}"}]
        rows[number]["event"] = f"E{seed:03}Event{number:02}"
    again = [json.loads(json.dumps(rows[number])) for number in (0, 4, 24)]
    for row in again:
        row["dataValues"].append({"dataElement": SLEPT_ELSEWHERE, "value": "true"})
        row["notes"] = [{"value": "seen again"}]
    rows[7]["dataValues"][1]["value"] = "old"
    rows[9]["dataValues"][0]["value"] = "MAYBE"
    return rows + again, day


def push_events(place: Place, folder: Path, seed: int) -> None:
    rows, day = events(seed)
    file = folder / "cases.json"
    file.write_text(json.dumps({"events": rows}), encoding="utf-8")

    async def state_of(client: Dhis2Client) -> list[Any]:
        found = client.tracker.events.rows(
            program=CASES, org_units=FACILITY, occurred_after=day, occurred_before=day, fields="*", include_deleted=True
        )
        return sorted([_told(row) async for row in found])

    end_as_a_clean_push(place, file, folder, seed, state_of)


def _told(row: dict[str, Any]) -> tuple[Any, ...]:
    """An event without times."""
    told = sorted((each["dataElement"], each["value"]) for each in row["dataValues"])
    notes = sorted((each["note"], each["value"]) for each in row["notes"])
    return row["event"], row["status"], row["orgUnit"], row["occurredAt"], row["deleted"], told, notes


@pytest.mark.parametrize("seed", QUICK)
def test_data_values_in_a_few_runs(country: Place, tmp_path: Path, seed: int) -> None:
    push_values(country, tmp_path, seed)


@pytest.mark.parametrize("seed", QUICK)
def test_events_in_a_few_runs(hospital: Place, tmp_path: Path, seed: int) -> None:
    push_events(hospital, tmp_path, seed)


@pytest.mark.slow
@pytest.mark.parametrize("seed", ALL[QUICK.stop :])
def test_data_values_in_many_runs(country: Place, tmp_path: Path, seed: int) -> None:
    push_values(country, tmp_path, seed)


@pytest.mark.slow
@pytest.mark.parametrize("seed", ALL[QUICK.stop :])
def test_events_in_many_runs(hospital: Place, tmp_path: Path, seed: int) -> None:
    push_events(hospital, tmp_path, seed)
