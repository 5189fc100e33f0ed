"""Recorded scenarios played on the sandbox, with a look at what a check says before each import."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from typing import Any, TypeVar

from dhis2w_sandbox import Sandbox
from tests.replay.scenario import Scenario, recorded_replay

F = TypeVar("F")
R = TypeVar("R")


def played(
    scenario: Scenario,
    imported: Callable[[dict[str, Any]], F | None],
    refused_here: Callable[[str, F], Coroutine[Any, Any, R]],
) -> Iterator[tuple[F, R]]:
    """Each import of a scenario, and what the check refuses on a server in the state that the real one was in.

    Args:
        scenario: The scenario.
        imported: What an exchange tells of an import; None where it is none.
        refused_here: What the check says of it, on the server of an address.
    """
    replay = recorded_replay(scenario.live / "replay.py")
    with Sandbox(scenario.version, empty=True) as sandbox, sandbox.serve() as url:
        run = replay.Replay(replay.Server(url))
        for _, exchange in scenario.exchanges:
            found = imported(exchange)
            if found is not None:
                yield found, asyncio.run(refused_here(url, found))
            run.exchange(_impatient(exchange))


def _impatient(exchange: dict[str, Any]) -> dict[str, Any]:
    """An exchange that does not wait a minute for what only a real server's scheduler brings about."""
    return exchange | {"until": exchange["until"] | {"seconds": 1}} if "until" in exchange else exchange
