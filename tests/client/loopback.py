"""Tiny servers on the loopback interface that answer as a script says, or break off."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

TLS = Path(__file__).parent / "tls"
INFO = b'{"version":"2.42.6"}'


def http(status: str, body: bytes = b"", **headers: str) -> bytes:
    """An HTTP/1.1 answer on the wire; `content_type="text/html"` and the like become headers."""
    named = {"content_length": str(len(body)), "content_type": "application/json", "connection": "close", **headers}
    head = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in named.items() if value)
    return f"HTTP/1.1 {status}\r\n{head}\r\n".encode() + body


@dataclass
class Loopback:
    """What a tiny server was asked, and where it listens."""

    port: int = 0
    requests: list[bytes] = field(default_factory=list[bytes])


@asynccontextmanager
async def listening(*answers: bytes | None, certificate: str | None = None) -> AsyncGenerator[Loopback]:
    """A server that gives one answer a connection, the last one for ever; `None` keeps silent until the end."""
    server = Loopback()
    left = list(answers)
    over = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            server.requests.append(await reader.readuntil(b"\r\n\r\n"))
        except (asyncio.IncompleteReadError, ConnectionError):  # the client hung up: it does not trust us
            writer.close()
            return
        answer = left.pop(0) if len(left) > 1 else left[0]
        if answer is None:
            await over.wait()
        else:
            writer.write(answer)
            await writer.drain()
        writer.close()

    listener = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=_context(certificate))
    server.port = listener.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        over.set()
        listener.close()
        await listener.wait_closed()


def _context(certificate: str | None) -> ssl.SSLContext | None:
    if certificate is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(TLS / certificate)
    return context
