"""A process that sends a file to a server, and can be killed: forked from one in which everything is imported."""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import os
import sys
from multiprocessing.process import BaseProcess
from pathlib import Path

from dhis2w_client import BasicAuth, Dhis2Client, Dhis2Error
from dhis2w_client.clock import Clock
from dhis2w_core.transfers.data_push import DataPush
from dhis2w_core.transfers.source_rows import digest_of
from dhis2w_core.transfers.tracker_push import TrackerPush

ROWS_AT_ONCE = 5
GAVE_UP = 3
"""How the process ends where the server was too bad to go on."""
RESULT = "result.json"
"""The file, in the folder of the state, with what a push that was not killed has told."""
_LATE = (
    "httpcore2",
    "anyio._backends._asyncio",
    "filelock",
    "dhis2w_client.connection",
    "dhis2w_client.models.system_info",
    "dhis2w_client.data_values.service",
    "dhis2w_client.tracker.service",
)
"""What is imported when it is first used, a third of the time that a process takes here."""
_CONTEXT = (
    multiprocessing.get_context("spawn")  # Windows has no fork
    if sys.platform == "win32"
    else multiprocessing.get_context("forkserver")
)
_CONTEXT.set_forkserver_preload([__name__, *_LATE])


def started(file: Path, address: str, state: Path) -> BaseProcess:
    """A process that sends a file: events, where it is JSON, else data values."""
    process = _CONTEXT.Process(target=_send, args=(file, address, state), daemon=True)
    process.start()
    return process


def plan_of(file: Path) -> DataPush | TrackerPush:
    """What is to be sent."""
    kind = TrackerPush if file.suffix == ".json" else DataPush
    return kind(file, digest_of(file), rows_at_once=ROWS_AT_ONCE, clock=Clock(sleep=at_once))


async def at_once(_: float) -> None:
    """Wait for nothing."""


def _send(file: Path, address: str, state: Path) -> None:
    os.environ["XDG_STATE_HOME"] = str(state)

    async def push() -> dict[str, object]:
        auth = BasicAuth("admin", "district")
        async with Dhis2Client(address, auth, verify=False, clock=Clock(sleep=at_once)) as client:
            return await plan_of(file).apply(client, lambda _: None)

    try:
        told = asyncio.run(push())
    except Dhis2Error as error:
        (state / RESULT).write_text(json.dumps({"gave_up": str(error)}), encoding="utf-8")
        sys.exit(GAVE_UP)
    (state / RESULT).write_text(json.dumps(told), encoding="utf-8")
