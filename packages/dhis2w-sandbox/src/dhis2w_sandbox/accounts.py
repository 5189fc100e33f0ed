"""What keeps an account from being used, in the order in which DHIS2 finds out.

Source: `TwoFactorAuthenticationProvider` (Spring's `DaoAuthenticationProvider`) and `UserService.isLocked`,
`userNonExpired` of dhis2-core.
"""

from __future__ import annotations

from enum import Enum

from dhis2w_sandbox.passwords import matches
from dhis2w_sandbox.server import Server
from dhis2w_sandbox.two_factor import is_on
from dhis2w_sandbox.user import User


class Obstacle(Enum):
    """Why a user cannot log in; the values are the `loginStatus` of a session login, None where that is a 401."""

    LOCKED = "ACCOUNT_LOCKED"
    DISABLED = "ACCOUNT_DISABLED"
    EXPIRED = "ACCOUNT_EXPIRED"
    PASSWORD_EXPIRED = "PASSWORD_EXPIRED"  # noqa: S105 - a status, no password
    BAD_CREDENTIALS = "BAD_CREDENTIALS"


def obstacle(server: Server, user: User | None, password: str) -> Obstacle | None:
    """What keeps a user with this password out; None where nothing does (two factors are another matter)."""
    if user is None:
        return Obstacle.BAD_CREDENTIALS
    return _account_obstacle(server, user) or _password_obstacle(user, password)


def is_usable(server: Server, user: User) -> bool:
    """Whether a token of the user may be used: the account is open and has no second factor."""
    return _account_obstacle(server, user) is None and not is_on(user)


def _account_obstacle(server: Server, user: User) -> Obstacle | None:
    if user.document.get("disabled"):
        return Obstacle.DISABLED
    expiry = user.document.get("accountExpiry")
    return Obstacle.EXPIRED if expiry and expiry < server.now() else None


def _password_obstacle(user: User, password: str) -> Obstacle | None:
    external = user.document.get("externalAuth")
    fits = not external and matches(password, user.document.get("_password", ""))
    return None if fits else Obstacle.BAD_CREDENTIALS
