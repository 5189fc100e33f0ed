"""Who sends a request: Basic, personal access token or session, and what a refusal looks like.

Source: sections 1.6 and 2 of the wire facts; `DhisWebApiWebSecurityConfig`, `FormLoginBasicAuthenticationEntryPoint`,
`Http401LoginUrlAuthenticationEntryPoint`, `TwoFactorAuthenticationProvider` of dhis2-core.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import replace
from datetime import timedelta
from urllib.parse import quote, urlencode

from dhis2w_sandbox import tokens, two_factor
from dhis2w_sandbox.accounts import Obstacle, sign_in
from dhis2w_sandbox.call import Call, Refused, Reply
from dhis2w_sandbox.errors import web_message
from dhis2w_sandbox.html import xml_message
from dhis2w_sandbox.oauth2 import bearer, legacy_bearer
from dhis2w_sandbox.oauth2.saved_requests import is_saved
from dhis2w_sandbox.server import Server, stamp
from dhis2w_sandbox.sessions import TIMEOUT
from dhis2w_sandbox.user import User

SESSION_COOKIE = "JSESSIONID"

# What needs no credentials, whether the sandbox has it or not.
_OPEN = re.compile(
    r"/api/(locales/ui|loginConfig|auth/(login|forgotPassword|passwordReset|registration|invite|updatePassword)"
    r"|authentication/login|account(/recovery|/restore)?|staticContent/.+|externalFileResources/.+|files/style/external"
    r"|publicKeys/.+)"
)


def identify(call: Call) -> Call:
    """The call with its sender, where its credentials or its session name one; wrong credentials raise the refusal."""
    call = with_session(call)
    header = call.headers.get("authorization", "")
    if header.lower().startswith("apitoken"):
        return replace(call, sender=tokens.sender(call, header), session=None)
    if header.lower().startswith("bearer") and call.server.authority.enabled:
        return replace(call, sender=_bearer_sender(call, header), session=None)
    if header.lower().startswith("basic"):
        return _with_basic(call, header)
    return call


def _bearer_sender(call: Call, header: str) -> User:
    return legacy_bearer.sender(call, header) if call.server.behaviour.old_oauth2 else bearer.sender(call, header)


def is_open(path: str) -> bool:
    """Whether a path needs no credentials."""
    return _OPEN.fullmatch(path) is not None


def unauthenticated(call: Call) -> Refused:
    """What a request without credentials gets: 401 for scripts, a redirect to the login page for everybody else."""
    if call.headers.get("x-requested-with") == "XMLHttpRequest":
        return _unauthorized(call, "Unauthorized", xml=call.server.behaviour.refuses_scripts_in_xml)
    behaviour = call.server.behaviour
    return to_login_page(call, call.base_url if behaviour.login_redirect_is_absolute else call.context_path)


def to_login_page(call: Call, start: str | None = None) -> Refused:
    """The redirect to the login page, which remembers a page that was asked for; `start` is the base URL by default."""
    location = (call.base_url if start is None else start) + call.server.behaviour.login_page
    reply = Reply(302, headers={"Location": location})
    if is_saved(call.method, call.path):
        query = urlencode(call.query, quote_via=quote)
        target = f"{call.context_path}{call.path}{'?' if query else ''}{query}"
        reply.cookies.append(session_cookie(call, call.server.saved_requests.save(target)))
    return Refused(reply)


def open_session(call: Call, user: User) -> tuple[str, str]:
    """Log a user in: the cookie of the new session, and where to go: the page that was asked for, or the start."""
    note_login(call.server, user)
    if call.session is not None:
        call.server.sessions.forget(call.session)
    session = call.server.sessions.open(user.uid, registered=True)
    saved = call.server.saved_requests.take(call.cookie(SESSION_COOKIE))
    target = saved or call.context_path + call.server.behaviour.start_page
    return session_cookie(call, session.cookie), target


def remember(call: Call, reply: Reply) -> Reply:
    """The reply with the cookies that tell the sender its session."""
    if call.session is None or call.sender is None:
        return reply
    if call.cookie(SESSION_COOKIE) != call.session and not any(SESSION_COOKIE in row for row in reply.cookies):
        reply.cookies.append(session_cookie(call, call.session))
    if call.server.behaviour.tells_session_timeout:
        now = int(call.server.clock().timestamp())
        value = f"server_time={now}&expiry_time={now + TIMEOUT}"
        reply.cookies.append(f"SESSION_EXPIRE={value}; Path=/; Max-Age={TIMEOUT}; SameSite=Lax")
    return reply


def session_cookie(call: Call, value: str) -> str:
    """The cookie that carries a session; its path is that of the context."""
    return f"{SESSION_COOKIE}={value}; Path={call.context_path or '/'}; HttpOnly; SameSite=Lax"


def note_login(server: Server, user: User) -> None:
    """Write down that a user logged in; within one minute once."""
    earlier = stamp(server.clock() - timedelta(minutes=1))
    if user.document.get("lastLogin", "") < earlier:
        changed = {**user.document, "lastLogin": server.now(), "lastUpdated": server.now()}
        server.store.put("user", user.uid, changed)


def with_session(call: Call) -> Call:
    """The call with the sender whom its session names, if any; an ended session raises the redirect."""
    sessions = call.server.sessions
    session = sessions.find(call.cookie(SESSION_COOKIE) or "")
    if session is None:
        return call
    if session.ended:
        sessions.forget(session.cookie)
        raise Refused(Reply(302, headers={"Location": redirect(call, "/dhis-web-commons-security/logout.action")}))
    user = call.server.user(session.user)
    return replace(call, sender=user, session=session.cookie) if user else call


def redirect(call: Call, path: str) -> str:
    """A `Location` as this version writes it for its own pages: absolute, or a path."""
    if call.server.behaviour.redirects_absolutely:
        return call.base_url + path
    return call.context_path + path


def _with_basic(call: Call, header: str) -> Call:
    username, password = _decoded(call, header[len("basic") :].strip())
    if call.sender is not None and call.sender.username == username:
        return call
    user = sign_in(call.server, username, password)
    if isinstance(user, Obstacle) or two_factor.is_on(user):
        raise _refused_basic(call, header, user)
    note_login(call.server, user)
    session = call.server.sessions.open(user.uid, registered=False)
    return replace(call, sender=call.server.user(user.uid), session=session.cookie)


def _decoded(call: Call, credentials: str) -> tuple[str, str]:
    try:
        username, colon, password = base64.b64decode(credentials, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        colon = username = password = ""
    if not colon:
        raise _refused_basic(call, call.headers["authorization"], Obstacle.BAD_CREDENTIALS)
    return username, password


def _refused_basic(call: Call, header: str, found: Obstacle | User) -> Refused:
    if "Basic" not in header and call.headers.get("x-requested-with") != "XMLHttpRequest":
        return unauthenticated(call)
    words = {Obstacle.LOCKED: "Account locked", Obstacle.DISABLED: "Account disabled"}
    text = words.get(found, "Unauthorized") if isinstance(found, Obstacle) else "Unauthorized"
    return _unauthorized(call, text, xml=True)


def _unauthorized(call: Call, text: str, *, xml: bool) -> Refused:
    message = web_message(401, text, word="ERROR")
    if xml and "application/xml" in call.headers.get("accept", ""):
        return Refused(xml_message(message, 401))
    return Refused(Reply.json(message, 401))
