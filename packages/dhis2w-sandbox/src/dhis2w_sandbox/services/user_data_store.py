"""`/api/userDataStore`: JSON values by namespace and key, of each user their own.

Source: `UserDatastoreController`, `DefaultUserDatastoreService` and `HibernateUserDatastoreStore` of dhis2-core;
recordings `services/user-datastore`.
"""

from __future__ import annotations

import json
import sqlite3
from typing import Any

from dhis2w_sandbox.call import RECORDED, Call, Reply
from dhis2w_sandbox.errors import Dhis2Refusal, conflict
from dhis2w_sandbox.routing import Endpoints
from dhis2w_sandbox.services import values
from dhis2w_sandbox.services.jsonb import MISSING
from dhis2w_sandbox.system import NEVER_STORED
from dhis2w_sandbox.user import User

endpoints = Endpoints()

# The Java method that refuses a new entry without a body.
ADD_ENTRY = (
    "public org.hisp.dhis.dxf2.webmessage.WebMessage org.hisp.dhis.webapi.controller.UserDatastoreController.addEntry("
    "java.lang.String,java.lang.String,java.lang.String,java.lang.String,boolean)"
    " throws org.hisp.dhis.feedback.BadRequestException,org.hisp.dhis.feedback.ConflictException"
)


class UserEntries:
    """The values of one user."""

    def __init__(self, sql: sqlite3.Connection, user: User) -> None:
        self._sql = sql
        self._user = user.uid
        sql.execute(
            "CREATE TABLE IF NOT EXISTS user_entry (user TEXT, namespace TEXT, key TEXT, value TEXT,"
            " PRIMARY KEY (user, namespace, key))"
        )

    def namespaces(self) -> list[str]:
        """The namespaces that have keys."""
        rows = self._sql.execute("SELECT DISTINCT namespace FROM user_entry WHERE user = ?", (self._user,))
        return [namespace for (namespace,) in rows]

    def all(self, namespace: str) -> list[tuple[str, Any]]:
        """The keys of a namespace and their values."""
        rows = self._sql.execute(
            "SELECT key, value FROM user_entry WHERE user = ? AND namespace = ? ORDER BY key", (self._user, namespace)
        )
        return [(key, MISSING if value is None else json.loads(value)) for key, value in rows]

    def put(self, namespace: str, key: str, value: Any) -> None:
        """Store a value; `MISSING` for none."""
        text = None if value is MISSING else json.dumps(value)
        self._sql.execute(
            "INSERT INTO user_entry (user, namespace, key, value) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (user, namespace, key) DO UPDATE SET value = excluded.value",
            (self._user, namespace, key, text),
        )

    def delete(self, namespace: str, key: str) -> None:
        """Remove a key."""
        self._sql.execute(
            "DELETE FROM user_entry WHERE user = ? AND namespace = ? AND key = ?", (self._user, namespace, key)
        )


@endpoints.add("GET", "/api/userDataStore", RECORDED)
def namespaces(call: Call) -> Reply:
    """List the user's namespaces."""
    return Reply.json(_of(call).namespaces(), headers=dict(NEVER_STORED))


@endpoints.add("GET", "/api/userDataStore/{namespace}", RECORDED)
def namespace(call: Call) -> Reply:
    """List the keys of a namespace, or with `fields` what their values hold."""
    if call.param("fields") is None:
        return keys(call)
    return values.entries_reply(call, _of(call).all(call.parts["namespace"]))


@endpoints.add("GET", "/api/userDataStore/{namespace}/keys", RECORDED)
def keys(call: Call) -> Reply:
    """List the keys of a namespace."""
    name = call.parts["namespace"]
    found = [key for key, _ in _of(call).all(name)]
    if not found:
        raise values.not_stored(values.no_namespace(name))
    return Reply.json(found, headers=dict(NEVER_STORED))


@endpoints.add("DELETE", "/api/userDataStore/{namespace}", RECORDED)
def delete_namespace(call: Call) -> Reply:
    """Delete every key of a namespace."""
    name, entries = call.parts["namespace"], _of(call)
    found = entries.all(name)
    if not found:
        raise values.no_namespace(name)
    for key, _ in found:
        entries.delete(name, key)
    return Reply.message(200, f"Namespace deleted: '{name}'")


@endpoints.add("GET", "/api/userDataStore/{namespace}/{key}", RECORDED)
def value(call: Call) -> Reply:
    """Show the value of a key."""
    return values.shown(_existing(call))


@endpoints.add("POST", "/api/userDataStore/{namespace}/{key}", RECORDED)
def create(call: Call) -> Reply:
    """Store a value under a new key."""
    return _added(call, values.required_value(call, ADD_ENTRY))


@endpoints.add("PUT", "/api/userDataStore/{namespace}/{key}", RECORDED)
def put(call: Call) -> Reply:
    """Store a value, or change a part of one; without a body, delete it and say that it was updated."""
    new = values.body_value(call)
    name, key = call.parts["namespace"], call.parts["key"]
    entries = _of(call)
    held = dict(entries.all(name))
    if key not in held:
        return _added(call, new)
    changed = values.changed(call, held[key], new)
    if changed is MISSING:
        entries.delete(name, key)
    else:
        entries.put(name, key, changed)
    return Reply.message(200, f"Key updated: '{key}'")


@endpoints.add("DELETE", "/api/userDataStore/{namespace}/{key}", RECORDED)
def delete(call: Call) -> Reply:
    """Delete a key."""
    name, key = call.parts["namespace"], call.parts["key"]
    _existing(call)
    _of(call).delete(name, key)
    return Reply.message(200, f"Key '{key}' deleted from the namespace '{name}'.")


def _added(call: Call, new: Any) -> Reply:
    name, key = call.parts["namespace"], call.parts["key"]
    entries = _of(call)
    if key in dict(entries.all(name)):
        raise conflict(f"Key '{key}' already exists in namespace '{name}'")
    entries.put(name, key, new)
    return Reply.message(201, f"Key '{key}' in namespace '{name}' created.")


def _existing(call: Call) -> Any:
    name, key = call.parts["namespace"], call.parts["key"]
    held = dict(_of(call).all(name))
    if key not in held:
        raise values.no_key(name, key)
    return held[key]


def _of(call: Call) -> UserEntries:
    """The values of the sender, or of the user whom a superuser names; 409 for anybody else."""
    username = call.param("username") or ""
    user: User | None = call.user
    if username.strip():
        if not call.user.is_super:
            raise Dhis2Refusal(
                409, "Only superusers can read or write other users data using the `username` parameter."
            )
        user = call.server.user_named(username)
    if user is None:
        raise Dhis2Refusal(409, f"No user with username {username} exists.")
    return UserEntries(call.server.store.sql, user)
