"""Recorded scenarios, and what comes of playing one against an empty sandbox.

The comparison is that of the recordings' own `replay.py`: *contract* (what a client decides by) and *exact*.
"""

from __future__ import annotations

import importlib.util
import json
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from time import monotonic
from types import ModuleType
from typing import Any

from dhis2w_sandbox import Sandbox

AREAS = {
    "meta": (98.0, 90.0),
    "objects": (98.0, 90.0),
    "services": (97.0, 85.0),
    "data": (97.0, 85.0),
    "tracker": (97.0, 85.0),
}
"""How much of an area has to match, over all its versions: in percent, as contract and exactly."""
RECORDED = datetime(2026, 11, 24, 6, tzinfo=UTC)
"""The morning of the recordings (their README): answers name the day of a request, and when a job runs next."""
LATER_ROOMS: tuple[str, ...] = ()
"""How the names of scenarios begin for which the sandbox has no room yet."""


@dataclass(frozen=True)
class Scenario:
    """One recorded scenario of one version."""

    live: Path
    version: str
    name: str
    """Area and file: `meta/list`."""

    def __str__(self) -> str:
        return f"{self.version} {self.name}"

    @property
    def area(self) -> str:
        """`meta`."""
        return self.name.partition("/")[0]

    @property
    def exchanges(self) -> list[tuple[int, dict[str, Any]]]:
        """Line number and exchange."""
        text = (self.live / f"v{self.version}/{self.name}.jsonl").read_text(encoding="utf-8")
        rows = ((number, json.loads(line)) for number, line in enumerate(text.splitlines(), 1))
        return [(number, row) for number, row in rows if "request" in row]


@dataclass(frozen=True)
class Outcome:
    """How one exchange compares."""

    line: int
    request: str
    differences: list[tuple[str, str, Any, Any]]
    """Grade, where, recorded, here."""

    @property
    def contract(self) -> bool:
        """Whether it matches in what a client decides by."""
        return not any(grade == "contract" for grade, *_ in self.differences)

    @property
    def exact(self) -> bool:
        """Whether it matches whole."""
        return not self.differences


def scenarios(shared: Path) -> list[Scenario]:
    """Every scenario of the rooms that stand, in all versions."""
    live = shared / "dhis2/live"
    return [
        Scenario(live, version, f"{area}/{file.stem}")
        for version in ("41", "42", "43")
        for area in AREAS
        for file in sorted((live / f"v{version}" / area).glob("*.jsonl"))
        if not file.name.startswith(LATER_ROOMS)
    ]


def play(scenario: Scenario) -> list[Outcome]:
    """Send every exchange in order, at the time of the recording; fixtures that match are left out."""
    replay = recorded_replay(scenario.live / "replay.py")
    outcomes: list[Outcome] = []
    begun = monotonic()

    def clock() -> datetime:
        return RECORDED + timedelta(seconds=monotonic() - begun)

    with Sandbox(scenario.version, empty=True, clock=clock) as sandbox, sandbox.serve() as url:
        run = replay.Replay(replay.Server(url))
        for line, exchange in scenario.exchanges:
            _, differences = run.exchange(exchange)
            if differences or not exchange.get("setup"):
                request = exchange["request"]
                outcomes.append(Outcome(line, f"{request['method']} {request['path']}", differences))
    return outcomes


@cache
def recorded_replay(file: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("recorded_replay", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module
