"""Whatever comes in, what comes out is a value or an error of the tree."""

from __future__ import annotations

import asyncio
import json
import warnings
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

import httpx2
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from dhis2w_client import (
    BasicAuth,
    Dhis2,
    Dhis2Error,
    InsecureTransportWarning,
    InvalidBaseUrlError,
    InvalidProfileError,
    InvalidProfileNameError,
    InvalidRequestError,
    PatAuth,
    Profile,
    RetryPolicy,
    SessionAuth,
    UnsupportedVersionError,
    read_report,
    validate_profile_name,
)
from dhis2w_client.base_url import canonical_base_url, is_login_page, is_loopback, may_follow, parse_base_url
from dhis2w_client.call import build_call
from dhis2w_client.replies import Reply, error_of, model_of, moved_base_url, value_of
from dhis2w_client.retry import Try, delay_before_next_try, parse_retry_after
from dhis2w_client.versions import choose_dialect, minor_version, version_named
from tests.client.answers import BASE_URL, client_after_connect

CALM = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""A busy machine is no reason to fail."""
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
REPORT_KEYS = st.sampled_from(
    [
        "httpStatusCode",
        "status",
        "message",
        "errorCode",
        "response",
        "responseType",
        "errorReports",
        "typeReports",
        "objectReports",
        "conflicts",
        "importCount",
        "importSummaries",
        "mergeReport",
        "mergeErrors",
        "validationReport",
        "warningReports",
        "stats",
        "objects",
        "object",
        "indexes",
        "index",
        "uid",
        "klass",
        "value",
    ]
)
REPORT_LIKE = st.recursive(
    st.none() | st.integers() | st.text(max_size=8) | st.sampled_from(["ERROR", "WARNING", "OK"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(REPORT_KEYS, inner, max_size=6),
    max_leaves=30,
)
ANYTHING = JSON_VALUES | st.binary() | st.just(object())
URL_LIKE = st.one_of(
    st.text(),
    st.builds("https://{}".format, st.text()),
    st.builds(
        "http://{}:{}/{}".format,
        st.from_regex(r"[a-z0-9.\-@\[\]:%]{0,12}"),
        st.integers(-1, 70000),
        st.text(max_size=8),
    ),
)
MEDIA = st.sampled_from(
    [
        "",
        "application/json",
        "application/json;charset=UTF-8",
        "text/html",
        "text/plain",
        "application/csv",
        "image/png",
    ]
)


class Shape(BaseModel):
    id: str
    count: int = 0


@CALM
@given(st.dictionaries(st.sampled_from([*Profile.model_fields, "nonsense"]), ANYTHING))
def test_profiles(fields: dict[str, Any]) -> None:
    try:
        profile = Profile(**fields)
    except InvalidProfileError:
        return
    assert Profile(**profile.reveal()) == profile
    assert parse_base_url(profile.base_url) == profile.base_url


@CALM
@given(URL_LIKE)
@example("https://[::1%eth0]")
@example("http://a:80:80")
@example("http://\u2488com")
@example("https://x.org/api/41/api/42")
def test_base_urls(text: str) -> None:
    try:
        base_url = parse_base_url(text)
    except InvalidBaseUrlError:
        return
    assert parse_base_url(base_url) == base_url
    assert not base_url.endswith(("/", "/api"))
    assert may_follow(base_url, base_url)
    is_loopback(base_url)


@settings(CALM, max_examples=50)
@given(URL_LIKE)
def test_a_base_url_that_is_taken_can_be_sent_to(text: str) -> None:
    async def connect(base_url: str) -> None:
        _, client = client_after_connect([], base_url=base_url)
        async with client:
            pass

    try:
        base_url = parse_base_url(text)
    except InvalidBaseUrlError:
        return
    with warnings.catch_warnings(), suppress(InvalidRequestError):  # "cannot be sent": some IDNs
        warnings.simplefilter("ignore", InsecureTransportWarning)
        asyncio.run(connect(base_url))


@CALM
@given(URL_LIKE | st.text())
@example("http://[::1")
@example("A:[")
def test_redirects(location: str) -> None:
    is_login_page(location)
    canonical_base_url(location, "/api/system/info")
    reply = Reply("GET", "/api/system/info", 302, {"location": location}, b"", BASE_URL)
    assert error_of(reply) is not None
    moved = moved_base_url(reply)
    assert moved is None or may_follow(BASE_URL, moved)


@CALM
@given(st.text() | st.from_regex(r"\A2\.\d{1,4}(\.\d+)*(-\w+)?\Z"))
def test_version_strings(raw: str) -> None:
    number = minor_version(raw)
    choice = choose_dialect(raw)
    assert (choice.fallback is None) == (number in {version.number for version in Dhis2})
    if choice.fallback:
        with pytest.raises(UnsupportedVersionError):
            choose_dialect(raw, allow_fallback=False)
    else:
        assert choose_dialect(raw, allow_fallback=False) == choice


@CALM
@given(ANYTHING)
def test_version_names(name: object) -> None:
    version = version_named(name)
    assert version is None or version_named(version.value) is version


@CALM
@given(st.text() | st.from_regex(r"\A[A-Za-z]\w{0,70}\Z"))
def test_profile_names(name: str) -> None:
    try:
        assert validate_profile_name(name) == name
    except InvalidProfileNameError:
        return
    assert name.isascii()
    assert name.isidentifier()
    assert len(name) <= 64


@CALM
@given(st.text(), st.text())
def test_credentials(first: str, second: str) -> None:
    for make in (lambda: PatAuth(first), lambda: BasicAuth(first, second), lambda: SessionAuth(first, second)):
        try:
            provider = make()
        except Dhis2Error:
            continue
        for value in asyncio.run(provider.headers()).values():
            assert value.isprintable()
            httpx2.Request("GET", "http://x", headers={"X": value})


@CALM
@given(
    status=st.integers(100, 599),
    media=MEDIA,
    body=st.binary()
    | JSON_VALUES.map(lambda value: json.dumps(value).encode())
    | REPORT_LIKE.map(lambda v: json.dumps(v).encode()),
)
@example(status=200, media="application/json", body=b"[" * 100_000)
@example(status=200, media="application/json", body=b'"\\ud800"')
@example(status=404, media="text/html", body=b"<html><head><script>")
@example(status=401, media="application/json", body=b'{"httpStatusCode":401,"message":{"deep":[]}}')
def test_server_bodies(status: int, media: str, body: bytes) -> None:
    reply = Reply("GET", "/api/x", status, {"content-type": media}, body, BASE_URL)
    errors = [outcome for outcome in map(partial(attempt, reply), READERS) if isinstance(outcome, Dhis2Error)]
    for error in errors:
        assert str(error).startswith(("GET /api/x ", "DHIS2 refused GET /api/x", "The server refused GET /api/x"))
        assert len(str(error)) < 2_000 + 10 * len(body)


READERS: tuple[Callable[[Reply], object], ...] = (
    value_of,
    partial(model_of, wanted=Shape),
    partial(model_of, wanted=list[Shape]),
)


def attempt(reply: Reply, read: Callable[[Reply], object]) -> object:
    """What comes of reading an answer; an error of another tree is raised."""
    try:
        return read(reply)
    except Dhis2Error as error:
        return error


@CALM
@given(REPORT_LIKE)
def test_reports(answer: object) -> None:
    report = read_report(answer)
    if report is not None:
        assert report.counts.total == sum(
            (report.counts.created, report.counts.updated, report.counts.deleted, report.counts.ignored)
        )
        assert all(isinstance(str(row), str) for row in report.rows)


@CALM
@given(
    path=st.text(),
    params=st.dictionaries(st.text(), st.text() | st.integers() | st.none() | st.lists(st.text())),
    body=JSON_VALUES,
)
def test_calls(path: str, params: dict[str, Any], body: Any) -> None:
    try:
        call = build_call("POST", path, base_url=BASE_URL, params=params, body=body)
    except Dhis2Error:
        return
    assert call.path.startswith("/api")
    assert call.target.isascii()
    url = httpx2.URL(BASE_URL + call.target)
    assert (url.scheme, url.host, url.port) == ("http", "127.0.0.1", 8080)
    if body is not None:
        assert isinstance(call.body, bytes)
        assert json.loads(call.body) == body


@CALM
@given(st.text() | st.from_regex(r"\A-?\d+\Z"), st.floats(0, 1e10))
@example("Mon, 01 Jan 0001 00:00:00 -2359", 0.0)
def test_retry_after(value: str, now: float) -> None:
    seconds = parse_retry_after(value, now)
    assert seconds is None or seconds >= 0


@CALM
@given(
    policy=st.builds(
        RetryPolicy,
        attempts=st.integers(1, 20),
        budget=st.floats(0, 1e4),
        base_delay=st.floats(0, 100),
        max_delay=st.floats(0, 100),
    ),
    number=st.integers(1, 10_000),
    elapsed=st.floats(0, 1e5),
    status=st.integers(200, 599),
    retry_after=st.none() | st.floats(0, 1e6),
    random=st.floats(0, 1, exclude_max=True),
)
def test_no_wait_breaks_the_policy(
    *, policy: RetryPolicy, number: int, elapsed: float, status: int, retry_after: float | None, random: float
) -> None:
    delay = delay_before_next_try(policy, Try(True, number, elapsed, status=status, retry_after=retry_after), random)
    if delay is not None:
        assert number < policy.attempts
        assert 0 <= delay <= max(policy.max_delay, retry_after or 0.0)
        assert elapsed + delay <= policy.budget
