"""Time and chance, as one value that can be replaced: no test sleeps."""

from __future__ import annotations

import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass


async def _sleep(seconds: float) -> None:
    import asyncio  # a quarter of the time that importing the client takes

    await asyncio.sleep(seconds)


@dataclass(frozen=True, slots=True)
class Clock:
    """Where the client takes time, waiting and chance from."""

    monotonic: Callable[[], float] = time.monotonic
    """Seconds since some moment; never goes back."""
    wall: Callable[[], float] = time.time
    """Seconds since 1970."""
    sleep: Callable[[float], Awaitable[None]] = _sleep
    """Wait for so many seconds."""
    random: Callable[[], float] = random.random
    """A number in [0, 1)."""


SYSTEM_CLOCK = Clock()
