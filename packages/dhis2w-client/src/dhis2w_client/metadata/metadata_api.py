"""The connection as the metadata services use it: one request, the objects of a type, many objects by UID."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from dhis2w_client.call import build_call
from dhis2w_client.collection import collection_named, rows_by_name
from dhis2w_client.filters import where
from dhis2w_client.metadata.errors import NotInVersionError
from dhis2w_client.metadata.schema_facts import SchemaFacts, facts_of
from dhis2w_client.pages import object_of

if TYPE_CHECKING:
    from dhis2w_client.call import Body, Params
    from dhis2w_client.clock import Clock
    from dhis2w_client.collection import Collection
    from dhis2w_client.connection import Connection
    from dhis2w_client.filters import Filters
    from dhis2w_client.pages import Row
    from dhis2w_client.periods.calendars import Calendar
    from dhis2w_client.reply import Reply
    from dhis2w_client.versions import Dialect

T = TypeVar("T")

IDS_AT_ONCE = 200
"""UIDs that fit into one URL."""


@dataclass(frozen=True, slots=True)
class MetadataApi:
    """What a metadata service needs of a connected client."""

    connection: Connection
    dialect: Dialect
    clock: Clock

    @property
    def facts(self) -> SchemaFacts:
        """What the schemas of the connected version say."""
        return facts_of(self.dialect.version)

    async def ask(
        self,
        method: str,
        path: str,
        *,
        params: Params | None = None,
        body: Body = None,
        content_type: str | None = None,
        compress: bool = False,
    ) -> Reply:
        """Send one request."""
        build = partial(
            build_call,
            method,
            path,
            base_url=self.connection.base_url,
            params=params,
            body=body,
            content_type=content_type,
            compress=compress,
        )
        # what is compressed is large: the loop goes on meanwhile
        return await self.connection.ask(await asyncio.to_thread(build) if compress else build())

    async def read(self, path: str, params: Params | None = None) -> Row:
        """The JSON object at a path; raises what the server refuses."""
        return self.checked(await self.ask("GET", path, params=params))

    def checked(self, reply: Reply) -> Row:
        """The JSON object that an answer is; raises what the server refuses."""
        return object_of(reply)

    @property
    def calendar(self) -> Calendar:
        """The calendar of the server's periods; ISO where it is not known, or none that the client has."""
        from dhis2w_client.periods.calendars import calendar_named

        return calendar_named(self.dialect.calendar)

    def period(self, text: str) -> str:
        """A period as DHIS2 writes it.

        Raises:
            InvalidPeriodError: It is none, in the server's version and calendar.
        """
        from dhis2w_client.periods import parse_period

        return str(parse_period(text, self.dialect.version, self.calendar))

    def collection(self, name: str) -> Collection[Any]:
        """The objects of one type."""
        return collection_named(name, self.connection, self.dialect)

    def path(self, name: str, *more: str) -> str:
        """The path of a type's endpoint, of one of its objects or of something below.

        Raises:
            UnknownCollectionError: There is no such type, or the connected version does not have it.
        """
        self.collection(name)
        return "/".join((rows_by_name()[name].endpoint, *more))

    async def rows(self, plural: str, fields: str, filters: Filters = None) -> list[Row]:
        """All objects of a list, as JSON objects; never from 2.44's gist API, which writes links in another way."""
        params = {"gist": False} if self.dialect.answers_lists_by_gist else None
        return [row async for row in self.collection(plural).rows(fields=fields, filters=filters, params=params)]

    async def rows_by_id(self, plural: str, ids: Iterable[str], fields: str) -> list[Row]:
        """The objects with these UIDs that are there, asked for in as few requests as their URLs allow."""
        return await self.rows_by(plural, "id", ids, fields)

    async def rows_by(self, plural: str, property: str, values: Iterable[str], fields: str) -> list[Row]:
        """The objects that have one of these values; none of them may have a comma or a bracket."""
        wanted = sorted(set(values))
        chunks = [wanted[start : start + IDS_AT_ONCE] for start in range(0, len(wanted), IDS_AT_ONCE)]
        found = await together([self.rows(plural, fields, where(property).is_in(chunk)) for chunk in chunks])
        return [row for rows in found for row in rows]

    def require(self, has: Callable[[Dialect], bool], what: str) -> None:
        """Refuse what the connected version cannot do.

        Raises:
            NotInVersionError: It cannot.
        """
        if not has(self.dialect):
            raise NotInVersionError(f"DHIS2 2.{self.dialect.version.number}, which is connected, cannot {what}.")


async def together(work: Sequence[Coroutine[Any, Any, T]]) -> list[T]:
    """The results of requests that run at once, as many as the connection lets through; the first error ends all."""
    tasks = [asyncio.ensure_future(each) for each in work]
    try:
        return list(await asyncio.gather(*tasks))
    except BaseException:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        raise


def by_plural(facts: SchemaFacts, ids: Mapping[str, Iterable[str]]) -> dict[str, set[str]]:
    """UIDs by plural, from UIDs by class; classes without a list of their own are left out."""
    types = {name: facts.type(name) for name in ids}
    return {type.plural: set(ids[name]) for name, type in types.items() if type and type.plural in rows_by_name()}
