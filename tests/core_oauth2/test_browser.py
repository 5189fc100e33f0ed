"""A login in a real browser, on the pages of the sandbox."""

import asyncio
import threading
from pathlib import Path

import pytest

from dhis2w_core import login, open_client
from dhis2w_core.oauth2.errors import LoginDeniedError, LoginTimeoutError
from dhis2w_core.oauth2.token_store import TokenStore
from tests.core_oauth2.chromium import chromium, consent, log_in
from tests.core_oauth2.conftest import Serve

pytestmark = pytest.mark.slow

VERSIONS = pytest.mark.parametrize("version", [41, 42])


def quiet(text: str) -> None:
    del text


@VERSIONS
def test_somebody_logs_in_consents_and_lands_on_the_success_page(
    serve: Serve, store: TokenStore, browser_folder: Path, version: int
) -> None:
    ended = threading.Event()

    def use_browser(url: str) -> None:
        with chromium(browser_folder) as browser:
            log_in(browser, url, "district")
            consent(browser, version)
            browser.wait_for("document.body.innerText.includes('You are logged in')")
            ended.set()

    async def use() -> str | None:
        profile = await serve(version).profile()
        await login(profile, store=store, tell=quiet, open_browser=use_browser)
        async with open_client(profile, store=store) as client:
            return (await client.system.me()).username

    assert asyncio.run(use()) == "admin"
    assert ended.wait(20)


@VERSIONS
def test_a_denied_consent_lands_on_the_failure_page(
    serve: Serve, store: TokenStore, browser_folder: Path, version: int
) -> None:
    ended = threading.Event()

    def use_browser(url: str) -> None:
        with chromium(browser_folder) as browser:
            log_in(browser, url, "district")
            consent(browser, version, allow=False)
            browser.wait_for("document.body.innerText.includes('The consent was denied')")
            ended.set()

    async def use() -> None:
        profile = await serve(version).profile()
        with pytest.raises(LoginDeniedError):
            await login(profile, store=store, tell=quiet, open_browser=use_browser)

    asyncio.run(use())
    assert ended.wait(20)


@VERSIONS
def test_a_browser_that_is_closed_after_a_wrong_password(
    serve: Serve, store: TokenStore, browser_folder: Path, version: int
) -> None:
    ended = threading.Event()

    def use_browser(url: str) -> None:
        with chromium(browser_folder) as browser:
            log_in(browser, url, "wrong")
            browser.wait_for("document.body.innerText.includes('Incorrect username or password')")
            ended.set()

    async def use() -> None:
        profile = await serve(version).profile()
        with pytest.raises(LoginTimeoutError):
            await login(profile, store=store, tell=quiet, open_browser=use_browser, seconds=4)

    asyncio.run(use())
    assert ended.wait(20)
