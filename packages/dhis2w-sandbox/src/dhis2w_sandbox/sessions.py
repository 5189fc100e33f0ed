"""HTTP sessions: who is logged in under which `JSESSIONID`. They live in memory and end with the process.

Source: `SessionRegistry` as DHIS2 configures it (`DhisWebApiWebSecurityConfig`, `AuthenticationController`): logins
are registered and can be ended from elsewhere; sessions that Basic makes on the side are not.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

TIMEOUT = 3600
"""Seconds without a request after which a session is gone: DHIS2's default `system.session.timeout`."""

MOST_PER_USER = 10
"""Registered sessions of one user; one more ends the oldest: DHIS2's default `max.sessions.per_user`."""


@dataclass
class Session:
    """One session; `ended` when somebody else put an end to it and its owner was not told yet."""

    cookie: str
    user: str
    """Identifier of the user."""
    last_used: datetime
    registered: bool
    ended: bool = False


class Sessions:
    """The sessions of one server, the least recently used first."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._by_cookie: dict[str, Session] = {}

    def open(self, user: str, *, registered: bool) -> Session:
        """Start a session for a user, given by identifier."""
        self._drop_timed_out()
        session = Session(secrets.token_hex(16).upper(), user, self._clock(), registered)
        mine = self.of(user) if registered else []
        if len(mine) >= MOST_PER_USER:
            mine[0].ended = True
        self._by_cookie[session.cookie] = session
        return session

    def find(self, cookie: str) -> Session | None:
        """The session of a cookie, and its time-out begins anew; None where there is none or it timed out."""
        self._drop_timed_out()
        session = self._by_cookie.pop(cookie, None)
        if session is None:
            return None
        session.last_used = self._clock()
        self._by_cookie[cookie] = session
        return session

    def _drop_timed_out(self) -> None:
        limit = self._clock() - timedelta(seconds=TIMEOUT)
        while self._by_cookie and next(iter(self._by_cookie.values())).last_used < limit:
            self._by_cookie.pop(next(iter(self._by_cookie)))

    def forget(self, cookie: str) -> None:
        """Remove a session: whoever sends its cookie from now on is nobody."""
        self._by_cookie.pop(cookie, None)

    def clear(self) -> None:
        """Remove every session."""
        self._by_cookie.clear()

    def of(self, user: str) -> list[Session]:
        """The registered sessions of a user that have not ended."""
        return [row for row in self._by_cookie.values() if row.user == user and row.registered and not row.ended]

    def all(self) -> list[Session]:
        """Every registered session that has not ended."""
        return [row for row in self._by_cookie.values() if row.registered and not row.ended]

    def end_those_of(self, user: str) -> None:
        """End the registered sessions of a user: their next request is redirected to the logout page."""
        for session in self.of(user):
            session.ended = True
