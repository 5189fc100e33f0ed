"""Binding: a connection to the dialect of its server, and a version's face to the version it expects."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, ParamSpec, TypeVar, cast

from dhis2w_client.errors import UnknownVersionWarning, VersionMismatchWarning
from dhis2w_client.versions import Dhis2, Dialect, choose_dialect

if TYPE_CHECKING:
    from dhis2w_client.client import Dhis2Client

P = ParamSpec("P")
C = TypeVar("C", bound="Dhis2Client")


def dialect_for(raw_version: str, *, allow_fallback: bool, expect: Dhis2 | None) -> Dialect:
    """The dialect to speak with a server that calls itself `raw_version`.

    Raises:
        UnsupportedVersionError: The version is not a known one, and `allow_fallback` is false.

    Warns:
        UnknownVersionWarning: The version is not a known one; the nearest dialect is used.
        VersionMismatchWarning: The version is not the expected one.
    """
    choice = choose_dialect(raw_version, allow_fallback=allow_fallback, expect=expect)
    actual = choice.dialect.version
    if choice.fallback:
        warnings.warn(choice.fallback, UnknownVersionWarning, stacklevel=4)
    if expect is not None and actual is not expect:
        warnings.warn(
            f"This program expects DHIS2 2.{expect.number}; the server is {raw_version[:40]}, and is spoken to as "
            f"2.{actual.number}.",
            VersionMismatchWarning,
            stacklevel=4,
        )
    return choice.dialect


def opener(
    client_class: type[C], open_client: Callable[P, AbstractAsyncContextManager[Dhis2Client]]
) -> Callable[P, AbstractAsyncContextManager[C]]:
    """`open_client` of a version's face: the same function, making the face's class."""
    any_opener = cast("Callable[..., AbstractAsyncContextManager[C]]", open_client)

    @functools.wraps(open_client)
    def open_face_client(*args: P.args, **kwargs: P.kwargs) -> AbstractAsyncContextManager[C]:
        return any_opener(*args, client_class=client_class, **kwargs)

    return open_face_client
