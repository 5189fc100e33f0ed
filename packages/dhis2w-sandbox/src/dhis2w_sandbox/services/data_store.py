"""`/api/dataStore`: JSON values by namespace and key, which apps keep for all users.

Each entry is a document of the type `dataStore`, so that it can be shared as any object.
Source: `DatastoreController` and `DefaultDatastoreService` of dhis2-core; recordings `services/datastore-*`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any

from dhis2w_sandbox.call import RECORDED, SOURCE, Call, Reply
from dhis2w_sandbox.errors import Dhis2Refusal, conflict, forbidden
from dhis2w_sandbox.metadata import access
from dhis2w_sandbox.metadata.coercion import Place, date
from dhis2w_sandbox.routing import ALL_VERSIONS, Endpoints
from dhis2w_sandbox.schemas import Schema
from dhis2w_sandbox.server import Server
from dhis2w_sandbox.services import beans, values
from dhis2w_sandbox.services.differences import differences
from dhis2w_sandbox.services.jsonb import MISSING
from dhis2w_sandbox.system import NEVER_STORED
from dhis2w_sandbox.user import User

Json = dict[str, Any]

endpoints = Endpoints()

TYPE = "dataStore"


class Protection(Enum):
    """What befalls whoever lacks the authority for a namespace."""

    NONE = "NONE"
    """Nothing."""
    HIDDEN = "HIDDEN"
    """Reads find nothing, writes do nothing and say that they did."""
    RESTRICTED = "RESTRICTED"
    """403."""


@dataclass(frozen=True)
class Guard:
    """How a namespace of DHIS2 itself is protected."""

    namespace: str
    reads: Protection
    writes: Protection
    authority: str

    def as_json(self) -> Json:
        """The row of `/api/dataStore/protections`."""
        return {
            "namespace": self.namespace,
            "reads": self.reads.value,
            "writes": self.writes.value,
            "readAuthorities": [self.authority],
            "writeAuthorities": [self.authority],
        }


GUARDS = {
    guard.namespace: guard
    for guard in (
        Guard("ANDROID_SETTINGS_APP", Protection.NONE, Protection.RESTRICTED, "M_androidsettingsapp"),
        Guard("capture", Protection.NONE, Protection.RESTRICTED, "F_CAPTURE_DATASTORE_UPDATE"),
        Guard("METADATASTORE", Protection.HIDDEN, Protection.HIDDEN, "F_METADATA_MANAGE"),
        Guard("ORG_UNIT_PROFILE", Protection.NONE, Protection.RESTRICTED, "F_ORG_UNIT_PROFILE_ADD"),
        Guard("sms-config", Protection.RESTRICTED, Protection.RESTRICTED, "F_MOBILE_SENDSMS"),
    )
}


@endpoints.add("GET", "/api/dataStore", RECORDED)
def namespaces(call: Call) -> Reply:
    """List the namespaces that have keys and are not hidden."""
    found = dict.fromkeys(entry["namespace"] for entry in call.server.store.all(TYPE))
    seen = [name for name in found if _read_protection(call.user, name) is not Protection.HIDDEN]
    return Reply.json(seen, headers=dict(NEVER_STORED))


@endpoints.add("GET", "/api/dataStore/{namespace}", RECORDED)
def namespace(call: Call) -> Reply:
    """List the keys of a namespace, or with `fields` what their values hold."""
    if call.param("fields") is None:
        return keys(call)
    readable = _readable(call)
    entries = ((entry["key"], MISSING if entry.get("_encrypted") else entry["_value"]) for entry in readable)
    return values.entries_reply(call, entries)


@endpoints.add("GET", "/api/dataStore/{namespace}/keys", RECORDED)
def keys(call: Call) -> Reply:
    """List the keys of a namespace, of those that changed since `lastUpdated` if that is given."""
    since = call.param("lastUpdated")
    first = date(since, Place()) if since else ""
    found = [entry["key"] for entry in _readable(call) if entry["lastUpdated"] >= first]
    if not found and not _is_used(call):
        raise values.not_stored(values.no_namespace(call.parts["namespace"]))
    return Reply.json(found, headers=dict(NEVER_STORED))


@endpoints.add(
    "GET", "/api/dataStore/protections", SOURCE, versions=ALL_VERSIONS - {"v41"}, requires=["M_dhis-web-app-management"]
)
def protections(call: Call) -> Reply:
    """List the namespaces that only some may use; with `namespace` that one, or nothing."""
    asked = call.param("namespace")
    if asked is None:
        return Reply.json([guard.as_json() for _, guard in sorted(GUARDS.items())])
    guard = GUARDS.get(asked)
    return Reply.json(guard.as_json()) if guard else Reply()


@endpoints.add("DELETE", "/api/dataStore/{namespace}", RECORDED)
def delete_namespace(call: Call) -> Reply:
    """Delete every key of a namespace."""
    name = call.parts["namespace"]
    if not _is_used(call):
        raise values.no_namespace(name)
    entries = _entries(call.server, name)
    if _may_write(call, entries):
        for entry in entries:
            call.server.store.delete(TYPE, entry["id"])
    return Reply.message(200, f"Namespace deleted: '{name}'")


@endpoints.add("GET", "/api/dataStore/{namespace}/{key}", RECORDED)
def value(call: Call) -> Reply:
    """Show the value of a key."""
    return values.shown(_existing(call)["_value"])


@endpoints.add("GET", "/api/dataStore/{namespace}/{key}/metaData", RECORDED)
def about(call: Call) -> Reply:
    """Show an entry as an object, without its value."""
    entry = _existing(call)
    rights = access.access(call.user, _schema(call), entry)
    if not call.server.behaviour.emits_external_sharing:
        del rights["externalize"]
    keys = {"namespace": entry["namespace"], "key": entry["key"]}
    return Reply.json(beans.bean(call.server, entry, **keys, access=rights))


@endpoints.add("POST", "/api/dataStore/{namespace}/{key}", RECORDED)
def create(call: Call) -> Reply:
    """Store a value under a new key."""
    new = values.required_value(call, differences(call.server).data_store_signature)
    return _added(call, new)


@endpoints.add("PUT", "/api/dataStore/{namespace}/{key}", RECORDED)
def put(call: Call) -> Reply:
    """Store a value, or change a part of one; without a body, delete it and say that it was updated."""
    new = values.body_value(call)
    entry = _entry(call)
    if entry is None:
        return _added(call, new)
    if _may_write(call, [entry]):
        _change(call, entry, values.changed(call, entry["_value"], new))
    return Reply.message(200, f"Key updated: '{entry['key']}'")


@endpoints.add("DELETE", "/api/dataStore/{namespace}/{key}", RECORDED)
def delete(call: Call) -> Reply:
    """Delete a key."""
    entry = _existing(call)
    if _may_write(call, [entry]):
        call.server.store.delete(TYPE, entry["id"])
    return Reply.message(200, f"Key '{entry['key']}' deleted from namespace '{entry['namespace']}'")


def _added(call: Call, new: Any) -> Reply:
    name, key = call.parts["namespace"], call.parts["key"]
    if _entry(call) is not None:
        raise conflict(f"Key '{key}' already exists in namespace '{name}'")
    user, now = {"id": call.user.uid}, call.server.now()
    entry: Json = {
        "id": call.server.new_uid(),
        "created": now,
        "lastUpdated": now,
        "createdBy": user,
        "lastUpdatedBy": user,
        "namespace": name,
        "key": key,
        "sharing": {"owner": user["id"], "public": "rw------", "users": {}, "userGroups": {}},
        "_value": None if new is MISSING else new,
        "_encrypted": call.flag("encrypt"),
    }
    if _may_write(call, [entry]):
        call.server.store.put(TYPE, entry["id"], entry)
    return Reply.message(201, f"Key created: '{key}'")


def _change(call: Call, entry: Json, new: Any) -> None:
    store = call.server.store
    if new is MISSING:
        store.delete(TYPE, entry["id"])
    else:
        store.put(TYPE, entry["id"], {**entry, "_value": new})


def _entries(server: Server, name: str) -> list[Json]:
    found = (entry for entry in server.store.all(TYPE) if entry["namespace"] == name)
    return sorted(found, key=lambda entry: entry["key"])


def _readable(call: Call) -> list[Json]:
    """The entries of the namespace that the sender may read."""
    name = call.parts["namespace"]
    if _hides(call, name):
        return []
    return [entry for entry in _entries(call.server, name) if access.can_read(call.user, _schema(call), entry)]


def _is_used(call: Call) -> bool:
    name = call.parts["namespace"]
    return not _hides(call, name) and bool(_entries(call.server, name))


def _entry(call: Call) -> Json | None:
    name, key = call.parts["namespace"], call.parts["key"]
    if _hides(call, name):
        return None
    found = next((entry for entry in _entries(call.server, name) if entry["key"] == key), None)
    if found is not None and not access.can_read(call.user, _schema(call), found):
        raise forbidden(f"Access denied for key '{key}' in namespace '{name}'")
    return found


def _existing(call: Call) -> Json:
    found = _entry(call)
    if found is None:
        raise values.no_key(call.parts["namespace"], call.parts["key"])
    return found


def _schema(call: Call) -> Schema:
    return call.server.schemas.by_singular[TYPE]


def _read_protection(user: User, name: str) -> Protection:
    guard = GUARDS.get(name)
    return Protection.NONE if guard is None or user.has_any([guard.authority]) else guard.reads


def _hides(call: Call, name: str) -> bool:
    """Whether reads of the namespace find nothing; 403 where they are refused."""
    protection = _read_protection(call.user, name)
    if protection is Protection.RESTRICTED:
        raise _denied(name)
    return protection is Protection.HIDDEN


def _may_write(call: Call, entries: list[Json]) -> bool:
    """Whether a write has effect; 403 where it is refused."""
    name = call.parts["namespace"]
    guard = GUARDS.get(name)
    if guard is not None and not call.user.has_any([guard.authority]):
        if guard.writes is Protection.RESTRICTED:
            raise _denied(name)
        return guard.writes is Protection.NONE
    for entry in entries:
        if not access.can_write(call.user, _schema(call), entry):
            raise Dhis2Refusal(403, f"Access denied for key '{entry['key']}' in namespace '{name}'")
    return True


def _denied(name: str) -> Dhis2Refusal:
    return Dhis2Refusal(403, f"Namespace '{name}' is protected, access denied")
