"""Keeping secrets out of logs and error texts.

The HTTP library logs URLs with their query (which may hold a token) and, at DEBUG, the cookies that a server sets.
While one of our requests is under way, those records lose them; records of other users of that library stay as they
are.
"""

from __future__ import annotations

import base64
import binascii
import logging
import re
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

MASK = "********"

_OURS: ContextVar[bool] = ContextVar("dhis2w_client_request", default=False)
_COOKIE = re.compile(r"(\(b'(?:set-cookie|cookie|authorization|location)', b')(?:[^'\\]|\\.)*'", re.IGNORECASE)
_LOGGERS = (
    "httpx2",
    "httpcore2.connection",
    "httpcore2.http11",
    "httpcore2.http2",
    "httpcore2.proxy",
    "httpcore2.socks",
)


class _SecretFilter(logging.Filter):
    """Takes queries and cookies out of the records that our own requests make."""

    def filter(self, record: logging.LogRecord) -> bool:
        if _OURS.get():
            text = _COOKIE.sub(rf"\g<1>{MASK}'", record.getMessage())
            record.msg, record.args = re.sub(r"(https?://[^\s?\"']*)\?[^\s\"']*", rf"\1?{MASK}", text), ()
        return True


_FILTER = _SecretFilter()


@contextmanager
def private_logs() -> Generator[None]:
    """Inside of it, what the HTTP library logs holds no secret."""
    for name in _LOGGERS:
        logging.getLogger(name).addFilter(_FILTER)  # adding it again does nothing
    token = _OURS.set(True)
    try:
        yield
    finally:
        _OURS.reset(token)


def without_credentials(body: bytes, sent: Mapping[str, str]) -> bytes:
    """A body without the credentials that the request carried; debugging proxies repeat the headers they got."""
    for secret in _credentials(sent):
        body = body.replace(secret.encode(), MASK.encode())
    return body


def _credentials(sent: Mapping[str, str]) -> Iterator[str]:
    scheme, _, credentials = sent.get("authorization", "").partition(" ")
    parts = [credentials, sent.get("x-xsrf-token", ""), *re.split(r"[=;\s]+", sent.get("cookie", ""))]
    if scheme == "Basic":
        parts.append(_password(credentials))
    # a short word would be found everywhere
    yield from sorted({part for part in parts if len(part) > 5 and part not in ("JSESSIONID", "XSRF-TOKEN")}, key=len)[
        ::-1
    ]


def _password(credentials: str) -> str:
    try:
        return base64.b64decode(credentials).decode().partition(":")[2]
    except (binascii.Error, UnicodeDecodeError):
        return ""
