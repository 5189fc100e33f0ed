"""Where objects live on the server, for plans that change them: metadata, entries of data stores, settings.

An object of a plan has a type and an id. The type is the plural of a metadata type; `dataStore` or `userDataStore`,
whose ids are NAMESPACE/KEY; or `systemSettings`, whose ids are the names of settings.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, cast
from urllib.parse import quote

from dhis2w_client.errors import NotFoundError, ObjectNotFoundError
from dhis2w_client.json_value import as_object

if TYPE_CHECKING:
    from dhis2w_client.client import Dhis2Client
    from dhis2w_client.data_store import DataStoreService
    from dhis2w_core.plan import ObjectChange

Row: TypeAlias = dict[str, Any]
OWNED = ":owner"
"""The properties that an object owns, which are those that a write of it can change."""


class ObjectHome(Protocol):
    """Reads and writes the objects of one type."""

    async def read(self, client: Dhis2Client, id: str) -> Row | None:
        """What an object owns, or `None` when there is no such object (or the user cannot see it)."""
        ...

    async def write(self, client: Dhis2Client, step: ObjectChange) -> str:
        """Make an object what a step says, and give its id."""
        ...


class MetadataHome:
    """The objects of one type of metadata."""

    def __init__(self, type: str) -> None:
        self._type = type

    async def read(self, client: Dhis2Client, id: str) -> Row | None:
        """What the object owns."""
        try:
            return (await client.collection(self._type).get(id, fields=OWNED)).to_dict()
        except ObjectNotFoundError:
            return None

    async def write(self, client: Dhis2Client, step: ObjectChange) -> str:
        """Delete, create, or patch what is different."""
        collection = client.collection(self._type)
        if step.after is None:
            report = await collection.delete(cast("str", step.id))
        elif step.before is None:
            report = await collection.create(step.after)
        else:
            report = await collection.patch(cast("str", step.id), step.operations)
        return report.id or step.id or ""


class EntryHome:
    """The entries of a data store. The state of one is its value as JSON text, so that every difference counts."""

    def __init__(self, *, own: bool) -> None:
        self._own = own

    async def read(self, client: Dhis2Client, id: str) -> Row | None:
        """The value."""
        try:
            return entry_state(await self._store(client).get(*id.split("/", 1)))
        except NotFoundError:
            return None

    async def write(self, client: Dhis2Client, step: ObjectChange) -> str:
        """Delete the entry, create it where there is none, or replace its value."""
        id = cast("str", step.id)
        namespace, key = id.split("/", 1)
        store = self._store(client)
        if step.after is None:
            await store.delete(namespace, key)
        elif step.before is None:
            await store.create(namespace, key, json.loads(step.after["value"]))
        else:
            await store.set(namespace, key, json.loads(step.after["value"]))
        return id

    def _store(self, client: Dhis2Client) -> DataStoreService:
        return client.data_store.user if self._own else client.data_store


class SettingHome:
    """The system settings that are not confidential."""

    async def read(self, client: Dhis2Client, id: str) -> Row | None:
        """The value; from 2.42 on the default where none was set."""
        found = as_object(await client.get("systemSettings", params={"key": id}))
        value = found.get(id)
        return None if value is None else {"value": value}

    async def write(self, client: Dhis2Client, step: ObjectChange) -> str:
        """Give the setting its default back, or another value."""
        id = cast("str", step.id)
        if step.after is None:
            await client.delete(f"systemSettings/{quote(id, safe='')}")
        else:
            await set_setting(client, id, step.after["value"])
        return id


def entry_state(value: object) -> Row:
    """The state of an entry of a data store that has this value."""
    return {"value": json.dumps(value, ensure_ascii=False, sort_keys=True)}


async def set_setting(client: Dhis2Client, name: str, value: object) -> None:
    """Give a system setting a value.

    Raises:
        NotFoundError: There is no such setting (E1005).
        BadRequestError: The value is none that it can have (E1003).
    """
    text = str(value).lower() if isinstance(value, bool) else str(value)
    await client.post(f"systemSettings/{quote(name, safe='')}", text, content_type="text/plain")


_OTHERS: dict[str, ObjectHome] = {
    "dataStore": EntryHome(own=False),
    "userDataStore": EntryHome(own=True),
    "systemSettings": SettingHome(),
}


def home_of(type: str) -> ObjectHome:
    """Where the objects of a type live."""
    return _OTHERS.get(type) or MetadataHome(type)
