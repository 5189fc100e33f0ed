"""The client and the sandbox, which know nothing of each other, in every version."""

from __future__ import annotations

import asyncio
import warnings
from collections.abc import Awaitable, Callable, Generator
from typing import Any

import httpx2
import pytest

from dhis2w_client import (
    AuthenticationError,
    BasicAuth,
    ConflictError,
    Dhis2Client,
    EndpointNotFoundError,
    ForbiddenError,
    MediaTypeError,
    MethodNotAllowedError,
    ObjectNotFoundError,
    PatAuth,
    RetryPolicy,
    SessionAuth,
    UnknownVersionWarning,
)
from dhis2w_client.auth import AuthProvider
from dhis2w_sandbox import Sandbox

ADMIN = BasicAuth("admin", "district")


@pytest.fixture(scope="module", params=[41, 42, 43, 44])
def sandbox(request: pytest.FixtureRequest) -> Generator[Sandbox]:
    sandbox = Sandbox(request.param, empty=True)
    yield sandbox
    sandbox.close()


def run(
    sandbox: Sandbox, use: Callable[[Dhis2Client], Awaitable[Any]], auth: AuthProvider = ADMIN, **options: Any
) -> Any:
    """Connect to the sandbox, use the client, and give back what came of it; warnings are errors."""

    async def connect() -> Any:
        transport = httpx2.ASGITransport(sandbox.app)
        async with Dhis2Client("http://127.0.0.1:8080", auth, transport=transport, **options) as client:
            return await use(client)

    with warnings.catch_warnings():
        warnings.simplefilter("error", UnknownVersionWarning)
        return asyncio.run(connect())


def element(name: str) -> dict[str, str]:
    return {
        "name": name,
        "shortName": name,
        "valueType": "INTEGER",
        "aggregationType": "SUM",
        "domainType": "AGGREGATE",
    }


def test_the_dialect_of_the_server(sandbox: Sandbox) -> None:
    async def use(client: Dhis2Client) -> None:
        info = await client.system.info()
        assert client.dialect.version.number == int(client.raw_version[2:4])
        assert (info.sessionTimeout is not None) is client.dialect.tells_session_timeout
        assert (await client.system.me()).username == "admin"

    run(sandbox, use)


def test_the_ways_to_log_in(sandbox: Sandbox) -> None:
    async def name(client: Dhis2Client) -> str:
        return (await client.system.me()).username

    async def token(client: Dhis2Client) -> str:
        made: Any = await client.post("apiToken", {})
        return made["response"]["key"]

    async def session() -> str:
        transport = httpx2.ASGITransport(sandbox.app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1:8080") as browser:
            await browser.post("/api/auth/login", json={"username": "admin", "password": "district"})
            return browser.cookies["JSESSIONID"]

    assert run(sandbox, name) == "admin"
    assert run(sandbox, name, PatAuth(run(sandbox, token))) == "admin"
    assert run(sandbox, name, SessionAuth(asyncio.run(session()))) == "admin"


@pytest.mark.parametrize(
    ("auth", "message"),
    [
        (BasicAuth("admin", "wrong word"), "Unauthorized"),
        (BasicAuth("ADMIN", "district"), "Unauthorized"),
        (SessionAuth("nonsense"), "Unauthorized"),
    ],
)
def test_credentials_that_are_not_taken(sandbox: Sandbox, auth: AuthProvider, message: str) -> None:
    async def use(_: Dhis2Client) -> None: ...

    with pytest.raises(AuthenticationError, match=message):
        run(sandbox, use, auth)


def test_an_expired_token(sandbox: Sandbox) -> None:
    async def token(client: Dhis2Client) -> str:
        made: Any = await client.post("apiToken", {"expire": 1000})
        return made["response"]["key"]

    async def use(_: Dhis2Client) -> None: ...

    with pytest.raises(AuthenticationError, match="token has expired") as caught:
        run(sandbox, use, PatAuth(run(sandbox, token)))
    assert caught.value.next_step == "Create a new personal access token, and put it into the profile."


def test_create_read_patch_replace_delete(sandbox: Sandbox) -> None:
    async def use(client: Dhis2Client) -> None:
        made: Any = await client.post("dataElements", element("Crud"))
        path = f"dataElements/{made['response']['uid']}"
        await client.patch(path, [{"op": "add", "path": "/code", "value": "CRUD"}])
        read: Any = await client.get(path, params={"fields": "name,code"})
        assert read == {"name": "Crud", "code": "CRUD"}
        await client.put(path, {**element("Crud 2"), "code": "CRUD"})
        listed: Any = await client.get(
            "dataElements", params={"fields": "name", "filter": ["code:eq:CRUD", "name:like:2"]}
        )
        assert listed["dataElements"] == [{"name": "Crud 2"}]
        await client.delete(path)
        with pytest.raises(ObjectNotFoundError) as caught:
            await client.get(path)
        assert caught.value.code == "E1005"

    run(sandbox, use)


def test_refusals(sandbox: Sandbox) -> None:
    async def use(client: Dhis2Client) -> None:
        with pytest.raises(ConflictError) as caught:
            await client.post("dataElements", {"name": "Alone"})
        assert {(row.code, row.property) for row in caught.value.rows} >= {
            ("E4000", "shortName"),
            ("E4000", "valueType"),
        }
        with pytest.raises(ConflictError) as caught:
            await client.post("metadata", {"dataElements": [element("Good"), {"name": "Bad"}]})
        assert {row.index for row in caught.value.rows} == {1}
        assert caught.value.report
        assert caught.value.report.counts.created == 0
        with pytest.raises(EndpointNotFoundError):
            await client.get("nosuchthing")
        with pytest.raises(MethodNotAllowedError):
            await client.get("auth/login")
        with pytest.raises(MediaTypeError):
            await client.patch("dataElements/abcdefghijk", {"a": 1}, content_type="application/json")

    run(sandbox, use)


def test_a_user_without_authorities(sandbox: Sandbox) -> None:
    password = "Orange#Bicycle71"

    async def make(client: Dhis2Client) -> None:
        role: Any = await client.post("userRoles", {"name": "Nothing", "authorities": []})
        user = {
            "firstName": "Ada",
            "surname": "Plain",
            "username": "plain",
            "password": password,
            "userRoles": [{"id": role["response"]["uid"]}],
        }
        await client.post("users", user)

    async def use(client: Dhis2Client) -> None:
        assert (await client.system.info()).javaVersion is None
        with pytest.raises(ForbiddenError):
            await client.get("users")

    run(sandbox, make)
    run(sandbox, use, BasicAuth("plain", password))


def test_what_is_not_json(sandbox: Sandbox) -> None:
    async def use(client: Dhis2Client) -> None:
        assert await client.get("ping") is None
        assert await client.get("system/ping") == "pong"
        async with client.stream("system/id", params={"limit": 3}) as pieces:
            assert b"codes" in b"".join([piece async for piece in pieces])

    run(sandbox, use)


def test_a_compressed_import(sandbox: Sandbox) -> None:
    async def use(client: Dhis2Client) -> None:
        answer: Any = await client.post("metadata", {"dataElements": [element("Zipped")]}, compress=True)
        assert answer["response"]["stats"]["created"] == 1

    run(sandbox, use, retry_policy=RetryPolicy.off())
