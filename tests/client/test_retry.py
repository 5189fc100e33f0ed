"""When a request is sent again: the decision by itself, and the client that follows it."""

import asyncio
from datetime import UTC, datetime
from email.utils import format_datetime

import httpx2
import pytest

from dhis2w_client import (
    AnswerTimeoutError,
    ConnectionLostError,
    Dhis2Error,
    GatewayError,
    HostNotFoundError,
    InvalidSettingError,
    RateLimitedError,
    RetryPolicy,
    TlsError,
)
from dhis2w_client.retry import Try, delay_before_next_try, parse_retry_after
from tests.client.answers import Answer, FakeTime, client_after_connect

OK = httpx2.Response(200, json={"ok": True})
BUSY = httpx2.Response(503, text="busy")
POLICY = RetryPolicy(attempts=4, budget=60, base_delay=1, max_delay=10)


@pytest.mark.parametrize(
    ("last", "random", "delay"),
    [
        (Try(True, 1, 0.0, status=503), 1.0, 1.0),
        (Try(True, 2, 0.0, status=503), 1.0, 2.0),
        (Try(True, 3, 0.0, status=503), 0.25, 1.0),
        (Try(True, 4, 0.0, status=503), 1.0, None),
        (Try(True, 1, 0.0, status=429), 0.0, 0.0),
        (Try(True, 1, 0.0, status=502), 0.5, 0.5),
        (Try(True, 1, 0.0, status=504), 0.5, 0.5),
        (Try(True, 1, 0.0, status=500), 0.5, None),
        (Try(True, 1, 0.0, status=409), 0.5, None),
        (Try(True, 1, 0.0, status=200), 0.5, None),
        (Try(False, 1, 0.0, status=503), 0.5, None),
        (Try(True, 1, 59.5, status=503), 1.0, None),
        (Try(True, 1, 59.5, status=503), 0.5, 0.5),
        (Try(True, 1, 0.0, status=429, retry_after=30.0), 0.5, 30.0),
        (Try(True, 1, 0.0, status=429, retry_after=61.0), 0.5, None),
        (Try(True, 1, 0.0, failure=AnswerTimeoutError("late")), 0.5, 0.5),
        (Try(True, 1, 0.0, failure=ConnectionLostError("gone")), 0.5, 0.5),
        (Try(True, 1, 0.0, failure=HostNotFoundError("where")), 0.5, 0.5),
        (Try(True, 1, 0.0, failure=TlsError("no")), 0.5, None),
        (Try(False, 1, 0.0, failure=ConnectionLostError("gone")), 0.5, None),
    ],
)
def test_the_decision(last: Try, random: float, delay: float | None) -> None:
    assert delay_before_next_try(POLICY, last, random) == delay


def test_waits_grow_up_to_their_limit() -> None:
    policy = RetryPolicy(attempts=2000, budget=1e9, base_delay=1, max_delay=10)
    waits = [delay_before_next_try(policy, Try(True, number, 0.0, status=503), 1.0) for number in (1, 2, 3, 4, 5, 1500)]
    assert waits == [1.0, 2.0, 4.0, 8.0, 10.0, 10.0]


def test_a_policy_that_means_off() -> None:
    assert delay_before_next_try(RetryPolicy.off(), Try(True, 1, 0.0, status=503), 0.0) is None


@pytest.mark.parametrize(
    "numbers",
    [
        {"attempts": 0},
        {"attempts": "many"},
        {"budget": None},
        {"budget": -1.0},
        {"base_delay": -0.1},
        {"max_delay": float("nan")},
    ],
)
def test_a_policy_that_makes_no_sense(numbers: dict[str, object]) -> None:
    with pytest.raises(InvalidSettingError):
        RetryPolicy(**numbers)  # pyright: ignore[reportArgumentType] # that is the point


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120.0),
        (" 0 ", 0.0),
        (format_datetime(datetime.fromtimestamp(1_700_000_090, UTC), usegmt=True), 90.0),
        (format_datetime(datetime.fromtimestamp(1_600_000_000, UTC), usegmt=True), 0.0),
        ("Tue, 14 Nov 2023 22:14:50 -0000", 90.0),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("²", None),
        ("99999999999999999999", None),
        ("", None),
        (None, None),
    ],
)
def test_both_forms_of_retry_after(value: str | None, seconds: float | None) -> None:
    assert parse_retry_after(value, 1_700_000_000.0) == seconds


def send(method: str, *answers: Answer, **options: object) -> tuple[object, int, list[float]]:
    """Send one request; what came of it, how many tries it took, and the waits between them."""
    time = FakeTime()
    script, client = client_after_connect(answers, clock=time.clock, retry_policy=RetryPolicy(base_delay=1))

    async def use() -> object:
        async with client:
            try:
                return await getattr(client, method)("x", **options)
            except Dhis2Error as error:
                return error

    return asyncio.run(use()), len(script.requests) - 1, time.slept


@pytest.mark.parametrize("method", ["get", "put", "delete"])
@pytest.mark.parametrize(
    "failure", [BUSY, httpx2.ConnectError("no"), httpx2.ReadTimeout("late"), httpx2.ReadError("gone")]
)
def test_what_may_pass_is_repeated(method: str, failure: Answer) -> None:
    assert send(method, failure, failure, OK) == ({"ok": True}, 3, [0.5, 1.0])


@pytest.mark.parametrize("method", ["post", "patch"])
@pytest.mark.parametrize("failure", [BUSY, httpx2.ConnectError("no"), httpx2.ReadTimeout("late")])
def test_post_and_patch_are_not(method: str, failure: Answer) -> None:
    outcome, tries, _ = send(method, failure, OK)
    assert (isinstance(outcome, Dhis2Error), tries) == (True, 1)
    assert send(method, failure, OK, repeatable=True) == ({"ok": True}, 2, [0.5])


def test_the_last_answer_is_the_error() -> None:
    outcome, tries, slept = send("get", BUSY)
    assert (type(outcome), tries, slept) == (GatewayError, 4, [0.5, 1.0, 2.0])


def test_the_server_says_when() -> None:
    wait = httpx2.Response(429, headers={"Retry-After": "7"})
    assert send("get", wait, OK) == ({"ok": True}, 2, [7.0])
    outcome, tries, slept = send("get", httpx2.Response(429, headers={"Retry-After": "3600"}), OK)
    assert isinstance(outcome, RateLimitedError)
    assert (outcome.retry_after, tries, slept) == (3600.0, 1, [])


def test_streams_begin_again_until_they_have_begun() -> None:
    time = FakeTime()
    script, client = client_after_connect([BUSY, OK], clock=time.clock, retry_policy=RetryPolicy(base_delay=1))

    async def use() -> bytes:
        async with client, client.stream("x") as pieces:
            return b"".join([piece async for piece in pieces])

    assert asyncio.run(use()) == b'{"ok":true}'
    assert (len(script.requests), time.slept) == (3, [0.5])
