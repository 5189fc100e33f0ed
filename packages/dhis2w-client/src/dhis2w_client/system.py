"""`client.system`: what the server says about itself and about the user."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from dhis2w_client.call import build_call
from dhis2w_client.errors import UnexpectedShapeError
from dhis2w_client.replies import model_of

if TYPE_CHECKING:
    from dhis2w_client.clock import Clock
    from dhis2w_client.connection import Connection
    from dhis2w_client.models.me import Me
    from dhis2w_client.models.system_info import SystemInfo

OVERLAP = timedelta(minutes=5)
"""How long before the last read of changes the next one begins."""


class SystemService:
    """The server and the user: `client.system`."""

    def __init__(self, connection: Connection, clock: Clock, ttl: float | None, info: SystemInfo | None) -> None:
        self._connection = connection
        self._clock = clock
        self._ttl = ttl or 0.0
        self._info = info
        self._read_at = clock.monotonic()

    async def info(self) -> SystemInfo:
        """What the server says about itself (`GET /api/system/info`).

        Remembered for `system_cache_ttl` seconds; right after connecting it needs no request.

        Raises:
            Dhis2Error: The server refused, or did not answer.
        """
        if self._info is not None and self._clock.monotonic() - self._read_at < self._ttl:
            return self._info
        return await self._read_info()

    async def watermark(self, overlap: timedelta = OVERLAP) -> datetime:
        """The moment from which the next read of changes has to begin; take it before this read begins.

        Changes are timed by the server's clock, which may be wrong, and show up when their transaction ends, which is
        later: so it is the server's time (`serverDate`, local and without a zone), and some minutes before.

        Args:
            overlap: How long before. Default: five minutes. What was changed in them is read twice.

        Raises:
            UnexpectedShapeError: The server does not say what time it is.
        """
        told = (await self._read_info()).serverDate
        try:
            return datetime.fromisoformat(told or "").replace(tzinfo=None) - overlap
        except ValueError as error:
            raise UnexpectedShapeError(
                f"The server's time is {told!r}, which is none.", method="GET", path="/api/system/info"
            ) from error

    async def me(self) -> Me:
        """The user the client is connected as (`GET /api/me`), asked anew each time.

        Raises:
            Dhis2Error: The server refused, or did not answer.
        """
        from dhis2w_client.models.me import ME_FIELDS, Me

        call = build_call("GET", "me", base_url=self._connection.base_url, params={"fields": ME_FIELDS})
        return model_of(await self._connection.ask(call), Me)

    async def _read_info(self) -> SystemInfo:
        from dhis2w_client.models.system_info import SystemInfo

        call = build_call("GET", "system/info", base_url=self._connection.base_url)
        self._info = model_of(await self._connection.ask(call), SystemInfo)
        self._read_at = self._clock.monotonic()
        return self._info
