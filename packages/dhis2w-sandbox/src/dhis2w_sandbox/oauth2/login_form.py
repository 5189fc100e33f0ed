"""The login page with a form that works without scripts: its POST makes a session and leads back to where one was.

DHIS2's own page is an app that sends `POST /api/auth/login` and goes to the `redirectUrl` of the answer; the names of
its fields are the same.
"""

from __future__ import annotations

from html import escape
from urllib.parse import parse_qsl

from dhis2w_sandbox import auth, two_factor
from dhis2w_sandbox.accounts import Obstacle, sign_in
from dhis2w_sandbox.call import INFERRED, SOURCE, Call, Reply
from dhis2w_sandbox.routing import Endpoints

endpoints = Endpoints()

_WORDS = {
    Obstacle.LOCKED: "This account is locked.",
    Obstacle.DISABLED: "This account is disabled.",
    Obstacle.EXPIRED: "This account has expired.",
    Obstacle.PASSWORD_EXPIRED: "The password has expired.",
    Obstacle.MUST_ENROL: "This account must enrol in two-factor authentication first.",
    Obstacle.BAD_CREDENTIALS: "Incorrect username or password.",
}


@endpoints.add("GET", "/dhis-web-login", SOURCE, anonymous=True, versions=["v41", "v42"], suffixes="*")
@endpoints.add("GET", "/login", SOURCE, anonymous=True, versions=["v43", "v44"], suffixes="*")
def show(call: Call) -> Reply:
    """Show the login page: HTML with status 200."""
    return _page(call, None)


@endpoints.add("POST", "/dhis-web-login", INFERRED, anonymous=True, versions=["v41", "v42"], suffixes="*")
@endpoints.add("POST", "/login", INFERRED, anonymous=True, versions=["v43", "v44"], suffixes="*")
def submit(call: Call) -> Reply:
    """Start a session and go on; with wrong credentials show the page again, with 401."""
    fields = dict(parse_qsl(call.body.decode("utf-8", "replace"), keep_blank_values=True))
    user = sign_in(call.server, fields.get("username", ""), fields.get("password", ""))
    if isinstance(user, Obstacle):
        return _page(call, _WORDS[user], fields.get("username", ""), 401)
    if two_factor.is_on(user) and not two_factor.code_fits(call.server, user, fields.get("twoFactorCode")):
        return _page(call, "The two-factor code is missing or wrong.", user.username, 401)
    cookie, target = auth.open_session(call, user)
    return Reply(302, headers={"Location": target}, cookies=[cookie])


def _page(call: Call, trouble: str | None, username: str = "", status: int = 200) -> Reply:
    action = escape(call.context_path + call.server.behaviour.login_page)
    words = f'<p role="alert">{escape(trouble)}</p>' if trouble else ""
    page = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"/><title>Log in | DHIS2</title></head>'
        f'<body><div id="dhis2-app-root" data-version="{escape(call.server.behaviour.release)}"><h1>Log in</h1>{words}'
        f'<form method="post" action="{action}">'
        f'<p><label>Username <input name="username" autocomplete="username" value="{escape(username)}"/></label></p>'
        '<p><label>Password <input name="password" type="password" autocomplete="current-password"/></label></p>'
        '<p><label>Two-factor code <input name="twoFactorCode" autocomplete="one-time-code"/></label></p>'
        '<p><button type="submit">Log in</button></p></form></div></body></html>'
    )
    return Reply.text(page, "text/html;charset=utf-8", status)
