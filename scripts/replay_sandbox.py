#!/usr/bin/env python3
"""Replay the scenarios recorded on real DHIS2 servers against the sandbox, each on an empty one.

    replay_sandbox.py [-v] [--shared DIR] all | VERSION AREA/SCENARIO [AREA/SCENARIO …]

`all` runs `meta` and `objects` of 41, 42 and 43 without OAuth2 and merges. The comparison itself is the recordings'
own `replay.py`, which knows nothing of the sandbox.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from dhis2w_sandbox import Sandbox

ROOT = Path(__file__).resolve().parents[1]
LATER_ROOMS = ("oauth2-", "merge-")


def scenarios(live: Path) -> list[tuple[str, Path]]:
    """Version and file of every scenario of the rooms that stand."""
    return [
        (version, file)
        for version in ("41", "42", "43")
        for area in ("meta", "objects")
        for file in sorted((live / f"v{version}" / area).glob("*.jsonl"))
        if not file.name.startswith(LATER_ROOMS)
    ]


def replay(live: Path, version: str, file: Path) -> list[dict[str, Any]]:
    """One row for each exchange of a scenario: `contract`, `exact`, `differences`."""
    with Sandbox(version, empty=True).serve() as url:
        command = [sys.executable, str(live / "replay.py"), "--json", "--base-url", url, str(file)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="+", help="`all`, or a version and scenarios")
    parser.add_argument("-v", "--verbose", action="store_true", help="print each difference")
    parser.add_argument("--shared", type=Path, default=ROOT.parent / "shared", help="folder of recordings")
    options = parser.parse_args()
    live: Path = options.shared / "dhis2/live"
    version, *names = options.what
    chosen = scenarios(live) if version == "all" else [(version, live / f"v{version}/{name}.jsonl") for name in names]
    rows = [(version, file, replay(live, version, file)) for version, file in chosen]
    for version, file, exchanges in rows:
        _print_scenario(version, file, exchanges, options.verbose)
    everything = [exchange for _, _, exchanges in rows for exchange in exchanges]
    count = len(everything) or 1
    print(
        f"{len(everything)} exchanges: contract {100 * sum(x['contract'] for x in everything) / count:.1f} %,"
        f" exact {100 * sum(x['exact'] for x in everything) / count:.1f} %"
    )


def _print_scenario(version: str, file: Path, exchanges: list[dict[str, Any]], verbose: bool) -> None:
    contract, exact = sum(x["contract"] for x in exchanges), sum(x["exact"] for x in exchanges)
    print(f"{version} {file.parent.name}/{file.stem:24} {contract:3}/{len(exchanges):<3} contract {exact:3} exact")
    if not verbose:
        return
    for exchange in exchanges:
        if exchange["differences"]:
            print(f"  {exchange['line']}: {exchange['method']} {exchange['path']}")
        for grade, where, recorded, here in exchange["differences"][:8]:
            print(f"    {grade:8} {where}: recorded {str(recorded)[:110]!r}, here {str(here)[:110]!r}")


if __name__ == "__main__":
    main()
