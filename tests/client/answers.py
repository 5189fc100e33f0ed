"""A scripted server in-process: it gives prepared answers and remembers what it was asked."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import httpx2

from dhis2w_client import Dhis2Client, PatAuth, RetryPolicy
from dhis2w_client.auth import AuthProvider
from dhis2w_client.clock import Clock

BASE_URL = "http://127.0.0.1:8080"
TOKEN = "d2p_madeUpForTheseTests000000000000000000000000000000"

Answer = httpx2.Response | Exception | Callable[[httpx2.Request], httpx2.Response]


def info(version: str = "2.42.6") -> httpx2.Response:
    """The answer of `GET /api/system/info`."""
    return httpx2.Response(200, json={"version": version, "contextPath": BASE_URL})


async def _arriving(content: bytes) -> AsyncIterator[bytes]:
    """A body that is not there yet when the head of the answer is."""
    yield content


class Script:
    """Gives one answer after the other, the last one for ever."""

    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers)
        self.requests: list[httpx2.Request] = []

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        self.requests.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        if callable(answer):
            return answer(request)
        return httpx2.Response(answer.status_code, headers=answer.headers, content=_arriving(answer.content))

    @property
    def transport(self) -> httpx2.MockTransport:
        return httpx2.MockTransport(self)

    @property
    def asked(self) -> list[str]:
        """Method and URL of each request."""
        return [f"{request.method} {request.url}" for request in self.requests]


@dataclass
class FakeTime:
    """A clock that moves only when somebody sleeps."""

    now: float = 1_000.0
    slept: list[float] = field(default_factory=list[float])
    chance: float = 0.5

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    @property
    def clock(self) -> Clock:
        return Clock(
            monotonic=lambda: self.now,
            wall=lambda: 1_700_000_000.0 + self.now,
            sleep=self.sleep,
            random=lambda: self.chance,
        )


def client_of(
    script: Script, *, auth: AuthProvider | None = None, base_url: str = BASE_URL, **options: Any
) -> Dhis2Client:
    """A client that talks to the script."""
    return Dhis2Client(base_url, auth or PatAuth(TOKEN), transport=script.transport, **options)


def client_after_connect(
    answers: Iterable[Answer], *, retry_policy: RetryPolicy | None = None, **options: Any
) -> tuple[Script, Dhis2Client]:
    """A client whose script connects first; it repeats nothing unless told so."""
    script = Script(info(), *answers)
    return script, client_of(script, retry_policy=retry_policy or RetryPolicy.off(), **options)
