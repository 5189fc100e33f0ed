"""A refresh that goes wrong: what was not sent is sent again, what may have been sent is not spent twice."""

import asyncio
from dataclasses import replace

import pytest

from dhis2w_client import Profile
from dhis2w_client.errors import ConnectionRefusedByServerError
from dhis2w_core import login, open_client
from dhis2w_core.oauth2.errors import LoginRequiredError, TokenAnswerError
from dhis2w_core.oauth2.login import token_key
from dhis2w_core.oauth2.refresh import TokenRefresher
from dhis2w_core.oauth2.token_store import TokenStore
from dhis2w_core.oauth2.tokens import Tokens
from dhis2w_sandbox.faults import Fault
from tests.core_oauth2.conftest import Serve, Server
from tests.core_oauth2.person import Person

ROTATE = pytest.mark.parametrize("rotate", [False, True])


def quiet(text: str) -> None:
    del text


async def logged_in(server: Server, store: TokenStore, **changes: object) -> tuple[Profile, Tokens]:
    """A login whose access token is over."""
    profile = await server.profile()
    await login(profile, store=store, tell=quiet, open_browser=Person())
    stored = store.read(token_key(profile))
    assert stored
    assert stored.tokens
    tokens = replace(stored.tokens, access_expires=0, **changes)  # pyright: ignore[reportArgumentType] # any field
    store.save(token_key(profile), tokens)
    return profile, tokens


def refresher(profile: Profile, store: TokenStore) -> TokenRefresher:
    return TokenRefresher(profile, token_key(profile), store)


@ROTATE
def test_many_tasks_of_one_client_refresh_once(serve: Serve, store: TokenStore, rotate: bool) -> None:
    async def use() -> None:
        server = serve(42, rotate=rotate)
        profile, tokens = await logged_in(server, store)
        assert tokens.rotates is rotate
        before = len(server.spends)
        async with open_client(profile, store=store) as client:
            users = await asyncio.gather(*(client.system.me() for _ in range(20)))
        assert {user.username for user in users} == {"admin"}
        assert len(server.spends) == before + 1

    asyncio.run(use())


def test_what_was_not_sent_is_not_spent(serve: Serve, store: TokenStore) -> None:
    async def use() -> None:
        server = serve(42, rotate=True)
        profile, _ = await logged_in(server, store, token_url="http://127.0.0.1:9/oauth2/token")
        for _ in range(2):
            with pytest.raises(ConnectionRefusedByServerError):
                await refresher(profile, store).tokens()
        stored = store.read(token_key(profile))
        assert stored
        assert not stored.spent
        assert stored.lease_until is None

    asyncio.run(use())


@ROTATE
def test_an_answer_that_got_lost(serve: Serve, store: TokenStore, rotate: bool) -> None:
    async def use() -> None:
        server = serve(42, rotate=rotate)
        profile, _ = await logged_in(server, store)
        server.sandbox.faults.add(Fault(status=502, method="POST", path="/token$"))
        with pytest.raises(TokenAnswerError, match="HTTP 502"):
            await refresher(profile, store).tokens()
        before = len(server.spends)
        if rotate:
            for _ in range(2):
                with pytest.raises(LoginRequiredError, match="interrupted"):
                    await refresher(profile, store).tokens()
            assert len(server.spends) == before
        else:
            assert (await refresher(profile, store).tokens()).access_token
            assert len(server.spends) == before + 1

    asyncio.run(use())


def test_a_task_that_is_cancelled_while_it_refreshes_loses_nothing(serve: Serve, store: TokenStore) -> None:
    server = serve(42, rotate=True)

    async def cancelled() -> Profile:
        profile, _ = await logged_in(server, store)
        loop, acted = asyncio.get_running_loop(), asyncio.Event()
        server.after_spend = lambda: loop.call_soon_threadsafe(acted.set)
        task = asyncio.create_task(refresher(profile, store).tokens())
        await acted.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return profile

    async def go_on(profile: Profile) -> None:
        assert (await refresher(profile, store).tokens()).access_token

    profile = asyncio.run(cancelled())
    before = len(server.spends)
    asyncio.run(go_on(profile))
    assert len(server.spends) == before
