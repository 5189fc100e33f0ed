"""`TokenRefresher`: an access token that is good now, refreshed by exactly one of all who need it.

What to do is decided by `next_move` from what is in the store. Whoever claims the lease sends the one refresh request;
the others wait until its result is in the store. A refresh token that rotates is never sent twice: where a claim of it
has no known result (the process was killed, the answer got lost), the login is over.
"""

from __future__ import annotations

import asyncio
import enum
import time
from importlib import import_module
from typing import TYPE_CHECKING
from uuid import uuid4

from dhis2w_client.errors import (
    ConnectionRefusedByServerError,
    Dhis2Error,
    HostNotFoundError,
    ProxyError,
    TlsError,
)
from dhis2w_core.oauth2.authorization_server import RefusedGrantError, refresh_tokens
from dhis2w_core.oauth2.errors import ClientRefusedError, LoginRequiredError, TokenStoreError
from dhis2w_core.oauth2.token_store import LEASE_SECONDS
from dhis2w_core.oauth2.tokens import refreshed

if TYPE_CHECKING:
    from collections.abc import Callable

    from dhis2w_client.profile import Profile
    from dhis2w_core.oauth2.token_store import StoredLogin, TokenKey, TokenStore
    from dhis2w_core.oauth2.tokens import Tokens

WAITS = 4
"""How many leases long to wait for others before giving up."""
FIRST_PAUSE, LONGEST_PAUSE = 0.05, 0.5
"""Seconds between two looks at what another process is doing; each is half as long again as the one before."""

_NOTHING_SENT = (HostNotFoundError, ConnectionRefusedByServerError, TlsError, ProxyError, ClientRefusedError)

_REFUSED = "The login is over: the server says that it expired, or was revoked."
_NOT_RENEWABLE = "The login is over: the server gave no refresh token, as it does to clients without a secret."
_MAY_BE_SPENT = (
    "The login is over: a process was interrupted while refreshing it, and its refresh token is good for one use only."
)


class Move(enum.Enum):
    """What to do for an access token that is good now."""

    USE = "use the one there is"
    WAIT = "wait for somebody who refreshes it"
    REFRESH = "refresh it"
    ENDED = "log in again: the login is over"
    SHORT = "log in again: there is no refresh token"
    LOST = "log in again: the refresh token may be spent"


def next_move(login: StoredLogin | None, now: float, *, refused: Tokens | None = None, lease: float) -> Move:
    """Decide what to do.

    Args:
        login: What is in the store.
        now: Seconds since 1970.
        refused: Tokens whose access token the server refused although its time is not over.
        lease: Seconds that a lease lasts at most.
    """
    if login is None or login.over or login.tokens is None:
        return Move.ENDED
    tokens = login.tokens
    if tokens.is_fresh(now) and not _is_same(tokens, refused):
        return Move.USE
    # a lease that ends much later than one taken now would is of a clock that was wrong
    if login.lease_until is not None and now < login.lease_until <= now + 2 * lease:
        return Move.WAIT
    if tokens.refresh_token is None:
        return Move.SHORT
    return Move.LOST if login.spent and tokens.rotates is not False else Move.REFRESH


def _is_same(tokens: Tokens, refused: Tokens | None) -> bool:
    return refused is not None and tokens.access_token == refused.access_token


class TokenRefresher:
    """The access token of one login.

    Args:
        profile: Server, client and network.
        key: Whose login it is.
        store: Where it is kept.
        lease: Seconds that one refresh may take.
        now: Seconds since 1970.
    """

    def __init__(
        self,
        profile: Profile,
        key: TokenKey,
        store: TokenStore,
        *,
        lease: float = LEASE_SECONDS,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._profile = profile
        self._key = key
        self._store = store
        self._lease = lease
        self._now = now
        self._owner = uuid4().hex
        self._tokens: Tokens | None = None
        self._flight: asyncio.Task[Tokens] | None = None

    def __repr__(self) -> str:
        return f"TokenRefresher({self._key!r})"

    async def tokens(self, *, refused: Tokens | None = None) -> Tokens:
        """Tokens with an access token that is good for a while.

        Args:
            refused: Those whose access token the server refused although its time is not over.

        Raises:
            LoginRequiredError: There is no login, or it is over.
            ClientRefusedError: The server does not accept the client.
            NoAnswerError: The server did not answer.
            TokenStoreError: The store cannot be used.
        """
        tokens = self._tokens
        if tokens is None or not tokens.is_fresh(self._now()) or _is_same(tokens, refused):
            tokens = await self._shared_flight(refused)
        return tokens

    async def _shared_flight(self, refused: Tokens | None) -> Tokens:
        """All tasks of this process wait for one; that goes on when one of them is cancelled."""
        if self._flight is None or self._flight.done():
            self._flight = asyncio.create_task(self._fresh_tokens(refused))
            self._flight.add_done_callback(_take_note)
        tokens = await asyncio.shield(self._flight)
        self._tokens = tokens
        return tokens

    async def _fresh_tokens(self, refused: Tokens | None) -> Tokens:
        deadline = time.monotonic() + WAITS * self._lease
        pause = FIRST_PAUSE
        while time.monotonic() < deadline:
            login = await asyncio.to_thread(self._store.read, self._key)
            move = next_move(login, self._now(), refused=refused, lease=self._lease)
            if login is None or login.tokens is None:
                raise self._login_required(login.over if login else None)
            if move is Move.USE:
                return login.tokens
            if move is Move.WAIT:
                await asyncio.sleep(pause)
                pause = min(1.5 * pause, LONGEST_PAUSE)
            elif move is Move.REFRESH:
                # in a thread: a task that is cancelled must not lose a refresh token that was spent
                await asyncio.to_thread(self._refresh, login)
            elif move is Move.SHORT:
                raise self._login_required(_NOT_RENEWABLE)
            else:
                await asyncio.to_thread(self._store.end, self._key, login, _MAY_BE_SPENT)
        raise TokenStoreError(
            f"Other processes have been refreshing this login for {WAITS * self._lease:g} seconds.",
            next_step="Try again; if it stays so, the server's token endpoint is too slow.",
        )

    def _refresh(self, login: StoredLogin) -> None:
        """Claim the login, refresh it and write down the result; do nothing when another process was faster."""
        import_module("httpx2")  # as little time as can be from the claim to the request: a kill in it ends a login
        tokens = login.tokens
        if tokens is None or not self._store.claim(
            self._key, login, owner=self._owner, now=self._now(), lease=self._lease
        ):
            return
        asked_at = self._now()
        try:
            grant = asyncio.run(refresh_tokens(self._profile, tokens))
        except RefusedGrantError:
            self._store.end(self._key, login, _REFUSED)
        except _NOTHING_SENT:
            self._store.release(self._key, login, owner=self._owner, spent=False)
            raise
        except Dhis2Error:
            self._store.release(self._key, login, owner=self._owner, spent=True)
            raise
        else:
            self._store.complete(self._key, login, refreshed(tokens, grant, asked_at))

    def _login_required(self, why: str | None) -> LoginRequiredError:
        whose = f"profile {self._key.profile!r}" if self._key.profile else "this client"
        option = f" --profile {self._key.profile}" if self._key.profile else ""
        return LoginRequiredError(
            why or f"There is no login for {whose} on {self._key.base_url}.", next_step=f"Log in: d2w login{option}"
        )


def _take_note(flight: asyncio.Task[Tokens]) -> None:
    """See what came of a flight that nobody waits for any more."""
    if not flight.cancelled():
        flight.exception()
