"""What the authorization server of one sandbox holds in memory: its switches and its key."""

from __future__ import annotations

import secrets
from functools import cached_property

from dhis2w_sandbox.oauth2.signing import SigningKey, encoded


class Authority:
    """The authorization server of one sandbox.

    Args:
        enabled: whether there is one (`oauth2.server.enabled`, in 2.41 `oauth2.authorization.server.enabled`).
        rotates_refresh_tokens: whether every refresh gives a new refresh token and ends the one that was used, whatever
            the settings of the client say.
    """

    def __init__(self, *, enabled: bool = True, rotates_refresh_tokens: bool = False) -> None:
        self.enabled = enabled
        self.rotates_refresh_tokens = rotates_refresh_tokens
        self.issuers: set[str] = set()
        """The names under which tokens were issued; a DHIS2 has one, its `server.base.url`."""

    @cached_property
    def key(self) -> SigningKey:
        """The key that signs tokens, made on first use."""
        return SigningKey.generate()


def random_value(size: int = 96) -> str:
    """A fresh code, refresh token or state: random bytes in base64 for URLs."""
    return encoded(secrets.token_bytes(size))
