"""Secrets are planted everywhere; nothing that is printed, logged, dumped, raised or shown has one in it."""

from __future__ import annotations

import asyncio
import base64
import io
import logging
import pprint
import traceback
import warnings
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from typing import Any

import httpx2
import pytest
from pydantic import BaseModel, TypeAdapter

from dhis2w_client import (
    BasicAuth,
    Dhis2Client,
    Dhis2Error,
    PatAuth,
    Profile,
    RetryPolicy,
    SessionAuth,
    build_auth_for_basic,
    open_client,
    profile_from_env_raw,
    sync,
)
from dhis2w_client.auth import AuthProvider
from tests.client.loopback import INFO, TLS, http, listening

PLANTED = {
    "token": "d2p_S3CRETtoken",
    "password": "S3CRETpassword",
    "client_secret": "S3CRETclient",
    "cookie": "S3CRETcookie",
    "xsrf_token": "S3CRETxsrf",
}
PROXY_PASSWORD = "S3CRETproxy"
QUERY = "S3CRETquery"
SERVER_COOKIE = "S3CRETserver"
MARK = "S3CRET"
"""In each of them: source lines in tracebacks do not have it, values do."""
URL_WITH_PASSWORD = "https://admin:S3CRETurl@x.example.org"
SECRETS = [*PLANTED.values(), PROXY_PASSWORD, QUERY, SERVER_COOKIE]
ENCODED = [base64.b64encode(f"admin:{PLANTED['password']}".encode()).decode()]


def full_profile(**changes: Any) -> Profile:
    settings: dict[str, Any] = {
        "base_url": "http://127.0.0.1:1",
        "auth": "basic",
        "username": "admin",
        "proxy": f"http://someone:{PROXY_PASSWORD}@127.0.0.1:1",
        **PLANTED,
    }
    return Profile(**{**settings, **changes})


def assert_no_secret(text: str) -> None:
    for secret in (*SECRETS, *ENCODED, MARK):
        assert secret not in text, text[max(0, text.index(secret) - 200) : text.index(secret) + 40]


def shown(error: BaseException) -> str:
    """All that an error can show, local variables of every frame but the test's own included.

    What the caller asks for (`params`, `body`) is in such variables as he gave it, and in nothing else.
    """
    full = traceback.TracebackException.from_exception(error, capture_locals=True)
    frames = [frame for part in chain(full) for frame in part.stack if frame.filename != __file__]
    variables = "\n".join(f"{frame.filename} {frame.name} {frame.locals}" for frame in frames).replace(QUERY, "")
    parts = [
        variables,
        *traceback.format_exception(error),
        str(error),
        repr(error),
        repr(error.args),
        pprint.pformat(vars(error)),
    ]
    return "\n".join(parts)


def chain(error: traceback.TracebackException | None) -> Iterator[traceback.TracebackException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


@contextmanager
def everything_logged() -> Generator[io.StringIO]:
    """What all loggers say, at their most talkative."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(1)
    try:
        yield stream
    finally:
        root.removeHandler(handler)
        root.setLevel(level)


def in_a_list(text: str) -> object:
    return [text]


def in_an_object(text: str) -> object:
    return {"a": text}


def not_utf8(text: str) -> object:
    return text.encode() + b"\xff"


def test_a_profile_shows_none() -> None:
    profile = full_profile()

    class Holder(BaseModel):
        profile: Profile

    holder = Holder(profile=profile)
    outputs = [
        repr(profile),
        str(profile),
        f"{profile}",
        "%s %r" % (profile, profile),  # noqa: UP031 # one more way to print
        pprint.pformat(profile),
        str(dict(profile)),
        str(list(profile)),
        str(profile.model_dump()),
        str(profile.model_dump(mode="json", include={"token", "password"})),
        profile.model_dump_json(),
        str(holder.model_dump()),
        holder.model_dump_json(),
        repr(holder),
        str(TypeAdapter(list[Profile]).dump_python([profile])),
        str(profile.__repr_args__()),
        str(list(profile.__rich_repr__())),
        str(profile.model_dump(context={"reveal": True})),
    ]
    for output in outputs:
        assert_no_secret(output)
    assert {name: profile.reveal()[name] for name in PLANTED} == PLANTED


@pytest.mark.parametrize("field", [*PLANTED, "proxy", "username", "version", "timeout", "base_url", "nonsense"])
@pytest.mark.parametrize("wrap", [in_a_list, in_an_object, not_utf8])
def test_a_validation_error_shows_none(field: str, wrap: Callable[[str], object]) -> None:
    for make in (
        lambda: full_profile(**{field: wrap(MARK)}),
        lambda: full_profile(auth=MARK, **{field: MARK}),
    ):
        with pytest.raises(Dhis2Error) as caught:
            make()
        error: Any = caught.value
        assert_no_secret(str(error.errors()) + error.json() + shown(error))


def test_a_validation_error_of_a_whole_profile_shows_none() -> None:
    for settings in ({**PLANTED}, {"base_url": URL_WITH_PASSWORD, "auth": "pat", **PLANTED}):
        with pytest.raises(Dhis2Error) as caught:
            Profile(**settings)  # pyright: ignore[reportArgumentType] # that is the point
        error: Any = caught.value
        assert_no_secret(str(error.errors()) + error.json() + shown(error))


def test_validation_by_other_ways_shows_none() -> None:
    for validate in (Profile.model_validate, TypeAdapter(Profile).validate_python):
        with pytest.raises(ValueError, match="base_url") as caught:
            validate({**PLANTED, "auth": "pat"})
        error: Any = caught.value
        assert_no_secret(str(error) + str(error.errors()) + error.json())


@pytest.mark.parametrize(
    "provider",
    [
        PatAuth(PLANTED["token"]),
        BasicAuth("admin", PLANTED["password"]),
        SessionAuth(PLANTED["cookie"], PLANTED["xsrf_token"]),
    ],
)
def test_providers_and_clients_show_none(provider: AuthProvider) -> None:
    client = Dhis2Client("http://127.0.0.1:1", provider, proxy=f"http://a:{PROXY_PASSWORD}@127.0.0.1:1")
    for thing in (provider, client, *parts(client), *parts(vars(client)["_connection"])):
        assert_no_secret(f"{thing!r} {thing}")


def parts(thing: object) -> list[object]:
    """What an object is made of."""
    return list(vars(thing).values())


def test_credentials_that_cannot_be_sent_show_none() -> None:
    for make in (
        lambda: PatAuth(f"{MARK} token"),
        lambda: BasicAuth("admin", f"{MARK}\n"),
        lambda: SessionAuth(f"{MARK}\n{MARK}"),
        lambda: build_auth_for_basic(full_profile(username="")),
        lambda: build_auth_for_basic(full_profile(auth="oauth2")),
        lambda: open_client(full_profile(auth="oauth2")),
        lambda: open_client(full_profile(username=None)),
    ):
        with pytest.raises(Dhis2Error) as caught:
            make()
        assert_no_secret("\n".join([str(caught.value), *traceback.format_exception(caught.value)]))


def test_the_environment_shows_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DHIS2_URL", URL_WITH_PASSWORD)
    monkeypatch.setenv("DHIS2_PAT", PLANTED["token"])
    monkeypatch.setenv("DHIS2_PASSWORD", PLANTED["password"])
    with pytest.raises(Dhis2Error) as caught:
        profile_from_env_raw()
    assert_no_secret(shown(caught.value))
    monkeypatch.setenv("DHIS2_URL", "https://x.example.org")
    assert_no_secret(repr(profile_from_env_raw()))


ECHO = "<html><body><h1>Bad Gateway</h1><pre>{}</pre></body></html>"


async def misbehave(profile: Profile, *answers: bytes | None, certificate: str | None = None) -> Dhis2Error:
    """Connect to a server that gives these answers, and ask it for something with a secret in the query."""
    async with listening(*answers, certificate=certificate) as server:
        at_server = full_profile(
            **{
                **profile.reveal(),
                "base_url": f"http{'s' if certificate else ''}://127.0.0.1:{server.port}",
                "proxy": None,
            }
        )
        with pytest.raises(Dhis2Error) as caught:
            await use(at_server)
        return caught.value


async def use(profile: Profile) -> None:
    async with open_client(profile, retry_policy=RetryPolicy.off()) as client:
        await client.system.me()
        await client.post("account/restore", {"password": QUERY}, params={"token": QUERY})


def login_cookie(body: bytes) -> bytes:
    return http("200 OK", body, set_cookie=f"JSESSIONID={SERVER_COOKIE}; Path=/; HttpOnly")


ME = b'{"id":"M5zQapPyTZI","username":"admin"}'
REFUSED = http("401 Unauthorized", b'{"httpStatusCode":401,"status":"ERROR","message":"Unauthorized"}')


@pytest.mark.parametrize("auth", ["pat", "basic", "session"])
@pytest.mark.parametrize(
    ("answers", "certificate"),
    [
        ([REFUSED], None),
        ([login_cookie(INFO), login_cookie(ME), http("409 Conflict", b'{"httpStatusCode":409,"message":"no"}')], None),
        ([login_cookie(INFO), login_cookie(ME), b""], None),
        ([login_cookie(INFO), http("200 OK", b"{")], None),
        ([login_cookie(INFO), http("200 OK", b'{"id":"S3CRETid","username":["S3CRETname"]}')], None),
        ([http("302 Found", location=f"https://sso.example.org/?token={QUERY}#{QUERY}")], None),
        ([http("302 Found", location=f"https://u:{QUERY}@sso.example.org/")], None),
        ([b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"], None),
        ([None], None),
        ([http("200 OK", INFO)], "self_signed.pem"),
    ],
)
def test_failures_show_none(auth: str, answers: list[bytes | None], certificate: str | None) -> None:
    profile = full_profile(auth=auth, timeout=0.05 if answers == [None] else 5)
    with everything_logged() as log, warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        error = asyncio.run(misbehave(profile, *answers, certificate=certificate))
    assert_no_secret(shown(error))
    assert_no_secret(log.getvalue())
    assert_no_secret(str([str(warning.message) for warning in warned]))


@pytest.mark.parametrize("auth", ["pat", "basic", "session"])
@pytest.mark.parametrize("status", [200, 400, 502])
def test_a_page_that_repeats_our_request_shows_none(auth: str, status: int) -> None:
    """Debugging proxies print the headers they got; Basic's in the clear too."""

    def echo(request: httpx2.Request) -> httpx2.Response:
        seen = "\n".join(f"{name}: {value}" for name, value in request.headers.items())
        return httpx2.Response(status, html=ECHO.format(f"{seen}\nuser admin, password {PLANTED['password']}"))

    profile = full_profile(auth=auth)
    with everything_logged() as log, pytest.raises(Dhis2Error) as caught:
        asyncio.run(connect_through(profile, httpx2.MockTransport(echo)))
    error: Any = caught.value
    text = shown(error) + error.excerpt
    assert_no_secret(text if auth == "basic" else text.replace(PLANTED["password"], ""))
    assert_no_secret(log.getvalue())


async def connect_through(profile: Profile, transport: httpx2.AsyncBaseTransport) -> None:
    async with open_client(profile, transport=transport, retry_policy=RetryPolicy.off()):
        pass


def test_the_blocking_twin_shows_none() -> None:
    profile = full_profile(auth="pat", proxy=None)
    with everything_logged() as log, pytest.raises(Dhis2Error) as caught:
        sync.open_client(profile, retry_policy=RetryPolicy.off()).__enter__()
    assert_no_secret(shown(caught.value) + log.getvalue() + repr(sync.open_client(profile)))


def test_a_proxy_shows_none() -> None:
    async def through_proxy() -> Dhis2Error:
        async with listening(http("407 Proxy Authentication Required")) as proxy:
            profile = full_profile(
                base_url="https://dhis2.example.org",
                auth="pat",
                proxy=f"http://a:{PROXY_PASSWORD}@127.0.0.1:{proxy.port}",
            )
            with pytest.raises(Dhis2Error) as caught:
                await use(profile)
            return caught.value

    with everything_logged() as log:
        error = asyncio.run(through_proxy())
    assert_no_secret(shown(error) + log.getvalue())


def test_logs_of_others_stay_as_they_are() -> None:
    """What somebody else does with the HTTP library in the same process is logged as ever."""

    async def both() -> None:
        await connect_through(
            full_profile(auth="pat"), httpx2.MockTransport(lambda _: httpx2.Response(200, json={"version": "2.42.6"}))
        )
        async with httpx2.AsyncClient(transport=httpx2.MockTransport(lambda _: httpx2.Response(200))) as other:
            await other.get("https://elsewhere.example.org/x?visible=1")

    with everything_logged() as log:
        asyncio.run(both())
    assert "https://elsewhere.example.org/x?visible=1" in log.getvalue()
    assert "/api/system/info" in log.getvalue()


def test_the_certificates_of_the_tests_are_there() -> None:
    assert {file.name for file in TLS.iterdir()} == {"self_signed.pem", "other_host.pem", "expired.pem"}
