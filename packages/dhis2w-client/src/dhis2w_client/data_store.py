"""`client.data_store`: JSON values by namespace and key, of the instance and of the user.

Source: "Data store" and "User data store" in DHIS2's developer guide, `DatastoreController`,
`UserDatastoreController`; recordings `services/datastore-keys`, `-query`, `-paths`, `services/user-datastore`.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Sequence
from typing import TYPE_CHECKING, Any, Literal, cast
from urllib.parse import quote

from dhis2w_client.errors import ForbiddenError, InvalidRequestError, NotFoundError
from dhis2w_client.json_value import Json, as_array, as_object
from dhis2w_client.replies import value_of

if TYPE_CHECKING:
    from dhis2w_client.metadata.metadata_api import MetadataApi
    from dhis2w_client.pages import Row

Root = Literal["dataStore", "userDataStore"]
"""The stores that DHIS2 has: one of the instance, and one for each user."""

TAKEN_KEYS = frozenset({"keys"})
"""A key that could be written but never read: `GET …/{namespace}/keys` lists the keys."""
ENTRIES_AT_ONCE = 50
"""Entries that a query reads at once."""

_STEP = re.compile(r"([^.\[\]]+)|\[(\d+)\]")


class DataStoreService:
    """JSON values by namespace and key: `client.data_store` for all users, `client.data_store.user` for one's own.

    Which namespaces a user may read and write is up to the apps that own them: `ForbiddenError` says so.
    """

    def __init__(self, api: MetadataApi, root: Root = "dataStore") -> None:
        self._api = api
        self._root: Root = root

    @property
    def user(self) -> DataStoreService:
        """The store of the connected user, which nobody else sees."""
        return DataStoreService(self._api, "userDataStore")

    async def namespaces(self) -> list[str]:
        """The namespaces that have keys.

        Raises:
            ApiError: The server refused.
        """
        return _texts(await self._ask("GET", self._root))

    async def keys(self, namespace: str) -> list[str]:
        """The keys of a namespace.

        Args:
            namespace: The namespace.

        Raises:
            NotFoundError: It has no key (E1005).
        """
        return _texts(await self._ask("GET", f"{self._path(namespace)}/keys"))

    async def get(self, namespace: str, key: str) -> Json:
        """The value of a key, as JSON.

        Args:
            namespace: The namespace.
            key: The key.

        Raises:
            NotFoundError: There is no such key (E1005).
            ForbiddenError: The namespace belongs to an app, and the user may not read it.
        """
        return await self._ask("GET", self._path(namespace, key))

    async def create(self, namespace: str, key: str, value: Json, *, encrypt: bool = False) -> None:
        """Store a value under a key that is not there yet.

        Args:
            namespace: The namespace; it comes into being with its first key.
            key: The key.
            value: What JSON can hold.
            encrypt: Have DHIS2 keep it encrypted in its database; it is read as before.

        Raises:
            ConflictError: The key is there (E1004).
            ForbiddenError: The namespace belongs to an app, and the user may not write it.
        """
        await self._ask("POST", self._path(namespace, key), {"encrypt": encrypt or None}, value)
        await self._check_kept(namespace, key)

    async def set(self, namespace: str, key: str, value: Json, *, encrypt: bool = False) -> None:
        """Store a value under a key, whether it is there or not.

        Args:
            namespace: The namespace.
            key: The key.
            value: What JSON can hold.
            encrypt: Have DHIS2 keep it encrypted, where the key is a new one.

        Raises:
            ForbiddenError: The namespace belongs to an app, and the user may not write it.
        """
        await self._ask("PUT", self._path(namespace, key), {"encrypt": encrypt or None}, value)
        await self._check_kept(namespace, key)

    async def set_part(self, namespace: str, key: str, path: str, value: Json, *, roll: int | None = None) -> None:
        """Replace a part of a value, or append to a list in it.

        DHIS2 answers success to a path that the value does not have, and changes nothing; so the value is read first.

        Args:
            namespace: The namespace.
            key: The key.
            path: Where in the value: `name`, `address.city`, `rows[0]`; empty for the whole of it.
            value: What goes there.
            roll: Append to the list at the path instead, and keep its last so many members; negative: as many as there
                are.

        Raises:
            NotFoundError: There is no such key.
            InvalidRequestError: The value has no such path, or no list there; nothing was written.
        """
        there = part_of(await self.get(namespace, key), path)
        if there is NOTHING or (roll is not None and not isinstance(there, list)):
            what = "no list" if there is not NOTHING else "nothing"
            raise InvalidRequestError(
                f"{namespace}/{key} has {what} at {path!r}: DHIS2 would answer success and change nothing.",
                next_step="Write the whole value with set().",
            )
        await self._ask("PUT", self._path(namespace, key), {"path": path or None, "roll": roll}, value)

    async def delete(self, namespace: str, key: str) -> None:
        """Delete a key with its value.

        Args:
            namespace: The namespace.
            key: The key.

        Raises:
            NotFoundError: There is no such key (E1005).
        """
        await self._ask("DELETE", self._path(namespace, key))

    async def delete_namespace(self, namespace: str) -> None:
        """Delete all keys of a namespace.

        Args:
            namespace: The namespace.

        Raises:
            NotFoundError: It has no key (E1005).
        """
        await self._ask("DELETE", self._path(namespace))

    async def about(self, namespace: str, key: str) -> Row:
        """An entry as an object without its value: who made it when, and its sharing.

        Args:
            namespace: The namespace.
            key: The key.

        Raises:
            NotFoundError: There is no such key.
            InvalidRequestError: The user's own store keeps no such facts.
        """
        if self._root != "dataStore":
            raise InvalidRequestError("The user data store says nothing about its entries.")
        return cast("Row", await self._ask("GET", f"{self._path(namespace, key)}/metaData"))

    async def entries(
        self,
        namespace: str,
        fields: str = ".",
        *,
        filters: str | Sequence[str] = (),
        any_filter: bool = False,
        order: str | None = None,
        include_all: bool = False,
        page_size: int = ENTRIES_AT_ONCE,
    ) -> AsyncIterator[Row]:
        """The entries of a namespace, page by page, with parts of their values.

        Args:
            namespace: The namespace; one that is not there has no entries.
            fields: Parts of the values: `name,address(city)`; `name~hoist(label)` renames. Default: the whole value,
                as `value`.
            filters: Conditions on parts: `age:gt:2`; `_` is the key. Numbers are compared by `eq`, `lt` and so on,
                never by `in`.
            any_filter: One condition is enough.
            order: A part to sort by: `name`, `name:desc`, `age:ndesc` by number.
            include_all: Also entries of which no part is there.
            page_size: Entries of one request.

        Yields:
            Entries with `key`, and the parts asked for.

        Raises:
            ConflictError: A field or filter is not understood (E7650 and others).
            InvalidRequestError: A comma inside of a filter's value, where DHIS2 begins the next filter.
        """
        conditions = [filters] if isinstance(filters, str) else list(filters)
        params = {
            "fields": fields,
            "filter": ",".join(map(_checked_filter, conditions)) or None,
            "rootJunction": "or" if any_filter else None,
            "order": order,
            "includeAll": include_all or None,
            "pageSize": page_size,
        }
        page = 1
        while True:  # `paging=false` is not heard here, and a pager without total does not say where the list ends
            answer = as_object(await self._ask("GET", self._path(namespace), {**params, "page": page}))
            rows = as_array(answer.get("entries"))
            for row in rows:
                yield cast("Row", row)
            if len(rows) < page_size:
                return
            page += 1

    async def _check_kept(self, namespace: str, key: str) -> None:
        """Look whether a value was stored: into a namespace that is hidden from the user DHIS2 writes nothing."""
        if self._root != "dataStore":  # one's own store hides nothing
            return
        try:
            await self._ask("GET", f"{self._path(namespace, key)}/metaData")
        except NotFoundError as error:
            raise ForbiddenError(
                f"DHIS2 said that {namespace}/{key} was stored, and did not store it: the namespace is hidden from "
                "the user.",
                method=error.method,
                path=error.path,
                status=error.status,
                next_step="The app that owns the namespace says which authority it takes.",
            ) from error

    def _path(self, *names: str) -> str:
        for name in names:
            if not name or "/" in name or "\\" in name:
                raise InvalidRequestError(f"{name!r} cannot be a namespace or key: neither is empty or has a slash.")
        if len(names) > 1 and names[1] in TAKEN_KEYS:
            raise InvalidRequestError(f"The key {names[1]!r} could not be read again: DHIS2 lists the keys there.")
        return "/".join([self._root, *(quote(name, safe="") for name in names)])

    async def _ask(self, method: str, path: str, params: Any = None, value: Json = None) -> Json:
        writes = method in ("POST", "PUT")
        body = b"null" if writes and value is None else value  # a PUT without a body deletes the key
        return value_of(await self._api.ask(method, path, params=params, body=body))


class _Nothing:
    """The type of `NOTHING`."""


NOTHING = _Nothing()
"""What `part_of` gives where there is no such part; a part may be null."""


def part_of(value: Json, path: str) -> Json:
    """The part of a value at a path as DHIS2 writes it (`a.b[0]`), or `NOTHING`.

    Args:
        value: JSON.
        path: The path; empty for the value itself.
    """
    for name, number in _STEP.findall(path):
        if number and isinstance(value, list) and int(number) < len(cast("list[Json]", value)):
            value = cast("list[Json]", value)[int(number)]
        elif name and isinstance(value, dict) and name in value:
            value = cast("dict[str, Json]", value)[name]
        else:
            return NOTHING
    return value


def _checked_filter(text: str) -> str:
    if "," in text and "[" not in text:
        raise InvalidRequestError(f"DHIS2 would cut the filter {text!r} at its comma.")
    return text


def _texts(value: Json) -> list[str]:
    return [str(each) for each in as_array(value)]
