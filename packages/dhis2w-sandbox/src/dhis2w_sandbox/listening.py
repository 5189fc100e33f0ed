"""A loopback port with an ASGI application behind it, in a thread of its own."""

from __future__ import annotations

import asyncio
import os
import socket
import threading
from collections.abc import Generator
from contextlib import contextmanager, suppress

import uvicorn

from dhis2w_sandbox.app import App


class _Uvicorn(uvicorn.Server):
    """Says when it has started, and stops when it is told to, so that nobody has to poll."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ticking: asyncio.Task[None] | None = None

    def stop(self) -> None:
        """Begin to stop; called from another thread."""
        self.should_exit = True
        if self._loop and self._ticking:
            self._loop.call_soon_threadsafe(self._ticking.cancel)

    async def main_loop(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._ticking = self._loop.create_task(super().main_loop())
        self.ready.set()
        with suppress(asyncio.CancelledError):
            await self._ticking

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        await asyncio.sleep(0)  # connections that wait for a request are closed now
        if self.server_state.connections or self.server_state.tasks:
            await super().shutdown(sockets)


@contextmanager
def listen(app: App, port: int = 0) -> Generator[str]:
    """Serve the application on 127.0.0.1 while the context is open; yields the base URL.

    Raises:
        OSError: the port is in use.
    """
    listener = _bound(port)
    server = _Uvicorn(uvicorn.Config(app, log_level="warning", access_log=False, server_header=False, lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    server.ready.wait()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.stop()
        thread.join()
        listener.close()


def _bound(port: int) -> socket.socket:
    # asyncio sends at once (TCP_NODELAY) only where the protocol is spelled out; else each answer waits for 40 ms
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    if os.name == "posix":  # Windows would let two servers share the port
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
    except OSError as error:
        listener.close()
        raise OSError(error.errno, f"Port {port} of 127.0.0.1 cannot be used: {error.strerror}") from error
    return listener
