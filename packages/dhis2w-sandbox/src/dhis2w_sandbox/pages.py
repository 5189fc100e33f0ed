"""The pages around the API: the root, the login page, the logout.

Source: `DhisWebApiWebSecurityConfig` of dhis2-core; recordings `meta/session`.
"""

from __future__ import annotations

from dhis2w_sandbox import auth, html
from dhis2w_sandbox.call import RECORDED, SOURCE, Call, Reply
from dhis2w_sandbox.routing import Endpoints

endpoints = Endpoints()


@endpoints.add("GET", "/", SOURCE)
def root(call: Call) -> Reply:
    """Lead to the start page."""
    return Reply(302, headers={"Location": f"{call.base_url}/dhis-web-dashboard/"})


@endpoints.add("GET", "/dhis-web-dashboard", SOURCE, suffixes="*")
def dashboard(call: Call) -> Reply:
    """Show where a login leads to: HTML with status 200."""
    return html.start_page(call.user.username)


@endpoints.add("GET", "/dhis-web-login", SOURCE, anonymous=True, versions=["v43", "v44"], suffixes="*")
def moved_login(call: Call) -> Reply:
    """Lead to where the login page is now."""
    return Reply(301, headers={"Location": call.base_url + call.server.behaviour.login_page})


@endpoints.add("GET", "/dhis-web-commons-security/logout.action", RECORDED, anonymous=True, suffixes="*")
@endpoints.add("POST", "/dhis-web-commons-security/logout.action", SOURCE, anonymous=True, suffixes="*")
def log_out(call: Call) -> Reply:
    """End the sender's session and its cookie."""
    if call.session is not None:
        call.server.sessions.forget(call.session)
    gone = f"{auth.SESSION_COOKIE}=; Path={call.context_path or '/'}; Max-Age=0"
    location = auth.redirect(call, call.server.behaviour.logged_out_page)
    return Reply(302, headers={"Location": location}, cookies=[gone])
