"""`client.metadata.bulk`: the same change of many objects, as a plan to look at first."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from copy import deepcopy
from typing import TYPE_CHECKING, cast

from dhis2w_client.access import Accesses, with_access
from dhis2w_client.errors import InvalidRequestError
from dhis2w_client.metadata.bundle import Bundle
from dhis2w_client.metadata.plan import MetadataPlan, plan_of

if TYPE_CHECKING:
    from dhis2w_client.filters import Filters
    from dhis2w_client.metadata.metadata_api import MetadataApi
    from dhis2w_client.pages import Row


NAMES = ("name", "shortName", "formName")
"""Properties that a renaming changes."""


class BulkService:
    """The same change of many objects: `client.metadata.bulk`.

    ```python
    plan = await client.metadata.bulk.rename("dataElements", "^Mal ", "Malaria ", filters="name:$like:Mal")
    print(plan)
    await client.metadata.apply(plan)
    ```

    Nothing is written before the plan is applied. Which objects: those that meet the filters, or those with the ids.
    """

    def __init__(self, api: MetadataApi) -> None:
        self._api = api

    async def edit(
        self, plural: str, change: Callable[[Row], object], *, filters: Filters = None, ids: Iterable[str] = ()
    ) -> MetadataPlan:
        """Plan any change.

        Args:
            plural: The plural of the type: `dataElements`.
            change: Changes one object in place: a JSON object with all that DHIS2 keeps of it. What it returns is
                not looked at.
            filters: Which objects.
            ids: Or their UIDs.

        Raises:
            InvalidRequestError: Neither filters nor ids, or a filter that this version would misread.
            UnknownCollectionError: There is no such type.
        """
        read = await self._read(plural, filters, tuple(ids))
        wanted = deepcopy(read)
        for row in wanted:
            change(row)
        return plan_of(Bundle({plural: read}), Bundle({plural: wanted}), self._api.dialect.version)

    async def rename(
        self,
        plural: str,
        pattern: str,
        replacement: str,
        *,
        properties: Sequence[str] = NAMES,
        filters: Filters = None,
        ids: Iterable[str] = (),
    ) -> MetadataPlan:
        """Plan to replace a part of names.

        Args:
            plural: The plural of the type: `dataElements`.
            pattern: A regular expression of Python, such as `^Mal `.
            replacement: What comes in its place, as `re.sub` takes it.
            properties: Which properties. Default: name, short name and form name; `code` is another good one.
            filters: Which objects.
            ids: Or their UIDs.

        Raises:
            InvalidRequestError: The pattern is none, or there are neither filters nor ids.
        """
        try:
            expression = re.compile(pattern)
        except re.error as error:
            raise InvalidRequestError(f"{pattern!r} is no regular expression: {error}.") from None

        def change(row: Row) -> None:
            for key in properties:
                if isinstance(row.get(key), str):
                    row[key] = expression.sub(replacement, row[key])

        return await self.edit(plural, change, filters=filters, ids=ids)

    async def tag(
        self, plural: str, attribute: str, value: str | None, *, filters: Filters = None, ids: Iterable[str] = ()
    ) -> MetadataPlan:
        """Plan to set the value of an attribute.

        Args:
            plural: The plural of the type: `dataElements`.
            attribute: UID of the attribute.
            value: The value, as text; None takes it away.
            filters: Which objects.
            ids: Or their UIDs.

        Raises:
            InvalidRequestError: There are neither filters nor ids.
        """

        def change(row: Row) -> None:
            row["attributeValues"] = with_attribute_value(row.get("attributeValues"), attribute, value)

        return await self.edit(plural, change, filters=filters, ids=ids)

    async def share(
        self,
        plural: str,
        *,
        public: str | None = None,
        users: Accesses = None,
        user_groups: Accesses = None,
        filters: Filters = None,
        ids: Iterable[str] = (),
    ) -> MetadataPlan:
        """Plan to change who may see and change objects; who is not named keeps the access there is.

        Args:
            plural: The plural of the type: `dataElements`.
            public: Access of everybody, such as `rw------`; `--------` for none.
            users: Access by UID of a user; None takes it away.
            user_groups: Access by UID of a user group; None takes it away.
            filters: Which objects.
            ids: Or their UIDs.

        Raises:
            InvalidRequestError: There are neither filters nor ids.
        """

        def change(row: Row) -> None:
            row["sharing"] = with_access(row.get("sharing"), public, users, user_groups)

        return await self.edit(plural, change, filters=filters, ids=ids)

    async def _read(self, plural: str, filters: Filters, ids: tuple[str, ...]) -> list[Row]:
        if ids:
            return await self._api.rows_by_id(plural, ids, ":owner")
        if not filters:
            raise InvalidRequestError(
                f"Say which {plural} to change, by filters or ids.", next_step='All of them: filters="id:!null".'
            )
        return await self._api.rows(plural, ":owner", filters)


def with_attribute_value(values: object, attribute: str, value: str | None) -> list[Row]:
    """The attribute values of an object after one of them was set; None takes it away."""
    rows = cast("list[Row]", values) if isinstance(values, list) else []
    others = [row for row in rows if row.get("attribute", {}).get("id") != attribute]
    return others if value is None else [*others, {"attribute": {"id": attribute}, "value": value}]
