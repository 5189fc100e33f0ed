#!/usr/bin/env python3
"""Replay the scenarios recorded on real DHIS2 servers against the sandbox, each on an empty one.

    replay_sandbox.py [-v] [--shared DIR] all | VERSION AREA/SCENARIO [AREA/SCENARIO …]

`all` runs the areas that are tested (`tests.replay.scenario.AREAS`) of 41, 42 and 43. The comparison
itself is the recordings' own `replay.py`, which knows nothing of the sandbox.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.replay.scenario import Outcome, Scenario, play, scenarios  # noqa: E402 - the checkout is no installed package


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="+", help="`all`, or a version and scenarios")
    parser.add_argument("-v", "--verbose", action="store_true", help="print each difference")
    parser.add_argument("--shared", type=Path, default=ROOT.parent / "shared", help="folder of recordings")
    options = parser.parse_args()
    version, *names = options.what
    chosen = (
        scenarios(options.shared)
        if version == "all"
        else [Scenario(options.shared / "dhis2/live", version, name) for name in names]
    )
    everything: list[Outcome] = []
    for scenario in chosen:
        outcomes = play(scenario)
        everything += outcomes
        _print(scenario, outcomes, verbose=options.verbose)
    contract, exact = _percent(everything, "contract"), _percent(everything, "exact")
    print(f"{len(everything)} exchanges: contract {contract}, exact {exact}")


def _percent(outcomes: list[Outcome], grade: str) -> str:
    return f"{100 * sum(getattr(outcome, grade) for outcome in outcomes) / (len(outcomes) or 1):.1f} %"


def _print(scenario: Scenario, outcomes: list[Outcome], *, verbose: bool) -> None:
    contract, exact = sum(outcome.contract for outcome in outcomes), sum(outcome.exact for outcome in outcomes)
    print(f"{scenario!s:32} {contract:3}/{len(outcomes):<3} contract {exact:3} exact")
    for outcome in outcomes if verbose else ():
        if outcome.differences:
            print(f"  {outcome.line}: {outcome.request}")
        for grade, where, recorded, here in outcome.differences[:8]:
            print(f"    {grade:8} {where}: recorded {str(recorded)[:110]!r}, here {str(here)[:110]!r}")


if __name__ == "__main__":
    main()
