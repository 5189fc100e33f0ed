"""Who somebody with a name and a password is, or what keeps them out, in the order in which DHIS2 finds out.

Source: `TwoFactorAuthenticationProvider` (Spring's `DaoAuthenticationProvider`), `AuthenticationListener`, and
`DefaultUserService.isLocked`, `userNonExpired` of dhis2-core.
"""

from __future__ import annotations

from datetime import UTC, datetime
from enum import Enum

from dhis2w_sandbox.passwords import matches
from dhis2w_sandbox.server import Server
from dhis2w_sandbox.two_factor import is_on
from dhis2w_sandbox.user import User


class Obstacle(Enum):
    """Why somebody cannot log in; the value is the `loginStatus` of a session login, which says all but the last."""

    LOCKED = "ACCOUNT_LOCKED"
    DISABLED = "ACCOUNT_DISABLED"
    EXPIRED = "ACCOUNT_EXPIRED"
    PASSWORD_EXPIRED = "PASSWORD_EXPIRED"  # noqa: S105 - a status, no password
    MUST_ENROL = "REQUIRES_TWO_FACTOR_ENROLMENT"
    BAD_CREDENTIALS = "BAD_CREDENTIALS"


def sign_in(server: Server, username: str, password: str) -> User | Obstacle:
    """The user with this name and password, or what keeps them out; a second factor is another matter.

    While the setting `lockMultipleFailedLogins` is on, failures are counted, and too many of them lock the name.
    """
    locks = server.setting("lockMultipleFailedLogins", False)
    if locks and server.failed_logins.are_too_many(username):
        return Obstacle.LOCKED
    user = server.user_named(username)
    if user is None:
        found = Obstacle.BAD_CREDENTIALS
    else:
        found = _account_obstacle(server, user) or _password_obstacle(server, user, password)
    if found is None and user is not None:
        server.failed_logins.forget(username)
        return user
    if locks:
        server.failed_logins.add(username)
    return found or Obstacle.BAD_CREDENTIALS


def is_usable(server: Server, user: User) -> bool:
    """Whether a token of the user may be used: the account is open, the password fresh, no second factor."""
    locked = server.setting("lockMultipleFailedLogins", False) and server.failed_logins.are_too_many(user.username)
    shut = locked or _account_obstacle(server, user) is not None or _password_is_old(server, user)
    return not shut and not is_on(user)


def _account_obstacle(server: Server, user: User) -> Obstacle | None:
    if user.document.get("disabled"):
        return Obstacle.DISABLED
    expiry = user.document.get("accountExpiry")
    return Obstacle.EXPIRED if expiry and expiry < server.now() else None


def _password_obstacle(server: Server, user: User, password: str) -> Obstacle | None:
    if user.document.get("externalAuth") or not matches(password, user.document.get("_password", "")):
        return Obstacle.BAD_CREDENTIALS
    if _password_is_old(server, user):
        return Obstacle.PASSWORD_EXPIRED
    return Obstacle.MUST_ENROL if _must_enrol(user) and not is_on(user) else None


def _password_is_old(server: Server, user: User) -> bool:
    """Whether the password is older than the setting `credentialsExpires` says, in months; 0 is never."""
    months: int = server.setting("credentialsExpires", 0)
    changed = user.document.get("passwordLastUpdated")
    if not months or changed is None:
        return False
    then, now = datetime.fromisoformat(changed).replace(tzinfo=UTC), server.clock()
    return (now.year - then.year) * 12 + now.month - then.month - (now.day < then.day) >= months


def _must_enrol(user: User) -> bool:
    roles = (user.store.get("userRole", role["id"]) for role in user.document.get("userRoles", ()))
    return any("R_ENABLE_2FA" in (role.get("restrictions") or ()) for role in roles if role)
