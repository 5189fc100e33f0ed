"""What kept an answer away, said in words: from the HTTP library's exceptions to the errors of the client."""

from __future__ import annotations

import errno
import socket
import ssl
from collections.abc import Iterator
from typing import TYPE_CHECKING, cast

from dhis2w_client.errors import (
    AnswerTimeoutError,
    ConnectionLostError,
    ConnectionRefusedByServerError,
    HostNotFoundError,
    NoAnswerError,
    ProxyError,
    TlsError,
)

if TYPE_CHECKING:
    import httpx2

    from dhis2w_client.call import Call

# OpenSSL's X509_V_ERR numbers
_EXPIRED = 10
_UNTRUSTED = frozenset({18, 19, 20, 21})
_WRONG_HOST = frozenset({62, 64})


def explain(failure: httpx2.RequestError, call: Call, base_url: str) -> NoAnswerError:
    """The error for an exception of the HTTP library; it keeps nothing of it (its frames hold the credentials)."""
    import httpx2

    causes = list(_causes(failure))
    tls = next((cause for cause in causes if isinstance(cause, ssl.SSLError)), None)
    if isinstance(failure, httpx2.TimeoutException):
        return _timeout(failure, call, base_url)
    if isinstance(failure, httpx2.ProxyError):
        return _proxy(failure, call)
    if tls is not None:
        return _tls(tls, call, base_url)
    if isinstance(failure, httpx2.ConnectError):
        return _no_connection(causes, call, base_url)
    return _lost(failure, call, base_url)


def _causes(failure: BaseException) -> Iterator[BaseException]:
    """The exception and all that led to it, groups included."""
    pending: list[BaseException | None] = [failure]
    seen: set[int] = set()
    while pending:
        current = pending.pop()
        if current is None or id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        pending += [current.__cause__, current.__context__]
        pending += cast("tuple[BaseException, ...]", getattr(current, "exceptions", ()))  # of a group


def _made(kind: type[NoAnswerError], call: Call, what: str, next_step: str | None) -> NoAnswerError:
    return kind(
        f"{call.method} {call.path} got no answer: {what}.", method=call.method, path=call.path, next_step=next_step
    )


def _timeout(failure: httpx2.TimeoutException, call: Call, base_url: str) -> NoAnswerError:
    import httpx2

    if isinstance(failure, httpx2.ConnectTimeout):
        return _made(
            AnswerTimeoutError,
            call,
            f"no connection to {base_url} in time",
            "Check host and port of the base URL, firewall and VPN; a proxy may be needed (proxy=).",
        )
    return _made(
        AnswerTimeoutError,
        call,
        f"{base_url} did not answer in time",
        "Ask for less at once, or give it more time: timeout = 300 (seconds) in the profile."
        + ("" if call.method == "GET" else " The server may have done the work: look before sending it again."),
    )


def _tls(error: ssl.SSLError, call: Call, base_url: str) -> NoAnswerError:
    code = error.verify_code if isinstance(error, ssl.SSLCertVerificationError) else None
    if code in _UNTRUSTED:
        what = f"the certificate of {base_url} is self-signed, or of an authority that is not trusted here"
        step = "Set ca_bundle= to the PEM file of that certificate or authority; verify=False only for a test server."
    elif code == _EXPIRED:
        what, step = (
            f"the certificate of {base_url} has expired",
            "Have it renewed; verify=False only for a test server.",
        )
    elif code in _WRONG_HOST:
        what, step = (
            f"the certificate of {base_url} is for another host",
            "Use the host name that the certificate names.",
        )
    elif error.reason in ("WRONG_VERSION_NUMBER", "HTTP_REQUEST"):
        what, step = (
            f"{base_url} does not speak TLS",
            "If the server has no HTTPS there, the base URL begins with http://.",
        )
    else:
        what, step = (
            f"TLS with {base_url} failed ({error.reason or 'handshake'})",
            "Check the proxy and the server's TLS.",
        )
    return _made(TlsError, call, what, step)


def _proxy(failure: httpx2.ProxyError, call: Call) -> NoAnswerError:
    words = "".join(character for character in str(failure) if character.isprintable())[:200]
    step = "Check proxy= of the profile, or HTTPS_PROXY and NO_PROXY."
    return _made(ProxyError, call, f"the proxy refused: {words}", step)


def _no_connection(causes: list[BaseException], call: Call, base_url: str) -> NoAnswerError:
    if any(isinstance(cause, socket.gaierror) for cause in causes):
        step = "Check the base URL, and the network (DNS, VPN)."
        return _made(HostNotFoundError, call, f"the host of {base_url} has no address", step)
    numbers = {cause.errno for cause in causes if isinstance(cause, OSError)}
    if errno.ECONNREFUSED in numbers or any(isinstance(cause, ConnectionRefusedError) for cause in causes):
        why = "refuses connections: nothing listens there"
    elif numbers & {errno.EHOSTUNREACH, errno.ENETUNREACH}:
        why = "cannot be reached from this network"
    else:
        why = "cannot be connected to"
    step = "Check host and port of the base URL, and that the server runs."
    return _made(ConnectionRefusedByServerError, call, f"{base_url} {why}", step)


def _lost(failure: httpx2.RequestError, call: Call, base_url: str) -> NoAnswerError:
    import httpx2

    if isinstance(failure, httpx2.LocalProtocolError):
        return _made(ConnectionLostError, call, "a header of it has a character that no header can carry", None)
    if isinstance(failure, httpx2.DecodingError):
        return _made(ConnectionLostError, call, "the compressed answer is broken", None)
    what = f"{base_url} closed the connection before the answer was complete"
    step = None if call.method == "GET" else "The server may have done the work: look before sending it again."
    return _made(ConnectionLostError, call, what, step)
