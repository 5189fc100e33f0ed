"""What callers without a type checker pass: everything public answers with an error of the tree."""

import asyncio
from typing import Any

import httpx2
import pytest

from dhis2w_client import (
    BasicAuth,
    CredentialsError,
    Dhis2,
    Dhis2Client,
    InvalidBaseUrlError,
    InvalidRequestError,
    InvalidSettingError,
    NoProfileError,
    PatAuth,
    SessionAuth,
    build_auth_for_basic,
    open_client,
    profile_from_env_raw,
    sync,
)
from tests.client.answers import BASE_URL, TOKEN, Script, client_after_connect, client_of, info

NOTHING: Any = None
NUMBER: Any = 5


def user_named(value: Any) -> BasicAuth:
    return BasicAuth(value, "p")


def user_with_password(value: Any) -> BasicAuth:
    return BasicAuth("u", value)


@pytest.mark.parametrize("make", [PatAuth, user_named, user_with_password, SessionAuth])
@pytest.mark.parametrize("value", [NOTHING, NUMBER, b"bytes"])
def test_credentials(make: Any, value: Any) -> None:
    with pytest.raises(CredentialsError):
        make(value)


@pytest.mark.parametrize("base_url", [NOTHING, NUMBER, b"http://x"])
def test_base_url(base_url: Any) -> None:
    with pytest.raises(InvalidBaseUrlError):
        Dhis2Client(base_url, PatAuth(TOKEN))


@pytest.mark.parametrize(
    "settings",
    [
        {"auth": "token"},
        {"auth": NOTHING},
        {"timeout": 0},
        {"timeout": -1},
        {"timeout": float("nan")},
        {"timeout": float("inf")},
        {"timeout": "long"},
        {"system_cache_ttl": "long"},
        {"http_limits": httpx2.Limits(max_connections=0)},
        {"expect": "v45"},
        {"expect": 2.43},
    ],
)
def test_settings(settings: dict[str, Any]) -> None:
    everything: dict[str, Any] = {"base_url": BASE_URL, "auth": PatAuth(TOKEN), **settings}
    with pytest.raises(InvalidSettingError):
        Dhis2Client(**everything)


def test_expect_takes_a_name() -> None:
    name: Any = "v42"

    async def use() -> Dhis2:
        async with client_of(Script(info()), expect=name) as client:
            return client.version

    assert asyncio.run(use()) is Dhis2.V42


def test_no_profile() -> None:
    """What `profile_from_env_raw` finds may go into `open_client` as it is."""
    found: Any = profile_from_env_raw()
    for use in (open_client, sync.open_client, build_auth_for_basic):
        with pytest.raises(NoProfileError, match="Set DHIS2_URL and DHIS2_PAT"):
            use(found)


@pytest.mark.parametrize(
    ("path", "options"),
    [
        (NOTHING, {}),
        (NUMBER, {}),
        ("x", {"params": "a=b"}),
        ("x", {"params": ["a=b"]}),
        ("x", {"params": [("a", "b", "c")]}),
        ("x", {"params": {1: 2}}),
        ("x", {"params": {"a": {"b": 1}}}),
        ("x", {"params": NUMBER}),
        ("x", {"as_": NUMBER}),
        ("x", {"as_": "Model"}),
        ("x", {"as_": [int]}),
        ("x", {"as_": object()}),
    ],
)
def test_requests(path: Any, options: dict[str, Any]) -> None:
    """Nothing is sent: a write whose answer could not be read would be done all the same."""
    script, client = client_after_connect([httpx2.Response(200, json={})])

    async def use() -> None:
        async with client:
            await client.post(path, **options)

    with pytest.raises(InvalidRequestError):
        asyncio.run(use())
    assert len(script.requests) == 1


@pytest.mark.parametrize("header", ["ä", "S3CRET\nX-Evil: 1", NUMBER])
def test_a_provider_of_ones_own_that_gives_nonsense(header: Any) -> None:
    class Odd:
        async def headers(self) -> dict[str, str]:
            return {"X-Key": header, "Y-Key": "S3CRET\u2028"}

    async def use() -> None:
        async with client_of(Script(info()), auth=Odd()):
            pass

    with pytest.raises(InvalidRequestError) as caught:
        asyncio.run(use())
    assert "S3CRET" not in str(caught.value)
    assert caught.value.__context__ is None
