"""Puts documents into a sandbox and reads them through its API."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from dhis2w_sandbox import Sandbox
from dhis2w_sandbox.call import Reply
from dhis2w_sandbox.passwords import hashed

Json = dict[str, Any]

ADMIN = "M5zQapPyTZI"
PASSWORD = "Orange#Bicycle71"
RARE = "[]!$%,;|~ "
"""Characters of queries that are sent encoded."""


@dataclass
class Reader:
    """Somebody who reads one sandbox."""

    sandbox: Sandbox

    def put(self, type: str, uid: str, **values: Any) -> Json:
        """Store an object of the administrator's, as an import would have left it."""
        now = self.sandbox.server.now()
        base: Json = {"id": uid, "name": uid, "created": now, "lastUpdated": now, "createdBy": {"id": ADMIN}}
        sharing: Json = {"owner": ADMIN, "users": {}, "userGroups": {}, "public": "rw------"}
        document = {**base, "sharing": sharing, **values}
        self.sandbox.server.store.put(type, uid, document)
        return document

    def put_element(self, uid: str, **values: Any) -> Json:
        """Store a data element."""
        usual: Json = {"valueType": "INTEGER", "aggregationType": "SUM", "domainType": "AGGREGATE"}
        return self.put("dataElement", uid, **{**usual, "categoryCombo": {"id": "bjDvmb4bfuf"}, **values})

    def put_user(self, uid: str, username: str, *authorities: str, **values: Any) -> None:
        """Store a user with a role that has these authorities."""
        role = "r" + uid[1:]
        self.put("userRole", role, authorities=list(authorities))
        self.put(
            "user",
            uid,
            username=username,
            firstName="Ada",
            surname=username,
            userRoles=[{"id": role}],
            _password=hashed(PASSWORD),
            **values,
        )

    def reply(self, target: str, username: str = "admin", **headers: str) -> Reply:
        """Send a GET."""
        path, _, query = target.partition("?")
        password = "district" if username == "admin" else PASSWORD
        basic = base64.b64encode(f"{username}:{password}".encode()).decode()
        sent = {"Host": "h.example.org", "Authorization": f"Basic {basic}", **headers}
        encoded = "".join(quote(char) if char in RARE else char for char in query)
        return self.sandbox.app.answer("GET", path, encoded, list(sent.items()), b"")

    def __call__(self, target: str, username: str = "admin") -> Any:
        """Send a GET and parse its answer."""
        return json.loads(self.reply(target, username).body)

    def ids(self, target: str, username: str = "admin") -> list[str]:
        """The identifiers in a list, which is the only list of its answer."""
        lists: list[list[Json]] = [value for value in self(target, username).values() if isinstance(value, list)]
        return [row["id"] for row in lists[0]]
