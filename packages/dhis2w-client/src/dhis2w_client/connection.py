"""The connection to one server: it sends calls, waits, repeats, and gives back replies. The only I/O of the client."""

from __future__ import annotations

import asyncio
import os
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from dhis2w_client.auth import AuthProvider, RenewableAuth
from dhis2w_client.base_url import is_login_page
from dhis2w_client.call import Call
from dhis2w_client.clock import Clock
from dhis2w_client.errors import ClientStateError, InvalidRequestError, NoAnswerError, ProxyError, TlsError
from dhis2w_client.network_failure import explain
from dhis2w_client.redaction import private_logs, without_credentials
from dhis2w_client.replies import Reply
from dhis2w_client.retry import RetryPolicy, Try, delay_before_next_try, parse_retry_after

if TYPE_CHECKING:
    import httpx2

    Transport: TypeAlias = httpx2.AsyncBaseTransport
    HttpLimits: TypeAlias = httpx2.Limits

DEFAULT_TIMEOUT = 60.0
"""Seconds to wait for an answer to begin, and between its parts."""
CONNECT_TIMEOUT = 10.0
"""Seconds to wait for a connection, at most."""
DEFAULT_CONCURRENCY = 10
"""Requests under way at once."""


@dataclass(frozen=True, slots=True)
class Network:
    """How to reach the server through a real network."""

    verify: bool = True
    ca_bundle: str | None = None
    proxy: str | None = None
    timeout: float | None = None
    limits: HttpLimits | None = None
    transport: Transport | None = None

    def __repr__(self) -> str:  # a proxy's URL may hold a password
        return "Network()"


class Connection:
    """Sends calls to one server, as one user."""

    def __init__(self, base_url: str, auth: AuthProvider, network: Network, policy: RetryPolicy, clock: Clock) -> None:
        self.base_url = base_url
        self._auth = auth
        self._network = network
        self._policy = policy
        self._clock = clock
        self._http: httpx2.AsyncClient | None = None
        self._pid = 0
        self.sees_everything: bool | None = None
        """Whether the user is a superuser; None as long as nobody asked (`hidden_rows`)."""

    async def open(self) -> None:
        """Get ready to send; nothing is sent yet.

        Raises:
            TlsError: The CA bundle cannot be read.
            ProxyError: The proxy's URL cannot be used.
        """
        if self._http is not None:
            raise ClientStateError("The client is open already.")
        self._http = _http_client(self._network)
        self._slots = asyncio.Semaphore(_requests_at_once(self._network))
        self._pid = os.getpid()

    async def close(self) -> None:
        """Close all connections. Closing twice does nothing."""
        http, self._http = self._http, None
        if http is not None and self._pid == os.getpid():
            await http.aclose()

    async def ask(self, call: Call) -> Reply:
        """Send a call, and repeat it as the policy says; the whole answer is read.

        Raises:
            NoAnswerError: No answer came.
        """
        http = self._usable()
        async with self._slots:
            response = await self._answer(http, call, whole=True)
            return _reply(call, response, self.base_url, self._clock.wall())

    @asynccontextmanager
    async def stream(self, call: Call) -> AsyncGenerator[tuple[Reply, AsyncIterator[bytes]]]:
        """Send a call, and read its answer piece by piece; a refusal is read whole.

        Yields:
            The reply (without body, unless it is a refusal or a web page), and the pieces of the body.
        """
        http = self._usable()
        async with self._slots:
            response = await self._answer(http, call, whole=False)
            try:
                reply = await self._head(call, response)
                yield reply, self._pieces(call, response)
            finally:
                await response.aclose()

    def _usable(self) -> httpx2.AsyncClient:
        if self._http is None:
            raise ClientStateError("The client is not open.", next_step="Use it inside of `async with open_client(…)`.")
        if self._pid != os.getpid():
            raise ClientStateError("The client was opened in another process.", next_step="Open one after the fork.")
        return self._http

    async def _answer(self, http: httpx2.AsyncClient, call: Call, *, whole: bool) -> httpx2.Response:
        """The first answer that is not worth another try."""
        import httpx2

        begun = self._clock.monotonic()
        number = 1
        while True:
            outcome = await self._try(http, call, whole=whole)
            last = self._describe(outcome, call, number, begun)
            delay = delay_before_next_try(self._policy, last, self._clock.random())
            if delay is None:
                break
            if isinstance(outcome, httpx2.Response):
                await outcome.aclose()
            await self._clock.sleep(delay)
            number += 1
        if isinstance(outcome, NoAnswerError):
            raise outcome
        return outcome

    def _describe(self, outcome: httpx2.Response | NoAnswerError, call: Call, number: int, begun: float) -> Try:
        elapsed = self._clock.monotonic() - begun
        if isinstance(outcome, NoAnswerError):
            return Try(call.repeatable, number, elapsed, failure=outcome)
        retry_after = parse_retry_after(outcome.headers.get("retry-after"), self._clock.wall())
        return Try(call.repeatable, number, elapsed, status=outcome.status_code, retry_after=retry_after)

    async def _try(self, http: httpx2.AsyncClient, call: Call, *, whole: bool) -> httpx2.Response | NoAnswerError:
        """Send once. Failures come back as values: an exception would drag the library's frames along."""
        outcome = await self._send(http, call, whole=whole)
        if isinstance(outcome, NoAnswerError):
            return outcome
        if _is_dead_session(http, outcome):
            http.cookies.clear()  # the cookie of a session that ended elsewhere gets in the way of good credentials
        elif not await self._is_renewed(outcome):
            return outcome
        await outcome.aclose()
        return await self._send(http, call, whole=whole)  # the server has refused it at the door: nothing was done yet

    async def _is_renewed(self, outcome: httpx2.Response) -> bool:
        """Whether credentials that the server refused have been replaced by others."""
        if outcome.status_code != 401 or not isinstance(self._auth, RenewableAuth):
            return False
        return await self._auth.renew(outcome.request.headers)

    async def _send(self, http: httpx2.AsyncClient, call: Call, *, whole: bool) -> httpx2.Response | NoAnswerError:
        import httpx2

        request = await self._request(http, call)
        try:
            with private_logs():
                response = await http.send(request, stream=True)
                if whole:
                    await _read(response)
                return response
        except httpx2.RequestError as failure:
            return explain(failure, call, self.base_url)

    async def _request(self, http: httpx2.AsyncClient, call: Call) -> httpx2.Request:
        request = _built(http, call, self.base_url, await self._auth.headers())
        if request is None:
            raise InvalidRequestError(
                f"{call.method} {self.base_url}{call.path[:80]} cannot be sent: the host is none, or a header has a "
                "character that no header can carry."
            )
        return request

    async def _head(self, call: Call, response: httpx2.Response) -> Reply:
        """The reply of a stream before its body; of a refusal and of a web page the body too."""
        import httpx2

        try:
            is_page = "html" in response.headers.get("content-type", "")
            if response.status_code >= 300 or is_page:
                with private_logs():
                    await _read(response)
            return _reply(call, response, self.base_url, self._clock.wall())
        except httpx2.RequestError as failure:
            error = explain(failure, call, self.base_url)
        raise error

    async def _pieces(self, call: Call, response: httpx2.Response) -> AsyncIterator[bytes]:
        import httpx2

        try:
            async for piece in response.aiter_bytes():
                yield piece
            return
        except httpx2.RequestError as failure:
            error = explain(failure, call, self.base_url)
        raise error


def _built(
    http: httpx2.AsyncClient, call: Call, base_url: str, credentials: Mapping[str, str]
) -> httpx2.Request | None:
    """The request, or `None` when it cannot be made; whoever says so must not have the credentials at hand."""
    import httpx2

    try:
        headers = {**call.headers, **credentials}
        return http.build_request(call.method, base_url + call.target, headers=headers, content=call.body)
    except (httpx2.InvalidURL, ValueError, TypeError):
        return None


def _requests_at_once(network: Network) -> int:
    """How many requests are under way or wait at the pool's door; further ones wait before they are made.

    The pool keeps to the number of connections. It hands one that becomes free straight to a request at its door, where
    it would poll each idle one for every new request; a long queue there costs more than it saves. A transport of the
    caller's has no pool.
    """
    connections = (network.limits.max_connections if network.limits else DEFAULT_CONCURRENCY) or 1_000_000
    return connections if network.transport else 2 * connections


async def _read(response: httpx2.Response) -> None:
    try:
        await response.aread()
    finally:
        await response.aclose()


def _is_dead_session(http: httpx2.AsyncClient, response: httpx2.Response) -> bool:
    return bool(http.cookies) and response.is_redirect and is_login_page(response.headers.get("location", ""))


def _reply(call: Call, response: httpx2.Response, base_url: str, now: float) -> Reply:
    body = response.content if response.is_stream_consumed else b""
    if response.status_code >= 300 or "html" in response.headers.get("content-type", ""):
        body = without_credentials(body, response.request.headers)
    return Reply(
        method=call.method,
        path=call.path,
        status=response.status_code,
        headers=dict(response.headers),
        body=body,
        base_url=base_url,
        retry_after=parse_retry_after(response.headers.get("retry-after"), now),
    )


def _http_client(network: Network) -> httpx2.AsyncClient:
    import httpx2

    timeout = network.timeout or DEFAULT_TIMEOUT
    context = _tls_context(network)
    try:
        return httpx2.AsyncClient(
            headers={"User-Agent": _user_agent(), "X-Requested-With": "XMLHttpRequest", "Accept-Encoding": "gzip"},
            verify=context,
            proxy=None if network.transport else network.proxy,
            timeout=httpx2.Timeout(timeout, connect=min(timeout, CONNECT_TIMEOUT), pool=None),
            limits=network.limits or httpx2.Limits(max_connections=DEFAULT_CONCURRENCY),
            transport=network.transport,
            follow_redirects=False,
        )
    except (ValueError, ImportError, httpx2.InvalidURL):
        pass
    raise ProxyError(
        "The proxy's URL cannot be used.",
        next_step="It looks like http://proxy.example.org:3128; check proxy= of the profile and HTTPS_PROXY.",
    )


def _tls_context(network: Network) -> ssl.SSLContext | bool:
    if not network.verify:
        return False
    if network.ca_bundle is None:
        return _machine_trust(os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR"))
    bundle = Path(network.ca_bundle).expanduser()
    try:
        if bundle.is_dir():
            return ssl.create_default_context(capath=str(bundle))
        return ssl.create_default_context(cafile=str(bundle))
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "no certificate in it"
    raise TlsError(f"The CA bundle {network.ca_bundle} cannot be read: {reason}.", next_step="ca_bundle is a PEM file.")


@lru_cache(maxsize=8)
def _machine_trust(*_variables: str | None) -> ssl.SSLContext:
    """What the machine trusts, by the variables that say so. Reading it takes longer than many a request: done once."""
    import httpx2

    return httpx2.create_ssl_context()


def _user_agent() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return f"dhis2w-client/{version('dhis2w-client')}"
    except PackageNotFoundError:  # run from a source tree that is not installed
        return "dhis2w-client"
