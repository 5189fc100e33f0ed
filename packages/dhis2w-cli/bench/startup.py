"""How long the command takes to start, as ratios of `import typer` measured in the same run.

`python packages/dhis2w-cli/bench/startup.py` prints one row each: what, ratio, limit. Each time is the median of fresh
interpreters, floor and candidate in turn, so that a noisy machine hits both.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time

ROUNDS = 15
LIMIT = 2.0
FLOOR = ("-c", "import typer")
COMMANDS = {"d2w --help": ("--help",), "d2w profile list": ("profile", "list")}


def seconds(arguments: tuple[str, ...], environment: dict[str, str]) -> float:
    """How long a fresh interpreter takes."""
    begun = time.perf_counter()
    subprocess.run([sys.executable, *arguments], check=True, env=environment, stdout=subprocess.DEVNULL)
    return time.perf_counter() - begun


def ratio(arguments: tuple[str, ...], environment: dict[str, str]) -> float:
    """Median time of a command over that of the floor."""
    run = ("-m", "dhis2w_cli", *arguments)
    times = [(seconds(FLOOR, environment), seconds(run, environment)) for _ in range(ROUNDS)]
    return statistics.median(run for _, run in times) / statistics.median(floor for floor, _ in times)


def main() -> int:
    """Print the rows; the exit code says whether all are within their limits."""
    good = True
    with tempfile.TemporaryDirectory() as home:
        environment = {**os.environ, "HOME": home, "XDG_CONFIG_HOME": home, "XDG_STATE_HOME": home}
        for name, arguments in COMMANDS.items():
            found = ratio(arguments, environment)
            good = good and found <= LIMIT
            print(f"{name:<50} {found:5.2f}  limit {LIMIT}")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
