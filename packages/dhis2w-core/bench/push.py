"""How fast and how frugal data values are sent and read, as ratios of bare httpx2 and orjson in the same run.

`python packages/dhis2w-core/bench/push.py` prints one row each: what, median ratio, smallest ratio, limit, what the
loop touches. `--values 100000 --rounds 3` is a quick run.

The server (`import_server.py`, a process of its own) has its answers ready. The floor reads the same file in bounded
memory, cuts it into the same chunks, encodes each with orjson, gzips it at the level of the client, and posts it with
httpx2; it checks nothing and writes nothing down. The candidate is the whole plan of `d2w data push`: digest of the
file, journal with `synchronous=FULL`, checks of every value, reports. Each run of either is a fresh process, whose time
begins after the connection is made and all is imported; they take turns, and each ratio is of neighbours.
"""

from __future__ import annotations

import argparse
import csv
import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from values import EXPORTED, value_rows

HERE = Path(__file__).parent
ROWS_AT_ONCE = 10_000
TIME_LIMIT = 2.0
PEAK_LIMIT = 60.0
"""Megabytes over what the process has after connecting."""
ROW_BY_ROW, BY_DATA_SET = "2.42.6", "2.43.1"
"""A server of each engine of data values; of the second the client finds the data set of each value."""


@dataclass(frozen=True)
class Row:
    """One measurement."""

    name: str
    floor: Sequence[str]
    candidate: Sequence[str]
    limit: float | None = TIME_LIMIT
    """None: measured, and not judged, because the floor does nothing of the kind."""
    version: str = ROW_BY_ROW
    """Of the server."""


@dataclass(frozen=True)
class Figures:
    """What a run took."""

    seconds: float
    megabytes: float


def run(script: str, words: Sequence[str], base_url: str, values: int) -> Figures:
    """A fresh process that does the whole work."""
    command = [sys.executable, str(HERE / script), *words, "--server", base_url]
    with tempfile.TemporaryDirectory() as state:
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env={"XDG_STATE_HOME": state})
    count, seconds, megabytes = done.stdout.split()
    assert int(count) == values, f"{command} handled {count} values"
    return Figures(float(seconds), float(megabytes))


@contextmanager
def server(values: int, version: str) -> Generator[str]:
    """The address of a server."""
    command = [sys.executable, str(HERE / "import_server.py"), str(ROWS_AT_ONCE), str(values), version]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdin
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
        process.stdin.close()


def write_sources(folder: Path, values: int) -> dict[str, Path]:
    """The values as JSON, as JSON with what an export of DHIS2 has beside, and as CSV."""
    sources = {"JSON": folder / "values.json", "exported JSON": folder / "exported.json", "CSV": folder / "values.csv"}
    _write_json(sources["JSON"], value_rows(values))
    _write_json(sources["exported JSON"], (row | EXPORTED for row in value_rows(values)))
    with sources["CSV"].open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(next(value_rows(1))))
        writer.writeheader()
        writer.writerows(value_rows(values))
    return sources


def _write_json(target: Path, rows: Iterable[Mapping[str, object]]) -> None:
    with target.open("w", encoding="utf-8") as file:
        file.write('{"dataValues":[')
        for number, row in enumerate(rows):
            file.write(("," if number else "") + json.dumps(row, separators=(",", ":")))
        file.write("]}")


def table(sources: Mapping[str, Path]) -> Generator[Row]:
    """What is measured."""
    for kind, file in sources.items():
        floor = ("push", str(file))
        yield Row(f"push {kind}", floor, (*floor, "--no-check"))
        yield Row(f"push {kind}, checked against metadata", floor, floor, None)
    floor = ("push", str(sources["JSON"]))
    yield Row("push JSON to 2.43", floor, (*floor, "--no-check"), version=BY_DATA_SET)
    yield Row("push JSON to 2.43, checked against metadata", floor, floor, None, BY_DATA_SET)
    yield Row("read as rows", ("read",), ("read",))


def main() -> int:
    """Print the table; the exit code says whether all is within its limits."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--values", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    good = True
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        servers = {
            version: stack.enter_context(server(options.values, version)) for version in (ROW_BY_ROW, BY_DATA_SET)
        }
        sources = write_sources(Path(folder), options.values)
        size = ", ".join(f"{kind} {file.stat().st_size / 1e6:.0f} MB" for kind, file in sources.items())
        print(f"{options.values} data values, {size}, {ROWS_AT_ONCE} at once\n{'':<45} median    min")
        for row in table(sources):
            ratios: list[float] = []
            peaks: list[float] = []
            for _ in range(options.rounds):
                candidate = run("push_candidate.py", row.candidate, servers[row.version], options.values)
                floor = run("push_floor.py", row.floor, servers[row.version], options.values)
                ratios.append(candidate.seconds / floor.seconds)
                peaks.append(candidate.megabytes)
            median, peak = statistics.median(ratios), max(peaks)
            good = good and peak <= PEAK_LIMIT and (row.limit is None or median <= row.limit)
            limit = row.limit or "-"
            print(f"{row.name:<45} {median:6.2f} {min(ratios):6.2f}  limit {limit:<3}  every value", flush=True)
            print(f"{'  its peak memory after connecting':<45} {peak:6.1f} MB     limit {PEAK_LIMIT} MB", flush=True)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
