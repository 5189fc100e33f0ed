"""Writes to a sandbox in-process and reads what comes of it."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import Any

from dhis2w_sandbox import Sandbox
from dhis2w_sandbox.call import Reply
from dhis2w_sandbox.server import Server

Json = dict[str, Any]

PASSWORD = "Orange#Bicycle71"


@dataclass
class Writer:
    """One user of one sandbox."""

    sandbox: Sandbox
    username: str = "admin"
    password: str = "district"

    @property
    def server(self) -> Server:
        return self.sandbox.server

    def send(self, method: str, target: str, body: Any = None, media: str = "application/json") -> Reply:
        path, _, query = target.partition("?")
        secret = base64.b64encode(f"{self.username}:{self.password}".encode()).decode()
        headers = [("Host", "sandbox"), ("Authorization", f"Basic {secret}"), ("Content-Type", media)]
        raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        return self.sandbox.app.answer(method, path, query, headers, raw)

    def json(self, method: str, target: str, body: Any = None, media: str = "application/json") -> tuple[int, Json]:
        """Status and body of an answer."""
        reply = self.send(method, target, body, media)
        return reply.status, json.loads(reply.body) if reply.body else {}

    def write(self, method: str, target: str, body: Any = None) -> Json:
        """The body of an answer that must be a success."""
        status, answer = self.json(method, target, body)
        assert status < 300, answer
        return answer

    def refused(self, method: str, target: str, body: Any = None) -> list[tuple[str, str | None]]:
        """Code and property of each error of a refused write."""
        status, answer = self.json(method, target, body)
        assert status == 409, answer
        return [(error["errorCode"], error.get("errorProperty")) for error in error_rows(answer["response"])]

    def patch(self, target: str, *operations: Json) -> tuple[int, Json]:
        return self.json("PATCH", target, list(operations), "application/json-patch+json")

    def get(self, target: str) -> Json:
        return self.write("GET", target)

    def another(self, username: str, *authorities: str) -> Writer:
        """A new user with these authorities."""
        role = self.write("POST", "/api/userRoles", {"name": f"Role {username}", "authorities": list(authorities)})
        user = {"username": username, "firstName": "Ada", "surname": username, "password": PASSWORD}
        self.write("POST", "/api/users", {**user, "userRoles": [{"id": role["response"]["uid"]}]})
        return Writer(self.sandbox, username, PASSWORD)


def error_rows(response: Json) -> list[Json]:
    """The error reports of an object report, a type report or an import report."""
    if "errorReports" in response:
        return response["errorReports"]
    parts: list[Json] = response.get("typeReports") or response.get("objectReports") or []
    return [row for part in parts for row in error_rows(part)]


def element(uid: str, **values: Any) -> Json:
    """A data element with everything that it must have."""
    base = {"name": uid, "shortName": uid, "valueType": "INTEGER", "aggregationType": "SUM", "domainType": "AGGREGATE"}
    return {"id": uid, **base, **values}
