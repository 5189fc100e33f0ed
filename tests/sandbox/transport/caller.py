"""Calls a sandbox in-process and reads what it answers."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from typing import Any

from dhis2w_sandbox import Sandbox
from dhis2w_sandbox.call import Reply

SCRIPT = {"X-Requested-With": "XMLHttpRequest"}
PASSWORD = "Orange#Bicycle71"


def basic(username: str, password: str) -> dict[str, str]:
    return {"Authorization": f"Basic {base64.b64encode(f'{username}:{password}'.encode()).decode()}"}


ADMIN = basic("admin", "district")


@dataclass
class Caller:
    """Somebody who calls one sandbox."""

    sandbox: Sandbox
    cookies: dict[str, str] = field(default_factory=dict[str, str])

    def __call__(
        self, method: str, target: str, body: Any = None, *, headers: dict[str, str] | None = None, remote: str = "::1"
    ) -> Reply:
        """Send one request; `headers=None` is the administrator, `{}` nobody."""
        path, _, query = target.partition("?")
        sent = {"Host": "sandbox.example.org", **(ADMIN if headers is None else headers)}
        if body is not None and not any(name.lower() == "content-type" for name in sent):
            sent["Content-Type"] = "application/json"
        raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        return self.sandbox.app.answer(method, path, query, list(sent.items()), raw, remote=remote)

    def by_session(self, method: str, target: str, body: Any = None, **headers: str) -> Reply:
        """Send one request with the cookies of `remember`, and nothing else."""
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        return self(method, target, body, headers={"Cookie": cookie, **headers})

    def remember(self, reply: Reply) -> None:
        """Keep the cookies of an answer."""
        for cookie in reply.cookies:
            name, _, value = cookie.partition(";")[0].partition("=")
            self.cookies[name] = value

    def make_user(self, username: str, *authorities: str, **values: Any) -> str:
        """A user with a role of their own; the uid."""
        role = self("POST", "/api/userRoles", {"name": f"Role {username}", "authorities": list(authorities)})
        user = {
            "firstName": "Ada",
            "surname": username,
            "username": username,
            "password": PASSWORD,
            "userRoles": [{"id": role.parsed()["response"]["uid"]}],
            **values,
        }
        return self("POST", "/api/users", user).parsed()["response"]["uid"]
