"""Logging in, out, and in again, against the authorization servers of each version."""

import asyncio
import queue
import socket
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest

from dhis2w_client import AuthenticationError, Profile
from dhis2w_core import login, logout, open_client
from dhis2w_core.oauth2.errors import (
    BrowserClosedError,
    ClientRefusedError,
    ForgedStateError,
    LoginDeniedError,
    LoginFailedError,
    LoginRequiredError,
    LoginTimeoutError,
    NoAuthorizationServerError,
    PasswordRefusedError,
    PublicClientWarning,
)
from dhis2w_core.oauth2.login import token_key
from dhis2w_core.oauth2.token_store import TokenStore
from dhis2w_sandbox import Sandbox
from dhis2w_sandbox.faults import Fault
from tests.core_oauth2.conftest import SECRET, Serve
from tests.core_oauth2.person import Person

# both authorization servers in the quick tier, every version in the slow one
VERSIONS = pytest.mark.parametrize(
    "version", [41, pytest.param(42, marks=pytest.mark.slow), 43, pytest.param(44, marks=pytest.mark.slow)]
)


def quiet(text: str) -> None:
    del text


async def username(profile: Profile, store: TokenStore) -> str | None:
    async with open_client(profile, store=store) as client:
        return (await client.system.me()).username


def expire(store: TokenStore, profile: Profile) -> None:
    """Make the access token look old, as it is after five minutes."""
    key = token_key(profile)
    stored = store.read(key)
    assert stored
    assert stored.tokens
    store.save(key, replace(stored.tokens, access_expires=0))


@VERSIONS
def test_somebody_logs_in_and_the_client_works_and_refreshes_and_logs_out(
    serve: Serve, store: TokenStore, version: int
) -> None:
    async def use() -> None:
        server = serve(version)
        profile = await server.profile()
        person = Person()
        made = await login(profile, store=store, tell=quiet, open_browser=person)
        assert "You are logged in" in person.last_page()
        assert made.has_refresh_token
        assert (made.ends is None) == (version == 41)
        assert await username(profile, store) == "admin"
        expire(store, profile)
        before = len(server.spends)
        assert await username(profile, store) == "admin"
        assert len(server.spends) == before + 1
        gone = await logout(profile, store=store)
        assert gone.existed
        assert gone.revoked == (version != 41)
        with pytest.raises(LoginRequiredError, match="d2w login"):
            await username(profile, store)
        assert not (await logout(profile, store=store)).existed

    asyncio.run(use())


@pytest.mark.parametrize("version", [41, 42])
def test_a_wrong_password_is_told_by_the_login_page_and_the_login_ends_in_time(
    serve: Serve, store: TokenStore, version: int
) -> None:
    async def use() -> None:
        person = Person(password="wrong")
        profile = await serve(version).profile()
        with pytest.raises(LoginTimeoutError, match=r"within 1\.5 seconds"):
            await login(profile, store=store, tell=quiet, open_browser=person, seconds=1.5)
        assert "Incorrect username or password" in person.last_page()

    asyncio.run(use())


@pytest.mark.parametrize("version", [41, 42])
def test_a_denied_consent(serve: Serve, store: TokenStore, version: int) -> None:
    async def use() -> None:
        person = Person(consents=False)
        profile = await serve(version).profile()
        with pytest.raises(LoginDeniedError, match="consent was denied"):
            await login(profile, store=store, tell=quiet, open_browser=person)
        assert "The login failed" in person.last_page()
        assert "consent was denied" in person.last_page()

    asyncio.run(use())


def test_a_forged_state_is_refused_before_its_code_is_used(serve: Serve, store: TokenStore) -> None:
    async def use() -> None:
        server = serve(42)
        profile = await server.profile()
        replies: queue.Queue[httpx2.Response] = queue.Queue()

        def forge(url: str) -> None:
            target = parse_qs(urlsplit(url).query)["redirect_uri"][0]
            replies.put(httpx2.get(target + "?code=planted-code&state=another"))

        with pytest.raises(ForgedStateError) as caught:
            await login(profile, store=store, tell=quiet, open_browser=forge)
        reply = replies.get(timeout=20)
        assert reply.status_code == 400
        assert "another login" in reply.text
        assert "planted-code" not in str(caught.value) + reply.text

    asyncio.run(use())


def test_nobody_who_comes_back_ends_in_time(serve: Serve, store: TokenStore) -> None:
    async def use() -> None:
        profile = await serve(42).profile()
        with pytest.raises(LoginTimeoutError, match=r"within 0\.05 seconds"):
            await login(profile, store=store, tell=quiet, open_browser=quiet, seconds=0.05)

    asyncio.run(use())


def test_a_closed_browser_is_told_at_once(serve: Serve, store: TokenStore) -> None:
    async def use() -> None:
        profile = await serve(42).profile()
        with pytest.raises(BrowserClosedError, match="before the login had ended"):
            await login(profile, store=store, tell=quiet, open_browser=lambda _: True)

    asyncio.run(use())


def test_what_a_browser_sent_before_it_was_closed_counts(serve: Serve, store: TokenStore) -> None:
    async def use() -> None:
        profile = await serve(42).profile()

        def log_in_and_close(url: str) -> bool:
            Person()(url)
            return True

        await login(profile, store=store, tell=quiet, open_browser=log_in_and_close)
        assert await username(profile, store) == "admin"

    asyncio.run(use())


@pytest.mark.parametrize("version", [41, 42, 43])
def test_the_address_of_the_login_page_means_a_wrong_password(serve: Serve, store: TokenStore, version: int) -> None:
    async def use() -> None:
        profile = await serve(version).profile()
        person = Person(password="wrong")

        async def typed() -> str:
            await asyncio.to_thread(person.done.wait, 20)
            return person.ended_on + "\n"

        with pytest.raises(PasswordRefusedError, match="did not take the user name or the password"):
            await login(profile, store=store, tell=quiet, open_browser=person, typed=typed)
        with pytest.raises(PasswordRefusedError):
            await login(profile, store=store, no_browser=True, tell=quiet, paste=lambda: person.ended_on)
        foreign = person.ended_on.replace("127.0.0.1", "127.0.0.2")
        with pytest.raises(LoginFailedError, match="not the address"):
            await login(profile, store=store, no_browser=True, tell=quiet, paste=lambda: foreign.partition("?")[0])

    asyncio.run(use())


def test_an_address_that_is_pasted_while_a_browser_is_waited_for(serve: Serve, store: TokenStore) -> None:
    async def use() -> None:
        profile = await serve(42).profile()
        person = Person(stays=False)
        lines = ["", "\n"]

        async def typed() -> str:
            await asyncio.to_thread(person.done.wait, 20)
            return lines.pop() if lines else person.ended_on

        await login(profile, store=store, tell=quiet, open_browser=person, typed=typed)
        assert await username(profile, store) == "admin"
        forged = person.ended_on.replace("state=", "state=x")

        async def typed_forged() -> str:
            return forged

        with pytest.raises(ForgedStateError):
            await login(profile, store=store, tell=quiet, open_browser=quiet, typed=typed_forged)

    asyncio.run(use())


def test_strays_get_404_and_do_not_end_the_waiting(serve: Serve, store: TokenStore) -> None:
    async def use() -> None:
        profile = await serve(42).profile()
        seen: list[int] = []

        def stray_then_log_in(url: str) -> None:
            target = parse_qs(urlsplit(url).query)["redirect_uri"][0]
            seen.append(httpx2.get(target.replace("/callback", "/favicon.ico")).status_code)
            seen.append(httpx2.post(target + "?code=x&state=y").status_code)
            Person()(url)

        await login(profile, store=store, tell=quiet, open_browser=stray_then_log_in)
        assert seen == [404, 404]

    asyncio.run(use())


@pytest.mark.parametrize("version", [41, 42])
def test_without_a_browser_the_address_is_pasted(serve: Serve, store: TokenStore, version: int) -> None:
    async def use() -> None:
        profile = await serve(version).profile()
        told: list[str] = []
        person = Person(stays=False)

        def paste() -> str:
            person(next(line for line in told[0].splitlines() if line.startswith("http")))
            return f"  {person.ended_on}\n"

        await login(profile, store=store, no_browser=True, tell=told.append, paste=paste)
        assert await username(profile, store) == "admin"
        with pytest.raises(ForgedStateError):
            await login(profile, store=store, no_browser=True, tell=quiet, paste=lambda: person.ended_on)
        with pytest.raises(LoginFailedError, match="not the address"):
            await login(profile, store=store, no_browser=True, tell=quiet, paste=lambda: "yes")

    asyncio.run(use())


def test_a_public_client_is_warned_of_and_told_to_log_in_again(serve: Serve, store: TokenStore) -> None:
    async def use() -> None:
        server = serve(42)
        profile = await server.profile(public=True)
        with pytest.warns(PublicClientWarning, match="5 minutes"):
            made = await login(profile, store=store, tell=quiet, open_browser=Person())
        before = len(server.spends)
        assert not made.has_refresh_token
        assert "only access token" in made.told
        assert await username(profile, store) == "admin"
        expire(store, profile)
        with pytest.raises(LoginRequiredError, match="no refresh token"):
            await username(profile, store)
        assert len(server.spends) == before

    asyncio.run(use())


def test_a_revoked_login_says_how_to_log_in_again_and_asks_the_server_once(serve: Serve, store: TokenStore) -> None:
    async def use() -> None:
        server = serve(42)
        profile = await server.profile()
        await login(profile, profile_name="prod", store=store, tell=quiet, open_browser=Person())
        key = token_key(profile, "user", "prod")
        stored = store.read(key)
        assert stored
        assert stored.tokens
        form = {"token": stored.tokens.refresh_token, "client_id": profile.client_id, "client_secret": SECRET}
        httpx2.post(f"{server.url}/oauth2/revoke", data=form).raise_for_status()
        store.save(key, replace(stored.tokens, access_expires=0))
        before = len(server.spends)
        for _ in range(3):
            with pytest.raises(LoginRequiredError, match=r"expired, or was revoked.\nLog in: d2w login --profile prod"):
                async with open_client(profile, profile_name="prod", store=store):
                    pass
        assert len(server.spends) == before + 1

    asyncio.run(use())


def test_a_token_that_a_restarted_server_does_not_know_is_replaced(serve: Serve, store: TokenStore) -> None:
    async def use() -> None:
        profile = await serve(42).profile()
        await login(profile, store=store, tell=quiet, open_browser=Person())
        key = token_key(profile)
        stored = store.read(key)
        assert stored
        assert stored.tokens
        store.save(key, replace(stored.tokens, access_token="eyJhbGciOiJSUzI1NiJ9.e30.c2ln"))
        assert await username(profile, store) == "admin"

    asyncio.run(use())


def test_a_wrong_client_secret(serve: Serve, store: TokenStore) -> None:
    async def use() -> None:
        profile = await serve(42).profile()
        wrong = profile.model_copy(update={"client_secret": "planted-wrong-secret"})
        with pytest.raises(ClientRefusedError, match="bcrypt") as caught:
            await login(wrong, store=store, tell=quiet, open_browser=Person())
        assert "planted-wrong-secret" not in str(caught.value)

    asyncio.run(use())


@pytest.mark.parametrize("change", [{"client_id": "unknown"}, {"redirect_uri": "http://127.0.0.1:9/other"}])
def test_a_client_that_is_unknown_is_told_before_a_browser_opens(
    serve: Serve, store: TokenStore, change: dict[str, str]
) -> None:
    async def use() -> None:
        profile = (await serve(42).profile()).model_copy(update=change)
        opened: list[str] = []
        with pytest.raises(ClientRefusedError, match="knows no OAuth2 client"):
            await login(profile, store=store, tell=quiet, open_browser=opened.append)
        assert opened == []

    asyncio.run(use())


def test_a_busy_port_is_moved_from_where_the_server_does_not_mind(serve: Serve, store: TokenStore) -> None:
    async def use() -> None:
        for version in (42, 41):
            profile = await serve(version).profile()
            port = urlsplit(profile.redirect_uri or "").port
            with socket.create_server(("127.0.0.1", port or 0)):
                if version == 42:
                    await login(profile, store=store, tell=quiet, open_browser=Person())
                else:
                    with pytest.raises(LoginFailedError, match=f"port {port}"):
                        await login(profile, store=store, tell=quiet, open_browser=Person())

    asyncio.run(use())


@pytest.mark.parametrize("version", [41, 42])
def test_a_server_without_oauth2_says_how_to_switch_it_on(store: TokenStore, version: int) -> None:
    async def use() -> None:
        with Sandbox(version, empty=True, oauth2=False) as sandbox, sandbox.serve() as url:
            profile = Profile(base_url=url, auth="oauth2", client_id="d2w", client_secret="s")
            with pytest.raises(NoAuthorizationServerError, match=r"oauth2\.server\.enabled"):
                await login(profile, store=store, tell=quiet, open_browser=quiet)

    asyncio.run(use())


def test_logins_of_profiles_of_different_files_are_apart(serve: Serve, store: TokenStore) -> None:
    async def use() -> None:
        profile = await serve(42).profile()
        await login(profile, scope="project /p", profile_name="prod", store=store, tell=quiet, open_browser=Person())
        with pytest.raises(LoginRequiredError, match="no login for profile 'prod'"):
            async with open_client(profile, profile_name="prod", store=store):
                pass
        async with open_client(profile, scope="project /p", profile_name="prod", store=store) as client:
            assert (await client.system.me()).username == "admin"

    asyncio.run(use())


def test_every_other_kind_of_profile_is_opened_too(serve: Serve) -> None:
    async def use() -> None:
        async with open_client(serve(42).admin) as client:
            assert (await client.system.me()).username == "admin"

    asyncio.run(use())


def test_the_request_has_pkce_and_the_scopes_that_name_a_user(serve: Serve, store: TokenStore) -> None:
    async def use() -> None:
        urls: list[str] = []
        for version in (42, 41):
            profile = await serve(version).profile()
            with pytest.raises(LoginTimeoutError):
                await login(profile, store=store, tell=quiet, open_browser=urls.append, seconds=0.2)
        newer, legacy = (parse_qs(urlsplit(url).query) for url in urls)
        assert newer["code_challenge_method"] == ["S256"]
        assert newer["scope"] == ["openid username"]
        assert legacy["scope"] == ["ALL"]
        assert "code_challenge" not in legacy

    asyncio.run(use())


def test_a_token_that_the_server_refuses_in_mid_session_is_replaced_once_for_all(
    serve: Serve, store: TokenStore
) -> None:
    async def use() -> None:
        server = serve(42)
        profile = await server.profile()
        await login(profile, store=store, tell=quiet, open_browser=Person())
        async with open_client(profile, store=store) as client:
            before = len(server.spends)
            server.sandbox.faults.add(Fault(status=401, path="/api/me$", times=4))
            users = await asyncio.gather(*(client.system.me() for _ in range(4)))
            assert [user.username for user in users] == ["admin"] * 4
            assert len(server.spends) == before + 1

    asyncio.run(use())


def test_a_login_that_is_revoked_in_mid_session_says_to_log_in_again(serve: Serve, store: TokenStore) -> None:
    async def use() -> None:
        server = serve(42)
        profile = await server.profile()
        await login(profile, profile_name="prod", store=store, tell=quiet, open_browser=Person())
        async with open_client(profile, profile_name="prod", store=store) as client:
            assert (await logout(profile, profile_name="prod")).revoked
            server.sandbox.faults.add(Fault(status=401, path="/api/me$"))
            with pytest.raises(LoginRequiredError, match="d2w login --profile prod"):
                await client.system.me()

    asyncio.run(use())


def test_a_new_token_that_is_refused_too_is_not_replaced_again(serve: Serve, store: TokenStore) -> None:
    async def use() -> None:
        server = serve(42)
        profile = await server.profile()
        await login(profile, store=store, tell=quiet, open_browser=Person())
        async with open_client(profile, store=store) as client:
            before = len(server.spends)
            server.sandbox.faults.add(Fault(status=401, path="/api/me$", times=2))
            with pytest.raises(AuthenticationError):
                await client.system.me()
            assert len(server.spends) == before + 1

    asyncio.run(use())
