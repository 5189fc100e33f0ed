"""`LoopbackReceiver`: waits on 127.0.0.1 for the browser that comes back from a login."""

from __future__ import annotations

import asyncio
import contextlib
from html import escape
from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit

from dhis2w_client.errors import Dhis2Error
from dhis2w_core.oauth2.errors import LoginFailedError, LoginTimeoutError
from dhis2w_core.oauth2.redirect import Query, RedirectAddress, Returned, read_redirect

if TYPE_CHECKING:
    from types import TracebackType

_REQUEST_SECONDS = 5.0
_LARGEST_HEAD = 16 * 1024
_LAST_PAGE_SECONDS = 2.0


class LoopbackReceiver:
    """A server for one request: the browser that was sent back. An async context manager.

    Whoever asks for anything else gets 404, and does not end the waiting. The browser's page is shown when the login
    has succeeded or failed, so that it tells the truth.

    Args:
        address: Where the browser is sent back to.
        state: What tells this login from others.
        may_move: Whether another port may be taken when that one is in use.

    Raises:
        LoginFailedError: On entering: the port is in use.
    """

    def __init__(self, address: RedirectAddress, state: str, *, may_move: bool = False) -> None:
        self.address = address
        self._state = state
        self._may_move = may_move
        self._asked = False

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._returned: asyncio.Future[Returned] = loop.create_future()
        self._outcome: asyncio.Future[Dhis2Error | None] = loop.create_future()
        self._shown = asyncio.Event()
        try:
            self._server = await self._listen(self.address.port)
        except OSError as error:
            reason = error.strerror or "no reason given"
        else:
            return self
        if self._may_move:
            self._server = await self._listen(0)
            self.address = self.address.with_port(self._server.sockets[0].getsockname()[1])
            return self
        raise LoginFailedError(
            f"Nothing can listen on port {self.address.port} of 127.0.0.1 for the browser: {reason}.",
            next_step="Free that port, register another redirect_uri, or use --no-browser.",
        )

    async def _listen(self, port: int) -> asyncio.Server:
        return await asyncio.start_server(self._serve, "127.0.0.1", port, limit=_LARGEST_HEAD)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Show the browser how it ended, and stop listening."""
        self._server.close()
        if not self._outcome.done():
            told = LoginFailedError("The login was interrupted.") if kind else None
            self._outcome.set_result(error if isinstance(error, Dhis2Error) else told)
        if self._asked:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._shown.wait(), _LAST_PAGE_SECONDS)
        if self._returned.done() and not self._returned.cancelled():
            self._returned.exception()  # seen, even where nobody waits any more

    async def wait(self, seconds: float) -> Returned:
        """What the browser brings.

        Raises:
            LoginTimeoutError: It did not come back within `seconds`.
            LoginFailedError: It brought no authorization code, or that of another login.
        """
        with contextlib.suppress(TimeoutError):
            return await asyncio.wait_for(self._returned, seconds)
        raise LoginTimeoutError(
            f"Nobody came back from the browser within {seconds:g} seconds.",
            next_step="Start again with d2w login. If DHIS2 did not take the password, try it there first; if it "
            "showed an error, the client is unknown there, or its redirect_uri is another one.",
        )

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one request."""
        try:
            path, query = await asyncio.wait_for(_read_target(reader), _REQUEST_SECONDS)
            if path != self.address.path or self._asked:
                await _answer(writer, "404 Not Found", _page("Not found", "There is nothing here."))
                return
            self._asked = True
            self._take(query)
            await _answer(writer, *_last_page(await self._outcome))
        except (OSError, ValueError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # a browser that went away, or something that speaks no HTTP
        finally:
            if self._outcome.done():
                self._shown.set()
            writer.close()

    def _take(self, query: Query) -> None:
        if self._returned.done():
            return
        try:
            self._returned.set_result(read_redirect(query, self._state))
        except LoginFailedError as error:
            self._returned.set_exception(error)


async def _read_target(reader: asyncio.StreamReader) -> tuple[str, Query]:
    """Path and query of a GET request; no path for any other."""
    head = await reader.readuntil(b"\r\n\r\n")
    words = head.partition(b"\r\n")[0].decode("ascii").split(" ")
    if len(words) != 3 or words[0] != "GET":
        return "", Query("")
    target = urlsplit(words[1])
    return target.path, Query(target.query)


def _last_page(error: Dhis2Error | None) -> tuple[str, str]:
    if error is None:
        return "200 OK", _page("You are logged in", "You can close this window and go back to the terminal.")
    return "400 Bad Request", _page("The login failed", f"{error.message} The terminal says what to do next.")


def _page(title: str, text: str) -> str:
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title></head>'
        f"<body><h1>{escape(title)}</h1><p>{escape(text)}</p></body></html>"
    )


async def _answer(writer: asyncio.StreamWriter, status: str, page: str) -> None:
    body = page.encode()
    head = (
        f"HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {len(body)}\r\n"
        "Cache-Control: no-store\r\nReferrer-Policy: no-referrer\r\nContent-Security-Policy: default-src 'none'\r\n"
        "Connection: close\r\n\r\n"
    )
    writer.write(head.encode() + body)
    await writer.drain()
