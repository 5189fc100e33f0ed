"""How a sandbox is told to misbehave, for tests of clients: each fault hits requests that fit, so many times.

    sandbox.faults.add(Fault(status=503, times=2, headers={"Retry-After": "1"}))   # two refusals, then all is well
    sandbox.faults.add(Fault(path="/api/me", delay=30))                            # a slow answer
    sandbox.faults.add(Fault(cut=20))                                              # truncated JSON
    sandbox.faults.add(Fault(cut=20, breaks=True))                                 # a connection that breaks
    sandbox.faults.add(Fault(status=504, done=True))                               # done, and nobody is told
    sandbox.faults.add(Fault(status=503, skip=3, method="POST"))                   # the fourth POST fails
    sandbox.faults.add(Fault.page(502, "Bad gateway"))                             # a proxy's HTML page
    sandbox.faults.add(Fault.redirect("https://elsewhere.example.org/api/me"))     # a server that has moved
    sandbox.faults.add(Fault.too_large(1_000_000))                                 # a proxy that limits bodies
    sandbox.faults.add(Fault(ends_sessions=True))                                  # cookies that are no longer good

Faults are looked at in the order in which they were added, and the first that fits is used. They act on what goes
over the wire (`sandbox.app`, `sandbox.serve()`). A fault with a `status` answers before anything is done, unless it
is `done`; what the request changed before its answer was cut, replaced or lost stays changed.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field, replace
from html import escape

from dhis2w_sandbox.call import Reply


@dataclass(frozen=True)
class Fault:
    """One way to misbehave.

    Args:
        status: answer this instead of handling the request; None to handle it.
        done: handle the request all the same, and keep its real answer back: the status must be given.
        body: what to answer with that status.
        media: its content type.
        headers: headers to add to the answer, or to put in the place of its own.
        delay: seconds to wait before the answer, by the sandbox's own `sleep`.
        cut: how many bytes of the answer's body to send; None for all.
        breaks: the connection breaks where the answer is cut; otherwise the short answer is a whole one.
        ends_sessions: every session ends before the request is looked at: its cookie names nobody.
        method: which requests it hits: a method, or None for any.
        path: which paths it hits: a regular expression that is searched in the path.
        larger_than: which requests it hits: those whose body has more bytes; None for any.
        skip: how many requests that it would hit pass first.
        times: how many requests it hits; None for every one.

    Raises:
        ValueError: `done` without a status, or `breaks` without `cut`.
    """

    status: int | None = None
    body: bytes = b""
    media: str | None = None
    headers: dict[str, str] = field(default_factory=dict[str, str])
    done: bool = False
    delay: float = 0.0
    cut: int | None = None
    breaks: bool = False
    ends_sessions: bool = False
    method: str | None = None
    path: str = ""
    larger_than: int | None = None
    skip: int = 0
    times: int | None = 1

    def __post_init__(self) -> None:
        if self.done and self.status is None:
            raise ValueError("a fault that is `done` needs the status that is answered instead")
        if self.breaks and self.cut is None:
            raise ValueError("a fault that `breaks` needs `cut`: after how many bytes")

    @classmethod
    def page(cls, status: int, title: str, *, path: str = "", times: int | None = 1) -> Fault:
        """An HTML page, as a proxy in front of a server makes them."""
        text = escape(title)
        page = f"<html><head><title>{status} {text}</title></head><body><h1>{status} {text}</h1></body></html>"
        return cls(status, page.encode(), "text/html", path=path, times=times)

    @classmethod
    def redirect(cls, location: str, status: int = 302, *, path: str = "", times: int | None = 1) -> Fault:
        """A redirect to another address."""
        return cls(status, headers={"Location": location}, path=path, times=times)

    @classmethod
    def too_large(cls, limit: int, *, path: str = "", times: int | None = None) -> Fault:
        """413 with an HTML page for every body of more bytes, as a proxy in front of a server makes it."""
        return replace(cls.page(413, "Request Entity Too Large", path=path, times=times), larger_than=limit)

    def hits(self, method: str, path: str, size: int = 0) -> bool:
        """Whether a request with a body of so many bytes is one of those that it hits."""
        large = self.larger_than is None or size > self.larger_than
        return large and self.method in {None, method} and re.search(self.path, path) is not None

    def spoil(self, reply: Reply) -> Reply:
        """The reply as the sender gets it."""
        body = reply.body if self.cut is None else reply.body[: self.cut]
        return replace(reply, body=body, headers={**reply.headers, **self.headers})


class Faults:
    """The faults of one sandbox.

    Args:
        faults: what it begins with.
        sleep: waits for a number of seconds; a test passes one that only notes them.
    """

    def __init__(
        self, faults: Iterable[Fault] = (), sleep: Callable[[float], Awaitable[object]] = asyncio.sleep
    ) -> None:
        self._faults = list(faults)
        self.sleep = sleep

    def add(self, fault: Fault) -> None:
        """Add a fault behind the others."""
        self._faults.append(fault)

    def clear(self) -> None:
        """Behave again."""
        self._faults.clear()

    def take(self, method: str, path: str, size: int = 0) -> Fault | None:
        """The fault that a request meets, counted; None where there is none."""
        for index, fault in enumerate(self._faults):
            if not fault.hits(method, path, size):
                continue
            if fault.skip:
                self._faults[index] = replace(fault, skip=fault.skip - 1)
                continue
            if fault.times is not None:
                self._faults[index : index + 1] = [replace(fault, times=fault.times - 1)] if fault.times > 1 else []
            return fault
        return None
