"""`open_client`: from a profile of any kind to a connected client."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING

from dhis2w_client.client import Dhis2Client
from dhis2w_client.client_context import open_client as open_plain_client
from dhis2w_client.clock import SYSTEM_CLOCK, Clock
from dhis2w_client.errors import NoProfileError

if TYPE_CHECKING:
    from dhis2w_client.connection import HttpLimits, Transport
    from dhis2w_client.profile import Profile
    from dhis2w_client.retry import RetryPolicy
    from dhis2w_client.versions import Dhis2
    from dhis2w_core.oauth2.token_store import TokenStore


def open_client(
    profile: Profile,
    *,
    scope: str = "user",
    profile_name: str | None = None,
    store: TokenStore | None = None,
    allow_version_fallback: bool = True,
    retry_policy: RetryPolicy | None = None,
    http_limits: HttpLimits | None = None,
    system_cache_ttl: float | None = 300.0,
    expect: Dhis2 | None = None,
    transport: Transport | None = None,
    clock: Clock = SYSTEM_CLOCK,
    client_class: type[Dhis2Client] = Dhis2Client,
) -> AbstractAsyncContextManager[Dhis2Client]:
    """A connected client for a profile of any kind, as an async context manager; it connects on entering.

    `dhis2w_client.open_client` and OAuth2: with `auth = "oauth2"` the login that `login` stored is used, and refreshed
    before it ends, or when the server refuses it, once for all processes that use it.

    Args:
        profile: The connection settings.
        scope: The file that the profile is in, `ProfileLocation.key`: `user` (default), or `project` with its path. A
            login belongs to the profile of one file.
        profile_name: The profile's name, where it has one.
        store: Where logins are kept. Default: the user's.
        allow_version_fallback: As in `dhis2w_client.open_client`, like all that follow.
        retry_policy: What is sent again, how often and after how long.
        http_limits: The HTTP library's `Limits`.
        system_cache_ttl: Seconds for which `system.info()` is remembered.
        expect: The version the program was written for.
        transport: A transport of the HTTP library in place of the network, for tests; tokens are refreshed without it.
        clock: Time and chance, for tests.
        client_class: The class to make; a subclass of `Dhis2Client`.

    Raises:
        NoProfileError: The profile is `None`.
        ValueError: Credential fields are missing (as `CredentialsError`, at the call).
        LoginRequiredError: On entering, or later: there is no login, or it is over.
        Dhis2Error: On entering: the server cannot be reached, refuses the credentials, or is no DHIS2.
    """
    if profile is None:  # pyright: ignore[reportUnnecessaryComparison] # what a caller found nowhere
        raise NoProfileError("There is no profile.", next_step="Add one: d2w profile add")
    if profile.auth != "oauth2":
        return open_plain_client(
            profile,
            allow_version_fallback=allow_version_fallback,
            retry_policy=retry_policy,
            http_limits=http_limits,
            system_cache_ttl=system_cache_ttl,
            expect=expect,
            transport=transport,
            clock=clock,
            client_class=client_class,
        )
    from dhis2w_core.oauth2.auth import OAuth2Auth
    from dhis2w_core.oauth2.login import token_key
    from dhis2w_core.oauth2.refresh import TokenRefresher
    from dhis2w_core.oauth2.token_store import TokenStore

    key = token_key(profile, scope, profile_name)
    return client_class(
        profile.base_url,
        OAuth2Auth(TokenRefresher(profile, key, store or TokenStore(), now=clock.wall)),
        allow_version_fallback=allow_version_fallback,
        retry_policy=retry_policy,
        http_limits=http_limits,
        system_cache_ttl=system_cache_ttl,
        expect=expect,
        verify=profile.verify,
        ca_bundle=profile.ca_bundle,
        proxy=profile.proxy,
        timeout=profile.timeout,
        transport=transport,
        clock=clock,
    )
