"""Sends requests to a sandbox in-process and reads what it answers."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import Any

from dhis2w_sandbox import Sandbox
from dhis2w_sandbox.call import Reply
from dhis2w_sandbox.server import Server

PASSWORD = "Orange#Bicycle71"


@dataclass
class Sender:
    """One user of one sandbox."""

    sandbox: Sandbox
    username: str = "admin"
    password: str = "district"

    @property
    def server(self) -> Server:
        return self.sandbox.server

    def __call__(
        self, method: str, target: str, body: Any = None, *, media: str = "application/json", accept: str = "*/*"
    ) -> Reply:
        """Send one request; text and bytes go as they are, anything else as JSON."""
        path, _, query = target.partition("?")
        pair = base64.b64encode(f"{self.username}:{self.password}".encode()).decode()
        headers = {"Host": "sandbox.example.org", "Authorization": f"Basic {pair}", "Accept": accept}
        if body is not None:
            headers["Content-Type"] = media
        text = body if isinstance(body, str | bytes) else "" if body is None else json.dumps(body)
        sent = text if isinstance(text, bytes) else text.encode()
        return self.sandbox.app.answer(method, path, query, list(headers.items()), sent)

    def read(self, target: str) -> Any:
        """What a GET answers, as JSON."""
        reply = self("GET", target)
        assert reply.status == 200, reply.body
        return reply.parsed()

    def somebody(self, *authorities: str) -> Sender:
        """Another user, with these authorities only."""
        role = {"id": "servcesRole", "name": "Some role", "authorities": list(authorities)}
        assert self("POST", "/api/userRoles", role).status == 201
        user = {"id": "servcesUser", "firstName": "Low", "surname": "User", "username": "lowuser", "password": PASSWORD}
        assert self("POST", "/api/users", {**user, "userRoles": [{"id": "servcesRole"}]}).status == 201
        return Sender(self.sandbox, "lowuser", PASSWORD)
