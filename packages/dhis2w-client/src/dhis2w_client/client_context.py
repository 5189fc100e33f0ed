"""`open_client`: from a profile to a connected client."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING

from dhis2w_client.auth import build_auth_for_basic
from dhis2w_client.client import Dhis2Client
from dhis2w_client.clock import SYSTEM_CLOCK, Clock

if TYPE_CHECKING:
    from dhis2w_client.connection import HttpLimits, Transport
    from dhis2w_client.profile import Profile
    from dhis2w_client.retry import RetryPolicy
    from dhis2w_client.versions import Dhis2

__all__ = ["Dhis2Client", "open_client"]


def open_client(
    profile: Profile,
    *,
    allow_version_fallback: bool = True,
    retry_policy: RetryPolicy | None = None,
    http_limits: HttpLimits | None = None,
    system_cache_ttl: float | None = 300.0,
    expect: Dhis2 | None = None,
    transport: Transport | None = None,
    clock: Clock = SYSTEM_CLOCK,
    client_class: type[Dhis2Client] = Dhis2Client,
) -> AbstractAsyncContextManager[Dhis2Client]:
    """A connected client for a profile, as an async context manager; it connects on entering (one request).

    ```python
    async with open_client(profile) as client:
        me = await client.system.me()
    ```

    `dhis2w_client.v42.open_client` and its siblings are the same with `expect` preset.

    Args:
        profile: The connection settings. Credentials are checked here, at the call.
        allow_version_fallback: What to do with a server whose version this client does not know. `True` (default):
            speak the nearest dialect, with an `UnknownVersionWarning`. `False`: raise `UnsupportedVersionError`.
        retry_policy: What is sent again, how often and after how long. `None` (default) is `RetryPolicy()`, on for what
            is safe to repeat; `RetryPolicy.off()` switches it off.
        http_limits: The HTTP library's `Limits`. `None` (default): 10 connections, which is also how many requests are
            under way at once. 2 to 4 are kind to a small server.
        system_cache_ttl: Seconds for which `system.info()` is remembered. Default 300; `0` or `None` switches it off.
        expect: The version the program was written for; another one is spoken to in its own dialect, with a
            `VersionMismatchWarning`. `None` (default) expects nothing.
        transport: A transport of the HTTP library in place of the network, for tests.
        clock: Time and chance, for tests.
        client_class: The class to make; a subclass of `Dhis2Client`.

    Raises:
        NoProfileError: The profile is `None`: what `profile_from_env_raw` found.
        NotImplementedError: The profile's `auth` is `oauth2` (as `UnsupportedAuthError`, at the call):
            `dhis2w_core.open_client` has the login.
        ValueError: Credential fields are missing (as `CredentialsError`, at the call).
        Dhis2Error: On entering: the server cannot be reached, refuses the credentials, or is no DHIS2; see
            `Dhis2Client.connect`.
    """
    auth = build_auth_for_basic(profile)
    return client_class(
        profile.base_url,
        auth,
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
