"""A real process that sends is killed at any moment; the next one goes on where it was."""

from __future__ import annotations

import csv
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from dhis2w_sandbox import Sandbox
from tests.client_data.small_country import COUNT, UNIT, run, stored_in, value

SENDER = Path(__file__).with_name("sender_process.py")
PERIODS = [f"{year}{month:02}" for year in range(2000, 2010) for month in range(1, 13)]


def kill_and_go_on(version: int, seed: int, tmp_path: Path) -> None:
    """Send 120 values; kill the sender some milliseconds after it began, until one has ended."""
    chance = random.Random(seed)  # noqa: S311 - a repeatable one
    source = tmp_path / "values.csv"
    rows = [value(period=period, content=str(number)) for number, period in enumerate(PERIODS, 1)]
    with source.open("w", newline="", encoding="utf-8") as target:
        writer = csv.DictWriter(target, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    environment = {**os.environ, "XDG_STATE_HOME": str(tmp_path / "state")}
    with Sandbox(version, empty=True) as sandbox:
        run(sandbox, lambda client: client.get("me"))
        with sandbox.serve() as address:
            killed = 0
            while killed < 20:
                command = [sys.executable, str(SENDER), str(source), str(address)]
                with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) as sender:
                    assert sender.stdout is not None
                    assert sender.stdout.readline() == b"begun\n"
                    try:
                        code = sender.wait(chance.uniform(0.0, 0.4) if killed < 3 else 60)
                    except subprocess.TimeoutExpired:
                        sender.kill()
                        killed += 1
                        continue
                assert code == 0
                break
        found = run(sandbox, lambda client: stored_in(client, PERIODS))
    assert found == sorted((COUNT, period, UNIT, str(number)) for number, period in enumerate(PERIODS, 1))
    assert not list((tmp_path / "state" / "dhis2" / "transfers").glob("*.sqlite"))


@pytest.mark.parametrize("version", [42, 43])
def test_killed_once_in_a_while(version: int, tmp_path: Path) -> None:
    kill_and_go_on(version, 1, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("version", [42, 43])
@pytest.mark.parametrize("seed", range(10, 25))
def test_killed_at_many_moments(version: int, seed: int, tmp_path: Path) -> None:
    kill_and_go_on(version, seed, tmp_path)
