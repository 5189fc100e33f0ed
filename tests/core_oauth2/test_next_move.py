"""What to do for an access token that is good now: decided from what is in the store."""

from dataclasses import replace

import pytest

from dhis2w_core.oauth2.refresh import Move, next_move
from dhis2w_core.oauth2.token_cipher import KeyPlace
from dhis2w_core.oauth2.token_store import StoredLogin
from dhis2w_core.oauth2.tokens import Tokens

NOW = 1_000_000.0
LEASE = 45.0


def login(
    *,
    seconds_left: float = -1,
    has_refresh_token: bool = True,
    rotates: bool | None = False,
    lease_until: float | None = None,
    spent: bool = False,
    over: str | None = None,
) -> StoredLogin:
    refresh_token = "r" if has_refresh_token else None
    tokens = Tokens("a", NOW + seconds_left, refresh_token, "http://x/token", is_legacy=False, rotates=rotates)
    return StoredLogin("rev", tokens, KeyPlace.FILE, lease_until, spent, over)


@pytest.mark.parametrize(
    ("stored", "move"),
    [
        (None, Move.ENDED),
        (login(over="The login is over."), Move.ENDED),
        (login(seconds_left=300), Move.USE),
        (login(seconds_left=31), Move.USE),
        (login(seconds_left=30), Move.REFRESH),
        (login(), Move.REFRESH),
        (login(rotates=None), Move.REFRESH),
        (login(rotates=True), Move.REFRESH),
        (login(has_refresh_token=False), Move.SHORT),
        (login(lease_until=NOW + 1, spent=True), Move.WAIT),
        (login(lease_until=NOW + LEASE + 5, spent=True), Move.WAIT),
        (login(lease_until=NOW, spent=True), Move.REFRESH),
        (login(lease_until=NOW + 10 * LEASE, spent=True), Move.REFRESH),
        (login(lease_until=NOW, spent=True, rotates=True), Move.LOST),
        (login(lease_until=None, spent=True, rotates=None), Move.LOST),
        (login(seconds_left=300, spent=True, rotates=True), Move.USE),
    ],
)
def test_move(stored: StoredLogin | None, move: Move) -> None:
    assert next_move(stored, NOW, lease=LEASE) is move


def test_an_access_token_that_was_refused_is_not_used_again() -> None:
    stored = login(seconds_left=300)
    assert stored.tokens
    assert next_move(stored, NOW, refused=stored.tokens, lease=LEASE) is Move.REFRESH
    assert next_move(stored, NOW, refused=replace(stored.tokens, access_token="b"), lease=LEASE) is Move.USE
