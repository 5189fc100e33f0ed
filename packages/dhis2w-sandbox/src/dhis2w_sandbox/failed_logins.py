"""Who failed to log in lately, and how often: too often, and the name is locked for a while.

Source: `DefaultUserService.registerFailedLogin` and `isLocked` of dhis2-core; only looked at while the setting
`lockMultipleFailedLogins` is on.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

MOST = 4
PERIOD = timedelta(minutes=15)


class FailedLogins:
    """Failures by user name; each name is forgotten when nothing happened to it for a quarter of an hour."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._failures: dict[str, tuple[int, datetime]] = {}

    def add(self, username: str) -> None:
        """Count a failure."""
        self._failures[username] = (self._count(username) + 1, self._clock())

    def forget(self, username: str) -> None:
        """Begin anew: the user logged in."""
        self._failures.pop(username, None)

    def are_too_many(self, username: str) -> bool:
        """Whether the name is locked."""
        return self._count(username) >= MOST

    def _count(self, username: str) -> int:
        count, last = self._failures.get(username, (0, self._clock()))
        return count if self._clock() - last < PERIOD else 0
