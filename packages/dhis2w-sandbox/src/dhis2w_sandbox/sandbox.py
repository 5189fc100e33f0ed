"""The sandbox as its users hold it: an object to call in-process, or to serve on a loopback port."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import UTC, datetime

from dhis2w_sandbox import (
    authorities,
    configuration,
    login,
    me,
    pages,
    schema_endpoints,
    system,
    tokens,
    two_factor,
    users,
)
from dhis2w_sandbox.app import App
from dhis2w_sandbox.boot import first_boot
from dhis2w_sandbox.country.bundle import load
from dhis2w_sandbox.metadata import reading, writing
from dhis2w_sandbox.server import Server

MODULES = (
    system,
    login,
    me,
    schema_endpoints,
    authorities,
    pages,
    configuration,
    tokens,
    two_factor,
    users,
    reading,
    writing,
)
"""The modules of endpoints; each has its rows in `endpoints`."""


class Sandbox:
    """A server that behaves like DHIS2 of one version.

    Args:
        version: 41, 42, 43 or 44 (also `"42"`, `"v42"`).
        empty: start as DHIS2 is after its first boot, without the demo country.
        database: an SQLite file to keep everything in; by default nothing outlives the object.
        clock: tells the time; by default the machine's.
        seed: makes the identifiers that the server generates repeatable.
    """

    def __init__(
        self,
        version: int | str = 42,
        *,
        empty: bool = False,
        database: str = ":memory:",
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        seed: int | None = None,
    ) -> None:
        self.server = Server(f"v{str(version).removeprefix('v')}", database, clock, seed)
        if first_boot(self.server) and not empty:
            load(self.server)
        self.app = App(self.server, [row for module in MODULES for row in module.endpoints.rows])
        """The ASGI application: give it to a test client or to an ASGI server."""

    def close(self) -> None:
        """Close the database."""
        self.server.store.close()

    @contextmanager
    def serve(self, port: int = 0) -> Generator[str]:
        """Serve on 127.0.0.1 in a background thread, and yield the base URL; port 0 takes a free one."""
        from dhis2w_sandbox.listening import listen

        with listen(self.app, port) as url:
            yield url
