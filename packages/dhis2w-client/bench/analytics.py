"""How fast a grid becomes a frame, as ratios of the faster of orjson and pydantic_core on the same bytes.

`python packages/dhis2w-client/bench/analytics.py` prints one row each: what, median ratio, smallest ratio, limit, what
the loop touches. `--rows 20000 --rounds 3` is a quick run.

The grid is made here, with a fixed seed: four columns, 50 data elements, 60 periods, 1,000 units. Nothing is sent; the
imports of the libraries are not measured. Floor and candidate take turns, and each ratio is of neighbours.
"""

from __future__ import annotations

import argparse
import gc
import json
import random
import statistics
import string
import sys
import time
from collections.abc import Callable

import orjson
from pydantic_core import from_json

from dhis2w_client.analytics.grid import grid_of
from dhis2w_client.reply import Reply

LIMIT = 2.0
HEADERS = [("dx", "TEXT"), ("pe", "TEXT"), ("ou", "TEXT"), ("value", "NUMBER")]


def body_of(rows: int, *, escaped: bool = False) -> bytes:
    """The answer that DHIS2 would send, as bytes.

    Args:
        rows: How many rows.
        escaped: With quotes in one cell.
    """
    chance = random.Random(7)  # noqa: S311 - data for a benchmark

    def uid() -> str:
        return "a" + "".join(chance.choices(string.ascii_letters + string.digits, k=10))

    elements, units = [uid() for _ in range(50)], [uid() for _ in range(1000)]
    periods = [f"{year}{month:02}" for year in range(2020, 2025) for month in range(1, 13)]
    cells = [
        [chance.choice(elements), chance.choice(periods), chance.choice(units), f"{chance.randint(0, 50_000) / 10}"]
        for _ in range(rows)
    ]
    if escaped:
        cells[0][2] = 'a "quoted" unit'
    headers = [{"name": name, "column": name, "valueType": type, "meta": type == "TEXT"} for name, type in HEADERS]
    answer: dict[str, object] = {
        "headers": headers,
        "metaData": {"items": {}},
        "rows": cells,
        "width": 4,
        "height": rows,
    }
    return json.dumps(answer, separators=(",", ":")).encode()


def seconds(loop: Callable[[], object]) -> float:
    """How long a loop takes, without the garbage of others."""
    gc.collect()
    began = time.perf_counter()
    loop()
    return time.perf_counter() - began


def main() -> int:
    """Run the benchmark; exits 1 when a row is over its limit."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=9)
    options = parser.parse_args()
    failed = False
    print(f"{'what':39} {'median':>7} {'min':>6} {'limit':>6}  touches")
    for kind, escaped in (("", False), (", with a quote in a cell", True)):
        body = body_of(options.rows, escaped=escaped)
        reply = Reply("GET", "/api/analytics", 200, {"content-type": "application/json"}, body)
        touches = f"{options.rows} rows, {len(body) / 1e6:.1f} MB; floor: the faster of orjson and from_json"
        candidates: dict[str, Callable[[], object]] = {
            f"grid to Arrow{kind}": lambda reply=reply: grid_of(reply).to_arrow(),
            f"grid to polars{kind}": lambda reply=reply: grid_of(reply).to_polars(),
        }
        for name, candidate in candidates.items():
            candidate()
            ratios: list[float] = []
            for _ in range(options.rounds):
                floor = min(seconds(lambda body=body: orjson.loads(body)), seconds(lambda body=body: from_json(body)))
                ratios.append(seconds(candidate) / floor)
            failed |= statistics.median(ratios) > LIMIT
            print(f"{name:39} {statistics.median(ratios):7.2f} {min(ratios):6.2f} {LIMIT:>6}  {touches}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
