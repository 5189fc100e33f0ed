"""Serving over HTTP: on loopback only, with a token from a file, and for requests that are meant for this server."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING, Any

from fastmcp.server.auth import AccessToken, TokenVerifier

from dhis2w_core.errors import PrivateFileError
from dhis2w_core.private_file import is_exposed, read_private

if TYPE_CHECKING:
    from pathlib import Path

    from fastmcp import FastMCP

HOST = "127.0.0.1"
SHORTEST_TOKEN = 20


class FileToken(TokenVerifier):
    """Lets a request in that has the one token as its bearer."""

    def __init__(self, token: str) -> None:
        super().__init__()
        self._token = token

    async def verify_token(self, token: str) -> AccessToken | None:
        """Compare, in the same time wherever they differ."""
        same = hmac.compare_digest(token.encode(), self._token.encode())
        return AccessToken(token=token, client_id="agent", scopes=[]) if same else None


def read_token(path: Path) -> str:
    """The token of a file that only its owner can read.

    Raises:
        PrivateFileError: There is no such file, others can read it, or what is in it is too short.
    """
    content = read_private(path)
    if content is None:
        raise PrivateFileError(f"{path} is not there.", next_step="Write a long random text into it.")
    if is_exposed(path):
        raise PrivateFileError(f"Others can read {path}.", next_step=f"chmod 600 {path}")
    token = content.decode("utf-8", "replace").strip()
    if len(token) < SHORTEST_TOKEN:
        raise PrivateFileError(
            f"The token in {path} has fewer than {SHORTEST_TOKEN} characters.",
            next_step="Write a long random text into it.",
        )
    return token


def serve(server: FastMCP[Any], port: int) -> None:
    """Serve on loopback until the process ends; other names in Host, and other origins, are refused."""
    server.run(
        "http",
        show_banner=False,
        host=HOST,
        port=port,
        host_origin_protection=True,
        log_level="warning",
    )
