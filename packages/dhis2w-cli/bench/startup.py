"""How long the command takes to start, as ratios of a floor measured in the same run.

`python packages/dhis2w-cli/bench/startup.py` prints one row each: what, ratio, limit. Each time is the median of fresh
interpreters, floor and candidate in turn, so that a noisy machine hits both. `d2w system info` and its floor ask the
same sandbox.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from dhis2w_sandbox import Sandbox

ROUNDS = 15
IMPORT_TYPER = ("-c", "import typer")


@dataclass(frozen=True)
class Command:
    """One command that is measured against a floor."""

    words: tuple[str, ...]
    floor: tuple[str, ...]
    limit: float
    connects: bool = False
    """Whether the environment names a server."""


COMMANDS = (
    Command(("--help",), IMPORT_TYPER, 2.0),
    Command(("profile", "list"), IMPORT_TYPER, 2.0),
    Command(("profile", "list"), IMPORT_TYPER, 2.0, connects=True),
    Command(("system", "info"), (str(Path(__file__).with_name("system_info_floor.py")),), 1.8, connects=True),
)


def seconds(arguments: tuple[str, ...], environment: dict[str, str]) -> float:
    """How long a fresh interpreter takes."""
    begun = time.perf_counter()
    subprocess.run([sys.executable, *arguments], check=True, env=environment, stdout=subprocess.DEVNULL)
    return time.perf_counter() - begun


def ratio(command: Command, environment: dict[str, str]) -> float:
    """Median time of a command over that of its floor."""
    run = ("-m", "dhis2w_cli", *command.words)
    times = [(seconds(command.floor, environment), seconds(run, environment)) for _ in range(ROUNDS)]
    return statistics.median(run for _, run in times) / statistics.median(floor for floor, _ in times)


def main() -> int:
    """Print the rows; the exit code says whether all are within their limits."""
    good = True
    with tempfile.TemporaryDirectory() as home, Sandbox(42) as sandbox, sandbox.serve() as url:
        environment = {**os.environ, "HOME": home, "XDG_CONFIG_HOME": home, "XDG_STATE_HOME": home}
        server = {"DHIS2_URL": url, "DHIS2_PAT": sandbox.pat()}
        for command in COMMANDS:
            found = ratio(command, environment | server if command.connects else environment)
            good = good and found <= command.limit
            where = " (with DHIS2_URL)" if command.connects else ""
            print(f"{'d2w ' + ' '.join(command.words) + where:<50} {found:5.2f}  limit {command.limit}")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
