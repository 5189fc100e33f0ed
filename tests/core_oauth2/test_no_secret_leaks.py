"""No secret of OAuth2 in output, logs, errors, or tracebacks that show local variables."""

import asyncio
import logging
import sqlite3
import traceback
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import replace
from typing import Any

import pytest

from dhis2w_client import Dhis2Error, Profile
from dhis2w_core import login, logout, open_client
from dhis2w_core.oauth2.login import token_key
from dhis2w_core.oauth2.token_store import TokenStore
from dhis2w_core.oauth2.tokens import Tokens
from dhis2w_sandbox.faults import Fault
from tests.core.conftest import Home
from tests.core_oauth2.conftest import SECRET, Serve, Server
from tests.core_oauth2.person import Person


def told(text: str) -> None:
    logging.getLogger("told").info(text)


def stored_tokens(store: TokenStore, profile: Profile) -> Tokens:
    stored = store.read(token_key(profile))
    assert stored
    assert stored.tokens
    return stored.tokens


async def shown(failing: Awaitable[object]) -> str:
    """The traceback of a failure, with local variables."""
    try:
        await failing
    except Dhis2Error as error:
        return "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format()) + repr(error)
    raise AssertionError("it did not fail")


async def opened(profile: Profile, store: TokenStore) -> None:
    async with open_client(profile, store=store) as client:
        await client.system.me()


Scenario = Callable[[Server, Profile, TokenStore, Tokens], Coroutine[Any, Any, str]]


async def revoked(server: Server, profile: Profile, store: TokenStore, tokens: Tokens) -> str:
    store.save(token_key(profile), replace(tokens, access_expires=0, refresh_token="planted-unknown-refresh"))
    del server
    return await shown(opened(profile, store))


async def refused_client(server: Server, profile: Profile, store: TokenStore, tokens: Tokens) -> str:
    store.save(token_key(profile), replace(tokens, access_expires=0))
    del server
    wrong = profile.model_copy(update={"client_secret": "planted-wrong-client-secret"})
    return await shown(opened(wrong, store))


async def broken_server(server: Server, profile: Profile, store: TokenStore, tokens: Tokens) -> str:
    store.save(token_key(profile), replace(tokens, access_expires=0))
    server.sandbox.faults.add(Fault(status=502, method="POST", path="/token$"))
    return await shown(opened(profile, store))


async def unreachable(server: Server, profile: Profile, store: TokenStore, tokens: Tokens) -> str:
    store.save(token_key(profile), replace(tokens, access_expires=0, token_url="http://127.0.0.1:9/token"))
    del server
    return await shown(opened(profile, store))


@pytest.mark.parametrize("version", [41, 42])
@pytest.mark.parametrize("scenario", [revoked, refused_client, broken_server, unreachable])
def test_secrets_are_nowhere(
    serve: Serve,
    store: TokenStore,
    home: Home,
    *,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    version: int,
    scenario: Scenario,
) -> None:
    caplog.set_level(logging.DEBUG)
    secrets = [SECRET, SECRET[:21], "planted"]

    async def use() -> str:
        server = serve(version)
        profile = await server.profile()
        logging.getLogger("told").info("%r %s", profile, profile)
        await login(profile, store=store, tell=told, open_browser=Person())
        tokens = stored_tokens(store, profile)
        secrets.extend([tokens.access_token, tokens.refresh_token or "", *server.spends])
        await opened(profile, store)
        failure = await scenario(server, profile, store, tokens)
        await logout(profile, store=store)
        return failure

    failure = asyncio.run(use())
    logs = "\n".join(record.getMessage() for record in caplog.records)
    output = capfd.readouterr()
    files = b"".join(file.read_bytes() for file in home.folder.rglob("*") if file.is_file())
    for secret in secrets:
        assert secret not in failure
        assert secret not in logs
        assert secret not in output.out + output.err
        assert secret.encode() not in files


def test_the_file_of_tokens_holds_no_statement_of_a_failed_one(serve: Serve, store: TokenStore) -> None:
    async def use() -> str:
        profile = await serve(42).profile()
        await login(profile, store=store, tell=told, open_browser=Person())
        tokens = stored_tokens(store, profile)
        database = sqlite3.connect(store.path)
        database.execute("DROP TABLE login")
        database.close()

        async def save() -> None:
            store.save(token_key(profile), tokens)

        text = await shown(save())
        assert tokens.access_token not in text
        return text

    assert "no such table" in asyncio.run(use())
