"""`Dhis2Client`: a connected client, its raw verbs and its services."""

from __future__ import annotations

import warnings
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar, cast, overload

from dhis2w_client._dispatch import dialect_for
from dhis2w_client.auth import AuthProvider
from dhis2w_client.base_url import is_loopback, parse_base_url
from dhis2w_client.call import Body, Call, Params, build_call
from dhis2w_client.clock import SYSTEM_CLOCK, Clock
from dhis2w_client.errors import ClientStateError, InsecureTransportWarning, InvalidSettingError, RedirectedError
from dhis2w_client.json_value import Json, is_number
from dhis2w_client.replies import Reply, check_wanted, error_of, model_of, moved_base_url, value_of
from dhis2w_client.retry import RetryPolicy
from dhis2w_client.system import SystemService
from dhis2w_client.typed_collections import TypedCollections
from dhis2w_client.versions import Dhis2, Dialect, in_calendar, version_named

if TYPE_CHECKING:
    from dhis2w_client.analytics.service import AnalyticsService
    from dhis2w_client.apps import AppService
    from dhis2w_client.collection import Collection
    from dhis2w_client.connection import HttpLimits, Transport
    from dhis2w_client.data_store import DataStoreService
    from dhis2w_client.data_values.service import DataValueService
    from dhis2w_client.files import FileService
    from dhis2w_client.jobs.service import JobService
    from dhis2w_client.maintenance import MaintenanceService
    from dhis2w_client.messages import MessageService
    from dhis2w_client.metadata.metadata_api import MetadataApi
    from dhis2w_client.metadata.service import MetadataService
    from dhis2w_client.periods.calendars import Calendar
    from dhis2w_client.tracker.service import TrackerService

T = TypeVar("T")

MAX_SECONDS = 86_400.0
"""The longest time-out: a day."""
MAX_MOVES = 4
"""How many addresses are tried on connecting, when each redirects to the next."""


class Dhis2Client(TypedCollections):
    """A client of one DHIS2 server, as one user; an async context manager that connects on entering.

    `open_client(profile)` makes one from a profile; the constructor is for callers with an auth provider of their own:

    ```python
    async with Dhis2Client("https://dhis2.example.org", PatAuth(token)) as client:
        print(client.version, await client.get("dataElements", params={"fields": "id,name"}))
    ```

    One client serves any number of tasks of one event loop. The blocking twin (`dhis2w_client.sync`) may be shared by
    threads; neither is for several processes.

    Args:
        base_url: Address of the server, with or without a trailing slash, `/api` and context path.
        auth: What authenticates each request: `PatAuth`, `BasicAuth`, `SessionAuth`, or any `AuthProvider`.
        allow_version_fallback: What to do with a server whose version this client does not know. `True` (default):
            speak the nearest dialect, with an `UnknownVersionWarning`. `False`: raise `UnsupportedVersionError`.
        retry_policy: What is sent again, how often and after how long. `None` (default) is `RetryPolicy()`, on for what
            is safe to repeat; `RetryPolicy.off()` switches it off. Raise `attempts` and `budget` for jobs that nobody
            waits for.
        http_limits: The HTTP library's `Limits`. `None` (default): 10 connections. `max_connections` is also how many
            requests are under way at once; further ones wait, and an open stream counts as one. A small server is
            served best with 2 to 4; more than 20 rarely makes DHIS2 faster.
        system_cache_ttl: Seconds for which `system.info()` is remembered. Default 300; `0` or `None` switches it off.
        expect: The version the program was written for. The client works in the server's dialect all the same, and
            warns (`VersionMismatchWarning`) when it is another. `None` (default) expects nothing.
        verify: Whether the server's certificate is checked. Default `True`.
        ca_bundle: PEM file, or folder of hashed certificates, to trust instead of the system's.
        proxy: URL of the proxy; default: the environment's.
        timeout: Seconds to wait for an answer to begin, and between its parts. Default 60; at most 10 of them for
            connecting. Analytics and imports of large files may need 600.
        transport: A transport of the HTTP library in place of the network, for tests.
        clock: Time and chance, for tests.

    Raises:
        InvalidBaseUrlError: `base_url` is not the address of a server.
        InvalidSettingError: Another setting makes no sense.
    """

    EXPECT: ClassVar[Dhis2 | None] = None
    """The version that clients of this class expect, where the caller does not say."""

    def __init__(
        self,
        base_url: str,
        auth: AuthProvider,
        *,
        allow_version_fallback: bool = True,
        retry_policy: RetryPolicy | None = None,
        http_limits: HttpLimits | None = None,
        system_cache_ttl: float | None = 300.0,
        expect: Dhis2 | None = None,
        verify: bool = True,
        ca_bundle: str | None = None,
        proxy: str | None = None,
        timeout: float | None = None,
        transport: Transport | None = None,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        _check_settings(auth, timeout, system_cache_ttl, http_limits)
        from dhis2w_client.connection import Connection, Network  # with it come asyncio, TLS and logging

        network = Network(verify, ca_bundle, proxy, timeout, http_limits, transport)
        policy = retry_policy or RetryPolicy()
        self._connection = Connection(parse_base_url(base_url), auth, network, policy, clock)
        self._allow_version_fallback = allow_version_fallback
        self._expect = _known_version(expect) or self.EXPECT
        self._dialect: Dialect | None = None
        self._raw_version: str | None = None
        self._system: SystemService | None = None
        self._system_cache_ttl = system_cache_ttl
        self._clock = clock

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.base_url!r}, version={self._raw_version!r})"

    @property
    def base_url(self) -> str:
        """Address of the server; after connecting its canonical one."""
        return self._connection.base_url

    @property
    def version(self) -> Dhis2:
        """The DHIS2 version whose dialect is spoken, for example `Dhis2.V42`."""
        return self.dialect.version

    @property
    def raw_version(self) -> str:
        """The version as the server spells it, for example `2.42.6`."""
        return self._connected(self._raw_version)

    @property
    def dialect(self) -> Dialect:
        """What this server's version does differently."""
        return self._connected(self._dialect)

    @property
    def calendar(self) -> Calendar:
        """The calendar of the server's periods (`keyCalendar`).

        ISO where it is one that the client does not have, or that is not installed (`dhis2w-client[calendars]`), and
        where nothing was asked when it connected (`known_version`).
        """
        return self._service_api().calendar

    @property
    def system(self) -> SystemService:
        """What the server says about itself and about the user."""
        return self._connected(self._system)

    @property
    def metadata(self) -> MetadataService:
        """Bundles of objects of many types, and what DHIS2 has special endpoints for."""
        from dhis2w_client.metadata.service import MetadataService

        return MetadataService(self._connection, self.dialect, self._clock)

    @property
    def analytics(self) -> AnalyticsService:
        """Analytics: aggregated data, line lists, outliers."""
        from dhis2w_client.analytics.service import AnalyticsService

        return AnalyticsService(self._service_api())

    @property
    def tracker(self) -> TrackerService:
        """Tracker: entities, enrollments, events, relationships."""
        from dhis2w_client.tracker.service import TrackerService

        return TrackerService(self._service_api())

    @property
    def data_store(self) -> DataStoreService:
        """JSON values by namespace and key."""
        from dhis2w_client.data_store import DataStoreService

        return DataStoreService(self._service_api())

    @property
    def files(self) -> FileService:
        """Files, documents and icons."""
        from dhis2w_client.files import FileService

        return FileService(self._service_api())

    @property
    def messages(self) -> MessageService:
        """Conversations of the user."""
        from dhis2w_client.messages import MessageService

        return MessageService(self._service_api())

    @property
    def apps(self) -> AppService:
        """The web apps of the instance."""
        from dhis2w_client.apps import AppService

        return AppService(self._service_api())

    @property
    def data_values(self) -> DataValueService:
        """Aggregate data values."""
        from dhis2w_client.data_values.service import DataValueService

        return DataValueService(self._service_api())

    @property
    def jobs(self) -> JobService:
        """Jobs that run in the background."""
        from dhis2w_client.jobs.service import JobService

        return JobService(self._service_api())

    @property
    def maintenance(self) -> MaintenanceService:
        """What puts the house of the instance in order."""
        from dhis2w_client.maintenance import MaintenanceService

        return MaintenanceService(self._service_api())

    def _service_api(self) -> MetadataApi:
        from dhis2w_client.metadata.metadata_api import MetadataApi

        return MetadataApi(self._connection, self.dialect, self._clock)

    def collection(self, name: str) -> Collection[Any]:
        """The objects of one type: `client.collection("dataElements")` is `client.data_elements`.

        Args:
            name: DHIS2's plural (`dataElements`), the attribute (`data_elements`) or the class (`DataElement`).

        Raises:
            UnknownCollectionError: There is no such collection, or the connected version does not have it.
        """
        from dhis2w_client.collection import collection_named

        return collection_named(name, self._connection, self.dialect)

    def _connected(self, known: T | None) -> T:
        if known is None:
            raise ClientStateError("The client has not connected yet.", next_step="Use it inside of `async with`.")
        return known

    async def __aenter__(self) -> Self:
        await self.connect()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()

    async def connect(self, *, known_version: str | None = None) -> None:
        """Connect: find the server's canonical address and its version, with one request where nothing redirects.

        Args:
            known_version: The version as the server spelt it when it was asked before; then nothing is sent now, and
                what is wrong with address or credentials shows in the first request. `None` (default) asks.

        Raises:
            AuthenticationError: The credentials are not taken.
            RedirectedError: The server lives at another address, where no credentials are sent.
            NoAnswerError: The server cannot be reached.
            UnsupportedVersionError: See `allow_version_fallback`.
            Dhis2Error: Any other trouble; the client is closed again.

        Warns:
            VersionMismatchWarning: See `expect`.
            UnknownVersionWarning: See `allow_version_fallback`.
            InsecureTransportWarning: Credentials travel over plain HTTP to another machine.
        """
        if self.base_url.startswith("http://") and not is_loopback(self.base_url):
            warnings.warn(
                f"Credentials travel to {self.base_url} over plain HTTP: anybody on the way can read them.",
                InsecureTransportWarning,
                stacklevel=3,
            )
        from dhis2w_client.models.system_info import SystemInfo

        await self._connection.open()
        try:
            info = None if known_version else model_of(await self._find_server(), SystemInfo)
            version = info.version if info else known_version or ""
            self._raw_version = version
            self._system = SystemService(self._connection, self._clock, self._system_cache_ttl, info)
            dialect = dialect_for(version, allow_fallback=self._allow_version_fallback, expect=self._expect)
            self._dialect = in_calendar(dialect, info.calendar if info else None)
        except BaseException:
            await self.close()
            raise

    async def _find_server(self) -> Reply:
        """The server's answer to `GET /api/system/info`, asked where it moves us within its own host."""
        for _ in range(MAX_MOVES):
            call = build_call("GET", "system/info", base_url=self.base_url)
            reply = await self._connection.ask(call)
            moved = moved_base_url(reply)
            if moved is None or moved == self.base_url:
                return reply
            self._connection.base_url = moved
        raise RedirectedError(f"{self.base_url} redirects in circles.", method="GET", path="/api/system/info")

    async def close(self) -> None:
        """Close all connections; the client cannot be used any more."""
        await self._connection.close()

    def _call(self, method: str, path: str, **options: Any) -> Call:
        return build_call(method, path, base_url=self.base_url, **options)

    async def _value(self, call: Call, as_: type[T] | None) -> T | Json:
        """Send a call; its answer as JSON, or as the type that was asked for."""
        if as_ is None:
            return value_of(await self._connection.ask(call))
        check_wanted(as_)
        return model_of(await self._connection.ask(call), as_)

    @overload
    async def get(self, path: str, *, params: Params | None = None) -> Json: ...

    @overload
    async def get(self, path: str, *, params: Params | None = None, as_: type[T]) -> T: ...

    async def get(self, path: str, *, params: Params | None = None, as_: type[T] | None = None) -> T | Json:
        """Read something.

        Args:
            path: Path of the API, with or without `/api/`; a query in it is kept.
            params: Query parameters; a list repeats its key, `None` leaves it out.
            as_: Type of the answer: a Pydantic model, `list[…]` of one, or anything else that Pydantic can validate.

        Returns:
            The answer as JSON (`None` when empty, text when it is text), or as `as_`.

        Raises:
            ApiError: The server refused.
            NoAnswerError: No answer came.
            AnswerError: The answer is no JSON, or does not fit `as_`.
            InvalidRequestError: The request cannot be sent.
        """
        return await self._value(self._call("GET", path, params=params), as_)

    @overload
    async def delete(self, path: str, *, params: Params | None = None, body: Body = None) -> Json: ...

    @overload
    async def delete(self, path: str, *, params: Params | None = None, body: Body = None, as_: type[T]) -> T: ...

    async def delete(
        self, path: str, *, params: Params | None = None, body: Body = None, as_: type[T] | None = None
    ) -> T | Json:
        """Delete something.

        Args:
            path: Path of the API, with or without `/api/`; a query in it is kept.
            params: Query parameters; a list repeats its key, `None` leaves it out.
            body: What to send along; `DELETE /api/…/{uid}/{collection}` wants one.
            as_: Type of the answer: a Pydantic model, `list[…]` of one, or anything else that Pydantic can validate.

        Returns:
            The answer as JSON (`None` when empty, text when it is text), or as `as_`.

        Raises:
            ApiError: The server refused.
            NoAnswerError: No answer came.
            AnswerError: The answer is no JSON, or does not fit `as_`.
            InvalidRequestError: The request cannot be sent.
        """
        return await self._value(self._call("DELETE", path, params=params, body=body), as_)

    @overload
    async def post(
        self,
        path: str,
        body: Body = None,
        *,
        params: Params | None = None,
        content_type: str | None = None,
        compress: bool = False,
        repeatable: bool = False,
    ) -> Json: ...

    @overload
    async def post(
        self,
        path: str,
        body: Body = None,
        *,
        params: Params | None = None,
        content_type: str | None = None,
        compress: bool = False,
        repeatable: bool = False,
        as_: type[T],
    ) -> T: ...

    async def post(
        self,
        path: str,
        body: Body = None,
        *,
        params: Params | None = None,
        content_type: str | None = None,
        compress: bool = False,
        repeatable: bool = False,
        as_: type[T] | None = None,
    ) -> T | Json:
        """Create something, or have something done. Never sent twice, unless `repeatable`.

        Args:
            path: Path of the API, with or without `/api/`; a query in it is kept.
            body: What to send: anything JSON can hold, with Pydantic models anywhere in it (of those, what was set), or
                bytes as they are.
            params: Query parameters; a list repeats its key, `None` leaves it out.
            content_type: Media type of the body. Default: JSON.
            compress: Send the body gzipped; imports of metadata and data values can read that.
            repeatable: Doing it twice has the effect of doing it once, so it may be sent again after a failure.
            as_: Type of the answer: a Pydantic model, `list[…]` of one, or anything else that Pydantic can validate.

        Returns:
            The answer as JSON (`None` when empty, text when it is text), or as `as_`.

        Raises:
            ConflictError: DHIS2 refused; `rows` say what is wrong with what.
            ApiError: The server refused for another reason.
            NoAnswerError: No answer came; the server may have done the work.
            AnswerError: The answer is no JSON, or does not fit `as_`.
            InvalidRequestError: The request cannot be sent.
        """
        call = self._call(
            "POST",
            path,
            params=params,
            body=body,
            content_type=content_type,
            compress=compress,
            repeatable=repeatable,
        )
        return await self._value(call, as_)

    @overload
    async def put(
        self,
        path: str,
        body: Body = None,
        *,
        params: Params | None = None,
        content_type: str | None = None,
        compress: bool = False,
    ) -> Json: ...

    @overload
    async def put(
        self,
        path: str,
        body: Body = None,
        *,
        params: Params | None = None,
        content_type: str | None = None,
        compress: bool = False,
        as_: type[T],
    ) -> T: ...

    async def put(
        self,
        path: str,
        body: Body = None,
        *,
        params: Params | None = None,
        content_type: str | None = None,
        compress: bool = False,
        as_: type[T] | None = None,
    ) -> T | Json:
        """Replace something.

        Args:
            path: Path of the API, with or without `/api/`; a query in it is kept.
            body: What to send: anything JSON can hold, with Pydantic models anywhere in it (of those, what was set), or
                bytes as they are.
            params: Query parameters; a list repeats its key, `None` leaves it out.
            content_type: Media type of the body. Default: JSON.
            compress: Send the body gzipped; imports of metadata and data values can read that.
            as_: Type of the answer: a Pydantic model, `list[…]` of one, or anything else that Pydantic can validate.

        Returns:
            The answer as JSON (`None` when empty, text when it is text), or as `as_`.

        Raises:
            ConflictError: DHIS2 refused; `rows` say what is wrong with what.
            ApiError: The server refused for another reason.
            NoAnswerError: No answer came; the server may have done the work.
            AnswerError: The answer is no JSON, or does not fit `as_`.
            InvalidRequestError: The request cannot be sent.
        """
        call = self._call(
            "PUT",
            path,
            params=params,
            body=body,
            content_type=content_type,
            compress=compress,
        )
        return await self._value(call, as_)

    @overload
    async def patch(
        self,
        path: str,
        body: Body = None,
        *,
        params: Params | None = None,
        content_type: str | None = None,
        compress: bool = False,
        repeatable: bool = False,
    ) -> Json: ...

    @overload
    async def patch(
        self,
        path: str,
        body: Body = None,
        *,
        params: Params | None = None,
        content_type: str | None = None,
        compress: bool = False,
        repeatable: bool = False,
        as_: type[T],
    ) -> T: ...

    async def patch(
        self,
        path: str,
        body: Body = None,
        *,
        params: Params | None = None,
        content_type: str | None = None,
        compress: bool = False,
        repeatable: bool = False,
        as_: type[T] | None = None,
    ) -> T | Json:
        """Change parts of something by a JSON Patch, a list of operations. Never sent twice, unless `repeatable`.

        Args:
            path: Path of the API, with or without `/api/`; a query in it is kept.
            body: What to send: anything JSON can hold, with Pydantic models anywhere in it (of those, what was set), or
                bytes as they are.
            params: Query parameters; a list repeats its key, `None` leaves it out.
            content_type: Media type of the body. Default: JSON Patch (`application/json-patch+json`).
            compress: Send the body gzipped; imports of metadata and data values can read that.
            repeatable: Doing it twice has the effect of doing it once, so it may be sent again after a failure.
            as_: Type of the answer: a Pydantic model, `list[…]` of one, or anything else that Pydantic can validate.

        Returns:
            The answer as JSON (`None` when empty, text when it is text), or as `as_`.

        Raises:
            ConflictError: DHIS2 refused; `rows` say what is wrong with what.
            ApiError: The server refused for another reason.
            NoAnswerError: No answer came; the server may have done the work.
            AnswerError: The answer is no JSON, or does not fit `as_`.
            InvalidRequestError: The request cannot be sent.
        """
        call = self._call(
            "PATCH",
            path,
            params=params,
            body=body,
            content_type=content_type,
            compress=compress,
            repeatable=repeatable,
        )
        return await self._value(call, as_)

    @asynccontextmanager
    async def stream(
        self,
        path: str,
        *,
        params: Params | None = None,
        method: str = "GET",
        body: Body = None,
        content_type: str | None = None,
        accept: str = "*/*",
    ) -> AsyncGenerator[AsyncIterator[bytes]]:
        """Read an answer of any format piece by piece: files, CSV, exports larger than memory.

        ```python
        async with client.stream("dataValueSets.csv", params={…}) as pieces:
            async for piece in pieces:
                file.write(piece)
        ```

        Args:
            path: Path of the API, with or without `/api/`.
            params: Query parameters.
            method: HTTP method.
            body: What to send.
            content_type: Media type of the body. Default: JSON.
            accept: Media type wanted. Default: whatever the endpoint makes.

        Yields:
            The pieces of the body, as they arrive, decompressed.

        Raises:
            ApiError: The server refused.
            NoAnswerError: No answer came, or the connection broke on the way.
            InvalidRequestError: The request cannot be sent.
        """
        call = self._call(method.upper(), path, params=params, body=body, content_type=content_type, accept=accept)
        async with self._connection.stream(call) as (reply, pieces):
            error = error_of(reply)
            if error is not None:
                raise error
            yield pieces


def _check_settings(auth: object, timeout: object, system_cache_ttl: object, http_limits: HttpLimits | None) -> None:
    if not isinstance(auth, AuthProvider):
        raise InvalidSettingError(
            "auth is what authenticates requests.", next_step="Give a PatAuth, BasicAuth or SessionAuth."
        )
    if timeout is not None and not (is_number(timeout) and 0 < cast("float", timeout) <= MAX_SECONDS):
        raise InvalidSettingError("timeout is a number of seconds: more than 0, a day at most.")
    if system_cache_ttl is not None and not is_number(system_cache_ttl):
        raise InvalidSettingError("system_cache_ttl is a number of seconds, or None.")
    if http_limits is not None and http_limits.max_connections is not None and http_limits.max_connections < 1:
        raise InvalidSettingError("http_limits: max_connections is at least 1, or None for any number.")


def _known_version(expect: object) -> Dhis2 | None:
    """The version that `expect` names; a plain `"v42"` does so too."""
    version = version_named(expect)
    if expect is not None and version is None:
        known = ", ".join(member.value for member in Dhis2)
        raise InvalidSettingError(f"expect names no DHIS2 version of this client ({known}).")
    return version
