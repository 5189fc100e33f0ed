"""Data stores: JSON values by namespace and key, of the instance and of each user."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import TYPE_CHECKING, Any

from dhis2w_core.object_home import entry_state, home_of
from dhis2w_core.operation import operation
from dhis2w_core.plan import Change, ObjectChange

if TYPE_CHECKING:
    from dhis2w_client.client import Dhis2Client
    from dhis2w_client.data_store import DataStoreService


@operation("datastore list", effect="read")
async def list_names(client: Dhis2Client, namespace: str | None = None, *, own: bool = False) -> list[dict[str, Any]]:
    """List the namespaces of the data store, or the keys of one.

    Source: "Data store" in DHIS2's developer guide; `DatastoreController`.

    Args:
        namespace: List its keys.
        own: In your own store, which nobody else sees.
    """
    store = _store(client, own)
    if namespace is None:
        return [{"namespace": name} for name in await store.namespaces()]
    return [{"key": name} for name in await store.keys(namespace)]


@operation("datastore get", effect="read")
async def get_value(client: Dhis2Client, namespace: str, key: str, *, own: bool = False) -> object:
    """Show the value of a key.

    Args:
        namespace: Its namespace.
        key: The key.
        own: In your own store.
    """
    return await _store(client, own).get(namespace, key)


@operation("datastore query", effect="read")
async def query(
    client: Dhis2Client,
    namespace: str,
    *,
    parts: str = ".",
    filter: Sequence[str] = (),
    any_filter: bool = False,
    order: str | None = None,
    own: bool = False,
) -> AsyncIterator[dict[str, Any]]:
    """Show parts of the values of a namespace.

    Args:
        namespace: The namespace.
        parts: Which parts: `name,address(city)`; without it the whole value.
        filter: A condition on a part: `age:gt:2`; `_` is the key; all must hold.
        any_filter: One condition is enough.
        order: A part to sort by: `name:desc`, `age:ndesc` by number.
        own: In your own store.
    """
    return _store(client, own).entries(namespace, parts, filters=filter, any_filter=any_filter, order=order)


@operation("datastore set", effect="write", undo="full")
async def set_value(client: Dhis2Client, namespace: str, key: str, value: object, *, own: bool = False) -> Change:
    """Store a value under a key, whether it is there or not.

    Args:
        namespace: Its namespace; it comes into being with its first key.
        key: The key.
        value: The value.
        own: In your own store.
    """
    type, id = _type(own), f"{namespace}/{key}"
    before = await home_of(type).read(client, id)
    return Change(f"Set {id}", (ObjectChange(type, id, before, entry_state(value)),))


@operation("datastore delete", effect="destroy", undo="partial")
async def delete(client: Dhis2Client, namespace: str, key: Sequence[str] = (), *, own: bool = False) -> Change:
    """Delete keys with their values; without a key, all of the namespace.

    Args:
        namespace: Their namespace.
        key: The keys.
        own: In your own store.
    """
    type, store = _type(own), _store(client, own)
    keys = list(dict.fromkeys(key)) or await store.keys(namespace)
    states = {name: entry_state(await store.get(namespace, name)) for name in keys}
    steps = [ObjectChange(type, f"{namespace}/{name}", state, None) for name, state in states.items()]
    return Change(f"Delete {len(steps)} of {namespace}", tuple(steps))


def _store(client: Dhis2Client, own: bool) -> DataStoreService:
    return client.data_store.user if own else client.data_store


def _type(own: bool) -> str:
    return "userDataStore" if own else "dataStore"
