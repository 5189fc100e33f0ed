"""`POST /api/auth/login` and the administration of sessions.

Source: `AuthenticationController`, `LoginResponse`, `SessionController` of dhis2-core; recordings `meta/session`.
"""

from __future__ import annotations

import hashlib

from dhis2w_sandbox import auth, two_factor
from dhis2w_sandbox.accounts import Obstacle, sign_in
from dhis2w_sandbox.bodies import json_object
from dhis2w_sandbox.call import RECORDED, SOURCE, Call, Reply
from dhis2w_sandbox.errors import Dhis2Refusal, conflict
from dhis2w_sandbox.routing import ALL_VERSIONS, Endpoints
from dhis2w_sandbox.sessions import Session
from dhis2w_sandbox.user import User

endpoints = Endpoints()

_NEWER = ALL_VERSIONS - {"v41"}


@endpoints.add("POST", "/api/auth/login", RECORDED, anonymous=True)
def log_in(call: Call) -> Reply:
    """Start a session; what keeps an account out is a `loginStatus` under 200, a wrong password 401."""
    body = json_object(call)
    user = sign_in(call.server, body.get("username") or "", body.get("password") or "")
    if user is Obstacle.BAD_CREDENTIALS:
        raise Dhis2Refusal(401, "Bad credentials")
    if isinstance(user, Obstacle):
        return Reply.json({"loginStatus": user.value})
    if two_factor.is_on(user) and not two_factor.code_fits(call.server, user, body.get("twoFactorCode")):
        return Reply.json({"loginStatus": call.server.behaviour.wrong_code_status})
    return _logged_in(call, user)


def _logged_in(call: Call, user: User) -> Reply:
    cookie, target = auth.open_session(call, user)
    reply = Reply.json({"loginStatus": "SUCCESS", "redirectUrl": target})
    reply.cookies.append(cookie)
    return reply


@endpoints.add("POST", "/api/auth/forgotPassword", SOURCE, anonymous=True)
@endpoints.add("POST", "/api/auth/passwordReset", SOURCE, anonymous=True)
def recover(call: Call) -> Reply:
    """Refuse: account recovery is off until somebody switches it on."""
    json_object(call)
    raise conflict("Account recovery is not enabled")


@endpoints.add("GET", "/api/sessions", RECORDED, versions=_NEWER, requires=["ALL"])
def sessions(call: Call) -> Reply:
    """Name who is logged in, by the hash of the session."""
    rows = ((session, call.server.user(session.user)) for session in call.server.sessions.all())
    return Reply.json({_hashed(session): f"{user.username}, (active)" for session, user in rows if user})


@endpoints.add("DELETE", "/api/sessions", SOURCE, versions=_NEWER, requires=["ALL"])
def end_all_sessions(call: Call) -> Reply:
    """End the sessions of everybody who logged in."""
    for session in call.server.sessions.all():
        session.ended = True
    return Reply()


@endpoints.add("DELETE", "/api/sessions/{username}", RECORDED, versions=_NEWER, requires=["ALL"])
def end_sessions_of(call: Call) -> Reply:
    """End the sessions of one user; nothing is said of one who does not exist."""
    user = call.server.user_named(call.parts["username"])
    if user is not None:
        call.server.sessions.end_those_of(user.uid)
    return Reply()


def _hashed(session: Session) -> str:
    return hashlib.sha1(session.cookie.encode(), usedforsecurity=False).hexdigest()
