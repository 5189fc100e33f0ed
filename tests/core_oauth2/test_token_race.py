"""Many processes with many tasks, one expired token; and processes that are killed while they refresh it."""

import asyncio
import contextlib
import json
import os
import random
import subprocess
import sys
import threading
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path
from typing import IO, cast

import pytest

from dhis2w_client import Profile
from dhis2w_core.oauth2.errors import KeyFileWarning
from dhis2w_core.oauth2.login import login, token_key
from dhis2w_core.oauth2.token_store import TokenStore
from dhis2w_core.oauth2.tokens import Tokens
from tests.core_oauth2.conftest import SECRET, Serve, Server
from tests.core_oauth2.person import Person

WORKER = Path(__file__).with_name("race_worker.py")
OVER = "LoginRequiredError"
LEASE = 3.0
"""Seconds that a killed process keeps the others out: longer than a refresh takes on a machine that is busy."""
KILL_WITHIN = 0.15
"""Seconds in which a refresh begins and ends, imports and all."""
pytestmark = pytest.mark.slow


class Worker:
    """A process of `race_worker.py`."""

    def __init__(self, profile: Profile, tasks: int, lease: float) -> None:
        environment = os.environ | {
            "RACE_SECRET": SECRET,
            "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
            "PYTHONPATH": os.pathsep.join(sys.path),
        }
        self.process = subprocess.Popen(
            [sys.executable, str(WORKER), profile.base_url, str(profile.client_id), str(tasks), str(lease)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment,
            text=True,
        )
        self._input = cast("IO[str]", self.process.stdin)
        self._output = cast("IO[str]", self.process.stdout)
        assert self._output.readline() == "ready\n"

    def go(self) -> None:
        self._input.write("go\n")
        self._input.flush()

    def results(self) -> list[str]:
        return json.loads(self._output.readline())

    def end(self) -> None:
        """End the process, however it is."""
        self.process.kill()
        self.process.wait()
        with contextlib.suppress(BrokenPipeError):
            self._input.close()
        self._output.close()


@contextlib.contextmanager
def workers(profile: Profile, number: int, tasks: int, lease: float = 45) -> Generator[list[Worker]]:
    started: list[Worker] = []
    try:
        for _ in range(number):
            started.append(Worker(profile, tasks, lease))  # noqa: PERF401 # those that started are ended
        yield started
    finally:
        for worker in started:
            worker.end()


class Race:
    """A server, a client registered there, and the store that all share; its key is in a file."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.profile = asyncio.run(server.profile())
        self.store = TokenStore()
        self.key = token_key(self.profile)

    def log_in(self) -> None:
        with pytest.warns(KeyFileWarning):
            asyncio.run(login(self.profile, store=self.store, tell=lambda _: None, open_browser=Person()))

    def expire(self) -> None:
        tokens = self.tokens()
        assert tokens
        with pytest.warns(KeyFileWarning):
            self.store.save(self.key, replace(tokens, access_expires=0))

    def tokens(self) -> Tokens | None:
        stored = self.store.read(self.key)
        return stored.tokens if stored else None

    def run(self, processes: list[Worker]) -> list[str]:
        """One round: what every task got."""
        for worker in processes:
            worker.go()
        return [result for worker in processes for result in worker.results()]


def assert_one_refresh_per_round(race: Race, *, processes: int, tasks: int, rounds: int) -> None:
    race.log_in()
    with workers(race.profile, processes, tasks) as started:
        for _ in range(rounds):
            race.expire()
            before = len(race.server.spends)
            results = race.run(started)
            tokens = race.tokens()
            assert tokens
            assert results == [tokens.access_token] * (processes * tasks)
            assert len(race.server.spends) == before + 1


@pytest.mark.parametrize("rotate", [False, True])
def test_three_processes_with_four_tasks_refresh_once(serve: Serve, rotate: bool) -> None:
    assert_one_refresh_per_round(Race(serve(42, rotate=rotate)), processes=3, tasks=4, rounds=3)


@pytest.mark.timeout(900)
@pytest.mark.parametrize("version", [41, 42])
@pytest.mark.parametrize("rotate", [False, True])
def test_eight_processes_with_eight_tasks_refresh_once_fifty_times(serve: Serve, version: int, rotate: bool) -> None:
    race = Race(serve(version, rotate=rotate))
    assert_one_refresh_per_round(race, processes=8, tasks=8, rounds=50)
    if rotate:
        assert len(set(race.server.spends)) == len(race.server.spends)


@pytest.mark.parametrize("rotate", [False, True])
def test_a_refresher_that_is_killed_when_the_server_has_acted(serve: Serve, rotate: bool) -> None:
    race = Race(serve(42, rotate=rotate))
    race.log_in()
    with workers(race.profile, 2, 4, lease=LEASE) as (doomed, survivor):
        race.server.after_spend = doomed.process.kill
        race.expire()
        doomed.go()
        doomed.process.wait(30)
        race.server.after_spend = None
        spent = len(race.server.spends)
        survivor.go()
        results = survivor.results()
        if rotate:
            assert results == [OVER] * 4
            assert len(race.server.spends) == spent
        else:
            tokens = race.tokens()
            assert tokens
            assert results == [tokens.access_token] * 4
            assert len(race.server.spends) == spent + 1


@pytest.mark.timeout(900)
@pytest.mark.parametrize("rotate", [False, True])
def test_refreshers_that_are_killed_at_random_points(serve: Serve, rotate: bool) -> None:
    race = Race(serve(42, rotate=rotate))
    chance = random.Random(20261124)  # noqa: S311 - when to kill
    race.log_in()
    outcomes: list[str] = []
    with workers(race.profile, 2, 4, lease=LEASE) as survivors:
        for _ in range(25):
            if race.tokens() is None:
                race.log_in()
            race.expire()
            with workers(race.profile, 1, 4, lease=LEASE) as (doomed,):
                timer = threading.Timer(chance.uniform(0, KILL_WITHIN), doomed.process.kill)
                timer.start()
                with contextlib.suppress(BrokenPipeError):  # it was killed before it began
                    doomed.go()
                doomed.process.wait(30)
            results = race.run(survivors)
            tokens = race.tokens()
            assert results == [tokens.access_token if tokens else OVER] * 8
            outcomes.append("recovered" if tokens else "over")
    if rotate:
        assert len(set(race.server.spends)) == len(race.server.spends)
    else:
        assert set(outcomes) == {"recovered"}
