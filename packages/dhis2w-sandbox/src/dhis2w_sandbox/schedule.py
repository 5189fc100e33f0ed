"""Work that waits for its time: jobs that a request starts and that run later, by the server's clock.

Usually a job runs before the request that starts it is answered. A sandbox with a `job_delay` lets it wait so long;
it runs before the first request that comes at its time or later. Source: `JobScheduler` and
`DefaultJobSchedulerLoopService` of dhis2-core, whose loop looks every few seconds for what is due.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

Work = Callable[[], None]


class Clock:
    """A clock that stands still until it is set: give it to `Sandbox` as its `clock`.

        clock = Clock()
        with Sandbox(42, clock=clock, job_delay=60) as sandbox:
            ...
            clock.advance(60)

    Args:
        now: the time that it begins at.
    """

    def __init__(self, now: datetime = datetime(2026, 1, 15, 12, tzinfo=UTC)) -> None:
        self.now = now

    def __call__(self) -> datetime:
        """The time."""
        return self.now

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self.now += timedelta(seconds=seconds)


@dataclass(frozen=True)
class _Waiting:
    due: datetime
    job: str
    work: Work


class Schedule:
    """The jobs that wait on one server.

    Args:
        clock: tells the time.
        delay: how many seconds a job waits; 0 lets it run at once.
    """

    def __init__(self, clock: Callable[[], datetime], delay: float = 0) -> None:
        self._clock = clock
        self.delay = timedelta(seconds=delay)
        """How long a job waits that is started from now on."""
        self._waiting: list[_Waiting] = []
        self._looked: datetime | None = None

    def looked_within(self, seconds: float) -> bool:
        """Whether somebody asked this so short a time ago; otherwise it is noted that they do now."""
        now = self._clock()
        if self._looked is not None and self._looked <= now < self._looked + timedelta(seconds=seconds):
            return True
        self._looked = now
        return False

    def start(self, job: str, work: Work) -> None:
        """Do a job's work: at once, or when its time has come."""
        if self.delay:
            self._waiting.append(_Waiting(self._clock() + self.delay, job, work))
        else:
            work()

    def cancel(self, job: str) -> bool:
        """Forget the work of a job; whether any was waiting."""
        kept = [row for row in self._waiting if row.job != job]
        found = len(kept) < len(self._waiting)
        self._waiting = kept
        return found

    def due(self) -> list[Work]:
        """Take the work whose time has come, in the order of its time."""
        now = self._clock()
        found = [row for row in self._waiting if row.due <= now]
        self._waiting = [row for row in self._waiting if row.due > now]
        return [row.work for row in sorted(found, key=lambda row: row.due)]
