"""How a sandbox is told to misbehave, for tests of clients: each fault hits requests that fit, so many times.

    sandbox.faults.add(Fault(status=503, times=2, headers={"Retry-After": "1"}))   # two refusals, then all is well
    sandbox.faults.add(Fault(path="/api/me", delay=30))                            # a slow answer
    sandbox.faults.add(Fault(cut=20))                                              # truncated JSON
    sandbox.faults.add(Fault.page(502, "Bad gateway"))                             # a proxy's HTML page
    sandbox.faults.add(Fault.redirect("https://elsewhere.example.org/api/me"))     # a server that has moved

Faults are looked at in the order in which they were added, and the first that fits is used. They act on what goes
over the wire (`sandbox.app`, `sandbox.serve()`); what the request changed before a cut body stays changed.
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
        body: what to answer with that status.
        media: its content type.
        headers: headers to add to the answer, or to put in the place of its own.
        delay: seconds to wait before the answer, by the sandbox's own `sleep`.
        cut: how many bytes of the answer's body to send; None for all.
        method: which requests it hits: a method, or None for any.
        path: which paths it hits: a regular expression that is searched in the path.
        times: how many requests it hits; None for every one.
    """

    status: int | None = None
    body: bytes = b""
    media: str | None = None
    headers: dict[str, str] = field(default_factory=dict[str, str])
    delay: float = 0.0
    cut: int | None = None
    method: str | None = None
    path: str = ""
    times: int | None = 1

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

    def hits(self, method: str, path: str) -> bool:
        """Whether a request is one of those that it hits."""
        return self.method in {None, method} and re.search(self.path, path) is not None

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

    def take(self, method: str, path: str) -> Fault | None:
        """The fault that a request meets, counted; None where there is none."""
        for index, fault in enumerate(self._faults):
            if not fault.hits(method, path):
                continue
            if fault.times is not None:
                self._faults[index : index + 1] = [replace(fault, times=fault.times - 1)] if fault.times > 1 else []
            return fault
        return None
