"""A loopback port with an ASGI application behind it, in a thread of its own."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Generator
from contextlib import contextmanager

import uvicorn

from dhis2w_sandbox.app import App


class _Uvicorn(uvicorn.Server):
    """Says when it has started, so that nobody has to poll."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()


@contextmanager
def listen(app: App, port: int = 0) -> Generator[str]:
    """Serve the application on 127.0.0.1 while the context is open; yields the base URL.

    Raises:
        OSError: the port is in use.
    """
    listener = _bound(port)
    server = _Uvicorn(uvicorn.Config(app, log_level="warning", access_log=False, server_header=False))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    server.ready.wait()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
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
