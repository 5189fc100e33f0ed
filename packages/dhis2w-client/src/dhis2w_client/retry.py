"""When a request is sent again, and after how long: decisions only, the waiting is the connection's."""

from __future__ import annotations

from dataclasses import dataclass

from dhis2w_client.errors import (
    AnswerTimeoutError,
    ConnectionLostError,
    ConnectionRefusedByServerError,
    HostNotFoundError,
    InvalidSettingError,
    NoAnswerError,
)
from dhis2w_client.json_value import is_number

IDEMPOTENT_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE"})
"""Methods that may be repeated: doing it twice has the effect of doing it once (RFC 9110, 9.2.2)."""
RETRIED_STATUSES = frozenset({429, 502, 503, 504})
"""Statuses that say: not now."""
RETRIED_FAILURES: tuple[type[NoAnswerError], ...] = (
    AnswerTimeoutError,
    ConnectionLostError,
    ConnectionRefusedByServerError,
    HostNotFoundError,
)
"""Failures that may pass by themselves; a certificate does not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """How often, and after how long, a request is sent again that failed in a way that may pass.

    On by default. Repeated are GET, HEAD, PUT and DELETE (and whatever the caller marks `repeatable=True`) when no
    connection could be made, when it broke, on time-outs, and on HTTP 429, 502, 503 and 504. POST and PATCH are never
    repeated by themselves: a lost answer does not say whether DHIS2 did the work.
    The wait before try *n* + 1 is a random part (full jitter) of `base_delay * 2 ** (n - 1)`, at most `max_delay`; a
    `Retry-After` of the server sets the wait instead.

    Tuning: for a person who waits, `RetryPolicy(attempts=2, budget=5)`. For a nightly job over a bad line,
    `RetryPolicy(attempts=10, budget=900, max_delay=60)`. `RetryPolicy.off()` for callers that repeat by themselves.

    Args:
        attempts: How many times a request is sent at most, the first included. Default 4; 1 switches repeating off.
        budget: Seconds after which nothing is sent again, counted from the first try, waits included. Default 60.
        base_delay: Seconds, the upper end of the first wait. Default 0.5.
        max_delay: Seconds, the upper end of any wait. Default 20.

    Raises:
        InvalidSettingError: A number is out of range (`attempts` below 1, a negative time), or none.
    """

    attempts: int = 4
    budget: float = 60.0
    base_delay: float = 0.5
    max_delay: float = 20.0

    def __post_init__(self) -> None:
        if not is_number(self.attempts) or self.attempts < 1:
            raise InvalidSettingError("RetryPolicy: attempts counts the first try, so it is at least 1.")
        if not all(is_number(seconds) and seconds >= 0 for seconds in (self.budget, self.base_delay, self.max_delay)):
            raise InvalidSettingError("RetryPolicy: budget, base_delay and max_delay are seconds, 0 or more.")

    @classmethod
    def off(cls) -> RetryPolicy:
        """The policy that sends everything once."""
        return cls(attempts=1)


@dataclass(frozen=True, slots=True)
class Try:
    """One try of a request, and what came of it."""

    repeatable: bool
    """Whether doing it twice has the effect of doing it once."""
    number: int
    """Which try it was, from 1."""
    elapsed: float
    """Seconds since the first try began."""
    status: int | None = None
    """HTTP status of the answer."""
    failure: NoAnswerError | None = None
    """What kept the answer away."""
    retry_after: float | None = None
    """Seconds the server asks to wait."""


def delay_before_next_try(policy: RetryPolicy, last: Try, random: float) -> float | None:
    """Seconds to wait before the request is sent again, or `None` to give up.

    Args:
        policy: The caller's policy.
        last: The try that failed, or answered.
        random: A number in [0, 1), for the jitter.
    """
    passes = last.status in RETRIED_STATUSES or isinstance(last.failure, RETRIED_FAILURES)
    if not (passes and last.repeatable and last.number < policy.attempts):
        return None
    if last.retry_after is not None:
        delay = last.retry_after
    else:
        # 2.0 ** 1024 overflows; no wait of interest needs more than 2 ** 64 of anything
        delay = random * min(policy.max_delay, policy.base_delay * 2.0 ** min(last.number - 1, 64))
    return delay if last.elapsed + delay <= policy.budget else None


def parse_retry_after(value: str | None, now: float) -> float | None:
    """Seconds to wait by a `Retry-After` header, in either of its forms; `None` when it is absent or unreadable.

    Args:
        value: `120`, or `Wed, 21 Oct 2026 07:28:00 GMT`.
        now: The time, in seconds since 1970.
    """
    if value is None:
        return None
    text = value.strip()
    if text.isascii() and text.isdigit() and len(text) < 10:
        return float(text)
    import email.utils
    from datetime import UTC

    try:
        moment = email.utils.parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, aware.timestamp() - now)
