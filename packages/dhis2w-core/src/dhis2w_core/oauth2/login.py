"""`login` and `logout`: a person lets this client act for them, with a browser, and takes that back."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import secrets
import sys
import time
import warnings
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from dhis2w_client.errors import CredentialsError, Dhis2Error
from dhis2w_core.daemon_thread import in_daemon_thread
from dhis2w_core.oauth2.authorization_server import (
    CodeGrant,
    RefusedGrantError,
    check_authorize_url,
    exchange_code,
    find_authorization_server,
    refresh_tokens,
    revoke_tokens,
)
from dhis2w_core.oauth2.browser import visit
from dhis2w_core.oauth2.errors import (
    BrowserClosedError,
    LoginFailedError,
    LoginRequiredError,
    PublicClientWarning,
)
from dhis2w_core.oauth2.loopback import LoopbackReceiver
from dhis2w_core.oauth2.redirect import (
    PastedAddress,
    RedirectAddress,
    Returned,
    parse_redirect_address,
    read_pasted,
)
from dhis2w_core.oauth2.token_store import TokenKey, TokenStore
from dhis2w_core.oauth2.tokens import REFRESH_LIFETIME, Grant, Tokens, refreshed

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from dhis2w_client.profile import Profile
    from dhis2w_core.oauth2.authorization_server import AuthorizationServer

DEFAULT_REDIRECT_URI = "http://127.0.0.1:8765/callback"
"""Where the browser is sent back to when the profile does not say; `register_client` registers it."""
LOGIN_SECONDS = 300.0
"""How long a person may take."""

_LAST_WORD_SECONDS = 1.0
"""How long what a browser sent just before it was closed may take to be read."""
_START_PAGE = "If DHIS2 shows its start page after the login, go to that address once more."


@dataclass(frozen=True, slots=True)
class Login:
    """A login that was made and stored."""

    base_url: str
    client_id: str
    ends: float | None
    """When a person has to log in again, in seconds since 1970; `None` where the server sets no end, or moves it on."""
    has_refresh_token: bool

    @property
    def told(self) -> str:
        """What a user should know of it, as a sentence."""
        return told_end(self.ends, has_refresh_token=self.has_refresh_token)


def told_end(ends: float | None, *, has_refresh_token: bool) -> str:
    """When a login ends, as a sentence.

    Args:
        ends: Seconds since 1970; `None` where the server sets no end, or moves it on.
        has_refresh_token: Whether it outlives its first access token.
    """
    if ends is None:
        return "The login goes on for as long as it is used."
    clock = datetime.fromtimestamp(ends).astimezone().strftime("%H:%M")
    if not has_refresh_token:
        return f"The login ends at {clock}, with its only access token; then log in again."
    return f"The login ends at about {clock} (DHIS2's limit, unless the administrator changed it); then log in again."


@dataclass(frozen=True, slots=True)
class Logout:
    """A login that was forgotten."""

    existed: bool
    """Whether there was one."""
    revoked: bool
    """Whether the server was told; an access token that it gave may open the API until it expires."""


@dataclass(frozen=True, slots=True)
class _Request:
    """One authorization request."""

    server: AuthorizationServer
    state: str
    verifier: str | None = field(repr=False)

    def url(self, profile: Profile, address: RedirectAddress) -> str:
        """Where the browser goes."""
        query = {
            "response_type": "code",
            "client_id": profile.client_id or "",
            "redirect_uri": address.text,
            "scope": profile.scope or self.server.default_scope,
            "state": self.state,
        }
        if self.verifier is not None:
            digest = hashlib.sha256(self.verifier.encode()).digest()
            query["code_challenge"] = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
            query["code_challenge_method"] = "S256"
        return f"{self.server.authorize_url}?{urlencode(query)}"


def token_key(profile: Profile, scope: str = "user", profile_name: str | None = None) -> TokenKey:
    """The name of a profile's login in the store.

    Raises:
        CredentialsError: The profile has no client id.
    """
    if not (profile.client_id or "").strip():
        raise CredentialsError(
            "The profile has auth='oauth2', but no client_id.",
            next_step="Register a client with d2w profile oauth2 client register, and set client_id and its secret.",
        )
    return TokenKey(scope, profile_name or "", profile.base_url, profile.client_id or "")


def _tell(text: str) -> None:
    sys.stderr.write(f"{text}\n")


def _paste() -> str:
    return input("The address that the browser ended on: ")


async def login(
    profile: Profile,
    *,
    scope: str = "user",
    profile_name: str | None = None,
    no_browser: bool = False,
    seconds: float = LOGIN_SECONDS,
    store: TokenStore | None = None,
    tell: Callable[[str], object] = _tell,
    paste: Callable[[], str] = _paste,
    typed: Callable[[], Awaitable[str]] | None = None,
    open_browser: Callable[[str], object] = visit,
) -> Login:
    """Log in with a browser, and keep the tokens.

    The authorization code grant: with PKCE (S256) on 42 and newer, found by their discovery document; on 2.41 at its
    legacy server. A wrong password is told by DHIS2's own login page, which stays open for another try; nothing comes
    back from there, so the address of that page, where the user gives it, is what ends the login.

    Args:
        profile: Server and client; `client_secret` is missing for a public client, `redirect_uri` has to be registered
            for the client (default `http://127.0.0.1:8765/callback`).
        scope: The file that the profile is in, `ProfileLocation.key`: `user` (default), or `project` with its path.
        profile_name: The profile's name, where it has one.
        no_browser: Do not open a browser and do not listen: the address is told, and the one that the browser ended on
            is asked for. For remote shells.
        seconds: How long to wait for the browser.
        store: Where logins are kept. Default: the user's.
        tell: Shows a line to the user. Default: on standard error.
        paste: Asks for the address that the browser ended on. Default: on standard input.
        typed: Waits for an address that the user types while the browser is waited for: it may run on another machine,
            or stay where it is.
        open_browser: Opens an address; `True` when it was seen that the browser has been closed.

    Returns:
        What was made, and when it will end.

    Raises:
        CredentialsError: The profile has no client id.
        NoAuthorizationServerError: The server offers no OAuth2.
        LoginDeniedError: The consent was denied, or the server refused.
        ForgedStateError: What came back belongs to another login.
        PasswordRefusedError: The browser ended on DHIS2's login page.
        BrowserClosedError: The browser was closed before.
        LoginTimeoutError: Nobody came back.
        LoginFailedError: Another reason; nothing was stored.
        ClientRefusedError: The server does not accept the client.

    Warns:
        PublicClientWarning: The client has no secret, so the login is short.
        KeyFileWarning: The key that encrypts the tokens lies in a file.
    """
    key = token_key(profile, scope, profile_name)
    if not profile.client_secret:
        warnings.warn(
            "The profile has no client_secret: DHIS2 gives such a public client no refresh token, so the login ends "
            "with its first access token, after about 5 minutes.",
            PublicClientWarning,
            stacklevel=2,
        )
    server = await find_authorization_server(profile)
    request = _Request(server, secrets.token_urlsafe(24), None if server.is_legacy else secrets.token_urlsafe(48))
    address = parse_redirect_address(profile.redirect_uri or DEFAULT_REDIRECT_URI)
    await check_authorize_url(profile, request.url(profile, address))

    async def finish(returned: Returned, final: RedirectAddress) -> Tokens:
        tokens = await _first_tokens(profile, request, returned, final)
        await asyncio.to_thread((store or TokenStore()).save, key, tokens)
        return tokens

    if no_browser:
        tokens = await _by_pasting(profile, request, address, finish=finish, tell=tell, paste=paste)
    else:
        tokens = await _by_loopback(
            profile,
            request,
            address,
            finish=finish,
            tell=tell,
            by_hand=_ByHand(profile, request, open_browser, typed),
            seconds=seconds,
        )
    return Login(profile.base_url, key.client_id, tokens.login_ends, tokens.refresh_token is not None)


async def _by_pasting(
    profile: Profile,
    request: _Request,
    address: RedirectAddress,
    *,
    finish: Callable[[Returned, RedirectAddress], Awaitable[Tokens]],
    tell: Callable[[str], object],
    paste: Callable[[], str],
) -> Tokens:
    tell(f"Open this address in any browser and log in:\n{request.url(profile, address)}")
    tell(f"{_START_PAGE} The last page may not load; its address is what counts.")
    return await finish(read_pasted(PastedAddress(paste()), profile.base_url, request.state), address)


async def _by_loopback(
    profile: Profile,
    request: _Request,
    address: RedirectAddress,
    *,
    finish: Callable[[Returned, RedirectAddress], Awaitable[Tokens]],
    tell: Callable[[str], object],
    by_hand: _ByHand,
    seconds: float,
) -> Tokens:
    if not address.is_loopback:
        raise LoginFailedError(
            "The profile's redirect_uri is no http address of this machine, so the browser cannot be waited for.",
            next_step="Use --no-browser, or register http://127.0.0.1:8765/callback.",
        )
    may_move = address.is_ip and request.server.ignores_loopback_port
    async with LoopbackReceiver(address, request.state, may_move=may_move) as receiver:
        url = request.url(profile, receiver.address)
        tell(f"Log in with the browser. If none opens, go to:\n{url}")
        tell(_START_PAGE)
        if by_hand.is_read:
            tell("If the browser cannot come back here, or stays on the login page, paste its address.")
        ways = [asyncio.create_task(receiver.wait(seconds)), asyncio.create_task(by_hand.returned(url))]
        try:
            first, _ = await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            return await finish(first.pop().result(), receiver.address)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)


@dataclass(frozen=True, slots=True)
class _ByHand:
    """What the user does with the browser, beside coming back with it."""

    profile: Profile
    request: _Request
    open_browser: Callable[[str], object]
    typed: Callable[[], Awaitable[str]] | None

    @property
    def is_read(self) -> bool:
        """Whether somebody can type."""
        return self.typed is not None

    async def returned(self, url: str) -> Returned:
        """What the user types once the browser is open; endless where nobody can type.

        Raises:
            BrowserClosedError: The browser was closed, and nothing came back from it.
            LoginFailedError: What was typed is no authorization code.
        """
        if await self._is_closed_after(url):
            await asyncio.sleep(_LAST_WORD_SECONDS)
            raise BrowserClosedError(
                "The browser was closed before the login had ended; nothing was stored.",
                next_step="Start again with d2w login. If DHIS2 did not take the password, try it there first.",
            )
        pasted = PastedAddress("")
        while not pasted.text.strip():
            pasted = PastedAddress(await (self.typed() if self.typed else asyncio.get_running_loop().create_future()))
        return read_pasted(pasted, self.profile.base_url, self.request.state)

    async def _is_closed_after(self, url: str) -> bool:
        """Open the browser; one of the terminal is waited for, and whether it was closed is told."""
        with contextlib.suppress(Exception):  # what a launcher raises; the address was told
            return await in_daemon_thread(partial(self.open_browser, url)) is True
        return False


async def _first_tokens(profile: Profile, request: _Request, returned: Returned, address: RedirectAddress) -> Tokens:
    """The tokens for the code, refreshed once: that shows whether a refresh works, and whether its token rotates.

    Whether it rotates decides what can be done when a process is killed while it refreshes.
    """
    asked_at = time.time()
    server = request.server
    try:
        grant = await exchange_code(profile, server, CodeGrant(returned.code, address.text, request.verifier))
        tokens = _tokens_of(grant, server, asked_at)
        if tokens.refresh_token is None:
            return replace(tokens, login_ends=tokens.access_expires)
        asked_at = time.time()
        tokens = refreshed(tokens, await refresh_tokens(profile, tokens), asked_at)
    except RefusedGrantError as error:
        word = str(error)
    else:
        return tokens
    raise LoginFailedError(
        f"The server did not take the authorization code ({word}): it expired, or was used already.",
        next_step="Start again with d2w login.",
    )


def _tokens_of(grant: Grant, server: AuthorizationServer, asked_at: float) -> Tokens:
    return Tokens(
        access_token=grant.access_token,
        access_expires=asked_at + grant.lifetime,
        refresh_token=grant.refresh_token,
        token_url=server.token_url,
        is_legacy=server.is_legacy,
        revoke_url=server.revoke_url,
        login_ends=None if server.is_legacy else asked_at + REFRESH_LIFETIME,
    )


async def logout(
    profile: Profile, *, scope: str = "user", profile_name: str | None = None, store: TokenStore | None = None
) -> Logout:
    """Forget a login, and tell the server where it can be told.

    Args:
        profile: Server and client.
        scope: As in `login`.
        profile_name: As in `login`.
        store: Where logins are kept. Default: the user's.

    Raises:
        CredentialsError: The profile has no client id.
        TokenStoreError: The store cannot be used.
    """
    store = store or TokenStore()
    key = token_key(profile, scope, profile_name)
    try:
        stored = await asyncio.to_thread(store.read, key)
    except LoginRequiredError:  # it cannot be decrypted, but forgotten
        stored, existed = None, True
    else:
        existed = stored is not None
    await asyncio.to_thread(store.delete, key)
    revoked = False
    if stored and stored.tokens:
        with contextlib.suppress(Dhis2Error):  # forgotten here it is, reachable or not
            revoked = await revoke_tokens(profile, stored.tokens)
    return Logout(existed, revoked)
