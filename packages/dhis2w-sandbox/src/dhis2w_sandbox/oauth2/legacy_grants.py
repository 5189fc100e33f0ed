"""What the authorization server of 2.41 keeps: codes, access tokens and refresh tokens, all opaque, and their lives.

Source: `DefaultTokenServices`, `JdbcTokenStore`, `JdbcAuthorizationCodeServices` of spring-security-oauth2 as
`DhisWebApiWebSecurityConfig` of dhis2-core 2.41 configures them.
"""

from __future__ import annotations

import json
import secrets
import string
from typing import Any
from uuid import uuid4

from dhis2w_sandbox.server import Server

Json = dict[str, Any]

ACCESS_SECONDS = 43_200
"""Twelve hours: Spring's default."""

REFRESH_SECONDS = 2_592_000
"""Thirty days: Spring's default."""

CODE_LENGTH = 6


class LegacyGrants:
    """The grants of one server, in a table of their own."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._sql = server.store.sql
        self._sql.execute(
            "CREATE TABLE IF NOT EXISTS legacy_grant"
            " (kind TEXT NOT NULL, value TEXT NOT NULL, content TEXT NOT NULL, PRIMARY KEY (kind, value))"
        )

    def find(self, kind: str, value: str) -> Json | None:
        """What is kept under a value of a kind (`code`, `access`, `refresh`, `pending`)."""
        query = "SELECT content FROM legacy_grant WHERE kind = ? AND value = ?"
        row = self._sql.execute(query, (kind, value)).fetchone()
        return json.loads(row[0]) if row else None

    def keep(self, kind: str, value: str, content: Json) -> None:
        """Keep something under a value."""
        self._sql.execute("REPLACE INTO legacy_grant VALUES (?, ?, ?)", (kind, value, json.dumps(content)))

    def take(self, kind: str, value: str) -> Json | None:
        """What is kept under a value, which is then no longer kept."""
        found = self.find(kind, value)
        self._sql.execute("DELETE FROM legacy_grant WHERE kind = ? AND value = ?", (kind, value))
        return found

    def new_code(self, content: Json) -> str:
        """Keep a request under a new authorization code: six letters and digits, good until it is used."""
        code = "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(CODE_LENGTH))
        self.keep("code", code, content)
        return code

    def token(self, grant: Json, *, refreshable: bool) -> Json:
        """An access token for client, user and scopes: the one that they have, or a new one."""
        former = self._access_of(grant)
        if former is not None and not self.is_expired(former):
            return former
        refresh: str | None = None
        if former is not None:
            self.take("access", former["value"])
            refresh = former.get("refresh")
        if refreshable and (refresh is None or self._is_refresh_gone(refresh)):
            refresh = self._new_refresh(grant)
        return self._new_access(grant, refresh)

    def refreshed(self, value: str, grant: Json, *, rotate: bool) -> Json:
        """A new access token for a refresh token; those that it gave before are no longer good."""
        for kept, row in self._all("access"):
            if row.get("refresh") == value:
                self.take("access", kept)
        if rotate:
            self.take("refresh", value)
            value = self._new_refresh(grant)
        return self._new_access(grant, value)

    def is_expired(self, content: Json) -> bool:
        """Whether the time of a token is over."""
        return content["expires"] < self._now()

    def seconds_left(self, content: Json) -> int:
        """How long a token is good for, in whole seconds."""
        return int(content["expires"] - self._now())

    def _now(self) -> float:
        return self._server.clock().timestamp()

    def _all(self, kind: str) -> list[tuple[str, Json]]:
        rows = self._sql.execute("SELECT value, content FROM legacy_grant WHERE kind = ?", (kind,)).fetchall()
        return [(value, json.loads(content)) for value, content in rows]

    def _access_of(self, grant: Json) -> Json | None:
        keys = ("client", "username", "scopes")
        return next((row for _, row in self._all("access") if all(row[key] == grant[key] for key in keys)), None)

    def _is_refresh_gone(self, value: str) -> bool:
        found = self.find("refresh", value)
        return found is None or self.is_expired(found)

    def _new_refresh(self, grant: Json) -> str:
        value = str(uuid4())
        self.keep("refresh", value, {**grant, "expires": self._now() + REFRESH_SECONDS})
        return value

    def _new_access(self, grant: Json, refresh: str | None) -> Json:
        value = str(uuid4())
        content = {**grant, "value": value, "refresh": refresh, "expires": self._now() + ACCESS_SECONDS - 0.001}
        self.keep("access", value, content)
        return content
