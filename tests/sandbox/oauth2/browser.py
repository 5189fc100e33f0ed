"""A browser and a client program, who call a sandbox in-process."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any
from urllib.parse import parse_qs, quote, urlencode, urlsplit

import bcrypt

from dhis2w_sandbox import Sandbox
from dhis2w_sandbox.call import Reply

Json = dict[str, Any]

HOST = "sandbox.example.org"
CALLBACK = "http://127.0.0.1:8765/cb"
PASSWORD = "Orange#Bicycle71"
SECRET = "a-client's secret"
HASH = bcrypt.hashpw(SECRET.encode(), bcrypt.gensalt(4)).decode()
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
NO_QUESTIONS = (
    '{"@class":"java.util.Collections$UnmodifiableMap","settings.client.require-proof-key":true,'
    '"settings.client.require-authorization-consent":false}'
)


def basic(name: str, secret: str) -> dict[str, str]:
    return {"Authorization": f"Basic {base64.b64encode(f'{name}:{secret}'.encode()).decode()}"}


ADMIN = basic("admin", "district")
CLIENT = basic("prog", quote(SECRET))


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 24, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **spans: float) -> None:
        self.now += timedelta(**spans)


def send(
    sandbox: Sandbox,
    method: str,
    target: str,
    body: Any = None,
    *,
    form: Json | list[tuple[str, str]] | None = None,
    headers: dict[str, str] | None = None,
) -> Reply:
    """Send one request, with a body in JSON or as a form."""
    path, _, query = target.partition("?")
    sent = {"Host": HOST, **(headers or {})}
    raw = b""
    if form is not None:
        sent.setdefault("Content-Type", "application/x-www-form-urlencoded")
        raw = urlencode(form).encode()
    elif body is not None:
        sent.setdefault("Content-Type", "application/json")
        raw = json.dumps(body).encode()
    return sandbox.app.answer(method, path, query, list(sent.items()), raw)


def register(sandbox: Sandbox, **values: Any) -> Reply:
    """Register the client `prog`."""
    client = {
        "clientId": "prog",
        "clientSecret": HASH,
        "clientAuthenticationMethods": "client_secret_basic,client_secret_post",
        "authorizationGrantTypes": "authorization_code,refresh_token",
        "redirectUris": CALLBACK,
        "scopes": "openid,username",
        **values,
    }
    return send(sandbox, "POST", "/api/oAuth2Clients", client, headers=ADMIN)


def make_user(sandbox: Sandbox) -> None:
    """A user `ada_l` with the password `PASSWORD` and no authorities."""
    send(sandbox, "POST", "/api/userRoles", {"id": "abcRole0001", "name": "R"}, headers=ADMIN)
    user = {"firstName": "Ada", "surname": "L", "username": "ada_l", "password": PASSWORD}
    made = send(sandbox, "POST", "/api/users", {**user, "userRoles": [{"id": "abcRole0001"}]}, headers=ADMIN)
    assert made.status == 201


def authorize_url(**values: str | None) -> str:
    """The address where an authorization begins; None leaves a parameter out."""
    parameters = {
        "response_type": "code",
        "client_id": "prog",
        "redirect_uri": CALLBACK,
        "scope": "openid username",
        "state": "st & te",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
        **values,
    }
    return f"/oauth2/authorize?{urlencode({key: value for key, value in parameters.items() if value is not None})}"


def token(sandbox: Sandbox, headers: dict[str, str] | None = None, **form: str) -> Reply:
    """Ask for a token."""
    return send(sandbox, "POST", "/oauth2/token", form=form, headers=CLIENT if headers is None else headers)


def exchange(sandbox: Sandbox, code: str, headers: dict[str, str] | None = None, **more: str) -> Reply:
    """Exchange a code for tokens."""
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK, "code_verifier": VERIFIER}
    return token(sandbox, headers, **{**form, **more})


def username(sandbox: Sandbox, access_token: str) -> str | int:
    """Who the API thinks the owner of a token is; the status where it is nobody."""
    headers = {"Authorization": f"Bearer {access_token}"}
    reply = send(sandbox, "GET", "/api/me?fields=username", headers=headers)
    return reply.parsed()["username"] if reply.status == 200 else reply.status


def params(reply: Reply) -> dict[str, str]:
    """The parameters with which a browser is sent back."""
    assert reply.status == 302
    return {key: values[0] for key, values in parse_qs(urlsplit(reply.headers["Location"]).query).items()}


@dataclass
class Browser:
    """A browser: keeps cookies, follows redirects on its own server, fills in forms."""

    sandbox: Sandbox
    cookies: dict[str, str] = field(default_factory=dict[str, str])

    def go(self, method: str, target: str, form: list[tuple[str, str]] | None = None) -> Reply:
        """Send one request, follow nothing."""
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        headers = {"Accept": "text/html,*/*", **({"Cookie": cookie} if cookie else {})}
        if method == "POST":
            headers["Origin"] = f"http://{HOST}"
        reply = send(self.sandbox, method, target, form=form, headers=headers)
        for row in reply.cookies:
            name, _, value = row.partition(";")[0].partition("=")
            self.cookies[name] = value
        return reply

    def open(self, target: str) -> Reply:
        """Open an address, and follow redirects until they lead elsewhere or to a page."""
        return self._follow(self.go("GET", target))

    def submit(self, page: Reply, number: int = 0, **fields: str | list[str]) -> Reply:
        """Send the n-th form of a page with its hidden fields and these, and follow."""
        found = list(re.finditer(r"<form (.*?)>(.*?)</form>", page.body.decode(), re.DOTALL))[number]
        hidden = [
            (_attribute(field, "name"), _attribute(field, "value"))
            for field in re.findall(r"<input [^>]*>", found[2])
            if _attribute(field, "type") == "hidden"
        ]
        typed = [
            (name, each) for name, value in fields.items() for each in (value if isinstance(value, list) else [value])
        ]
        action = _attribute(found[1], "action")
        target = action if action.startswith("/") else f"/uaa/oauth/{action}"
        return self._follow(self.go("POST", target, hidden + typed))

    def _follow(self, reply: Reply) -> Reply:
        while reply.status == 302:
            target = reply.headers["Location"].removeprefix(f"http://{HOST}")
            if not target.startswith("/"):
                break
            reply = self.go("GET", target)
        return reply

    def log_in(self, name: str = "admin", password: str = "district") -> Reply:  # noqa: S107 - what every DHIS2 has
        """Log in on the login page."""
        page = self.open(self.sandbox.server.behaviour.login_page)
        return self.submit(page, username=name, password=password)


def _attribute(text: str, name: str) -> str:
    found = re.search(rf'\b{name}="([^"]*)"', text)
    return unescape(found[1]) if found else ""
