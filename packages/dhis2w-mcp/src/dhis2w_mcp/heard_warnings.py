"""Warnings of the client, heard by the call that caused them: agents are told what people read on standard error."""

from __future__ import annotations

import warnings
from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from dhis2w_client.errors import Dhis2Warning

_heard: ContextVar[list[str] | None] = ContextVar("heard", default=None)


@contextmanager
def hearing_server() -> Generator[None]:
    """While a server runs, warnings go to the calls that cause them, however often they come."""
    with warnings.catch_warnings():
        warnings.simplefilter("always", Dhis2Warning)
        warnings.showwarning = _hear
        yield


@contextmanager
def hearing_call() -> Generator[list[str]]:
    """The warnings of one call, which come in while it runs."""
    heard: list[str] = []
    before = _heard.set(heard)
    try:
        yield heard
    finally:
        _heard.reset(before)


def _hear(message: Warning | str, *where: Any, **more: Any) -> None:
    heard = _heard.get()
    if heard is None or not isinstance(message, Dhis2Warning):
        _show(message, *where, **more)
    else:
        heard.append(str(message))


_show = warnings.showwarning
