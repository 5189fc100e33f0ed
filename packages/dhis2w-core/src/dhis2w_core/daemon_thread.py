"""`in_daemon_thread`: waiting for what may block for ever, such as a person."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


async def in_daemon_thread(work: Callable[[], T]) -> T:
    """What a blocking function gives; unlike with `asyncio.to_thread`, the program does not wait for it on its way out.

    Raises:
        Exception: What the function raises.
    """
    loop = asyncio.get_running_loop()
    outcome: asyncio.Future[T] = loop.create_future()

    def deliver(settle: Callable[[T], None] | Callable[[BaseException], None], value: T | BaseException) -> None:
        if not outcome.done():
            settle(value)  # pyright: ignore[reportArgumentType] # each with its own kind of value

    def run() -> None:
        try:
            settled = (outcome.set_result, work())
        except BaseException as error:  # it is raised where somebody waits
            settled = (outcome.set_exception, error)
        with contextlib.suppress(RuntimeError):  # the loop has ended, and with it whoever waited
            loop.call_soon_threadsafe(deliver, *settled)

    threading.Thread(target=run, daemon=True).start()
    return await outcome
