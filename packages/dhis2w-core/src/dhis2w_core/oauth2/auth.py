"""`OAuth2Auth`: the auth provider of a login; it refreshes before the access token ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dhis2w_core.oauth2.refresh import TokenRefresher
    from dhis2w_core.oauth2.tokens import Tokens


class OAuth2Auth:
    """An OAuth2 access token on every request: `Authorization: Bearer …`."""

    def __init__(self, refresher: TokenRefresher) -> None:
        self._refresher = refresher
        self._sent: Tokens | None = None

    async def headers(self) -> Mapping[str, str]:
        """The `Authorization` header; raises as `TokenRefresher.tokens`."""
        self._sent = await self._refresher.tokens()
        return _headers(self._sent)

    async def renew(self, refused: Mapping[str, str]) -> bool:
        """Replace an access token that the server refused before its time, as after its restart.

        All requests that were refused with one token replace it once.
        """
        if self._sent and refused["Authorization"] == _headers(self._sent)["Authorization"]:
            await self._refresher.tokens(refused=self._sent)
        return True

    def __repr__(self) -> str:
        return "OAuth2Auth()"


def _headers(tokens: Tokens) -> Mapping[str, str]:
    return {"Authorization": f"Bearer {tokens.access_token}"}
